package codec

import "math/bits"

// law is one companding law of ITU-T G.711.
type law interface {
	compress(sample int16) byte
	expand(code byte) int16
}

// g711 is encoder and decoder of either law.
type g711 struct {
	law law
	pcm []int16
}

// Rate is the PCM rate in Hz.
func (*g711) Rate() int { return 8000 }

// SetMode does nothing: there is one mode.
func (*g711) SetMode(int) {}

// Close frees what the codec holds.
func (*g711) Close() {}

// Encode compresses any number of samples.
func (g *g711) Encode(pcm []int16) ([]byte, error) {
	out := make([]byte, len(pcm))
	for i, s := range pcm {
		out[i] = g.law.compress(s)
	}
	return out, nil
}

// Decode expands any number of octets.
func (g *g711) Decode(frame []byte) ([]int16, error) {
	g.pcm = g.pcm[:0]
	for _, c := range frame {
		g.pcm = append(g.pcm, g.law.expand(c))
	}
	return g.pcm, nil
}

type muLaw struct{}

// compress: 14-bit magnitude plus bias 33, segment = position of its top bit
// (G.711 table 2); every bit is sent inverted.
func (muLaw) compress(s int16) byte {
	v, sign := int(s), byte(0)
	if v < 0 {
		v, sign = -v, 0x80
	}
	v = min(v, 32635) + 132 // 33 << 2: the sample is 16 bits wide
	segment := bits.Len(uint(v)) - 8
	return ^(sign | byte(segment)<<4 | byte(v>>(segment+3)&15))
}

func (muLaw) expand(c byte) int16 {
	c = ^c
	v := (int(c&15)<<3+132)<<(c>>4&7) - 132
	if c&0x80 != 0 {
		return int16(-v)
	}
	return int16(v)
}

type aLaw struct{}

// compress: 13-bit magnitude, even bits inverted (G.711 table 1); the sign bit
// is 1 for positive samples.
func (aLaw) compress(s int16) byte {
	v, sign := int(s), byte(0x80)
	if v < 0 {
		v, sign = -v-1, 0
	}
	v >>= 4 // 12 bits of magnitude
	segment := 0
	if v > 15 {
		segment = bits.Len(uint(v)) - 4
		v >>= segment - 1
	}
	return (sign | byte(segment)<<4 | byte(v&15)) ^ 0x55
}

func (aLaw) expand(c byte) int16 {
	c ^= 0x55
	segment, v := int(c>>4&7), int(c&15)<<4+8
	if segment > 0 {
		v = (v + 256) << (segment - 1)
	}
	if c&0x80 == 0 {
		return int16(-v)
	}
	return int16(v)
}
