package relay

import (
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// piped is a connection in memory with addresses of TCP.
type piped struct {
	net.Conn

	from, to net.Addr
}

func (p piped) RemoteAddr() net.Addr { return p.from }
func (p piped) LocalAddr() net.Addr  { return p.to }

// single is a listener of one connection.
type single chan net.Conn

func (l single) Accept() (net.Conn, error) {
	if c, ok := <-l; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (l single) Close() error   { return nil }
func (l single) Addr() net.Addr { return nil }

// TestIdleConnectionEnds: a connection whose allocation has ended may make another one, but not stay without: a credential for a few
// allocations is none for thousands of connections.
func TestIdleConnectionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Server{clients: map[origin]netip.AddrPort{}, guests: map[origin]*guest{}}
		from, to := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 5000}, &net.TCPAddr{IP: net.IPv4(203, 0, 113, 5), Port: 3478}
		near, far := net.Pipe()
		defer func() { _ = far.Close() }()
		list := make(single, 1)
		list <- piped{near, from, to}
		g := &gated{Listener: list, server: s, open: map[*guest]struct{}{}}
		if _, err := g.Accept(); err != nil {
			t.Fatal(err)
		}
		relay := &net.UDPAddr{IP: net.IPv4(203, 0, 113, 5), Port: 20000}
		open := func(want int, why string) {
			t.Helper()
			synctest.Wait()
			g.mu.Lock()
			defer g.mu.Unlock()
			if n, _ := g.gate.Counts(); n != want || len(g.open) != want {
				t.Fatalf("%s: %d connections, want %d", why, n, want)
			}
		}
		s.allocated(from, to, relay)
		time.Sleep(time.Hour)
		open(1, "with an allocation")
		s.deallocated(from, to)
		time.Sleep(grace / 2)
		s.allocated(from, to, relay)
		time.Sleep(time.Hour)
		open(1, "with another allocation")
		s.deallocated(from, to)
		time.Sleep(grace / 2)
		open(1, "a little later")
		time.Sleep(grace)
		open(0, "without an allocation")
		if n := s.counts.expired.Load(); n != 1 {
			t.Errorf("%d expired", n)
		}
		s.deallocated(from, to) // the server tells of it after the connection, too
		time.Sleep(time.Hour)
		if n := s.counts.expired.Load(); n != 1 {
			t.Errorf("%d expired", n)
		}
	})
}
