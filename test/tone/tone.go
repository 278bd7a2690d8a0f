package tone

import (
	"math"
	"time"
)

// Silence is the level reported for no energy at all, in dBFS.
const Silence = -120.0

// Sine makes a tone of a frequency in Hz at a level in dBFS (0 is full scale).
func Sine(rate int, hz, level float64, d time.Duration) []int16 {
	amplitude := 32767 * math.Pow(10, level/20)
	pcm := make([]int16, int(d.Seconds()*float64(rate)))
	for i := range pcm {
		pcm[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return pcm
}

// Level is the mean power of a recording in dBFS.
func Level(pcm []int16) float64 {
	sum := 0.0
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	if len(pcm) == 0 {
		return Silence
	}
	return decibel(2 * sum / float64(len(pcm)) / (32768 * 32768))
}

// Goertzel is the level of one frequency in a recording, in dBFS. Its resolution is rate/len(pcm) Hz.
func Goertzel(pcm []int16, rate int, hz float64) float64 {
	if len(pcm) == 0 || rate <= 0 {
		return Silence
	}
	w := 2 * math.Pi * hz / float64(rate)
	coefficient := 2 * math.Cos(w)
	var s1, s2 float64
	for _, s := range pcm {
		s0 := float64(s)/32768 + coefficient*s1 - s2
		s1, s2 = s0, s1
	}
	power := s1*s1 + s2*s2 - coefficient*s1*s2
	n := float64(len(pcm))
	return decibel(power * 4 / (n * n))
}

// Strongest is the strongest frequency of a recording in Hz and its level in dBFS, by a windowed
// transform over up to 65536 samples from the middle of the recording. Accurate to a few hundredths of rate/len.
func Strongest(pcm []int16, rate int) (hz, level float64) {
	n := min(floorPower(len(pcm)), 1<<16)
	if n < 16 || rate <= 0 {
		return 0, Silence
	}
	start := (len(pcm) - n) / 2
	x := make([]complex128, n)
	for i := range x {
		x[i] = complex(float64(pcm[start+i])/32768*hann(i, n), 0)
	}
	fft(x, false)
	power := func(i int) float64 { return real(x[i])*real(x[i]) + imag(x[i])*imag(x[i]) }
	best := 1
	for i := 2; i < n/2-1; i++ {
		if power(i) > power(best) {
			best = i
		}
	}
	if power(best) < 1e-12 {
		return 0, Silence
	}
	// A parabola through the log powers of the three bins around the peak.
	a, b, c := decibel(power(best-1)), decibel(power(best)), decibel(power(best+1))
	shift := 0.0
	if d := a - 2*b + c; d < 0 {
		shift = 0.5 * (a - c) / d
	}
	hz = (float64(best) + shift) * float64(rate) / float64(n)
	// A Hann window spreads a tone over three bins; its energy is their sum. Gain: n*n*3/32 for a full-scale sine.
	sum := power(best-1) + power(best) + power(best+1)
	return hz, decibel(sum / (float64(n) * float64(n) * 3 / 32))
}

// HighShare is the energy above 4 kHz as a share of the whole, in dB: near -20 to -30 for wideband speech,
// below -40 for speech that went through a narrowband codec.
func HighShare(pcm []int16, rate int) float64 {
	const n = 1024
	if rate < 8000 {
		return Silence
	}
	limit := 4000 * n / rate
	var high, all float64
	x := make([]complex128, n)
	for start := 0; start+n <= len(pcm); start += n / 2 {
		for i := range x {
			x[i] = complex(float64(pcm[start+i])/32768*hann(i, n), 0)
		}
		fft(x, false)
		for i := 1; i < n/2; i++ {
			p := real(x[i])*real(x[i]) + imag(x[i])*imag(x[i])
			all += p
			if i > limit {
				high += p
			}
		}
	}
	if all == 0 {
		return Silence
	}
	return decibel(high / all)
}

func hann(i, n int) float64 { return 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(n)) }

// decibel turns a power ratio into dB, never below Silence.
func decibel(power float64) float64 {
	if power <= 1e-12 {
		return Silence
	}
	return 10 * math.Log10(power)
}
