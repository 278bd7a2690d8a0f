package relay

import (
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pion/turn/v5"
)

// share is one part of a socket: what comes from one address.
type share struct {
	net.PacketConn
	in chan []byte
	of net.Addr
}

func (s *share) ReadFrom(b []byte) (int, net.Addr, error) {
	one, ok := <-s.in
	if !ok {
		return 0, nil, net.ErrClosed
	}
	return copy(b, one), s.of, nil
}

// split shares a socket among the servers it talks to, as browsers do.
func split(t *testing.T, servers ...netip.AddrPort) []*share {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	out := make([]*share, len(servers))
	for i, s := range servers {
		out[i] = &share{c, make(chan []byte, 64), net.UDPAddrFromAddrPort(s)}
	}
	go func() {
		defer func() {
			for _, s := range out {
				close(s.in)
			}
		}()
		for b := make([]byte, 2048); ; {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			for _, s := range out {
				if s.of.String() == from.String() {
					s.in <- append([]byte(nil), b[:n]...)
				}
			}
		}
	}()
	return out
}

// TestOneSocketTwoServers: a browser allocates at two addresses of the gateway from one socket and gives one of them up. The other goes on.
func TestOneSocketTwoServers(t *testing.T) {
	second := free(t, "udp")
	b := serve(t, func(c *Config) { c.UDP = append(c.UDP, second) })
	s := b.issuer.Issue("session-1", time.Now())
	var relays []net.PacketConn
	for _, conn := range split(t, b.udp, second) {
		to := conn.of.String()
		c, err := turn.NewClient(&turn.ClientConfig{STUNServerAddr: to, TURNServerAddr: to, Conn: conn, Username: s.Username, Password: s.Credential,
			Realm: realm, RTO: 100 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Listen(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		relay, err := c.Allocate()
		if err != nil {
			t.Fatal(err)
		}
		relays = append(relays, relay)
	}
	ask := func(relay net.PacketConn, text, want string) {
		t.Helper()
		_ = relay.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := relay.WriteTo([]byte(text), net.UDPAddrFromAddrPort(gatewayAddr)); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 100)
		if n, _, err := relay.ReadFrom(got); err != nil || string(got[:n]) != want {
			t.Fatalf("%q, %v", got[:n], err)
		}
	}
	ask(relays[0], "one", "ONE")
	ask(relays[1], "two", "TWO")
	if err := relays[1].Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "one allocation", func() bool { return b.Stats().Allocations == 1 })
	ask(relays[0], "still there", "STILL THERE")
	if n := b.Stats().Strangers; n != 0 {
		t.Errorf("%d datagrams of a client counted as a stranger's", n)
	}
}

// breathless is a listener that the system has no descriptors for now and then.
type breathless struct {
	net.Listener
	calls atomic.Int32
}

func (l *breathless) Accept() (net.Conn, error) {
	if l.calls.Add(1) <= 3 {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

// TestOutOfDescriptors: a listener that could not accept for a moment accepts again, and a closed one ends.
func TestOutOfDescriptors(t *testing.T) {
	inner, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := serve(t, nil)
	g := &gated{Listener: &breathless{Listener: inner}, server: b.Server, open: map[*guest]struct{}{}}
	c, err := net.Dial("tcp", inner.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := g.Accept(); err != nil {
		t.Fatal("after a moment without descriptors:", err)
	}
	_ = g.Close()
	if _, err := g.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Error("closed:", err)
	}
}
