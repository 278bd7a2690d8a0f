package g722

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"testing"
	"time"

	"causeway/transcode"
	"causeway/transcode/codectest"
)

func subjects() []codectest.Subject {
	var list []codectest.Subject
	for _, ptime := range []time.Duration{0, 40 * time.Millisecond, 60 * time.Millisecond} {
		list = append(list, codectest.Subject{
			Codec:  Codec{},
			Format: transcode.Format{Name: "G722", ClockRate: 8000, PTime: ptime},
			Tones:  []float64{440, 1000, 3000},
		})
	}
	return list
}

func TestSuite(t *testing.T) {
	for _, s := range subjects() {
		t.Run(s.Format.PTime.String(), func(t *testing.T) { codectest.Run(t, s) })
	}
}

func file(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func samples(data []byte) []int16 {
	pcm := make([]int16, len(data)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
	}
	return pcm
}

// TestEncoderAgainstFFmpeg: signal.s16 is a chirp, pulses, silence and full-scale noise;
// signal.g722 is what ffmpeg 5.1 makes of it. Block sizes must not matter.
func TestEncoderAgainstFFmpeg(t *testing.T) {
	pcm, want := samples(file(t, "signal.s16")), file(t, "signal.g722")
	for _, block := range []int{320, 2, 34, 640, len(pcm)} {
		c, got := newCoder(), make([]byte, 0, len(want))
		for rest := pcm; len(rest) > 0; {
			n := min(block, len(rest))
			out := make([]byte, n/2)
			c.encode(out, rest[:n])
			got, rest = append(got, out...), rest[n:]
		}
		if len(got) != len(want) {
			t.Fatalf("%d octets, want %d", len(got), len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("block %d: octet %d is %02x, want %02x", block, i, got[i], want[i])
			}
		}
	}
}

// TestDecoderAgainstFFmpeg decodes a real stream and one of random octets.
func TestDecoderAgainstFFmpeg(t *testing.T) {
	for in, out := range map[string]string{"signal.g722": "decoded.s16", "octets.g722": "octets.s16"} {
		src, want := file(t, in), samples(file(t, out))
		c, got := newDecoderState(), make([]int16, len(src)*2)
		c.decode(got[:100], src[:50])
		c.decode(got[100:], src[50:])
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%s: sample %d is %d, want %d", in, i, got[i], want[i])
			}
		}
	}
}

func TestResetBeginsAnew(t *testing.T) {
	d, err := Codec{}.NewDecoder(transcode.Format{ClockRate: 8000}, 0)
	if err != nil {
		t.Fatal(err)
	}
	src := file(t, "signal.g722")[:160]
	first, again := make([]int16, 320), make([]int16, 320)
	if _, err := d.Decode(first, src); err != nil {
		t.Fatal(err)
	}
	d.(*decoder).Reset()
	if _, err := d.Decode(again, src); err != nil {
		t.Fatal(err)
	}
	for i := range first {
		if first[i] != again[i] {
			t.Fatalf("sample %d differs after Reset", i)
		}
	}
	if _, err := d.Decode(make([]int16, 8000), bytes.Repeat([]byte{1}, 1921)); !errors.Is(err, transcode.ErrPayload) {
		t.Fatal(err)
	}
}

func BenchmarkG722(b *testing.B) { codectest.Benchmark(b, subjects()[0]) }
