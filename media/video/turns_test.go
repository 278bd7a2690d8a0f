package video

import (
	"slices"
	"testing"
	"time"

	"causeway/media/packet"
)

// TestConvertedVideoKeepsItsRotation: each frame that a converter makes is turned as its source was, said on the last packet (TS 26.114
// 7.4.5), both ways; not to a peer that has not agreed, and nothing is made up for a sender that has not.
func TestConvertedVideoKeepsItsRotation(t *testing.T) {
	turning := vp8Browser
	turning.Orientation = 7
	flat := handset
	flat.Orientation = 0
	for name, c := range map[string]struct {
		access, core Peer
		want         []int // by frame; -1 for nothing said
	}{
		"agreed on both":  {turning, handset, []int{-1, 0, 1, 1, 3, 0, -1}},
		"not by the page": {vp8Browser, handset, []int{-1, -1, -1, -1, -1, -1, -1}},
		"not by the core": {turning, flat, []int{-1, -1, -1, -1, -1, -1, -1}},
	} {
		for _, up := range []bool{true, false} {
			p, maker, access, core := converting(t)
			p.Set(c.access, c.core, Gates{true, true}, time.Unix(1_700_000_000, 0))
			give, from, sent, pt, ssrc, id := p.FromCore, c.core, access, uint8(99), uint32(phone), c.access.Orientation
			if up {
				give, from, sent, pt, ssrc, id = p.FromAccess, c.access, core, 96, camera, c.core.Orientation
			}
			now := time.Unix(1_700_000_000, 0)
			seq := uint16(65530)
			for i, value := range []int{-1, 0, 1, -1, 3, 0, -1} { // what the sender says on the last packet of each frame
				for last := range 2 {
					ext := -1
					if last == 1 && value >= 0 {
						ext = value
					}
					b := rtp(pt, ssrc, seq, uint32(i)*3000-6000, last == 1, ext, []byte{0x41, byte(i), byte(last)})
					if from.Orientation != 13 && ext >= 0 {
						b[packet.HeaderSize+4] = from.Orientation<<4 | b[packet.HeaderSize+4]&15
					}
					give(b, parse(t, b), now)
					seq++
				}
			}
			eventually(t, "all frames", func() bool { return len(sent.seen()) == 14 })
			var got []int
			for i, b := range sent.seen() {
				h := parse(t, b)
				value := -1
				if v := packet.Extension(b, id); len(v) == 1 {
					value = int(v[0])
				}
				if !slices.Equal(b[h.Offset:h.End], []byte{0x41, byte(i / 2), byte(i % 2)}) {
					t.Fatalf("packet %d is %x", i, b)
				}
				if h.Marker {
					got = append(got, value)
				} else if value >= 0 || b[0]&0x10 != 0 {
					t.Errorf("%s, up %t: a packet that is not the last of its frame says %d", name, up, value)
				}
			}
			want := slices.Clone(c.want)
			if !slices.Equal(got, want) {
				t.Errorf("%s, up %t: %d, want %d (%d converters)", name, up, got, want, maker.running.Load())
			}
		}
	}
}

// TestABrowsersLimitsReachTheEncoder: max-fs and max-fr of its description (RFC 7741 6.1); what is no number is no bound.
func TestABrowsersLimitsReachTheEncoder(t *testing.T) {
	for fmtp, want := range map[string][2]int{
		"max-fr=15;max-fs=1200": {1200, 15}, "max-fs=396": {396, 0}, "": {}, "max-fr=-5; max-fs=many": {}, "max-fs=99999999999999999999": {}, "max-fr=0": {},
	} {
		access := Peer{Codecs: []packet.Codec{{Name: "VP8", ClockRate: clock, PayloadType: 96, FMTP: fmtp}}}
		to := plot(access, handset, Gates{true, true}, &copier{}).down.hop(99).to
		if got := [2]int{to.MaxFrameSize, to.MaxFrameRate}; got != want || to.Codec != "VP8" {
			t.Errorf("%q: %+v", fmtp, to)
		}
	}
}
