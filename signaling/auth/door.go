package auth

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// The schemes a browser may log in by.
const (
	SchemeToken  = "token"  // a web login's token; the gateway vouches for the user (TS 33.203 X scenarios 2 and 3)
	SchemeDigest = "digest" // the network's own password, proved to the S-CSCF (scenario 1)
)

// DigestConfig is about logging in with the network's own password.
type DigestConfig struct {
	// AllowInsecure lets pages log in over ws: as well; anybody on the way can then take the session over.
	AllowInsecure bool `yaml:"allow_insecure"`
	// AnswerTimeout is how long a page has for the answer to a challenge.
	AnswerTimeout time.Duration `yaml:"answer_timeout"`
	// AttemptsPerAddress are the logins of one client address in a minute; 0 means no bound.
	AttemptsPerAddress int `yaml:"attempts_per_address"`
	// AttemptsPerIdentity are the logins in a minute that are not accepted, of one private identity; 0 means no bound.
	AttemptsPerIdentity int `yaml:"attempts_per_identity"`
}

// validate reports everything that is wrong, one sentence each.
func (c DigestConfig) validate() (errs []error) {
	if c.AnswerTimeout < time.Second || c.AnswerTimeout > time.Minute {
		errs = append(errs, fmt.Errorf("auth.digest.answer_timeout is %v: keep it between 1s and 1m", c.AnswerTimeout))
	}
	if c.AttemptsPerAddress < 0 || c.AttemptsPerIdentity < 0 {
		errs = append(errs, errors.New("auth.digest.attempts_per_address and attempts_per_identity cannot be negative: 0 means no bound"))
	}
	return errs
}

// maxCounted bounds the table of attempts. When it is full, whole buckets of the past minute are let go.
const maxCounted = 20000

// Door lets passwords be tried: by whom, how, and how often. It is safe for concurrent use.
type Door struct {
	config DigestConfig

	mu       sync.Mutex // guards the following
	attempts map[string]*attempts
}

// attempts are those of one address or identity: a bucket that a minute fills again.
type attempts struct {
	used float64
	at   time.Time
}

// NewDoor returns nil when the configuration allows no passwords.
func NewDoor(config Config) *Door {
	if !config.allows(SchemeDigest) {
		return nil
	}
	return &Door{config: config.Digest, attempts: map[string]*attempts{}}
}

// Within is how long a page has for the answer to a challenge.
func (d *Door) Within() time.Duration { return d.config.AnswerTimeout }

// Claim checks whether a password may be used at all and returns the identities that are claimed, with nothing proved
// yet. The error is an *Error: SchemeRefused (also for a nil Door), Insecure, Refused.
func (d *Door) Claim(secure bool, impi, impu string) (Identity, error) {
	switch {
	case d == nil:
		return Identity{}, &Error{Kind: SchemeRefused, Err: errors.New("passwords are not allowed")}
	case !secure && !d.config.AllowInsecure:
		return Identity{}, &Error{Kind: Insecure, Err: errors.New("a password over an unencrypted connection")}
	case !impiForm.MatchString(impi) || !impuForm.MatchString(impu):
		return Identity{}, &Error{Kind: Refused, Err: errors.New("the identities are not user@domain and sip:user@domain")}
	}
	user, _, _ := strings.Cut(strings.TrimPrefix(impu, "sip:"), "@")
	return Identity{Subject: user, IMPI: impi, IMPU: impu}, nil
}

// Enter is Claim for a new session: it counts the attempt, or refuses it with TooMany.
func (d *Door) Enter(now time.Time, from netip.Addr, secure bool, impi, impu string) (Identity, error) {
	id, err := d.Claim(secure, impi, impu)
	if err != nil {
		return Identity{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if wait := d.full(now, "impi "+strings.ToLower(impi), d.config.AttemptsPerIdentity); wait > 0 {
		return Identity{}, &Error{Kind: TooMany, Err: errors.New("too many passwords tried for one identity"), RetryAfter: wait}
	}
	key := "addr " + network(from)
	if wait := d.full(now, key, d.config.AttemptsPerAddress); wait > 0 {
		return Identity{}, &Error{Kind: TooMany, Err: errors.New("too many passwords tried from one address"), RetryAfter: wait}
	}
	d.count(now, key, d.config.AttemptsPerAddress)
	d.count(now, "impi "+strings.ToLower(impi), d.config.AttemptsPerIdentity)
	return id, nil
}

// Proved takes an attempt back: the network has accepted the password.
func (d *Door) Proved(impi string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.attempts, "impi "+strings.ToLower(impi))
}

// network is what counts as one address: an IPv6 user has a /64.
func network(addr netip.Addr) string {
	if addr.Is6() && !addr.Is4In6() {
		if p, err := addr.Prefix(64); err == nil {
			return p.String()
		}
	}
	return addr.Unmap().String()
}

// full says how long to wait for the next attempt; 0 when one may be made now. The caller holds mu.
func (d *Door) full(now time.Time, key string, perMinute int) time.Duration {
	a := d.attempts[key]
	if perMinute == 0 || a == nil {
		return 0
	}
	used := a.used - now.Sub(a.at).Minutes()*float64(perMinute)
	if used+1 <= float64(perMinute) {
		return 0
	}
	return time.Duration((used + 1 - float64(perMinute)) / float64(perMinute) * float64(time.Minute))
}

// count adds an attempt. The caller holds mu.
func (d *Door) count(now time.Time, key string, perMinute int) {
	if perMinute == 0 {
		return
	}
	a := d.attempts[key]
	if a == nil {
		if len(d.attempts) >= maxCounted {
			d.sweep(now)
		}
		a = &attempts{at: now}
		d.attempts[key] = a
	}
	a.used = max(0, a.used-now.Sub(a.at).Minutes()*float64(perMinute)) + 1
	a.at = now
}

// sweep forgets attempts of more than a minute ago, or everything when that is not enough. The caller holds mu.
func (d *Door) sweep(now time.Time) {
	for key, a := range d.attempts {
		if now.Sub(a.at) >= time.Minute {
			delete(d.attempts, key)
		}
	}
	if len(d.attempts) >= maxCounted {
		clear(d.attempts)
	}
}
