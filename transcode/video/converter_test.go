//go:build cgo

package video

import (
	"fmt"
	"testing"
	"time"
)

func avc(mode int) Format {
	return Format{Codec: "H264", PacketizationMode: mode, ProfileLevelID: "42e01f"}
}

// TestPictures: every pair and mode gives every picture, at the source's time, alike.
func TestPictures(t *testing.T) {
	for _, c := range []struct{ from, to Format }{
		{Format{Codec: "VP8"}, avc(1)}, {Format{Codec: "VP8"}, avc(0)}, {avc(1), Format{Codec: "VP8"}},
		{avc(0), Format{Codec: "vp8"}}, {avc(1), avc(0)}, {Format{Codec: "VP8"}, Format{Codec: "VP8"}},
	} {
		t.Run(fmt.Sprintf("%s%d-%s%d", c.from.Codec, c.from.PacketizationMode, c.to.Codec, c.to.PacketizationMode), func(t *testing.T) {
			const frames = 60
			s := settings{width: 320, height: 240, bitrate: 600e3, fps: 30}
			if c.from.PacketizationMode == 0 && c.from.Codec == "H264" {
				s.longest = DefaultMTU
			}
			cam, screen := newCamera(t, c.from, s), newScreen(t, c.to)
			conv := newTestConverter(t, c.from, c.to, Options{})
			if !conv.WantsKeyFrame() || conv.WantsKeyFrame() {
				t.Error("a key frame is wanted at the start, once")
			}
			first := cam.ts
			for i := range frames {
				for _, p := range cam.shoot(start().Add(time.Duration(i) * time.Second / 30)) {
					conv.Push(p.seq, p.ts, p.marker, p.payload, p.at)
					drain(conv, screen)
				}
			}
			st := conv.Stats()
			t.Logf("%+v, %d octets, %d camera frames", st, screen.octets, cam.frames)
			if len(screen.shots) < frames*95/100 || screen.bad > 0 || screen.keys != 1 {
				t.Errorf("%d pictures, %d bad, %d key frames", len(screen.shots), screen.bad, screen.keys)
			}
			if screen.longest > DefaultMTU {
				t.Errorf("payload of %d octets", screen.longest)
			}
			var sum, worst float64
			worst = 99
			for _, shot := range screen.shots {
				n := int(shot.ts-first) / (Clock / 30)
				if number(shot.Picture) != n {
					t.Fatalf("picture %d has the time of %d", number(shot.Picture), n)
				}
				q := psnr(pattern(320, 240, n), shot.Picture)
				sum += q
				worst = min(worst, q)
			}
			mean := sum / float64(len(screen.shots))
			t.Logf("PSNR mean %.1f dB, worst %.1f dB", mean, worst)
			if mean < 32 || worst < 26 {
				t.Errorf("PSNR mean %.1f dB, worst %.1f dB", mean, worst)
			}
			if conv.WantsKeyFrame() {
				t.Error("a key frame is wanted without need")
			}
		})
	}
}
