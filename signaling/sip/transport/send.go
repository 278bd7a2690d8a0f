package transport

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/emiago/sipgo/sip"
)

// streamRefusal is how long a peer that refused a TCP connection for a large request gets large requests by UDP
// before TCP is tried again.
const streamRefusal = time.Minute

// maxDatagram is the largest UDP payload of IPv4.
const maxDatagram = 65507

// Send routes, completes (Via) and writes one message, and waits until it is handed to the kernel. It blocks only while
// a connection to this very target is set up or written, at most DialTimeout and WriteTimeout, or until ctx ends.
// A request above UDPLimit for a UDP target goes by TCP and falls back to UDP if TCP is refused (RFC 3261 18.1.1).
func (l *Layer) Send(ctx context.Context, msg sip.Message, dst Target) error {
	done := make(chan Result, 1)
	r, ok := l.Post(msg, dst, func(r Result) { done <- r })
	if ok {
		return r.Err
	}
	select {
	case r := <-done:
		return r.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Post is Send without waiting. If the outcome is known at once it is returned with true and done is never called;
// else it returns false and done is called exactly once, later, from another goroutine. The message is serialised
// before Post returns, so the caller may reuse it. done may be nil.
func (l *Layer) Post(msg sip.Message, dst Target, done func(Result)) (Result, bool) {
	dst.Addr = unmap(dst.Addr)
	r, known := l.route(msg, dst, done)
	if known {
		l.count(r)
	}
	return r, known
}

// count books the outcome of one message.
func (l *Layer) count(r Result) {
	if r.Err != nil {
		l.stats.sendErrors.Add(1)
	} else {
		l.stats.sent.Add(1)
	}
}

// route picks the network and hands the message over.
func (l *Layer) route(msg sip.Message, dst Target, done func(Result)) (Result, bool) {
	_, listening := l.bound[dst.Network]
	switch {
	case !listening:
		return Result{dst.Network, ErrNoListener}, true
	case !l.Peer(dst.Addr.Addr()) || dst.Addr.Port() == 0:
		return Result{dst.Network, ErrNotPeer}, true
	case dst.Network != UDP:
		return l.postStream(msg, dst, done)
	}
	data, err := l.serialise(msg, UDP)
	if err != nil {
		return Result{UDP, err}, true
	}
	if _, ok := msg.(*sip.Request); ok && l.cfg.UDPLimit > 0 && len(data) > l.cfg.UDPLimit && l.mayStream(dst.Addr) {
		return l.postSwitched(msg, data, dst.Addr, done)
	}
	return l.writeUDP(data, dst.Addr), true
}

// postSwitched sends by TCP what is too large for UDP (RFC 3261 18.1.1); data is the form for UDP, kept in case the
// connection cannot be made.
func (l *Layer) postSwitched(msg sip.Message, data []byte, addr netip.AddrPort, done func(Result)) (Result, bool) {
	stream, err := l.serialise(msg, TCP)
	if err != nil {
		return Result{TCP, err}, true
	}
	l.stats.switched.Add(1)
	if err := l.enqueue(Target{Network: TCP, Addr: addr}, outgoing{data: stream, datagram: data, done: done}); err != nil {
		if errors.Is(err, ErrConnection) { // refused already
			l.refusedStream(addr)
		}
		return l.fallBack(data, addr), true
	}
	return Result{}, false
}

func (l *Layer) postStream(msg sip.Message, dst Target, done func(Result)) (Result, bool) {
	data, err := l.serialise(msg, dst.Network)
	if err != nil {
		return Result{dst.Network, err}, true
	}
	if res, ok := msg.(*sip.Response); ok && !l.connected(dst) {
		if dst.Addr, ok = lostConnection(res.Via()); !ok || !l.Peer(dst.Addr.Addr()) {
			return Result{dst.Network, ErrConnection}, true
		}
	}
	if err := l.enqueue(dst, outgoing{data: data, done: done}); err != nil {
		return Result{dst.Network, err}, true
	}
	return Result{}, false
}

// fallBack sends by UDP after TCP was refused.
func (l *Layer) fallBack(data []byte, addr netip.AddrPort) Result {
	l.stats.fellBack.Add(1)
	return l.writeUDP(data, addr)
}

func (l *Layer) writeUDP(data []byte, addr netip.AddrPort) Result {
	if len(data) > maxDatagram {
		return Result{UDP, ErrTooLarge}
	}
	if _, err := l.udp.WriteToUDPAddrPort(data, addr); err != nil {
		return Result{UDP, err}
	}
	l.watch(true, UDP, addr, data)
	return Result{UDP, nil}
}

// mayStream reports whether a large request for this UDP target may try TCP.
func (l *Layer) mayStream(addr netip.AddrPort) bool {
	if l.tcp == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	until, refused := l.noStream[addr]
	if refused && time.Now().After(until) {
		delete(l.noStream, addr)
		refused = false
	}
	return !refused
}

// refusedStream remembers that addr takes no TCP connection. Bounded by the number of peers' addresses in use; swept
// when it grows all the same.
func (l *Layer) refusedStream(addr netip.AddrPort) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if len(l.noStream) >= 1024 {
		for a, until := range l.noStream {
			if now.After(until) {
				delete(l.noStream, a)
			}
		}
	}
	l.noStream[addr] = now.Add(streamRefusal)
}

// serialise completes the message for a network and writes it out.
func (l *Layer) serialise(msg sip.Message, network string) ([]byte, error) {
	if req, ok := msg.(*sip.Request); ok {
		via := req.Via()
		if via == nil {
			return nil, ErrNoVia
		}
		l.stamp(via, network)
	}
	return Write(msg, l.cfg.MaxMessage)
}
