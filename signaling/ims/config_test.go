package ims

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"causeway/signaling/sip/hop"
	"causeway/signaling/sip/transport"
)

// TestConfig: the defaults are valid, and every bad value is named in a sentence.
func TestConfig(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Fatal(err)
	}
	for want, bad := range map[string]func(*Config){
		"home_domain:":           func(c *Config) { c.HomeDomain = "a b" },
		"visited_network_id:":    func(c *Config) { c.VisitedNetworkID = `x"` },
		"core_address:":          func(c *Config) { c.CoreAddress = "host:99999" },
		"core_transport:":        func(c *Config) { c.CoreTransport = "sctp" },
		"sip:":                   func(c *Config) { c.SIP.Listen = nil },
		"dns:":                   func(c *Config) { c.DNS.Timeout = 0 },
		"timers:":                func(c *Config) { c.Timers.T1 = 0 },
		"register_expires:":      func(c *Config) { c.RegisterExpires = time.Second },
		"register_retry:":        func(c *Config) { c.RegisterRetry = 0 },
		"access_network_info:":   func(c *Config) { c.AccessNetworkInfo = "a\r\nb" },
		"number_form:":           func(c *Config) { c.NumberForm = "x" },
		"early_media:":           func(c *Config) { c.EarlyMedia = "x" },
		"emergency_numbers:":     func(c *Config) { c.EmergencyNumbers = []string{"+x"} },
		"ping:":                  func(c *Config) { c.Ping = time.Millisecond },
		"calls.max:":             func(c *Config) { c.Calls.Max = 0 },
		"calls.min_se:":          func(c *Config) { c.Calls.MinSE = time.Second },
		"calls.session_expires:": func(c *Config) { c.Calls.SessionExpires = time.Second },
		"calls.answer_timeout:":  func(c *Config) { c.Calls.AnswerTimeout = 0 },
		"calls.offer_timeout:":   func(c *Config) { c.Calls.OfferTimeout = time.Hour },
	} {
		c := DefaultConfig()
		bad(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s %v", want, err)
		}
	}
}

// TestConfigYAML: what is written is read back.
func TestConfigYAML(t *testing.T) {
	text, err := yaml.Marshal(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	var c Config
	if err := yaml.UnmarshalWithOptions(text, &c, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	again, err := yaml.Marshal(c)
	if err != nil || string(again) != string(text) {
		t.Fatalf("%v\n%s\n%s", err, text, again)
	}
}

// TestHop: only peers are talked to, and never ourselves.
func TestHop(t *testing.T) {
	cfg := config()
	link := &fakeLink{}
	cfg.CoreAddress = link.address()
	c := hop.New(cfg.hops(), strict{link}, nil, slog.New(slog.DiscardHandler))
	if err := c.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	entry, _ := c.Entry()
	for route, want := range map[string]string{
		"<sip:192.0.2.7:5062;lr>":                "udp:192.0.2.7:5062",
		"<sip:192.0.2.7;lr>":                     "udp:192.0.2.7:5060",
		"<sip:198.51.100.66;lr>":                 entry.String(),
		"<sip:192.0.2.1:5060;lr>":                entry.String(), // ourselves
		"<sip:192.0.2.7:5060;lr;transport=tcp>":  "udp:192.0.2.7:5060",
		"<sip:x@[::ffff:198.51.100.66]:5060;lr>": entry.String(),
		"<tel:+1>":                               entry.String(),
		"nonsense":                               entry.String(),
	} {
		if got := c.For(request(t, route), transport.Target{}).String(); got != want {
			t.Errorf("%s: %s, want %s", route, got, want)
		}
	}
}
