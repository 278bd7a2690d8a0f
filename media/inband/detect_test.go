package inband

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"causeway/test/lab/codec"
	"causeway/transcode"
	"causeway/transcode/g711"
)

const ms = time.Millisecond

var allSpeech = flag.Bool("all-speech", false, "hold the detector against all installed speech")

// TestLawsAgree: both laws are those of package g711, every octet and every sample.
func TestLawsAgree(t *testing.T) {
	for _, c := range g711.Codecs() {
		f := transcode.Format{Name: c.Name(), ClockRate: 8000, PTime: 5 * ms}
		dec, err := c.NewDecoder(f, 0)
		if err != nil {
			t.Fatal(err)
		}
		enc, err := c.NewEncoder(f, 0)
		if err != nil {
			t.Fatal(err)
		}
		law, all, pcm := LawOf(c.Name()), make([]byte, 256), make([]int16, 2000)
		for i := range all {
			all[i] = byte(i)
		}
		if _, err := dec.Decode(pcm, all); err != nil {
			t.Fatal(err)
		}
		for i := range all {
			if got := law.Expand(byte(i)); got != pcm[i] {
				t.Errorf("%s: octet %#x is %d, want %d", c.Name(), i, got, pcm[i])
			}
		}
		in, out := make([]int16, 40), make([]byte, 40)
		for v := -32768; v < 32768; v += 40 {
			for i := range in {
				in[i] = int16(min(v+i, 32767))
			}
			if _, err := enc.Encode(out, in); err != nil {
				t.Fatal(err)
			}
			for i := range in {
				// The two encoders may break a tie differently; what is heard must be as near.
				got, want := law.Expand(law.Compress(in[i])), law.Expand(out[i])
				if abs(int(got)-int(in[i])) > abs(int(want)-int(in[i])) {
					t.Fatalf("%s: sample %d becomes %d, the codec's %d is nearer", c.Name(), in[i], got, want)
				}
			}
		}
	}
}

func abs(v int) int { return max(v, -v) }

// TestQ24 plays the limits of ITU-T Q.24 (AT&T's column), every key, both laws, in every position against the blocks.
func TestQ24(t *testing.T) {
	rng := rand.New(rand.NewPCG(24, 24))
	for _, c := range []struct {
		name                string
		lowOff, highOff     float64 // of the frequency
		lowLevel, highLevel float64
		length, gap         time.Duration
		noise               float64 // dBm0, 0 for none
		want                int     // keys heard of 3 sent
	}{
		{"ordinary", 0, 0, -10, -8, 70 * ms, 70 * ms, 0, 3},
		{"shortest", 0, 0, -10, -8, 40 * ms, 40 * ms, 0, 3},
		{"long", 0, 0, -10, -8, 800 * ms, 60 * ms, 0, 3},
		{"soft", 0, 0, -25, -25, 50 * ms, 50 * ms, 0, 3},
		{"loud", 0, 0, 0, 0, 50 * ms, 50 * ms, 0, 3},
		{"high tone 4 dB stronger", 0, 0, -14, -10, 50 * ms, 50 * ms, 0, 3},
		{"low tone 8 dB stronger", 0, 0, -10, -18, 50 * ms, 50 * ms, 0, 3},
		{"1.5 % high", 0.015, 0.015, -10, -10, 50 * ms, 50 * ms, 0, 3},
		{"1.5 % low", -0.015, -0.015, -10, -10, 50 * ms, 50 * ms, 0, 3},
		{"1.5 % apart", 0.015, -0.015, -10, -10, 40 * ms, 40 * ms, 0, 3},
		{"noise 15 dB below each tone", 0, 0, -10, -10, 60 * ms, 60 * ms, -25, 3},
		{"low tone 3.5 % off", 0.035, 0, -10, -10, 60 * ms, 60 * ms, 0, 0},
		{"high tone 3.5 % off", 0, -0.035, -10, -10, 60 * ms, 60 * ms, 0, 0},
		{"too short", 0, 0, -10, -8, 22 * ms, 60 * ms, 0, 0},
		{"too soft", 0, 0, -40, -40, 60 * ms, 60 * ms, 0, 0},
		{"high tone 10 dB stronger", 0, 0, -20, -10, 60 * ms, 60 * ms, 0, 0},
		{"low tone 14 dB stronger", 0, 0, -6, -20, 60 * ms, 60 * ms, 0, 0},
		{"gap of 10 ms is none", 0, 0, -10, -8, 60 * ms, 10 * ms, 0, 1},
	} {
		for _, law := range []Law{Mu, A} {
			for code := range uint8(16) {
				for _, offset := range []time.Duration{0, 6 * ms} {
					row, column := place(code)
					s := (&signal{}).silence(50*ms + offset)
					for range 3 {
						s.tone(frequency(row)*(1+c.lowOff), frequency(lows+column)*(1+c.highOff), c.lowLevel, c.highLevel, c.length).silence(c.gap)
					}
					s.silence(100 * ms)
					if c.noise != 0 {
						s.noise(c.noise, rng)
					}
					got := s.listen(law)
					if len(got) != c.want || slices.ContainsFunc(codes(got), func(k uint8) bool { return k != code }) {
						t.Errorf("%s: law %d, key %d at %v: heard %v", c.name, law, code, offset, got)
					}
				}
			}
		}
	}
}

