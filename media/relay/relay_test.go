package relay

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRelay: what is sent by UDP, TCP and TLS reaches the access port as from the relayed address, and the answer comes back.
func TestRelay(t *testing.T) {
	b := serve(t, nil)
	for i, way := range []string{"udp", "tcp", "tls"} {
		c := b.dial(t, way, b.issuer.Issue("s1", time.Now()))
		relay, err := c.Allocate()
		if err != nil {
			t.Fatalf("%s: %v", way, err)
		}
		relayed := relay.LocalAddr().(*net.UDPAddr).AddrPort()
		if unmapped(relayed).Addr() != gatewayAddr.Addr() || relayed.Port() < 10000 {
			t.Errorf("%s: relayed address %v", way, relayed)
		}
		for range 3 {
			if _, err := relay.WriteTo([]byte("hello "+way), net.UDPAddrFromAddrPort(gatewayAddr)); err != nil {
				t.Fatalf("%s: %v", way, err)
			}
			_ = relay.SetReadDeadline(time.Now().Add(10 * time.Second))
			in := make([]byte, 100)
			n, from, err := relay.ReadFrom(in)
			if err != nil || string(in[:n]) != strings.ToUpper("hello "+way) || addrPort(from) != gatewayAddr {
				t.Fatalf("%s: %q from %v, %v", way, in[:n], from, err)
			}
		}
		from, to, stream, ok := b.Client(unmapped(relayed))
		if !ok || stream != (way != "udp") || from.Addr() != netip.MustParseAddr("127.0.0.1") || !to.IsValid() {
			t.Errorf("%s: client %v at %v, stream %t, %t", way, from, to, stream, ok)
		}
		if st := b.Stats(); st.Allocations != i+1 || st != (Stats{Allocations: i + 1}) {
			t.Errorf("%s: %+v", way, st)
		}
	}
	b.port.mu.Lock()
	defer b.port.mu.Unlock()
	if len(b.port.got) != 9 || b.port.got[0] != "0:hello udp" || b.port.from[0] == b.port.from[8] {
		t.Errorf("%q from %v", b.port.got, b.port.from)
	}
}

// TestAllocationsEnd: a browser that leaves, politely or not, leaves nothing behind.
func TestAllocationsEnd(t *testing.T) {
	b := serve(t, nil)
	for _, way := range []string{"udp", "tcp", "tls"} {
		c := b.dial(t, way, b.issuer.Issue("s1", time.Now()))
		relay, err := c.Allocate()
		if err != nil {
			t.Fatal(err)
		}
		if way == "tcp" {
			_ = b.last.Close() // the network goes away
			eventually(t, way, func() bool { return b.Stats().Allocations == 0 })
			continue
		}
		if err := relay.Close(); err != nil { // a refresh of 0 s
			t.Fatal(err)
		}
		eventually(t, way, func() bool { return b.Stats().Allocations == 0 })
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.users)+len(b.relays)+len(b.clients) != 0 {
		t.Errorf("%v %v %v", b.users, b.relays, b.clients)
	}
}

