//go:build e2e

package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway/test/lab"
	"causeway/test/lab/handset"
	"causeway/test/load/client"
	"causeway/test/rig"
)

const (
	oneByOne = 200
	atOnce   = 50
	// heapSlack and residentSlack are what the gateway's live heap and its resident memory may differ by: 10 kB and 64 kB for each of
	// the 250 calls. Each of the fifty sessions keeps its last 64 events and answers for a page that comes back, of ended calls without
	// their descriptions. The runtime gives memory back to the system late and in large pieces, so the second is wide; a call that
	// stays whole takes more.
	heapSlack     = 2.5 * 1e6
	residentSlack = 16 * 1e6
)

// ways are the calls of the test in turn: the handset's number, and who calls.
var ways = []struct {
	number   string
	incoming bool
}{
	{"+15550111", false}, // G.711, an announcement
	{"+15550101", false}, // AMR-WB, echo
	{"+15550111", true},
	{"+15550117", false}, // G.722
	{"+15550118", true},  // AMR-WB, tone
}

// bed is a gateway with logged-in browsers.
type bed struct {
	*rig.Bed
	peers    *client.Peers
	browsers []*client.Browser
}

func newBed(t *testing.T, browsers int) *bed {
	b := &bed{Bed: rig.Start(t, rig.Options{
		Lab: func(c *lab.Config) {
			c.Pace = 0.01 // handsets pick up at once
			subscribers(c, browsers)
		},
		Env: []string{
			"CAUSEWAY_MEDIA_QUARANTINE=1s",
			"CAUSEWAY_IMS_TIMERS_T1=100ms",     // transactions are remembered 64 times as long
			"CAUSEWAY_IMS_SIP_IDLE_TIMEOUT=2s", // connections to and from the core are not the calls'
			"CAUSEWAY_HTTP_PROFILES=true",
			"GOGC=20", // frequent collections, so that the live heap can be read
		},
		Last: func(b *rig.Bed, env *[]string) {
			*env = append(*env, fmt.Sprintf("CAUSEWAY_MEDIA_ACCESS_ADDRESS=127.0.0.1:%d", b.Media.Port()))
		},
	})}
	var err error
	if b.peers, err = client.NewPeers(); err != nil {
		t.Fatal(err)
	}
	b.Until("the core and the PCRF", rig.Patience, func() bool {
		return b.Metric("causeway_ready") == 1 && b.Metric(`causeway_rx_peer_up{peer="`+b.Lab.PCRFAddr().String()+`"}`) == 1
	})
	for i := range browsers {
		token, err := client.Token(t.Context(), b.Lab.URL(), user(i))
		if err != nil {
			t.Fatal(err)
		}
		p, err := client.Login(t.Context(), client.Options{Gateway: b.URL}, token, instance(i))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Close)
		b.browsers = append(b.browsers, p)
	}
	return b
}

// call is one call that is up, with audio both ways.
type call struct {
	*client.Call
	media *client.Peer
}

// setUp makes browser i call a handset, or be called, and waits until audio has come.
func (b *bed) setUp(ctx context.Context, i, way int) (*call, error) {
	w := ways[way%len(ways)]
	m, err := b.peers.New()
	if err != nil {
		return nil, err
	}
	c := &call{media: m}
	if !w.incoming {
		c.Call, err = b.browsers[i].Call(ctx, w.number, m)
	} else if _, err = b.Lab.Handsets.Call(w.number, handset.Outgoing{To: number(i)}); err == nil {
		select {
		case c.Call = <-b.browsers[i].Incoming:
			err = c.Answer(ctx, m)
		case <-ctx.Done():
			err = fmt.Errorf("wait for the call: %w", ctx.Err())
		}
	}
	if err != nil {
		return nil, err
	}
	for _, step := range []struct {
		what string
		ch   <-chan struct{}
	}{{"the answer", c.Accepted}, {"its media in the gateway", c.Connected}, {"its media in the browser", m.Up()}} {
		if err := c.Wait(ctx, step.what, step.ch); err != nil {
			return nil, err
		}
	}
	return c, poll(ctx, "audio in the browser", func() bool { return m.Received() >= 5 })
}

// heard says whether every running call of the handsets has heard its browser.
func (b *bed) heard(calls int) func() bool {
	return func() bool {
		up := 0
		for _, c := range b.Lab.Calls() {
			if c.State == "up" && c.Audio.Received >= 5 {
				up++
			}
		}
		return up == calls
	}
}

func poll(ctx context.Context, what string, ok func() bool) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, ctx.Err())
		}
	}
	return nil
}

// sequence makes n calls one after the other.
func (b *bed) sequence(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		ctx, cancel := context.WithTimeout(t.Context(), rig.Patience)
		c, err := b.setUp(ctx, i%len(b.browsers), i)
		if err == nil {
			err = poll(ctx, "audio at the handset", b.heard(1))
		}
		if err == nil {
			err = c.Hangup(ctx)
		}
		cancel()
		if err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
}

