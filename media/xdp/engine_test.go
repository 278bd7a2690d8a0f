package xdp

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"causeway/test/netsim"
)

func TestMain(m *testing.M) { os.Exit(netsim.Isolated(m)) }

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatal("waited in vain for: " + what)
		}
		_, _ = unix.Poll(nil, 5)
	}
}

// bed is an engine at one end of a cable, with the kernel's sockets under it.
type bed struct {
	*netsim.Wire
	t       *testing.T
	engine  *Engine
	near    *net.UDPConn // the kernel's owner of the served port
	far     *net.UDPConn
	way     *Way
	to      netip.AddrPort // far's address
	arrived []string       // by the engine
}

func newBed(t *testing.T, near, far string) *bed {
	t.Helper()
	w := netsim.NewWire(t, []string{"10.9.0.1/24", "fd09::1/64"}, []string{"10.9.0.2/24", "fd09::2/64"})
	b := &bed{Wire: w, t: t}
	a := netip.MustParseAddr(near)
	var err error
	if b.engine, err = New(Config{Addresses: []netip.Addr{a}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.engine.Close)
	if b.near, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, 0))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.near.Close() })
	if b.far, err = w.Listen(netip.AddrPortFrom(netip.MustParseAddr(far), 0)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.far.Close() })
	_ = b.far.SetReadBuffer(4 << 20) // for all that goes by the kernel while one waits
	b.to = b.far.LocalAddr().(*net.UDPAddr).AddrPort()
	var ok bool
	if b.way, ok = b.engine.Serve(b.local(), 46); !ok {
		t.Fatal("the address is not served")
	}
	return b
}

func (b *bed) local() netip.AddrPort { return b.near.LocalAddr().(*net.UDPAddr).AddrPort() }

// poll takes what the engine has.
func (b *bed) poll() {
	for _, fd := range b.engine.Descriptors() {
		b.engine.Receive(fd, func(p []byte, local, from netip.AddrPort) {
			b.arrived = append(b.arrived, fmt.Sprintf("%s>%s %s", from, local, p))
		})
	}
}

// say sends from the far end.
func (b *bed) say(text string) {
	b.t.Helper()
	if _, err := b.far.WriteToUDPAddrPort([]byte(text), b.local()); err != nil {
		b.t.Fatal(err)
	}
}

// hear reads one datagram from a socket.
func hear(t *testing.T, c *net.UDPConn) (string, netip.AddrPort) {
	t.Helper()
	room := make([]byte, 2048)
	_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
	n, from, err := c.ReadFromUDPAddrPort(room)
	if err != nil {
		t.Fatal(err)
	}
	return string(room[:n]), netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
}

// reach sends until the engine takes it: the kernel finds the neighbour out meanwhile.
func (b *bed) reach() {
	b.t.Helper()
	eventually(b.t, "the next hop", func() bool {
		if b.way.Send([]byte("\x80hello"), b.to) {
			return true
		}
		_, _ = b.near.WriteToUDPAddrPort([]byte("\x00by the kernel"), b.to)
		return false
	})
	b.engine.Flush()
	for text := ""; text != "\x80hello"; {
		var from netip.AddrPort
		if text, from = hear(b.t, b.far); from != b.local() {
			b.t.Fatalf("%q from %v", text, from)
		}
	}
}

// TestBothWays: media goes by the engine in both directions, everything else by the kernel, and after Close all by the kernel.
func TestBothWays(t *testing.T) {
	for _, c := range [][2]string{{"10.9.0.1", "10.9.0.2"}, {"fd09::1", "fd09::2"}} {
		t.Run(c[0], func(t *testing.T) {
			b := newBed(t, c[0], c[1])
			t.Log(b.engine)
			b.reach()
			b.say("\x00stun")
			b.say("\x80media")
			b.say("\xbfalso media")
			b.say("\x16dtls")
			b.say("\xc0nothing")
			b.say("\x7fnothing either")
			for _, want := range []string{"\x00stun", "\x16dtls", "\xc0nothing", "\x7fnothing either"} {
				if got, from := hear(t, b.near); got != want || from != b.to {
					t.Fatalf("the kernel got %q from %v, want %q", got, from, want)
				}
			}
			eventually(t, "both media packets", func() bool { b.poll(); return len(b.arrived) >= 2 })
			want := fmt.Sprintf("[%[1]s>%[2]s \x80media %[1]s>%[2]s \xbfalso media]", b.to, b.local())
			if got := fmt.Sprint(b.arrived); got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
			if st := b.engine.Stats(); st.Received != 2 || st.Sent == 0 || st.Dropped != 0 {
				t.Errorf("%+v", st)
			}
			if b.way.Send(bytes.Repeat([]byte{0x80}, 1500), b.to) {
				t.Error("a datagram longer than a packet was taken")
			}
			b.way.Close()
			b.say("\x80media for the socket")
			if got, _ := hear(t, b.near); got != "\x80media for the socket" {
				t.Fatalf("after Way.Close the kernel got %q", got)
			}
			if _, ok := b.engine.Serve(netip.MustParseAddrPort("192.0.2.1:1000"), 0); ok {
				t.Error("serves a foreign address")
			}
			again, _ := b.engine.Serve(b.local(), 46)
			b.engine.Close()
			again.Close()
			b.say("\x80the program is gone")
			if got, _ := hear(t, b.near); got != "\x80the program is gone" {
				t.Fatalf("after Close the kernel got %q", got)
			}
			if out := b.Here(t, "ip", "link", "show", b.Near); strings.Contains(out, "xdp") {
				t.Errorf("a program is left behind: %s", out)
			}
		})
	}
}

