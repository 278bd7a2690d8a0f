//go:build bench

package load

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"

	"causeway/test/load/client"
)

// loads are the numbers of calls that are measured: BENCH_CALLS=50,100.
func loads() []int {
	var out []int
	for f := range strings.SplitSeq(os.Getenv("BENCH_CALLS"), ",") {
		if n, err := strconv.Atoi(f); err == nil && n > 0 {
			out = append(out, n)
		}
	}
	if len(out) == 0 {
		return []int{50, 100, 200, 400}
	}
	return out
}

// side connects calls through rtpengine, by its own protocol.
func (r *rtpengine) side(t *testing.T) *side {
	s := &side{name: "rtpengine", process: r.process, traffic: newTraffic(t)}
	s.connect = func(ctx context.Context, i int, l *client.Light, far *net.UDPConn) (netip.AddrPort, error) {
		sdp, err := r.call(ctx, fmt.Sprintf("call%d", i), l, far.LocalAddr().(*net.UDPAddr).Port)
		to, ok := address(sdp)
		if err == nil && !ok {
			err = fmt.Errorf("no address in %q", sdp)
		}
		return to, err
	}
	return s
}

// TestBenchPackets measures the processor time of one forwarded packet, DTLS-SRTP to RTP or back, G.711 passed through, beside
// rtpengine in user space: the same generator, the same numbers of calls, in turns.
func TestBenchPackets(t *testing.T) {
	counts := loads()
	most := counts[len(counts)-1]
	profile := dtls.SRTP_AES128_CM_HMAC_SHA1_80
	if os.Getenv("BENCH_SRTP") == "GCM" {
		profile = dtls.SRTP_AEAD_AES_128_GCM
	}
	f := newField(t, most, profile)
	heading(profile)
	var results []any
	for _, n := range counts {
		results = append(results, f.at(n).results...)
		f.bench.profile(t, fmt.Sprintf("packets-%d", n), func() { f.sides[0].traffic.run(time.Second, false) })
	}
	for i, kb := range memory(t, min(most, 400), profile) {
		results = append(results, f.sides[i].name+"_kb_per_call", kb)
	}
	report(t, "packets", results...)
	allocations(t, min(most, 400), profile)
}

// field is both gateways with the same generator before them.
type field struct {
	t        *testing.T
	ctx      context.Context
	bench    *bench
	sides    []*side // ours, and rtpengine where it is installed
	newLight func() (*client.Light, error)
}

// newField starts both for up to most calls; env is for the gateway.
func newField(t *testing.T, most int, profile dtls.SRTPProtectionProfile, env ...string) *field {
	t.Helper()
	b := newBench(t, most/4+1, false, env...)
	f := &field{t: t, bench: b, sides: []*side{b.ours(t, b.login(t, 0, most/4+1))}}
	if r := newRTPEngine(t); r != nil {
		f.sides = append(f.sides, r.side(t))
	}
	cert := certificate(t)
	f.newLight = func() (*client.Light, error) { return client.NewLight(cert, profile) }
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	t.Cleanup(cancel)
	f.ctx = ctx
	for _, s := range f.sides {
		s.traffic.sampled = 4         // the generator shares the processors with what it measures
		s.fill(ctx, t, 8, f.newLight) // pools and tables
		s.traffic.run(time.Second, false)
	}
	return f
}

// heading begins the table that compare fills.
func heading(profile dtls.SRTPProtectionProfile) {
	fmt.Printf("SRTP %v, both directions, 50 packets/s each\n| calls | gateway | us CPU per packet (lowest to highest) | to rtpengine | delay p50, p99, p99.9 ms | loss %% | load average |\n|---|---|---|---|---|---|---|\n", profile)
}

// at measures both with n calls held.
func (f *field) at(n int) comparison {
	f.t.Helper()
	for _, s := range f.sides {
		s.fill(f.ctx, f.t, n, f.newLight)
	}
	return compare(f.t, n, f.sides)
}

