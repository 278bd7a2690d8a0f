package video

import (
	"time"

	"causeway/media/packet"
)

// Limits of an order.
const (
	window     = 128                   // packets that may wait for one before them; a power of two
	maxJump    = 3000                  // MAX_DROPOUT of RFC 3550 A.1: farther is another beginning
	nackPause  = 40 * time.Millisecond // between two requests for the same packets
	patientFor = 150 * time.Millisecond
	hurriedFor = 40 * time.Millisecond // where nobody can be asked again
)

// waiting is a packet before its turn.
type waiting struct {
	buf *packet.Buffer
	h   packet.RTP
}

// order hands one source's packets on in their order. It is guarded by its direction's lock.
type order struct {
	pool *packet.Pool
	emit func(b []byte, h packet.RTP, now time.Time) // the next packet in order
	skip func(lost int)                              // as many never came

	begun   bool
	ssrc    uint32
	next    uint16 // expected
	highest uint16 // newest seen
	guess   int32  // next number of a jump that is believed when it comes, -1 for none
	slots   [window]waiting
	held    int
	since   time.Time // when the hole at next was noticed
	asked   time.Time // last NACK
	patient bool      // the sender can be asked again

	late, doubles, lost, found uint64
}

// push takes one packet. It calls emit for every packet whose turn has come, and reports whether packets are missing.
func (o *order) push(b []byte, h packet.RTP, again bool, now time.Time) {
	if !o.begun || h.SSRC != o.ssrc {
		if again {
			return // a repetition of a source never seen
		}
		o.restart(h)
	}
	switch ahead := int16(h.Sequence - o.next); { //nolint:gosec // wraps by design
	case ahead == 0 && o.held > 0:
		// The packet thread sends what lies in its own buffer when its turn is over, and copies at once: as a copy this one goes first.
		since, held := o.since, o.held
		o.guess = -1
		o.hold(b, h, again, now)
		if o.drain(now); o.held == held {
			o.since = since // the next one is missing as well, and as long
		}
	case ahead == 0:
		o.guess = -1
		o.deliver(b, h, again, now)
	case ahead > 0 && ahead < window:
		o.guess = -1
		o.hold(b, h, again, now)
	case ahead < 0 && ahead > -maxJump:
		o.late++
	case again:
		o.late++
	case ahead > 0 && ahead < maxJump: // more is missing than can wait
		o.flush(now)
		o.skip(int(int16(h.Sequence - o.next))) //nolint:gosec // as above
		o.lost += uint64(h.Sequence - o.next)
		o.next = h.Sequence
		o.deliver(b, h, false, now)
	case int32(h.Sequence) == o.guess:
		o.restart(h)
		o.deliver(b, h, false, now)
	default:
		o.guess = int32(h.Sequence + 1)
		o.late++
	}
	o.tick(now)
}

// restart begins another source or another count of the same one.
func (o *order) restart(h packet.RTP) {
	o.drop()
	o.begun, o.ssrc, o.next, o.highest, o.guess = true, h.SSRC, h.Sequence, h.Sequence-1, -1
}

func (o *order) deliver(b []byte, h packet.RTP, again bool, now time.Time) {
	if int16(h.Sequence-o.highest) > 0 { //nolint:gosec // wraps by design
		o.highest = h.Sequence
	}
	if again {
		o.found++
	}
	o.next = h.Sequence + 1
	o.emit(b, h, now)
}

// hold keeps a packet that is early.
func (o *order) hold(b []byte, h packet.RTP, again bool, now time.Time) {
	s := &o.slots[h.Sequence%window]
	if s.buf != nil {
		o.doubles++
		return
	}
	buf, ok := o.pool.Copy(b)
	if !ok {
		return
	}
	*s = waiting{buf: buf, h: h}
	if o.held == 0 {
		o.since = now
	}
	o.held++
	if again {
		o.found++
	}
	if int16(h.Sequence-o.highest) > 0 { //nolint:gosec // wraps by design
		if h.Sequence != o.highest+1 {
			o.asked = time.Time{} // another hole: ask at once
		}
		o.highest = h.Sequence
	}
}

// drain hands on what has its turn now.
func (o *order) drain(now time.Time) {
	moved := false
	for o.held > 0 {
		s := &o.slots[o.next%window]
		if s.buf == nil {
			break
		}
		buf, h := s.buf, s.h
		*s = waiting{}
		o.held--
		o.next = h.Sequence + 1
		o.emit(buf.Bytes(), h, now)
		buf.Release()
		moved = true
	}
	if moved {
		o.since = now
	}
}

// tick gives up what does not come.
func (o *order) tick(now time.Time) {
	limit := hurriedFor
	if o.patient {
		limit = patientFor
	}
	for o.held > 0 && now.Sub(o.since) > limit {
		o.pass(now)
	}
}

// pass leaves the hole at next behind.
func (o *order) pass(now time.Time) {
	n := 0
	for o.slots[o.next%window].buf == nil && n < window {
		o.next++
		n++
	}
	o.lost += uint64(n) //nolint:gosec // not negative
	o.skip(n)
	o.drain(now)
}

// flush hands on all that waits, holes or not.
func (o *order) flush(now time.Time) {
	for o.held > 0 {
		o.pass(now)
	}
}

// missing lists what is to be asked for now, at most len(room) numbers.
func (o *order) missing(room []uint16, now time.Time) []uint16 {
	if o.held == 0 || now.Sub(o.asked) < nackPause {
		return room[:0]
	}
	out := room[:0]
	for seq := o.next; seq != o.highest && len(out) < cap(room); seq++ {
		if o.slots[seq%window].buf == nil {
			out = append(out, seq)
		}
	}
	o.asked = now
	return out
}

// drop forgets what waits.
func (o *order) drop() {
	for i := range o.slots {
		if o.slots[i].buf != nil {
			o.slots[i].buf.Release()
			o.slots[i] = waiting{}
		}
	}
	o.held = 0
}