// TestLengths: the length of a key is right to 15 ms.
func TestLengths(t *testing.T) {
	for _, length := range []time.Duration{40 * ms, 65 * ms, 100 * ms, 133 * ms, 400 * ms, 3 * time.Second} {
		for offset := range 10 {
			s := (&signal{}).silence(50*ms+time.Duration(offset)*ms).tone(852, 1336, -10, -10, length).silence(100 * ms)
			var got time.Duration
			d := NewDetector(func(uint8) {}, func(_ uint8, l time.Duration) { got = l })
			payload := make([]byte, len(s.pcm))
			for i, v := range s.pcm {
				payload[i] = Mu.Compress(int16(v))
			}
			d.Packet(Mu, payload, 5)
			d.End()
			if d := got - length; d < -15*ms || d > 15*ms {
				t.Errorf("%v at %d ms: heard %v", length, offset, got)
			}
		}
	}
}

// TestPacketsLost: a packet that is missing, doubled or late neither splits a key nor makes one; a stream that starts anew ends it.
func TestPacketsLost(t *testing.T) {
	s := (&signal{}).silence(60*ms).tone(697, 1209, -10, -10, 400*ms).silence(100 * ms)
	var packets [][]byte
	for i := 0; i+160 <= len(s.pcm); i += 160 {
		p := make([]byte, 160)
		for k := range p {
			p[k] = A.Compress(int16(s.pcm[i+k]))
		}
		packets = append(packets, p)
	}
	for name, c := range map[string]struct {
		send func(feed func(int))
		want int
	}{
		"one lost":    {func(feed func(int)) { each(len(packets), func(i int) { skip(i == 10, feed, i) }) }, 1},
		"two lost":    {func(feed func(int)) { each(len(packets), func(i int) { skip(i == 10 || i == 11, feed, i) }) }, 1},
		"seven lost":  {func(feed func(int)) { each(len(packets), func(i int) { skip(i >= 8 && i < 15, feed, i) }) }, 2},
		"all doubled": {func(feed func(int)) { each(len(packets), func(i int) { feed(i); feed(i) }) }, 1},
		"two swapped": {func(feed func(int)) {
			each(len(packets), func(i int) { feed(map[int]int{10: 11, 11: 10}[i] + map[bool]int{true: i}[i != 10 && i != 11]) })
		}, 1},
	} {
		n := 0
		d := NewDetector(func(uint8) {}, func(code uint8, _ time.Duration) {
			if n++; code != 1 {
				t.Errorf("%s: key %d", name, code)
			}
		})
		c.send(func(i int) { d.Packet(A, packets[i], uint32(i*160)-2000) })
		d.End()
		if n != c.want {
			t.Errorf("%s: %d keys, want %d", name, n, c.want)
		}
	}
}

