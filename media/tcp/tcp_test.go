package tcp

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"causeway/media/packet"
)

// echo sends back what comes and trusts whoever sends.
type echo struct {
	conn  *Conn
	trust bool
	gone  *atomic.Int32
}

func (e *echo) Frame(b []byte, _ time.Time) {
	if e.trust {
		e.conn.Trust()
	}
	_ = e.conn.WriteTo(b, netip.AddrPort{})
}
func (e *echo) Gone() { e.gone.Add(1) }

func listen(t *testing.T, trust bool) (*Listener, *atomic.Int32, *atomic.Pointer[Conn]) {
	t.Helper()
	gone, last := new(atomic.Int32), new(atomic.Pointer[Conn])
	l, err := Listen(netip.MustParseAddrPort("127.0.0.1:0"), Options{DSCP: 46, Idle: time.Minute}, func(c *Conn) Sink {
		last.Store(c)
		return &echo{c, trust, gone}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l, gone, last
}

func connect(t *testing.T, l *Listener) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", l.Local().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("never:", what)
		}
	}
}

func frame(n int) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(n))
	for i := range n {
		b = append(b, byte(i))
	}
	return b
}

// TestFrames: frames of all sizes come back whole, however they are cut.
func TestFrames(t *testing.T) {
	l, gone, _ := listen(t, true)
	c := connect(t, l)
	var all []byte
	for _, n := range []int{1, 20, 172, 1200, packet.MaxDatagram, 2, 300} {
		all = append(all, frame(n)...)
	}
	go func() {
		for i := 0; i < len(all); i += 7 {
			if _, err := c.Write(all[i:min(i+7, len(all))]); err != nil {
				return
			}
		}
	}()
	got := make([]byte, len(all))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != string(all) {
		t.Fatalf("%v, equal %t", err, string(got) == string(all))
	}
	if _, err := c.Write([]byte{0, 0, 0, 1, 'x'}); err != nil { // an empty frame means nothing
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, got[:3]); err != nil || string(got[:3]) != "\x00\x01x" {
		t.Fatalf("%q, %v", got[:3], err)
	}
	if _, err := c.Write([]byte{0xff, 0xff}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(got); err == nil {
		t.Error("a frame of 65535 octets does not end the connection")
	}
	eventually(t, "gone", func() bool { return gone.Load() == 1 })
	if s := l.Stats(); s.Oversize != 1 || s.Open != 0 || s.Waiting != 0 || s.Accepted != 1 {
		t.Errorf("%+v", s)
	}
}

// TestStrangersAreFew: connections without a valid check are limited by source, and make room when they go.
func TestStrangersAreFew(t *testing.T) {
	l, _, _ := listen(t, false)
	var list []net.Conn
	for range maxSource {
		list = append(list, connect(t, l))
	}
	eventually(t, "all waiting", func() bool { return l.Stats().Waiting == maxSource })
	if _, err := connect(t, l).Read(make([]byte, 1)); err == nil || errors.Is(err, net.ErrClosed) {
		t.Error("one too many is served")
	}
	if s := l.Stats(); s.Refused != 1 || s.Open != maxSource {
		t.Errorf("%+v", s)
	}
	_ = list[0].Close()
	eventually(t, "room", func() bool { return l.Stats().Waiting == maxSource-1 })
	if _, err := connect(t, l).Write(frame(20)); err != nil {
		t.Error(err)
	}
	eventually(t, "the new one", func() bool { return l.Stats().Waiting == maxSource })
}

func TestGate(t *testing.T) {
	var g Gate
	six := netip.MustParseAddr("2001:db8::1")
	for i := range maxSource {
		if !g.Enter(netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: byte(i)})) {
			t.Fatal(i)
		}
	}
	if g.Enter(six) {
		t.Error("a /64 is one source")
	}
	g.Trust(six)
	if !g.Enter(six) {
		t.Error("a trusted one still counts")
	}
	n := maxSource + 1
	for i := 0; g.Enter(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1})); i++ {
		n++
	}
	if open, waiting := g.Counts(); waiting != maxWaiting || open != n {
		t.Errorf("%d open, %d waiting", open, waiting)
	}
	g.Leave(six, true)
	for range maxSource {
		g.Leave(six, false)
	}
	for i := range maxWaiting - maxSource {
		g.Leave(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1}), false)
	}
	if open, waiting := g.Counts(); open != 0 || waiting != 0 || len(g.sources) != 0 {
		t.Errorf("%d open, %d waiting, %d sources at the end", open, waiting, len(g.sources))
	}
}

// TestSlowReader: a browser that reads nothing blocks nobody, loses datagrams and in the end its connection; one that reads on after
// a while gets whole frames.
func TestSlowReader(t *testing.T) {
	l, gone, last := listen(t, true)
	c := connect(t, l)
	_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
	if _, err := c.Write(frame(1)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the connection", func() bool { return last.Load() != nil && last.Load().Trusted() })
	server, body := last.Load(), frame(1000)[2:]
	began, sent := time.Now(), 0
	for l.Stats().Dropped < 100 {
		if server.WriteTo(body, netip.AddrPort{}) == nil {
			sent++
		}
		if time.Since(began) > 20*time.Second {
			t.Fatal("nothing is dropped")
		}
	}
	in := make([]byte, 1002) // the echo of the first, then whole frames
	if _, err := io.ReadFull(c, in[:3]); err != nil {
		t.Fatal(err)
	}
	for range sent {
		if _, err := io.ReadFull(c, in); err != nil || string(in[2:]) != string(body) {
			t.Fatalf("a frame is broken: %v", err)
		}
	}
	eventually(t, "the writer's end", func() bool { server.mu.Lock(); defer server.mu.Unlock(); return !server.writing })
	if server.pending != nil {
		t.Error("the queue keeps its memory")
	}
	for l.Stats().Dropped < 300 { // and now it stays away
		_ = server.WriteTo(body, netip.AddrPort{})
	}
	eventually(t, "the end of a slow one", func() bool { return gone.Load() == 1 })
	if s := l.Stats(); s.Slow != 1 || s.Open != 0 {
		t.Errorf("%+v", s)
	}
	if err := server.WriteTo(body, netip.AddrPort{}); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestWriteAllocatesNothing(t *testing.T) {
	l, _, last := listen(t, true)
	c := connect(t, l)
	go func() { _, _ = io.Copy(io.Discard, c) }()
	if _, err := c.Write(frame(1)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the connection", func() bool { return last.Load() != nil })
	body := frame(172)[2:]
	if n := testing.AllocsPerRun(200, func() { _ = last.Load().WriteTo(body, netip.AddrPort{}) }); n != 0 {
		t.Errorf("%v allocations for a datagram", n)
	}
	if err := last.Load().WriteTo(make([]byte, packet.BufferSize+1), netip.AddrPort{}); err == nil {
		t.Error("a datagram too long was taken")
	}
}

// FuzzFrames throws bytes at a connection: whatever they are, frames end where they say, and the listener lives.
func FuzzFrames(f *testing.F) {
	f.Add([]byte{0, 1, 'x', 0, 0, 0xff, 0xff})
	f.Add([]byte{0, 20, 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42})
	f.Fuzz(func(t *testing.T, b []byte) {
		l, gone, _ := listen(t, true)
		c := connect(t, l)
		_, _ = c.Write(b)
		_ = c.Close()
		eventually(t, "the end", func() bool { return gone.Load() == 1 })
	})
}