// TestRefused: what the server does not do, for strangers and for users.
func TestRefused(t *testing.T) {
	b := serve(t, func(c *Config) { c.PerUser = 2 })
	good := b.issuer.Issue("s1", time.Now())
	forged := good
	forged.Username = strings.Replace(good.Username, ":s1", ":s2", 1)
	other, err := NewIssuer(DefaultConfig(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]Servers{
		"a wrong password":     {Username: good.Username, Credential: "guess"},
		"an expired one":       b.issuer.Issue("s1", time.Now().Add(-2*time.Hour)),
		"a name made longer":   forged,
		"another's secret":     other.Issue("s1", time.Now()),
		"a name without an id": {Username: "99999999999:", Credential: b.issuer.password("99999999999:")},
		"no time at all":       {Username: "alice", Credential: b.issuer.password("alice")},
	} {
		for _, way := range []string{"udp", "tcp", "tls"} {
			if relay, err := b.dial(t, way, s).Allocate(); err == nil {
				t.Errorf("%s over %s: got %v", name, way, relay.LocalAddr())
			}
		}
	}
	st := b.Stats()
	if st.BadAuth < 9 || st.Stale < 9 || st.Allocations != 0 {
		t.Errorf("%+v", st)
	}
	c := b.dial(t, "udp", good)
	relay, err := c.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	for _, inside := range []string{"10.0.0.1", "127.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1", "172.16.0.1", "8.8.8.8", "0.0.0.0", "203.0.113.6"} {
		if err := c.CreatePermission(&net.UDPAddr{IP: net.ParseIP(inside), Port: 80}); err == nil || !strings.Contains(err.Error(), "403") {
			t.Errorf("a permission for %s: %v", inside, err)
		}
	}
	if n := b.Stats().Peers; n < 9 {
		t.Errorf("%d permissions counted as refused", n)
	}
	// The right address, another port: permissions know no ports, the allocation does.
	if _, err := relay.WriteTo([]byte("GET /"), &net.UDPAddr{IP: gatewayAddr.Addr().AsSlice(), Port: 8081}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a datagram astray", func() bool { return b.Stats().Astray == 1 })
	if len(b.port.got) != 0 {
		t.Errorf("the access port got %q", b.port.got)
	}
	if _, err := b.dial(t, "tcp", b.issuer.Issue("s1", time.Now())).Allocate(); err != nil {
		t.Error(err)
	}
	if _, err := b.dial(t, "tcp", b.issuer.Issue("s1", time.Now())).Allocate(); err == nil || b.Stats().Quota == 0 {
		t.Errorf("a third allocation of one session: %v", err)
	}
	if _, err := b.dial(t, "tcp", b.issuer.Issue("s3", time.Now())).Allocate(); err != nil {
		t.Error("another session:", err)
	}
}

// TestStrangers: without a credential a source gets few small answers by UDP, and few connections.
func TestStrangers(t *testing.T) {
	b := serve(t, nil)
	c, err := net.Dial("udp4", b.udp.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	// An Allocate request for UDP without a credential (RFC 8656 7.1).
	request := []byte{0, 3, 0, 8, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0x19, 0, 4, 17, 0, 0, 0}
	const sent = 2000
	for range sent {
		_, _ = c.Write(request)
	}
	eventually(t, "the limit", func() bool { return b.Stats().Limited > 0 })
	answers, size := 0, 0
	in := make([]byte, 1500)
	for {
		_ = c.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		n, err := c.Read(in)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		answers, size = answers+1, max(size, n)
	}
	if answers == 0 || answers > sent/4 || size > 200 {
		t.Errorf("%d answers of up to %d octets to %d requests", answers, size, sent)
	}
	for range 50 { // channel data and noise of strangers get nothing at all
		_, _ = c.Write([]byte{0x40, 0, 0, 4, 1, 2, 3, 4})
	}
	eventually(t, "strangers", func() bool { return b.Stats().Strangers > 0 })
	var list []net.Conn
	for range 40 {
		k, err := net.Dial("tcp", b.tcp.String())
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, k)
		defer func() { _ = k.Close() }()
	}
	eventually(t, "refused connections", func() bool { return b.Stats().Refused == 8 })
	_ = list[39].SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := list[39].Read(in); !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "reset") {
		t.Errorf("one too many: %v", err)
	}
	_ = list[0].SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := list[0].Read(in); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a connection without an allocation lives on: %v", err)
	}
	if b.Stats().Expired == 0 {
		t.Errorf("%+v", b.Stats())
	}
}

func TestBucket(t *testing.T) {
	var b bucket
	now, passed := time.Unix(1000, 0), 0
	for range 10000 {
		if b.allow(125, 100_000, now) { // 1000 bit of 100 kbit/s: ten milliseconds
			passed++
		}
	}
	if passed != 201 {
		t.Errorf("%d datagrams of a burst passed", passed)
	}
	if b.allow(125, 100_000, now) || !b.allow(125, 100_000, now.Add(20*time.Millisecond)) {
		t.Error("the bucket does not fill")
	}
}

