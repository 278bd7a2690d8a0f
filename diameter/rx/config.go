package rx

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"causeway/diameter/dict"
	"causeway/diameter/peer"
)

// Config tells how to reach the PCRF. Without Peers there is no policy control, and no [Client] is made.
type Config struct {
	OriginHost       string `yaml:"origin_host"`       // our Diameter identity, a domain name
	OriginRealm      string `yaml:"origin_realm"`      // our realm
	DestinationRealm string `yaml:"destination_realm"` // the PCRF's realm
	DestinationHost  string `yaml:"destination_host"`  // the PCRF's identity; empty leaves the choice to the realm

	Peers []string `yaml:"peers"` // "host:port" over TCP, in order of preference; at most 32

	Timeout       time.Duration `yaml:"timeout"`        // a call's set-up waits no longer for an answer; 100 ms to 30 s
	Watchdog      time.Duration `yaml:"watchdog"`       // silence before a peer is asked whether it lives; 6 s to 10 min (RFC 3539)
	ReconnectMin  time.Duration `yaml:"reconnect_min"`  // wait before the first new connection; 10 ms to reconnect_max
	ReconnectMax  time.Duration `yaml:"reconnect_max"`  // longest wait between attempts; at most 5 min
	TerminateFor  time.Duration `yaml:"terminate_for"`  // how long an unanswered STR is repeated; 1 s to 1 h
	MaxPending    int           `yaml:"max_pending"`    // requests waiting for an answer at once; 1 to 1000000
	MaxSessions   int           `yaml:"max_sessions"`   // Rx sessions at once; 1 to 10000000
	Features      uint32        `yaml:"features"`       // bits of Supported-Features list 1 (TS 29.214 5.4.1); 0 sends none
	AFApplication string        `yaml:"af_application"` // AF-Application-Identifier; empty sends none
	IPDomain      string        `yaml:"ip_domain"`      // IP-Domain-Id where private addresses overlap; empty sends none
}

// DefaultConfig returns the defaults. They are valid, and off: there are no peers.
func DefaultConfig() Config {
	return Config{
		Timeout:       2 * time.Second,
		Watchdog:      30 * time.Second,
		ReconnectMin:  250 * time.Millisecond,
		ReconnectMax:  3 * time.Second,
		TerminateFor:  5 * time.Minute,
		MaxPending:    4096,
		MaxSessions:   100_000,
		Features:      dict.FeatureRel8 | dict.FeatureRel9 | dict.FeatureRel10,
		AFApplication: "urn:urn-7:3gpp-service.ims.icsi.mmtel",
	}
}

// Enabled says whether a PCRF is configured.
func (c Config) Enabled() bool { return len(c.Peers) > 0 }

// Validate checks every value; the error names the key and says what is allowed.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	duration := func(key string, v, low, high time.Duration) {
		if v < low || v > high {
			bad("%s: %v is not between %v and %v", key, v, low, high)
		}
	}
	duration("timeout", c.Timeout, 100*time.Millisecond, 30*time.Second)
	duration("watchdog", c.Watchdog, 6*time.Second, 10*time.Minute)
	duration("reconnect_max", c.ReconnectMax, 10*time.Millisecond, 5*time.Minute)
	duration("reconnect_min", c.ReconnectMin, 10*time.Millisecond, c.ReconnectMax)
	duration("terminate_for", c.TerminateFor, time.Second, time.Hour)
	if c.MaxPending < 1 || c.MaxPending > 1_000_000 {
		bad("max_pending: %d is not between 1 and 1000000", c.MaxPending)
	}
	if c.MaxSessions < 1 || c.MaxSessions > 10_000_000 {
		bad("max_sessions: %d is not between 1 and 10000000", c.MaxSessions)
	}
	if len(c.AFApplication) > 255 || !printable(c.AFApplication) {
		bad("af_application: not at most 255 printable characters")
	}
	if len(c.IPDomain) > 255 || !printable(c.IPDomain) {
		bad("ip_domain: not at most 255 printable characters")
	}
	if c.Enabled() {
		errs = append(errs, c.validatePeers()...)
	}
	return errors.Join(errs...)
}

// validatePeers checks what is needed once there is a PCRF.
func (c Config) validatePeers() []error {
	var errs []error
	for _, id := range []struct {
		key, value string
		optional   bool
	}{
		{"origin_host", c.OriginHost, false}, {"origin_realm", c.OriginRealm, false},
		{"destination_realm", c.DestinationRealm, false}, {"destination_host", c.DestinationHost, true},
	} {
		if id.value == "" && id.optional {
			continue
		}
		if !domain(id.value) {
			errs = append(errs, fmt.Errorf("%s: %q is not a domain name", id.key, id.value))
		}
	}
	if len(c.Peers) > 32 {
		errs = append(errs, fmt.Errorf("peers: %d are listed, at most 32 are used", len(c.Peers)))
	}
	seen := make(map[string]bool)
	for i, p := range c.Peers {
		host, port, err := net.SplitHostPort(p)
		if n, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || n == 0 || host == "" {
			errs = append(errs, fmt.Errorf("peers[%d]: %q is not host:port", i, p))
		}
		if seen[p] {
			errs = append(errs, fmt.Errorf("peers[%d]: %q is listed twice", i, p))
		}
		seen[p] = true
	}
	return errs
}

// domain says whether s is a Diameter identity: a domain name in ASCII (RFC 6733 4.3.1).
func domain(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			return false
		}
	}
	return true
}

// printable says whether s has no control characters.
func printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }) < 0
}

// peers returns the part of the configuration that the peer manager uses.
func (c Config) peers() peer.Config {
	return peer.Config{
		OriginHost: c.OriginHost, OriginRealm: c.OriginRealm, Peers: c.Peers, Timeout: c.Timeout, MaxPending: c.MaxPending,
		Timers: peer.Timers{Watchdog: c.Watchdog, MinWait: c.ReconnectMin, MaxWait: c.ReconnectMax},
	}
}
