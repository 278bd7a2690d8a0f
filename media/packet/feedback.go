package packet

import (
	"encoding/binary"
	"math/bits"
)

// Feedback packet types and formats (RFC 4585 6.1, RFC 5104 4.2 and 4.3).
const (
	TypeRTPFB = 205
	TypePSFB  = 206

	FormatNACK  = 1  // of RTPFB, RFC 4585 6.2.1
	FormatTMMBR = 3  // of RTPFB, RFC 5104 4.2.1
	FormatTMMBN = 4  // of RTPFB, RFC 5104 4.2.2
	FormatPLI   = 1  // of PSFB, RFC 4585 6.3.1
	FormatFIR   = 4  // of PSFB, RFC 5104 4.3.1
	FormatAFB   = 15 // of PSFB, RFC 4585 6.4: REMB lives here
)

// maxEntries bounds the entries of one feedback packet that are looked at.
const maxEntries = 64

// remb is the identifier of draft-alvestrand-rmcat-remb-03 2.2.
const remb = 0x52454d42

// Feedback is one feedback packet: who sends it, which source it is about (0 in FIR, TMMBR and REMB, where the entries name it),
// and what it says.
type Feedback struct {
	Type, Format  uint8
	Sender, Media uint32
	Control       []byte // feedback control information
}

// Feedback reads p as a feedback packet; ok is false for other types.
func (p RTCP) Feedback() (f Feedback, ok bool) {
	if p.Type != TypeRTPFB && p.Type != TypePSFB || len(p.Body) < 8 {
		return Feedback{}, false
	}
	return Feedback{
		Type: p.Type, Format: p.Count, Sender: binary.BigEndian.Uint32(p.Body),
		Media: binary.BigEndian.Uint32(p.Body[4:]), Control: p.Body[8:],
	}, true
}

// Lost calls each with every sequence number a NACK asks for, at most 64 entries of 17 numbers.
func (f Feedback) Lost(each func(seq uint16)) {
	b := f.Control
	for i := 0; i < maxEntries && len(b) >= 4; i++ {
		first, mask := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
		each(first)
		for n := range uint16(16) {
			if mask>>n&1 == 1 {
				each(first + n + 1)
			}
		}
		b = b[4:]
	}
}

// Names reports whether an entry of a FIR or TMMBR is about ssrc, and that entry's second word.
func (f Feedback) Names(ssrc uint32) (word uint32, ok bool) {
	b := f.Control
	for i := 0; i < maxEntries && len(b) >= 8; i++ {
		if binary.BigEndian.Uint32(b) == ssrc {
			return binary.BigEndian.Uint32(b[4:]), true
		}
		b = b[8:]
	}
	return 0, false
}

// Rate is the bit rate of a TMMBR entry's word: six bits of exponent, 17 of mantissa, nine of overhead (RFC 5104 4.2.1.1).
func Rate(word uint32) (bps uint64, overhead int) {
	return scaled(uint64(word>>9&0x1ffff), uint(word>>26)), int(word & 0x1ff)
}

// scaled is mantissa times 2^exponent, or the largest number where that does not fit.
func scaled(mantissa uint64, exponent uint) uint64 {
	if mantissa == 0 {
		return 0
	}
	if bits.Len64(mantissa)+int(exponent) > 63 { //nolint:gosec // at most 63
		return 1<<63 - 1
	}
	return mantissa << exponent
}

// Estimate is the bit rate of a REMB; ok is false for any other application feedback.
func (f Feedback) Estimate() (bps uint64, ok bool) {
	b := f.Control
	if f.Type != TypePSFB || f.Format != FormatAFB || len(b) < 8 || binary.BigEndian.Uint32(b) != remb {
		return 0, false
	}
	word := binary.BigEndian.Uint32(b[4:])
	return scaled(uint64(word&0x3ffff), uint(word>>18&0x3f)), true
}

// appendFeedback starts a feedback packet.
func appendFeedback(b []byte, kind, format uint8, sender, media uint32) []byte {
	b = appendHeader(b, kind, int(format))
	b = binary.BigEndian.AppendUint32(b, sender)
	return binary.BigEndian.AppendUint32(b, media)
}

// AppendNACK asks for the numbers in lost, which rise (RFC 4585 6.2.1).
func AppendNACK(b []byte, sender, media uint32, lost []uint16) []byte {
	start := len(b)
	b = appendFeedback(b, TypeRTPFB, FormatNACK, sender, media)
	for i := 0; i < len(lost); {
		first, mask := lost[i], uint16(0)
		for i++; i < len(lost) && lost[i]-first <= 16; i++ {
			mask |= 1 << (lost[i] - first - 1)
		}
		b = binary.BigEndian.AppendUint16(b, first)
		b = binary.BigEndian.AppendUint16(b, mask)
	}
	return closeHeader(b, start)
}

// AppendPLI asks for a key frame (RFC 4585 6.3.1).
func AppendPLI(b []byte, sender, media uint32) []byte {
	start := len(b)
	return closeHeader(appendFeedback(b, TypePSFB, FormatPLI, sender, media), start)
}

// AppendFIR asks for a key frame (RFC 5104 4.3.1). number rises with every request that is not a repetition.
func AppendFIR(b []byte, sender, media uint32, number uint8) []byte {
	start := len(b)
	b = appendFeedback(b, TypePSFB, FormatFIR, sender, 0)
	b = binary.BigEndian.AppendUint32(b, media)
	b = append(b, number, 0, 0, 0)
	return closeHeader(b, start)
}

// AppendREMB tells the sender of media what it may send.
func AppendREMB(b []byte, sender, media uint32, bps uint64) []byte {
	start := len(b)
	b = appendFeedback(b, TypePSFB, FormatAFB, sender, 0)
	b = binary.BigEndian.AppendUint32(b, remb)
	mantissa, exponent := scale(bps, 18)
	b = binary.BigEndian.AppendUint32(b, 1<<24|exponent<<18|mantissa)
	b = binary.BigEndian.AppendUint32(b, media)
	return closeHeader(b, start)
}

// AppendTMMBR asks the sender of media to send at most bps, counted with overhead octets per packet (RFC 5104 4.2.1).
func AppendTMMBR(b []byte, sender, media uint32, bps uint64, overhead int) []byte {
	return appendRate(b, FormatTMMBR, sender, media, bps, overhead)
}

// AppendTMMBN confirms the limit that owner asked for (RFC 5104 4.2.2).
func AppendTMMBN(b []byte, sender, owner uint32, bps uint64, overhead int) []byte {
	return appendRate(b, FormatTMMBN, sender, owner, bps, overhead)
}

func appendRate(b []byte, format uint8, sender, entry uint32, bps uint64, overhead int) []byte {
	start := len(b)
	b = appendFeedback(b, TypeRTPFB, format, sender, 0)
	b = binary.BigEndian.AppendUint32(b, entry)
	mantissa, exponent := scale(bps, 17)
	b = binary.BigEndian.AppendUint32(b, exponent<<26|mantissa<<9|uint32(overhead)&0x1ff) //nolint:gosec // nine bits
	return closeHeader(b, start)
}

// scale writes a rate as mantissa of width bits and exponent, rounded down.
func scale(bps uint64, width int) (mantissa, exponent uint32) {
	n := max(bits.Len64(bps)-width, 0)
	return uint32(bps >> n), uint32(n) //nolint:gosec // fits the width
}
