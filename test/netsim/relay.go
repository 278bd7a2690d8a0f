package netsim

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"
)

// datagram is the largest one relayed.
const datagram = 2048

// Conditions of a network, for both directions. Fractions are 0 to 1.
type Conditions struct {
	Loss      float64       // lost
	Duplicate float64       // delivered twice
	Delay     time.Duration // of every datagram
	Jitter    time.Duration // up to this much more, which reorders
	Seed      uint64
}

// Relay carries datagrams between clients and one target. Safe for concurrent
// use.
type Relay struct {
	target netip.AddrPort
	front  *net.UDPConn
	cond   Conditions
	work   sync.WaitGroup

	mu       sync.Mutex // guards the following
	dice     *rand.Rand
	bindings map[netip.AddrPort]*net.UDPConn
	closed   bool
	counts   Counts
}

// Counts of what the dice did.
type Counts struct{ Carried, Lost, Duplicated int }

// New starts a relay on loopback. The caller calls Close.
func New(target netip.AddrPort, c Conditions) (*Relay, error) {
	front, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("open relay: %w", err)
	}
	r := &Relay{target: target, front: front, cond: c, dice: rand.New(rand.NewPCG(c.Seed, 1)),
		bindings: map[netip.AddrPort]*net.UDPConn{}}
	r.work.Go(r.outward)
	return r, nil
}

// Addr is where clients send.
func (r *Relay) Addr() netip.AddrPort {
	return r.front.LocalAddr().(*net.UDPAddr).AddrPort() //nolint:forcetypeassert // a UDP socket
}

// outward carries from clients to the target.
func (r *Relay) outward() {
	b := make([]byte, datagram)
	for {
		n, from, err := r.front.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		back, err := r.binding(from)
		if err != nil {
			return
		}
		r.carry(b[:n], func(b []byte) { _, _ = back.WriteToUDPAddrPort(b, r.target) })
	}
}

// binding is the socket that stands for a client.
func (r *Relay) binding(client netip.AddrPort) (*net.UDPConn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.bindings[client]; c != nil {
		return c, nil
	}
	if r.closed {
		return nil, net.ErrClosed
	}
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("open binding: %w", err)
	}
	r.bindings[client] = c
	r.work.Go(func() { r.inward(c, client) })
	return c, nil
}

// inward carries from the target to one client.
func (r *Relay) inward(c *net.UDPConn, client netip.AddrPort) {
	b := make([]byte, datagram)
	for {
		n, from, err := c.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		if from.Port() != r.target.Port() || from.Addr().Unmap() != r.target.Addr() {
			continue // the NAT lets nobody else in
		}
		r.carry(b[:n], func(b []byte) { _, _ = r.front.WriteToUDPAddrPort(b, client) })
	}
}

// carry throws the dice for one datagram.
func (r *Relay) carry(b []byte, send func([]byte)) {
	copies, wait := r.throw()
	for range copies {
		if wait <= 0 {
			send(b)
			continue
		}
		own := append([]byte(nil), b...)
		r.work.Go(func() {
			time.Sleep(wait)
			send(own)
		})
	}
}

func (r *Relay) throw() (copies int, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dice.Float64() < r.cond.Loss {
		r.counts.Lost++
		return 0, 0
	}
	r.counts.Carried++
	copies = 1
	if r.dice.Float64() < r.cond.Duplicate {
		r.counts.Duplicated++
		copies = 2
	}
	wait = r.cond.Delay
	if r.cond.Jitter > 0 {
		wait += time.Duration(r.dice.Int64N(int64(r.cond.Jitter)))
	}
	return copies, wait
}

// Rebind forgets all bindings: the target sees every client come from another
// port from now on, and cannot reach it before.
func (r *Relay) Rebind() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for client, c := range r.bindings {
		_ = c.Close()
		delete(r.bindings, client)
	}
}

// Counts returns what happened so far.
func (r *Relay) Counts() Counts {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts
}

// Close stops the relay and waits for what is under way.
func (r *Relay) Close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	_ = r.front.Close()
	r.Rebind()
	r.work.Wait()
}
