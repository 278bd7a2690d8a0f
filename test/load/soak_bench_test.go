//go:build bench

package load

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"golang.org/x/sys/unix"

	"causeway/test/load/client"
)

const (
	slice      = 10 * time.Second // traffic flows for so long; then a twentieth of the calls is replaced by new ones
	replaced   = 20               // one call in so many, each slice: a call lasts 200 s
	converting = 20               // one call in so many is converted from mu-law to A-law and back
)

// soaked is one held call of the soak.
type soaked struct {
	call   *client.Call
	stream *stream
	marks  *marks // nil where packets pass through
}

// soak keeps a number of calls up and replaces some all the time.
type soak struct {
	*bench

	t        *testing.T
	ctx      context.Context
	browsers []*client.Browser
	side     *side
	light    func() (*client.Light, error)
	calls    []soaked
	next     int // the oldest call
	made     int
	laws     *laws
}

// TestSoak: make soak. SOAK=30m and SOAK_CALLS=560 are 70 % of what this class of machine holds beside the generator. Memory, goroutines and
// descriptors have to be flat, and the delay of sound has to stay what it was, also where it is converted.
func TestSoak(t *testing.T) {
	d, err := time.ParseDuration(cmpEnv("SOAK", "30m"))
	if err != nil {
		t.Fatal("SOAK: ", err)
	}
	n := setting("SOAK_CALLS", 560)
	b := newBench(t, n/4+1, false, "GOGC=20") // else tens of megabytes of garbage hide what grows
	ctx, cancel := context.WithTimeout(t.Context(), d+10*time.Minute)
	defer cancel()
	cert := certificate(t)
	s := &soak{t: t, bench: b, laws: newLaws(t), ctx: ctx, browsers: b.login(t, 0, n/4+1), side: &side{name: "causeway", process: b.process, traffic: newTraffic(t)},
		light: func() (*client.Light, error) { return client.NewLight(cert, dtls.SRTP_AEAD_AES_128_GCM) }, calls: make([]soaked, n)}
	for i := range s.calls {
		s.calls[i] = s.connect(i)
	}
	s.apply()
	fmt.Printf("%d calls, 1 of %d converted, 1 of %d replaced every %v\n| minute | calls made | loss %% | delay p50, p99 ms | converted p50 ms | CPU %% | resident MB | live heap MB | goroutines | descriptors |\n|---|---|---|---|---|---|---|---|---|---|\n",
		n, converting, replaced, slice)
	var rows []soakRow
	for began := time.Now(); time.Since(began) < d; {
		rows = append(rows, s.slice(began))
	}
	s.judge(rows)
}

func cmpEnv(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// connect sets call i up, by the browser that has a place for it.
func (s *soak) connect(i int) soaked {
	l, err := s.light()
	if err != nil {
		s.t.Fatal(err)
	}
	far, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		s.t.Fatal(err)
	}
	s.made++
	number := fmt.Sprintf("+1556%07d", s.made)
	s.core.listen(number, far.LocalAddr().(*net.UDPAddr).Port)
	var m *marks
	if i%converting == 0 {
		s.core.convert(number)
		m = &marks{laws: s.laws}
	}
	c, err := s.browsers[i/4].Call(s.ctx, number, l)
	if err == nil {
		err = c.Wait(s.ctx, "the answer", c.Accepted)
	}
	if err == nil {
		err = c.Wait(s.ctx, "its media", c.Connected)
	}
	if err != nil {
		s.t.Fatalf("call %d: %v", s.made, err)
	}
	st, err := newStream(l, far, s.core.leg(number))
	if err != nil {
		s.t.Fatal(err)
	}
	st.marks = m
	return soaked{call: c, stream: st, marks: m}
}

