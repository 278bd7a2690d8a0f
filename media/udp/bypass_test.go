package udp

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"causeway/media/packet"
)

// fakeBypass serves the addresses of 127.0.0.1; what tests put in comes out of a pipe's readiness.
type fakeBypass struct {
	wake [2]int

	mu      sync.Mutex
	looks   int
	waiting []fakeDatagram
	sent    []fakeDatagram // by Send, not yet flushed
	flushed []fakeDatagram
	refuse  bool
	served  map[netip.AddrPort]bool
}

type fakeDatagram struct {
	text        string
	local, peer netip.AddrPort
}

func newFakeBypass(t *testing.T) *fakeBypass {
	t.Helper()
	f := &fakeBypass{served: map[netip.AddrPort]bool{}}
	if err := unix.Pipe2(f.wake[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(f.wake[0]) })
	return f
}

func (f *fakeBypass) Descriptors() []int { return f.wake[:1] }

func (f *fakeBypass) Receive(_ int, each func([]byte, netip.AddrPort, netip.AddrPort)) (int, bool) {
	var b [64]byte
	_, _ = unix.Read(f.wake[0], b[:])
	f.mu.Lock()
	f.looks++
	list := f.waiting
	f.waiting = nil
	f.mu.Unlock()
	for _, d := range list {
		each([]byte(d.text), d.local, d.peer)
	}
	return len(list), false
}

func (f *fakeBypass) Flush() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.flushed = append(f.flushed, f.sent...)
	f.sent = nil
}

func (f *fakeBypass) Serve(local netip.AddrPort, _ int) (Way, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if local.Addr() != netip.MustParseAddr("127.0.0.1") {
		return nil, false
	}
	f.served[local] = true
	return &fakeWay{f, local}, true
}

type fakeWay struct {
	f     *fakeBypass
	local netip.AddrPort
}

func (w *fakeWay) Send(b []byte, to netip.AddrPort) bool {
	w.f.mu.Lock()
	defer w.f.mu.Unlock()
	if !w.f.refuse {
		w.f.sent = append(w.f.sent, fakeDatagram{string(b), w.local, to})
	}
	return !w.f.refuse
}

func (w *fakeWay) Close() {
	w.f.mu.Lock()
	defer w.f.mu.Unlock()
	delete(w.f.served, w.local)
}

func (f *fakeBypass) arrive(list ...fakeDatagram) {
	f.mu.Lock()
	f.waiting = append(f.waiting, list...)
	f.mu.Unlock()
	_, _ = unix.Write(f.wake[1], []byte{1})
}

func (f *fakeBypass) out() []fakeDatagram {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.flushed)
}

// await waits until n packets have gone out, and returns those that have.
func (f *fakeBypass) await(n int) []fakeDatagram {
	for len(f.out()) < n {
		time.Sleep(time.Millisecond)
	}
	return f.out()
}

func (f *fakeBypass) refuses(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = on
}

// TestBypass: media goes by the bypass in both directions where it takes it, all else and all others by the sockets.
func TestBypass(t *testing.T) {
	f := newFakeBypass(t)
	l, err := NewLoop(LoopOptions{Coalesce: time.Millisecond, Bypass: f})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- l.Run() }()
	in := make(chan got, 8)
	echo := func(s **Socket) Handler {
		return func(b []byte, from netip.AddrPort, _ time.Time) {
			if cap(b) < packet.BufferSize {
				t.Errorf("capacity %d", cap(b))
			}
			in <- got{string(b), from}
			_ = (*s).WriteTo(b, from)
		}
	}
	var served, plain *Socket
	if served, err = l.Open(netip.MustParseAddrPort("127.0.0.1:0"), Options{Bypass: true}, echo(&served)); err != nil {
		t.Fatal(err)
	}
	if plain, err = l.Open(netip.MustParseAddrPort("127.0.0.2:0"), Options{Bypass: true}, echo(&plain)); err != nil {
		t.Fatal(err)
	}
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	peer := c.LocalAddr().(*net.UDPAddr).AddrPort()
	hear := func(want string) {
		t.Helper()
		if g := <-in; g.text != want || g.from != peer {
			t.Fatalf("heard %q from %v, want %q", g.text, g.from, want)
		}
	}
	read := func(want string) {
		t.Helper()
		b := make([]byte, 64)
		_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
		if n, err := c.Read(b); err != nil || string(b[:n]) != want {
			t.Fatalf("the socket sent %q, %v, want %q", b[:n], err, want)
		}
	}
	// From the bypass and back by it; what is too long or for nobody is dropped.
	f.arrive(fakeDatagram{"\x80one", served.Local(), peer}, fakeDatagram{"\x80nobody", netip.AddrPortFrom(plain.Local().Addr(), served.Local().Port()), peer},
		fakeDatagram{string(make([]byte, packet.MaxDatagram+1)), served.Local(), peer}, fakeDatagram{"\x90two", served.Local(), peer})
	hear("\x80one")
	hear("\x90two")
	want := []fakeDatagram{{"\x80one", served.Local(), peer}, {"\x90two", served.Local(), peer}}
	if got := f.await(len(want)); !slices.Equal(got, want) {
		t.Fatalf("%v", got)
	}
	if st := served.Stats(); st.Oversize != 1 {
		t.Errorf("%+v", st)
	}
	// By the sockets: STUN, another address, and what the bypass refuses.
	send := func(s *Socket, text string) {
		t.Helper()
		if _, err := c.WriteToUDPAddrPort([]byte(text), s.Local()); err != nil {
			t.Fatal(err)
		}
		hear(text)
		read(text)
	}
	send(served, "\x00stun")
	send(plain, "\x80plain")
	f.refuses(true)
	send(served, "\x80refused")
	f.refuses(false)
	// From a thread of its own, outside a turn, a packet goes at once.
	for i := range 1000 {
		if err := served.WriteTo([]byte("\x80alone"), peer); err != nil {
			t.Fatal(err)
		}
		f.await(len(want) + i + 1) // at most the end of a turn away
	}
	defer func() { _ = unix.Close(f.wake[1]) }()
	served.Close()
	f.arrive(fakeDatagram{"\x80late", netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), served.Local().Port()), peer})
	l.Close()
	<-done
	if len(f.served) != 0 || len(in) != 0 {
		t.Errorf("still served: %v, heard %d", f.served, len(in))
	}
}

// TestBypassBreaks: a descriptor that is broken for good does not keep the thread awake, and sockets serve on.
func TestBypassBreaks(t *testing.T) {
	f := newFakeBypass(t)
	l, err := NewLoop(LoopOptions{Bypass: f})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- l.Run() }()
	in := make(chan string, 1)
	s, err := l.Open(netip.MustParseAddrPort("127.0.0.1:0"), Options{Bypass: true}, func(b []byte, _ netip.AddrPort, _ time.Time) { in <- string(b) })
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(s.Local()))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = unix.Close(f.wake[1]) // the other end of the pipe: readable, and hung up, for ever
	for range 1000 {
		_, _ = c.Write([]byte("\x80x"))
		<-in
	}
	l.Close()
	<-done
	if f.looks > 2 {
		t.Errorf("looked %d times at what is broken", f.looks)
	}
}
