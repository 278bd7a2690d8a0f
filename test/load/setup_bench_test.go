//go:build bench

package load

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/dtls/v3"

	"causeway/test/load/client"
)

// oneCall sets a call up, waits until both sides have answered, and takes it down. It returns how long the far side's ringing took
// to reach the browser, counted from before the offer was sent.
func oneCall(ctx context.Context, p *client.Browser, m client.Media) (time.Duration, error) {
	defer m.Close()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	began := time.Now()
	c, err := p.Call(ctx, "+15560000000", m)
	if err == nil {
		err = c.Wait(ctx, "ringing", c.Ringing)
	}
	if err == nil {
		err = c.Wait(ctx, "the answer", c.Accepted)
	}
	if err != nil {
		return 0, err
	}
	return c.RingingAt.Sub(began), c.Hangup(ctx)
}

// medium makes the media of the next call.
type medium func() (client.Media, error)

func media(t *testing.T) map[string]medium {
	cert := certificate(t)
	return map[string]medium{
		"signalling only": func() (client.Media, error) { return client.Silent{}, nil },
		"with media":      func() (client.Media, error) { return client.NewLight(cert, dtls.SRTP_AEAD_AES_128_GCM) },
	}
}

// load is calls made by many browsers.
type load struct {
	browsers int
	place    func(ctx context.Context, i int) (time.Duration, error) // one call of browser i, from its offer until its end

	mu       sync.Mutex // guards the following
	delays   []time.Duration
	failed   error
	failures int
}

func (l *load) call(ctx context.Context, i int) {
	d, err := l.place(ctx, i%l.browsers)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.failed = err
		l.failures++
		return
	}
	l.delays = append(l.delays, d)
}

// with makes the calls of browsers use a kind of media.
func (l *load) with(browsers []*client.Browser, next medium) {
	l.place = func(ctx context.Context, i int) (time.Duration, error) {
		m, err := next()
		if err != nil {
			return 0, err
		}
		return oneCall(ctx, browsers[i], m)
	}
}

// closed makes n calls, workers at a time; each worker has its own browsers.
func (l *load) closed(ctx context.Context, workers, n int) time.Duration {
	began := time.Now()
	var wg sync.WaitGroup
	var taken atomic.Int64
	for w := range workers {
		wg.Go(func() {
			for round := 0; int(taken.Add(1)) <= n; round++ {
				l.call(ctx, w+workers*(round%max(1, l.browsers/workers)))
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}

// open starts rate calls a second, whether the earlier ones are through or not.
func (l *load) open(ctx context.Context, rate, n int) {
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { l.call(ctx, i) })
		<-tick.C
	}
	wg.Wait()
}

// take returns the sorted delays and starts a new list; failed calls are told.
func (l *load) take(t *testing.T) []time.Duration {
	t.Helper()
	if l.failures > 0 {
		t.Errorf("%d of %d calls failed, the last one: %v", l.failures, l.failures+len(l.delays), l.failed)
	}
	out := l.delays
	slices.Sort(out)
	l.delays, l.failures = nil, 0
	if len(out) == 0 {
		t.Fatal("no call went through")
	}
	return out
}

// TestBenchSetup measures what a call's set-up and teardown cost the gateway, how many a second it does beside this generator, and
// how long it keeps the caller waiting for the ringing tone.
func TestBenchSetup(t *testing.T) {
	const browsers = 400
	b := newBench(t, browsers, false)
	list := b.login(t, 0, browsers)
	l := &load{browsers: browsers}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	kinds := media(t)
	names := []string{"signalling only", "with media"}
	l.with(list, kinds["with media"])
	l.closed(ctx, 16, 200) // warm
	l.take(t)
	fmt.Println("| set-up and teardown | CPU ms per call of the gateway (lowest to highest) | calls/s reached, 16 at a time |\n|---|---|---|")
	costs, rates := map[string][]float64{}, map[string][]float64{}
	n := setting("BENCH_SETUPS", 1500)
	for range 3 {
		for _, name := range names {
			l.with(list, kinds[name])
			before := b.process.cpu(t)
			took := l.closed(ctx, 16, n)
			cpu := b.process.cpu(t) - before
			done := float64(len(l.take(t)))
			costs[name] = append(costs[name], cpu.Seconds()*1000/done)
			rates[name] = append(rates[name], done/took.Seconds())
		}
	}
	var results []any
	for i, name := range names {
		key := []string{"signalling", "media"}[i]
		mid, low, high := median(costs[name])
		rate, slow, fast := median(rates[name])
		fmt.Printf("| %s | %.2f (%.2f to %.2f) | %.0f (%.0f to %.0f) |\n", name, mid, low, high, rate, slow, fast)
		results = append(results, key+"_cpu_ms", mid, key+"_per_s", rate)
	}
	report(t, "setup", results...)
	b.delays(ctx, t, l, list, kinds)
}

// delays is the post-dial delay at fixed rates: from call.start until call.progress "ringing", what the core itself takes shown
// beside it.
func (b *bench) delays(ctx context.Context, t *testing.T, l *load, list []*client.Browser, kinds map[string]medium) {
	fmt.Println("| post-dial delay | calls/s | p50 ms | p99 ms | of it in the core, mean ms |\n|---|---|---|---|---|")
	var results []any
	for _, name := range []string{"signalling only", "with media"} {
		for _, rate := range []int{50, 100} {
			l.with(list, kinds[name])
			b.core.mu.Lock()
			b.core.spent, b.core.invites = 0, 0
			b.core.mu.Unlock()
			l.open(ctx, rate, rate*setting("BENCH_SECONDS", 5)*2)
			sorted := l.take(t)
			b.core.mu.Lock()
			inside := b.core.spent.Seconds() * 1000 / float64(max(1, b.core.invites))
			b.core.mu.Unlock()
			p50, p99 := quantile(sorted, 0.5).Seconds()*1000, quantile(sorted, 0.99).Seconds()*1000
			fmt.Printf("| %s | %d | %.2f | %.2f | %.3f |\n", name, rate, p50, p99, inside)
			key := fmt.Sprintf("%s%d", map[bool]string{true: "media", false: "signalling"}[name == "with media"], rate)
			results = append(results, key+"_p50", p50, key+"_p99", p99)
		}
	}
	report(t, "post_dial_delay", results...)
}
