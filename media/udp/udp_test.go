package udp

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"causeway/media/packet"
)

func run(t *testing.T) *Loop {
	t.Helper()
	l, err := NewLoop(LoopOptions{Coalesce: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- l.Run() }()
	t.Cleanup(func() {
		l.Close()
		l.Close()
		if err := <-done; err != nil && !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	})
	return l
}

type got struct {
	text string
	from netip.AddrPort
}

func TestEcho(t *testing.T) {
	for _, bind := range []string{"127.0.0.1:0", "[::1]:0", "[::]:0"} {
		l := run(t)
		in := make(chan got, 4)
		var s atomic.Pointer[Socket]
		sock, err := l.Open(netip.MustParseAddrPort(bind), Options{DSCP: 46, Receive: 1 << 16}, func(b []byte, from netip.AddrPort, now time.Time) {
			if cap(b) < packet.BufferSize || time.Since(now) > time.Minute {
				t.Errorf("capacity %d, time %v", cap(b), now)
			}
			in <- got{string(b), from}
			_ = s.Load().WriteTo(b, from)
		})
		if err != nil {
			t.Logf("%s: %v", bind, err)
			if bind != "127.0.0.1:0" && !haveV6() {
				continue
			}
			t.Fatal(err)
		}
		s.Store(sock)
		to := sock.Local()
		if bind == "[::]:0" {
			to = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), to.Port())
		}
		c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write(make([]byte, packet.MaxDatagram+1))
		_, _ = c.Write([]byte("hello"))
		g := <-in
		if g.text != "hello" || g.from.Addr().Is4In6() || g.from.Port() != uint16(c.LocalAddr().(*net.UDPAddr).Port) {
			t.Fatalf("%s: got %q from %v", bind, g.text, g.from)
		}
		_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
		b := make([]byte, 10)
		if n, err := c.Read(b); err != nil || string(b[:n]) != "hello" {
			t.Fatalf("%s: %q %v", bind, b[:n], err)
		}
		if st := sock.Stats(); st.Oversize != 1 {
			t.Errorf("%s: %+v", bind, st)
		}
		_ = c.Close()
		sock.Close()
		sock.Close()
		if err := sock.WriteTo([]byte("x"), g.from); !errors.Is(err, ErrClosed) {
			t.Errorf("write after close: %v", err)
		}
	}
}

func haveV6() bool {
	c, err := net.ListenPacket("udp6", "[::1]:0")
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

func nothing([]byte, netip.AddrPort, time.Time) {}

func TestPorts(t *testing.T) {
	l := run(t)
	p := NewPorts(netip.MustParseAddr("127.0.0.1"), 31001, 31009, time.Minute)
	now := time.Now()
	var pairs []*Pair
	for range 4 { // 31002 to 31009, below the ports the system gives away
		pair, err := p.Take(l, Options{}, nothing, nothing, now)
		if err != nil {
			t.Fatal(err)
		}
		rtp, rtcp := pair.RTP.Local().Port(), pair.RTCP.Local().Port()
		if rtp%2 != 0 || rtcp != rtp+1 {
			t.Fatalf("pair %d, %d", rtp, rtcp)
		}
		pairs = append(pairs, pair)
	}
	if _, err := p.Take(l, Options{}, nothing, nothing, now); !errors.Is(err, ErrNoPorts) {
		t.Fatalf("fifth pair: %v", err)
	}
	for _, pair := range pairs {
		pair.Close()
		pair.Close()
	}
	if st := p.Stats(); st != (PortStats{Resting: 4}) {
		t.Fatalf("%+v", st)
	}
	if _, err := p.Take(l, Options{}, nothing, nothing, now); !errors.Is(err, ErrNoPorts) {
		t.Fatalf("pair from quarantine: %v", err)
	}
	pair, err := p.Take(l, Options{}, nothing, nothing, now.Add(2*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	pair.Close()

	none := NewPorts(netip.MustParseAddr("127.0.0.1"), 31002, 31003, 0) // no rest: free again as soon as one looks
	if pair, err = none.Take(l, Options{}, nothing, nothing, now); err != nil {
		t.Fatal(err)
	}
	pair.Close()
	if st := none.Stats(); st != (PortStats{Free: 1}) {
		t.Fatalf("after the rest: %+v", st)
	}
}

// TestForeignPort meets ports that another program holds.
func TestForeignPort(t *testing.T) {
	other, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 31011})
	if err != nil {
		t.Skip("port 31011 is taken:", err)
	}
	defer other.Close()
	l := run(t)
	p := NewPorts(netip.MustParseAddr("127.0.0.1"), 31010, 31013, 0)
	for range 20 {
		pair, err := p.Take(l, Options{}, nothing, nothing, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if port := pair.RTP.Local().Port(); port != 31012 {
			t.Fatalf("port %d", port)
		}
		pair.Close()
	}
}

// descriptors counts what the process has open, the runtime's own poller included, which comes with the first socket of any test.
func descriptors(t *testing.T) int {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(list)
}

// TestCloseWhileBusy opens and closes sockets while strangers send to them.
func TestCloseWhileBusy(t *testing.T) {
	before := descriptors(t)
	l, err := NewLoop(LoopOptions{Coalesce: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- l.Run() }()
	p := NewPorts(netip.MustParseAddr("127.0.0.1"), 31020, 31099, 0)
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		var after atomic.Bool
		pair, err := p.Take(l, Options{}, func([]byte, netip.AddrPort, time.Time) {
			if after.Load() {
				t.Error("handler ran after Close")
			}
		}, nothing, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			_, _ = c.WriteToUDPAddrPort([]byte("x"), pair.RTP.Local())
		}
		pair.Close()
		after.Store(true)
	}
	_ = c.Close()
	l.Close()
	<-done
	if after := descriptors(t); after > before {
		t.Fatalf("%d descriptors before, %d after", before, after)
	}
	if _, err := l.Open(netip.MustParseAddrPort("127.0.0.1:0"), Options{}, nothing); !errors.Is(err, ErrClosed) {
		t.Fatalf("open on a closed loop: %v", err)
	}
}

func TestOpenErrors(t *testing.T) {
	l, err := NewLoop(LoopOptions{Coalesce: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := l.Open(netip.MustParseAddrPort("192.0.2.77:9000"), Options{}, nothing); err == nil {
		t.Error("bound a foreign address")
	}
	s, err := l.Open(netip.MustParseAddrPort("127.0.0.1:0"), Options{}, nothing)
	if err != nil {
		t.Fatal(err)
	}
	s.Close() // the loop never ran
}
