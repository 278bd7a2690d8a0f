package video

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"time"

	"causeway/media/packet"
)

// Sender is the outgoing side of a leg, as package bridge's: b begins with an RTP header and has capacity for an SRTP tag; it may be
// changed but not kept. packet.ErrNotReady means that the packet was not touched.
type Sender interface {
	SendRTP(b []byte) error
}

// kept is one packet that was sent.
type kept struct {
	buf  *packet.Buffer
	seq  uint16
	sent time.Time
}

const (
	keptPackets  = 256                   // for repetition: two seconds of 1 Mbit/s
	repeatPause  = 20 * time.Millisecond // between two repetitions of one packet
	repeatRoom   = 64                    // repetitions in a repeatWindow, of all NACKs together: 6 Mbit/s
	repeatWindow = 100 * time.Millisecond
)

// output is one outgoing stream: the only place that numbers packets of its SSRC, and of its retransmissions. It is guarded by its
// direction's lock.
type output struct {
	to         Sender
	pool       *packet.Pool
	ssrc       uint32
	repairSSRC uint32
	repairSeq  uint16
	scratch    [packet.BufferSize]byte

	seq    uint16 // of the next packet
	ts     uint32 // of the newest packet
	at     time.Time
	begun  bool
	source uint32 // whose timestamps offset is for
	bound  bool
	offset uint32 // outgoing minus incoming timestamp
	ring   []kept // nil: nothing is kept
	counts Stream
}

// Stream counts an outgoing stream.
type Stream struct {
	Packets, Octets uint64 // sent; payload octets
	Repeated        uint64 // on a NACK
	Unrepeatable    uint64 // asked for and no longer kept
	Failed          uint64 // not taken by the system
	PayloadType     uint8  // of the newest packet
}

func newOutput(to Sender, pool *packet.Pool, ssrc, repair uint32) output {
	return output{to: to, pool: pool, ssrc: ssrc, repairSSRC: repair, seq: uint16(rand.N(1 << 15)),
		repairSeq: uint16(rand.N(1 << 15)), ts: rand.Uint32()}
}

// roomSize is what a header with an extension needs before a payload.
const roomSize = packet.HeaderSize + packet.ExtensionSize

// extra is what goes into the header beside the fields of packet.RTP.
type extra struct{ id, value uint8 }

// send numbers and sends a packet that has room for a header, and an extension where x wants one, before its payload. source names
// whose timestamp h has.
func (o *output) send(b []byte, h packet.RTP, source uint32, pt uint8, x extra, now time.Time) bool {
	if !o.bound || source != o.source {
		o.offset = o.follow(now) - h.Timestamp
		o.source, o.bound = source, true
	}
	size := h.End - h.Offset
	h.PayloadType, h.SSRC, h.Sequence, h.Timestamp = pt, o.ssrc, o.seq, h.Timestamp+o.offset
	var out []byte
	if x.id != 0 && h.Offset >= packet.HeaderSize+packet.ExtensionSize {
		out = h.PutExtended(b, x.id, x.value)
	} else {
		out = h.Put(b)
	}
	o.keep(out, h.Sequence, now)
	err := o.to.SendRTP(out)
	if errors.Is(err, packet.ErrNotReady) {
		return false
	}
	o.seq++
	if !o.begun || int32(h.Timestamp-o.ts) > 0 { //nolint:gosec // wraps by design
		o.ts, o.at = h.Timestamp, now
	}
	o.begun = true
	if err != nil {
		o.counts.Failed++
		return false
	}
	o.counts.Packets++
	o.counts.Octets += uint64(size) //nolint:gosec // not negative
	o.counts.PayloadType = pt
	return true
}

// follow is the timestamp of another source's first packet.
func (o *output) follow(now time.Time) uint32 {
	if !o.begun {
		return o.ts
	}
	return o.ts + max(ticks(now.Sub(o.at)), clock/50)
}

// ticks converts a time to timestamp units, modulo 2^32.
func ticks(d time.Duration) uint32 {
	if d < 0 {
		return 0
	}
	return uint32(int64(d/time.Millisecond) * clock / 1000) //nolint:gosec // modulo by design
}

// small sends a payload that lies elsewhere, with a given timestamp.
func (o *output) small(payload []byte, h packet.RTP, source uint32, pt uint8, x extra, now time.Time) bool {
	if len(payload) > packet.MaxDatagram-roomSize {
		return false
	}
	h.Offset = roomSize
	h.End = roomSize + copy(o.scratch[roomSize:], payload)
	return o.send(o.scratch[:], h, source, pt, x, now)
}

// lose leaves n numbers out, so that the receiver sees the loss.
func (o *output) lose(n int) { o.seq += uint16(n) } //nolint:gosec // modulo by design

// keep copies a packet for repetition.
func (o *output) keep(b []byte, seq uint16, now time.Time) {
	if o.ring == nil {
		return
	}
	k := &o.ring[seq%keptPackets]
	if k.buf == nil {
		buf, ok := o.pool.Copy(b)
		if !ok {
			return
		}
		k.buf = buf
	} else {
		if len(b) > packet.MaxDatagram {
			return
		}
		k.buf.N = copy(k.buf.Data[:], b)
	}
	k.seq, k.sent = seq, now
}

// remember says whether packets are kept.
func (o *output) remember(on bool) {
	if on && o.ring == nil {
		o.ring = make([]kept, keptPackets)
	}
	if !on {
		o.forget()
	}
}

func (o *output) forget() {
	for i := range o.ring {
		if o.ring[i].buf != nil {
			o.ring[i].buf.Release()
		}
	}
	o.ring = nil
}

// repeat sends a packet again: as a retransmission of its own stream (RFC 4588 4) where pt is one, else as it was. It reports whether
// it still had the packet.
func (o *output) repeat(seq uint16, pt uint8, now time.Time) bool {
	if o.ring == nil {
		return false
	}
	k := &o.ring[seq%keptPackets]
	if k.buf == nil || k.seq != seq || !o.begun {
		o.counts.Unrepeatable++
		return false
	}
	if now.Sub(k.sent) < repeatPause {
		return true // it is on its way
	}
	b := o.scratch[:copy(o.scratch[:], k.buf.Bytes())]
	if pt != 0 {
		h, err := packet.ParseRTP(b)
		if err != nil || len(b)+2 > packet.MaxDatagram {
			return false
		}
		b = o.scratch[:len(b)+2]
		copy(b[h.Offset+2:], k.buf.Bytes()[h.Offset:])
		binary.BigEndian.PutUint16(b[h.Offset:], seq)
		b[1] = b[1]&0x80 | pt
		binary.BigEndian.PutUint16(b[2:], o.repairSeq)
		binary.BigEndian.PutUint32(b[8:], o.repairSSRC)
	}
	if errors.Is(o.to.SendRTP(b), packet.ErrNotReady) {
		return false
	}
	if pt != 0 {
		o.repairSeq++
	}
	k.sent = now
	o.counts.Repeated++
	return true
}
