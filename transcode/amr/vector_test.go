//go:build cgo

package amr

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"causeway/transcode"
	"causeway/transcode/codectest"
	"causeway/transcode/g722"
)

// twins are the vector encoder and Debian's library, fed alike.
type twins struct {
	ours, theirs encodeEngine
	a, b         engineFrame
	frames       int
}

func newTwins(t testing.TB, dtx bool) *twins {
	t.Helper()
	ours := newVectorEncoder(dtx)
	if ours == nil {
		t.Skip("no vector encoder on this processor")
	}
	theirs, err := newLibraryEncoder(dtx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.close(); theirs.close() })
	return &twins{ours: ours, theirs: theirs}
}

// speak encodes pcm with both, in the mode that next gives for each frame. The library writes into its input, so each has its own.
func (w *twins) speak(t testing.TB, pcm []int16, next func() int) {
	t.Helper()
	var x, y [320]int16
	for ; len(pcm) >= len(x); pcm = pcm[len(x):] {
		mode := next()
		copy(x[:], pcm)
		copy(y[:], pcm)
		w.a, w.b = engineFrame{}, engineFrame{}
		n, m := w.ours.encode(mode, x[:], &w.a), w.theirs.encode(mode, y[:], &w.b)
		if n != m || !bytes.Equal(w.a[:], w.b[:]) {
			t.Fatalf("frame %d, mode %d:\n%x (%d)\n%x (%d) by the library", w.frames, mode, w.a, n, w.b, m)
		}
		w.frames++
	}
}

// harsh are signals that speech never is: what saturates if anything does.
func harsh(rng *rand.Rand, n int) []int16 {
	pcm := make([]int16, n)
	for start := 0; start < n; start += 1600 {
		part := pcm[start:min(n, start+1600)]
		kind, shift, hz := rng.IntN(7), rng.IntN(16), rng.Float64()*math.Pi
		for i := range part {
			switch kind {
			case 0: // full scale, either sign at random
				part[i] = int16(32767 - 65535*rng.IntN(2))
			case 1: // noise of any level
				part[i] = int16(rng.IntN(65536)-32768) >> shift
			case 2: // a square wave of any level
				part[i] = int16(math.Copysign(32767, math.Sin(hz*float64(i)))) >> shift
			case 3: // a sine, clipped
				part[i] = int16(min(max(90000*math.Sin(hz*float64(i)), -32768), 32767))
			case 4: // clicks
				if rng.IntN(200) == 0 {
					part[i] = -32768
				}
			case 5: // the lowest value
				part[i] = -32768
			}
		}
	}
	return pcm
}

// TestVectorEncoderIsTheLibrary: the encoder with AVX2 sends, bit for bit, what Debian's library sends: human and synthetic speech, silence,
// and signals that saturate, through all modes in any order, with DTX and without. AMR_MINUTES is how much of each (1 by default).
func TestVectorEncoderIsTheLibrary(t *testing.T) {
	minutes, err := strconv.Atoi(os.Getenv("AMR_MINUTES"))
	if err != nil {
		minutes = 1
	}
	const second = 16000
	var prompts []int16
	files, _ := filepath.Glob("/usr/share/asterisk/sounds/*/*.g722")
	for _, f := range files {
		if len(prompts) < minutes*60*second {
			prompts = append(prompts, prompt(t, f)...)
		}
	}
	for _, dtx := range []bool{false, true} {
		rng := rand.New(rand.NewPCG(7, 9))
		w := newTwins(t, dtx)
		mode := 0
		wander := func() int {
			if rng.IntN(25) == 0 {
				mode = rng.IntN(9)
			}
			return mode
		}
		w.speak(t, codectest.Speech(16000, 20*second), wander)
		w.speak(t, make([]int16, 5*second), wander)
		w.speak(t, prompts, wander)
		for range minutes * 3 {
			w.speak(t, harsh(rng, 10*second), wander)
			w.speak(t, codectest.Speech(16000, second), wander)
		}
		t.Logf("DTX %v: %d frames alike", dtx, w.frames)
	}
}

// FuzzVectorEncoder: no sound makes a difference.
func FuzzVectorEncoder(f *testing.F) {
	f.Add(uint8(2), []byte{0, 0x80, 0xff, 0x7f})
	f.Add(uint8(8), []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
	f.Fuzz(func(t *testing.T, seed uint8, data []byte) {
		if len(data) == 0 || len(data) > 4096 {
			return
		}
		w := newTwins(t, seed&1 == 1)
		pcm := make([]int16, 6*320)
		for i := range pcm {
			pcm[i] = int16(uint16(data[2*i%len(data)])<<8 | uint16(data[(2*i+1)%len(data)]))
		}
		mode := int(seed >> 1)
		w.speak(t, pcm, func() int { mode++; return mode % 9 })
	})
}

// BenchmarkWideEncoder compares the two, in the default mode.
func BenchmarkWideEncoder(b *testing.B) {
	w := newTwins(b, false)
	pcm := codectest.Speech(16000, 4*16000)
	for name, e := range map[string]encodeEngine{"vector": w.ours, "library": w.theirs} {
		b.Run(name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				at := i * 320 % len(pcm)
				e.encode(2, pcm[at:at+320], &w.a)
			}
		})
	}
}

// prompt is a recorded human voice at 16 kHz.
func prompt(t *testing.T, file string) (pcm []int16) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := g722.Codec{}.NewDecoder(transcode.Format{Name: "G722", ClockRate: 8000}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	out := make([]int16, 4000)
	for ; len(data) >= 160; data = data[160:] {
		n, err := dec.Decode(out, data[:160])
		if err != nil {
			t.Fatal(err)
		}
		pcm = append(pcm, out[:n]...)
	}
	return pcm
}
