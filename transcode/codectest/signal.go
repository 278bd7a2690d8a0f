package codectest

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
)

// Tone returns n samples of a sine of hz at rate Hz with the given peak amplitude.
func Tone(rate, n int, hz, amplitude float64) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return pcm
}

// Noise returns n samples of even noise with the given peak amplitude, the same for each seed.
func Noise(n int, amplitude float64, seed uint64) []int16 {
	rng := rand.New(rand.NewPCG(seed, 7))
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16((2*rng.Float64() - 1) * amplitude)
	}
	return pcm
}

// vowel is the first formants of a vowel, Hz.
type vowel [4]float64

// Speech returns n samples of a signal that a speech codec treats as speech: a glottal pulse train
// of wandering pitch, four formants that change with each syllable, fricative noise between, and a
// pause every second. It is the same every time. Peaks near half of full scale.
func Speech(rate, n int) []int16 {
	vowels := [...]vowel{{730, 1090, 2440, 3400}, {270, 2290, 3010, 3700}, {300, 870, 2240, 3300}, {530, 1840, 2480, 3500}, {570, 840, 2410, 3300}}
	rng := rand.New(rand.NewPCG(3, 4))
	pcm := make([]int16, n)
	var y [4][2]float64
	var phase, tilt float64
	fs := float64(rate)
	for i := range pcm {
		t := float64(i) / fs
		syllable := int(t / 0.22)
		within := math.Mod(t, 0.22) / 0.22
		voiced, loud := within < 0.75, math.Sin(math.Pi*within)
		if syllable%5 == 4 {
			loud = 0
		}
		pitch := 120 + 25*math.Sin(2*math.Pi*0.7*t) + 8*math.Sin(2*math.Pi*4.1*t)
		phase += pitch / fs
		source := 0.02 * rng.NormFloat64()
		if !voiced {
			source = 0.12 * rng.NormFloat64()
		} else if phase >= 1 {
			source += 6
		}
		phase -= math.Floor(phase)
		tilt = 0.7*tilt + source*loud
		x := tilt
		out := 0.0
		v := vowels[syllable%len(vowels)]
		for k, hz := range v {
			if hz > 0.45*fs {
				continue
			}
			r := math.Exp(-math.Pi * (60 + 40*float64(k)) / fs)
			cur := x*(1-r) + 2*r*math.Cos(2*math.Pi*hz/fs)*y[k][0] - r*r*y[k][1]
			y[k][1], y[k][0] = y[k][0], cur
			out += cur / float64(k+1)
		}
		pcm[i] = int16(math.Max(-30000, math.Min(30000, 6000*out+2*rng.NormFloat64())))
	}
	return pcm
}

// RMS is the root mean square of the samples.
func RMS(pcm []int16) float64 {
	if len(pcm) == 0 {
		return 0
	}
	var sum float64
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(len(pcm)))
}

// Level is the peak amplitude of the component at hz, Hann-weighted: good to a hundredth of a dB
// for a steady tone of a few dozen periods.
func Level(pcm []int16, rate int, hz float64) float64 {
	// Both the tone and the window are turned by multiplication: a sine per sample would take
	// most of the tests' time.
	turn := cmplx.Rect(1, 2*math.Pi*hz/float64(rate))
	open := cmplx.Rect(1, 2*math.Pi/float64(len(pcm)))
	tone, window := complex(1, 0), complex(1, 0)
	var sum complex128
	var weight float64
	for _, s := range pcm {
		w := 0.5 - 0.5*real(window)
		sum += complex(w*float64(s), 0) * tone
		weight += w
		tone *= turn
		window *= open
	}
	return 2 * cmplx.Abs(sum) / weight
}

// Frequency is the strongest component between lo and hi Hz, found in steps of step.
func Frequency(pcm []int16, rate int, lo, hi, step float64) float64 {
	best, bestLevel := 0.0, -1.0
	for hz := lo; hz <= hi; hz += step {
		if l := Level(pcm, rate, hz); l > bestLevel {
			best, bestLevel = hz, l
		}
	}
	return best
}

// DB is the ratio of two amplitudes in decibels.
func DB(a, b float64) float64 { return 20 * math.Log10(a/b) }

// Bands is the energy, in dB, of the bands of a filter bank in frames of 20 ms: what a listener
// hears, without the phase. Bands are 1/3 octave-like from 150 Hz to limit Hz.
func Bands(pcm []int16, rate int, limit float64) [][]float64 {
	var centres []float64
	for hz := 150.0; hz < limit && hz < 0.45*float64(rate); hz *= 1.3 {
		centres = append(centres, hz)
	}
	size := rate / 50
	var frames [][]float64
	for ; len(pcm) >= size; pcm = pcm[size:] {
		frame := make([]float64, len(centres))
		for i, hz := range centres {
			frame[i] = 20 * math.Log10(Level(pcm[:size], rate, hz)+1)
		}
		frames = append(frames, frame)
	}
	return frames
}

// Correlation is Pearson's coefficient of two equally long band-energy pictures, over the frames
// in which a has sound: 1 for the same speech, about 0.15 for another speaker.
func Correlation(a, b [][]float64) float64 {
	var x, y []float64
	for i := range min(len(a), len(b)) {
		var sum float64
		for _, v := range a[i] {
			sum += v
		}
		if sum/float64(len(a[i])) < 20 {
			continue
		}
		x, y = append(x, a[i]...), append(y, b[i]...)
	}
	mx, my := mean(x), mean(y)
	var xy, xx, yy float64
	for i := range x {
		xy += (x[i] - mx) * (y[i] - my)
		xx += (x[i] - mx) * (x[i] - mx)
		yy += (y[i] - my) * (y[i] - my)
	}
	return xy / math.Sqrt(xx*yy+1e-9)
}

func mean(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += x
	}
	return sum / float64(max(len(v), 1))
}
