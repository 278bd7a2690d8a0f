package transport

import (
	"strings"
	"testing"
	"time"
)

func TestConfigValidate(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"nothing":   {func(c *Config) { c.Listen = nil }, "listen: at least one"},
		"network":   {func(c *Config) { c.Listen = []string{"sctp:127.0.0.1:5060"} }, "is none of udp:ADDRESS:PORT"},
		"address":   {func(c *Config) { c.Listen = []string{"udp:localhost:5060"} }, `listen: "udp:localhost:5060"`},
		"twice":     {func(c *Config) { c.Listen = []string{"udp:127.0.0.1:1", "udp:127.0.0.1:2"} }, "udp appears twice"},
		"wildcard":  {func(c *Config) { c.Listen = []string{"udp:0.0.0.0:5060"} }, "advertise: needed"},
		"advertise": {func(c *Config) { c.Advertise = "a b" }, "advertise:"},
		"message":   {func(c *Config) { c.MaxMessage = 100 }, "max_message: 100"},
		"udp limit": {func(c *Config) { c.UDPLimit = 1 }, "udp_limit: 1"},
		"conns":     {func(c *Config) { c.MaxConnections = 0 }, "max_connections: 0"},
		"per peer":  {func(c *Config) { c.MaxConnectionsPerPeer = 0 }, "max_connections_per_peer: 0"},
		"queue":     {func(c *Config) { c.SendQueue = 0 }, "send_queue: 0"},
		"dial":      {func(c *Config) { c.DialTimeout = 0 }, "dial_timeout:"},
		"write":     {func(c *Config) { c.WriteTimeout = -1 }, "write_timeout:"},
		"msg time":  {func(c *Config) { c.MessageTimeout = 0 }, "message_timeout:"},
		"idle":      {func(c *Config) { c.IdleTimeout = 0 }, "idle_timeout:"},
	} {
		cfg := DefaultConfig()
		c.change(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	good := DefaultConfig()
	good.Listen, good.Advertise = []string{"udp:0.0.0.0:5060"}, "gw.ims.example"
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}

func TestResolverConfigValidate(t *testing.T) {
	if err := DefaultResolverConfig().Validate(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*ResolverConfig){
		"family:":     func(c *ResolverConfig) { c.Family = "ipx" },
		"timeout:":    func(c *ResolverConfig) { c.Timeout = 0 },
		"min_ttl,":    func(c *ResolverConfig) { c.MaxTTL = c.MinTTL - time.Millisecond },
		"cache_size:": func(c *ResolverConfig) { c.CacheSize = 0 },
	} {
		cfg := DefaultResolverConfig()
		change(&cfg)
		if err := cfg.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s %v", want, err)
		}
	}
}