// TestNeighbourMoves: the far end's Ethernet address changes, packets follow it; it is forgotten, and packets go by the kernel again.
func TestNeighbourMoves(t *testing.T) {
	b := newBed(t, "10.9.0.1", "10.9.0.2")
	b.reach()
	const other = "02:00:00:00:99:99"
	b.There(t, "ip", "link", "set", b.Far, "address", other)
	b.Here(t, "ip", "neigh", "replace", "10.9.0.2", "lladdr", other, "dev", b.Near, "nud", "reachable")
	s := b.way.station
	eventually(t, "the new address", func() bool {
		h, _ := s.hops.Load(b.to.Addr())
		return h != nil && net.HardwareAddr(h.route.next[:]).String() == other
	})
	b.reach()
	b.Here(t, "ip", "neigh", "flush", "dev", b.Near)
	eventually(t, "the hop to go", func() bool { h, _ := s.hops.Load(b.to.Addr()); return h == nil })
	b.reach()
	b.Here(t, "ip", "route", "add", "blackhole", "10.9.0.2/32")
	eventually(t, "the route to count", func() bool { h, _ := s.hops.Load(b.to.Addr()); return h == nil })
	if b.way.Send([]byte("\x80x"), b.to) {
		t.Error("sent into a black hole")
	}
	b.Here(t, "ip", "route", "del", "blackhole", "10.9.0.2/32")
	b.reach()
}

// TestGateway: a destination behind a gateway goes to the gateway's Ethernet address, and the route's packet size counts.
func TestGateway(t *testing.T) {
	b := newBed(t, "10.9.0.1", "10.9.0.2")
	b.There(t, "ip", "addr", "add", "192.0.2.7/32", "dev", "lo")
	b.Here(t, "ip", "route", "add", "192.0.2.0/24", "via", "10.9.0.2", "mtu", "1000")
	far, err := b.Listen(netip.MustParseAddrPort("192.0.2.7:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = far.Close() }()
	_ = b.far.Close()
	b.far, b.to = far, far.LocalAddr().(*net.UDPAddr).AddrPort()
	b.reach()
	long := append([]byte{0x80}, make([]byte, 971)...)
	if !b.way.Send(long, b.to) {
		t.Error("1000 octets with headers are too long")
	}
	if b.way.Send(append(long, 0), b.to) {
		t.Error("1001 octets with headers are not too long")
	}
}

// TestOldNeighbour: one the kernel was not asked about for long gets a packet by the kernel now and then.
func TestOldNeighbour(t *testing.T) {
	b := newBed(t, "10.9.0.1", "10.9.0.2")
	b.reach()
	h, _ := b.way.station.hops.Load(b.to.Addr())
	h.nudge.Store(true)
	if b.way.Send([]byte("\x80x"), b.to) {
		t.Error("no packet went by the kernel")
	}
	if !b.way.Send([]byte("\x80x"), b.to) {
		t.Error("two packets went by the kernel")
	}
}

// TestOddFrames: what is not a plain datagram is the kernel's.
func TestOddFrames(t *testing.T) {
	b := newBed(t, "10.9.0.1", "10.9.0.2")
	b.say("\x80" + strings.Repeat("fragmented", 300))
	if got, _ := hear(t, b.near); len(got) != 2048 { // as much of it as is read
		t.Fatalf("%d octets", len(got))
	}
	raw, err := b.far.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptString(int(fd), unix.IPPROTO_IP, unix.IP_OPTIONS, "\x01\x01\x01\x01")
	}); err != nil {
		t.Fatal(err)
	}
	b.say("\x80with options")
	if got, _ := hear(t, b.near); got != "\x80with options" {
		t.Fatalf("%q", got)
	}
	if b.poll(); len(b.arrived) != 0 {
		t.Errorf("the engine took %q", b.arrived)
	}
}

