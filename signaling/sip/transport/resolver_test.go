package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// zone is a name server on loopback that answers from a list of records.
type zone struct {
	addr netip.AddrPort

	mu    sync.Mutex // guards the following
	lines []string
	rcode int
	asked []string
	cut   bool // UDP answers are truncated
}

func newZone(t *testing.T, lines ...string) *zone {
	t.Helper()
	z := &zone{lines: lines}
	for try := 0; ; try++ {
		pc, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		z.addr = pc.LocalAddr().(*net.UDPAddr).AddrPort()
		ln, err := net.Listen("tcp", z.addr.String())
		if err != nil {
			pc.Close()
			if try < 20 {
				continue
			}
			t.Fatal(err)
		}
		for _, s := range []*dns.Server{{PacketConn: pc, Handler: z}, {Listener: ln, Handler: z}} {
			up, done := make(chan struct{}), make(chan error, 1)
			s.NotifyStartedFunc = func() { close(up) }
			go func() { done <- s.ActivateAndServe() }()
			<-up
			t.Cleanup(func() {
				if err := s.Shutdown(); err != nil {
					t.Error(err)
				}
				<-done
			})
		}
		return z
	}
}

// ServeDNS implements dns.Handler.
func (z *zone) ServeDNS(w dns.ResponseWriter, m *dns.Msg) {
	z.mu.Lock()
	defer z.mu.Unlock()
	q := m.Question[0]
	_, stream := w.RemoteAddr().(*net.TCPAddr)
	z.asked = append(z.asked, fmt.Sprintf("%s %s", strings.TrimSuffix(q.Name, "."), dns.TypeToString[q.Qtype]))
	reply := new(dns.Msg)
	reply.SetReply(m)
	reply.Rcode = z.rcode
	known := false
	name := q.Name
	for _, line := range z.lines {
		rr, err := dns.NewRR(line)
		if err != nil {
			panic(err)
		}
		if rr.Header().Name != name {
			continue
		}
		known = true
		if c, ok := rr.(*dns.CNAME); ok {
			name = c.Target
			reply.Answer = append(reply.Answer, rr)
		} else if rr.Header().Rrtype == q.Qtype {
			reply.Answer = append(reply.Answer, rr)
		}
	}
	if !known && z.rcode == 0 {
		reply.Rcode = dns.RcodeNameError
	}
	if z.cut && !stream {
		reply.Truncated, reply.Answer = true, nil
	}
	if !stream {
		reply.Truncate(512)
	}
	if err := w.WriteMsg(reply); err != nil {
		z.asked = append(z.asked, err.Error())
	}
}

func (z *zone) set(rcode int, lines ...string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.rcode, z.lines = rcode, lines
}

func (z *zone) questions() int {
	z.mu.Lock()
	defer z.mu.Unlock()
	return len(z.asked)
}

