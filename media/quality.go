package media

import (
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"causeway/media/packet"
)

// window is the time quality is judged over.
const window = 2 * time.Second

// tracker keeps what the E-model needs over the last window, and the call's mean.
type tracker struct {
	mu           sync.Mutex // guards the following
	next         time.Time
	access, core sample
}

// sample is one leg's last window and the sum of all.
type sample struct {
	last    packet.Quality
	loss    float64 // fraction, the worse of both ways
	mos     float64
	sum     float64 // of MOS over the windows with media
	windows int
}

// score is a leg's MOS in the last window and over the call.
type score struct{ now, mean float64 }

func (t *tracker) due(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Before(t.next) {
		return false
	}
	t.next = now.Add(window)
	return true
}

// update closes a window and hands its figures to the ledger.
func (t *tracker) update(access, core packet.Quality, accessCodec, coreCodec string, l *ledger) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.access.update(access, accessCodec) {
		l.note(&l.access, t.access)
	}
	if t.core.update(core, coreCodec) {
		l.note(&l.core, t.core)
	}
}

// update closes a window and reports whether anything came in it.
func (s *sample) update(q packet.Quality, codec string) bool {
	got := float64(q.PacketsReceived - s.last.PacketsReceived)
	lost := max(float64(q.Lost)-float64(s.last.Lost), 0)
	s.loss = min(q.RemoteFraction+q.RemoteDiscarded, 1)
	if got+lost > 0 {
		s.loss = max(s.loss, lost/(got+lost))
	}
	s.last = q
	if q.PacketsReceived == 0 {
		return false
	}
	// One way is half the round trip; the receiver holds about two jitters and a
	// packet.
	s.mos = MOS(codec, s.loss, q.RTT/2+2*q.Jitter+20*time.Millisecond)
	if got == 0 {
		return false // held, or silent on purpose
	}
	s.sum += s.mos
	s.windows++
	return true
}

func (s *sample) score() score {
	if s.windows == 0 {
		return score{now: s.mos, mean: s.mos}
	}
	return score{now: s.mos, mean: math.Round(100*s.sum/float64(s.windows)) / 100}
}

func (t *tracker) scores() (access, core score) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.access.score(), t.core.score()
}

// Spread is a histogram. Counts[i] are the values above Bounds[i-1] and at most Bounds[i]; the last class has no upper bound.
type Spread struct {
	Bounds []float64
	Counts []uint64 // one more than Bounds
	Sum    float64
}

func newSpread(bounds ...float64) Spread {
	return Spread{Bounds: bounds, Counts: make([]uint64, len(bounds)+1)}
}

func (s *Spread) add(v float64) {
	i, _ := slices.BinarySearch(s.Bounds, v)
	s.Counts[i]++
	s.Sum += v
}

func (s *Spread) copy() Spread {
	return Spread{Bounds: s.Bounds, Counts: slices.Clone(s.Counts), Sum: s.Sum}
}

// LegQuality is how all calls' media was on one kind of leg since the start: one value for every two seconds of every call in which
// packets came.
type LegQuality struct {
	MOS    Spread // 1 to 4.5 (ITU-T G.107)
	Loss   Spread // fraction 0 to 1, the worse of both ways
	Jitter Spread // seconds, on the way to us
	RTT    Spread // seconds; only where the far end's reports tell it
}

func newLegQuality() LegQuality {
	return LegQuality{
		MOS:    newSpread(2, 2.5, 3, 3.5, 4, 4.2),
		Loss:   newSpread(0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2),
		Jitter: newSpread(0.002, 0.005, 0.01, 0.02, 0.04, 0.08),
		RTT:    newSpread(0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8),
	}
}

// ledger sums up the quality of all calls. Safe for concurrent use.
type ledger struct {
	mu           sync.Mutex // guards the following
	access, core LegQuality
	video        [2]Spread // bit/s, up and down
}

func newLedger() *ledger {
	l := &ledger{access: newLegQuality(), core: newLegQuality()}
	for i := range l.video {
		l.video[i] = newSpread(50e3, 100e3, 200e3, 400e3, 800e3, 1.5e6, 3e6)
	}
	return l
}

// rate notes what one direction of a call's video carried, bit/s.
func (l *ledger) rate(direction int, bps float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.video[direction].add(bps)
}

func (l *ledger) readVideo() (up, down Spread) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.video[0].copy(), l.video[1].copy()
}

func (l *ledger) note(leg *LegQuality, s sample) {
	l.mu.Lock()
	defer l.mu.Unlock()
	leg.MOS.add(s.mos)
	leg.Loss.add(s.loss)
	leg.Jitter.add(s.last.Jitter.Seconds())
	if s.last.RTT > 0 {
		leg.RTT.add(s.last.RTT.Seconds())
	}
}

func (l *ledger) read() (access, core LegQuality) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := func(q *LegQuality) LegQuality {
		return LegQuality{MOS: q.MOS.copy(), Loss: q.Loss.copy(), Jitter: q.Jitter.copy(), RTT: q.RTT.copy()}
	}
	return one(&l.access), one(&l.core)
}

// impairment is a codec's equipment impairment factor and its robustness to
// random loss (ITU-T G.113 appendix I; wideband codecs on the narrowband scale).
type impairment struct{ ie, bpl float64 }

func impairmentOf(codec string) impairment {
	switch strings.ToLower(codec) {
	case "pcmu", "pcma":
		return impairment{0, 25.1} // with packet loss concealment
	case "amr":
		return impairment{5, 10}
	case "amr-wb", "g722":
		return impairment{1, 15}
	case "opus":
		return impairment{0, 20}
	default:
		return impairment{10, 10}
	}
}

// MOS is the E-model's estimate (ITU-T G.107, all other inputs at their
// defaults) for a codec, a loss fraction 0..1 and a one-way delay.
func MOS(codec string, loss float64, delay time.Duration) float64 {
	i := impairmentOf(codec)
	ppl := 100 * min(max(loss, 0), 1)
	ms := float64(delay) / float64(time.Millisecond)
	id := 0.024 * ms
	if ms > 177.3 {
		id += 0.11 * (ms - 177.3)
	}
	r := 93.2 - id - (i.ie + (95-i.ie)*ppl/(ppl+i.bpl))
	switch {
	case r <= 0:
		return 1
	case r >= 100:
		return 4.5
	}
	mos := 1 + 0.035*r + r*(r-60)*(100-r)*7e-6
	return math.Round(max(mos, 1)*100) / 100
}
