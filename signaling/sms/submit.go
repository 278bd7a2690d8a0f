package sms

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// MaxParts is how many short messages one text may become.
const MaxParts = 20

// Submit is an SMS-SUBMIT (TS 23.040 9.2.2.2): one message of at most 140 octets of user data.
type Submit struct {
	To        Address
	Reference byte // TP-Message-Reference, repeated by the status report
	Report    bool // the centre shall send a status report
	Part      Part

	body body
}

// Encode writes the TPDU. Addresses of Number and parts of Split always fit.
func (s Submit) Encode() []byte {
	first := byte(1)
	if s.Report {
		first |= 0x20
	}
	var header []byte
	if s.Part.Total > 1 {
		first |= 0x40
		header = []byte{5, 0, 3, byte(s.Part.Reference), byte(s.Part.Total), byte(s.Part.Number)}
	}
	to, n := s.To.octets()
	out := append([]byte{first, s.Reference, byte(n)}, to...)
	if s.body.alphabet == UCS2 {
		out = append(out, 0, 0x08, byte(len(header)+2*len(s.body.units)))
		out = append(out, header...)
		for _, u := range s.body.units {
			out = append(out, byte(u>>8), byte(u))
		}
		return out
	}
	out = append(out, 0, 0x00, byte((len(header)*8+6)/7+len(s.body.units)))
	return append(append(out, header...), pack(s.body.units, len(header))...)
}

// ErrLong is a text that needs more parts than there may be.
type ErrLong struct{ Parts int }

// Error says how long it is.
func (e ErrLong) Error() string {
	return fmt.Sprintf("the text needs %d short messages, more than %d", e.Parts, MaxParts)
}

// Split turns a text into the SMS-SUBMITs that carry it, in order: one where it fits, else parts that reference holds together. It is
// written in the GSM 7 bit alphabet where every character is in that, else in UCS2. References of the messages are left to the caller.
func Split(to Address, text string, reference byte) ([]Submit, error) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	whole := body{alphabet: GSM7}
	single, each := 160, 153
	var ok bool
	if whole.units, ok = septets(text); !ok {
		whole = body{alphabet: UCS2, units: utf16.Encode([]rune(text))}
		single, each = 70, 67
	}
	if len(whole.units) <= single {
		return []Submit{{To: to, body: whole}}, nil
	}
	var out []Submit
	for rest := whole.units; len(rest) > 0; {
		n := whole.cut(rest, each)
		out = append(out, Submit{To: to, body: body{whole.alphabet, rest[:n]}})
		rest = rest[n:]
	}
	if len(out) > MaxParts {
		return nil, ErrLong{len(out)}
	}
	for i := range out {
		out[i].Part = Part{Reference: uint16(reference), Total: len(out), Number: i + 1}
	}
	return out, nil
}

// cut is where a part ends: not within a character.
func (b body) cut(units []uint16, each int) int {
	if len(units) <= each {
		return len(units)
	}
	last := units[each-1]
	if b.alphabet == GSM7 && last == escape || b.alphabet == UCS2 && utf16.IsSurrogate(rune(last)) && last < 0xdc00 {
		return each - 1
	}
	return each
}
