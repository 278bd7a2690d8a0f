package codectest

import (
	"math"
	"slices"
	"testing"
)

func TestMeasuresOfATone(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		pcm := Tone(rate, rate/2, 1000, 8000)
		if l := Level(pcm, rate, 1000); math.Abs(DB(l, 8000)) > 0.01 {
			t.Errorf("%d Hz: level %.1f", rate, l)
		}
		if l := Level(pcm, rate, 2000); l > 8 {
			t.Errorf("%d Hz: level %.1f where there is nothing", rate, l)
		}
		if f := Frequency(pcm, rate, 300, 3000, 50); f != 1000 {
			t.Errorf("%d Hz: frequency %g", rate, f)
		}
		if r := RMS(pcm); math.Abs(DB(r, 8000/math.Sqrt2)) > 0.01 {
			t.Errorf("%d Hz: RMS %.1f", rate, r)
		}
	}
	if RMS(nil) != 0 {
		t.Error("RMS of nothing")
	}
}

// TestSpeech: the same each time, loud enough, with pauses, and told apart from itself half a
// second later.
func TestSpeech(t *testing.T) {
	pcm := Speech(16000, 48000)
	if !slices.Equal(pcm, Speech(16000, 48000)) {
		t.Error("another signal the second time")
	}
	if r := RMS(pcm); r < 500 || r > 8000 {
		t.Errorf("RMS %.0f", r)
	}
	pauses := 0
	for i := 0; i+320 <= len(pcm); i += 320 {
		if RMS(pcm[i:i+320]) < 20 {
			pauses++
		}
	}
	if pauses < 10 || pauses > 60 {
		t.Errorf("%d of 150 frames silent", pauses)
	}
	a, b := Bands(pcm[:40000], 16000, 6000), Bands(pcm[8000:], 16000, 6000)
	if same, other := Correlation(a, a), Correlation(a, b); same < 0.999 || other > 0.8 {
		t.Errorf("correlation %.3f with itself, %.3f with another part", same, other)
	}
}
