package bridge

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"causeway/media/inband"
	"causeway/media/packet"
)

// Figures of RFC 4733 and of browsers' insertDTMF.
const (
	eventStep    = 20 * time.Millisecond // update interval
	eventEnds    = 3                     // end packets (RFC 4733 2.5.1.4)
	eventVolume  = 10                    // -10 dBm0
	eventLongest = 6 * time.Second       // WebRTC 1.0: insertDTMF takes 40 to 6000 ms
	eventMinimum = 40 * time.Millisecond
	eventDefault = 100 * time.Millisecond
	gapMinimum   = 30 * time.Millisecond
	gapDefault   = 70 * time.Millisecond
	gapLongest   = 6 * time.Second
	commaPause   = 2 * time.Second // WebRTC 1.0: "," waits two seconds
	maxDigits    = 32              // one request
	maxQueue     = 64              // waiting events of one call
)

// Errors of SendDTMF.
var (
	ErrNoEvents  = errors.New("the far end negotiated no telephone-event")
	ErrHeld      = errors.New("the call is on hold")
	ErrDigits    = errors.New("digits must be 1 to 32 of 0-9, A-D, *, # and comma")
	ErrDuration  = errors.New("a digit lasts 40 to 6000 ms, a gap 30 to 6000 ms")
	ErrQueueFull = errors.New("too many digits are waiting")
)

// beginEvent takes the stream for an event and returns its timestamp.
func (s *Stream) beginEvent(clock uint32, now time.Time) uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ts = s.next(clock, now)
	s.at, s.clock, s.begun = now, clock, true
	s.busy, s.bound = true, false
	return s.ts
}

// event sends one event packet. All packets of an event carry its first
// timestamp (RFC 4733 2.5.1).
func (s *Stream) event(pt uint8, e packet.Event, ts uint32, marker bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	var room [packet.HeaderSize + packet.EventSize + 32]byte
	e.Put(room[packet.HeaderSize:])
	index := s.seq + 1
	h := packet.RTP{
		PayloadType: pt, Marker: marker, SSRC: s.ssrc, Timestamp: ts, Sequence: uint16(index), //nolint:gosec // the low 16 bits
		Offset: packet.HeaderSize, End: packet.HeaderSize + packet.EventSize,
	}
	s.send(h.Put(room[:]), index, s.ts, s.clock, packet.EventSize, s.at)
}

// endEvent gives the stream back to the sound.
func (s *Stream) endEvent() {
	s.mu.Lock()
	s.busy = false
	s.mu.Unlock()
}

// press is one key to be sent.
type press struct {
	code   uint8
	pause  bool          // wait length, send nothing
	held   bool          // length is not known yet
	length time.Duration // of the tone
	gap    time.Duration // silence after it
}

// target is where events go now.
type target struct {
	pt    uint8
	clock uint32
	law   inband.Law // as sound in this law; inband.None for telephone-event
}

// keypad sends telephone-events into the core stream, one after the other. Its
// goroutine lives while something waits. Safe for concurrent use.
type keypad struct {
	stream *Stream
	target func() (target, bool)
	fault  func(any)

	mu      sync.Mutex // guards the following
	queue   []*press
	last    *press // the newest held key
	running bool
	closed  bool
	stop    chan struct{}
	idle    sync.WaitGroup
}

func newKeypad(s *Stream, t func() (target, bool), fault func(any)) *keypad {
	return &keypad{stream: s, target: t, fault: fault, stop: make(chan struct{})}
}

// dial queues digits as the browser's insertDTMF knows them.
func (k *keypad) dial(digits string, length, gap time.Duration) error {
	if length == 0 {
		length = eventDefault
	}
	if gap == 0 {
		gap = gapDefault
	}
	if length < eventMinimum || length > eventLongest || gap < gapMinimum || gap > gapLongest {
		return ErrDuration
	}
	if digits == "" || len(digits) > maxDigits {
		return ErrDigits
	}
	list := make([]*press, 0, len(digits))
	for _, r := range digits {
		if r == ',' {
			list = append(list, &press{pause: true, length: commaPause})
			continue
		}
		code, ok := packet.EventCode(r)
		if !ok {
			return ErrDigits
		}
		list = append(list, &press{code: code, length: length, gap: gap})
	}
	return k.add(list...)
}

