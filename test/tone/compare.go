package tone

import (
	"errors"
	"math"
	"slices"
	"time"
)

// Match is how much a recording is the reference, heard later.
type Match struct {
	Delay  time.Duration // how much later the reference starts in the recording
	Bands  float64       // correlation of band energies over speech frames, -1 to 1
	Wave   float64       // correlation of the waveforms after alignment, -1 to 1
	Frames int           // speech frames compared
}

// Errors of Compare.
var (
	ErrRate  = errors.New("tone: recordings must have the same sample rate, 8000 Hz or more")
	ErrShort = errors.New("tone: too little speech in common to compare")
)

const (
	frameTime   = 20 * time.Millisecond
	minFrames   = 25   // half a second of speech
	speechRange = 30.0 // dB below the reference's loudest frame that still count as speech
	bandFloor   = 50.0 // dB below a band's loudest frame: quieter is not heard and not compared
	bandCount   = 14
	lowestBand  = 150.0 // Hz
	highestBand = 7000.0
)

// Compare aligns recording with reference (delays from 0 to maxDelay are searched) and says how alike they
// are. Both are at the same sample rate. Level differences do not matter.
func Compare(reference, recording []int16, rate, recordingRate int, maxDelay time.Duration) (Match, error) {
	if rate != recordingRate || rate < 8000 {
		return Match{}, ErrRate
	}
	a, b := floats(reference), floats(recording)
	lag := align(a, b, int(maxDelay.Seconds()*float64(rate)))
	b = b[min(lag, len(b)):]
	n := min(len(a), len(b))
	m := Match{Delay: time.Duration(lag) * time.Second / time.Duration(rate)}
	m.Wave = pearson(a[:n], b[:n])
	var err error
	m.Bands, m.Frames, err = bandCorrelation(a[:n], b[:n], rate)
	return m, err
}

func floats(pcm []int16) []float64 {
	out := make([]float64, len(pcm))
	for i, s := range pcm {
		out[i] = float64(s) / 32768
	}
	return out
}

// align finds the delay of b against a: the lag with the largest absolute correlation of the waveforms
// (absolute, because an inverted signal sounds the same).
func align(a, b []float64, maxLag int) int {
	best, lag := 0.0, 0
	for i, v := range correlate(a, b, min(maxLag, max(0, len(b)-1))) {
		if math.Abs(v) > best {
			best, lag = math.Abs(v), i
		}
	}
	return lag
}

// bandCorrelation correlates the log energies of ear-spaced bands over the frames in which a speaks. Each
// band's mean is taken out, so that a speaker's usual spectrum or a filter on the path does not count, only
// what changes with the words.
func bandCorrelation(a, b []float64, rate int) (float64, int, error) {
	hop := int(frameTime.Seconds() * float64(rate))
	edges := bandEdges(rate)
	ea, eb := bandEnergies(a, hop, rate, edges), bandEnergies(b, hop, rate, edges)
	loud := Silence
	for _, f := range ea {
		loud = max(loud, f[len(f)-1])
	}
	var fa, fb [][]float64
	for i := range min(len(ea), len(eb)) {
		if ea[i][len(ea[i])-1] > max(loud-speechRange, -70) {
			fa, fb = append(fa, ea[i]), append(fb, eb[i])
		}
	}
	if len(fa) < minFrames {
		return 0, len(fa), ErrShort
	}
	var x, y []float64
	for band := range len(edges) - 1 {
		x = append(x, centred(fa, band)...)
		y = append(y, centred(fb, band)...)
	}
	return pearson(x, y), len(fa), nil
}

// bandEdges spaces bands evenly on the mel scale up to what the rate carries.
func bandEdges(rate int) []float64 {
	mel := func(hz float64) float64 { return 2595 * math.Log10(1+hz/700) }
	low, high := mel(lowestBand), mel(min(highestBand, 0.45*float64(rate)))
	edges := make([]float64, bandCount+1)
	for i := range edges {
		m := low + (high-low)*float64(i)/bandCount
		edges[i] = 700 * (math.Pow(10, m/2595) - 1)
	}
	return edges
}

// bandEnergies gives one row per hop: the bands' levels in dB, and the frame's whole level last.
func bandEnergies(x []float64, hop, rate int, edges []float64) [][]float64 {
	n := ceilPower(2 * hop)
	buf := make([]complex128, n)
	var out [][]float64
	for start := 0; start+2*hop <= len(x); start += hop {
		clear(buf)
		for i := range 2 * hop {
			buf[i] = complex(x[start+i]*hann(i, 2*hop), 0)
		}
		fft(buf, false)
		row := make([]float64, len(edges))
		for band := range len(edges) - 1 {
			from, to := int(edges[band]*float64(n)/float64(rate)), int(edges[band+1]*float64(n)/float64(rate))
			for i := max(1, from); i < max(to, from+1) && i < n/2; i++ {
				row[band] += (real(buf[i])*real(buf[i]) + imag(buf[i])*imag(buf[i])) / float64(n)
			}
			row[len(edges)-1] += row[band]
		}
		for i := range row {
			row[i] = decibel(row[i])
		}
		out = append(out, row)
	}
	return out
}

// centred is one band's levels, floored below its loudest frame, without their mean.
func centred(rows [][]float64, band int) []float64 {
	out := make([]float64, len(rows))
	top := Silence
	for _, r := range rows {
		top = max(top, r[band])
	}
	sum := 0.0
	for i, r := range rows {
		out[i] = max(r[band], top-bandFloor)
		sum += out[i]
	}
	mean := sum / float64(len(out))
	for i := range out {
		out[i] -= mean
	}
	return out
}

// pearson is the correlation coefficient; 0 when one side is constant.
func pearson(a, b []float64) float64 {
	n := float64(len(a))
	if len(a) == 0 || len(a) != len(b) {
		return 0
	}
	var sa, sb float64
	for i := range a {
		sa += a[i]
		sb += b[i]
	}
	var ab, aa, bb float64
	for i := range a {
		x, y := a[i]-sa/n, b[i]-sb/n
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

// Mix adds recordings of the same rate, clipping at full scale.
func Mix(parts ...[]int16) []int16 {
	longest := 0
	for _, p := range parts {
		longest = max(longest, len(p))
	}
	out := make([]int16, longest)
	for i := range out {
		sum := 0
		for _, p := range parts {
			if i < len(p) {
				sum += int(p[i])
			}
		}
		out[i] = int16(min(max(sum, math.MinInt16), math.MaxInt16))
	}
	return out
}

// Longest is the longest run of samples whose 20 ms frames stay below a level in dBFS: a gap in the sound.
func Longest(pcm []int16, rate int, below float64) time.Duration {
	hop := int(frameTime.Seconds() * float64(rate))
	run, longest := 0, 0
	for frame := range slices.Chunk(pcm, max(1, hop)) {
		if Level(frame) < below {
			run += len(frame)
		} else {
			run = 0
		}
		longest = max(longest, run)
	}
	return time.Duration(longest) * time.Second / time.Duration(max(1, rate))
}
