package rx

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// TestInvalid walks what is refused before anything is sent.
func TestInvalid(t *testing.T) {
	bubble(t, 1, func(c *Config) { c.MaxSessions = 1 }, func(t *testing.T, r *rig) {
		v4, v6 := netip.MustParseAddrPort("192.0.2.1:5"), netip.MustParseAddrPort("[2001:db8::1]:5")
		for name, change := range map[string]func(*SessionParams, *Service){
			"no address":       func(p *SessionParams, _ *Service) { p.UE = netip.Addr{} },
			"unspecified":      func(p *SessionParams, _ *Service) { p.UE = netip.IPv4Unspecified() },
			"empty identity":   func(p *SessionParams, _ *Service) { p.Subscription = []SubscriptionID{{}} },
			"identity newline": func(p *SessionParams, _ *Service) { p.Subscription = []SubscriptionID{{Data: "a\nb"}} },
			"icid control":     func(p *SessionParams, _ *Service) { p.AFChargingID = "\x00" },
			"priority":         func(p *SessionParams, _ *Service) { p.Priority = 16 },
			"nothing":          func(_ *SessionParams, v *Service) { v.Components = nil },
			"eleven":           func(_ *SessionParams, v *Service) { v.Components = make([]MediaComponent, 11) },
			"twice":            func(_ *SessionParams, v *Service) { v.Components = append(v.Components, v.Components[0]) },
			"many flows":       func(_ *SessionParams, v *Service) { v.Components[0].Flows = make([]Flow, 17) },
			"flow zero":        func(_ *SessionParams, v *Service) { v.Components[0].Flows[0].Number = 0 },
			"flow twice": func(_ *SessionParams, v *Service) {
				v.Components[0].Flows = append(v.Components[0].Flows, v.Components[0].Flows[0])
			},
			"families": func(_ *SessionParams, v *Service) {
				v.Components[0].Flows[0].UE, v.Components[0].Flows[0].Gateway = v4, v6
			},
			"one end": func(_ *SessionParams, v *Service) { v.Components[0].Flows[0].UE = netip.AddrPort{} },
			"gateway port": func(_ *SessionParams, v *Service) {
				v.Components[0].Flows[0].Gateway = netip.AddrPortFrom(v4.Addr(), 0)
			},
			"multicast": func(_ *SessionParams, v *Service) {
				v.Components[0].Flows[0].UE = netip.MustParseAddrPort("224.0.0.1:5")
			},
			"codec control":     func(_ *SessionParams, v *Service) { v.Components[0].CodecData[0] += "a=\x00" },
			"codec long":        func(_ *SessionParams, v *Service) { v.Components[0].CodecData[0] += strings.Repeat("x", 5000) },
			"codec direction":   func(_ *SessionParams, v *Service) { v.Components[0].CodecData[0] = "m=audio" },
			"three codec datas": func(_ *SessionParams, v *Service) { v.Components[0].CodecData = make([]string, 3) },
		} {
			p, v := params(nil), voice()
			change(&p, &v)
			if _, err := r.Open(p).Authorize(t.Context(), v); !errors.Is(err, ErrInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := len(r.aars()); n != 0 {
			t.Errorf("%d AARs were sent", n)
		}
		s := r.opened(nil)
		if _, err := r.Open(params(nil)).Authorize(t.Context(), voice()); err == nil {
			t.Error("more sessions than allowed")
		}
		s.Terminate(CauseLogout)
	})
}

// TestConfig walks defaults and refused values.
func TestConfig(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil || DefaultConfig().Enabled() {
		t.Errorf("defaults: %v", err)
	}
	for name, c := range map[string]struct {
		change func(*Config)
		text   string
	}{
		"good":       {func(*Config) {}, ""},
		"timeout":    {func(c *Config) { c.Timeout = 0 }, "timeout: 0s is not between 100ms and 30s"},
		"watchdog":   {func(c *Config) { c.Watchdog = time.Second }, "watchdog: 1s is not between 6s and 10m0s"},
		"reconnect":  {func(c *Config) { c.ReconnectMin = time.Minute }, "reconnect_min: 1m0s is not between 10ms and 3s"},
		"terminate":  {func(c *Config) { c.TerminateFor = 0 }, "terminate_for"},
		"pending":    {func(c *Config) { c.MaxPending = 0 }, "max_pending"},
		"sessions":   {func(c *Config) { c.MaxSessions = 0 }, "max_sessions"},
		"host":       {func(c *Config) { c.OriginHost = "" }, `origin_host: "" is not a domain name`},
		"realm":      {func(c *Config) { c.OriginRealm = "a b" }, "origin_realm"},
		"to":         {func(c *Config) { c.DestinationRealm = "a..b" }, "destination_realm"},
		"to host":    {func(c *Config) { c.DestinationHost = "é" }, "destination_host"},
		"no port":    {func(c *Config) { c.Peers = []string{"pcrf"} }, `peers[0]: "pcrf" is not host:port`},
		"port zero":  {func(c *Config) { c.Peers = []string{"pcrf:0"} }, "peers[0]"},
		"same twice": {func(c *Config) { c.Peers = []string{"a:1", "a:1"} }, "peers[1]"},
		"many":       {func(c *Config) { c.Peers = make([]string, 33) }, "at most 32"},
		"service":    {func(c *Config) { c.AFApplication = "\n" }, "af_application"},
		"ip domain":  {func(c *Config) { c.IPDomain = strings.Repeat("x", 300) }, "ip_domain"},
	} {
		cfg := DefaultConfig()
		cfg.OriginHost, cfg.OriginRealm, cfg.DestinationRealm, cfg.Peers = "gw.example", "example", "example", []string{"[::1]:3868", "pcrf:3868"}
		c.change(&cfg)
		err := cfg.Validate()
		if (err == nil) != (c.text == "") || (err != nil && !strings.Contains(err.Error(), c.text)) {
			t.Errorf("%s: got %v, want %q", name, err, c.text)
		}
	}
	if _, err := New(DefaultConfig(), Deps{}); err == nil {
		t.Error("a client without peers")
	}
}
