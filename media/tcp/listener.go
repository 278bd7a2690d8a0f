package tcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Sink takes what comes over one connection. Both are called from the connection's goroutine.
type Sink interface {
	// Frame takes one datagram: b is the sink's until it returns and has packet.BufferSize octets of capacity.
	Frame(b []byte, now time.Time)
	// Gone is told when the connection has ended, once, after the last Frame.
	Gone()
}

// Options of a listener.
type Options struct {
	DSCP int           // 0..63, put on every packet sent (RFC 2474)
	Idle time.Duration // a trusted connection without a frame for so long is closed
}

// Listener accepts connections of one address.
type Listener struct {
	opt   Options
	inner net.Listener
	local netip.AddrPort
	sink  func(*Conn) Sink

	gate   Gate
	counts counts
	done   sync.WaitGroup

	mu     sync.Mutex // guards the following
	open   map[*Conn]struct{}
	closed bool
}

type counts struct{ accepted, refused, expired, oversize, slow, dropped atomic.Uint64 }

// Stats of a listener.
type Stats struct {
	Open, Waiting int    // connections now; those without a valid check
	Accepted      uint64 // since the start
	Refused       uint64 // too many waiting, of one source or in all
	Expired       uint64 // no valid check in time
	Oversize      uint64 // ended for a frame longer than a datagram may be
	Slow          uint64 // ended because the browser did not read
	Dropped       uint64 // datagrams lost because it read too slowly
}

// Plus adds the figures of another listener.
func (s Stats) Plus(o Stats) Stats {
	s.Open, s.Waiting = s.Open+o.Open, s.Waiting+o.Waiting
	s.Accepted, s.Refused, s.Expired = s.Accepted+o.Accepted, s.Refused+o.Refused, s.Expired+o.Expired
	s.Oversize, s.Slow, s.Dropped = s.Oversize+o.Oversize, s.Slow+o.Slow, s.Dropped+o.Dropped
	return s
}

// Listen opens addr (port 0 lets the system choose). sink is asked for each connection what takes its frames. The caller
// calls Close.
func Listen(addr netip.AddrPort, opt Options, sink func(*Conn) Sink) (*Listener, error) {
	cfg := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error { return mark(c, addr.Addr(), opt.DSCP) }}
	network := "tcp4"
	if !addr.Addr().Unmap().Is4() {
		network = "tcp6"
		if addr.Addr().IsUnspecified() {
			network = "tcp"
		}
	}
	inner, err := cfg.Listen(context.Background(), network, addr.String())
	if err != nil {
		return nil, fmt.Errorf("listen for ICE-TCP: %w", err)
	}
	l := &Listener{opt: opt, inner: inner, sink: sink, open: map[*Conn]struct{}{}}
	l.local = inner.Addr().(*net.TCPAddr).AddrPort() //nolint:errcheck // a TCP listener's
	l.done.Go(l.accept)
	return l, nil
}

// mark sets the DiffServ code point; connections inherit it.
func mark(c syscall.RawConn, addr netip.Addr, dscp int) error {
	if dscp == 0 {
		return nil
	}
	var err error
	if failed := c.Control(func(fd uintptr) {
		if addr.Unmap().Is4() {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_TOS, dscp<<2)
		} else {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_TCLASS, dscp<<2)
		}
	}); failed != nil {
		return failed
	}
	return err
}

// Local is the bound address.
func (l *Listener) Local() netip.AddrPort { return l.local }

// Stats returns the figures so far.
func (l *Listener) Stats() Stats {
	s := Stats{
		Accepted: l.counts.accepted.Load(), Refused: l.counts.refused.Load(), Expired: l.counts.expired.Load(),
		Oversize: l.counts.oversize.Load(), Slow: l.counts.slow.Load(), Dropped: l.counts.dropped.Load(),
	}
	s.Open, s.Waiting = l.gate.Counts()
	return s
}

func (l *Listener) accept() {
	for {
		c, err := l.inner.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			time.Sleep(10 * time.Millisecond) // out of descriptors, or the peer is gone already
			continue
		}
		l.take(c.(*net.TCPConn)) //nolint:errcheck // a TCP listener's
	}
}

// take admits one connection or closes it.
func (l *Listener) take(inner *net.TCPConn) {
	from := inner.RemoteAddr().(*net.TCPAddr).AddrPort() //nolint:errcheck // of a TCP connection
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	if !l.gate.Enter(from.Addr()) {
		l.counts.refused.Add(1)
		_ = inner.Close()
		return
	}
	c, err := newConn(l, inner, from)
	if err != nil || !l.keep(c) {
		l.gate.Leave(from.Addr(), false)
		_ = inner.Close()
		return
	}
	l.counts.accepted.Add(1)
	l.done.Go(c.read)
}

func (l *Listener) keep(c *Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.open[c] = struct{}{}
	return true
}

// forget is called once by each connection's goroutine at its end.
func (l *Listener) forget(c *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
	l.gate.Leave(c.remote.Addr(), c.trusted.Load())
}

// Close ends the listener and its connections and waits. Safe to call twice; not from a Sink.
func (l *Listener) Close() {
	_ = l.inner.Close()
	l.mu.Lock()
	l.closed = true
	for c := range l.open {
		c.Close()
	}
	l.mu.Unlock()
	l.done.Wait()
}
