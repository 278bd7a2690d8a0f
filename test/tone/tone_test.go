package tone

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// speech makes something with the shape of speech: syllables of a voiced buzz through moving
// resonances, fricative noise between, pauses. The seed is the speaker and the text.
func speech(seed uint64, rate int, d time.Duration) []int16 {
	r := rand.New(rand.NewPCG(seed, 7))
	out := make([]int16, int(d.Seconds()*float64(rate)))
	pitch := 90 + 120*r.Float64()
	phase := 0.0
	for i := 0; i < len(out); {
		n := int((0.08 + 0.2*r.Float64()) * float64(rate))
		kind := r.IntN(5)
		f1, f2, f3 := 250+600*r.Float64(), 900+1500*r.Float64(), 2400+1200*r.Float64()
		var gains []float64 // by harmonic
		for f := pitch; f < 4500; f += pitch {
			gain := 0.0
			for _, c := range [...]float64{f1, f2, f3} {
				gain += 1 / (1 + math.Pow((f-c)/90, 2))
			}
			gains = append(gains, 0.9*gain*pitch/f)
		}
		for k := 0; k < n && i < len(out); k, i = k+1, i+1 {
			envelope := math.Sin(math.Pi * float64(k) / float64(n))
			v := 0.0
			switch {
			case kind == 0: // pause
			case kind == 1: // fricative: noise with its weight on top
				v = 0.08 * (r.Float64() - 0.5)
			default:
				phase += 2 * math.Pi * pitch / float64(rate)
				for h, gain := range gains {
					v += gain * math.Sin(float64(h+1)*phase)
				}
			}
			out[i] = int16(max(-32000, min(32000, 12000*envelope*v)))
		}
	}
	return out
}

func TestSineIsFound(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		for _, hz := range []float64{211.3, 440, 697, 1000, 3100} {
			pcm := Sine(rate, hz, -9, 2*time.Second)
			got, level := Strongest(pcm, rate)
			if math.Abs(got-hz) > 0.5 || math.Abs(level+9) > 0.3 {
				t.Errorf("%d Hz rate: %g Hz at -9 dBFS found as %g at %g", rate, hz, got, level)
			}
			if l := Goertzel(pcm, rate, hz); math.Abs(l+9) > 0.3 {
				t.Errorf("%d Hz rate: goertzel at %g Hz is %g dBFS, want -9", rate, hz, l)
			}
			if l := Goertzel(pcm, rate, hz+123); l > -50 {
				t.Errorf("%d Hz rate: goertzel beside %g Hz is %g dBFS", rate, hz, l)
			}
			if l := Level(pcm); math.Abs(l+9) > 0.1 {
				t.Errorf("level %g, want -9", l)
			}
		}
	}
}

func TestStrongestOfTwoAndOfNothing(t *testing.T) {
	mixed := Mix(Sine(16000, 440, -10, time.Second), Sine(16000, 1300, -20, time.Second))
	if hz, _ := Strongest(mixed, 16000); math.Abs(hz-440) > 1 {
		t.Errorf("strongest is %g, want 440", hz)
	}
	if l := Goertzel(mixed, 16000, 1300); math.Abs(l+20) > 0.5 {
		t.Errorf("the weaker one is at %g, want -20", l)
	}
	for _, pcm := range [][]int16{nil, make([]int16, 10), make([]int16, 16000)} {
		if hz, l := Strongest(pcm, 16000); hz != 0 || l != Silence {
			t.Errorf("silence of %d samples has %g Hz at %g", len(pcm), hz, l)
		}
	}
}

