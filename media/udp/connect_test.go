package udp

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

// TestConnect: a connected socket hears its peer alone, follows a new one, and outlives a peer that is not there yet.
func TestConnect(t *testing.T) {
	for _, bind := range []string{"127.0.0.1:0", "[::]:0"} {
		if bind == "[::]:0" && !haveV6() {
			continue
		}
		l := run(t)
		in := make(chan got, 8)
		s, err := l.Open(netip.MustParseAddrPort(bind), Options{}, func(b []byte, from netip.AddrPort, _ time.Time) { in <- got{string(b), from} })
		if err != nil {
			t.Fatal(err)
		}
		to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(s.Local().Port())}
		peer := func() (*net.UDPConn, netip.AddrPort) {
			c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
			return c, c.LocalAddr().(*net.UDPAddr).AddrPort()
		}
		say := func(c *net.UDPConn, text string) {
			if _, err := c.WriteToUDP([]byte(text), to); err != nil {
				t.Fatal(err)
			}
		}
		hear := func(want string) {
			t.Helper()
			select {
			case g := <-in:
				if g.text != want {
					t.Fatalf("%s: heard %q, want %q", bind, g.text, want)
				}
			case <-time.After(30 * time.Second):
				t.Fatalf("%s: heard nothing, want %q", bind, want)
			}
		}
		a, aAddr := peer()
		b, bAddr := peer()
		gone, goneAddr := peer()
		_ = gone.Close()

		if err := s.Connect(goneAddr); err != nil { // nobody there: the system reports it with a later call
			t.Fatal(err)
		}
		for range 3 {
			_ = s.WriteTo([]byte("anybody?"), goneAddr)
		}
		if err := s.Connect(aAddr); err != nil {
			t.Fatal(err)
		}
		say(b, "stranger")
		say(a, "peer")
		hear("peer")
		for range 3 {
			if err := s.WriteTo([]byte("hello"), aAddr); err != nil {
				t.Fatalf("%s: %v", bind, err)
			}
		}
		room := make([]byte, 16)
		for range 3 {
			_ = a.SetReadDeadline(time.Now().Add(30 * time.Second))
			if n, err := a.Read(room); err != nil || string(room[:n]) != "hello" {
				t.Fatalf("%s: the peer got %q, %v", bind, room[:n], err)
			}
		}
		if err := s.Connect(bAddr); err != nil {
			t.Fatal(err)
		}
		say(a, "the old peer")
		say(b, "the new peer")
		hear("the new peer")
		s.Close()
		if err := s.Connect(aAddr); err != ErrClosed {
			t.Errorf("%s: connect after close: %v", bind, err)
		}
	}
}
