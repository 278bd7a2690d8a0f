package video

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"
)

// log writes down what an assembler does: frames as the first octets of their payloads, "lost" for holes.
type log struct {
	a    assembler
	said []string
}

// Payloads of these tests are two octets: whether a frame begins, and a letter.
func newLog() *log {
	l := &log{}
	l.a = assembler{hold: 100 * time.Millisecond, begins: func(p []byte) bool { return len(p) > 0 && p[0] == 1 },
		deliver: func(ts uint32, payloads [][]byte) {
			var b []byte
			for _, p := range payloads {
				b = append(b, p[1:]...)
			}
			l.said = append(l.said, fmt.Sprintf("%s@%d", b, ts))
		}, lost: func() { l.said = append(l.said, "lost") }}
	return l
}

func TestAssembler(t *testing.T) {
	type packet struct {
		ms     int
		seq    uint16
		ts     uint32
		marker bool
		begins bool
		letter string
	}
	for name, c := range map[string]struct {
		in   []packet
		want []string
	}{
		"in order over the wrap": {[]packet{{0, 65535, 1, false, true, "a"}, {0, 0, 1, true, false, "b"}, {9, 1, 2, true, true, "c"}}, []string{"ab@1", "c@2"}},
		"reordered":              {[]packet{{0, 1, 1, true, true, "a"}, {0, 3, 2, true, false, "c"}, {0, 2, 2, false, true, "b"}, {0, 3, 2, true, false, "c"}}, []string{"a@1", "bc@2"}},
		"no marker":              {[]packet{{0, 1, 1, false, true, "a"}, {0, 2, 1, false, false, "b"}, {0, 3, 2, false, true, "c"}}, []string{"ab@1"}},
		"hole waits":             {[]packet{{0, 1, 1, true, true, "a"}, {0, 3, 2, true, false, "c"}, {99, 4, 3, true, true, "d"}}, []string{"a@1"}},
		"hole filled late":       {[]packet{{0, 1, 1, true, true, "a"}, {0, 3, 2, true, false, "c"}, {99, 4, 3, true, true, "d"}, {99, 2, 2, false, true, "b"}}, []string{"a@1", "bc@2", "d@3"}},
		"hole given up":          {[]packet{{0, 1, 1, true, true, "a"}, {0, 3, 2, true, false, "c"}, {100, 4, 3, true, true, "d"}}, []string{"a@1", "lost", "d@3"}},
		"last packet lost":       {[]packet{{0, 1, 1, true, true, "a"}, {0, 2, 2, false, true, "b"}, {30, 4, 3, true, true, "d"}, {150, 5, 4, true, true, "e"}}, []string{"a@1", "lost", "d@3", "e@4"}},
		"begins in the middle":   {[]packet{{0, 1, 1, false, false, "a"}, {0, 2, 1, true, false, "b"}, {0, 3, 2, true, true, "c"}}, []string{"c@2"}},
		"one stray number":       {[]packet{{0, 1, 1, true, true, "a"}, {0, 30000, 1, true, true, "x"}, {0, 2, 2, true, true, "b"}}, []string{"a@1", "b@2"}},
		"new numbers":            {[]packet{{0, 1, 1, true, true, "a"}, {0, 30000, 7, true, true, "x"}, {0, 30001, 8, true, true, "y"}, {0, 30002, 9, true, true, "z"}}, []string{"a@1", "lost", "y@8", "z@9"}},
		"padding":                {[]packet{{0, 1, 1, true, true, "a"}, {0, 2, 1, false, false, ""}, {0, 3, 2, true, true, "b"}}, []string{"a@1", "b@2"}},
	} {
		l := newLog()
		for _, p := range c.in {
			payload := []byte{0}
			if p.begins {
				payload[0] = 1
			}
			if payload = append(payload, p.letter...); p.letter == "" {
				payload = nil
			}
			l.a.push(p.seq, p.ts, p.marker, payload, start().Add(time.Duration(p.ms)*time.Millisecond))
		}
		if !slices.Equal(l.said, c.want) {
			t.Errorf("%s: %q, want %q", name, l.said, c.want)
		}
	}
}

// TestAssemblerStartsAnew: a stream whose numbers jump back is followed after a moment.
func TestAssemblerStartsAnew(t *testing.T) {
	l := newLog()
	for seq := range uint16(100) {
		l.a.push(1000+seq, uint32(seq), true, []byte{1, 'a'}, start())
	}
	for seq := range uint16(100) {
		l.a.push(700+seq, uint32(seq), true, []byte{1, 'b'}, start())
	}
	if n := len(l.said); n < 130 || !slices.Contains(l.said, "b@99") {
		t.Errorf("%d said, last %s", n, l.said[n-1])
	}
}

// FuzzAssembler: whatever comes, memory is bounded and frames come in order of their numbers, each packet once.
func FuzzAssembler(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7}, uint16(65530))
	f.Add([]byte{0, 2, 1, 1, 9, 8, 200, 201, 202, 100}, uint16(3))
	f.Fuzz(func(t *testing.T, steps []byte, seq uint16) {
		held := 0
		l := newLog()
		l.a.deliver = func(_ uint32, payloads [][]byte) {
			held += len(payloads)
			if len(payloads) > ringSize || slices.ContainsFunc(payloads, func(p []byte) bool { return !bytes.Equal(p, []byte{1, 'x'}) }) {
				t.Fatal("a packet that was not sent")
			}
		}
		now := start()
		for i, s := range steps {
			seq += uint16(int8(s))
			if s == 0x55 {
				seq += 0x4000
			}
			now = now.Add(time.Duration(s>>4) * 10 * time.Millisecond)
			l.a.push(seq, uint32(seq)/3, s&1 == 0, []byte{1, 'x'}, now)
			if held > i+1 {
				t.Fatalf("%d packets of %d", held, i+1)
			}
			if l.a.next > l.a.high+1 {
				t.Fatalf("next %d beyond %d", l.a.next, l.a.high)
			}
		}
	})
}
