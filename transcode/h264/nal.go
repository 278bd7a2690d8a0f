package h264

import (
	"errors"
	"iter"
)

// ErrPayload is in the error of a payload or NAL unit that is not H.264 as RFC 6184 and the
// Recommendation say, or uses a part of it that no conversational peer uses.
var ErrPayload = errors.New("h264: malformed payload")

// NAL unit types (H.264 Table 7-1) and packet types (RFC 6184 Table 1).
const (
	typeSlice = 1
	typeIDR   = 5
	typeSEI   = 6
	typeSPS   = 7
	typePPS   = 8
	typeAUD   = 9
	typeSTAPA = 24
	typeFUA   = 28
)

func kind(nal []byte) int { return int(nal[0] & 0x1f) }

// startCode stands before each NAL unit in the byte stream format (H.264 Annex B).
const startCode = "\x00\x00\x00\x01"

// NALs walks the NAL units of a byte stream (H.264 Annex B), without start codes and trailing zeros.
func NALs(stream []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		at, zeros := -1, 0
		for i, b := range stream {
			if b == 1 && zeros >= 2 {
				if at >= 0 && !give(stream[at:i-zeros], yield) {
					return
				}
				at = i + 1
			}
			if b == 0 {
				zeros++
			} else {
				zeros = 0
			}
		}
		if at >= 0 {
			give(stream[at:len(stream)-zeros], yield)
		}
	}
}

func give(nal []byte, yield func([]byte) bool) bool {
	if len(nal) == 0 {
		return true
	}
	return yield(nal)
}

// IsKey reports whether a byte stream has an IDR picture.
func IsKey(stream []byte) bool {
	for nal := range NALs(stream) {
		if kind(nal) == typeIDR {
			return true
		}
	}
	return false
}
