package media

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goccy/go-yaml"
)

func TestDefaultConfigIsValid(t *testing.T) {
	c := DefaultConfig()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	b, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back Config
	if err := yaml.UnmarshalWithOptions(b, &back, yaml.Strict()); err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	if back.AccessAddress != c.AccessAddress || back.CorePorts != c.CorePorts || back.Quarantine != c.Quarantine || back.CoreAddress != c.CoreAddress {
		t.Fatalf("%+v\nbecame\n%+v", c, back)
	}
}

func TestConfigRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no access":       {func(c *Config) { c.AccessAddress = netip.AddrPort{} }, "access_address must be an IP address and a UDP port"},
		"any access":      {func(c *Config) { c.AccessAddress = netip.MustParseAddrPort("0.0.0.0:4478") }, "names no address browsers could be told"},
		"any public":      {func(c *Config) { c.PublicAddresses = []PublicAddress{{Public: netip.IPv4Unspecified()}} }, "which no browser can send to"},
		"no core":         {func(c *Config) { c.CoreAddress = netip.Addr{} }, "core_address must be one of this machine's addresses"},
		"odd single port": {func(c *Config) { c.CorePorts = PortRange{20001, 20002} }, "at least one even port and the next"},
		"low ports":       {func(c *Config) { c.CorePorts = PortRange{1000, 2000} }, "above 1023"},
		"access in core":  {func(c *Config) { c.AccessAddress = netip.MustParseAddrPort("127.0.0.1:20005") }, "lies inside core_ports"},
		"quarantine":      {func(c *Config) { c.Quarantine = -1 }, "quarantine is -1ns; it must be between 0s and 1h0m0s"},
		"media timeout":   {func(c *Config) { c.MediaTimeout = 0 }, "media_timeout is 0s"},
		"consent":         {func(c *Config) { c.ConsentTimeout = time.Second }, "consent_timeout is 1s"},
		"engine":          {func(c *Config) { c.Engine = "dpdk" }, `engine is "dpdk"; it must be sockets, xdp or auto`},
		"dscp":            {func(c *Config) { c.DSCP = 64 }, "dscp is 64; it must be between 0 and 63"},
		"threads":         {func(c *Config) { c.PacketThreads = 65 }, "packet_threads is 65; it must be between 0 and 64"},
		"buffer":          {func(c *Config) { c.ReceiveBuffer = -1 }, "receive_buffer is -1"},
		"sessions":        {func(c *Config) { c.MaxSessions = -1 }, "max_sessions is -1"},
		"peers":           {func(c *Config) { c.CorePeers = []netip.Prefix{{}} }, "core_peers must hold networks"},
		"two at one time": {func(c *Config) { c.DSCP, c.PacketThreads = 99, 99 }, "packet_threads is 99"},
	} {
		cfg := DefaultConfig()
		c.change(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := New(cfg, Deps{}); err == nil {
			t.Errorf("%s: a gateway was made", name)
		}
	}
}

func TestReachable(t *testing.T) {
	c := DefaultConfig()
	c.CoreAddress = netip.MustParseAddr("198.51.100.1")
	c.CorePeers = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("127.0.0.0/8")}
	for addr, want := range map[string]string{
		"198.51.100.7:40000": "", "0.0.0.0:0": "", "0.0.0.0:4000": "",
		"127.0.0.1:40000": "own", "198.51.100.7:22": "not a media port", "203.0.113.1:40000": "outside core_peers",
		"239.0.0.1:40000": "not unicast", "255.255.255.255:40000": "not unicast", "[2001:db8::1]:40000": "IP version",
		"[::ffff:198.51.100.7]:40000": "",
	} {
		err := c.reachable(netip.MustParseAddrPort(addr))
		if (err == nil) != (want == "") || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", addr, err, want)
		}
	}
	if c.reachable(netip.AddrPort{}) == nil {
		t.Error("no address is reachable")
	}
}

