package jitter

import (
	"math/rand/v2"
	"testing"
	"time"

	"causeway/transcode"
)

var _ transcode.Window = (*Window)(nil)

const ms = time.Millisecond

// out is what left the window: the packet's number (kept in its payload) and the loss before it.
type out struct {
	seq  byte
	lost int
}

func drain(w *Window, now time.Time) []out {
	var got []out
	for {
		a, ok := w.Pop(now)
		if !ok {
			return got
		}
		got = append(got, out{a.Payload[0], a.Lost})
	}
}

func push(w *Window, seq uint16, now time.Time) transcode.Verdict {
	return w.Push(seq, uint32(seq)*160, 0, []byte{byte(seq)}, now)
}

func equal(a, b []out) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestInOrderAddsNoDelay(t *testing.T) {
	w, now := New(0), time.Unix(0, 0)
	for seq := uint16(65500); seq != 100; seq++ {
		if v := push(w, seq, now); v != transcode.Accepted {
			t.Fatalf("seq %d: verdict %d", seq, v)
		}
		if got := drain(w, now); !equal(got, []out{{byte(seq), 0}}) {
			t.Fatalf("seq %d: got %v", seq, got)
		}
		if _, ok := w.Deadline(); ok {
			t.Fatalf("seq %d: deadline while empty", seq)
		}
		now = now.Add(20 * ms)
	}
}

func TestReorderHeldAndLearnt(t *testing.T) {
	w, now := New(0), time.Unix(0, 0)
	push(w, 1, now)
	drain(w, now)
	push(w, 3, now)
	if got := drain(w, now); got != nil {
		t.Fatalf("packet over a gap left at once: %v", got)
	}
	if d, ok := w.Deadline(); !ok || d.Sub(now) != firstHold {
		t.Fatalf("deadline %v %v", d, ok)
	}
	push(w, 2, now.Add(18*ms))
	if got := drain(w, now.Add(18*ms)); !equal(got, []out{{2, 0}, {3, 0}}) {
		t.Fatalf("got %v", got)
	}
	if w.Hold() != 23*ms {
		t.Fatalf("hold %v after lateness 18 ms", w.Hold())
	}
	// A packet too late by 100 ms raises the hold to its limit, not beyond.
	now = now.Add(time.Second)
	push(w, 5, now)
	if got := drain(w, now.Add(w.Hold())); !equal(got, []out{{5, 1}}) {
		t.Fatalf("got %v", got)
	}
	if v := push(w, 4, now.Add(100*ms)); v != transcode.Late {
		t.Fatalf("verdict %d", v)
	}
	if w.Hold() != maxHold {
		t.Fatalf("hold %v", w.Hold())
	}
	// Calm times bring it back.
	for seq := uint16(6); seq < 6+20*decayEvery; seq++ {
		push(w, seq, now)
		drain(w, now)
	}
	if w.Hold() != firstHold {
		t.Fatalf("hold %v after calm", w.Hold())
	}
}

func TestTwoGapsWaitSeparately(t *testing.T) {
	w, now := New(0), time.Unix(0, 0)
	push(w, 1, now)
	drain(w, now)
	push(w, 3, now)
	push(w, 5, now.Add(15*ms))
	if got := drain(w, now.Add(20*ms)); !equal(got, []out{{3, 1}}) {
		t.Fatalf("first gap: %v", got)
	}
	if d, _ := w.Deadline(); d.Sub(now) != 35*ms {
		t.Fatalf("second gap's deadline at %v", d.Sub(now))
	}
	if got := drain(w, now.Add(35*ms)); !equal(got, []out{{5, 1}}) {
		t.Fatalf("second gap: %v", got)
	}
}

func TestDuplicateJumpRestartAndStray(t *testing.T) {
	w, now := New(0), time.Unix(0, 0)
	push(w, 10, now)
	if v := push(w, 10, now); v != transcode.Duplicate {
		t.Fatalf("duplicate: %d", v)
	}
	drain(w, now)
	if v := push(w, 10, now); v != transcode.Duplicate {
		t.Fatalf("duplicate of a packet gone: %d", v)
	}
	push(w, 211, now) // a burst of loss, longer than the window
	if got := drain(w, now); !equal(got, []out{{211, 200}}) {
		t.Fatalf("jump: %v", got)
	}
	push(w, 40000, now)
	a, ok := w.Pop(now)
	if !ok || !a.Restart || a.Lost != 0 {
		t.Fatalf("restart: %+v", a)
	}
	// A sender that steps back by 20 is followed after a few packets.
	var taken int
	for seq := uint16(39980); seq < 39990; seq++ {
		if push(w, seq, now) == transcode.Accepted {
			taken++
		}
		drain(w, now)
	}
	if taken != 10-maxStray {
		t.Fatalf("taken %d", taken)
	}
	if v := w.Push(1, 0, 0, make([]byte, transcode.MaxPayload+1), now); v != transcode.TooLong {
		t.Fatalf("too long: %d", v)
	}
}

// TestRandomOrder checks, for any loss, duplication and displacement, that numbers leave in order,
// that each leaves once, and that losses add up.
func TestRandomOrder(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 1))
		w, now := New(0), time.Unix(0, 0)
		next, first, popped, lost := -1, 0, 0, 0
		take := func() {
			for {
				a, ok := w.Pop(now)
				if !ok {
					return
				}
				n := int(a.Timestamp)
				if next < 0 {
					next, first = n, n
				}
				if n != next+a.Lost {
					t.Fatalf("seed %d: packet %d with %d lost, expected from %d", seed, n, a.Lost, next)
				}
				next, popped, lost = n+1, popped+1, lost+a.Lost
			}
		}
		var late []int
		for i := range 2000 {
			switch r := rng.IntN(100); {
			case r < 5: // lost
			case r < 20:
				late = append(late, i)
			default:
				w.Push(uint16(65000+i), uint32(i), 0, []byte{1}, now)
			}
			if len(late) > 0 && rng.IntN(2) == 0 {
				w.Push(uint16(65000+late[0]), uint32(late[0]), 0, []byte{1}, now)
				late = late[1:]
			}
			take()
			now = now.Add(20 * ms)
		}
		if popped+lost != next-first || popped < 1500 {
			t.Fatalf("seed %d: popped %d lost %d next %d", seed, popped, lost, next)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	w, now, seq := New(0), time.Unix(0, 0), uint16(0)
	payload := make([]byte, 160)
	if n := testing.AllocsPerRun(200, func() {
		w.Push(seq, 0, 0, payload, now)
		w.Pop(now)
		seq++
	}); n != 0 {
		t.Fatalf("%v allocations per packet", n)
	}
}

// TestDuplicatesTeachNothing: on a path that brings every packet twice, a loss does not make later packets wait longer.
func TestDuplicatesTeachNothing(t *testing.T) {
	w, now := New(0), time.Unix(0, 0)
	for seq := uint16(0); seq < 200; seq++ {
		if seq != 20 {
			push(w, seq, now)
			drain(w, now)
			if v := push(w, seq-1, now.Add(3*ms)); seq > 0 && seq != 21 && v != transcode.Duplicate {
				t.Fatalf("second copy of %d: verdict %d", seq-1, v)
			}
		}
		now = now.Add(20 * ms)
		drain(w, now)
	}
	if w.Hold() != firstHold {
		t.Errorf("hold %v after duplicates, want %v", w.Hold(), firstHold)
	}
	if v := push(w, 20+100, now); v != transcode.Late {
		t.Errorf("a packet further back than is remembered: verdict %d", v)
	}
}
