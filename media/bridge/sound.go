package bridge

import (
	"sync"
	"time"

	"causeway/media/inband"
	"causeway/media/packet"
)

// Figures of keys as sound; the first is the least pause ITU-T Q.24 lets a receiver ask for, with a margin.
const (
	soundGap  = 60 * time.Millisecond
	soundStep = 20 * time.Millisecond
	soundSize = 160 // octets of a step of G.711
)

// lawOf is the G.711 law of a codec, inband.None for another codec.
func lawOf(c packet.Codec) inband.Law {
	switch {
	case c.ClockRate != 8000:
		return inband.None
	case c.Is("PCMU"):
		return inband.Mu
	case c.Is("PCMA"):
		return inband.A
	}
	return inband.None
}

// soundEar hears keys in the sound of a far end that took no telephone-event. Its detector is made with the first packet. Safe for
// concurrent use.
type soundEar struct {
	release func(code uint8, length time.Duration)

	mu       sync.Mutex // guards the following
	detector *inband.Detector
	last     time.Time
}

func (e *soundEar) packet(law inband.Law, payload []byte, timestamp uint32, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.detector == nil {
		e.detector = inband.NewDetector(func(uint8) {}, e.release)
	}
	e.last = now
	e.detector.Packet(law, payload, timestamp)
}

// tick releases a key whose stream has ended.
func (e *soundEar) tick(now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.detector != nil && now.Sub(e.last) > eventSilence {
		e.detector.End()
	}
}

// sound sends one packet of a key as sound; beginEvent has taken the stream.
func (s *Stream) sound(b []byte, pt uint8, ts uint32, marker bool, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	index := s.seq + 1
	h := packet.RTP{
		PayloadType: pt, Marker: marker, SSRC: s.ssrc, Timestamp: ts, Sequence: uint16(index), //nolint:gosec // the low 16 bits
		Offset: packet.HeaderSize, End: packet.HeaderSize + soundSize,
	}
	s.send(h.Put(b), index, ts, s.clock, soundSize, now)
}

// sing plays one key as sound, and the pause behind it as silence: what the user says meanwhile would spoil both. false means that the
// keypad is closing.
func (k *keypad) sing(p *press, t target) bool {
	start := time.Now()
	ts := k.stream.beginEvent(t.clock, start)
	defer k.stream.endEvent()
	tone := inband.NewTone(t.law, p.code, k.due(p))
	room := make([]byte, packet.HeaderSize+soundSize+32)
	pause := int(max(p.gap, soundGap)+soundStep-1) / int(soundStep)
	for i := 0; pause > 0; i++ {
		if tone.Stopped() {
			pause--
		} else {
			tone.Until(k.due(p)) // a key held down is let go at last
		}
		tone.Read(room[packet.HeaderSize:][:soundSize])
		k.stream.sound(room, t.pt, ts+uint32(i*soundSize), i == 0, time.Now()) //nolint:gosec // wraps by design
		if !k.sleep(time.Until(start.Add(time.Duration(i+1) * soundStep))) {
			return false
		}
	}
	return true
}
