package jitter

import (
	"time"

	"causeway/transcode"
)

// Constants of our choosing; the last two are after RFC 3550 A.1.
const (
	slots      = 32                     // packets that fit, and the furthest a packet may be ahead
	firstHold  = 20 * time.Millisecond  // one packet: two swapped neighbours come right
	maxHold    = 60 * time.Millisecond  // limit unless the caller has another
	margin     = 5 * time.Millisecond   // added to the lateness seen
	decayEvery = 250                    // packets in order after which the hold shrinks
	decayBy    = 5 * time.Millisecond   // ... by this
	memory     = 200 * time.Millisecond // a packet later than this says nothing about reordering
	maxDropout = 3000                   // a larger step forward is another sequence
	maxMisord  = 100                    // a larger step backward too
	maxStray   = 4                      // late packets in a row, each following the other, that make a new sequence
	spares     = 4                      // payloads that there is memory for from the start
	slotSize   = 256                    // their size; each grows at most once, to the largest payload
)

type slot struct {
	full    bool
	mark    transcode.Mark
	restart bool
	ts      uint32
	at      time.Time
	payload []byte
}

// Window is a reorder window, used by one goroutine.
type Window struct {
	limit time.Duration

	ring    [slots]slot
	free    [][]byte // memory for payloads, taken while a packet waits
	lent    []byte   // that of the packet popped last
	started bool
	head    uint16 // the next number to leave
	seen    uint64 // bit n: number head-1-n came
	count   int    // slots full
	hold    time.Duration
	since   time.Time // when the packet after the head's gap came
	given   time.Time // the same for the last gap given up
	dropped int       // numbers skipped by a jump, not yet reported as lost
	inOrder int       // packets that left in a row without a gap
	stray   int       // late packets in a row that follow each other
	strayAt uint16    // the last of them
}

// New returns an empty window that waits at most limit for a missing packet; 0 for 60 ms. Its
// memory is taken here, but for payloads over 256 octets and for more than a few that wait.
func New(limit time.Duration) *Window {
	if limit <= 0 {
		limit = maxHold
	}
	w := &Window{limit: limit, hold: min(firstHold, limit)}
	space := make([]byte, spares*slotSize)
	w.free = make([][]byte, 0, slots+1)
	for i := range spares {
		w.free = append(w.free, space[i*slotSize:i*slotSize:(i+1)*slotSize])
	}
	return w
}

// Push copies one packet into the window.
func (w *Window) Push(seq uint16, ts uint32, mark transcode.Mark, payload []byte, now time.Time) transcode.Verdict {
	if len(payload) > transcode.MaxPayload {
		return transcode.TooLong
	}
	restart := false
	if !w.started {
		w.started, w.head = true, seq
	}
	off := int(int16(seq - w.head))
	switch {
	case off < 0 && off >= -maxMisord && !w.strayed(seq):
		return w.late(-off, now)
	case off < 0 || off >= maxDropout:
		w.restart(seq)
		off, restart = 0, true
	case off >= slots-1:
		// A step forward that leaves the window behind: what waits has waited long enough.
		w.dropped += off
		w.empty()
		w.head, w.seen, off = seq, 0, 0
	}
	s := &w.ring[seq%slots]
	if s.full {
		return transcode.Duplicate
	}
	w.stray = 0
	s.payload = append(w.memory(len(payload)), payload...)
	s.full, s.mark, s.restart, s.ts, s.at = true, mark, restart, ts, now
	if off > 0 && w.count == 0 {
		w.since = now
	}
	if off == 0 && w.count > 0 {
		w.grow(now.Sub(w.since))
	}
	w.count++
	return transcode.Accepted
}