// TestRefusals: each thing that the machine may lack is said, and nothing is left behind.
func TestRefusals(t *testing.T) {
	w := netsim.NewWire(t, []string{"10.9.0.1/24"}, []string{"10.9.0.2/24"})
	for address, want := range map[string]string{
		"127.0.0.1": "127.0.0.1 is an address of the loopback interface",
		"0.0.0.0":   "an unspecified address belongs to no interface",
		"192.0.2.9": "no interface has the address 192.0.2.9",
	} {
		if e, err := New(Config{Addresses: []netip.Addr{netip.MustParseAddr("10.9.0.1"), netip.MustParseAddr(address)}}); err == nil || !strings.Contains(err.Error(), want) || e != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := New(Config{}); err == nil {
		t.Error("serves nothing")
	}
	first, err := New(Config{Addresses: []netip.Addr{netip.MustParseAddr("10.9.0.1")}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Addresses: []netip.Addr{netip.MustParseAddr("10.9.0.1")}}); err == nil || !strings.Contains(err.Error(), "another program is there already") {
		t.Errorf("a second engine: %v", err)
	}
	first.Close()
	first.Close()
	// A cable that is no Ethernet.
	w.Here(t, "ip", "tuntap", "add", "dev", "tun9", "mode", "tun")
	defer w.Here(t, "ip", "link", "del", "tun9")
	w.Here(t, "ip", "addr", "add", "10.8.0.1/24", "dev", "tun9")
	if _, err := New(Config{Addresses: []netip.Addr{netip.MustParseAddr("10.8.0.1")}}); err == nil || !strings.Contains(err.Error(), "no Ethernet interface") {
		t.Errorf("tun: %v", err)
	}
	// A driver that takes no program, here because the packets at the other end may be too long for it: only where Generic is asked for.
	w.There(t, "ip", "link", "set", w.Far, "mtu", "9000")
	if _, err := New(Config{Addresses: []netip.Addr{netip.MustParseAddr("10.9.0.1")}}); err == nil || !strings.Contains(err.Error(), "attach the program to the driver") {
		t.Errorf("no program in the driver: %v", err)
	}
	e, err := New(Config{Addresses: []netip.Addr{netip.MustParseAddr("10.9.0.1")}, Generic: true})
	if err != nil {
		t.Fatalf("generic: %v", err)
	}
	if got := e.String(); got != "near0 (generic, copy, 1 queues)" {
		t.Errorf("%s", got)
	}
	e.Close()
}

// TestUnprivileged: without its capabilities the program cannot be loaded, and the error names them.
func TestUnprivileged(t *testing.T) {
	w := netsim.NewWire(t, []string{"10.9.0.1/24"}, []string{"10.9.0.2/24"})
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // its capabilities are the thread's, which ends with the goroutine
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData
		if err := unix.Capset(&header, &none[0]); err != nil {
			failed <- err
			return
		}
		e, err := New(Config{Addresses: []netip.Addr{netip.MustParseAddr("10.9.0.1")}, Generic: true})
		if err == nil {
			e.Close()
		}
		failed <- err
	}()
	if err := <-failed; err == nil || !strings.Contains(err.Error(), "CAP_BPF, CAP_NET_ADMIN and CAP_NET_RAW are needed") {
		t.Errorf("%v", err)
	}
	if out := w.Here(t, "ip", "link", "show", w.Near); strings.Contains(out, "xdp") {
		t.Errorf("a program is left behind: %s", out)
	}
}

// TestPacketsAllocateNothing: neither way makes garbage.
func TestPacketsAllocateNothing(t *testing.T) {
	b := newBed(t, "10.9.0.1", "10.9.0.2")
	b.reach()
	payload := append([]byte{0x80}, make([]byte, 171)...)
	if n := testing.AllocsPerRun(100, func() {
		if !b.way.Send(payload, b.to) {
			t.Error("not sent")
		}
		b.engine.Flush()
	}); n != 0 {
		t.Errorf("%v allocations to send", n)
	}
	for range 100 {
		b.say("\x80media")
	}
	fd, got := b.engine.Descriptors()[0], 0
	each := func([]byte, netip.AddrPort, netip.AddrPort) { got++ }
	eventually(t, "the packets", func() bool {
		if n := testing.AllocsPerRun(10, func() { b.engine.Receive(fd, each) }); n != 0 {
			t.Fatalf("%v allocations to receive", n)
		}
		return got == 100
	})
}