// TestTalkOff: nobody's speech is a key. The material is the lab's clip and, where they are installed (make deps-test), all of Debian's
// announcements for Asterisk in five languages, loud and soft, with both laws: a few of them, and with -all-speech every one, which is
// over two hours of speech.
func TestTalkOff(t *testing.T) {
	total, keys := time.Duration(0), 0
	judge := func(name string, pcm []int16) {
		for _, gain := range []float64{1, 0.25} {
			for _, law := range []Law{Mu, A} {
				s := &signal{}
				for _, v := range pcm {
					s.pcm = append(s.pcm, gain*float64(v))
				}
				if got := s.listen(law); len(got) > 0 {
					t.Errorf("%s, law %d, gain %.2f: heard %v", name, law, gain, got)
					keys += len(got)
				}
				total += time.Duration(len(pcm)) * time.Second / rate
			}
		}
	}
	var half codec.Halve
	judge("the lab's announcement", half.Read(labSpeech(t)))
	files, _ := filepath.Glob("/usr/share/asterisk/sounds/*/*.g722")
	more, _ := filepath.Glob("/usr/share/asterisk/sounds/*/*/*.g722")
	for i, f := range append(files, more...) {
		if !*allSpeech && i%200 != 0 {
			continue
		}
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		d, err := codec.NewDecoder("G722")
		if err != nil {
			t.Fatal(err)
		}
		var pcm []int16
		for ; len(data) >= 160; data = data[160:] {
			sound, err := d.Decode(data[:160])
			if err != nil {
				t.Fatal(err)
			}
			pcm = append(pcm, half.Read(sound)...)
		}
		d.Close()
		judge(f, pcm)
	}
	t.Logf("%v of speech, %d false keys", total, keys)
}

// TestOwnTones: every key that is made is heard, as long as it was made.
func TestOwnTones(t *testing.T) {
	for _, law := range []Law{Mu, A} {
		var want, got []string
		d := NewDetector(func(uint8) {}, func(code uint8, l time.Duration) { got = append(got, fmt.Sprintf("%d %v", code, l.Round(20*ms))) })
		ts, payload := uint32(0), make([]byte, 160)
		for code := range uint8(16) {
			tone := NewTone(law, code, 100*ms)
			for range 10 {
				tone.Read(payload)
				d.Packet(law, payload, ts)
				ts += 160
			}
			want = append(want, fmt.Sprintf("%d 100ms", code))
		}
		d.End()
		if !slices.Equal(got, want) {
			t.Errorf("law %d: %v", law, got)
		}
	}
}

func TestUntil(t *testing.T) {
	tone, payload := NewTone(A, 5, time.Hour), make([]byte, 160)
	tone.Read(payload)
	if tone.Stopped() {
		t.Fatal("ended by itself")
	}
	tone.Until(0)
	tone.Read(payload)
	if !tone.Stopped() || A.Expand(payload[159]) > 8 || A.Expand(payload[10]) == A.Expand(payload[159]) {
		t.Errorf("not ended: % x", payload)
	}
}

func TestNoAllocations(t *testing.T) {
	d, tone, payload, ts := NewDetector(func(uint8) {}, func(uint8, time.Duration) {}), NewTone(Mu, 5, time.Second), make([]byte, 160), uint32(0)
	if n := testing.AllocsPerRun(100, func() {
		tone.Read(payload)
		d.Packet(Mu, payload, ts)
		ts += 160
	}); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
}

// FuzzDetector: whatever comes, keys are pressed and released in turns, and none is longer than what came.
func FuzzDetector(f *testing.F) {
	f.Add([]byte{1, 2, 3}, uint32(0), uint32(3), true)
	f.Fuzz(func(t *testing.T, payload []byte, first, second uint32, a bool) {
		down := false
		d := NewDetector(func(code uint8) {
			if down || code > 15 {
				t.Fatalf("key %d pressed, down %v", code, down)
			}
			down = true
		}, func(_ uint8, length time.Duration) {
			if !down || length <= 0 || length > time.Duration(2*len(payload)+240)*time.Second/rate {
				t.Fatalf("released after %v, down %v", length, down)
			}
			down = false
		})
		law := Mu
		if a {
			law = A
		}
		d.Packet(law, payload, first)
		d.Packet(law, payload, second)
		d.End()
		if down {
			t.Fatal("still down")
		}
	})
}

func BenchmarkDetector(b *testing.B) {
	pcm := make([]byte, 160)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range pcm {
		pcm[i] = Mu.Compress(int16(rng.NormFloat64() * 3000))
	}
	d, ts := NewDetector(func(uint8) {}, func(uint8, time.Duration) {}), uint32(0)
	for b.Loop() {
		d.Packet(Mu, pcm, ts)
		ts += 160
	}
}
