package vp8

import (
	"fmt"

	"causeway/transcode/picture"
)

// Header is what stands uncompressed at the beginning of a VP8 frame (RFC 6386 9.1).
type Header struct {
	Key            bool
	Show           bool // the frame is to be shown
	Version        int  // 0 to 3
	FirstPartition int  // octets
	Width, Height  int  // of a key frame; 0 otherwise
}

// MaxFrame is the longest frame accepted, octets.
const MaxFrame = 1 << 20

// IsKey reports whether a frame is a key frame.
func IsKey(frame []byte) bool { return len(frame) > 0 && frame[0]&1 == 0 }

// ParseHeader reads and checks the header: versions that exist, a first partition inside the frame,
// and for a key frame the start code and a size within picture's limits. Only frames that pass
// reach the library.
func ParseHeader(frame []byte) (Header, error) {
	if len(frame) < 4 || len(frame) > MaxFrame {
		return Header{}, fmt.Errorf("%w: frame of %d octets", ErrPayload, len(frame))
	}
	tag := int(frame[0]) | int(frame[1])<<8 | int(frame[2])<<16
	h := Header{Key: tag&1 == 0, Version: tag >> 1 & 7, Show: tag>>4&1 == 1, FirstPartition: tag >> 5}
	at := 3
	if h.Key {
		if len(frame) < 11 || frame[3] != 0x9d || frame[4] != 0x01 || frame[5] != 0x2a {
			return Header{}, fmt.Errorf("%w: key frame without start code", ErrPayload)
		}
		h.Width = (int(frame[6]) | int(frame[7])<<8) & 0x3fff
		h.Height = (int(frame[8]) | int(frame[9])<<8) & 0x3fff
		if err := picture.CheckSize(h.Width, h.Height); err != nil {
			return Header{}, fmt.Errorf("vp8: %w", err)
		}
		at = 10
	}
	if h.Version > 3 {
		return Header{}, fmt.Errorf("%w: version %d", ErrPayload, h.Version)
	}
	if h.FirstPartition == 0 || h.FirstPartition > len(frame)-at {
		return Header{}, fmt.Errorf("%w: first partition of %d octets in a frame of %d", ErrPayload, h.FirstPartition, len(frame))
	}
	return h, nil
}