// memory is the resident memory of one active call, kB, of both gateways with n calls. The gateway's collector works hard for it: garbage
// is nobody's memory. Forwarding makes none.
func memory(t *testing.T, n int, profile dtls.SRTPProtectionProfile) (kb []float64) {
	t.Helper()
	f := newField(t, n, profile, "GOGC=10")
	for _, s := range f.sides {
		s.memory = f.bench.settled(t, s)
		s.fill(f.ctx, t, n, f.newLight)
		s.traffic.run(10*time.Second, false) // what a set-up needs is gone by then
		held := len(s.traffic.streams)
		each := (f.bench.settled(t, s) - s.memory) / 1024 / float64(held-8)
		fmt.Printf("Resident memory per active call, %s: %.0f kB (%d calls)\n", s.name, each, held)
		kb = append(kb, each)
		if n := s.traffic.broken.Load(); n > 0 {
			t.Errorf("%s: %d packets that do not open", s.name, n)
		}
	}
	return kb
}

// comparison is one row of the comparison.
type comparison struct {
	results []any
	ratio   float64   // processor time to rtpengine's; 0 without it
	p99     []float64 // ms, of each side
	loss    []float64 // per cent, of each side
	costs   []float64 // us of processor time for a packet, of each side
}

// compare measures all sides in turns and prints their rows.
func compare(t *testing.T, n int, sides []*side) (out comparison) {
	t.Helper()
	d := time.Duration(setting("BENCH_SECONDS", 5)) * time.Second
	all := map[string][]round{}
	for range setting("BENCH_ROUNDS", 3) {
		for _, s := range sides {
			all[s.name] = append(all[s.name], s.measure(t, d))
		}
	}
	column := func(name string, f func(round) float64) (float64, float64, float64) {
		var list []float64
		for _, r := range all[name] {
			list = append(list, f(r))
		}
		return median(list)
	}
	cost := func(r round) float64 { return r.perPacket }
	peer, _, _ := column(sides[len(sides)-1].name, cost)
	for _, s := range sides {
		mid, low, high := column(s.name, cost)
		p50, _, _ := column(s.name, func(r round) float64 { return r.p50 })
		p99, _, _ := column(s.name, func(r round) float64 { return r.p99 })
		p999, _, _ := column(s.name, func(r round) float64 { return r.p999 })
		loss, _, _ := column(s.name, func(r round) float64 { return r.loss })
		busy, _, _ := column(s.name, func(r round) float64 { return r.load })
		ratio := "-"
		if len(sides) > 1 {
			ratio = fmt.Sprintf("%.2f", mid/peer)
		}
		if s == sides[0] && len(sides) > 1 {
			out.ratio = mid / peer
		}
		out.p99, out.loss = append(out.p99, p99), append(out.loss, loss)
		out.costs = append(out.costs, mid)
		fmt.Printf("| %d | %s | %.1f (%.1f to %.1f) | %s | %.2f, %.2f, %.2f | %.2f | %.1f |\n", n, s.name, mid, low, high, ratio, p50, p99, p999, loss, busy)
		out.results = append(out.results, fmt.Sprintf("%s_%d_us", s.name, n), mid, fmt.Sprintf("%s_%d_p99_ms", s.name, n), p99)
	}
	return out
}

// allocations counts the gateway's allocations while the packets of n calls flow and while one in fifty does; the difference is the packets'.
// Reports go on in both. Quality events do not: they come a few at a time and would be more than what is looked for.
func allocations(t *testing.T, n int, profile dtls.SRTPProtectionProfile) float64 {
	f := newField(t, n, profile, "CAUSEWAY_SESSION_QUALITY_INTERVAL=0s")
	b, s := f.bench, f.sides[0]
	s.fill(f.ctx, t, n, f.newLight)
	const mallocs = "go_memstats_mallocs_total"
	count := func(run func()) float64 {
		before := b.Metric(mallocs)
		run()
		return b.Metric(mallocs) - before
	}
	const d = 10 * time.Second
	s.traffic.run(5*time.Second, false) // what a set-up leaves behind is gone by then
	run := func(sparse int64) (allocations, packets float64) {
		s.traffic.sparse = sparse
		allocations = count(func() { s.traffic.run(d, false) })
		return allocations, float64(s.traffic.received.Load())
	}
	before, few := run(50)
	loud, many := run(0)
	after, _ := run(50)
	s.traffic.sparse = 0
	each := (loud - (before+after)/2) / (many - few)
	fmt.Printf("Allocations in 10 s: %.0f with %.0f packets, %.0f and %.0f with %.0f before and after\n", loud, many, before, after, few)
	fmt.Printf("Allocations per forwarded packet: %.4f\n", each)
	if each > 0.05 {
		t.Errorf("%.4f allocations per packet, want none", each)
	}
	report(t, "allocations", "per_packet", each)
	return each
}
