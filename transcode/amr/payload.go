package amr

import (
	"fmt"

	"causeway/transcode"
)

// Frame is one codec frame of 20 ms.
type Frame struct {
	Type int    // 0 to Modes-1 speech, SID, SpeechLost (AMR-WB), NoData
	Good bool   // the Q bit: false when the frame was damaged on its way
	Data []byte // its bits in the order of RFC 4867, the first in the highest bit, padded with zeros
}

// Form is a payload format: the codec and how its bits are laid out.
type Form struct {
	Band    Band
	Aligned bool // octet-align=1; else bandwidth-efficient, the default
}

// String names the form for people: "AMR-WB/16000 (BE)".
func (f Form) String() string {
	layout := "BE"
	if f.Aligned {
		layout = "OA"
	}
	return fmt.Sprintf("%s/%d (%s)", f.Band.Name(), f.Band.Rate(), layout)
}

// Packet is the content of one payload.
type Packet struct {
	CMR    int // mode the sender asks us to use, -1 for none
	Frames []Frame
}

// Unpacker reads payloads of one form. It reuses its memory: what Unpack returns is valid until
// the next call.
type Unpacker struct {
	form   Form
	packet Packet
	frames [maxFrames]Frame
	data   [maxFrames * maxOctets]byte
}

// NewUnpacker returns an unpacker for payloads of that form.
func NewUnpacker(f Form) *Unpacker { return &Unpacker{form: f} }

// String names the form.
func (u *Unpacker) String() string { return u.form.String() }

// Unpack reads one payload. Every error wraps transcode.ErrPayload. The length must fit the table
// of contents exactly, which is what tells a peer that uses the other form from a good one.
// A frame type that must not be used makes the whole packet invalid (RFC 4867 4.3.2).
func (u *Unpacker) Unpack(payload []byte) (*Packet, error) {
	if len(payload) == 0 || len(payload) > transcode.MaxPayload {
		return nil, fmt.Errorf("%w: %s of %d octets", transcode.ErrPayload, u.form, len(payload))
	}
	cmr := int(payload[0] >> 4)
	if cmr >= u.form.Band.Modes() {
		cmr = -1 // 15 is "no request"; the others are for future use and say nothing to us
	}
	n, body, err := u.contents(payload)
	if err != nil {
		return nil, err
	}
	total := body // in bits
	for i := range u.frames[:n] {
		bits := u.form.Band.Bits(u.frames[i].Type)
		if u.form.Aligned {
			bits = 8 * octets(bits)
		}
		total += bits
	}
	if octets(total) != len(payload) {
		return nil, fmt.Errorf("%w: %s of %d octets whose contents need %d", transcode.ErrPayload, u.form, len(payload), octets(total))
	}
	free := u.data[:]
	for i := range u.frames[:n] {
		f := &u.frames[i]
		bits := u.form.Band.Bits(f.Type)
		f.Data, free = free[:octets(bits):octets(bits)], free[octets(bits):]
		readBits(f.Data, payload, body, bits)
		if u.form.Aligned {
			bits = 8 * octets(bits)
		}
		body += bits
	}
	u.packet = Packet{CMR: cmr, Frames: u.frames[:n]}
	return &u.packet, nil
}

// contents reads the table of contents into u.frames and returns how many frames it lists and the
// bit at which the first begins.
func (u *Unpacker) contents(payload []byte) (n, at int, err error) {
	step := 6 // F, FT, Q
	at = 4    // CMR
	if u.form.Aligned {
		step, at = 8, 8 // with two bits of padding; the CMR with four reserved ones
	}
	for more := true; more; n++ {
		if n == maxFrames {
			return 0, 0, fmt.Errorf("%w: %s with more than %d frames", transcode.ErrPayload, u.form, maxFrames)
		}
		if at+step > 8*len(payload) {
			return 0, 0, fmt.Errorf("%w: %s ends in its table of contents", transcode.ErrPayload, u.form)
		}
		entry := payload[at/8] << (at % 8)
		if at%8 > 2 && at/8+1 < len(payload) {
			entry |= payload[at/8+1] >> (8 - at%8)
		}
		at += step
		more = entry&0x80 != 0
		u.frames[n] = Frame{Type: int(entry >> 3 & 15), Good: entry&4 != 0}
		if u.form.Band.Bits(u.frames[n].Type) < 0 {
			return 0, 0, fmt.Errorf("%w: %s with frame type %d", transcode.ErrPayload, u.form, u.frames[n].Type)
		}
	}
	return n, at, nil
}

// Size is the length in octets of a payload with these frames.
func (f Form) Size(frames []Frame) int {
	if f.Aligned {
		n := 1 + len(frames)
		for i := range frames {
			n += octets(f.Band.Bits(frames[i].Type))
		}
		return n
	}
	bits := 4 + 6*len(frames)
	for i := range frames {
		bits += f.Band.Bits(frames[i].Type)
	}
	return octets(bits)
}

// Pack writes one payload and returns its length. cmr is the mode we ask the far side to use,
// negative for none.
func (f Form) Pack(dst []byte, cmr int, frames []Frame) (int, error) {
	if len(frames) == 0 || len(frames) > maxFrames {
		return 0, fmt.Errorf("amr: %d frames for one packet", len(frames))
	}
	for i := range frames {
		bits := f.Band.Bits(frames[i].Type)
		if bits < 0 || len(frames[i].Data) < octets(bits) {
			return 0, fmt.Errorf("amr: frame type %d with %d octets", frames[i].Type, len(frames[i].Data))
		}
	}
	size := f.Size(frames)
	if size > len(dst) {
		return 0, transcode.ErrShortBuffer
	}
	dst = dst[:size]
	clear(dst)
	if cmr < 0 || cmr >= f.Band.Modes() {
		cmr = noRequest
	}
	dst[0] = byte(cmr << 4)
	at, step := 4, 6
	if f.Aligned {
		at, step = 8, 8
	}
	for i := range frames {
		entry := byte(frames[i].Type << 3)
		if i < len(frames)-1 {
			entry |= 0x80
		}
		if frames[i].Good {
			entry |= 4
		}
		dst[at/8] |= entry >> (at % 8)
		if at%8 > 2 {
			dst[at/8+1] |= entry << (8 - at%8)
		}
		at += step
	}
	for i := range frames {
		bits := f.Band.Bits(frames[i].Type)
		writeBits(dst, at, frames[i].Data, bits)
		if f.Aligned {
			bits = 8 * octets(bits)
		}
		at += bits
	}
	return size, nil
}

// readBits copies n bits that begin at bit at of src to the front of dst and clears what is left of
// dst's last octet. src has all of them.
func readBits(dst, src []byte, at, n int) {
	if n == 0 {
		return
	}
	src, shift := src[at/8:], at%8
	dst = dst[:octets(n)]
	for i := range dst {
		v := src[i] << shift
		if shift > 0 && i+1 < len(src) {
			v |= src[i+1] >> (8 - shift)
		}
		dst[i] = v
	}
	if rest := n % 8; rest != 0 {
		dst[len(dst)-1] &= 0xFF << (8 - rest)
	}
}

// writeBits adds the first n bits of src to dst, which is clear there, from bit at on.
func writeBits(dst []byte, at int, src []byte, n int) {
	dst, shift := dst[at/8:], at%8
	for i := range octets(n) {
		v := src[i]
		if left := n - 8*i; left < 8 {
			v &= 0xFF << (8 - left)
		}
		dst[i] |= v >> shift
		if shift > 0 && i+1 < len(dst) {
			dst[i+1] |= v << (8 - shift)
		}
	}
}
