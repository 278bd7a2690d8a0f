package auth

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Identity pools (TS 23.228 U.2.1, TS 33.203 X scenario 3): the operator gives a login service (WWSF) a set of telephone
// identities for people who have no subscription of their own. The service names one in the token, and then it is checked
// to be of that service's pool; or it names none, and the gateway lends a free one for the session's life.

// PoolConfig is one login service and its identities.
type PoolConfig struct {
	// Issuer and Audience are the exact iss and one value of aud in this service's tokens.
	Issuer   string `yaml:"issuer"`
	Audience string `yaml:"audience"`
	// JWKSURL or KeyFiles hold the service's keys.
	JWKSURL  string   `yaml:"jwks_url"`
	KeyFiles []string `yaml:"key_files"`
	// IMPU are the public identities: sip:user@domain, or many with one range of numbers, sip:+1555{1000-1999}@domain.
	IMPU []string `yaml:"impu"`
	// IMPI are the private ones, line by line with the same ranges. Empty: user@domain of IMPU without "sip:" and "+".
	IMPI []string `yaml:"impi"`
}

// maxPool bounds the identities of one pool.
const maxPool = 65536

var rangeForm = regexp.MustCompile(`^([^{}]*)\{([0-9]{1,15})-([0-9]{1,15})\}([^{}]*)$`)

// expand writes a pattern out: one {low-high}, whose ends are written with as many digits.
func expand(pattern string) ([]string, error) {
	if !strings.ContainsAny(pattern, "{}") {
		return []string{pattern}, nil
	}
	m := rangeForm.FindStringSubmatch(pattern)
	if m == nil || len(m[2]) != len(m[3]) {
		return nil, fmt.Errorf("%q is no pattern with one range of equally long numbers, like sip:+1555{1000-1999}@ims.example", pattern)
	}
	low, _ := strconv.ParseInt(m[2], 10, 64) // digits, at most 15
	high, _ := strconv.ParseInt(m[3], 10, 64)
	if high < low || high-low >= maxPool {
		return nil, fmt.Errorf("%q: the range has to rise and hold at most %d numbers", pattern, maxPool)
	}
	out := make([]string, 0, high-low+1)
	for n := low; n <= high; n++ {
		out = append(out, fmt.Sprintf("%s%0*d%s", m[1], len(m[2]), n, m[4]))
	}
	return out, nil
}

// identities lists the pool's pairs of IMPU and IMPI, in their order.
func (c PoolConfig) identities() (impus, impis []string, err error) {
	if len(c.IMPI) != 0 && len(c.IMPI) != len(c.IMPU) {
		return nil, nil, errors.New("impi and impu have to have as many lines, or impi none")
	}
	for i, pattern := range c.IMPU {
		more, err := expand(pattern)
		if err != nil {
			return nil, nil, err
		}
		private := make([]string, 0, len(more))
		if len(c.IMPI) == 0 {
			for _, impu := range more {
				private = append(private, strings.TrimPrefix(strings.TrimPrefix(impu, "sip:"), "+"))
			}
		} else if private, err = expand(c.IMPI[i]); err != nil {
			return nil, nil, err
		}
		if len(private) != len(more) {
			return nil, nil, fmt.Errorf("%q and %q hold different numbers of identities", pattern, c.IMPI[i])
		}
		impus, impis = append(impus, more...), append(impis, private...)
	}
	if len(impus) == 0 || len(impus) > maxPool {
		return nil, nil, fmt.Errorf("a pool holds 1 to %d identities, this one %d", maxPool, len(impus))
	}
	for i := range impus {
		if !impuForm.MatchString(impus[i]) || !impiForm.MatchString(impis[i]) {
			return nil, nil, fmt.Errorf("%q with %q is no sip:user@domain with user@domain", impus[i], impis[i])
		}
	}
	return impus, impis, nil
}

