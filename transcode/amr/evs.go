package amr

import (
	"fmt"
	"slices"

	"causeway/transcode"
)

// EVS in its AMR-WB interoperable mode (TS 26.445 5.7 and Annex A): the speech frames are AMR-WB's, the payload is not RFC 4867's. There
// are two formats, which a sender may change between from packet to packet:
//
//	Compact (A.2.1.2), one speech frame, told by its size alone:
//	  | CMR 3 | d(1) d(2) ... d(K-1) | d(0) | padding |
//	Header-Full (A.2.2), any number of frames, a SID always with the CMR octet:
//	  | 1 T T T D D D D | 0 F 1 Q FT FT FT FT | ... | frame, padded | ... | zero octets |
//	    CMR, may be absent   table of contents, 1 = AMR-WB IO
//
// The sizes of the Compact format are protected: a Header-Full payload that would have one is made longer by zero octets, unless only
// Header-Full was agreed on (hf-only=1). There is no EVS Primary codec here: a frame of it is refused.
const (
	evsCMR        = 0x80 // H bit: the octet is a mode request, not an entry of the table of contents
	evsRequestIO  = 0x10 // T = 1: D is a mode of AMR-WB IO (table A.3)
	evsNoRequest  = 0xFF // T = 7, D = 15
	evsMore       = 0x40 // F
	evsIO         = 0x20 // EVS mode bit: AMR-WB IO
	evsGood       = 0x10 // Q
	evsSpecial    = 7    // octets; Primary 2.8 kbit/s, or an AMR-WB IO SID where the first bit is set (A.2.1.3)
	evsCompactCMR = 3    // bits
)

// evsCompactModes are the modes that the three bits of a Compact CMR can ask for (table A.2); 7 asks for nothing.
var evsCompactModes = [...]int{0, 1, 2, 4, 5, 7, 8}

// evsPrimarySizes are the payload sizes in octets that mean an EVS Primary frame in Compact format (table A.1).
var evsPrimarySizes = [...]int{6, 18, 20, 24, 33, 41, 61, 80, 120, 160, 240, 320}

// compactSize is the size in octets of a mode's Compact payload: 17, 23, 32, 36, 40, 46, 50, 58 or 60.
func compactSize(mode int) int { return octets(evsCompactCMR + Wide.Bits(mode)) }

// compactMode is the mode whose Compact payload has that size.
func compactMode(size int) (mode int, ok bool) {
	for mode := range Wide.Modes() {
		if compactSize(mode) == size {
			return mode, true
		}
	}
	return 0, false
}

// primary reports whether a payload of that size is an EVS Primary frame in Compact format.
func primary(payload []byte) bool {
	if len(payload) == evsSpecial {
		return payload[0]&evsCMR == 0
	}
	return slices.Contains(evsPrimarySizes[:], len(payload))
}

// EVSForm is the payload format of EVS in AMR-WB IO mode as negotiated.
type EVSForm struct {
	HeaderFull bool // hf-only=1: Compact is not used
	NoCMR      bool // cmr=-1: nobody asks for modes in the payload
}

// String names the form for people: "EVS/16000 (AMR-WB IO)".
func (f EVSForm) String() string {
	if f.HeaderFull {
		return "EVS/16000 (AMR-WB IO, HF)"
	}
	return "EVS/16000 (AMR-WB IO)"
}

// EVSUnpacker reads EVS payloads with AMR-WB IO frames. It reuses its memory: what Unpack returns is valid until the next call.
type EVSUnpacker struct {
	form   EVSForm
	packet Packet
	frames [maxFrames]Frame
	data   [maxFrames * maxOctets]byte
}

// NewEVSUnpacker returns an unpacker for payloads of that form.
func NewEVSUnpacker(f EVSForm) *EVSUnpacker { return &EVSUnpacker{form: f} }

// String names the form.
func (u *EVSUnpacker) String() string { return u.form.String() }

// Unpack reads one payload. Every error wraps transcode.ErrPayload; a frame of EVS Primary is one.
func (u *EVSUnpacker) Unpack(payload []byte) (*Packet, error) {
	if len(payload) == 0 || len(payload) > transcode.MaxPayload {
		return nil, fmt.Errorf("%w: %s of %d octets", transcode.ErrPayload, u.form, len(payload))
	}
	if !u.form.HeaderFull {
		if primary(payload) {
			return nil, fmt.Errorf("%w: a frame of EVS Primary in %d octets, which needs an EVS codec", transcode.ErrPayload, len(payload))
		}
		if mode, ok := compactMode(len(payload)); ok {
			return u.compact(payload, mode), nil
		}
	}
	return u.full(payload)
}

// compact reads a Compact payload, whose size has been checked.
func (u *EVSUnpacker) compact(payload []byte, mode int) *Packet {
	bits := Wide.Bits(mode)
	data := u.data[:octets(bits)]
	clear(data)
	// d(1) follows the CMR and d(0) ends the frame: read from one bit before d(1), then put d(0) where the CMR's last bit came.
	readBits(data, payload, evsCompactCMR-1, bits)
	last := evsCompactCMR + bits - 1
	data[0] = data[0]&0x7F | payload[last/8]<<(last%8)&0x80
	u.frames[0] = Frame{Type: mode, Good: true, Data: data}
	u.packet = Packet{CMR: -1, Frames: u.frames[:1]}
	if wish := int(payload[0] >> 5); wish < len(evsCompactModes) && !u.form.NoCMR {
		u.packet.CMR = evsCompactModes[wish]
	}
	return &u.packet
}

