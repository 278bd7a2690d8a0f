package h264

import (
	"fmt"
	"strconv"
)

// Profile is a profile-level-id (RFC 6184 8.1), read.
type Profile struct {
	IDC         int // profile_idc
	Constraints int // constraint_set flags
	Level       Level
}

// Level is what a level of H.264 allows (Table A-1).
type Level struct {
	IDC       int // level_idc; 9 for level 1b
	FrameSize int // macroblocks of a picture
	Rate      int // macroblocks per second
	Bitrate   int // bit/s, of baseline and main profile
}

func levels() []Level {
	return []Level{
		{10, 99, 1485, 64e3}, {9, 99, 1485, 128e3}, {11, 396, 3000, 192e3}, {12, 396, 6000, 384e3}, {13, 396, 11880, 768e3},
		{20, 396, 11880, 2000e3}, {21, 792, 19800, 4000e3}, {22, 1620, 20250, 4000e3},
		{30, 1620, 40500, 10000e3}, {31, 3600, 108000, 14000e3}, {32, 5120, 216000, 20000e3},
		{40, 8192, 245760, 20000e3}, {41, 8192, 245760, 50000e3}, {42, 8704, 522240, 50000e3},
		{50, 22080, 589824, 135000e3}, {51, 36864, 983040, 240000e3}, {52, 36864, 2073600, 240000e3},
	}
}

// ParseProfile reads a profile-level-id of six hexadecimal digits; empty means baseline level 1
// (RFC 6184 8.1).
func ParseProfile(id string) (Profile, error) {
	if id == "" {
		id = "42000a"
	}
	v, err := strconv.ParseUint(id, 16, 24)
	if err != nil || len(id) != 6 {
		return Profile{}, fmt.Errorf("h264: profile-level-id %q is not six hexadecimal digits", id)
	}
	p := Profile{IDC: int(v >> 16), Constraints: int(v >> 8 & 0xff)}
	level := int(v & 0xff)
	if level == 11 && p.Constraints&0x10 != 0 && (p.IDC == 66 || p.IDC == 77 || p.IDC == 88) {
		level = 9 // constraint_set3_flag makes level 1b of 1.1
	}
	for _, l := range levels() {
		if l.IDC == level {
			p.Level = l
			return p, nil
		}
	}
	return Profile{}, fmt.Errorf("h264: profile-level-id %q has no level that exists", id)
}

// TakesConstrainedBaseline reports whether a decoder of this profile decodes constrained baseline: all
// but the intra-only and scalable ones do (H.264 A.2, A.3).
func (p Profile) TakesConstrainedBaseline() bool {
	switch p.IDC {
	case 66, 77, 88, 100, 110, 122, 244:
		return true
	}
	return false
}

// Fits reports whether a picture may be sent at this level: not too many macroblocks, neither side
// longer than sqrt(8 * FrameSize) (H.264 A.3.1).
func (l Level) Fits(width, height int) bool {
	w, h := (width+15)/16, (height+15)/16
	return w*h <= l.FrameSize && w*w <= 8*l.FrameSize && h*h <= 8*l.FrameSize
}
