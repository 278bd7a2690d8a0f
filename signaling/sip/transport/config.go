package transport

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Config says where the gateway listens for SIP and with whom it speaks.
type Config struct {
	// Listen holds one entry per socket, "udp:", "tcp:" or "tls:ADDRESS:PORT"; at most one per network.
	// ADDRESS is an IP literal; port 0 lets the system choose. At least one entry.
	Listen []string `yaml:"listen"`
	// Advertise is the host written into Via; empty means the listening address. Needed when listening on 0.0.0.0 or ::.
	Advertise string `yaml:"advertise"`
	// Peers are the networks that may talk to the gateway and be talked to. Empty: only the next hops given to Admit.
	Peers []netip.Prefix `yaml:"peers"`
	// TLS are the files of the tls: listener and of the connections we make by TLS.
	TLS TLSConfig `yaml:"tls"`
	// MaxMessage is the largest message read or written, in bytes (2048 to 65535).
	MaxMessage int `yaml:"max_message"`
	// UDPLimit is the largest request sent by UDP, in bytes; a larger one goes by TCP (RFC 3261 18.1.1). 0: no switch.
	UDPLimit int `yaml:"udp_limit"`
	// MaxConnections and MaxConnectionsPerPeer bound the open TCP and TLS connections, in all and per remote address.
	MaxConnections        int `yaml:"max_connections"`
	MaxConnectionsPerPeer int `yaml:"max_connections_per_peer"`
	// SendQueue is how many messages wait on one TCP connection before a send fails.
	SendQueue int `yaml:"send_queue"`
	// DialTimeout bounds the set-up of a connection, WriteTimeout one write to it.
	DialTimeout  time.Duration `yaml:"dial_timeout"`
	WriteTimeout time.Duration `yaml:"write_timeout"`
	// MessageTimeout bounds the time from the first byte of a message to its last, and a new connection's wait for its first message.
	MessageTimeout time.Duration `yaml:"message_timeout"`
	// IdleTimeout closes a connection on which nothing moved for so long.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
}

// DefaultConfig returns the settings used where the file says nothing: loopback, UDP and TCP on port 5060.
func DefaultConfig() Config {
	return Config{
		Listen:                []string{"udp:127.0.0.1:5060", "tcp:127.0.0.1:5060"},
		MaxMessage:            65535,
		UDPLimit:              1300,
		MaxConnections:        1024,
		MaxConnectionsPerPeer: 64,
		SendQueue:             256,
		DialTimeout:           4 * time.Second,
		WriteTimeout:          10 * time.Second,
		MessageTimeout:        10 * time.Second,
		IdleTimeout:           10 * time.Minute,
	}
}

// Validate reports every setting that cannot work, joined into one error.
func (c Config) Validate() error {
	var errs []error
	if _, err := parseListen(c.Listen); err != nil {
		errs = append(errs, err)
	} else if err := c.checkAdvertise(); err != nil {
		errs = append(errs, err)
	}
	if listen, err := parseListen(c.Listen); err == nil {
		_, listening := listen[TLS]
		if err := c.TLS.validate(listening); err != nil {
			errs = append(errs, err)
		}
	}
	inRange := func(name string, v, low, high int) {
		if v < low || v > high {
			errs = append(errs, fmt.Errorf("%s: %d is not between %d and %d", name, v, low, high))
		}
	}
	inRange("max_message", c.MaxMessage, 2048, 65535)
	if c.UDPLimit != 0 {
		inRange("udp_limit", c.UDPLimit, 500, 65507)
	}
	inRange("max_connections", c.MaxConnections, 1, 65535)
	inRange("max_connections_per_peer", c.MaxConnectionsPerPeer, 1, 65535)
	inRange("send_queue", c.SendQueue, 1, 65536)
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"dial_timeout", c.DialTimeout}, {"write_timeout", c.WriteTimeout},
		{"message_timeout", c.MessageTimeout}, {"idle_timeout", c.IdleTimeout},
	} {
		if d.value <= 0 {
			errs = append(errs, fmt.Errorf("%s: must be above zero", d.name))
		}
	}
	return errors.Join(errs...)
}

// checkAdvertise refuses a wildcard listener that no peer could answer to, and a host that would break the Via line.
func (c Config) checkAdvertise() error {
	if c.Advertise != "" {
		if _, err := netip.ParseAddr(c.Advertise); err == nil || validHost(c.Advertise) {
			return nil
		}
		return fmt.Errorf("advertise: %q is neither a host name nor an address", c.Advertise)
	}
	listen, err := parseListen(c.Listen)
	if err != nil {
		return err
	}
	for network, addr := range listen {
		if addr.Addr().IsUnspecified() {
			return fmt.Errorf("advertise: needed because %s listens on every address", network)
		}
	}
	return nil
}

// parseListen turns the entries into one address per network.
func parseListen(entries []string) (map[string]netip.AddrPort, error) {
	if len(entries) == 0 {
		return nil, errors.New("listen: at least one udp:, tcp: or tls: address is needed")
	}
	out := make(map[string]netip.AddrPort, len(entries))
	for _, entry := range entries {
		network, rest, ok := strings.Cut(entry, ":")
		if !ok || (network != UDP && network != TCP && network != TLS) {
			return nil, fmt.Errorf("listen: %q is none of udp:ADDRESS:PORT, tcp:ADDRESS:PORT and tls:ADDRESS:PORT", entry)
		}
		addr, err := netip.ParseAddrPort(rest)
		if err != nil {
			return nil, fmt.Errorf("listen: %q: %w", entry, err)
		}
		if _, twice := out[network]; twice {
			return nil, fmt.Errorf("listen: %s appears twice", network)
		}
		out[network] = addr
	}
	return out, nil
}

// ResolverConfig says whom to ask for names.
type ResolverConfig struct {
	// Servers are the DNS servers, asked in this order. Empty: those of /etc/resolv.conf.
	Servers []netip.AddrPort `yaml:"servers"`
	// Family is "ipv4", "ipv6" or "any" (IPv4 first): which addresses the sockets can reach.
	Family string `yaml:"family"`
	// Timeout bounds one question to one server.
	Timeout time.Duration `yaml:"timeout"`
	// MinTTL and MaxTTL bound how long an answer is kept, whatever the zone says; NegativeTTL how long its absence.
	MinTTL      time.Duration `yaml:"min_ttl"`
	MaxTTL      time.Duration `yaml:"max_ttl"`
	NegativeTTL time.Duration `yaml:"negative_ttl"`
	// CacheSize is the largest number of answers remembered.
	CacheSize int `yaml:"cache_size"`
}

// DefaultResolverConfig returns the settings used where the file says nothing.
func DefaultResolverConfig() ResolverConfig {
	return ResolverConfig{
		Family: "any", Timeout: 2 * time.Second,
		MinTTL: time.Second, MaxTTL: time.Hour, NegativeTTL: 10 * time.Second, CacheSize: 1024,
	}
}

// Validate reports the first setting that cannot work.
func (c ResolverConfig) Validate() error {
	switch {
	case !slices.Contains([]string{"ipv4", "ipv6", "any"}, c.Family):
		return fmt.Errorf("family: %q is not ipv4, ipv6 or any", c.Family)
	case c.Timeout <= 0:
		return errors.New("timeout: must be above zero")
	case c.MinTTL < 0 || c.MaxTTL < c.MinTTL || c.NegativeTTL < 0:
		return errors.New("min_ttl, max_ttl, negative_ttl: must be positive, max_ttl the larger")
	case c.CacheSize < 1:
		return errors.New("cache_size: must be above zero")
	}
	return nil
}
