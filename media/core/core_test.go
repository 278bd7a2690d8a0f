package core

import (
	"log/slog"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"causeway/media/packet"
	"causeway/media/udp"
)

type owner struct {
	packets chan packet.RTP
	silent  []bool
	faults  chan struct{}
	poison  atomic.Bool
	modes   []int
}

func (o *owner) CoreRTP(_ []byte, h packet.RTP, _ time.Time) {
	if o.poison.Load() {
		panic("poison")
	}
	o.packets <- h
}
func (o *owner) CoreSilent(s bool)        { o.silent = append(o.silent, s) }
func (o *owner) CoreModeRequest(mode int) { o.modes = append(o.modes, mode) }
func (o *owner) CoreFault()               { o.faults <- struct{}{} }

func clocks() *packet.Clocks {
	return packet.NewClocks([]packet.Codec{{Name: "PCMU", ClockRate: 8000}})
}

func setup(t *testing.T) (*Leg, *owner, *net.UDPConn) {
	t.Helper()
	loop, err := udp.NewLoop(udp.LoopOptions{})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- loop.Run() }()
	o := &owner{packets: make(chan packet.RTP, 10), faults: make(chan struct{}, 1)}
	ports := udp.NewPorts(netip.MustParseAddr("127.0.0.1"), 46000, 46099, 0)
	l, err := NewLeg(o, ports, loop, udp.Options{}, 5, "name", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		l.Close()
		l.Close()
		_ = c.Close()
		loop.Close()
		<-done
	})
	return l, o, c
}

func local(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

func TestSilence(t *testing.T) {
	l, o, c := setup(t)
	l.SetRemote(Remote{RTP: local(c), RTCP: local(c), Clocks: clocks()})
	b := make([]byte, 172)
	b[0] = 0x80
	now := time.Unix(1000, 0)
	l.Tick(now.Add(-time.Hour), 30*time.Second)
	l.Tick(now, 30*time.Second) // nothing came yet: an early dialog may ring for long
	l.handleRTP(b, local(c), now)
	<-o.packets
	l.Tick(now.Add(29*time.Second), 30*time.Second)
	if len(o.silent) != 0 {
		t.Fatal(o.silent)
	}
	l.Tick(now.Add(31*time.Second), 30*time.Second)
	l.Tick(now.Add(32*time.Second), 30*time.Second)
	l.handleRTCP(packet.AppendRR(nil, 9, nil), local(c), now.Add(40*time.Second))
	if len(o.silent) != 2 || !o.silent[0] || o.silent[1] {
		t.Fatal(o.silent)
	}
	l.SetRemote(Remote{RTP: netip.MustParseAddrPort("127.0.0.1:9000"), RTCP: netip.MustParseAddrPort("127.0.0.1:9001"), Clocks: clocks()})
	l.Tick(now.Add(time.Hour), 30*time.Second) // the watch begins anew
	if len(o.silent) != 2 {
		t.Fatal(o.silent)
	}
}

// TestSilenceAfterHold: who was rightly silent on hold, without RTCP, has its full time to be heard again.
func TestSilenceAfterHold(t *testing.T) {
	for name, held := range map[string]time.Duration{"watched": 15 * time.Minute, "not watched": 0} {
		l, o, c := setup(t)
		l.SetRemote(Remote{RTP: local(c), RTCP: local(c), Clocks: clocks()})
		b := make([]byte, 172)
		b[0] = 0x80
		now := time.Unix(1000, 0)
		l.Tick(now, 30*time.Second)
		l.handleRTP(b, local(c), now)
		<-o.packets
		l.Tick(now.Add(time.Second), held)
		l.Tick(now.Add(10*time.Minute), held)
		l.Tick(now.Add(10*time.Minute+time.Second), 30*time.Second) // resumed
		l.Tick(now.Add(10*time.Minute+30*time.Second), 30*time.Second)
		if len(o.silent) != 0 {
			t.Fatalf("%s: silent at once", name)
		}
		l.Tick(now.Add(10*time.Minute+32*time.Second), 30*time.Second)
		if len(o.silent) != 1 || !o.silent[0] {
			t.Fatalf("%s: %v", name, o.silent)
		}
	}
}

func TestStrictSource(t *testing.T) {
	l, o, c := setup(t)
	b := make([]byte, 172)
	b[0] = 0x80
	now := time.Unix(1000, 0)
	l.handleRTP(b, local(c), now) // before the description
	l.SetRemote(Remote{RTP: local(c), RTCP: local(c), Clocks: clocks()})
	l.handleRTP(b, netip.AddrPortFrom(local(c).Addr(), local(c).Port()+1), now)
	l.handleRTP(b, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), local(c).Port()), now)
	l.handleRTP(b[:11], local(c), now)
	b[1] = 99 // never negotiated
	l.handleRTP(b, local(c), now)
	l.handleRTCP([]byte{0x80, 200, 0, 9, 0, 0, 0, 0}, local(c), now)
	l.handleRTCP(packet.AppendRR(nil, 9, nil), netip.MustParseAddrPort("127.0.0.1:1"), now)
	if len(o.packets) != 0 {
		t.Fatal("a packet came through")
	}
	if st := l.Stats(); st.Strangers != 3 || st.Unparsed != 2 || st.ControlUnparsed != 1 || st.ControlStrangers != 1 {
		t.Fatalf("%+v", st)
	}
}

