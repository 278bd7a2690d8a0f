//go:build e2e || bench

package load

import (
	"math"
	"sync/atomic"
	"testing"
	"time"

	"causeway/test/lab/codec"
)

// marks tell when converted sound was sent. What is in a packet does not survive conversion, but how loud it is does: each half of a
// packet is a constant value of one of eight, and both together are the packet's number modulo 64.
type marks struct {
	laws *laws
	at   [64]atomic.Int64 // when each number was last sent, Unix nanoseconds
}

// levels are the eight values, linear and far apart.
var levels = [8]int16{-20000, -8000, -3000, -1000, 1000, 3000, 8000, 20000}

// laws encode and decode both laws, by the lab's code.
type laws struct{ mu, a law }

type law struct {
	enc codec.Encoder
	dec codec.Decoder
}

func newLaws(t *testing.T) *laws {
	t.Helper()
	one := func(name string) law {
		enc, err := codec.NewEncoder(name, false)
		if err != nil {
			t.Fatal(err)
		}
		dec, err := codec.NewDecoder(name)
		if err != nil {
			t.Fatal(err)
		}
		return law{enc, dec}
	}
	return &laws{one("PCMU"), one("PCMA")}
}

func (l *laws) of(pt byte) law {
	if pt == 8 {
		return l.a
	}
	return l.mu
}

// put fills a payload with a number's levels and notes the time.
func (m *marks) put(payload []byte, seq uint16, pt byte) {
	half := len(payload) / 2
	pcm := make([]int16, len(payload))
	for i := range pcm {
		pcm[i] = levels[seq%64/8]
		if i >= half {
			pcm[i] = levels[seq%8]
		}
	}
	if b, err := m.laws.of(pt).enc.Encode(pcm); err == nil {
		copy(payload, b)
	}
	m.at[seq%64].Store(time.Now().UnixNano())
}

// sent says when a payload was sent. It looks near the end of each half: concealment delays sound by a few milliseconds. ok is false where
// the levels are none of the eight.
func (m *marks) sent(payload []byte, pt byte) (at int64, ok bool) {
	pcm, err := m.laws.of(pt).dec.Decode(payload)
	if err != nil || len(pcm) < 160 {
		return 0, false
	}
	first, ok1 := nearest(pcm[75])
	second, ok2 := nearest(pcm[155])
	return m.at[first*8+second].Load(), ok1 && ok2
}

// nearest is the level that a sample is, give or take two coders.
func nearest(sample int16) (int, bool) {
	for i, want := range levels {
		if d := math.Abs(float64(sample) - float64(want)); d <= math.Abs(float64(want))/8 {
			return i, true
		}
	}
	return 0, false
}
