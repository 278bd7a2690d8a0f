package video

import "time"

// Limits of the assembler. A frame of 512 packets has 600 kB: no key frame of a call is so large.
const (
	ringSize   = 512
	maxPayload = 2048 // longest payload taken, octets
	maxStale   = 64   // packets from behind in a row before a new beginning is believed
)

// slot holds one packet.
type slot struct {
	used   bool
	marker bool
	ts     uint32
	at     time.Time
	data   []byte // kept for reuse
}

// assembler gathers the packets of frames over reordering and loss in a ring. It hands complete frames
// to deliver, in order, and calls lost once for each hole that is given up.
type assembler struct {
	hold    time.Duration
	begins  func(payload []byte) bool // the payload is the first of a frame
	deliver func(ts uint32, payloads [][]byte)
	lost    func()

	begun    bool
	synced   bool   // the packet at next begins a frame
	next     uint64 // first number not yet dealt with, extended
	high     uint64 // highest number seen
	guess    uint16 // what would confirm a jump
	guessing bool
	stale    int
	payloads [][]byte // scratch
	ring     [ringSize]slot
}

func (a *assembler) at(n uint64) *slot { return &a.ring[n%ringSize] }

// push places one packet and hands out what has become complete.
func (a *assembler) push(seq uint16, ts uint32, marker bool, payload []byte, now time.Time) {
	if len(payload) > maxPayload {
		return
	}
	n, ok := a.place(seq)
	if !ok {
		return
	}
	s := a.at(n)
	if s.used {
		return // duplicate
	}
	s.used, s.marker, s.ts, s.at = true, marker, ts, now
	s.data = append(s.data[:0], payload...)
	a.high = max(a.high, n)
	for a.step(now) {
	}
}

// place extends a sequence number. A jump is believed when the next number follows (RFC 3550 A.1).
func (a *assembler) place(seq uint16) (uint64, bool) {
	if !a.begun {
		a.begun = true
		return a.restart(seq), true
	}
	delta := int64(int16(seq - uint16(a.high))) //nolint:gosec // wraps by design
	n := uint64(int64(a.high) + delta)          //nolint:gosec // next is at least 1<<16
	switch {
	case n >= a.next && n < a.next+ringSize:
		a.stale, a.guessing = 0, false
		return n, true
	case n < a.next && n+ringSize > a.next:
		if a.stale++; a.stale <= maxStale {
			return 0, false // too late
		}
	case !a.guessing || seq != a.guess:
		a.guess, a.guessing = seq+1, true
		return 0, false
	}
	a.lost()
	return a.restart(seq), true
}

// restart forgets everything and begins at seq.
func (a *assembler) restart(seq uint16) uint64 {
	for i := range a.ring {
		a.ring[i].used = false
	}
	a.synced, a.stale, a.guessing = false, 0, false
	a.next = 1<<16 | uint64(seq)
	a.high = a.next
	return a.next
}

// step deals with the frame or hole at next. It returns false when there is nothing to do before
// another packet comes.
func (a *assembler) step(now time.Time) bool {
	if a.next > a.high {
		return false
	}
	first := a.at(a.next)
	if !first.used {
		return a.giveUp(a.next, now)
	}
	if !a.synced {
		if !a.begins(first.data) {
			a.free(a.next + 1)
			return true
		}
		a.synced = true
	}
	for n := a.next; n <= a.high; n++ {
		s := a.at(n)
		switch {
		case !s.used:
			return a.giveUp(n, now)
		case s.ts != first.ts: // the sender sets no marker, or the packets of this frame were padding
			a.hand(n)
			return true
		case s.marker:
			a.hand(n + 1)
			return true
		}
	}
	return false
}

// hand delivers the packets before end as a frame.
func (a *assembler) hand(end uint64) {
	a.payloads = a.payloads[:0]
	for n := a.next; n < end; n++ {
		if s := a.at(n); len(s.data) > 0 { // padding alone makes an empty payload
			a.payloads = append(a.payloads, s.data)
		}
	}
	if len(a.payloads) > 0 {
		a.deliver(a.at(a.next).ts, a.payloads)
	}
	a.free(end)
}

// free forgets the packets before end.
func (a *assembler) free(end uint64) {
	for ; a.next < end; a.next++ {
		a.at(a.next).used = false
	}
}

// giveUp passes over the hole at n when what came after it has waited long enough.
func (a *assembler) giveUp(n uint64, now time.Time) bool {
	for !a.at(n).used {
		n++
	}
	if now.Sub(a.at(n).at) < a.hold {
		return false
	}
	a.free(n)
	a.synced = false
	a.lost()
	return true
}
