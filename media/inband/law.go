package inband

import "math/bits"

// Law is one of the two companding laws of ITU-T G.711; None is no law.
type Law uint8

// The laws.
const (
	None Law = iota
	Mu       // PCMU
	A        // PCMA
)

// LawOf returns the law of an encoding name in capitals, None for what is no G.711.
func LawOf(name string) Law {
	switch name {
	case "PCMU":
		return Mu
	case "PCMA":
		return A
	}
	return None
}

// Expand is the sample of one octet, 16 bits.
func (l Law) Expand(code byte) int16 {
	if l == Mu {
		code = ^code
		v := (int16(code&0x0F)<<3+muBias)<<(code>>4&7) - muBias
		if code&0x80 != 0 {
			return -v
		}
		return v
	}
	code ^= 0x55
	v, segment := int16(code&0x0F)<<4+8, code>>4&7
	if segment > 0 {
		v = (v + 0x100) << (segment - 1)
	}
	if code&0x80 != 0 {
		return v
	}
	return -v
}

const muBias = 0x84

// Compress is the octet of one sample.
func (l Law) Compress(v int16) byte {
	negative := v < 0
	m := int(v)
	if negative {
		m = -m
	}
	if l == Mu {
		m = min(m, 32635) + muBias
		segment := bits.Len(uint(m)) - 8
		code := ^byte(segment<<4 | m>>(segment+3)&0x0F)
		if negative {
			return code & 0x7F
		}
		return code | 0x80
	}
	if negative {
		m = max(m-1, 0)
	}
	m = min(m, 32767)
	code := byte(m >> 4)
	if segment := bits.Len(uint(m)) - 8; segment > 0 {
		code = byte(segment<<4 | m>>(segment+3)&0x0F)
	}
	if !negative {
		code |= 0x80
	}
	return code ^ 0x55
}