// Pop returns the packet whose turn has come, in order. Its payload is valid until the next Pop.
func (w *Window) Pop(now time.Time) (transcode.Arrival, bool) {
	if w.count == 0 {
		return transcode.Arrival{}, false
	}
	lost := w.dropped
	if !w.ring[w.head%slots].full {
		if now.Before(w.since.Add(w.hold)) {
			return transcode.Arrival{}, false
		}
		w.given, w.inOrder = w.since, 0
		for !w.ring[w.head%slots].full {
			w.head++
			w.seen <<= 1
			lost++
		}
	}
	s := &w.ring[w.head%slots]
	w.give(w.lent)
	w.lent = s.payload
	s.full, s.payload = false, nil
	w.head++
	w.seen = w.seen<<1 | 1
	w.count--
	w.dropped = 0
	w.settle()
	return transcode.Arrival{
		Timestamp: s.ts, Mark: s.mark, Restart: s.restart, Lost: lost, At: s.at, Payload: w.lent,
	}, true
}

// Deadline is when the wait for the missing packet at the head ends; false when nothing waits.
func (w *Window) Deadline() (time.Time, bool) {
	if w.count == 0 {
		return time.Time{}, false
	}
	if w.ring[w.head%slots].full {
		return w.ring[w.head%slots].at, true
	}
	return w.since.Add(w.hold), true
}

// Depth is the number of packets in the window.
func (w *Window) Depth() int { return w.count }

// Hold is how long a gap is waited for at present.
func (w *Window) Hold() time.Duration { return w.hold }

// Reset forgets the stream and its packets. What was learnt about reordering stays: the path is
// likely the same.
func (w *Window) Reset() {
	w.empty()
	w.started, w.seen, w.dropped, w.stray, w.given = false, 0, 0, 0, time.Time{}
}

// settle prepares the gap, if any, that is now at the head, and lets the hold shrink in calm times.
func (w *Window) settle() {
	if w.count > 0 && !w.ring[w.head%slots].full {
		for i := w.head; ; i++ {
			if s := &w.ring[i%slots]; s.full {
				w.since = s.at
				return
			}
		}
	}
	if w.inOrder++; w.inOrder >= decayEvery {
		w.inOrder = 0
		w.hold = max(w.hold-decayBy, min(firstHold, w.limit))
	}
}

// grow raises the hold to what a reordered packet needed.
func (w *Window) grow(lateness time.Duration) {
	if lateness < 0 || lateness > memory {
		return
	}
	w.inOrder = 0
	w.hold = max(w.hold, min(lateness+margin, w.limit))
}

// late learns from a packet behind the head: one whose place was given up says how long the wait should have been, one that
// came before says nothing.
func (w *Window) late(behind int, now time.Time) transcode.Verdict {
	bit := uint64(1) << uint(behind-1) // 0 beyond 64
	if w.seen&bit != 0 {
		return transcode.Duplicate
	}
	w.seen |= bit
	if !w.given.IsZero() {
		w.grow(now.Sub(w.given))
	}
	return transcode.Late
}

// strayed reports whether this late packet is one too many in a row that count up by one: then it
// is the sender that stepped back a little, not the network that reorders.
func (w *Window) strayed(seq uint16) bool {
	if w.stray > 0 && seq == w.strayAt+1 {
		w.stray++
	} else {
		w.stray = 1
	}
	w.strayAt = seq
	return w.stray > maxStray
}

func (w *Window) restart(seq uint16) {
	w.empty()
	w.head, w.seen, w.dropped, w.stray, w.given = seq, 0, 0, 0, time.Time{}
}

func (w *Window) empty() {
	for i := range w.ring {
		if s := &w.ring[i]; s.full {
			w.give(s.payload)
			s.full, s.payload = false, nil
		}
	}
	w.count = 0
}

// memory returns an empty buffer with room for n octets. More than the first few are only made when
// that many packets have to wait, and kept.
func (w *Window) memory(n int) []byte {
	if len(w.free) == 0 {
		return make([]byte, 0, max(slotSize, n))
	}
	b := w.free[len(w.free)-1]
	w.free = w.free[:len(w.free)-1]
	if cap(b) < n {
		return make([]byte, 0, transcode.MaxPayload)
	}
	return b[:0]
}

func (w *Window) give(b []byte) {
	if cap(b) > 0 {
		w.free = append(w.free, b)
	}
}
