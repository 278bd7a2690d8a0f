package ws

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"time"
)

// The subprotocols there can be (RFC 6455 1.9).
const (
	Subprotocol    = "causeway.v1" // the gateway's own
	SubprotocolSIP = "sip"         // SIP user agents (RFC 7118 4.1)
)

// Config limits what strangers can make the gateway spend.
type Config struct {
	// Origins are the pages that may connect: scheme://host[:port], compared exactly (RFC 6455 10.2). A request
	// without Origin comes from a program, not from a page, and needs AllowNoOrigin.
	Origins []string `yaml:"origins"`
	// AllowNoOrigin lets programs in that send no Origin header. They still need a token.
	AllowNoOrigin bool `yaml:"allow_no_origin"`
	// MaxFrame is the longest message accepted, in bytes (1 KiB to 1 MiB). Longer ones close the socket with 1009.
	MaxFrame int `yaml:"max_frame"`
	// MaxConnections bounds all sockets together; 0 means no bound.
	MaxConnections int `yaml:"max_connections"`
	// MaxPerAddress bounds the sockets of one client address; 0 means no bound.
	MaxPerAddress int `yaml:"max_per_address"`
	// PingInterval is the time between pings (RFC 6455 5.5.2); idle proxies cut at 30 to 60 s.
	PingInterval time.Duration `yaml:"ping_interval"`
	// SendQueue bounds the bytes waiting for one browser. A fuller queue cuts the socket.
	SendQueue int `yaml:"send_queue"`
	// TrustedProxies may name the client's address in X-Forwarded-For.
	TrustedProxies []netip.Prefix `yaml:"trusted_proxies"`
}

// DefaultConfig lets nobody in until Origins are set.
func DefaultConfig() Config {
	return Config{
		AllowNoOrigin:  false,
		MaxFrame:       64 << 10,
		MaxConnections: 50_000,
		MaxPerAddress:  1000,
		PingInterval:   20 * time.Second,
		SendQueue:      512 << 10,
	}
}

// Validate reports everything that is wrong, one sentence each.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(c.Origins) == 0 && !c.AllowNoOrigin {
		bad("websocket.origins is empty: name the pages that may connect, such as https://phone.example.com")
	}
	for _, o := range c.Origins {
		u, err := url.Parse(o)
		if err != nil || u.Host == "" || u.Path != "" || (u.Scheme != "https" && u.Scheme != "http") {
			bad("websocket.origins: %q is not an origin: write scheme://host[:port] without a path", o)
		}
	}
	if c.MaxFrame < 1<<10 || c.MaxFrame > 1<<20 {
		bad("websocket.max_frame is %d: keep it between 1024 and 1048576 bytes", c.MaxFrame)
	}
	if c.MaxConnections < 0 || c.MaxPerAddress < 0 {
		bad("websocket.max_connections and websocket.max_per_address cannot be negative: 0 means no bound")
	}
	if c.PingInterval < time.Second || c.PingInterval > 5*time.Minute {
		bad("websocket.ping_interval is %v: keep it between 1s and 5m", c.PingInterval)
	}
	if c.SendQueue < c.MaxFrame {
		bad("websocket.send_queue is %d: it must hold at least one frame of websocket.max_frame", c.SendQueue)
	}
	return errors.Join(errs...)
}
