//go:build cgo

package h264

import (
	"testing"

	"causeway/transcode/picture"
)

// TestEncoderSaysWhatItIs: the SPS of our streams is constrained baseline of the negotiated level, whatever
// the size, and each IDR picture comes with its SPS and PPS.
func TestEncoderSaysWhatItIs(t *testing.T) {
	for _, c := range []struct{ width, height, bitrate, level, idc, constraint3 int }{
		{176, 144, 60e3, 10, 10, 0}, {176, 144, 60e3, 9, 10, 0}, {176, 144, 120e3, 9, 11, 0x10}, {320, 240, 300e3, 12, 12, 0}, {352, 288, 300e3, 13, 13, 0},
		{640, 480, 800e3, 31, 31, 0}, {1280, 720, 2e6, 31, 31, 0}, {162, 122, 60e3, 40, 40, 0},
	} {
		e, err := NewEncoder(Settings{Width: c.width, Height: c.height, Bitrate: c.bitrate, FrameRate: 15, Level: c.level})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		for n := range 3 {
			unit, key, err := e.Encode(nil, picture.New(c.width, c.height), int64(n+1)*6000, n == 2)
			if err != nil || key != (n != 1) || key != IsKey(unit) {
				t.Fatalf("picture %d: key is %v, %v", n, key, err)
			}
			var kinds []int
			for nal := range NALs(unit) {
				kinds = append(kinds, kind(nal))
				if kind(nal) != typeSPS {
					continue
				}
				s, err := ParseSPS(nal)
				if err != nil || s.Profile != 66 || s.Constraints&0x40 == 0 || s.Constraints&0x10 != c.constraint3 || s.Level != c.idc || s.Width != c.width || s.Height != c.height {
					t.Errorf("%+v: %+v, %v", c, s, err)
				}
			}
			if key && (len(kinds) < 3 || kinds[0] != typeSPS || kinds[1] != typePPS) {
				t.Errorf("%+v: NAL units %v", c, kinds)
			}
		}
		e.Close()
	}
}
