package transport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Limits of our own choosing on what a zone may make us do.
const (
	maxRecords = 16 // of one type at one name
	maxTargets = 32 // in one answer of Resolve
	maxStale   = 24 * time.Hour
)

// Errors of the resolver.
var (
	ErrNoSuchHost = errors.New("host has no address")                 // the zone says so
	ErrNoServers  = errors.New("no DNS server is configured")         // neither in the configuration nor in resolv.conf
	ErrResolve    = errors.New("no DNS server gave a usable answer")  // all of them were silent or refused
	ErrBadQuery   = errors.New("not a host, port and transport")      // Query cannot be asked
	errNoRecords  = errors.New("no records of this type at the name") // a usable answer
)

// Resolver finds the next hops of a SIP host by RFC 3263, with a cache. Safe for concurrent use. It has no goroutine.
//
//	Query{Host}           NAPTR host ------> SRV _sip._udp|_tcp.host --> A, AAAA of each SRV target
//	                        none: SRV _sip._udp and _sip._tcp; none: A, AAAA of the host, UDP, port 5060
//	Query{Host,Transport} SRV _sip._transport.host;            none: A, AAAA of the host, port 5060
//	Query{Host,Port}      A, AAAA of the host
//	Query{IP literal}     itself
//
// When no server answers, an answer that has run out is used for up to a day more (RFC 8767).
type Resolver struct {
	cfg     ResolverConfig
	log     *slog.Logger
	servers []string
	draw    func(n int) int // a random number below n, for SRV weights

	mu    sync.Mutex // guards the following
	cache map[question]answer
}

type question struct {
	name  string
	qtype uint16
}

type answer struct {
	records []dns.RR // never changed once stored
	until   time.Time
}

// Query is what is known of a next hop: host and port of a URI or of a configuration entry.
type Query struct {
	Host      string // name or IP literal, with or without brackets
	Port      int    // 0: not given, SRV is asked
	Transport string // the URI's transport parameter, UDP, TCP or TLS; empty: not given, NAPTR is asked
}

// NewResolver prepares a resolver. It asks nothing until Resolve.
func NewResolver(cfg ResolverConfig, log *slog.Logger) (*Resolver, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("sip resolver: %w", err)
	}
	r := &Resolver{cfg: cfg, log: log, draw: rand.IntN, cache: make(map[question]answer)}
	for _, s := range cfg.Servers {
		r.servers = append(r.servers, s.String())
	}
	if len(r.servers) == 0 {
		system, err := dns.ClientConfigFromFile("/etc/resolv.conf")
		if err != nil {
			return r, nil // addresses need no server; a name then gives ErrNoServers
		}
		for _, s := range system.Servers {
			r.servers = append(r.servers, net.JoinHostPort(s, system.Port))
		}
	}
	return r, nil
}

// Resolve returns the targets in the order they are to be tried (RFC 3263 4): SRV priority, then a draw by weight, then
// the addresses of each host. It never returns an empty list without an error. Host parts that fail to resolve are left
// out as long as another one is found.
func (r *Resolver) Resolve(ctx context.Context, q Query) ([]Target, error) {
	network := strings.ToLower(q.Transport)
	host := strings.TrimSuffix(strings.ToLower(q.Host), ".")
	if q.Port < 0 || q.Port > 65535 || (network != "" && network != UDP && network != TCP && network != TLS) {
		return nil, ErrBadQuery
	}
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return []Target{{Network: orUDP(network), Addr: netip.AddrPortFrom(addr.Unmap(), orDefault(network, q.Port))}}, nil
	}
	if !validHost(host) {
		return nil, ErrBadQuery
	}
	if q.Port != 0 {
		return named(host)(r.hosts(ctx, host, orUDP(network), orDefault(network, q.Port)))
	}
	targets, err := r.services(ctx, host, network)
	if len(targets) > 0 {
		return named(host)(targets, nil)
	}
	if err != nil && !errors.Is(err, errNoRecords) && !errors.Is(err, ErrNoSuchHost) {
		return nil, err
	}
	return named(host)(r.hosts(ctx, host, orUDP(network), orDefault(network, 0)))
}

// named notes what was looked up: a certificate has to name that, not what DNS said about it (RFC 3263 4.1).
func named(host string) func([]Target, error) ([]Target, error) {
	return func(targets []Target, err error) ([]Target, error) {
		for i := range targets {
			targets[i].Name = host
		}
		return targets, err
	}
}

