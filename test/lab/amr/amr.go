package amr

import (
	"bytes"
	"errors"
	"fmt"
)

// Frame types with the same meaning in both codecs (RFC 4867 4.3.2, TS 26.101
// table 1a, TS 26.201 table 1a).
const (
	SpeechLost = 14 // AMR-WB only
	NoData     = 15
	NoRequest  = 15 // CMR: no mode wished
)

// maxFrames is the most frames one packet may bring; maxptime is 240 ms.
const maxFrames = 12

// Frame is one 20 ms frame.
type Frame struct {
	Type uint8
	Good bool // the Q bit
	Bits []byte
}

// Form is one negotiated payload form.
type Form struct {
	Wideband   bool
	OctetAlign bool
	EVS        bool // AMR-WB IO in payloads of EVS; Wideband is set too
}

// SID returns the frame type of the comfort noise frame.
func (f Form) SID() uint8 {
	if f.Wideband {
		return 9
	}
	return 8
}

// Modes returns how many speech modes there are.
func (f Form) Modes() int { return int(f.SID()) }

// BitCount returns the speech bits of a frame type, -1 for one that may not
// occur on the wire.
func (f Form) BitCount(frameType uint8) int {
	narrow := [...]int{95, 103, 118, 134, 148, 159, 204, 244, 39}
	wide := [...]int{132, 177, 253, 285, 317, 365, 397, 461, 477, 40}
	switch {
	case frameType == NoData:
		return 0
	case f.Wideband && frameType == SpeechLost:
		return 0
	case f.Wideband && int(frameType) < len(wide):
		return wide[frameType]
	case !f.Wideband && int(frameType) < len(narrow):
		return narrow[frameType]
	}
	return -1
}

// Pack builds a payload out of frames (RFC 4867 4.3 and 4.4).
func (f Form) Pack(cmr uint8, frames []Frame) ([]byte, error) {
	if f.EVS {
		return packEVS(cmr, frames)
	}
	if len(frames) == 0 || len(frames) > maxFrames || cmr > 15 {
		return nil, errors.New("no frame, too many, or a bad mode request")
	}
	var w writer
	w.bits(uint64(cmr), 4)
	if f.OctetAlign {
		w.align()
	}
	for i, fr := range frames {
		n := f.BitCount(fr.Type)
		if n < 0 || len(fr.Bits) != (n+7)/8 {
			return nil, fmt.Errorf("frame type %d with %d octets", fr.Type, len(fr.Bits))
		}
		more := uint64(1)
		if i == len(frames)-1 {
			more = 0
		}
		good := uint64(0)
		if fr.Good {
			good = 1
		}
		w.bits(more<<5|uint64(fr.Type)<<1|good, 6)
		if f.OctetAlign {
			w.align()
		}
	}
	for _, fr := range frames {
		for n, i := f.BitCount(fr.Type), 0; n > 0; n, i = n-8, i+1 {
			take := min(n, 8)
			w.bits(uint64(fr.Bits[i]>>(8-take)), take)
		}
		if f.OctetAlign {
			w.align()
		}
	}
	return w.out, nil
}

// Unpack reads a payload and is strict about its length: a bandwidth-efficient
// payload taken for an octet-aligned one (or the other way) does not pass.
func (f Form) Unpack(payload []byte) (cmr uint8, frames []Frame, err error) {
	if f.EVS {
		return unpackEVS(payload)
	}
	r := reader{data: payload}
	cmr = uint8(r.bits(4))
	if f.OctetAlign {
		r.align()
	}
	for more := true; more; {
		toc := r.bits(6)
		if f.OctetAlign {
			r.align()
		}
		more = toc&0x20 != 0
		fr := Frame{Type: uint8(toc >> 1 & 15), Good: toc&1 != 0}
		if r.short || len(frames) == maxFrames || f.BitCount(fr.Type) < 0 {
			return 0, nil, errors.New("bad table of contents")
		}
		frames = append(frames, fr)
	}
	for i := range frames {
		for n := f.BitCount(frames[i].Type); n > 0; n -= 8 {
			take := min(n, 8)
			frames[i].Bits = append(frames[i].Bits, uint8(r.bits(take))<<(8-take))
		}
		if f.OctetAlign {
			r.align()
		}
	}
	if r.short || r.dirty || len(payload)-(r.at+7)/8 != 0 {
		return 0, nil, errors.New("payload length or padding does not fit its table of contents")
	}
	return cmr, frames, nil
}

// Storage returns the frame as .amr/.awb files and the codecs have it.
func (fr Frame) Storage() []byte {
	toc := fr.Type << 3
	if fr.Good {
		toc |= 4
	}
	return append([]byte{toc}, fr.Bits...)
}

// FromStorage reads one frame and returns what follows it.
func (f Form) FromStorage(b []byte) (Frame, []byte, error) {
	if len(b) == 0 {
		return Frame{}, nil, errors.New("no frame")
	}
	fr := Frame{Type: b[0] >> 3 & 15, Good: b[0]&4 != 0}
	n := f.BitCount(fr.Type)
	if n < 0 || len(b) < 1+(n+7)/8 {
		return Frame{}, nil, errors.New("bad stored frame")
	}
	end := 1 + (n+7)/8
	fr.Bits = append([]byte(nil), b[1:end]...)
	if n%8 != 0 { // padding bits are zero on the wire
		fr.Bits[len(fr.Bits)-1] &= 0xff << (8 - n%8)
	}
	return fr, b[end:], nil
}

// ParseFile reads a .amr or .awb file (RFC 4867 5).
func ParseFile(data []byte) (Form, []Frame, error) {
	var f Form
	rest, ok := bytes.CutPrefix(data, []byte("#!AMR-WB\n"))
	f.Wideband = ok
	if !ok {
		if rest, ok = bytes.CutPrefix(data, []byte("#!AMR\n")); !ok {
			return f, nil, errors.New("neither #!AMR nor #!AMR-WB")
		}
	}
	var frames []Frame
	for len(rest) > 0 {
		fr, next, err := f.FromStorage(rest)
		if err != nil {
			return f, nil, fmt.Errorf("frame %d: %w", len(frames), err)
		}
		frames, rest = append(frames, fr), next
	}
	return f, frames, nil
}

type writer struct {
	out  []byte
	free int // unused bits of the last octet
}

func (w *writer) bits(v uint64, n int) {
	for i := n - 1; i >= 0; i-- {
		if w.free == 0 {
			w.out, w.free = append(w.out, 0), 8
		}
		w.free--
		w.out[len(w.out)-1] |= uint8(v>>i&1) << w.free
	}
}

func (w *writer) align() { w.free = 0 }

type reader struct {
	data  []byte
	at    int // bit position
	short bool
	dirty bool // a padding bit was set
}

func (r *reader) bits(n int) uint64 {
	var v uint64
	for range n {
		if r.at >= 8*len(r.data) {
			r.short = true
			return 0
		}
		v = v<<1 | uint64(r.data[r.at/8]>>(7-r.at%8)&1)
		r.at++
	}
	return v
}

func (r *reader) align() {
	for r.at%8 != 0 {
		if r.bits(1) != 0 {
			r.dirty = true
		}
	}
}