// apply gives the generator the calls that are up now.
func (s *soak) apply() {
	s.t.Helper()
	if err := s.side.traffic.set(s.streams()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *soak) streams() []*stream {
	list := make([]*stream, 0, len(s.calls))
	for _, c := range s.calls {
		if c.stream != nil {
			list = append(list, c.stream)
		}
	}
	return list
}

// soakRow is what one slice was like.
type soakRow struct {
	minute                              float64
	loss, p50, p99, converted, cpu      float64
	resident, live, goroutines, handles float64
}

// slice runs traffic for a while; meanwhile the oldest calls are hung up and new ones come in their places.
func (s *soak) slice(began time.Time) soakRow {
	var leaving []int
	for range max(1, len(s.calls)/replaced) {
		leaving = append(leaving, s.next)
		s.next = (s.next + 1) % len(s.calls)
	}
	old := make([]soaked, len(leaving))
	for j, i := range leaving {
		old[j], s.calls[i] = s.calls[i], soaked{}
	}
	s.apply()
	before := s.process.cpu(s.t)
	var run sync.WaitGroup
	run.Go(func() { s.side.traffic.run(slice, true) })
	for j, i := range leaving {
		if err := old[j].call.Hangup(s.ctx); err != nil {
			s.t.Fatalf("hang up: %v", err)
		}
		_, _ = unix.Close(old[j].stream.access), unix.Close(old[j].stream.core)
		s.calls[i] = s.connect(i)
	}
	run.Wait()
	cpu := s.process.cpu(s.t) - before
	g := s.side.traffic
	sent, received := float64(g.sent.Load()), float64(g.received.Load())
	r := soakRow{minute: time.Since(began).Minutes(), loss: 100 * (sent - received) / max(1, sent), cpu: 100 * cpu.Seconds() / slice.Seconds()}
	r.p50, r.p99, _ = g.quantiles()
	r.converted = g.converted()
	s.apply()
	r.live, r.resident = s.Metric("go_memstats_heap_alloc_bytes")/1e6, s.process.resident(s.t)/1e6
	r.goroutines, r.handles = s.Metric("go_goroutines"), s.Metric("process_open_fds")
	if n := g.broken.Load(); n > 0 {
		s.t.Errorf("%d packets do not open", n)
	}
	fmt.Printf("| %.1f | %d | %.3f | %.2f, %.2f | %.2f | %.0f | %.1f | %.1f | %.0f | %.0f |\n", r.minute, s.made, r.loss, r.p50, r.p99, r.converted, r.cpu, r.resident, r.live, r.goroutines, r.handles)
	return r
}

// judge compares the last third with the one before; the first fills pools and caches.
func (s *soak) judge(rows []soakRow) {
	s.t.Helper()
	if len(rows) < 6 {
		s.t.Fatal("too short to say anything: SOAK=1m is the least")
	}
	third := len(rows) / 3
	mid := func(part []soakRow, f func(soakRow) float64) float64 {
		var list []float64
		for _, r := range part {
			list = append(list, f(r))
		}
		m, _, _ := median(list)
		return m
	}
	middle, last := rows[third:2*third], rows[2*third:]
	growth := func(f func(soakRow) float64) float64 { return mid(last, f)/mid(middle, f) - 1 }
	resident := growth(func(r soakRow) float64 { return r.resident })
	goroutines := growth(func(r soakRow) float64 { return r.goroutines })
	handles := growth(func(r soakRow) float64 { return r.handles })
	drift := mid(last, func(r soakRow) float64 { return r.p50 }) - mid(rows[:third], func(r soakRow) float64 { return r.p50 })
	converted := mid(last, func(r soakRow) float64 { return r.converted }) - mid(rows[:third], func(r soakRow) float64 { return r.converted })
	loss := mid(rows, func(r soakRow) float64 { return r.loss })
	worst := slices.MaxFunc(rows, func(a, b soakRow) int { return int(1e6 * (a.loss - b.loss)) }).loss
	if resident > 0.03 {
		s.t.Errorf("resident memory grew by %.1f %% from the middle third to the last", 100*resident)
	}
	if goroutines > 0.01 || handles > 0.01 {
		s.t.Errorf("goroutines grew by %.1f %%, descriptors by %.1f %%", 100*goroutines, 100*handles)
	}
	if silent := mid(rows, func(r soakRow) float64 { return r.converted }); silent == 0 {
		s.t.Error("none of the converted sound was recognised: its delay is not known")
	}
	if worst >= 1 {
		s.t.Errorf("%.2f %% of the packets were lost in one slice: more calls than this machine carries (SOAK_CALLS)", worst)
	}
	if converted > 10 || drift > 5 {
		s.t.Errorf("sound comes %.1f ms later than at first, %.1f where it is converted", drift, converted)
	}
	fmt.Printf("soak: minutes=%.0f calls=%d made=%d loss=%.4f worst_loss=%.3f resident_growth=%.4f goroutine_growth=%.4f descriptor_growth=%.4f drift_ms=%.2f converted_drift_ms=%.2f\n",
		rows[len(rows)-1].minute, len(s.calls), s.made, loss, worst, resident, goroutines, handles, drift, converted)
}
