package client

import (
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// wire lends a Light's socket to DTLS: only its records come in, and after the cut nothing goes out.
type wire struct {
	*net.UDPConn
	light *Light
	cut   atomic.Bool
}

// ReadFrom returns the next DTLS record (RFC 7983 7) and answers checks on the way.
func (w *wire) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := w.UDPConn.ReadFromUDPAddrPort(b)
		if w.cut.Load() {
			return 0, nil, net.ErrClosed
		}
		if err != nil {
			return 0, nil, err
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		if n > 0 && b[0] >= 20 && b[0] <= 63 {
			return n, net.UDPAddrFromAddrPort(from), nil
		}
		w.light.Respond(b[:n], from)
	}
}

// WriteTo sends a record to the peer.
func (w *wire) WriteTo(b []byte, _ net.Addr) (int, error) {
	if w.cut.Load() {
		return len(b), nil
	}
	return w.WriteToUDPAddrPort(b, w.light.Peer)
}

// Close leaves the socket to its owner, and ends a read that is under way.
func (w *wire) Close() error {
	w.cut.Store(true)
	return w.UDPConn.SetReadDeadline(time.Now())
}

// SetReadDeadline is the handshake's; after the cut the deadline is the owner's.
func (w *wire) SetReadDeadline(t time.Time) error {
	if w.cut.Load() {
		return nil
	}
	return w.UDPConn.SetReadDeadline(t)
}

// SetDeadline is SetReadDeadline: writes of datagrams do not wait.
func (w *wire) SetDeadline(t time.Time) error { return w.SetReadDeadline(t) }