func orUDP(network string) string {
	if network == "" {
		return UDP
	}
	return network
}

func orDefault(network string, port int) uint16 {
	switch {
	case port == 0 && network == TLS:
		return defaultTLSPort
	case port == 0:
		return defaultPort
	}
	return uint16(port)
}

// services follows NAPTR and SRV. Nothing found is errNoRecords.
func (r *Resolver) services(ctx context.Context, host, network string) ([]Target, error) {
	type service struct{ name, network string }
	var list []service
	if network != "" {
		list = []service{{serviceName(network) + "." + host, network}}
	} else {
		records, err := r.ask(ctx, host, dns.TypeNAPTR)
		if err != nil && !errors.Is(err, errNoRecords) {
			return nil, err
		}
		for _, n := range sortNAPTR(records) {
			switch strings.ToUpper(n.Service) {
			case "SIP+D2U":
				list = append(list, service{n.Replacement, UDP})
			case "SIP+D2T":
				list = append(list, service{n.Replacement, TCP})
			case "SIPS+D2T":
				list = append(list, service{n.Replacement, TLS})
			}
		}
		if len(list) == 0 { // RFC 3263 4.1
			for _, n := range []string{UDP, TCP, TLS} {
				list = append(list, service{serviceName(n) + "." + host, n})
			}
		}
	}
	var out []Target
	result := errNoRecords
	for _, s := range list {
		records, err := r.ask(ctx, s.name, dns.TypeSRV)
		if err != nil {
			if !errors.Is(err, errNoRecords) {
				result = err
			}
			continue
		}
		for _, srv := range r.sortSRV(records) {
			targets, err := r.hosts(ctx, srv.Target, s.network, srv.Port)
			if err != nil {
				result = err
			}
			out = append(out, targets...)
		}
	}
	return out[:min(len(out), maxTargets)], result
}

// serviceName is where SRV records of a network are (RFC 3263 4.1).
func serviceName(network string) string {
	if network == TLS {
		return "_sips._tcp"
	}
	return "_sip._" + network
}

// hosts returns one target for each address of a host.
func (r *Resolver) hosts(ctx context.Context, host, network string, port uint16) ([]Target, error) {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	var types []uint16
	if r.cfg.Family != "ipv6" {
		types = append(types, dns.TypeA)
	}
	if r.cfg.Family != "ipv4" {
		types = append(types, dns.TypeAAAA)
	}
	if host == "localhost" { // RFC 6761 6.3: never asked
		return localhost(types, network, port), nil
	}
	var out []Target
	result := fmt.Errorf("%w: %s", ErrNoSuchHost, host)
	for _, qtype := range types {
		records, err := r.ask(ctx, host, qtype)
		if err != nil && !errors.Is(err, errNoRecords) {
			result = err
		}
		for _, rr := range records {
			if addr, ok := addressOf(rr); ok {
				out = append(out, Target{Network: network, Addr: netip.AddrPortFrom(addr, port)})
			}
		}
	}
	if len(out) == 0 {
		return nil, result
	}
	return out, nil
}

func localhost(types []uint16, network string, port uint16) []Target {
	var out []Target
	for _, qtype := range types {
		addr := netip.IPv6Loopback()
		if qtype == dns.TypeA {
			addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		}
		out = append(out, Target{Network: network, Addr: netip.AddrPortFrom(addr, port)})
	}
	return out
}

func addressOf(rr dns.RR) (netip.Addr, bool) {
	var ip net.IP
	switch v := rr.(type) {
	case *dns.A:
		ip = v.A
	case *dns.AAAA:
		ip = v.AAAA
	}
	addr, ok := netip.AddrFromSlice(ip)
	return addr.Unmap(), ok
}

// sortNAPTR keeps the records that lead to SRV and puts them in their order (RFC 3263 4.1, RFC 3403 4.1).
func sortNAPTR(records []dns.RR) []*dns.NAPTR {
	var out []*dns.NAPTR
	for _, rr := range records {
		if n, ok := rr.(*dns.NAPTR); ok && strings.EqualFold(n.Flags, "s") && n.Replacement != "." {
			out = append(out, n)
		}
	}
	slices.SortStableFunc(out, func(a, b *dns.NAPTR) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference))
	})
	return out
}

