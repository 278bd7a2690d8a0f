package packet

import (
	"encoding/binary"
	"time"
)

// Packet types and blocks beyond plain reports: RFC 3550 6.7, RFC 3611 4.4, 4.5 and 4.7.
const (
	TypeAPP = 204
	TypeXR  = 207

	blockReferenceTime = 4
	blockDelay         = 5
	blockVoIP          = 7

	referenceTimeSize = 8  // of a receiver reference time block's content
	delaySize         = 12 // of one sub-block of a DLRR block
	voipSize          = 32 // of a VoIP metrics block's content
)

// xrBlock is one report block of an XR packet, its content without the 4-octet header.
type xrBlock struct {
	kind    uint8
	content []byte
}

// nextBlock splits the first block off the body of an XR packet, after the sender's SSRC. ok is false at the end and at anything
// malformed.
func nextBlock(b []byte) (x xrBlock, rest []byte, ok bool) {
	if len(b) < 4 {
		return xrBlock{}, nil, false
	}
	size := 4 + 4*int(binary.BigEndian.Uint16(b[2:]))
	if size > len(b) {
		return xrBlock{}, nil, false
	}
	return xrBlock{b[0], b[4:size]}, b[size:], true
}

// reference is the newest receiver reference time of the far end: what a DLRR block answers (RFC 3611 4.4).
type reference struct {
	ssrc   uint32
	middle uint32 // middle 32 bits of its NTP time
	at     time.Time
}

// extended takes an XR packet: the far end's reference time, to be answered with the next report, and what its play-out did with our
// stream. Everything else is skipped.
func (c *Control) extended(p RTCP, now time.Time) {
	ssrc, ok := p.Sender()
	if !ok {
		return
	}
	rest := p.Body[4:]
	for range maxBlocks {
		x, after, ok := nextBlock(rest)
		if !ok {
			return
		}
		rest = after
		switch {
		case x.kind == blockReferenceTime && len(x.content) == referenceTimeSize:
			c.reference = reference{ssrc: ssrc, middle: binary.BigEndian.Uint32(x.content[2:]), at: now}
		case x.kind == blockVoIP && len(x.content) == voipSize && binary.BigEndian.Uint32(x.content) == c.SSRC:
			c.remoteDiscard = x.content[5]
		}
	}
}

// appendDelay appends an XR packet with a DLRR block that answers the far end's newest reference time (RFC 3611 4.5), once.
func (c *Control) appendDelay(b []byte, now time.Time) []byte {
	r := c.reference
	if r.at.IsZero() {
		return b
	}
	c.reference = reference{}
	start := len(b)
	b = appendHeader(b, TypeXR, 0)
	b = binary.BigEndian.AppendUint32(b, c.SSRC)
	b = append(b, blockDelay, 0, 0, delaySize/4)
	b = binary.BigEndian.AppendUint32(b, r.ssrc)
	b = binary.BigEndian.AppendUint32(b, r.middle)
	b = binary.BigEndian.AppendUint32(b, uint32(now.Sub(r.at)*65536/time.Second)) //nolint:gosec // 18 h fit
	return closeHeader(b, start)
}

// Requests of a multimedia telephony client by RTCP-APP (TS 26.114 10.2.1): four bits of number, then the value.
const (
	adaptationName   = "3GM7"
	requestRed       = 0 // redundancy, 12 bits
	requestAggregate = 1 // frames in a packet, 4 bits
	requestMode      = 2 // codec mode, 4 bits, as a CMR of RFC 4867
)

// modeRequest reads the codec mode request of an APP packet. ok is false when there is none, and for 15, which asks for nothing.
// Requests for redundancy and for other packet durations are skipped: both are negotiated only. A number that is not known ends the
// list, since the length of its value is not known either.
func (p RTCP) modeRequest() (mode int, ok bool) {
	if p.Type != TypeAPP || len(p.Body) < 8 || string(p.Body[4:8]) != adaptationName {
		return 0, false
	}
	data := p.Body[8:]
	for at := 0; at+2 <= 2*len(data); {
		switch nibble(data, at) {
		case requestRed:
			at += 4
		case requestAggregate:
			at += 2
		case requestMode:
			mode = nibble(data, at+1)
			return mode, mode != 15
		default:
			return 0, false
		}
	}
	return 0, false
}

// nibble is the half octet at a place counted in half octets.
func nibble(b []byte, at int) int {
	if at%2 == 0 {
		return int(b[at/2] >> 4)
	}
	return int(b[at/2] & 15)
}