func TestSide(t *testing.T) {
	ok := Codec{Name: "PCMU", ClockRate: 8000}
	for name, c := range map[string]struct {
		codecs, events []Codec
		want           string
	}{
		"good":           {[]Codec{ok}, []Codec{{Name: "telephone-event", ClockRate: 8000, PayloadType: 101}}, ""},
		"none":           {nil, nil, "no codec"},
		"twice":          {[]Codec{ok, ok}, nil, "used twice"},
		"event the same": {[]Codec{ok}, []Codec{ok}, "used twice"},
		"no name":        {[]Codec{{ClockRate: 8000}}, nil, "not usable"},
		"number":         {[]Codec{{Name: "x", ClockRate: 8000, PayloadType: 128}}, nil, "not usable"},
		"like RTCP":      {[]Codec{{Name: "x", ClockRate: 8000, PayloadType: 72}}, nil, "RTCP"},
		"clock":          {[]Codec{{Name: "x"}}, nil, "clock"},
		"too many":       {make([]Codec, 33), nil, "more than 32"},
	} {
		_, err := side(c.codecs, c.events)
		if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReportInterval(t *testing.T) {
	for _, c := range []struct {
		rs, rr int
		want   time.Duration
	}{
		{-1, -1, 5 * time.Second}, {0, 0, 0}, {600, 2000, 5 * time.Second},
		{0, 2000, 5 * time.Second}, {100, 100, 8960 * time.Millisecond}, {1, 1, 30 * time.Second}, {-1, 0, 5 * time.Second},
	} {
		if got := reportInterval(CoreRemote{RTCPBandwidthRS: c.rs, RTCPBandwidthRR: c.rr}); got != c.want {
			t.Errorf("RS %d RR %d: %v, want %v", c.rs, c.rr, got, c.want)
		}
	}
}

func TestMOS(t *testing.T) {
	if got := MOS("PCMU", 0, 0); got != 4.41 {
		t.Errorf("G.711 untouched: %v", got) // the E-model's default, R = 93.2
	}
	last := 5.0
	for _, loss := range []float64{0, 0.01, 0.05, 0.2, 0.5, 1, 2} {
		got := MOS("AMR-WB", loss, 50*time.Millisecond)
		if got > last || got < 1 {
			t.Errorf("loss %v: %v after %v", loss, got, last)
		}
		last = got
	}
	if near, far := MOS("opus", 0, 20*time.Millisecond), MOS("opus", 0, 400*time.Millisecond); far >= near {
		t.Errorf("delay: %v and %v", near, far)
	}
}

func TestMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []Event
		m := mailbox{}
		m.notify = func(e Event) {
			got = append(got, e)
			if len(got) == 1 {
				m.post(CoreRestored{}) // from inside, as any goroutine may
			}
		}
		m.post(CoreLost{ReasonSilent})
		m.post(AccessConnected{})
		synctest.Wait()
		if len(got) != 3 || got[0] != (CoreLost{ReasonSilent}) || got[1] != (AccessConnected{}) && got[2] != (AccessConnected{}) {
			t.Fatal(got)
		}
		m.close()
		m.post(AccessConnected{})
		synctest.Wait()
		if len(got) != 3 {
			t.Fatal("an event after close")
		}
	})
}

func TestSessionRefuses(t *testing.T) {
	c := DefaultConfig()
	c.AccessAddress, c.ICE.TCP = netip.MustParseAddrPort("127.0.0.1:0"), false
	c.CorePorts, c.MaxSessions = PortRange{47000, 47019}, 1
	g, err := New(c, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := g.NewSession(SessionConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.NewSession(SessionConfig{}); !errors.Is(err, ErrSessions) {
		t.Error(err)
	}
	if err := s.SetAccess(AccessRemote{Setup: "actpass", Codecs: []Codec{{Name: "PCMU", ClockRate: 8000}}}); err == nil || !strings.Contains(err.Error(), "setup") {
		t.Error(err)
	}
	if err := s.SetCore(CoreRemote{}); err == nil {
		t.Error("an empty description was taken")
	}
	if local := s.AccessLocal(); len(local.UFrag) < 4 || len(local.Pwd) < 22 || len(local.Candidates) != 1 || !local.Lite || local.Fingerprint.Hash != "sha-256" {
		t.Errorf("%+v", local)
	}
	if local := s.CoreLocal(); local.RTP.Port()%2 != 0 || local.RTCP.Port() != local.RTP.Port()+1 || local.SSRC == s.AccessLocal().SSRC {
		t.Errorf("%+v", local)
	}
	g.Close() // never ran
	if _, err := g.NewSession(SessionConfig{}); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	s.Close()
}

func TestPublicAddresses(t *testing.T) {
	c := DefaultConfig()
	c.AccessAddress, c.ICE.TCP = netip.MustParseAddrPort("127.0.0.1:0"), false
	c.CorePorts = PortRange{47020, 47039}
	c.PublicAddresses = []PublicAddress{{Public: netip.MustParseAddr("203.0.113.5")}, {Public: netip.MustParseAddr("203.0.113.6")}}
	g, err := New(c, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	s, err := g.NewSession(SessionConfig{})
	if err != nil {
		t.Fatal(err)
	}
	list := s.AccessLocal().Candidates
	if len(list) != 2 || list[0].Priority <= list[1].Priority || list[0].Foundation == list[1].Foundation {
		t.Fatalf("%+v", list)
	}
	for i, a := range c.PublicAddresses {
		if list[i].Address != netip.AddrPortFrom(a.Public, g.AccessAddr().Port()) || list[i].Type != "host" {
			t.Errorf("%+v", list[i])
		}
	}
}
