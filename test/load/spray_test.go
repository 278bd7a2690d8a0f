//go:build e2e

package load

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/stun/v3"

	"causeway/test/load/client"
	"causeway/test/rig"
)

// sprayed is how long strangers send: SPRAY=1m for the figures of docs/performance.md.
func sprayed(t *testing.T) (d time.Duration, whole bool) {
	t.Helper()
	text := os.Getenv("SPRAY")
	if text == "" {
		return 4 * time.Second, false
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal("SPRAY: ", err)
	}
	return d, true
}

// strays are fifteen kinds of datagram that belong to nobody, or to somebody else.
func strays(user string) [][]byte {
	speech := func(ssrc uint32) []byte {
		b := make([]byte, packet)
		b[0] = 0x80
		binary.BigEndian.PutUint16(b[2:], 7)
		binary.BigEndian.PutUint32(b[8:], ssrc)
		binary.BigEndian.PutUint32(b[turnAt:], strangers)
		return b
	}
	report := func(kind byte, size int) []byte {
		b := make([]byte, size)
		b[0], b[1] = 0x81, kind
		binary.BigEndian.PutUint16(b[2:], uint16(size/4-1))
		binary.BigEndian.PutUint32(b[4:], 4712)
		return b
	}
	check := func(t stun.MessageType, more ...stun.Setter) []byte {
		return stun.MustBuild(append([]stun.Setter{stun.TransactionID, t}, more...)...).Raw
	}
	name := stun.NewUsername(user + ":light")
	use := stun.RawAttribute{Type: stun.AttrUseCandidate}
	guess := stun.NewShortTermIntegrity("0123456789012345678901")
	hello := make([]byte, 160)
	copy(hello, []byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 147, 1, 0, 0, 135})
	noise := make([]byte, 1900)
	_, _ = rand.Read(noise) // never fails
	noise[0] = 5            // of no protocol served here
	return [][]byte{
		check(stun.BindingRequest),
		check(stun.BindingRequest, name, use, guess, stun.Fingerprint),
		check(stun.BindingRequest, stun.NewUsername("nobody:light"), use, guess, stun.Fingerprint),
		check(stun.BindingSuccess, guess, stun.Fingerprint),
		check(stun.NewType(stun.MethodBinding, stun.ClassIndication), name),
		check(stun.NewType(stun.MethodAllocate, stun.ClassRequest)),
		{0x40, 0, 0, 4, 1, 2, 3, 4}, // ChannelData
		hello,
		{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0}, // close_notify
		{23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8},
		speech(4712), // the far party's own source
		speech(99),
		report(203, 8),    // BYE
		report(205, 1400), // a NACK of hundreds of packets
		noise,
	}
}

// spray sends strays to all addresses in turns, a number of them each second, from four sockets, and counts what comes back.
type spray struct {
	sent, back atomic.Int64
	stop       chan struct{}
	wg         sync.WaitGroup
}

func startSpray(t *testing.T, perSecond int, to []netip.AddrPort, kinds [][]byte) *spray {
	t.Helper()
	s := &spray{stop: make(chan struct{})}
	var conns []*net.UDPConn
	for range 4 {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
		s.wg.Go(func() {
			for b := make([]byte, 2048); ; {
				if _, _, err := c.ReadFromUDPAddrPort(b); err != nil {
					return
				}
				s.back.Add(1)
			}
		})
	}
	s.wg.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		began, i := time.Now(), 0
		for {
			select {
			case <-s.stop:
				for _, c := range conns {
					_ = c.Close()
				}
				return
			case <-tick.C:
			}
			for due := int(time.Since(began) * time.Duration(perSecond) / time.Second); i < due; i++ {
				// Kinds and addresses have no common divisor to march by: every kind comes to every port.
				if _, err := conns[i%4].WriteToUDPAddrPort(kinds[(i+i/len(to))%len(kinds)], to[i%len(to)]); err == nil {
					s.sent.Add(1)
				}
			}
		}
	})
	t.Cleanup(s.end)
	return s
}