// validPools reports everything that is wrong with the pools.
func validPools(c Config) (errs []error) {
	owner := map[string]int{}
	issuers := map[string]bool{c.Issuer: c.Issuer != ""}
	for i, p := range c.Pools {
		where := fmt.Sprintf("auth.pools[%d]", i)
		bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(where+format, args...)) }
		if p.Issuer == "" || p.Audience == "" {
			bad(": issuer and audience must both be set")
		}
		if issuers[p.Issuer] {
			bad(".issuer %q stands here twice: a token has to belong to one place", p.Issuer)
		}
		issuers[p.Issuer] = true
		errs = append(errs, validKeys(where, p.JWKSURL, p.KeyFiles)...)
		impus, _, err := p.identities()
		if err != nil {
			bad(": %v", err)
		}
		for _, impu := range impus {
			if other, taken := owner[impu]; taken {
				bad(".impu: %s is in auth.pools[%d] as well", impu, other)
				break
			}
			owner[impu] = i
		}
	}
	return errs
}

// pool is the identities of one login service, and who has them.
type pool struct {
	impus []string
	impi  map[string]string // by IMPU

	mu    sync.Mutex // guards the following
	taken map[string]*loan
	next  int // where the search for a free one begins: one that was just returned rests
}

// loan is an identity in use.
type loan struct {
	subject, instance string // instance "" for one that the token names
	sessions          int
}

func newPool(c PoolConfig) (*pool, error) {
	impus, impis, err := c.identities()
	if err != nil {
		return nil, err
	}
	p := &pool{impus: impus, impi: make(map[string]string, len(impus)), taken: map[string]*loan{}}
	for i, impu := range impus {
		p.impi[impu] = impis[i]
	}
	return p, nil
}

// check completes an identity by the pool's word: what the token names has to be of the pool.
func (p *pool) check(id Identity) (Identity, error) {
	if id.IMPU == "" {
		if id.IMPI != "" {
			return Identity{}, &Error{Kind: Refused, Err: errors.New("a private identity without a public one")}
		}
		return id, nil
	}
	impi, ours := p.impi[id.IMPU]
	if !ours {
		return Identity{}, &Error{Kind: Refused, Err: errors.New("the public identity is not of this login service's pool")}
	}
	if id.IMPI != "" && id.IMPI != impi {
		return Identity{}, &Error{Kind: Refused, Err: errors.New("the private identity does not belong to the public one")}
	}
	id.IMPI = impi
	return id, nil
}

// take gives a session its identity and the way to return it. The same browser of the same user gets the one it has.
func (p *pool) take(id Identity, instance string) (Identity, func(), error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if id.IMPU == "" {
		for impu, l := range p.taken {
			if l.subject == id.Subject && l.instance == instance {
				return p.lend(id, impu, l)
			}
		}
		for i := range p.impus {
			impu := p.impus[(p.next+i)%len(p.impus)]
			if p.taken[impu] == nil {
				p.next = (p.next + i + 1) % len(p.impus)
				return p.lend(id, impu, &loan{subject: id.Subject, instance: instance})
			}
		}
		return Identity{}, nil, &Error{Kind: Exhausted, Err: fmt.Errorf("all %d identities of the pool are in use", len(p.impus))}
	}
	l := p.taken[id.IMPU]
	if l == nil {
		l = &loan{subject: id.Subject}
	}
	if l.subject != id.Subject {
		return Identity{}, nil, &Error{Kind: Refused, Err: errors.New("somebody else of this login service uses the identity now")}
	}
	return p.lend(id, id.IMPU, l)
}

// lend counts a session in. The caller holds mu.
func (p *pool) lend(id Identity, impu string, l *loan) (Identity, func(), error) {
	l.sessions++
	p.taken[impu] = l
	id.IMPU, id.IMPI = impu, p.impi[impu]
	var once sync.Once
	return id, func() {
		once.Do(func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if l.sessions--; l.sessions == 0 {
				delete(p.taken, impu)
			}
		})
	}, nil
}