func newResolver(t *testing.T, servers []netip.AddrPort, change func(*ResolverConfig)) *Resolver {
	t.Helper()
	cfg := DefaultResolverConfig()
	cfg.Servers = servers
	if change != nil {
		change(&cfg)
	}
	r, err := NewResolver(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	r.draw = func(int) int { return 0 }
	return r
}

func TestResolve(t *testing.T) {
	z := newZone(t,
		// everything: NAPTR prefers TCP, SRV has priorities
		`ims.example. 60 IN NAPTR 20 50 "s" "SIP+D2U" "" _sip._udp.ims.example.`,
		`ims.example. 60 IN NAPTR 10 60 "s" "SIP+D2T" "" _sip._tcp.ims.example.`,
		`ims.example. 60 IN NAPTR 10 50 "s" "SIPS+D2T" "" _sips._tcp.ims.example.`,
		`ims.example. 60 IN NAPTR 5 50 "u" "E2U+sip" "!^.*$!sip:a@b!" .`,
		`_sip._tcp.ims.example. 60 IN SRV 20 0 5070 b.ims.example.`,
		`_sip._tcp.ims.example. 60 IN SRV 10 0 5071 a.ims.example.`,
		`_sip._udp.ims.example. 60 IN SRV 10 0 5072 a.ims.example.`,
		`a.ims.example. 60 IN A 192.0.2.1`,
		`a.ims.example. 60 IN A 192.0.2.2`,
		`a.ims.example. 60 IN AAAA 2001:db8::1`,
		`alias.example. 60 IN CNAME b.ims.example.`, // an address only, behind an alias
		`b.ims.example. 60 IN A 192.0.2.3`,
		// SRV without NAPTR
		`_sip._udp.srv.example. 60 IN SRV 10 0 5080 a.ims.example.`,
		// SRV says the service does not exist
		`_sip._udp.none.example. 60 IN SRV 0 0 0 .`,
		`none.example. 60 IN A 192.0.2.4`,
		// one of two SRV targets has no address
		`_sip._udp.half.example. 60 IN SRV 10 0 5060 gone.example.`,
		`_sip._udp.half.example. 60 IN SRV 20 0 5060 b.ims.example.`,
	)
	for _, c := range []struct {
		name   string
		q      Query
		family string
		want   string
		err    error
	}{
		{"naptr", Query{Host: "ims.example"}, "ipv4", "tcp:192.0.2.1:5071 tcp:192.0.2.2:5071 tcp:192.0.2.3:5070 udp:192.0.2.1:5072 udp:192.0.2.2:5072", nil},
		{"case and dot", Query{Host: "IMS.Example.", Transport: "UDP"}, "ipv4", "udp:192.0.2.1:5072 udp:192.0.2.2:5072", nil},
		{"both families", Query{Host: "a.ims.example", Port: 5060}, "any", "udp:192.0.2.1:5060 udp:192.0.2.2:5060 udp:[2001:db8::1]:5060", nil},
		{"ipv6 only", Query{Host: "a.ims.example", Port: 5060, Transport: TCP}, "ipv6", "tcp:[2001:db8::1]:5060", nil},
		{"transport", Query{Host: "ims.example", Transport: TCP}, "ipv4", "tcp:192.0.2.1:5071 tcp:192.0.2.2:5071 tcp:192.0.2.3:5070", nil},
		{"port", Query{Host: "b.ims.example", Port: 6060}, "ipv4", "udp:192.0.2.3:6060", nil},
		{"srv", Query{Host: "srv.example"}, "ipv4", "udp:192.0.2.1:5080 udp:192.0.2.2:5080", nil},
		{"alias", Query{Host: "alias.example"}, "ipv4", "udp:192.0.2.3:5060", nil},
		{"no service", Query{Host: "none.example", Transport: UDP}, "ipv4", "udp:192.0.2.4:5060", nil},
		{"half", Query{Host: "half.example", Transport: UDP}, "ipv4", "udp:192.0.2.3:5060", nil},
		{"nothing", Query{Host: "nothing.example"}, "any", "", ErrNoSuchHost},
		{"literal", Query{Host: "192.0.2.9"}, "any", "udp:192.0.2.9:5060", nil},
		{"literal 6", Query{Host: "[2001:db8::9]", Port: 5070, Transport: TCP}, "any", "tcp:[2001:db8::9]:5070", nil},
		{"localhost", Query{Host: "localhost", Port: 5070}, "any", "udp:127.0.0.1:5070 udp:[::1]:5070", nil},
		{"bad host", Query{Host: "a b"}, "any", "", ErrBadQuery},
		{"bad transport", Query{Host: "a", Transport: "sctp"}, "any", "", ErrBadQuery},
		{"bad port", Query{Host: "a", Port: 70000}, "any", "", ErrBadQuery},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newResolver(t, []netip.AddrPort{z.addr}, func(cfg *ResolverConfig) { cfg.Family = c.family })
			targets, err := r.Resolve(t.Context(), c.q)
			if !errors.Is(err, c.err) {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			var got []string
			for _, target := range targets {
				got = append(got, target.String())
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("\n got %s\nwant %s", s, c.want)
			}
		})
	}
}

// TestSRVWeights: first picks come in proportion to the weights (RFC 2782).
func TestSRVWeights(t *testing.T) {
	r := newResolver(t, []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:1")}, nil)
	var records []dns.RR
	for host, weight := range map[string]int{"heavy": 60, "light": 20, "lighter": 10, "zero": 0} {
		rr, err := dns.NewRR(fmt.Sprintf("x. 60 IN SRV 1 %d 5060 %s.", weight, host))
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, rr)
	}
	first := map[string]int{}
	for pick := range 91 { // every draw there is
		r.draw = func(int) int { defer func() { pick = 0 }(); return pick }
		order := r.sortSRV(records)
		if len(order) != 4 {
			t.Fatal("records lost")
		}
		first[order[0].Target]++
	}
	if first["zero."] != 1 || first["heavy."] != 60 || first["light."] != 20 || first["lighter."] != 10 {
		t.Errorf("first picks %v", first)
	}
}

