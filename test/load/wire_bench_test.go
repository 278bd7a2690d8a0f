//go:build bench

package load

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/pion/dtls/v3"

	"causeway/test/load/client"
	"causeway/test/netsim"
)

// TestBenchWire is the media plane on Ethernet instead of loopback: the gateway by sockets, the gateway by AF_XDP and rtpengine in user
// space, each at a cable (veth) of its own to a namespace where the generator's sockets are; the same generator, in turns. BENCH_WIRE=1
// must be set: the process then has a network namespace of its own.
func TestBenchWire(t *testing.T) {
	if !netsim.Inside() {
		t.Skip("BENCH_WIRE is not set, or this is not root: no cables")
	}
	names := map[dtls.SRTPProtectionProfile]string{dtls.SRTP_AES128_CM_HMAC_SHA1_80: "AES-CM with HMAC-SHA1-80", dtls.SRTP_AEAD_AES_128_GCM: "AES-128-GCM"}
	ratios := map[string]map[int]float64{}
	counts := []int{100, 400, 800}
	if os.Getenv("BENCH_CALLS") != "" {
		counts = loads()
	}
	for _, profile := range []dtls.SRTPProtectionProfile{dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AEAD_AES_128_GCM} {
		t.Run(names[profile], func(t *testing.T) {
			c := newCables(t, counts[len(counts)-1], profile)
			fmt.Printf("Over veth, %s, both directions, 50 packets/s each\n| calls | gateway | us CPU per packet (lowest to highest) | to rtpengine | delay p50, p99, p99.9 ms | loss %% | load average |\n|---|---|---|---|---|---|---|\n", names[profile])
			for _, n := range counts {
				c.fill(t, n)
				costs := compare(t, n, c.sides).costs
				c.benches[1].profile(t, fmt.Sprintf("wire-xdp-%d", n), func() { c.sides[1].traffic.run(time.Second, false) })
				c.benches[0].profile(t, fmt.Sprintf("wire-sockets-%d", n), func() { c.sides[0].traffic.run(time.Second, false) })
				if len(costs) < 3 {
					continue
				}
				for i, name := range []string{"sockets", "xdp"} {
					key := fmt.Sprintf("%s_%s", name, map[bool]string{true: "sha1", false: "gcm"}[profile == dtls.SRTP_AES128_CM_HMAC_SHA1_80])
					if ratios[key] == nil {
						ratios[key] = map[int]float64{}
					}
					ratios[key][n] = costs[i] / costs[2]
				}
			}
		})
	}
	line := "bench-wire:"
	for _, key := range []string{"sockets_sha1", "sockets_gcm", "xdp_sha1", "xdp_gcm"} {
		for _, n := range counts {
			line += fmt.Sprintf(" %s_%d=%.2f", key, n, ratios[key][n])
		}
	}
	fmt.Println(line)
}

// cables are the gateways, each at its own.
type cables struct {
	ctx      context.Context
	sides    []*side // by sockets, by AF_XDP, rtpengine
	benches  []*bench
	newLight []func() (*client.Light, error)
}

func newCables(t *testing.T, most int, profile dtls.SRTPProtectionProfile) *cables {
	t.Helper()
	c := &cables{}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	t.Cleanup(cancel)
	c.ctx = ctx
	cert := certificate(t)
	plug := func(i int) (w *netsim.Wire, near, far string) {
		near, far = fmt.Sprintf("10.9.%d.1", i), fmt.Sprintf("10.9.%d.2", i)
		return netsim.NewNamedWire(t, "near"+strconv.Itoa(i), "far"+strconv.Itoa(i), []string{near + "/24"}, []string{far + "/24"}), near, far
	}
	add := func(s *side, name string, w *netsim.Wire, far string) {
		s.name = name
		s.listen = func() (*net.UDPConn, error) { return w.Listen(netip.AddrPortFrom(netip.MustParseAddr(far), 0)) }
		c.sides = append(c.sides, s)
		c.newLight = append(c.newLight, func() (*client.Light, error) {
			conn, err := s.listen()
			if err != nil {
				return nil, err
			}
			return client.NewLightOn(conn, cert, profile), nil
		})
	}
	for i, engine := range []string{"sockets", "xdp"} {
		w, near, far := plug(i)
		b := newBenchAt(t, near, most/4+1, false, "CAUSEWAY_MEDIA_ENGINE="+engine, "CAUSEWAY_MEDIA_CORE_ADDRESS="+near, "CAUSEWAY_MEDIA_CORE_PEERS=[]")
		b.core.host = far
		c.benches = append(c.benches, b)
		add(b.ours(t, b.login(t, 0, most/4+1)), "causeway, "+engine, w, far)
	}
	w, near, far := plug(2)
	if r := newRTPEngineAt(t, near, far); r != nil {
		add(r.side(t), "rtpengine", w, far)
	}
	return c
}

// fill sets calls up at each until there are n, and waits until the AF_XDP engine knows its next hops.
func (c *cables) fill(t *testing.T, n int) {
	t.Helper()
	for i, s := range c.sides {
		s.fill(c.ctx, t, n, c.newLight[i])
	}
	c.sides[1].traffic.run(2*time.Second, false)
	const sent = `causeway_media_xdp_packets_total{event="sent"}`
	before := c.benches[1].Metric(sent)
	c.sides[1].traffic.run(time.Second, false)
	if after := c.benches[1].Metric(sent); after-before < float64(n)*50 {
		t.Errorf("AF_XDP moved %v packets in a second of %d calls", after-before, n)
	}
}
