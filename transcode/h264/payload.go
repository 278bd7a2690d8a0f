package h264

import (
	"encoding/binary"
	"fmt"
)

// Limits of what is accepted.
const (
	MaxUnit   = 1 << 20 // octets of one access unit
	maxNALs   = 256     // NAL units of one access unit: level 4 allows 8160 slices, nobody sends so many
	minPiece  = 100     // smallest MTU for a Packer, octets
	fuHeaders = 2       // FU indicator and header
)

// Unpacker puts the payloads of one access unit together as a byte stream: single NAL units, STAP-A
// and FU-A (RFC 6184 5.6 to 5.8). It takes the payloads in order and without holes. What belongs to
// interleaved mode is refused.
type Unpacker struct {
	open bool // between the first and the last fragment
	nals int
}

// Reset begins another access unit.
func (u *Unpacker) Reset() { *u = Unpacker{} }

// Unpack appends what a payload carries to unit, with start codes.
func (u *Unpacker) Unpack(unit, payload []byte) ([]byte, error) {
	if len(payload) == 0 {
		return unit, fmt.Errorf("%w: empty", ErrPayload)
	}
	if len(unit)+len(payload) > MaxUnit {
		return unit, fmt.Errorf("%w: access unit over %d octets", ErrPayload, MaxUnit)
	}
	k := kind(payload)
	if u.open && k != typeFUA {
		return unit, fmt.Errorf("%w: packet type %d inside a fragmented NAL unit", ErrPayload, k)
	}
	switch {
	case k >= 1 && k < typeSTAPA:
		return u.add(unit, payload)
	case k == typeSTAPA:
		return u.aggregate(unit, payload[1:])
	case k == typeFUA:
		return u.fragment(unit, payload)
	}
	return unit, fmt.Errorf("%w: packet type %d", ErrPayload, k)
}

// Complete returns an error when the last fragment of a NAL unit has not come.
func (u *Unpacker) Complete() error {
	if u.open {
		return fmt.Errorf("%w: last fragment missing", ErrPayload)
	}
	return nil
}

func (u *Unpacker) add(unit, nal []byte) ([]byte, error) {
	if u.nals++; u.nals > maxNALs {
		return unit, fmt.Errorf("%w: more than %d NAL units", ErrPayload, maxNALs)
	}
	return append(append(unit, startCode...), nal...), nil
}

// aggregate reads the units of a STAP-A: 16 bits of size, then the NAL unit (RFC 6184 5.7.1).
func (u *Unpacker) aggregate(unit, b []byte) ([]byte, error) {
	if len(b) == 0 {
		return unit, fmt.Errorf("%w: empty STAP-A", ErrPayload)
	}
	for len(b) > 0 {
		if len(b) < 3 {
			return unit, fmt.Errorf("%w: STAP-A ends inside a size", ErrPayload)
		}
		size := int(binary.BigEndian.Uint16(b))
		if size == 0 || size > len(b)-2 {
			return unit, fmt.Errorf("%w: STAP-A unit of %d octets where %d are left", ErrPayload, size, len(b)-2)
		}
		nal := b[2 : 2+size]
		if k := kind(nal); k == 0 || k >= typeSTAPA {
			return unit, fmt.Errorf("%w: type %d inside a STAP-A", ErrPayload, k)
		}
		var err error
		if unit, err = u.add(unit, nal); err != nil {
			return unit, err
		}
		b = b[2+size:]
	}
	return unit, nil
}

// fragment reads one FU-A (RFC 6184 5.8).
func (u *Unpacker) fragment(unit, b []byte) ([]byte, error) {
	if len(b) <= fuHeaders {
		return unit, fmt.Errorf("%w: empty fragment", ErrPayload)
	}
	start, end, k := b[1]&0x80 != 0, b[1]&0x40 != 0, b[1]&0x1f
	switch {
	case start == u.open:
		return unit, fmt.Errorf("%w: fragments out of order", ErrPayload)
	case k == 0 || k >= typeSTAPA:
		return unit, fmt.Errorf("%w: type %d in fragments", ErrPayload, k)
	case start:
		var err error
		if unit, err = u.add(unit, []byte{b[0]&0xe0 | k}); err != nil {
			return unit, err
		}
	}
	u.open = !end
	return append(unit, b[fuHeaders:]...), nil
}

