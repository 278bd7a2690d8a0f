package rtp

import (
	"encoding/binary"
	"errors"
)

// Packet is one RTP packet without extension or padding content.
type Packet struct {
	PayloadType uint8
	Marker      bool
	Sequence    uint16
	Timestamp   uint32
	SSRC        uint32
	Payload     []byte
}

// Parse reads a packet; Payload aliases data.
func Parse(data []byte) (Packet, error) {
	if len(data) < 12 || data[0]>>6 != 2 {
		return Packet{}, errors.New("not an RTP version 2 packet")
	}
	p := Packet{PayloadType: data[1] & 0x7f, Marker: data[1]&0x80 != 0,
		Sequence:  binary.BigEndian.Uint16(data[2:]),
		Timestamp: binary.BigEndian.Uint32(data[4:]), SSRC: binary.BigEndian.Uint32(data[8:])}
	at := 12 + 4*int(data[0]&0x0f)
	if data[0]&0x10 != 0 { // header extension, RFC 3550 5.3.1
		if len(data) < at+4 {
			return Packet{}, errors.New("extension cut off")
		}
		at += 4 + 4*int(binary.BigEndian.Uint16(data[at+2:]))
	}
	end := len(data)
	if data[0]&0x20 != 0 { // padding, its length in the last octet
		pad := int(data[end-1])
		if pad == 0 {
			return Packet{}, errors.New("padding of length 0")
		}
		end -= pad
	}
	if at > end {
		return Packet{}, errors.New("header longer than the packet")
	}
	p.Payload = data[at:end]
	return p, nil
}

// Append writes the packet behind dst.
func (p Packet) Append(dst []byte) []byte {
	second := p.PayloadType & 0x7f
	if p.Marker {
		second |= 0x80
	}
	dst = append(dst, 0x80, second)
	dst = binary.BigEndian.AppendUint16(dst, p.Sequence)
	dst = binary.BigEndian.AppendUint32(dst, p.Timestamp)
	dst = binary.BigEndian.AppendUint32(dst, p.SSRC)
	return append(dst, p.Payload...)
}

// IsRTCP tells RTCP by its packet type octet (RFC 5761 4).
func IsRTCP(data []byte) bool { return len(data) >= 8 && data[1] >= 192 && data[1] <= 223 }

// Event is one telephone-event payload (RFC 4733 2.3). Duration is in units of
// the payload type's clock.
type Event struct {
	Code     uint8
	End      bool
	Volume   uint8 // -dBm0, 0 to 63
	Duration uint16
}

// ParseEvent reads a telephone-event payload.
func ParseEvent(b []byte) (Event, error) {
	if len(b) < 4 {
		return Event{}, errors.New("telephone-event under 4 octets")
	}
	return Event{Code: b[0], End: b[1]&0x80 != 0, Volume: b[1] & 0x3f, Duration: binary.BigEndian.Uint16(b[2:])}, nil
}

// Bytes writes the payload.
func (e Event) Bytes() []byte {
	flags := e.Volume & 0x3f
	if e.End {
		flags |= 0x80
	}
	return binary.BigEndian.AppendUint16([]byte{e.Code, flags}, e.Duration)
}

const digits = "0123456789*#ABCD"

// Digit returns the character of an event code 0 to 15, else 0.
func Digit(code uint8) byte {
	if int(code) < len(digits) {
		return digits[code]
	}
	return 0
}

// EventCode returns the event code of a digit.
func EventCode(digit byte) (uint8, bool) {
	for i := range len(digits) {
		if digits[i] == digit {
			return uint8(i), true
		}
	}
	return 0, false
}