func TestResolverCache(t *testing.T) {
	z := newZone(t, `a.example. 1 IN A 192.0.2.1`)
	ask := func(r *Resolver) string {
		targets, err := r.Resolve(t.Context(), Query{Host: "a.example", Port: 5060})
		if err != nil {
			return err.Error()
		}
		return targets[0].String()
	}
	r := newResolver(t, []netip.AddrPort{z.addr}, func(c *ResolverConfig) {
		c.Family, c.MinTTL, c.NegativeTTL, c.Timeout = "ipv4", 0, time.Hour, 200*time.Millisecond
	})
	for range 3 {
		if got := ask(r); got != "udp:192.0.2.1:5060" {
			t.Fatal(got)
		}
	}
	if n := z.questions(); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
	expire := func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		for k, v := range r.cache {
			v.until = time.Now().Add(-time.Second)
			r.cache[k] = v
		}
	}
	expire()
	z.set(dns.RcodeServerFailure)
	if got := ask(r); got != "udp:192.0.2.1:5060" { // RFC 8767
		t.Errorf("with the server down: %s", got)
	}
	expire()
	z.set(0, `a.example. 60 IN A 192.0.2.2`)
	if got := ask(r); got != "udp:192.0.2.2:5060" {
		t.Errorf("after a change: %s", got)
	}
	before := z.questions()
	for range 3 {
		if _, err := r.Resolve(t.Context(), Query{Host: "gone.example", Port: 1}); !errors.Is(err, ErrNoSuchHost) {
			t.Error(err)
		}
	}
	if n := z.questions() - before; n != 1 {
		t.Errorf("the absence was asked for %d times", n)
	}
}

func TestResolverServers(t *testing.T) {
	broken := newZone(t)
	broken.set(dns.RcodeRefused)
	good := newZone(t, `a.example. 60 IN A 192.0.2.1`)
	good.mu.Lock()
	good.cut = true
	good.mu.Unlock()
	r := newResolver(t, []netip.AddrPort{broken.addr, good.addr}, func(c *ResolverConfig) { c.Family = "ipv4" })
	targets, err := r.Resolve(t.Context(), Query{Host: "a.example", Port: 5060})
	if err != nil || len(targets) != 1 {
		t.Fatalf("%v, %v", targets, err)
	}
	if n := good.questions(); n != 2 { // UDP, then TCP
		t.Errorf("%d questions, want 2", n)
	}
	r = newResolver(t, []netip.AddrPort{broken.addr}, nil)
	if _, err := r.Resolve(t.Context(), Query{Host: "a.example"}); !errors.Is(err, ErrResolve) {
		t.Error(err)
	}
	r.servers = nil
	if _, err := r.Resolve(t.Context(), Query{Host: "b.example"}); !errors.Is(err, ErrNoServers) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r = newResolver(t, []netip.AddrPort{good.addr}, nil)
	if _, err := r.Resolve(ctx, Query{Host: "c.example"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestResolverLimits(t *testing.T) {
	var lines []string
	for i := range 40 {
		lines = append(lines, fmt.Sprintf("_sip._udp.many.example. 60 IN SRV 1 1 %d h.example.", 5000+i))
	}
	for i := range 5 {
		lines = append(lines, fmt.Sprintf("h.example. 60 IN A 192.0.2.%d", i+1))
	}
	z := newZone(t, lines...)
	r := newResolver(t, []netip.AddrPort{z.addr}, func(c *ResolverConfig) { c.Family, c.CacheSize = "ipv4", 2 })
	targets, err := r.Resolve(t.Context(), Query{Host: "many.example", Transport: UDP})
	if err != nil || len(targets) != maxTargets {
		t.Errorf("%d targets, %v", len(targets), err)
	}
	for i := range 10 {
		r.Resolve(t.Context(), Query{Host: fmt.Sprintf("x%d.example", i), Port: 1})
	}
	if n := len(r.cache); n > 2 {
		t.Errorf("cache of %d", n)
	}
}