// Begins reports whether a payload is the first with a slice of its picture, or carries what stands
// before the slices. It looks at first_mb_in_slice, which is 0 in the first slice (its exp-Golomb code
// is a single 1 bit), as nobody sends arbitrary slice order.
func Begins(payload []byte) bool {
	if len(payload) < 2 {
		return false
	}
	k, rest := kind(payload), payload[1:]
	switch k {
	case typeSTAPA:
		return len(rest) > 2 && Begins(rest[2:])
	case typeFUA:
		if payload[1]&0x80 == 0 {
			return false
		}
		k, rest = int(payload[1]&0x1f), payload[2:]
	}
	switch k {
	case typeSlice, typeIDR:
		return len(rest) > 0 && rest[0]&0x80 != 0
	case typeSEI, typeSPS, typePPS, typeAUD:
		return true
	}
	return false
}

// Packer cuts access units into payloads: in mode 0 each NAL unit is a packet, in mode 1 small ones
// share a STAP-A and large ones are cut into FU-As (RFC 6184 6.2, 6.3). One per stream.
type Packer struct {
	mtu  int
	mode int

	buf     []byte
	pending [][]byte // NAL units for one STAP-A
	size    int      // of that STAP-A
}

// NewPacker makes payloads of at most mtu octets, 100 at least, for packetization-mode 0 or 1.
func NewPacker(mtu, mode int) *Packer { return &Packer{mtu: max(mtu, minPiece), mode: mode} }

// Pack hands the payloads of one access unit, a byte stream, to emit, in order; last is the one that
// gets the marker. A payload is good only during the call. In mode 0 a NAL unit longer than the MTU
// is an error, and nothing is emitted.
func (p *Packer) Pack(unit []byte, emit func(payload []byte, last bool)) error {
	var nals [][]byte
	for nal := range NALs(unit) {
		if p.mode == 0 && len(nal) > p.mtu {
			return fmt.Errorf("%w: NAL unit of %d octets for packets of %d in packetization-mode 0", ErrPayload, len(nal), p.mtu)
		}
		nals = append(nals, nal)
	}
	for i, nal := range nals {
		last := i == len(nals)-1
		switch {
		case p.mode == 0:
			emit(nal, last)
		case len(nal) > p.mtu:
			p.flush(false, emit)
			p.cut(nal, last, emit)
		default:
			if len(p.pending) > 0 && p.size+2+len(nal) > p.mtu {
				p.flush(false, emit)
			}
			if len(p.pending) == 0 {
				p.size = 1
			}
			p.pending, p.size = append(p.pending, nal), p.size+2+len(nal)
			if last {
				p.flush(true, emit)
			}
		}
	}
	return nil
}

// flush emits the gathered NAL units: one as it is, several as a STAP-A, whose header has the
// highest NRI of them (RFC 6184 5.7).
func (p *Packer) flush(last bool, emit func([]byte, bool)) {
	switch len(p.pending) {
	case 0:
		return
	case 1:
		emit(p.pending[0], last)
	default:
		var nri byte
		p.buf = append(p.buf[:0], 0)
		for _, nal := range p.pending {
			nri = max(nri, nal[0]&0x60)
			p.buf = binary.BigEndian.AppendUint16(p.buf, uint16(len(nal))) //nolint:gosec // at most the MTU
			p.buf = append(p.buf, nal...)
		}
		p.buf[0] = nri | typeSTAPA
		emit(p.buf, last)
	}
	clear(p.pending)
	p.pending = p.pending[:0]
}

// cut emits one NAL unit as FU-As of about the same size.
func (p *Packer) cut(nal []byte, last bool, emit func([]byte, bool)) {
	body, room := nal[1:], p.mtu-fuHeaders
	pieces := (len(body) + room - 1) / room
	for i := range pieces {
		header := nal[0] & 0x1f
		if i == 0 {
			header |= 0x80
		}
		if i == pieces-1 {
			header |= 0x40
		}
		p.buf = append(p.buf[:0], nal[0]&0xe0|typeFUA, header)
		p.buf = append(p.buf, body[len(body)*i/pieces:len(body)*(i+1)/pieces]...)
		emit(p.buf, last && i == pieces-1)
	}
}
