package tcp

import (
	"net/netip"
	"sync"
)

// Limits of ours.
const (
	maxOpen    = 8192 // connections at once
	maxWaiting = 512  // of them without a valid check
	maxSource  = 32   // of those from one IPv4 address or IPv6 /64: a NAT may hide an office
)

// gate counts connections. Safe for concurrent use.
type gate struct {
	mu      sync.Mutex // guards the following
	open    int
	waiting int
	sources map[netip.Prefix]int // waiting ones by source
}

func source(a netip.Addr) netip.Prefix {
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, _ := a.Prefix(bits) // the length always fits
	return p
}

// enter counts a new connection in; false when there is no room for it.
func (g *gate) enter(from netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := source(from)
	if g.open >= maxOpen || g.waiting >= maxWaiting || g.sources[key] >= maxSource {
		return false
	}
	if g.sources == nil {
		g.sources = map[netip.Prefix]int{}
	}
	g.open++
	g.waiting++
	g.sources[key]++
	return true
}

// trust ends a connection's waiting.
func (g *gate) trust(from netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.settle(from)
}

// leave counts a connection out.
func (g *gate) leave(from netip.Addr, trusted bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
	if !trusted {
		g.settle(from)
	}
}

// settle takes one off the waiting; the caller holds the lock.
func (g *gate) settle(from netip.Addr) {
	g.waiting--
	key := source(from)
	if g.sources[key]--; g.sources[key] <= 0 {
		delete(g.sources, key)
	}
}

func (g *gate) counts() (open, waiting int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open, g.waiting
}
