package bridge

import (
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"causeway/media/packet"
)

// Limits of numbering; the first is MAX_DROPOUT of RFC 3550 A.1.
const (
	maxDropout = 3000 // numbers skipped at once before it counts as a new beginning
	windowSize = 64   // how far back a late packet is still placed
)

// Sender is the outgoing side of a leg. b begins with a bare RTP header and has
// capacity for an SRTP tag; it may be changed but not kept. packet.ErrNotReady
// means that the packet was not touched.
type Sender interface {
	SendRTP(b []byte) error
}

// input names what is being numbered. When it changes, so do the offsets.
type input struct {
	ssrc  uint32
	clock uint32
	made  *pipe // the pipeline that makes the packets, nil when they pass through
}

// Stream is one outgoing RTP stream: the only place that numbers packets of its
// SSRC. Safe for concurrent use.
type Stream struct {
	out  Sender
	ssrc uint32

	mu     sync.Mutex // guards the following
	seq    uint64     // of the newest packet, with roll-overs
	ts     uint32     // its timestamp
	at     time.Time  // and when it was sent
	clock  uint32     // and its clock
	begun  bool
	input  input
	bound  bool   // seq corresponds to inMax
	inMax  uint16 // highest incoming sequence number
	window uint64 // incoming numbers seen at and below inMax
	floor  uint64 // first number of this input
	offset uint32 // outgoing minus incoming timestamp
	origin origin // of the newest packet a pipeline made
	guess  int32  // a jump's next number, -1 for none
	busy   bool   // an event is being sent
	closed bool
	counts StreamStats
}

// StreamStats counts an outgoing stream.
type StreamStats struct {
	Packets, Octets uint64 // sent; payload octets
	Discarded       uint64 // duplicates, too late, first of a jump
	Muted           uint64 // sound held back while a DTMF event was sent
	Failed          uint64 // not taken by the system
	PayloadType     uint8  // of the newest packet
}

// NewStream makes a stream with a random start: the sequence number in the lower
// half, so that early reordering cannot confuse the roll-over count (RFC 3711
// 3.3.1).
func NewStream(ssrc uint32, out Sender) *Stream {
	return &Stream{out: out, ssrc: ssrc, seq: 1<<16 + rand.Uint64N(1<<15), ts: rand.Uint32(), guess: -1}
}

// Pass numbers a packet that goes through unchanged and sends it. It reports
// whether it was sent.
func (s *Stream) Pass(b []byte, h packet.RTP, pt uint8, clock uint32, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.busy {
		s.counts.Muted++
		s.bound = false
		return false
	}
	in := input{ssrc: h.SSRC, clock: clock}
	index, fresh, ok := s.number(in, h.Sequence)
	if !ok {
		s.counts.Discarded++
		return false
	}
	if fresh {
		s.anchor(in, h.Timestamp, now)
		h.Marker = true // the receiver may adjust its play-out here (RFC 3551 4.1)
	}
	h.PayloadType, h.SSRC = pt, s.ssrc
	h.Sequence, h.Timestamp = uint16(index), h.Timestamp+s.offset //nolint:gosec // the low 16 bits
	size := h.End - h.Offset
	return s.send(h.Put(b), index, h.Timestamp, clock, size, now)
}

// number places an incoming sequence number in the outgoing space. fresh says
// that a new input begins (or the old one after a pause).
func (s *Stream) number(in input, seq uint16) (index uint64, fresh, ok bool) {
	if !s.bound || s.input != in {
		return s.bind(seq), true, true
	}
	delta := int16(seq - s.inMax) //nolint:gosec // wraps by design
	switch {
	case delta > 0 && delta <= maxDropout:
		s.inMax, s.guess = seq, -1
		s.window = s.window<<uint(delta) | 1
		return s.seq + uint64(delta), false, true
	case delta <= 0 && delta > -windowSize:
		back := uint64(-int(delta)) //nolint:gosec // not negative
		if s.window>>back&1 == 1 || s.seq-back < s.floor {
			return 0, false, false
		}
		s.window |= 1 << back
		return s.seq - back, false, true
	case int32(seq) == s.guess:
		return s.bind(seq), true, true
	}
	// A jump: believed when the next number follows (RFC 3550 A.1).
	s.guess = int32(seq + 1)
	return 0, false, false
}

// bind ties the next outgoing number to seq.
func (s *Stream) bind(seq uint16) uint64 {
	s.bound, s.inMax, s.window, s.guess = true, seq, 1, -1
	s.floor = s.seq + 1
	return s.floor
}

// anchor chooses the timestamp offset of a new or resumed input. A resumed one
// keeps its own unless that would go back.
func (s *Stream) anchor(in input, ts uint32, now time.Time) {
	if s.begun && s.input == in && int32(ts+s.offset-s.ts) > 0 { //nolint:gosec // wraps by design
		return
	}
	s.offset = s.next(in.clock, now) - ts
	s.input = in
}

