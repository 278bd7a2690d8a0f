package client

import (
	"net"
	"net/netip"
	"sync/atomic"
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
		if err != nil || w.cut.Load() {
			return 0, nil, net.ErrClosed
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

// Close leaves the socket to its owner.
func (w *wire) Close() error { return nil }