// full reads a Header-Full payload.
func (u *EVSUnpacker) full(payload []byte) (*Packet, error) {
	u.packet = Packet{CMR: -1}
	at := 0
	if payload[0]&evsCMR != 0 {
		if mode := int(payload[0] & 15); payload[0]&0x70 == evsRequestIO && mode < Wide.Modes() && !u.form.NoCMR {
			u.packet.CMR = mode
		}
		at = 1
	}
	n := 0
	for more := true; more; n, at = n+1, at+1 {
		if n == maxFrames || at >= len(payload) || payload[at]&evsCMR != 0 {
			return nil, fmt.Errorf("%w: %s with a bad table of contents", transcode.ErrPayload, u.form)
		}
		entry := payload[at]
		more = entry&evsMore != 0
		u.frames[n] = Frame{Type: int(entry & 15), Good: entry&evsGood != 0}
		if entry&evsIO == 0 && u.frames[n].Type < SpeechLost {
			return nil, fmt.Errorf("%w: a frame of EVS Primary, which needs an EVS codec", transcode.ErrPayload)
		}
		if Wide.Bits(u.frames[n].Type) < 0 {
			return nil, fmt.Errorf("%w: %s with frame type %d", transcode.ErrPayload, u.form, u.frames[n].Type)
		}
	}
	free := u.data[:]
	for i := range u.frames[:n] {
		bits := Wide.Bits(u.frames[i].Type)
		size := octets(bits)
		if at+size > len(payload) {
			return nil, fmt.Errorf("%w: %s of %d octets ends in a frame", transcode.ErrPayload, u.form, len(payload))
		}
		u.frames[i].Data, free = free[:size:size], free[size:]
		readBits(u.frames[i].Data, payload, 8*at, bits)
		at += size
	}
	for _, b := range payload[at:] {
		if b != 0 {
			return nil, fmt.Errorf("%w: %s of %d octets whose contents need %d", transcode.ErrPayload, u.form, len(payload), at)
		}
	}
	u.packet.Frames = u.frames[:n]
	return &u.packet, nil
}

// Pack writes one payload and returns its length: Compact for one speech frame where that was agreed, else Header-Full. cmr is the mode we
// ask the far side to use, negative for none; Compact asks for the next lower one of those it can express.
func (f EVSForm) Pack(dst []byte, cmr int, frames []Frame) (int, error) {
	if len(frames) == 0 || len(frames) > maxFrames {
		return 0, fmt.Errorf("amr: %d frames for one packet", len(frames))
	}
	for i := range frames {
		bits := Wide.Bits(frames[i].Type)
		if bits < 0 || len(frames[i].Data) < octets(bits) {
			return 0, fmt.Errorf("amr: frame type %d with %d octets", frames[i].Type, len(frames[i].Data))
		}
	}
	if f.NoCMR || cmr >= Wide.Modes() {
		cmr = -1
	}
	if one := frames[0]; len(frames) == 1 && one.Good && one.Type < Wide.Modes() && !f.HeaderFull {
		return packCompact(dst, cmr, one)
	}
	return f.packFull(dst, cmr, frames)
}

func packCompact(dst []byte, cmr int, frame Frame) (int, error) {
	size, bits := compactSize(frame.Type), Wide.Bits(frame.Type)
	if size > len(dst) {
		return 0, transcode.ErrShortBuffer
	}
	dst = dst[:size]
	clear(dst)
	writeBits(dst, evsCompactCMR-1, frame.Data, bits)
	last := evsCompactCMR + bits - 1
	dst[last/8] |= frame.Data[0] & 0x80 >> (last % 8)
	wish := 7
	for code, mode := range evsCompactModes {
		if cmr >= mode {
			wish = code
		}
	}
	dst[0] = dst[0]&0x1F | byte(wish<<5)
	return size, nil
}

func (f EVSForm) packFull(dst []byte, cmr int, frames []Frame) (int, error) {
	size, asks := len(frames), cmr >= 0
	for i := range frames {
		size += octets(Wide.Bits(frames[i].Type))
		asks = asks || frames[i].Type == wideSID && len(frames) == 1 // A.2.1.3: so that it cannot be taken for Primary 2.8
	}
	if asks {
		size++
	}
	for !f.HeaderFull && reserved(size, asks) {
		size++
	}
	if size > len(dst) {
		return 0, transcode.ErrShortBuffer
	}
	dst = dst[:size]
	clear(dst)
	at := 0
	if asks {
		if dst[0] = evsNoRequest; cmr >= 0 {
			dst[0] = evsCMR | evsRequestIO | byte(cmr)
		}
		at = 1
	}
	for i := range frames {
		dst[at] = evsIO | byte(frames[i].Type)
		if i < len(frames)-1 {
			dst[at] |= evsMore
		}
		if frames[i].Good {
			dst[at] |= evsGood
		}
		at++
	}
	for i := range frames {
		bits := Wide.Bits(frames[i].Type)
		writeBits(dst, 8*at, frames[i].Data, bits)
		at += octets(bits)
	}
	return size, nil
}

// reserved reports whether a Header-Full payload of that size would be taken for a Compact one; asks says that it begins with a CMR.
func reserved(size int, asks bool) bool {
	_, io := compactMode(size)
	return io || size == evsSpecial && !asks || slices.Contains(evsPrimarySizes[:], size)
}
