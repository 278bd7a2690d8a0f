package relay

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"causeway/media/packet"
)

// queueDepth is how many datagrams may wait for a browser that takes them slowly: a second of speech.
const queueDepth = 50

// allocation is the relayed address of one browser: a net.PacketConn for pion/turn without a socket. Safe for concurrent use.
type allocation struct {
	server *Server
	addr   netip.AddrPort
	user   string
	in     chan relayed
	done   chan struct{}
	once   sync.Once
	up     bucket
	down   bucket

	mu   sync.Mutex // guards the following
	ways []*way
}

// relayed is one datagram for the browser.
type relayed struct {
	buf  *packet.Buffer
	from netip.AddrPort
}

// way sends to the browser as one of the access addresses.
type way struct {
	a    *allocation
	from netip.AddrPort // as the browser knows it
}

// WriteTo queues one datagram for the browser, without blocking; what finds no room is lost.
func (w *way) WriteTo(b []byte, _ netip.AddrPort) error {
	s := w.a.server
	if !w.a.down.allow(len(b), s.cfg.Bandwidth, time.Now()) {
		s.counts.throttled.Add(1)
		return packet.ErrNotReady
	}
	buf, ok := s.deps.Pool.Copy(b)
	if !ok {
		return packet.ErrNotReady
	}
	select {
	case <-w.a.done:
	default:
		select {
		case w.a.in <- relayed{buf, w.from}:
			return nil
		default:
			s.counts.slow.Add(1)
		}
	}
	buf.Release()
	return packet.ErrNotReady
}

// WriteTo takes one datagram of the browser. It goes to an access address or nowhere.
func (a *allocation) WriteTo(b []byte, to net.Addr) (int, error) {
	s := a.server
	udp, ok := to.(*net.UDPAddr)
	if !ok {
		return len(b), nil
	}
	dst := unmapped(udp.AddrPort())
	line, ok := s.deps.Lines[dst]
	switch {
	case !ok:
		s.counts.astray.Add(1)
		return len(b), nil
	case !a.up.allow(len(b), s.cfg.Bandwidth, time.Now()):
		s.counts.throttled.Add(1)
		return len(b), nil
	}
	if buf, ok := s.deps.Pool.Copy(b); ok {
		defer buf.Release()
		s.deps.Access.Relayed(buf.Bytes(), a.addr, line, a.way(dst), time.Now())
	}
	return len(b), nil
}

// way is the one way back from an access address.
func (a *allocation) way(from netip.AddrPort) *way {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, w := range a.ways {
		if w.from == from {
			return w
		}
	}
	w := &way{a, from}
	a.ways = append(a.ways, w)
	return w
}

// ReadFrom waits for the next datagram for the browser.
func (a *allocation) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case r := <-a.in:
		n := copy(b, r.buf.Bytes())
		r.buf.Release()
		return n, net.UDPAddrFromAddrPort(r.from), nil
	case <-a.done:
		return 0, nil, net.ErrClosed
	}
}

// Close gives the relayed address back.
func (a *allocation) Close() error {
	a.once.Do(func() {
		close(a.done)
		a.server.forget(a)
	})
	return nil
}

// LocalAddr is the relayed address.
func (a *allocation) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(a.addr) }

// SetDeadline does nothing: Close is what ends reading.
func (a *allocation) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (a *allocation) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing: writes never wait.
func (a *allocation) SetWriteDeadline(time.Time) error { return nil }

// bucket bounds one direction: two seconds' worth may come at once. Safe for concurrent use.
type bucket struct{ free atomic.Int64 }

func (b *bucket) allow(octets, bits int, now time.Time) bool {
	cost := int64(octets) * 8 * int64(time.Second) / int64(bits)
	for {
		next, at := b.free.Load(), now.UnixNano()
		if next-at > int64(2*time.Second) {
			return false
		}
		if b.free.CompareAndSwap(next, max(next, at)+cost) {
			return true
		}
	}
}

func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