func TestCredentials(t *testing.T) {
	dir := t.TempDir()
	file := func(text string) string {
		name := filepath.Join(dir, "secret")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	cfg := DefaultConfig()
	cfg.UDP, cfg.TLS = []netip.AddrPort{netip.MustParseAddrPort("10.0.0.5:3478")}, []netip.AddrPort{netip.MustParseAddrPort("[2001:db8::5]:443")}
	cfg.Servers = []string{"turn:other.example?transport=udp"}
	cfg.SecretFile = file("north-south-east-west\n")
	i, err := NewIssuer(cfg, func(a netip.Addr) netip.Addr {
		if a.Is4() {
			return netip.MustParseAddr("203.0.113.5")
		}
		return a
	})
	if err != nil {
		t.Fatal(err)
	}
	s := i.Issue("s1", time.Unix(1_800_000_000, 0))
	// The password is what coturn makes of it: printf NAME | openssl dgst -sha1 -hmac SECRET -binary | base64
	if s.Username != "1800003600:s1" || s.Credential != "CjpwMycKVtptlocnfAiFQGLbwrM=" || s.Expires.Unix() != 1_800_003_600 {
		t.Errorf("%+v", s)
	}
	if got := strings.Join(s.URLs, " "); got != "turn:203.0.113.5:3478?transport=udp turns:[2001:db8::5]:443?transport=tcp turn:other.example?transport=udp" {
		t.Error(got)
	}
	for _, text := range []string{"short", strings.Repeat("x", 257), "two lines of it\nand the second"} {
		cfg.SecretFile = file(text)
		if _, err := NewIssuer(cfg, nil); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
	cfg.SecretFile = filepath.Join(dir, "absent")
	if _, err := NewIssuer(cfg, nil); err == nil {
		t.Error("no file, no error")
	}
	end := time.Unix(1_800_003_600, 0)
	for _, c := range []struct {
		name  string
		fresh bool
		now   time.Time
		want  bool
	}{
		{s.Username, true, end.Add(-time.Second), true}, {s.Username, true, end, false},
		{s.Username, false, end.Add(23 * time.Hour), true}, {s.Username, false, end.Add(25 * time.Hour), false},
	} {
		if _, ok := judge(c.name, c.fresh, c.now); ok != c.want {
			t.Errorf("%+v: %t", c, ok)
		}
	}
}

func FuzzJudge(f *testing.F) {
	f.Add("1800003600:s1")
	f.Add(":")
	f.Fuzz(func(t *testing.T, name string) {
		if session, ok := judge(name, true, time.Unix(1, 0)); ok && (session == "" || !strings.HasSuffix(name, ":"+session)) {
			t.Fatalf("%q is of %q", name, session)
		}
	})
}

func TestConfigRefuses(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"turn.udp must hold":            func(c *Config) { c.UDP = []netip.AddrPort{{}} },
		"names no address":              func(c *Config) { c.TCP = []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:3478")} },
		"turn.tls needs":                func(c *Config) { c.TLS = []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:443")} },
		"turn.host must be":             func(c *Config) { c.Host = "https://x" },
		"turn.servers must hold":        func(c *Config) { c.Servers = []string{"stun:x"}; c.SecretFile = "x" },
		"turn.servers needs":            func(c *Config) { c.Servers = []string{"turn:x"} },
		"turn.lifetime (seconds) is 1;": func(c *Config) { c.Lifetime = time.Second },
		"turn.per_user is 0":            func(c *Config) { c.PerUser = 0 },
		"turn.allocations is 0":         func(c *Config) { c.Allocations = 0 },
		"turn.bandwidth is 1":           func(c *Config) { c.Bandwidth = 1 },
	} {
		c := DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if c := DefaultConfig(); c.Validate() != nil || c.Enabled() {
		t.Error("the default is not off")
	}
}
