package codec

import (
	"math"
	"math/cmplx"
)

// Tone is a sine generator that keeps its phase from frame to frame.
type Tone struct {
	Hz, Amplitude float64 // amplitude 0..1 of full scale
	Rate          int
	phase         float64
}

// Read fills pcm.
func (t *Tone) Read(pcm []int16) {
	step := 2 * math.Pi * t.Hz / float64(t.Rate)
	for i := range pcm {
		pcm[i] = int16(t.Amplitude * 32767 * math.Sin(t.phase))
		t.phase += step
	}
	t.phase = math.Mod(t.phase, 2*math.Pi)
}

// Sound is what a meter hears in the last second.
type Sound struct {
	Hz     float64 `json:"hz"`     // strongest tone, 0 in silence
	Level  float64 `json:"level"`  // dBFS of the whole second, -100 in silence
	Purity float64 `json:"purity"` // share of the energy in that tone: near 1 for a sine, low for speech
}

// Meter keeps the last second of PCM. Not safe for concurrent use.
type Meter struct {
	rate int
	ring []int16
	at   int
}

// NewMeter makes a meter for PCM of that rate.
func NewMeter(rate int) *Meter { return &Meter{rate: rate, ring: make([]int16, rate)} }

// Write adds samples.
func (m *Meter) Write(pcm []int16) {
	for _, s := range pcm {
		m.ring[m.at] = s
		m.at = (m.at + 1) % len(m.ring)
	}
}

// Listen measures the last second.
func (m *Meter) Listen() Sound {
	n := 4096
	for 2*n <= len(m.ring) {
		n *= 2
	}
	x, total := make([]complex128, n), 0.0
	for _, s := range m.ring {
		total += float64(s) * float64(s)
	}
	rms := math.Sqrt(total/float64(len(m.ring))) / 32768
	if rms < 1e-5 {
		return Sound{Level: -100}
	}
	for i := range x { // the newest n samples under a Hann window
		s := m.ring[(m.at-n+i+len(m.ring))%len(m.ring)]
		x[i] = complex(float64(s)*(0.5-0.5*math.Cos(2*math.Pi*float64(i)/float64(n))), 0)
	}
	fft(x)
	power, sum, peak := make([]float64, n/2), 0.0, 1
	for i := 1; i < n/2; i++ {
		power[i] = real(x[i])*real(x[i]) + imag(x[i])*imag(x[i])
		sum += power[i]
		if power[i] > power[peak] {
			peak = i
		}
	}
	if sum == 0 {
		return Sound{Level: -100}
	}
	near, weighted := 0.0, 0.0
	for i := max(1, peak-3); i <= min(n/2-1, peak+3); i++ {
		near += power[i]
		weighted += power[i] * float64(i)
	}
	return Sound{Hz: weighted / near * float64(m.rate) / float64(n), Level: 20 * math.Log10(rms), Purity: near / sum}
}

// fft is the radix-2 transform in place; len(x) is a power of two.
func fft(x []complex128) {
	n := len(x)
	for i, j := 1, 0; i < n; i++ {
		bit := n >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		j ^= bit
		if i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	for size := 2; size <= n; size *= 2 {
		step := cmplx.Exp(complex(0, -2*math.Pi/float64(size)))
		for start := 0; start < n; start += size {
			w := complex(1, 0)
			for k := start; k < start+size/2; k++ {
				a, b := x[k], x[k+size/2]*w
				x[k], x[k+size/2] = a+b, a-b
				w *= step
			}
		}
	}
}

// Halve brings 16 kHz PCM to 8 kHz through a low-pass at 3.6 kHz. It keeps its
// filter memory between calls.
type Halve struct{ past [32]float64 }

// Read filters in and drops every second sample; len(in) is even.
func (h *Halve) Read(in []int16) []int16 {
	out := make([]int16, 0, len(in)/2)
	for i, s := range in {
		copy(h.past[1:], h.past[:31])
		h.past[0] = float64(s)
		if i%2 == 0 {
			continue
		}
		sum := 0.0
		for k, v := range h.past[:31] {
			sum += v * lowPass(k)
		}
		out = append(out, int16(max(-32768, min(32767, sum))))
	}
	return out
}

// lowPass is tap k of a 31-tap windowed sinc, cut-off 3.6 of 16 kHz.
func lowPass(k int) float64 {
	const cut = 3600.0 / 16000
	t := float64(k - 15)
	window := 0.54 - 0.46*math.Cos(2*math.Pi*float64(k)/30)
	if t == 0 {
		return 2 * cut * window
	}
	return math.Sin(2*math.Pi*cut*t) / (math.Pi * t) * window
}
