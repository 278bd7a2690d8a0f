package transcode

import "math"

// Constants of our choosing, in ms unless said. The method is that of ITU-T G.711 Appendix I:
// repeat the last pitch period, fade it out; here it fades into noise at the level of the
// background instead of into silence.
const (
	pitchMin   = 5  // 200 Hz
	pitchMax   = 15 // 66 Hz
	matchLen   = 20 // length of the comparison that finds the pitch
	fadeAfter  = 10
	fadeEnd    = 60
	joinLen    = 4    // cross-fade between invented and real sound
	noiseMost  = 180  // background taken for noise, at most this RMS (-45 dBov)
	noiseRise  = 1.01 // per 20 ms: how fast the idea of the background follows a louder one
	noiseStart = 3    // RMS before anything is known
)

// Concealer makes up sound for a decoder that has no concealment of its own, in the PCM domain.
// It adds no delay. A decoder gives every good block to Good and asks Conceal for missing ones.
type Concealer struct {
	rate  int
	past  []int16 // the last sound that left, newest at the end
	cycle int     // pitch period in use, samples; 0 while the sound is good
	gone  int     // samples invented in a row
	floor float64 // RMS of the background
	heard bool    // there was sound to tell the background from
	seed  uint32
}

// NewConcealer returns a concealer for PCM at rate Hz (8000 or 16000 for the codecs here).
func NewConcealer(rate int) *Concealer {
	return &Concealer{rate: rate, past: make([]int16, (matchLen+2*pitchMax)*rate/1000), floor: noiseStart, seed: 1}
}

// Reset forgets the stream.
func (c *Concealer) Reset() {
	clear(c.past)
	c.cycle, c.gone, c.floor, c.heard = 0, 0, noiseStart, false
}

// Good takes note of sound that was decoded, and, right after invented sound, changes its beginning
// so that the two join without a click.
func (c *Concealer) Good(pcm []int16) {
	if len(pcm) == 0 {
		return
	}
	if c.gone > 0 {
		join := min(joinLen*c.rate/1000, len(pcm))
		for i := range join {
			w := int32(i+1) * 256 / int32(join+1)
			pcm[i] = int16((int32(c.invent())*(256-w) + int32(pcm[i])*w) >> 8)
		}
		c.cycle, c.gone = 0, 0
	}
	c.listen(pcm)
	c.remember(pcm)
}

// Conceal fills pcm with invented sound.
func (c *Concealer) Conceal(pcm []int16) {
	if c.gone == 0 {
		c.cycle = c.pitch()
	}
	for i := range pcm {
		pcm[i] = c.invent()
	}
}

// invent makes the next sample: the past one pitch period ago, faded into noise.
func (c *Concealer) invent() int16 {
	last := c.past[len(c.past)-c.cycle:]
	at := c.gone % c.cycle
	s := float64(last[at])
	// Around the seam of two repetitions, slide over to the sound before the period, which leads into it.
	if seam := c.cycle / 4; at >= c.cycle-seam {
		before := c.past[len(c.past)-2*c.cycle:]
		w := float64(at-(c.cycle-seam)+1) / float64(seam+1)
		s = s*(1-w) + float64(before[at])*w
	}
	gain := 1.0
	if ms := float64(c.gone) * 1000 / float64(c.rate); ms >= fadeEnd {
		gain = 0
	} else if ms > fadeAfter {
		gain = (fadeEnd - ms) / (fadeEnd - fadeAfter)
	}
	c.gone++
	c.seed = c.seed*1664525 + 1013904223
	noise := float64(int32(c.seed)) / (1 << 31) * c.floor * math.Sqrt(3) // even, RMS 1, times floor
	return int16(s*gain + noise*(1-gain))
}

// pitch finds the period at which the end of the past repeats itself best. It looks at every
// second sample at 8 kHz, every fourth at 16, and then refines.
func (c *Concealer) pitch() int {
	lo, hi := pitchMin*c.rate/1000, pitchMax*c.rate/1000
	coarse := max(1, c.rate/4000)
	best := c.search(lo, hi, coarse, coarse)
	return c.search(max(lo, best-coarse+1), min(hi, best+coarse-1), 1, coarse)
}

func (c *Concealer) search(lo, hi, step, stride int) int {
	n := matchLen * c.rate / 1000
	tail := c.past[len(c.past)-n:]
	best, bestScore := hi, math.Inf(-1)
	for lag := lo; lag <= hi; lag += step {
		shifted := c.past[len(c.past)-n-lag:][:n]
		var cross, energy int64
		for i := 0; i < n; i += stride {
			cross += int64(tail[i]) * int64(shifted[i])
			energy += int64(shifted[i]) * int64(shifted[i])
		}
		if score := float64(cross) / math.Sqrt(float64(energy)+1); score > bestScore {
			best, bestScore = lag, score
		}
	}
	return best
}

// listen follows the level of the background: down at once, up slowly.
func (c *Concealer) listen(pcm []int16) {
	var sum int64
	for _, s := range pcm {
		sum += int64(s) * int64(s)
	}
	rms := math.Sqrt(float64(sum) / float64(len(pcm)))
	if !c.heard {
		c.heard, c.floor = true, min(rms, noiseMost)
		return
	}
	blocks := float64(len(pcm)) / float64(c.rate/50)
	c.floor = min(rms, noiseMost, max(c.floor, 1)*(1+(noiseRise-1)*blocks))
}

func (c *Concealer) remember(pcm []int16) {
	if len(pcm) >= len(c.past) {
		copy(c.past, pcm[len(pcm)-len(c.past):])
		return
	}
	copy(c.past, c.past[len(pcm):])
	copy(c.past[len(c.past)-len(pcm):], pcm)
}