func TestPoison(t *testing.T) {
	l, o, c := setup(t)
	l.SetRemote(Remote{RTP: local(c), RTCP: local(c), Clocks: clocks()})
	o.poison.Store(true)
	b := make([]byte, 172)
	b[0] = 0x80
	rtp, _ := l.Local()
	if _, err := c.WriteToUDPAddrPort(b, rtp); err != nil {
		t.Fatal(err)
	}
	<-o.faults
}

func TestNoRemote(t *testing.T) {
	l, _, _ := setup(t)
	if err := l.SendRTP(make([]byte, 12)); err != packet.ErrNotReady {
		t.Error(err)
	}
	for _, held := range []string{"0.0.0.0:0", "0.0.0.0:9", "[::]:40000", "[::ffff:0.0.0.0]:40000"} { // the system sends there to itself
		far := netip.MustParseAddrPort(held)
		l.SetRemote(Remote{RTP: far, RTCP: far, Clocks: clocks(), Interval: time.Second})
		if err := l.SendRTP(make([]byte, 12)); err != packet.ErrNotReady {
			t.Error("held by", held, err)
		}
		l.Report(packet.SenderInfo{}, time.Now())
		l.Feedback(packet.AppendPLI(nil, 5, 9), time.Now())
		if st := l.pair.RTCP.Stats(); st.SendErrors != 0 {
			t.Error(held, st)
		}
	}
}

// TestModeRequest: a codec mode asked for by RTCP reaches the owner from the far end only.
func TestModeRequest(t *testing.T) {
	l, o, c := setup(t)
	l.SetRemote(Remote{RTP: local(c), RTCP: local(c), Clocks: clocks()})
	app := []byte{0x80, packet.TypeAPP, 0, 3, 0, 0, 0, 9, '3', 'G', 'M', '7', 0x22, 0, 0, 0}
	l.handleRTCP(app, netip.MustParseAddrPort("127.0.0.1:9"), time.Unix(1, 0))
	l.handleRTCP(app, local(c), time.Unix(1, 0))
	l.handleRTCP(packet.AppendRR(nil, 9, nil), local(c), time.Unix(1, 0))
	if len(o.modes) != 1 || o.modes[0] != 2 {
		t.Fatalf("modes %v, want one: 2", o.modes)
	}
	if s := l.Stats(); s.ControlStrangers != 1 || s.ControlUnparsed != 0 {
		t.Fatalf("%+v", s)
	}
}
