package transcode

import (
	"fmt"
	"math"
	"time"
)

// Constants of RFC 3389 and of our choosing.
const (
	comfortOrder  = 12                    // reflection coefficients used; a receiver may leave higher ones out (RFC 3389 3)
	comfortLowest = 127                   // noise level of silence, -dBov (RFC 3389 3.1)
	comfortEdge   = 0.97                  // largest reflection coefficient used: beyond, noise is a whistle
	comfortGlide  = 40 * time.Millisecond // a new level is reached in this time
	fullScale     = 32768                 // RMS at 0 dBov, the overload point of 16 bits
)

// ComfortNoise makes the noise that RFC 3389 describes, for decoders of codecs without comfort noise of their own (G.711, G.722).
// It is used by one goroutine.
//
//	SID: level, k1..kM ─► Describe ─► gain ┐
//	                        └─ lattice 1/A(z) ◄─ white noise ─► Read
//
// The noise has the level described whatever the coefficients are: the power that the filter adds is taken from its input.
type ComfortNoise struct {
	wide      bool // PCM at 16 kHz, described at 8
	k         [comfortOrder]float64
	state     [comfortOrder + 1]float64
	order     int
	gain      float64 // of the white noise, now
	target    float64
	step      float64
	seed      uint32
	described bool
	last      float64 // sample before, for the wide case
	half      float64 // sample in between, to be given next
	waiting   bool
}

// NewComfortNoise returns a silent generator of PCM at rate Hz: 8000, or 16000 for G.722, whose descriptions share G.722's RTP clock
// of 8000 Hz and are read as what they say of the lower 4 kHz.
func NewComfortNoise(rate int) *ComfortNoise { return &ComfortNoise{wide: rate == 16000, seed: 1} }

// Describe takes the payload of one comfort noise packet: the level, 0..127 below overload in dB, and reflection coefficients, any
// number. The noise glides to it. An error that wraps ErrPayload leaves everything as it was.
func (c *ComfortNoise) Describe(payload []byte) error {
	switch {
	case len(payload) == 0:
		return fmt.Errorf("%w: comfort noise without a level", ErrPayload)
	case payload[0] > comfortLowest:
		return fmt.Errorf("%w: comfort noise level octet %d", ErrPayload, payload[0])
	}
	level := fullScale * math.Pow(10, -float64(payload[0])/20)
	c.order = min(len(payload)-1, comfortOrder)
	power := 1.0
	for i := range c.order {
		k := 0.0
		if n := payload[1+i]; n != 255 { // reserved
			k = min(max(float64(int(n)-127)*258/32768, -comfortEdge), comfortEdge)
		}
		c.k[i] = k
		power *= 1 - k*k
	}
	c.target = level * math.Sqrt(3*power) // even noise in -1..1 has a power of 1/3
	if c.wide {                           // what interpolation takes: every second sample is the mean of its neighbours, whose correlation is -k1
		first := 0.0
		if c.order > 0 {
			first = c.k[0]
		}
		c.target *= math.Sqrt(4 / (3 - first))
	}
	if !c.described || c.gain == 0 {
		c.described, c.gain = true, c.target
	}
	c.step = (c.target - c.gain) / (comfortGlide.Seconds() * 8000)
	return nil
}

// Read fills pcm with noise.
func (c *ComfortNoise) Read(pcm []int16) {
	for i := range pcm {
		if !c.wide {
			pcm[i] = clip(c.next())
			continue
		}
		if c.waiting {
			pcm[i], c.waiting = clip(c.half), false
			continue
		}
		s := c.next()
		pcm[i] = clip((s + c.last) / 2)
		c.last, c.half, c.waiting = s, s, true
	}
}

// Reset forgets everything.
func (c *ComfortNoise) Reset() { *c = ComfortNoise{wide: c.wide, seed: c.seed} }

// next makes one sample at 8 kHz: an all-pole lattice, which is stable for coefficients below one.
func (c *ComfortNoise) next() float64 {
	if c.gain != c.target {
		if c.gain += c.step; (c.step > 0) == (c.gain > c.target) {
			c.gain = c.target
		}
	}
	c.seed = c.seed*1664525 + 1013904223
	f := float64(int32(c.seed)) / (1 << 31) * c.gain
	for i := c.order - 1; i >= 0; i-- {
		f -= c.k[i] * c.state[i]
		c.state[i+1] = c.state[i] + c.k[i]*f
	}
	c.state[0] = f
	return f
}

func clip(s float64) int16 { return int16(min(max(s, math.MinInt16), math.MaxInt16)) }