// together makes one call of every browser at once, and ends them at once.
func (b *bed) together(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*rig.Patience)
	defer cancel()
	calls, errs := make([]*call, len(b.browsers)), make([]error, len(b.browsers))
	all := func(f func(i int) error) {
		var wg sync.WaitGroup
		for i := range b.browsers {
			wg.Go(func() { errs[i] = f(i) })
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	}
	all(func(i int) (err error) { calls[i], err = b.setUp(ctx, i, i); return err })
	if n := b.Metric("causeway_calls"); n != float64(len(b.browsers)) {
		t.Errorf("%v calls at once, want %d", n, len(b.browsers))
	}
	if err := poll(ctx, "audio at all handsets", b.heard(len(b.browsers))); err != nil {
		t.Fatal(err)
	}
	all(func(i int) error { return calls[i].Hangup(ctx) })
}

// resources are what a call takes while it lasts, by metric.
var resources = []string{
	"go_goroutines", "process_open_fds", "causeway_calls", "causeway_media_sessions", "causeway_rx_sessions", "causeway_sessions",
	"causeway_registrations", `causeway_media_ports{state="in_use"}`, `causeway_media_ports{state="resting"}`, `causeway_media_ports{state="free"}`,
}

// snapshot reads the resources.
func (b *bed) snapshot() map[string]float64 {
	m := map[string]float64{}
	for _, name := range resources {
		m[name] = b.Metric(name)
	}
	return m
}

// mayShrink are the resources of which the first reading may hold something of the start: a connection to the issuer that was
// kept for its keys, with its goroutines, is closed after a while.
var mayShrink = []string{"go_goroutines", "process_open_fds"}

// differences lists what is not as it was.
func differences(before, now map[string]float64) string {
	var list []string
	for _, name := range resources {
		if now[name] < before[name] && slices.Contains(mayShrink, name) {
			continue
		}
		if now[name] != before[name] {
			list = append(list, fmt.Sprintf("%s was %v, is %v", name, before[name], now[name]))
		}
	}
	return strings.Join(list, "; ")
}

// memory reads the live heap, which the collector's next goal tells, and the resident memory, after two whole collections: what
// was garbage when memory was called is gone. Reading metrics makes the garbage that starts them.
func (b *bed) memory(t *testing.T) (heap, resident float64) {
	t.Helper()
	const collections = "go_gc_duration_seconds_count"
	first := b.Metric(collections)
	b.Until("two collections", rig.Patience, func() bool {
		for range 20 {
			if b.Metric(collections) >= first+2 {
				return true
			}
		}
		return false
	})
	return b.Metric("go_memstats_next_gc_bytes") / 1.2, b.Metric("process_resident_memory_bytes") // GOGC=20
}

// goroutines tells where they all are.
func (b *bed) goroutines() string {
	res, err := http.Get(b.Admin + "/debug/pprof/goroutine?debug=1")
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return fmt.Sprintln(string(text), err)
}

// settle waits until nothing of any call is left, transactions included, and returns the memory then.
func (b *bed) settle(t *testing.T, before map[string]float64) (heap, resident float64) {
	t.Helper()
	var left string
	deadline := time.Now().Add(rig.Patience)
	rig.WaitFor(t, "the end of all calls", 2*rig.Patience, func() bool {
		left = differences(before, b.snapshot())
		return left == "" || time.Now().After(deadline)
	})
	if left != "" {
		t.Errorf("left over after the calls: %s\n%s", left, b.goroutines())
	}
	return b.memory(t)
}

// TestCallsLeaveNothing sets up two hundred calls one after another and fifty at once, in both directions, with media, and
// compares what the gateway holds with what it held before.
func TestCallsLeaveNothing(t *testing.T) {
	b := newBed(t, atOnce)
	idle := b.snapshot()
	idle["go_goroutines"]++ // the leader of those who convert, who comes with the first packet and stays
	b.together(t)           // the first calls fill pools and grow the heap
	warmHeap, warmResident := b.settle(t, idle)
	b.sequence(t, oneByOne)
	b.together(t)
	heap, resident := b.settle(t, idle)
	// What was let go of a moment ago may still be there; a leak stays.
	for until := time.Now().Add(rig.Patience); (heap > warmHeap+heapSlack || resident > warmResident+residentSlack) && time.Now().Before(until); {
		heap, resident = b.memory(t)
	}
	t.Logf("live heap %.1f MB before, %.1f MB after; resident %.1f MB before, %.1f MB after", warmHeap/1e6, heap/1e6, warmResident/1e6, resident/1e6)
	if heap > warmHeap+heapSlack {
		t.Errorf("the live heap grew from %.0f to %.0f", warmHeap, heap)
	}
	if resident > warmResident+residentSlack {
		t.Errorf("resident memory grew from %.0f to %.0f", warmResident, resident)
	}
	if n := b.Metric("causeway_panics_total"); n != 0 {
		t.Errorf("%v panics", n)
	}
	for _, s := range b.Lab.PCRF.State().Sessions {
		t.Errorf("the PCRF still has session %s", s.ID)
	}
	b.Clean()
	for line := range strings.SplitSeq(b.Gateway.Log(), "\n") {
		if strings.Contains(line, `"level":"ERROR"`) || strings.Contains(line, `"level":"WARN"`) {
			t.Errorf("the gateway warns: %s", line)
		}
	}
}
