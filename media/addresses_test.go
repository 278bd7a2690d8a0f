package media

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

func public(t *testing.T, list ...string) (out []PublicAddress) {
	t.Helper()
	for _, text := range list {
		var p PublicAddress
		if err := p.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if back, err := p.MarshalText(); err != nil || string(back) != text {
			t.Fatalf("%s became %s: %v", text, back, err)
		}
		out = append(out, p)
	}
	return out
}

// TestCandidates: what browsers are told for sets of addresses, best first but for the first line's own, which is also that of the
// c= line.
func TestCandidates(t *testing.T) {
	for name, c := range map[string]struct {
		access []string
		public []string
		want   string
	}{
		"one":        {[]string{"192.0.2.1:4478"}, nil, "192.0.2.1:4478"},
		"nat":        {[]string{"10.0.0.5:4478"}, []string{"203.0.113.5"}, "203.0.113.5:4478"},
		"dual stack": {[]string{"192.0.2.1:4478", "[2001:db8::1]:4478"}, nil, "192.0.2.1:4478 [2001:db8::1]:4478"},
		"six first":  {[]string{"[2001:db8::1]:4478", "192.0.2.1:4479"}, nil, "[2001:db8::1]:4478 192.0.2.1:4479"},
		"one nat of two": {[]string{"10.0.0.5:4478", "[2001:db8::1]:4478"}, []string{"203.0.113.5"},
			"203.0.113.5:4478 [2001:db8::1]:4478"},
		"pairs": {[]string{"10.0.0.5:4478", "10.1.0.5:4478"}, []string{"10.1.0.5=203.0.113.6", "10.0.0.5=203.0.113.5"},
			"203.0.113.5:4478 203.0.113.6:4478"},
		"any":     {[]string{"0.0.0.0:4478"}, []string{"203.0.113.5", "203.0.113.6"}, "203.0.113.5:4478 203.0.113.6:4478"},
		"any two": {[]string{"[::]:4478"}, []string{"203.0.113.5", "2001:db8::5"}, "203.0.113.5:4478 [2001:db8::5]:4478"},
	} {
		cfg := DefaultConfig()
		var lines []line
		for i, text := range c.access {
			a := netip.MustParseAddrPort(text)
			if i == 0 {
				cfg.AccessAddress = a
			} else {
				cfg.ICE.MoreAddresses = append(cfg.ICE.MoreAddresses, a)
			}
		}
		cfg.PublicAddresses = public(t, c.public...)
		if err := cfg.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, a := range cfg.accessAddresses() {
			lines = append(lines, line{bound: a, told: cfg.told(a.Addr())})
		}
		var got []string
		seen := map[any]bool{}
		for _, k := range candidates(lines) {
			got = append(got, k.Address.String())
			if seen[k.Priority] || seen[k.Foundation] || k.Type != "host" || k.Priority>>24 != 126 {
				t.Errorf("%s: %+v", name, k)
			}
			seen[k.Priority], seen[k.Foundation] = true, true
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestPriorities: IPv6 and IPv4 take turns (RFC 8421 4).
func TestPriorities(t *testing.T) {
	var lines []line
	for i := range 3 {
		lines = append(lines, line{bound: netip.MustParseAddrPort(fmt.Sprintf("192.0.2.%d:1", i+1)), told: []netip.Addr{netip.MustParseAddr(fmt.Sprintf("192.0.2.%d", i+1))}})
	}
	six := netip.MustParseAddr("2001:db8::1")
	lines = append(lines, line{bound: netip.AddrPortFrom(six, 1), told: []netip.Addr{six}})
	var order []string
	for _, c := range candidates(lines) {
		order = append(order, fmt.Sprintf("%s/%d", c.Address.Addr(), 65535-c.Priority>>8&0xffff))
	}
	if got := strings.Join(order, " "); got != "192.0.2.1/1 2001:db8::1/0 192.0.2.2/2 192.0.2.3/3" {
		t.Error(got)
	}
	if got := advertised([]line{{bound: netip.MustParseAddrPort("[::]:7"), told: []netip.Addr{lines[0].told[0], six}}}, 0, netip.MustParseAddrPort("[2001:db8::9]:5")); got.String() != "[2001:db8::1]:7" {
		t.Error(got)
	}
}

func TestAddressesRefused(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"given twice":                    func(c *Config) { c.ICE.MoreAddresses = []netip.AddrPort{c.AccessAddress} },
		"ice.more_addresses must hold":   func(c *Config) { c.ICE.MoreAddresses = []netip.AddrPort{netip.MustParseAddrPort("[::1]:0")} },
		"is no access address":           func(c *Config) { c.PublicAddresses = public(t, "10.9.9.9=203.0.113.5") },
		"both must be of one IP version": func(c *Config) { c.PublicAddresses = public(t, "127.0.0.1=2001:db8::5") },
		"write the pair, such as 10.0.0.5=203": func(c *Config) {
			c.ICE.MoreAddresses = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.2:1")}
			c.PublicAddresses = public(t, "203.0.113.5")
		},
		"is not unicast": func(c *Config) { c.ICE.MoreAddresses = []netip.AddrPort{netip.MustParseAddrPort("224.0.0.1:1")} },
		"at most 8 are served": func(c *Config) {
			for i := range 8 {
				c.ICE.MoreAddresses = append(c.ICE.MoreAddresses, netip.MustParseAddrPort(fmt.Sprintf("127.0.0.2:%d", i+1)))
			}
		},
	} {
		c := DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	for _, text := range []string{"", "nowhere", "=203.0.113.5", "10.0.0.5=", "a=b=c"} {
		if err := new(PublicAddress).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
