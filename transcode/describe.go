package transcode

import (
	"math"
	"time"
)

// Constants of our choosing; the order is that of ITU-T G.711 Appendix II.
const (
	describeOrder  = 10
	describeEvery  = 400 * time.Millisecond // a description is repeated this often, so that a lost one and a closing NAT do no harm
	describeLeast  = 80 * time.Millisecond  // a change of level is told no more often than this
	describeChange = 2                      // dB that are worth telling
	describeSmooth = 0.3                    // weight of the newest frame
)

// describer writes RFC 3389 comfort noise for the pauses of a stream: when one begins, when its level changes, and now and then.
type describer struct {
	rate   int
	corr   [describeOrder + 1]float64 // smoothed autocorrelation; [0] is the power
	past   time.Duration              // into the pause
	sent   time.Duration              // when the last description was sent
	told   int                        // its level, -dBov
	active bool
}

// speech ends a pause.
func (d *describer) speech() { d.active = false }

// frame takes the next frame of a pause and writes a description when one is due: n is its octets, 0 when nothing has to be sent.
func (d *describer) frame(dst []byte, pcm []int16) (n int) {
	first := !d.active
	if first {
		*d = describer{rate: d.rate, active: true}
	}
	d.listen(pcm, first)
	at := d.past
	d.past += time.Duration(len(pcm)) * time.Second / time.Duration(d.rate)
	level := d.level()
	changed := level-d.told >= describeChange || d.told-level >= describeChange
	if !first && at-d.sent < describeEvery && (!changed || at-d.sent < describeLeast) {
		return 0
	}
	d.sent, d.told = at, level
	return d.write(dst, level)
}

// listen adds a frame to the smoothed autocorrelation.
func (d *describer) listen(pcm []int16, first bool) {
	weight := describeSmooth
	if first {
		weight = 1
	}
	for lag := range d.corr {
		var sum float64
		for i := lag; i < len(pcm); i++ {
			sum += float64(pcm[i]) * float64(pcm[i-lag])
		}
		d.corr[lag] += weight * (sum/float64(max(len(pcm), 1)) - d.corr[lag])
	}
}

// level is the smoothed power in -dBov.
func (d *describer) level() int {
	if d.corr[0] < 1 {
		return comfortLowest
	}
	return min(max(int(math.Round(-10*math.Log10(d.corr[0]/(fullScale*fullScale)))), 0), comfortLowest)
}

// write puts the level and, for sound at 8 kHz, the reflection coefficients (RFC 3389 3.2). G.722's pauses go without: their description
// belongs to an 8 kHz clock, and receivers differ in what band they take the coefficients for.
func (d *describer) write(dst []byte, level int) int {
	dst[0] = byte(level)
	if d.rate != 8000 || level == comfortLowest || len(dst) <= describeOrder {
		return 1
	}
	a := [describeOrder + 1]float64{1}
	power := d.corr[0] * 1.0001 // a floor of white noise keeps the recursion stable
	for i := 1; i <= describeOrder; i++ {
		sum := d.corr[i]
		for j := 1; j < i; j++ {
			sum += a[j] * d.corr[i-j]
		}
		k := min(max(-sum/power, -comfortEdge), comfortEdge)
		dst[i] = byte(min(max(int(math.Round(k*32768/258)), -127), 127) + 127)
		old := a
		for j := 1; j < i; j++ {
			a[j] = old[j] + k*old[i-j]
		}
		a[i] = k
		power *= 1 - k*k
	}
	return 1 + describeOrder
}
