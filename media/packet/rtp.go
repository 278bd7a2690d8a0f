package packet

import (
	"encoding/binary"
	"errors"
)

// Sizes in octets.
const (
	HeaderSize  = 12   // RTP header without CSRC and extension, RFC 3550 5.1
	MaxDatagram = 1800 // largest datagram handled; larger ones are dropped and counted
	BufferSize  = 2048 // MaxDatagram and room for an SRTP or SRTCP trailer
)

// ErrNotReady is returned by a leg that cannot send yet, or not now; the packet
// was not touched, so its sequence number is not spent.
var ErrNotReady = errors.New("leg is not ready to send")

// Errors of the RTP and RTCP views. They are fixed values: a stranger's packet
// must not cost an allocation.
var (
	ErrShort   = errors.New("packet is shorter than its header says")
	ErrVersion = errors.New("packet is not RTP version 2")
	ErrPadding = errors.New("packet has impossible padding")
)

// RTP is the header of one packet and where its payload lies: b[Offset:End].
type RTP struct {
	PayloadType uint8 // 0..127
	Marker      bool
	Sequence    uint16
	Timestamp   uint32
	SSRC        uint32
	Offset, End int
}

// ParseRTP reads the header of b (RFC 3550 5.1). CSRC list, header extension and
// padding are skipped, so b[Offset:End] is the payload alone; Offset is at least
// HeaderSize. It does not allocate.
func ParseRTP(b []byte) (RTP, error) {
	if len(b) < HeaderSize {
		return RTP{}, ErrShort
	}
	if b[0]>>6 != 2 {
		return RTP{}, ErrVersion
	}
	h := RTP{
		PayloadType: b[1] & 0x7f,
		Marker:      b[1]&0x80 != 0,
		Sequence:    binary.BigEndian.Uint16(b[2:]),
		Timestamp:   binary.BigEndian.Uint32(b[4:]),
		SSRC:        binary.BigEndian.Uint32(b[8:]),
		Offset:      HeaderSize + 4*int(b[0]&0x0f),
		End:         len(b),
	}
	if b[0]&0x10 != 0 {
		if h.Offset+4 > len(b) {
			return RTP{}, ErrShort
		}
		h.Offset += 4 + 4*int(binary.BigEndian.Uint16(b[h.Offset+2:]))
	}
	if h.Offset > len(b) {
		return RTP{}, ErrShort
	}
	if b[0]&0x20 != 0 {
		pad := int(b[len(b)-1])
		if pad == 0 || pad > len(b)-h.Offset {
			return RTP{}, ErrPadding
		}
		h.End -= pad
	}
	return h, nil
}

// Put writes h as a bare header right before its payload and returns the new
// packet, a part of b with b's capacity. Version 2, no padding, no extension, no
// CSRC.
func (h RTP) Put(b []byte) []byte {
	out := b[h.Offset-HeaderSize : h.End]
	out[0] = 0x80
	out[1] = h.PayloadType & 0x7f
	if h.Marker {
		out[1] |= 0x80
	}
	binary.BigEndian.PutUint16(out[2:], h.Sequence)
	binary.BigEndian.PutUint32(out[4:], h.Timestamp)
	binary.BigEndian.PutUint32(out[8:], h.SSRC)
	return out
}
