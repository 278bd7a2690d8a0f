package vp8

import (
	"errors"
	"fmt"
)

// ErrPayload is in the error of a payload or frame that is not VP8 as RFC 7741 and RFC 6386 say.
var ErrPayload = errors.New("vp8: malformed payload")

// Absent marks an optional field of a Descriptor that is not there.
const Absent = -1

// MaxDescriptor is the longest payload descriptor, octets.
const MaxDescriptor = 6

// Descriptor is the VP8 payload descriptor (RFC 7741 4.2).
type Descriptor struct {
	NonReference bool // N: no other frame refers to this one
	Start        bool // S: first packet of a partition
	Partition    int  // PID, 0 to 7; Start with Partition 0 begins a frame
	PictureID    int  // 7 or 15 bits, or Absent
	LongID       bool // M: PictureID has 15 bits
	TL0PicIdx    int  // 0 to 255, or Absent
	TID          int  // temporal layer 0 to 3, or Absent
	LayerSync    bool // Y: refers to the base layer only; with TID
	KeyIdx       int  // 0 to 31, or Absent
}

// ParseDescriptor reads the descriptor at the beginning of an RTP payload and returns how long it
// is. A payload with nothing behind the descriptor is malformed.
func ParseDescriptor(payload []byte) (Descriptor, int, error) {
	d := Descriptor{PictureID: Absent, TL0PicIdx: Absent, TID: Absent, KeyIdx: Absent}
	r := reader{b: payload}
	first := r.octet()
	d.NonReference, d.Start, d.Partition = first&0x20 != 0, first&0x10 != 0, int(first&7)
	if first&0x80 != 0 {
		extension := r.octet()
		if extension&0x80 != 0 {
			d.PictureID = int(r.octet())
			if d.PictureID&0x80 != 0 {
				d.PictureID, d.LongID = d.PictureID&0x7f<<8|int(r.octet()), true
			}
		}
		if extension&0x40 != 0 {
			d.TL0PicIdx = int(r.octet())
		}
		if extension&0x30 != 0 { // TID and KEYIDX share an octet
			both := r.octet()
			if extension&0x20 != 0 {
				d.TID, d.LayerSync = int(both>>6), both&0x20 != 0
			}
			if extension&0x10 != 0 {
				d.KeyIdx = int(both & 0x1f)
			}
		}
	}
	if r.short || r.at >= len(payload) {
		return Descriptor{}, 0, fmt.Errorf("%w: descriptor of %d octets without a frame", ErrPayload, len(payload))
	}
	return d, r.at, nil
}

type reader struct {
	b     []byte
	at    int
	short bool
}

func (r *reader) octet() byte {
	if r.at >= len(r.b) {
		r.short = true
		return 0
	}
	r.at++
	return r.b[r.at-1]
}

// Append writes the descriptor behind dst. Values beyond their bits are cut.
func (d Descriptor) Append(dst []byte) []byte {
	var first, extension byte
	first = flag(d.NonReference, 0x20) | flag(d.Start, 0x10) | byte(d.Partition&7)
	extension = flag(d.PictureID != Absent, 0x80) | flag(d.TL0PicIdx != Absent, 0x40) | flag(d.TID != Absent, 0x20) | flag(d.KeyIdx != Absent, 0x10)
	if extension == 0 {
		return append(dst, first)
	}
	dst = append(dst, first|0x80, extension)
	if d.PictureID != Absent {
		if d.LongID {
			dst = append(dst, 0x80|byte(d.PictureID>>8&0x7f), byte(d.PictureID))
		} else {
			dst = append(dst, byte(d.PictureID&0x7f))
		}
	}
	if d.TL0PicIdx != Absent {
		dst = append(dst, byte(d.TL0PicIdx))
	}
	if d.TID == Absent && d.KeyIdx == Absent {
		return dst
	}
	var both byte
	if d.TID != Absent {
		both = byte(d.TID&3)<<6 | flag(d.LayerSync, 0x20)
	}
	if d.KeyIdx != Absent {
		both |= byte(d.KeyIdx & 0x1f)
	}
	return append(dst, both)
}

func flag(on bool, bit byte) byte {
	if on {
		return bit
	}
	return 0
}

// Begins reports whether a payload is the first of a frame.
func Begins(payload []byte) bool {
	d, _, err := ParseDescriptor(payload)
	return err == nil && d.Start && d.Partition == 0
}

// Unpack appends the part of a frame that a payload carries to frame.
func Unpack(frame, payload []byte) ([]byte, error) {
	_, n, err := ParseDescriptor(payload)
	if err != nil {
		return frame, err
	}
	return append(frame, payload[n:]...), nil
}

// Packer cuts frames into payloads, with a 15-bit PictureID that counts the frames. One per stream.
type Packer struct {
	mtu int

	id int
}

// NewPacker makes payloads of at most mtu octets; mtu is 100 at least.
func NewPacker(mtu, firstPictureID int) *Packer {
	return &Packer{mtu: max(mtu, 100), id: firstPictureID & 0x7fff}
}

// Pack hands the payloads of one frame to emit, in order, in pieces of about the same size. A payload
// is good only during the call. All pieces have Partition 0, as RFC 7741 4.2 allows ("if the
// packetizer is not partition aware").
func (p *Packer) Pack(frame []byte, emit func(payload []byte, last bool)) {
	d := Descriptor{Start: true, PictureID: p.id, LongID: true, TL0PicIdx: Absent, TID: Absent, KeyIdx: Absent}
	p.id = (p.id + 1) & 0x7fff
	const overhead = 4
	room := p.mtu - overhead
	pieces := (len(frame) + room - 1) / room
	var buf []byte
	for i := range pieces {
		from, to := len(frame)*i/pieces, len(frame)*(i+1)/pieces
		buf = append(d.Append(buf[:0]), frame[from:to]...)
		emit(buf, i == pieces-1)
		d.Start = false
	}
}