// sortSRV puts the records in the order of RFC 2782: by priority, within one by a draw in proportion to the weights.
func (r *Resolver) sortSRV(records []dns.RR) []*dns.SRV {
	var rest, out []*dns.SRV
	for _, rr := range records {
		if s, ok := rr.(*dns.SRV); ok && s.Target != "." && s.Port != 0 {
			rest = append(rest, s)
		}
	}
	// Weight 0 first, as the RFC wants, so that it is drawn only by chance zero.
	slices.SortStableFunc(rest, func(a, b *dns.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(min(a.Weight, 1), min(b.Weight, 1)))
	})
	for len(rest) > 0 {
		same, sum := 0, 0
		for same < len(rest) && rest[same].Priority == rest[0].Priority {
			sum += int(rest[same].Weight)
			same++
		}
		pick, chosen := r.draw(sum+1), 0
		for chosen < same-1 && pick > int(rest[chosen].Weight) {
			pick -= int(rest[chosen].Weight)
			chosen++
		}
		out = append(out, rest[chosen])
		rest = slices.Delete(rest, chosen, chosen+1)
	}
	return out
}

// ask answers one question from the cache or from the first server that knows. Both kinds of "nothing there" are
// errNoRecords.
func (r *Resolver) ask(ctx context.Context, name string, qtype uint16) ([]dns.RR, error) {
	q := question{dns.Fqdn(strings.ToLower(name)), qtype}
	now := time.Now()
	r.mu.Lock()
	known, ok := r.cache[q]
	r.mu.Unlock()
	if !ok || now.After(known.until) {
		fresh, err := r.exchange(ctx, q)
		switch {
		case err == nil:
			known = fresh
			r.remember(q, fresh, now)
		case ok && now.Sub(known.until) < maxStale && ctx.Err() == nil:
			r.log.Warn("dns servers do not answer, an old answer is used", "type", dns.TypeToString[qtype], "error", err)
		default:
			return nil, err
		}
	}
	if len(known.records) == 0 {
		return nil, errNoRecords
	}
	return known.records, nil
}

// remember stores an answer. A full cache loses what has run out, and if that is not enough, anything.
func (r *Resolver) remember(q question, a answer, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.cache) >= r.cfg.CacheSize {
		maps.DeleteFunc(r.cache, func(_ question, v answer) bool { return now.After(v.until) })
	}
	for k := range r.cache {
		if len(r.cache) < r.cfg.CacheSize {
			break
		}
		delete(r.cache, k)
	}
	r.cache[q] = a
}

// exchange asks the servers in turn, by UDP and, if the answer is cut, by TCP.
func (r *Resolver) exchange(ctx context.Context, q question) (answer, error) {
	m := new(dns.Msg)
	m.SetQuestion(q.name, q.qtype)
	m.SetEdns0(1232, false)
	last := error(ErrNoServers)
	for _, server := range r.servers {
		client := dns.Client{Net: "udp", Timeout: r.cfg.Timeout}
		reply, _, err := client.ExchangeContext(ctx, m, server)
		if err == nil && reply.Truncated {
			client.Net = "tcp"
			reply, _, err = client.ExchangeContext(ctx, m, server)
		}
		if err == nil && (reply.Rcode == dns.RcodeSuccess || reply.Rcode == dns.RcodeNameError) {
			return r.read(reply, q), nil
		}
		if err == nil {
			err = errors.New(dns.RcodeToString[reply.Rcode])
		}
		last = err
	}
	return answer{}, fmt.Errorf("%w: %w", ErrResolve, last)
}

// read takes the records of the type asked for; those of an alias come with it in one answer.
func (r *Resolver) read(reply *dns.Msg, q question) answer {
	a := answer{until: time.Now().Add(r.cfg.NegativeTTL)}
	ttl := r.cfg.MaxTTL
	for _, rr := range reply.Answer {
		ttl = min(ttl, time.Duration(rr.Header().Ttl)*time.Second)
		if rr.Header().Rrtype == q.qtype && len(a.records) < maxRecords {
			a.records = append(a.records, rr)
		}
	}
	if len(a.records) > 0 {
		a.until = time.Now().Add(max(ttl, r.cfg.MinTTL))
	}
	return a
}
