package g711

import (
	"errors"
	"testing"
	"time"

	"causeway/transcode"
	"causeway/transcode/codectest"
)

func subjects() []codectest.Subject {
	var list []codectest.Subject
	for _, c := range Codecs() {
		for _, ptime := range []time.Duration{0, 30 * time.Millisecond, 60 * time.Millisecond} {
			list = append(list, codectest.Subject{Codec: c, Format: transcode.Format{Name: c.Name(), ClockRate: 8000, PTime: ptime}})
		}
	}
	return list
}

func TestSuite(t *testing.T) {
	for _, s := range subjects() {
		t.Run(s.Codec.Name()+"/"+s.Format.PTime.String(), func(t *testing.T) { codectest.Run(t, s) })
	}
}

// TestTables compares the laws with values from G.711 tables 1 and 2 (decision and output values
// brought to 16 bits).
func TestTables(t *testing.T) {
	mu := map[byte]int16{0xFF: 0, 0x7F: 0, 0x80: 32124, 0x00: -32124, 0x8F: 16764, 0x9F: 8316, 0xEF: 132, 0xFE: 8, 0x7E: -8}
	for code, want := range mu {
		if got := expandMu(code); got != want {
			t.Errorf("mu-law %02x: %d, want %d", code, got, want)
		}
	}
	a := map[byte]int16{0xD5: 8, 0x55: -8, 0xAA: 32256, 0x2A: -32256, 0xC5: 264, 0xD4: 24, 0xF5: 528, 0x80: 5504}
	for code, want := range a {
		if got := expandA(code); got != want {
			t.Errorf("A-law %02x: %d, want %d", code, got, want)
		}
	}
}

// TestNearest checks all 65536 samples: the code chosen stands for a value not farther away than
// its interval, codes rise with samples, and each code comes back as itself.
func TestNearest(t *testing.T) {
	for _, c := range []struct {
		name     string
		compress func(int16) byte
		expand   func(byte) int16
		least    int // half the smallest step
	}{{"mu", compressMu, expandMu, 4}, {"A", compressA, expandA, 8}} {
		for code := range 256 {
			if got := c.compress(c.expand(byte(code))); got != byte(code) && !(c.name == "mu" && code == 0x7F) {
				t.Fatalf("%s: code %02x came back as %02x", c.name, code, got)
			}
		}
		previous := int16(-32768)
		for s := -32768; s <= 32767; s++ {
			v := c.expand(c.compress(int16(s)))
			if v < previous {
				t.Fatalf("%s: falls at %d", c.name, s)
			}
			previous = v
			if off, most := abs(int(v)-s), max(c.least, abs(s)/28+4); off > most && abs(s) < 32636 {
				t.Fatalf("%s: %d became %d", c.name, s, v)
			}
		}
	}
}

func abs(x int) int { return max(x, -x) }

func TestTooLong(t *testing.T) {
	d, err := Codecs()[0].NewDecoder(transcode.Format{ClockRate: 8000}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Decode(make([]int16, 8000), make([]byte, 1921)); !errors.Is(err, transcode.ErrPayload) {
		t.Fatal(err)
	}
}

func BenchmarkG711(b *testing.B) {
	for _, s := range subjects() {
		if s.Format.PTime == 0 {
			b.Run(s.Codec.Name(), func(b *testing.B) { codectest.Benchmark(b, s) })
		}
	}
}
