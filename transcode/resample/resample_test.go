package resample

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"causeway/transcode"
)

var rates = []int{8000, 12000, 16000, 24000, 32000, 48000}

func sine(rate, n int, hz, amp float64) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(math.Round(amp * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return pcm
}

// level is the amplitude of hz in pcm, by correlation over whole periods.
func level(pcm []int16, rate int, hz float64) float64 {
	var re, im float64
	for i, s := range pcm {
		a := 2 * math.Pi * hz * float64(i) / float64(rate)
		re += float64(s) * math.Cos(a)
		im += float64(s) * math.Sin(a)
	}
	return 2 * math.Hypot(re, im) / float64(len(pcm))
}

func rms(pcm []int16) float64 {
	var sum float64
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(len(pcm)))
}

func run(t *testing.T, from, to int, src []int16) []int16 {
	t.Helper()
	r, err := New(from, to)
	if err != nil {
		t.Fatal(err)
	}
	var got []int16
	block := from / 50
	dst := make([]int16, r.MaxOut(block))
	for len(src) >= block {
		n := r.Resample(dst, src[:block])
		got = append(got, dst[:n]...)
		src = src[block:]
	}
	return got
}

func TestToneKeepsLevelAndPitch(t *testing.T) {
	for _, from := range rates {
		for _, to := range rates {
			if from == to {
				continue
			}
			t.Run(fmt.Sprintf("%d-%d", from, to), func(t *testing.T) {
				got := run(t, from, to, sine(from, from, 1000, 10000))
				if len(got) != to {
					t.Fatalf("%d samples for one second at %d Hz", len(got), to)
				}
				got = got[to/10 : to/10+to/2]
				amp := level(got, to, 1000)
				if db := 20 * math.Log10(amp/10000); math.Abs(db) > 0.1 {
					t.Errorf("level off by %.2f dB", db)
				}
				if snr := 20 * math.Log10(amp/math.Sqrt2/math.Sqrt(math.Abs(rms(got)*rms(got)-amp*amp/2)+1e-9)); snr < 55 {
					t.Errorf("signal to noise %.1f dB", snr)
				}
			})
		}
	}
}

func TestAliasIsGone(t *testing.T) {
	// 6 kHz does not exist at 8 kHz: it must not come back as 2 kHz.
	got := run(t, 16000, 8000, sine(16000, 16000, 6000, 20000))
	if amp := level(got[800:4800], 8000, 2000); amp > 20 {
		t.Errorf("alias of amplitude %.1f (-60 dB is 20)", amp)
	}
	// Nor may 1 kHz at 8 kHz have an image at 7 kHz when the rate is doubled.
	got = run(t, 8000, 16000, sine(8000, 8000, 1000, 20000))
	if amp := level(got[1600:9600], 16000, 7000); amp > 20 {
		t.Errorf("image of amplitude %.1f", amp)
	}
}

func TestFullScaleClips(t *testing.T) {
	src := make([]int16, 1600)
	for i := range src {
		src[i] = math.MaxInt16
		if i/40%2 == 1 {
			src[i] = math.MinInt16
		}
	}
	got := run(t, 16000, 48000, src)
	for i, s := range got[480:] {
		if i > 0 && math.Abs(float64(s)-float64(got[480+i-1])) > 60000 {
			t.Fatalf("wrapped around at %d", i)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range [][2]int{{0, 8000}, {8000, -1}, {8000, 44100}, {1 << 30, 8000}} {
		if _, err := New(c[0], c[1]); !errors.Is(err, transcode.ErrUnsupported) {
			t.Errorf("%v: %v", c, err)
		}
	}
}

func TestResetAndNoAllocations(t *testing.T) {
	r, _ := New(8000, 16000)
	src, dst := sine(8000, 160, 440, 9000), make([]int16, r.MaxOut(160))
	first := make([]int16, len(dst))
	n := r.Resample(first, src)
	if a := testing.AllocsPerRun(100, func() { r.Resample(dst, src) }); a != 0 {
		t.Errorf("%v allocations", a)
	}
	r.Reset()
	if r.Resample(dst, src) != n {
		t.Fatal("another length after Reset")
	}
	for i := range n {
		if dst[i] != first[i] {
			t.Fatal("Reset left something behind")
		}
	}
}

func BenchmarkResample(b *testing.B) {
	for _, c := range [][2]int{{8000, 16000}, {16000, 8000}, {48000, 8000}} {
		b.Run(fmt.Sprintf("%d-%d", c[0], c[1]), func(b *testing.B) {
			r, _ := New(c[0], c[1])
			src, dst := sine(c[0], c[0]/50, 440, 9000), make([]int16, r.MaxOut(c[0]/50))
			for b.Loop() {
				r.Resample(dst, src)
			}
		})
	}
}
