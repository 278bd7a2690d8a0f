//go:build e2e || bench

package load

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/dtls/v3/pkg/crypto/selfsign"

	"causeway/test/load/client"
)

// side is one gateway under the generator.
type side struct {
	name    string
	process target
	traffic *traffic
	connect func(ctx context.Context, i int, l *client.Light, far *net.UDPConn) (netip.AddrPort, error)
	memory  float64 // resident before the first calls are held
	// listen opens the socket of a call's far end; nil is on loopback.
	listen func() (*net.UDPConn, error)
}

// fill sets calls up until there are n.
func (s *side) fill(ctx context.Context, t *testing.T, n int, newLight func() (*client.Light, error)) {
	t.Helper()
	for i := len(s.traffic.streams); i < n; i++ {
		l, err := newLight()
		if err != nil {
			t.Fatal(err)
		}
		listen := s.listen
		if listen == nil {
			listen = func() (*net.UDPConn, error) { return net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}) }
		}
		far, err := listen()
		if err != nil {
			t.Fatal(err)
		}
		to, err := s.connect(ctx, i, l, far)
		if err == nil {
			err = s.traffic.take(l, far, to)
		}
		if err != nil {
			t.Fatalf("%s, call %d: %v", s.name, i, err)
		}
	}
}

// round is one measurement.
type round struct{ perPacket, p50, p99, p999, loss, load float64 }

func (s *side) measure(t *testing.T, d time.Duration) round {
	t.Helper()
	s.traffic.run(time.Second, false)
	before := s.process.cpu(t)
	s.traffic.run(d, true)
	cpu := s.process.cpu(t) - before
	sent, received := float64(s.traffic.sent.Load()), float64(s.traffic.received.Load())
	p50, p99, p999 := s.traffic.quantiles()
	return round{cpu.Seconds() * 1e6 / max(1, received), p50, p99, p999, 100 * (sent - received) / max(1, sent), neighbours(t)}
}

// settled is a side's resident memory, the gateway's after its collector has been through twice.
func (b *bench) settled(t *testing.T, s *side) float64 {
	if s.process == b.process {
		b.collected()
	}
	return s.process.resident(t)
}

// ours connects calls through the gateway, signalling and all.
func (b *bench) ours(t *testing.T, browsers []*client.Browser) *side {
	s := &side{name: "causeway", process: b.process, traffic: newTraffic(t)}
	s.connect = func(ctx context.Context, i int, l *client.Light, far *net.UDPConn) (netip.AddrPort, error) {
		number := fmt.Sprintf("+1556%07d", i)
		b.core.listen(number, far.LocalAddr().(*net.UDPAddr).Port)
		c, err := browsers[i/4].Call(ctx, number, l) // four calls each, as the default allows
		if err == nil {
			err = c.Wait(ctx, "the answer", c.Accepted)
		}
		if err == nil {
			err = c.Wait(ctx, "its media", c.Connected)
		}
		return b.core.leg(number), err
	}
	return s
}

// certificate is what all light clients of a test show.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	cert, err := selfsign.GenerateSelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	return cert
}