// end stops the spray and waits a moment for what might still come back.
func (s *spray) end() {
	select {
	case <-s.stop:
	default:
		time.Sleep(100 * time.Millisecond)
		close(s.stop)
	}
	s.wg.Wait()
}

// TestSpray holds calls while strangers send 20 000 datagrams a second to their 200 ports, and sets others up while every port gets 500
// ClientHellos a second. Nothing of it reaches a party, nothing comes back, no call ends, every call is set up.
func TestSpray(t *testing.T) {
	d, whole := sprayed(t)
	calls, setups := 20, 12
	if whole {
		calls, setups = 100, 100
	}
	b := newBench(t, calls/4+setups+1, false)
	browsers := b.login(t, 0, calls/4+setups+1)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	s := b.ours(t, browsers)
	cert := certificate(t)
	s.fill(ctx, t, calls, func() (*client.Light, error) { return client.NewLight(cert, dtls.SRTP_AEAD_AES_128_GCM) })
	ports := []netip.AddrPort{s.traffic.streams[0].light.Peer}
	for _, one := range s.traffic.streams {
		ports = append(ports, one.to, netip.AddrPortFrom(one.to.Addr(), one.to.Port()+1))
	}

	t.Run("held calls", func(t *testing.T) {
		noise := startSpray(t, 20000, ports, strays(s.traffic.streams[0].light.User()))
		r := s.measure(t, d)
		noise.end()
		b.unharmed(t, s, noise, calls)
		line := fmt.Sprintf("%d calls, %d ports, %d strays in %v: loss %.3f %%, added delay p99 %.1f ms", calls, len(ports), noise.sent.Load(), d, r.loss, r.p99)
		t.Log(line)
		if whole && r.loss >= 0.1 {
			t.Errorf("%s; want less than 0.1 %%", line)
		}
		if s.traffic.received.Load() == 0 {
			t.Error("the calls are silent")
		}
	})
	t.Run("new calls", func(t *testing.T) {
		noise := startSpray(t, 500*min(len(ports), 40), ports[:min(len(ports), 40)], strays("")[7:8])
		peers, err := client.NewPeers()
		if err != nil {
			t.Fatal(err)
		}
		for i := range setups {
			if err := one(ctx, browsers[calls/4+i], peers); err != nil {
				t.Errorf("call %d beside the ClientHellos: %v", i, err)
			}
		}
		noise.end()
		b.unharmed(t, s, noise, calls)
		t.Logf("%d calls set up beside %d ClientHellos", setups, noise.sent.Load())
	})
}

// one sets a call up as a browser does, hears that its media is connected, and hangs up.
func one(ctx context.Context, b *client.Browser, peers *client.Peers) error {
	ctx, cancel := context.WithTimeout(ctx, rig.Patience)
	defer cancel()
	m, err := peers.New()
	if err != nil {
		return err
	}
	defer m.Close()
	c, err := b.Call(ctx, "+15560000000", m)
	if err == nil {
		err = c.Wait(ctx, "its media", c.Connected)
	}
	if err != nil {
		return err
	}
	return c.Hangup(ctx)
}

// unharmed holds what a spray may do against what it did.
func (b *bench) unharmed(t *testing.T, s *side, noise *spray, calls int) {
	t.Helper()
	if n := noise.back.Load(); n > 0 {
		t.Errorf("%d datagrams came back to the strangers", n)
	}
	if n := s.traffic.strange.Load(); n > 0 {
		t.Errorf("%d packets of strangers reached a party", n)
	}
	if n := s.traffic.broken.Load(); n > 0 {
		t.Errorf("%d packets do not open", n)
	}
	b.Until("all calls but the held ones to end", rig.Patience, func() bool { return b.Metric("causeway_calls") <= float64(calls) })
	if n := b.Metric("causeway_calls"); n != float64(calls) {
		t.Errorf("%v calls are left of %d", n, calls)
	}
}
