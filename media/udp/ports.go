package udp

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"
)

// bindTries is how many pairs are tried when other programs sit on some ports.
const bindTries = 32

// ErrNoPorts means that every pair is in use or in quarantine.
var ErrNoPorts = errors.New("no core port pair is free")

// Ports is the pool of even/odd core port pairs (RFC 3550 11: RTP on the even
// port, RTCP on the next). A pair is picked at random, which makes a scan for
// live calls blind, and rests in quarantine after use, so that late packets of a
// dead call find nobody (design decision D4).
type Ports struct {
	addr       netip.Addr
	quarantine time.Duration

	mu      sync.Mutex // guards the following
	free    []uint16   // even ports
	resting []rest     // oldest first
	inUse   int
}

type rest struct {
	port  uint16
	until time.Time
}

// Pair is a lease of two sockets. Close gives both back.
type Pair struct {
	RTP, RTCP *Socket

	pool *Ports
	port uint16
	once sync.Once
}

// NewPorts makes a pool of the pairs that lie wholly in first..last on addr.
func NewPorts(addr netip.Addr, first, last uint16, quarantine time.Duration) *Ports {
	p := &Ports{addr: addr, quarantine: quarantine}
	for port := int(first) + int(first)%2; port+1 <= int(last); port += 2 {
		p.free = append(p.free, uint16(port)) //nolint:gosec // at most 65534
	}
	return p
}

// Take binds a pair on loop. ErrNoPorts when the pool is empty.
func (p *Ports) Take(loop *Loop, opt Options, rtp, rtcp Handler, now time.Time) (*Pair, error) {
	var last error
	for range bindTries {
		port, ok := p.pick(now)
		if !ok {
			break
		}
		pair, err := p.bind(loop, opt, port, rtp, rtcp)
		if err == nil {
			return pair, nil
		}
		last = err
		p.give(port, now) // somebody else's port: rest it, try another
		if errors.Is(err, ErrClosed) {
			return nil, err
		}
	}
	if last != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoPorts, last)
	}
	return nil, ErrNoPorts
}

func (p *Ports) bind(loop *Loop, opt Options, port uint16, rtp, rtcp Handler) (*Pair, error) {
	a, err := loop.Open(netip.AddrPortFrom(p.addr, port), opt, rtp)
	if err != nil {
		return nil, err
	}
	opt.Bypass = false // a report now and then is not worth it
	b, err := loop.Open(netip.AddrPortFrom(p.addr, port+1), opt, rtcp)
	if err != nil {
		a.Close()
		return nil, err
	}
	return &Pair{RTP: a, RTCP: b, pool: p, port: port}, nil
}

// pick takes a random free pair, after letting rested ones back in.
func (p *Ports) pick(now time.Time) (uint16, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wake(now)
	if len(p.free) == 0 {
		return 0, false
	}
	i := rand.IntN(len(p.free))
	port := p.free[i]
	p.free[i] = p.free[len(p.free)-1]
	p.free = p.free[:len(p.free)-1]
	p.inUse++
	return port, true
}

// wake lets pairs that have rested back in; the caller holds the lock.
func (p *Ports) wake(now time.Time) {
	n := 0
	for n < len(p.resting) && !p.resting[n].until.After(now) {
		p.free = append(p.free, p.resting[n].port)
		n++
	}
	p.resting = append(p.resting[:0], p.resting[n:]...)
}

func (p *Ports) give(port uint16, now time.Time) {
	p.mu.Lock()
	p.resting = append(p.resting, rest{port, now.Add(p.quarantine)})
	p.inUse--
	p.mu.Unlock()
}

// PortStats counts pairs.
type PortStats struct{ Free, Resting, InUse int }

// Stats counts the pairs by state.
func (p *Ports) Stats() PortStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wake(time.Now())
	return PortStats{Free: len(p.free), Resting: len(p.resting), InUse: p.inUse}
}

// Close closes both sockets and puts the pair to rest. Safe to call twice; not
// from a handler.
func (pr *Pair) Close() {
	pr.once.Do(func() {
		pr.RTP.Close()
		pr.RTCP.Close()
		pr.pool.give(pr.port, time.Now())
	})
}
