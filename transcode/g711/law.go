package g711

import "math/bits"

// G.711 works on 14 (mu) and 13 (A) bit samples; PCM here has 16, so the codes sit in the top bits.
const (
	muBias = 33 << 2 // added before the segment is found (G.711 table 2)
	muClip = 32635   // largest magnitude that does not overflow with the bias
)

// compressMu is the mu-law code of a sample.
func compressMu(s int16) byte {
	mag, sign := int32(s), byte(0xFF)
	if mag < 0 {
		mag, sign = -mag, 0x7F
	}
	mag = min(mag, muClip) + muBias
	seg := bits.Len32(uint32(mag)) - 8
	return sign ^ byte(seg<<4|int(mag>>(seg+3))&0x0F)
}

// expandMu is the middle of the interval a mu-law code stands for.
func expandMu(code byte) int16 {
	code = ^code
	seg := code >> 4 & 7
	mag := (int32(code&0x0F)<<3+muBias)<<seg - muBias
	if code&0x80 != 0 {
		return int16(-mag)
	}
	return int16(mag)
}

// compressA is the A-law code of a sample, every second bit inverted (G.711 table 1a).
func compressA(s int16) byte {
	mag, sign := int32(s), byte(0xD5)
	if mag < 0 {
		mag, sign = ^mag, 0x55 // G.711 has no zero: -1 is the smallest negative value
	}
	seg := bits.Len32(uint32(mag)) - 8
	if seg < 1 {
		return sign ^ byte(mag>>4)
	}
	return sign ^ byte(seg<<4|int(mag>>(seg+3))&0x0F)
}

// expandA is the middle of the interval an A-law code stands for.
func expandA(code byte) int16 {
	code ^= 0x55
	seg := code >> 4 & 7
	mag := int32(code&0x0F)<<4 + 8
	if seg > 0 {
		mag = (mag + 0x100) << (seg - 1)
	}
	if code&0x80 == 0 {
		return int16(-mag)
	}
	return int16(mag)
}
