package sms

import (
	"fmt"
	"strings"
)

// maxDigits is the longest number a short message has room for (TS 23.040 9.1.2.5).
const maxDigits = 20

// digits are the semi-octets of numbers (TS 23.040 9.1.2.3, TS 24.011 8.2.5.2).
const digits = "0123456789*#abc"

// Address is whom a short message is from or for.
type Address struct {
	// Text is "+15550101" for an international number, digits as dialled for others, or the name of an alphanumeric sender ("Bank").
	Text string
	// Name says that Text is a name, which cannot be answered.
	Name bool
}

// Number is the address of a number: "+" and digits, or digits, * and #. At most 20 of them.
func Number(text string) (Address, error) {
	plain := strings.TrimPrefix(text, "+")
	if plain == "" || len(plain) > maxDigits || strings.Trim(plain, digits) != "" {
		return Address{}, fmt.Errorf("not a number of 1 to %d digits", maxDigits)
	}
	return Address{Text: text}, nil
}

const (
	international = 0x91 // type of number 1, numbering plan 1 (E.164)
	unknownType   = 0x81 // type of number 0
)

// octets are type and semi-octets, and how many digits there are.
func (a Address) octets() (out []byte, n int) {
	kind := byte(unknownType)
	plain, found := strings.CutPrefix(a.Text, "+")
	if found {
		kind = international
	}
	out = append(out, kind)
	for i := 0; i < len(plain); i += 2 {
		low, high := strings.IndexByte(digits, plain[i]), 0xf
		if i+1 < len(plain) {
			high = strings.IndexByte(digits, plain[i+1])
		}
		out = append(out, byte(high)<<4|byte(low)&0xf)
	}
	return out, len(plain)
}

// address reads type and semi-octets. n is how many of them count; -1: all, to the filler.
func address(octets []byte, n int) Address {
	if len(octets) == 0 {
		return Address{}
	}
	kind, octets := octets[0]>>4&7, octets[1:]
	if kind == 5 { // alphanumeric: septets (TS 23.040 9.1.2.5)
		if n < 0 {
			n = len(octets) * 2
		}
		return Address{Text: strings.TrimSpace(clean(fromSeptets(unpack(octets, 0, n*4/7)))), Name: true}
	}
	var b strings.Builder
	if kind == 1 {
		b.WriteByte('+')
	}
	for i := 0; i < len(octets)*2 && (n < 0 || i < n); i++ {
		d := octets[i/2] >> (i % 2 * 4) & 0xf
		if int(d) >= len(digits) {
			break
		}
		b.WriteByte(digits[d])
	}
	return Address{Text: b.String()}
}