// next is the timestamp that belongs to now: the last one and the time since, at
// least one 20 ms packet.
func (s *Stream) next(clock uint32, now time.Time) uint32 {
	if !s.begun {
		return s.ts
	}
	return s.ts + max(units(now.Sub(s.at), clock), clock/50)
}

// units converts a time to timestamp units, modulo 2^32.
func units(d time.Duration, clock uint32) uint32 {
	if d < 0 {
		return 0
	}
	sec, rest := d/time.Second, d%time.Second
	return uint32(int64(sec)*int64(clock) + int64(rest)*int64(clock)/int64(time.Second)) //nolint:gosec // modulo by design
}

// send hands the packet to the leg and notes it as the newest if it is. A packet
// the leg did not touch leaves its number for another.
func (s *Stream) send(b []byte, index uint64, ts, clock uint32, size int, now time.Time) bool {
	err := s.out.SendRTP(b)
	if errors.Is(err, packet.ErrNotReady) {
		s.bound = false
		return false
	}
	if index > s.seq {
		s.seq = index
		s.ts, s.at, s.clock, s.begun = ts, now, clock, true
	}
	if err != nil {
		s.counts.Failed++
		return false
	}
	s.counts.Packets++
	s.counts.PayloadType = b[1] & 0x7f
	s.counts.Octets += uint64(size) //nolint:gosec // not negative
	return true
}

// made is a packet a pipeline made: payload octets at b[HeaderSize:][:size].
type made struct {
	by     *pipe
	pt     uint8
	clock  uint32
	ts     uint32
	marker bool
	size   int
	source uint32    // incoming timestamp of its sound
	at     time.Time // when that came
}

// origin ties an outgoing timestamp to the incoming one of the same sound.
type origin struct {
	ts, source uint32
	at         time.Time // when it came
}

// Write numbers and sends a packet made by a pipeline.
func (s *Stream) Write(b []byte, m made, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.busy {
		s.counts.Muted++
		return false
	}
	in := input{clock: m.clock, made: m.by}
	if !s.begun || s.input != in || int32(m.ts+s.offset-s.ts) <= 0 { //nolint:gosec // wraps by design
		s.offset = s.next(m.clock, now) - m.ts
		s.input = in
		m.marker = true
	}
	s.bound = false
	s.origin = origin{ts: m.ts + s.offset, source: m.source, at: m.at}
	index := s.seq + 1
	h := packet.RTP{
		PayloadType: m.pt, Marker: m.marker, SSRC: s.ssrc,
		Sequence: uint16(index), Timestamp: m.ts + s.offset, //nolint:gosec // the low 16 bits
		Offset: packet.HeaderSize, End: packet.HeaderSize + m.size,
	}
	return s.send(h.Put(b), index, h.Timestamp, m.clock, m.size, now)
}

// Pause notes that packets of the input are being left out on purpose, so that
// they do not show as loss.
func (s *Stream) Pause() {
	s.mu.Lock()
	s.bound = false
	s.mu.Unlock()
}

// Info is the sender part of an SR for now; NTP is left to the caller. Its RTP time is that of the sound which the sender captures at the
// instant source (RFC 3550 6.4.1), so that it stays with the sender's picture; where that is not known, the newest packet's, moved on by
// the time since it came. What a conversion takes is in neither.
func (s *Stream) Info(source packet.Instant, now time.Time) packet.SenderInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	return packet.SenderInfo{
		RTP:     s.instant(source, now),
		Packets: uint32(s.counts.Packets), Octets: uint32(s.counts.Octets), //nolint:gosec // modulo 2^32 (RFC 3550 6.4.1)
	}
}

// maxAside is how far a sender's reports may be from what arrives and still be believed.
const maxAside = 2 * time.Second

// instant is the RTP time for now.
func (s *Stream) instant(source packet.Instant, now time.Time) uint32 {
	rtp, told := s.ts+units(now.Sub(s.at), s.clock), source.RTP+s.offset
	if by := s.input.made; by != nil {
		if s.origin.ts == s.ts {
			rtp = s.ts + units(now.Sub(s.origin.at), s.clock)
		}
		ahead := int64(int32(source.RTP - s.origin.source))                                     //nolint:gosec // wraps by design
		told = s.origin.ts + uint32(ahead*int64(s.clock)/max(int64(by.plan.from.ClockRate), 1)) //nolint:gosec // modulo 2^32
	}
	aside := units(maxAside, s.clock)
	if source.Known && s.begun && s.clock == s.input.clock && told-rtp+aside < 2*aside {
		return told
	}
	return rtp
}

// Stats returns the counters.
func (s *Stream) Stats() StreamStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

// close ends the stream: nothing is sent any more.
func (s *Stream) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
}
