package opus

import (
	"fmt"
	"time"

	"causeway/transcode"
)

// Limits of RFC 6716.
const (
	maxFrame    = 1275                   // octets of one frame (3.4 R2)
	maxDuration = 120 * time.Millisecond // of one packet (3.4 R5)
)

// Info is what the headers of a packet tell.
type Info struct {
	Duration  time.Duration // of the whole packet
	Frames    int
	Silent    bool // every frame is empty or one octet: the sender is in DTX (RFC 6716 2.1.9)
	Redundant bool // carries a copy of the packet before it (LBRR, RFC 6716 4.2.3)
}

// Check reads the headers of one Opus packet as RFC 6716 3.2 describes and refuses, with an error
// that wraps transcode.ErrPayload, every packet that breaks one of the rules R1 to R7 of 3.4.
func Check(packet []byte) (Info, error) {
	if len(packet) == 0 {
		return Info{}, fmt.Errorf("%w: empty Opus packet", transcode.ErrPayload) // R1
	}
	frame := frameDuration(packet[0] >> 3)
	f, ok := split(packet[0]&3, packet[1:])
	if total := frame * time.Duration(f.count); !ok || f.count < 1 || total > maxDuration {
		return Info{}, fmt.Errorf("%w: Opus packet of %d octets", transcode.ErrPayload, len(packet))
	}
	info := Info{Duration: frame * time.Duration(f.count), Frames: f.count, Silent: f.longest <= 1}
	if config := packet[0] >> 3; config < 16 && len(f.first) > 0 {
		// The first bits of a SILK frame: one VAD flag per 20 ms, then the LBRR flag; the same for the side channel.
		flags := max(1, int(frame/(20*time.Millisecond)))
		bits := f.first[0]
		info.Redundant = bits>>(7-flags)&1 == 1 || packet[0]&4 != 0 && bits>>(6-2*flags)&1 == 1
	}
	return info, nil
}

// framing is how a packet divides into frames.
type framing struct {
	count   int
	longest int    // octets
	first   []byte // the first frame
}

// split divides the body of a packet by its code: one frame, two equal, two, many.
func split(code byte, body []byte) (framing, bool) {
	switch code {
	case 0:
		return framing{1, len(body), body}, len(body) <= maxFrame
	case 1: // R3
		half := len(body) / 2
		return framing{2, half, body[:half]}, len(body)%2 == 0 && half <= maxFrame
	case 2: // R4
		size, body, ok := frameLength(body)
		if !ok || size > len(body) || len(body)-size > maxFrame {
			return framing{}, false
		}
		return framing{2, max(size, len(body)-size), body[:size]}, true
	}
	return splitMany(body)
}

// splitMany divides a packet of code 3 (RFC 6716 3.2.5, R5 to R7).
func splitMany(body []byte) (framing, bool) {
	if len(body) == 0 || body[0]&0x3F == 0 {
		return framing{}, false
	}
	head, count := body[0], int(body[0]&0x3F)
	body = body[1:]
	if head&0x40 != 0 {
		padding, rest, ok := paddingLength(body)
		if !ok || padding > len(rest) {
			return framing{}, false
		}
		body = rest[:len(rest)-padding]
	}
	if head&0x80 == 0 { // constant size
		size := len(body) / count
		return framing{count, size, body[:size]}, len(body)%count == 0 && size <= maxFrame
	}
	longest, sum, start := 0, 0, 0
	for i := range count - 1 {
		size, rest, ok := frameLength(body)
		if !ok {
			return framing{}, false
		}
		if i == 0 {
			start = size
		}
		body, sum, longest = rest, sum+size, max(longest, size)
	}
	last := len(body) - sum
	if last < 0 || last > maxFrame {
		return framing{}, false
	}
	if count == 1 {
		start = last
	}
	return framing{count, max(longest, last), body[:start]}, true
}

// paddingLength reads the padding octets count: each 255 means 254 and another octet (3.2.5).
func paddingLength(b []byte) (n int, rest []byte, ok bool) {
	for len(b) > 0 {
		v := int(b[0])
		b = b[1:]
		if v < 255 {
			return n + v, b, true
		}
		n += 254
	}
	return 0, nil, false
}

// frameLength reads a frame length of one or two octets (3.2.1).
func frameLength(b []byte) (n int, rest []byte, ok bool) {
	switch {
	case len(b) > 0 && b[0] < 252:
		return int(b[0]), b[1:], true
	case len(b) > 1:
		return int(b[1])*4 + int(b[0]), b[2:], true
	}
	return 0, nil, false
}

// frameDuration is table 2 of RFC 6716 3.1: the frame size of a configuration number.
func frameDuration(config byte) time.Duration {
	const ms = time.Millisecond
	switch {
	case config < 12: // SILK: 10, 20, 40, 60
		return [...]time.Duration{10 * ms, 20 * ms, 40 * ms, 60 * ms}[config&3]
	case config < 16: // hybrid: 10, 20
		return [...]time.Duration{10 * ms, 20 * ms}[config&1]
	default: // CELT: 2.5, 5, 10, 20
		return 2500 * time.Microsecond << (config & 3)
	}
}
