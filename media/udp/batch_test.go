package udp

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"
)

// TestBatch: of many datagrams that wait, each goes on once, unchanged and in order, whatever way it takes and whatever becomes of those
// beside it: back by the socket of many peers, on by a connected one, nowhere, or to an address that the system refuses.
func TestBatch(t *testing.T) {
	l, err := NewLoop(LoopOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	far, farAddr := listen(t)
	near, _ := listen(t)
	var shared, single atomic.Pointer[Socket]
	open := func(s *atomic.Pointer[Socket], burst int, handle Handler) *Socket {
		socket, err := l.Open(netip.MustParseAddrPort("127.0.0.1:0"), Options{Burst: burst, Receive: 1 << 20}, handle)
		if err != nil {
			t.Fatal(err)
		}
		s.Store(socket)
		return socket
	}
	refused := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), 0)
	many := open(&shared, TurnSize, func(b []byte, from netip.AddrPort, _ time.Time) {
		switch binary.BigEndian.Uint32(b) % 5 {
		case 0:
			_ = shared.Load().WriteTo(b, refused)
		case 1:
			_ = single.Load().WriteTo(b, farAddr)
		case 2, 3:
			_ = shared.Load().WriteTo(append(b, "!"...), from)
		}
	})
	one := open(&single, 0, nothing)
	if err := one.Connect(farAddr); err != nil {
		t.Fatal(err)
	}
	const n = 5 * 60
	for i := range n {
		b := make([]byte, 4+i%1000)
		binary.BigEndian.PutUint32(b, uint32(i))
		if _, err := near.WriteToUDPAddrPort(b, many.Local()); err != nil {
			t.Fatal(err)
		}
	}
	go func() { _ = l.Run() }()
	check := func(c *net.UDPConn, tail int, kinds ...int) {
		t.Helper()
		_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
		room := make([]byte, 2000)
		for i := range n {
			wanted := false
			for _, k := range kinds {
				wanted = wanted || i%5 == k
			}
			if !wanted {
				continue
			}
			got, err := c.Read(room)
			if err != nil || got != 4+i%1000+tail || binary.BigEndian.Uint32(room) != uint32(i) {
				t.Fatalf("datagram %d: %d octets of number %d, %v", i, got, binary.BigEndian.Uint32(room), err)
			}
		}
	}
	check(far, 0, 1)
	check(near, 1, 2, 3)
	for deadline := time.Now().Add(30 * time.Second); many.Stats().SendErrors < n/5; {
		if time.Now().After(deadline) {
			t.Fatalf("%+v, want %d datagrams refused", many.Stats(), n/5)
		}
	}
	if st := one.Stats(); st.SendErrors != 0 {
		t.Errorf("connected: %+v", st)
	}
}

// TestBatchOfAnother: what one thread of a group has read goes out by another's socket in the first one's batch; a buffer that is nobody's is
// sent at once.
func TestBatchOfAnother(t *testing.T) {
	g, err := NewGroup(GroupOptions{Most: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	far, farAddr := listen(t)
	near, _ := listen(t)
	g.Start()
	g.mu.Lock()
	err = g.add()
	g.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	mine, other := g.threads[0].loop, g.threads[1].loop
	out, err := other.Open(netip.MustParseAddrPort("127.0.0.1:0"), Options{}, nothing)
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan [2]int, 1)
	in, err := mine.Open(netip.MustParseAddrPort("127.0.0.1:0"), Options{Burst: 8}, func(b []byte, _ netip.AddrPort, _ time.Time) {
		_ = out.WriteTo([]byte("at once"), farAddr)
		before := mine.batch.n
		_ = out.WriteTo(b, farAddr)
		waiting <- [2]int{before, mine.batch.n}
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := near.WriteToUDPAddrPort([]byte("later"), in.Local()); err != nil {
		t.Fatal(err)
	}
	if got := <-waiting; got != [2]int{0, 1} {
		t.Errorf("%v datagrams in the batch before and after", got)
	}
	for _, want := range []string{"at once", "later"} {
		room := make([]byte, 20)
		_ = far.SetReadDeadline(time.Now().Add(30 * time.Second))
		if n, err := far.Read(room); err != nil || string(room[:n]) != want {
			t.Fatalf("got %q, %v, want %q", room[:n], err, want)
		}
	}
	out.Close() // by its own thread, while the other's batch counts as a writer or not
}

func listen(t *testing.T) (*net.UDPConn, netip.AddrPort) {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetReadBuffer(1 << 20)
	return c, c.LocalAddr().(*net.UDPAddr).AddrPort()
}