// hold presses a key whose length is not known yet; release ends it.
func (k *keypad) hold(code uint8) {
	p := &press{code: code, held: true, gap: gapMinimum}
	if k.add(p) == nil {
		k.mu.Lock()
		k.last = p
		k.mu.Unlock()
	}
}

// release gives the held key its length.
func (k *keypad) release(length time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.last != nil {
		k.last.length = min(max(length, eventMinimum), eventLongest)
		k.last.held = false
		k.last = nil
	}
}

func (k *keypad) add(list ...*press) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return ErrNoEvents
	}
	if len(k.queue)+len(list) > maxQueue {
		return ErrQueueFull
	}
	k.queue = append(k.queue, list...)
	if !k.running {
		k.running = true
		k.idle.Go(k.run)
	}
	return nil
}

func (k *keypad) run() {
	defer func() {
		if r := recover(); r != nil {
			k.fault(r)
		}
	}()
	for {
		p := k.pop()
		if p == nil {
			return
		}
		if p.pause {
			if !k.sleep(p.length) {
				return
			}
			continue
		}
		t, ok := k.target()
		switch {
		case ok && t.law != inband.None:
			ok = k.sing(p, t)
		case ok:
			ok = k.play(p, t) && k.sleep(p.gap)
		default:
			ok = k.sleep(p.gap)
		}
		if !ok {
			return
		}
	}
}

// pop takes the next key, nil when the goroutine may end.
func (k *keypad) pop() *press {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed || len(k.queue) == 0 {
		k.queue, k.running = nil, false
		return nil
	}
	p := k.queue[0]
	k.queue = k.queue[1:]
	return p
}

// due is how long the key sounds; a held one at most eventLongest.
func (k *keypad) due(p *press) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	if p.held {
		return eventLongest
	}
	return p.length
}

// play sends one event: updates each 20 ms, the end three times (RFC 4733
// 2.5.1). An event longer than the duration field goes on in segments with new
// timestamps (2.5.1.3). false means that the keypad is closing.
func (k *keypad) play(p *press, t target) bool {
	ts := k.stream.beginEvent(t.clock, time.Now())
	defer k.stream.endEvent()
	marker := true
	var before uint32 // units of full segments
	for elapsed := eventStep; ; elapsed += eventStep {
		total, last := elapsed, false
		if due := k.due(p); elapsed >= due {
			total, last = max(due, elapsed-eventStep), true // what was sent is not taken back
		}
		length := units(total, t.clock)
		if length-before > 0xffff {
			k.stream.event(t.pt, packet.Event{Code: p.code, Volume: eventVolume, Duration: 0xffff}, ts+before, marker)
			before += 0xffff
		}
		e := packet.Event{Code: p.code, Volume: eventVolume, Duration: uint16(length - before), End: last} //nolint:gosec // at most 0xffff
		if last {
			return k.finish(t.pt, e, ts+before, marker)
		}
		k.stream.event(t.pt, e, ts+before, marker)
		marker = false
		if !k.sleep(eventStep) {
			return false
		}
	}
}

func (k *keypad) finish(pt uint8, e packet.Event, ts uint32, marker bool) bool {
	for i := range eventEnds {
		if i > 0 && !k.sleep(eventStep) {
			return false
		}
		k.stream.event(pt, e, ts, marker)
		marker = false
	}
	return true
}

// sleep waits; false means that the keypad is closing.
func (k *keypad) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-k.stop:
		return false
	}
}

// close drops what waits and ends the goroutine.
func (k *keypad) close() {
	k.mu.Lock()
	if !k.closed {
		k.closed = true
		close(k.stop)
	}
	k.mu.Unlock()
	k.idle.Wait()
}

// String names the target, for logs.
func (t target) String() string {
	if t.law != inband.None {
		return "sound"
	}
	return strings.TrimSpace(fmt.Sprintf("telephone-event/%d", t.clock))
}
