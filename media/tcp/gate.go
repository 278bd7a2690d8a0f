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

// Gate counts connections at a door where strangers may knock: how many there are, and how many of them wait for their first
// proof. The zero value is ready. Safe for concurrent use.
type Gate struct {
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

// Enter counts a new connection in; false when there is no room for it.
func (g *Gate) Enter(from netip.Addr) bool {
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

// Trust ends a connection's waiting.
func (g *Gate) Trust(from netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.settle(from)
}

// Leave counts a connection out.
func (g *Gate) Leave(from netip.Addr, trusted bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
	if !trusted {
		g.settle(from)
	}
}

// settle takes one off the waiting; the caller holds the lock.
func (g *Gate) settle(from netip.Addr) {
	g.waiting--
	key := source(from)
	if g.sources[key]--; g.sources[key] <= 0 {
		delete(g.sources, key)
	}
}

// Counts returns how many there are and how many of them wait.
func (g *Gate) Counts() (open, waiting int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open, g.waiting
}