func TestCompareFindsTheSpeakerAndTheDelay(t *testing.T) {
	const rate = 16000
	reference := speech(1, rate, 4*time.Second)
	const lag = 3217
	r := rand.New(rand.NewPCG(3, 3))
	late := make([]int16, lag+len(reference))
	for i, s := range reference {
		late[lag+i] = s/2 + int16(r.IntN(60)-30)
	}
	m, err := Compare(reference, late, rate, rate, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Duration(lag) * time.Second / rate; m.Delay != want {
		t.Errorf("delay %v, want %v", m.Delay, want)
	}
	if m.Bands < 0.9 || m.Wave < 0.97 {
		t.Errorf("the same speech: bands %.3f, wave %.3f", m.Bands, m.Wave)
	}
	other, err := Compare(reference, speech(2, rate, 5*time.Second), rate, rate, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if other.Bands > 0.4 || other.Wave > 0.4 {
		t.Errorf("another speaker: bands %.3f, wave %.3f", other.Bands, other.Wave)
	}
	t.Logf("same %+v, other %+v", m, other)
}

func TestCompareRefusesWhatCannotBeCompared(t *testing.T) {
	s := speech(1, 16000, time.Second)
	if _, err := Compare(s, s, 16000, 8000, time.Second); !errors.Is(err, ErrRate) {
		t.Errorf("different rates: %v", err)
	}
	if _, err := Compare(s, nil, 16000, 16000, time.Second); !errors.Is(err, ErrShort) {
		t.Errorf("nothing recorded: %v", err)
	}
	if _, err := Compare(make([]int16, 32000), s, 16000, 16000, time.Second); !errors.Is(err, ErrShort) {
		t.Errorf("silent reference: %v", err)
	}
}

func TestHighShareTellsWidebandFromNarrowband(t *testing.T) {
	const rate = 16000
	low, high := Sine(rate, 1000, -10, time.Second), Sine(rate, 6000, -30, time.Second)
	if share := HighShare(Mix(low, high), rate); math.Abs(share+20) > 0.5 {
		t.Errorf("share %g dB, want -20", share)
	}
	if share := HighShare(low, rate); share > -60 {
		t.Errorf("narrowband has a share of %g dB above 4 kHz", share)
	}
	if share := HighShare(nil, rate); share != Silence {
		t.Errorf("nothing has %g", share)
	}
}

func TestLongestGap(t *testing.T) {
	pcm := append(Sine(8000, 440, -10, time.Second), make([]int16, 2400)...)
	pcm = append(pcm, Sine(8000, 440, -10, time.Second)...)
	if gap := Longest(pcm, 8000, -50); gap != 300*time.Millisecond {
		t.Errorf("gap %v, want 300 ms", gap)
	}
}

func TestMixClips(t *testing.T) {
	if got := Mix([]int16{30000, -30000}, []int16{30000, -30000, 5}); got[0] != 32767 || got[1] != -32768 || got[2] != 5 {
		t.Errorf("got %v", got)
	}
}

func TestWAVRoundTrip(t *testing.T) {
	want := Sine(16000, 500, -3, 100*time.Millisecond)
	var b bytes.Buffer
	if err := WriteWAV(&b, want, 16000); err != nil {
		t.Fatal(err)
	}
	raw := b.Bytes()
	got, rate, err := ReadWAV(bytes.NewReader(raw))
	if err != nil || rate != 16000 || len(got) != len(want) || got[7] != want[7] {
		t.Fatalf("read %d samples at %d: %v", len(got), rate, err)
	}
	streamed := bytes.Clone(raw)
	copy(streamed[40:], []byte{0xff, 0xff, 0xff, 0xff})
	if got, _, err = ReadWAV(bytes.NewReader(streamed)); err != nil || len(got) != len(want) {
		t.Errorf("a file with an open end: %d samples, %v", len(got), err)
	}
	for n := range 44 {
		if _, _, err := ReadWAV(bytes.NewReader(raw[:n])); !errors.Is(err, ErrWAV) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
}

func FuzzReadWAV(f *testing.F) {
	var b bytes.Buffer
	if err := WriteWAV(&b, Sine(8000, 440, -3, 10*time.Millisecond), 8000); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		pcm, rate, err := ReadWAV(bytes.NewReader(raw))
		if err == nil && (rate <= 0 || 2*len(pcm) > len(raw)) {
			t.Fatalf("%d samples at %d Hz out of %d bytes", len(pcm), rate, len(raw))
		}
	})
}
