package amr

import "time"

// Band is one of the two codecs.
type Band uint8

// The two codecs.
const (
	Narrow Band = iota // AMR, 8 kHz (TS 26.071)
	Wide               // AMR-WB, 16 kHz (TS 26.171)
)

// Frame types with a meaning of their own (RFC 4867 4.3.2, TS 26.101 and 26.201 table 1a).
const (
	narrowSID  = 8
	wideSID    = 9
	SpeechLost = 14 // AMR-WB only: a frame was lost before the RTP sender
	NoData     = 15 // nothing was produced for this time
)

const (
	frameTime = 20 * time.Millisecond
	maxFrames = 12 // a=maxptime:240
	maxOctets = 60 // of the longest frame, 477 bits
	noRequest = 15 // CMR: no request
)

// Name returns the IANA encoding name.
func (b Band) Name() string {
	if b == Wide {
		return "AMR-WB"
	}
	return "AMR"
}

// Rate is the PCM rate and the RTP clock, Hz.
func (b Band) Rate() int {
	if b == Wide {
		return 16000
	}
	return 8000
}

// Modes is the number of speech modes: frame types below it are speech.
func (b Band) Modes() int {
	if b == Wide {
		return 9
	}
	return 8
}

// SID is the frame type of comfort noise parameters.
func (b Band) SID() int {
	if b == Wide {
		return wideSID
	}
	return narrowSID
}

// Bits is the number of bits of a frame type (TS 26.101 and 26.201 table 2 and A.1b), 0 for those
// without any, and -1 for a type that must not be used.
func (b Band) Bits(frameType int) int {
	if frameType < 0 || frameType > 15 {
		return -1
	}
	if b == Wide {
		return int([16]int16{132, 177, 253, 285, 317, 365, 397, 461, 477, 40, -1, -1, -1, -1, 0, 0}[frameType])
	}
	return int([16]int16{95, 103, 118, 134, 148, 159, 204, 244, 39, -1, -1, -1, -1, -1, -1, 0}[frameType])
}

func octets(bits int) int { return (bits + 7) / 8 }
