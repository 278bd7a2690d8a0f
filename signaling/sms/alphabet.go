package sms

import (
	"slices"
	"strings"
	"unicode/utf16"
)

// Alphabet is how the text of a short message is written (TS 23.038 4).
type Alphabet uint8

// The alphabets.
const (
	GSM7   Alphabet = iota // the GSM 7 bit default alphabet with its extension table (TS 23.038 6.2.1)
	Octets                 // 8 bit data: no text
	UCS2                   // 16 bit; in practice UTF-16
)

const escape = 0x1b

// basic is the GSM 7 bit default alphabet (TS 23.038 6.2.1). 0x1b leads to the extension.
var basic = [128]rune([]rune("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"))

// extended is one character of the extension table (TS 23.038 6.2.1.1).
type extended struct {
	code uint16
	char rune
}

var extension = []extended{
	{0x0a, '\f'}, {0x14, '^'}, {0x28, '{'}, {0x29, '}'}, {0x2f, '\\'}, {0x3c, '['}, {0x3d, '~'}, {0x3e, ']'}, {0x40, '|'}, {0x65, '€'},
}

// septets writes a text in the GSM 7 bit alphabet, one value below 128 for each septet; false if it has other characters.
func septets(text string) ([]uint16, bool) {
	out := make([]uint16, 0, len(text))
	for _, r := range text {
		if at := slices.Index(basic[:], r); at >= 0 && at != escape {
			out = append(out, uint16(at))
			continue
		}
		at := slices.IndexFunc(extension, func(e extended) bool { return e.char == r })
		if at < 0 {
			return nil, false
		}
		out = append(out, escape, extension[at].code)
	}
	return out, true
}

// fromSeptets reads septets. An escape to a place that the extension leaves empty is the character of the default alphabet, and one to the
// escape itself is a space (TS 23.038 6.2.1.1).
func fromSeptets(units []uint16) string {
	var b strings.Builder
	for i := 0; i < len(units); i++ {
		u := units[i] & 0x7f
		if u != escape {
			b.WriteRune(basic[u])
			continue
		}
		if i++; i >= len(units) {
			break
		}
		u = units[i] & 0x7f
		switch at := slices.IndexFunc(extension, func(e extended) bool { return e.code == u }); {
		case at >= 0:
			b.WriteRune(extension[at].char)
		case u == escape:
			b.WriteByte(' ')
		default:
			b.WriteRune(basic[u])
		}
	}
	return b.String()
}

// pack puts septets into octets after skip octets of a header, filled up to a septet's border (TS 23.038 6.1.2.1, TS 23.040 9.2.3.24).
func pack(units []uint16, skip int) []byte {
	start := (skip*8 + 6) / 7 * 7 // in bits
	out := make([]byte, (start+len(units)*7+7)/8)
	for i, u := range units {
		bit := start + i*7
		v := (u & 0x7f) << (bit % 8)
		out[bit/8] |= byte(v)
		if v > 0xff {
			out[bit/8+1] |= byte(v >> 8)
		}
	}
	return out[skip:]
}

// unpack takes n septets out of octets, of which skip are a header.
func unpack(octets []byte, skip, n int) []uint16 {
	first := (skip*8 + 6) / 7
	var out []uint16
	for i := first; i < n; i++ {
		bit := i * 7
		if (bit+6)/8 >= len(octets) {
			break
		}
		v := uint16(octets[bit/8])
		if bit/8+1 < len(octets) {
			v |= uint16(octets[bit/8+1]) << 8
		}
		out = append(out, v>>(bit%8)&0x7f)
	}
	return out
}

// body is text as it was sent, not yet characters: a part of a long message may end within a character.
type body struct {
	alphabet Alphabet
	units    []uint16
}

// text reads the characters. Control characters other than line ends and tabs are left out.
func (b body) text() string {
	var s string
	if b.alphabet == UCS2 {
		s = string(utf16.Decode(b.units))
	} else {
		s = fromSeptets(b.units)
	}
	return clean(s)
}

func clean(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r' || r == '\f':
			return '\n'
		case r < 0x20 || r >= 0x7f && r < 0xa0:
			return -1
		}
		return r
	}, s)
}

// coding reads a data coding scheme (TS 23.038 4). Reserved ones are the default alphabet.
func coding(dcs byte) (a Alphabet, compressed bool) {
	switch {
	case dcs>>7 == 0: // general, and marked for deletion
		compressed = dcs&0x20 != 0
		switch dcs >> 2 & 3 {
		case 1:
			return Octets, compressed
		case 2:
			return UCS2, compressed
		}
	case dcs>>4 == 0xe: // message waiting, UCS2
		return UCS2, false
	case dcs>>4 == 0xf && dcs&4 != 0:
		return Octets, false
	}
	return GSM7, compressed
}
