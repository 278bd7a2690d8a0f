package bridge

import (
	"sync"
	"time"

	"causeway/media/packet"
)

// eventSilence ends an event whose end packets were all lost. segmentLate is how far behind the end of the duration field the next segment of
// a long event may begin: Chromium begins it with the packet that no longer fits, so at most one packet's sound (60 ms).
const (
	eventSilence = 250 * time.Millisecond
	segmentLate  = 60 * time.Millisecond
)

// ear turns telephone-event packets into keys pressed and released, each once,
// whatever is lost, repeated or late (RFC 4733 2.5.2). An event is known by its
// timestamp, so packets that only repeat it say nothing new. One that begins with
// its end bit set is taken too: with Opus both browsers send short digits so.
// Safe for concurrent use.
type ear struct {
	press   func(code uint8)
	release func(code uint8, length time.Duration)

	mu    sync.Mutex // guards the following
	began bool       // an event was seen
	open  bool       // its end was not
	code  uint8
	ts    uint32
	ssrc  uint32
	clock uint32
	units uint32 // its length so far in this segment
	done  uint32 // and in the segments before
	last  time.Time
}

// packet takes one telephone-event packet.
func (e *ear) packet(h packet.RTP, ev packet.Event, clock uint32, now time.Time) {
	if _, ok := packet.Digit(ev.Code); !ok {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.began && h.SSRC == e.ssrc {
		switch age := int32(h.Timestamp - e.ts); { //nolint:gosec // wraps by design
		case age < 0:
			return // a late packet of an earlier event
		case age == 0:
			e.update(ev, now)
			return
		case e.open && ev.Code == e.code && age >= 0xffff && uint32(age)-0xffff <= units(segmentLate, e.clock): //nolint:gosec // not negative
			// The next segment of a long event (RFC 4733 2.5.1.3).
			e.done += uint32(age) //nolint:gosec // not negative
			e.ts, e.units = h.Timestamp, 0
			e.update(ev, now)
			return
		}
	}
	e.finish()
	e.began, e.open = true, true
	e.code, e.ts, e.ssrc, e.clock = ev.Code, h.Timestamp, h.SSRC, clock
	e.units, e.done = 0, 0
	e.press(e.code)
	e.update(ev, now)
}

// update takes the length so far and the end. The caller holds the lock.
func (e *ear) update(ev packet.Event, now time.Time) {
	if !e.open || ev.Code != e.code {
		return
	}
	e.units = max(e.units, uint32(ev.Duration))
	e.last = now
	if ev.End {
		e.finish()
	}
}

// finish releases the open key. The caller holds the lock.
func (e *ear) finish() {
	if !e.open {
		return
	}
	e.open = false
	var length time.Duration
	if e.clock > 0 {
		length = time.Duration(uint64(e.done+e.units) * uint64(time.Second) / uint64(e.clock)) //nolint:gosec // bounded by 32 bits of units
	}
	e.release(e.code, length)
}

// tick releases a key that was not heard of for long.
func (e *ear) tick(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.open && now.Sub(e.last) > eventSilence {
		e.finish()
	}
}
