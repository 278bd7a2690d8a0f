package resample

import (
	"fmt"
	"math"

	"causeway/transcode"
)

// Constants of our choosing: 16 zero crossings a side and this Kaiser window give a pass band up
// to 0.92 of the lower Nyquist frequency and a stop band below -60 dB beyond 1.08 of it.
const (
	crossings = 16
	beta      = 6.0
	cutoff    = 0.96
	maxRatio  = 48      // largest L or M
	maxBlock  = 1 << 15 // most samples per call
	maxRate   = 192000
)

// Resampler converts one stream; used by one goroutine.
type Resampler struct {
	up, down int       // L and M
	taps     int       // per branch
	bank     []float32 // up branches of taps coefficients, newest sample first

	past  []float32 // the last taps-1 samples, then the block being converted
	phase int       // of the next output sample: its position times up, counted from the next input
}

// New returns a resampler from one rate to another, in Hz. Rates whose reduced ratio has a term
// over 48 are refused with transcode.ErrUnsupported.
func New(from, to int) (transcode.Resampler, error) {
	if from <= 0 || to <= 0 || from > maxRate || to > maxRate {
		return nil, fmt.Errorf("%w: resampling from %d to %d Hz", transcode.ErrUnsupported, from, to)
	}
	g := gcd(from, to)
	up, down := to/g, from/g
	if up > maxRatio || down > maxRatio {
		return nil, fmt.Errorf("%w: resampling from %d to %d Hz", transcode.ErrUnsupported, from, to)
	}
	r := &Resampler{up: up, down: down}
	r.design()
	r.past = make([]float32, r.taps-1, r.taps-1+from/4) // a quarter second: the longest packet
	return r, nil
}

// design computes the low-pass of length up*taps, split into branches.
func (r *Resampler) design() {
	wide := max(r.up, r.down)
	half := crossings * wide // in steps of the common multiple of both rates
	r.taps = (2*half + r.up - 1) / r.up
	r.bank = make([]float32, r.up*r.taps)
	fc := cutoff / float64(wide)
	total := r.up * r.taps
	mid := float64(total-1) / 2
	for i := range total {
		x := float64(i) - mid
		h := fc * sinc(fc*x) * kaiser(2*x/float64(total-1)) * float64(r.up)
		r.bank[i%r.up*r.taps+i/r.up] = float32(h)
	}
	for b := range r.up { // each branch passes a constant unchanged: no hum at the input rate
		branch := r.bank[b*r.taps : (b+1)*r.taps]
		var sum float32
		for _, h := range branch {
			sum += h
		}
		for i := range branch {
			branch[i] /= sum
		}
	}
}

// Resample converts src, all of it, into dst and returns the samples written. Delay: 2 ms at 8 kHz.
func (r *Resampler) Resample(dst, src []int16) int {
	if len(src) > maxBlock {
		src = src[:maxBlock]
	}
	keep := r.taps - 1
	for _, s := range src {
		r.past = append(r.past, float32(s))
	}
	n, limit := 0, len(src)*r.up
	for ; r.phase < limit && n < len(dst); r.phase += r.down {
		at := r.phase / r.up // index in src of the newest sample this output needs
		branch := r.bank[r.phase%r.up*r.taps:][:r.taps]
		window := r.past[at:][:r.taps]
		var a, b float32 // two sums, so that the additions do not wait for each other
		i, j := 0, len(window)-1
		for ; i+1 < len(branch) && j >= 1; i, j = i+2, j-2 {
			a += branch[i] * window[j]
			b += branch[i+1] * window[j-1]
		}
		if i < len(branch) {
			a += branch[i] * window[j]
		}
		dst[n] = clip(a + b)
		n++
	}
	r.phase = max(r.phase-limit, 0)
	copy(r.past, r.past[len(r.past)-keep:])
	r.past = r.past[:keep]
	return n
}

// MaxOut is the most samples that n samples give.
func (r *Resampler) MaxOut(n int) int { return n*r.up/r.down + 1 }

// Reset forgets the past, as at the start of a stream.
func (r *Resampler) Reset() {
	clear(r.past)
	r.phase = 0
}

func clip(x float32) int16 {
	switch {
	case x >= math.MaxInt16:
		return math.MaxInt16
	case x <= math.MinInt16:
		return math.MinInt16
	case x < 0:
		return int16(x - 0.5)
	}
	return int16(x + 0.5)
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the Kaiser window over -1..1.
func kaiser(x float64) float64 {
	return bessel(beta*math.Sqrt(max(0, 1-x*x))) / bessel(beta)
}

// bessel is the modified Bessel function of the first kind, order 0.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-12; k++ {
		term *= x / (2 * k) * x / (2 * k)
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
