package packet

import (
	"encoding/binary"
	"strings"
)

// EventSize is the size of a telephone-event payload (RFC 4733 2.3).
const EventSize = 4

// digits are the events 0..15 in order (RFC 4733 3.2).
const digits = "0123456789*#ABCD"

// Event is one telephone-event payload (RFC 4733 2.3).
type Event struct {
	Code     uint8 // 0..15 for digits
	End      bool
	Volume   uint8  // 0..63, dBm0 below zero
	Duration uint16 // timestamp units since the event's timestamp
}

// ParseEvent reads the first event of a payload; a list of events (RFC 2198
// style) is not used for digits, so the rest is ignored.
func ParseEvent(b []byte) (Event, bool) {
	if len(b) < EventSize {
		return Event{}, false
	}
	return Event{
		Code:     b[0],
		End:      b[1]&0x80 != 0,
		Volume:   b[1] & 0x3f,
		Duration: binary.BigEndian.Uint16(b[2:]),
	}, true
}

// Put writes e into b, which has at least EventSize octets.
func (e Event) Put(b []byte) {
	b[0] = e.Code
	b[1] = e.Volume & 0x3f
	if e.End {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], e.Duration)
}

// Digit is the key of an event code; ok is false beyond the 16 keys.
func Digit(code uint8) (r rune, ok bool) {
	if int(code) >= len(digits) {
		return 0, false
	}
	return rune(digits[code]), true
}

// EventCode is the event code of a key: 0-9, *, #, A-D (a-d too).
func EventCode(r rune) (code uint8, ok bool) {
	if r >= 'a' && r <= 'd' {
		r -= 'a' - 'A'
	}
	if r > 0x7f {
		return 0, false
	}
	i := strings.IndexByte(digits, byte(r))
	if i < 0 {
		return 0, false
	}
	return uint8(i), true
}
