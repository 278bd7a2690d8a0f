//go:build bench

package load

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
)

// A gateway holds so many calls as long as it loses less than maxLoss per cent of the packets and delays 99 of 100 by less than maxDelay
// milliseconds.
const (
	maxLoss  = 0.1
	maxDelay = 20
)

// TestBenchMedia is the media plane beside rtpengine in user space, on one line: make bench-media. Both SRTP profiles, 50 to 1600 calls;
// a side that no longer holds its calls is not asked for more.
func TestBenchMedia(t *testing.T) {
	ratios := map[int]float64{}
	var p99, kb, allocs float64
	var held []int
	for _, profile := range []dtls.SRTPProtectionProfile{dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AEAD_AES_128_GCM} {
		main := profile == dtls.SRTP_AES128_CM_HMAC_SHA1_80
		t.Run(fmt.Sprint(profile), func(t *testing.T) {
			f := newField(t, 1600, profile)
			heading(profile)
			counts := []int{100, 400, 800}
			if main {
				counts = []int{50, 100, 200, 400, 800, 1600}
			}
			most := make([]int, len(f.sides))
			for _, n := range counts {
				r := f.at(n)
				if main {
					ratios[n] = r.ratio
				}
				for i := range f.sides {
					if r.loss[i] < maxLoss && r.p99[i] < maxDelay {
						most[i] = n
					}
				}
				if main && n == 400 {
					p99, kb, allocs = r.p99[0], memory(t, n, profile)[0], allocations(t, n, profile)
				}
			}
			if main {
				held = f.capacity(most, counts)
			}
		})
	}
	setup := mediaSetup(t)
	line := fmt.Sprintf("bench-media: ratio100=%.2f ratio400=%.2f ratio800=%.2f", ratios[100], ratios[400], ratios[800])
	if len(held) > 1 {
		line += fmt.Sprintf(" calls_ratio=%.2f", float64(held[0])/float64(max(1, held[1])))
	}
	fmt.Printf("%s p99_ms=%.1f kb_per_call=%.0f setup_ms=%.2f allocs=%.3f\n", line, p99, kb, setup, max(0, allocs))
}

// capacity narrows down how many calls each side holds, between the last count it held and the next one of the list, in four steps. Both
// sides have as many calls up as the list's last count, of which the generator feeds the first n only.
func (f *field) capacity(most, counts []int) []int {
	f.t.Helper()
	out := append([]int(nil), most...)
	for i, s := range f.sides {
		low, high := most[i], counts[len(counts)-1]
		for _, n := range counts {
			if n > low {
				high = n
				break
			}
		}
		all := s.traffic.streams
		for range 4 {
			n := (low + high) / 2
			s.traffic.streams = all[:n]
			var loss, p99 []float64
			for range 3 {
				r := s.measure(f.t, 4*time.Second)
				loss, p99 = append(loss, r.loss), append(p99, r.p99)
			}
			l, _, _ := median(loss)
			d, _, _ := median(p99)
			if l < maxLoss && d < maxDelay {
				low = n
			} else {
				high = n
			}
		}
		s.traffic.streams = all
		out[i] = low
		fmt.Printf("Calls held with less than %v %% loss and a p99 under %v ms beside the generator, %s: %d\n", maxLoss, maxDelay, s.name, low)
	}
	return out
}

// mediaSetup is the processor time that media takes of a call's set-up and teardown, milliseconds: with it, less without.
func mediaSetup(t *testing.T) float64 {
	t.Helper()
	const browsers = 400
	b := newBench(t, browsers, false)
	list := b.login(t, 0, browsers)
	l := &load{browsers: browsers}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	kinds := media(t)
	n := setting("BENCH_SETUPS", 1500)
	var costs []float64
	var rates []float64
	for range 3 {
		each := map[string]float64{}
		for _, name := range []string{"signalling only", "with media"} {
			l.with(list, kinds[name])
			before := b.process.cpu(t)
			took := l.closed(ctx, 16, n)
			done := float64(len(l.take(t)))
			each[name] = (b.process.cpu(t) - before).Seconds() * 1000 / done
			if name == "with media" {
				rates = append(rates, done/took.Seconds())
			}
		}
		costs = append(costs, each["with media"]-each["signalling only"])
	}
	mid, low, high := median(costs)
	rate, slow, fast := median(rates)
	fmt.Printf("Set-up and teardown: media's part %.2f ms CPU a call (%.2f to %.2f); %.0f whole calls/s (%.0f to %.0f), 16 at a time\n", mid, low, high, rate, slow, fast)
	return mid
}
