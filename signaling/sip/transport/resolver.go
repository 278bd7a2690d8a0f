package transport

import (
	"context"
	"log/slog"
	"net/netip"
	"time"
)

// ResolverConfig says whom to ask for names.
type ResolverConfig struct {
	// Servers are the DNS servers, asked in this order. Empty: those of /etc/resolv.conf.
	Servers []netip.AddrPort `yaml:"servers"`
	// Timeout bounds one question to one server.
	Timeout time.Duration `yaml:"timeout"`
	// MinTTL and MaxTTL bound how long an answer is kept, whatever the zone says; NegativeTTL how long its absence.
	MinTTL      time.Duration `yaml:"min_ttl"`
	MaxTTL      time.Duration `yaml:"max_ttl"`
	NegativeTTL time.Duration `yaml:"negative_ttl"`
	// CacheSize is the largest number of questions remembered.
	CacheSize int `yaml:"cache_size"`
}

// Resolver finds the next hops of a SIP host by RFC 3263.
type Resolver struct{}

// NewResolver prepares a resolver. It asks nothing until Resolve.
func NewResolver(cfg ResolverConfig, log *slog.Logger) (*Resolver, error) { return &Resolver{}, nil }

// Query is what is known of a next hop: host and port of a URI or of a configuration entry.
type Query struct {
	Host      string // name or IP literal, with or without brackets
	Port      int    // 0: not given, SRV is asked
	Transport string // the URI's transport parameter, "udp" or "tcp"; empty: not given, NAPTR is asked
}

// Resolve returns the targets in the order they are to be tried (RFC 3263 4): SRV priority, then a draw by weight, then
// the addresses of each host. It never returns an empty list without an error.
func (r *Resolver) Resolve(ctx context.Context, q Query) ([]Target, error) { return nil, ErrClosed }
