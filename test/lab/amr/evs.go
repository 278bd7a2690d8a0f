package amr

import (
	"errors"
	"slices"
)

// EVS payloads of AMR-WB IO (TS 26.445 A.2). One good speech frame goes in the Compact format, whose size tells the mode: three bits of mode
// request, the frame's bits from the second on, then the first. All else is Header-Full: a request octet, entries of one octet, frames.
var (
	compactSizes = []int{17, 23, 32, 36, 40, 46, 50, 58, 60}
	compactAsks  = []uint8{0, 1, 2, 4, 5, 7, 8} // table A.2; the eighth value asks for nothing
)

const (
	fullAsk   = 0x90 // H, T = 1: a mode of AMR-WB IO
	fullNone  = 0xFF
	fullIO    = 0x20
	fullQ     = 0x10
	noneAsked = 7
)

func packEVS(cmr uint8, frames []Frame) ([]byte, error) {
	f := Form{Wideband: true}
	if len(frames) != 1 || !frames[0].Good || int(frames[0].Type) > f.Modes() {
		return nil, errors.New("the lab sends one good frame of AMR-WB IO in a packet")
	}
	fr, n := frames[0], f.BitCount(frames[0].Type)
	if len(fr.Bits) != (n+7)/8 {
		return nil, errors.New("frame of a wrong size")
	}
	var w writer
	if fr.Type == f.SID() {
		ask := uint64(fullNone)
		if int(cmr) < f.Modes() {
			ask = uint64(fullAsk | cmr)
		}
		w.bits(ask, 8)
		w.bits(uint64(fullIO|fullQ|fr.Type), 8)
		w.out = append(w.out, fr.Bits...)
		return w.out, nil
	}
	ask := slices.Index(compactAsks, cmr)
	if ask < 0 {
		ask = noneAsked
	}
	w.bits(uint64(ask), 3)
	for i := 1; i <= n; i++ {
		w.bits(bit(fr.Bits, i%n), 1)
	}
	return w.out, nil
}

func bit(b []byte, i int) uint64 { return uint64(b[i/8] >> (7 - i%8) & 1) }

func unpackEVS(payload []byte) (cmr uint8, frames []Frame, err error) {
	if mode := slices.Index(compactSizes, len(payload)); mode >= 0 {
		return unpackCompact(uint8(mode), payload)
	}
	f := Form{Wideband: true}
	r := reader{data: payload}
	cmr = NoRequest
	if len(payload) > 0 && payload[0]&0x80 != 0 {
		if ask := uint8(r.bits(8)); ask&0xF0 == fullAsk {
			cmr = ask & 15
		}
	}
	for more := true; more; {
		toc := uint8(r.bits(8))
		more = toc&0x40 != 0
		fr := Frame{Type: toc & 15, Good: toc&fullQ != 0}
		if r.short || len(frames) == maxFrames || toc&0x80 != 0 || toc&fullIO == 0 || f.BitCount(fr.Type) < 0 {
			return 0, nil, errors.New("bad table of contents of EVS")
		}
		frames = append(frames, fr)
	}
	for i := range frames {
		for n := f.BitCount(frames[i].Type); n > 0; n -= 8 {
			take := min(n, 8)
			frames[i].Bits = append(frames[i].Bits, uint8(r.bits(take))<<(8-take))
		}
		r.align()
	}
	for !r.short && r.at < 8*len(payload) { // zeros that keep the size from meaning a Compact payload
		r.dirty = r.bits(8) != 0 || r.dirty
	}
	if r.short || r.dirty {
		return 0, nil, errors.New("EVS payload does not fit its table of contents")
	}
	return cmr, frames, nil
}

func unpackCompact(mode uint8, payload []byte) (cmr uint8, frames []Frame, err error) {
	n := Form{Wideband: true}.BitCount(mode)
	r := reader{data: payload}
	cmr = NoRequest
	if ask := r.bits(3); ask != noneAsked {
		cmr = compactAsks[ask]
	}
	fr := Frame{Type: mode, Good: true, Bits: make([]byte, (n+7)/8)}
	for i := 1; i <= n; i++ {
		fr.Bits[i%n/8] |= uint8(r.bits(1)) << (7 - i%n%8)
	}
	r.align()
	if r.short || r.dirty {
		return 0, nil, errors.New("padding of an EVS payload")
	}
	return cmr, []Frame{fr}, nil
}
