package relay

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Config of the TURN server, built in or elsewhere. Without any listener and any server browsers are told of none.
type Config struct {
	// UDP, TCP and TLS are the addresses the built-in server listens on.
	UDP []netip.AddrPort `yaml:"udp"`
	TCP []netip.AddrPort `yaml:"tcp"`
	TLS []netip.AddrPort `yaml:"tls"`
	// Host is the name browsers are told for it; empty tells the address. TLS wants the certificate's name.
	Host string `yaml:"host"`
	// Certificate and Key are PEM files for TLS.
	Certificate string `yaml:"tls_certificate"`
	Key         string `yaml:"tls_key"`
	// SecretFile holds the secret that credentials are made with, 16 to 256 octets of one line; empty draws one at each start,
	// which is enough for one gateway with its own server.
	SecretFile string `yaml:"secret_file"`
	// Lifetime of a credential.
	Lifetime time.Duration `yaml:"lifetime"`
	// PerUser bounds the allocations of one session, Allocations those of all.
	PerUser     int `yaml:"per_user"`
	Allocations int `yaml:"allocations"`
	// Bandwidth bounds one allocation in each direction, bit/s.
	Bandwidth int `yaml:"bandwidth"`
	// Servers are other TURN servers that know the same secret (RFC 7065 URIs).
	Servers []string `yaml:"servers"`
}

// DefaultConfig is off.
func DefaultConfig() Config {
	return Config{Lifetime: time.Hour, PerUser: 8, Allocations: 2000, Bandwidth: 4_000_000}
}

// Serves reports whether the built-in server is on.
func (c Config) Serves() bool { return len(c.UDP)+len(c.TCP)+len(c.TLS) > 0 }

// Enabled reports whether browsers are told of any server.
func (c Config) Enabled() bool { return c.Serves() || len(c.Servers) > 0 }

// Validate says in one sentence each what is wrong.
func (c Config) Validate() error {
	var errs []error
	for name, list := range map[string][]netip.AddrPort{"udp": c.UDP, "tcp": c.TCP, "tls": c.TLS} {
		for _, a := range list {
			if !a.IsValid() || a.Addr().IsMulticast() {
				errs = append(errs, fmt.Errorf("turn.%s must hold IP addresses with a port, such as 192.0.2.1:3478", name))
			} else if a.Addr().IsUnspecified() && c.Host == "" {
				errs = append(errs, fmt.Errorf("turn.%s: %s names no address browsers could be told: give one, or set turn.host", name, a))
			}
		}
	}
	if len(c.TLS) > 0 && (c.Certificate == "" || c.Key == "") {
		errs = append(errs, errors.New("turn.tls needs turn.tls_certificate and turn.tls_key, PEM files"))
	}
	if strings.ContainsAny(c.Host, " /?#@[]") || len(c.Host) > 253 {
		errs = append(errs, errors.New("turn.host must be a host name or an address, without a port"))
	}
	for _, s := range c.Servers {
		if !strings.HasPrefix(s, "turn:") && !strings.HasPrefix(s, "turns:") || strings.ContainsAny(s, " \t\"\\") {
			errs = append(errs, errors.New("turn.servers must hold URIs such as turn:turn.example.com:3478?transport=udp (RFC 7065)"))
		}
	}
	if len(c.Servers) > 0 && c.SecretFile == "" {
		errs = append(errs, errors.New("turn.servers needs turn.secret_file: the secret those servers know"))
	}
	for _, b := range []struct {
		name           string
		value, min, to int64
	}{
		{"lifetime (seconds)", int64(c.Lifetime / time.Second), 60, 7 * 24 * 3600},
		{"per_user", int64(c.PerUser), 1, 1000},
		{"allocations", int64(c.Allocations), 1, 40000},
		{"bandwidth", int64(c.Bandwidth), 64000, 1_000_000_000},
	} {
		if b.value < b.min || b.value > b.to {
			errs = append(errs, fmt.Errorf("turn.%s is %d; it must be between %d and %d", b.name, b.value, b.min, b.to))
		}
	}
	return errors.Join(errs...)
}
