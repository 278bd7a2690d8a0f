//go:build cgo

package video

import (
	"math/rand/v2"
	"testing"
	"time"

	"causeway/transcode/picture"
)

// play sends pictures through a converter at their frame rate; each may change the camera before one
// is shot, or what arrives of it.
type play struct {
	cam    *camera
	conv   Converter
	screen *screen
	at     time.Time
	wanted int // times WantsKeyFrame said so

	answer time.Duration // a wanted key frame is made after this time; 0 for never
	due    time.Time
	before func(n int)
	lossy  func(p rtp) []rtp // what arrives for a packet, nil for all
}

func newPlay(t *testing.T, from, to Format, s settings, opt Options) *play {
	if from.is(H264) && from.PacketizationMode == 0 {
		s.longest = DefaultMTU
	}
	return &play{cam: newCamera(t, from, s), screen: newScreen(t, to), conv: newTestConverter(t, from, to, opt), at: start(), answer: 100 * time.Millisecond}
}

func (p *play) run(frames int) {
	for n := range frames {
		if p.before != nil {
			p.before(n)
		}
		if !p.due.IsZero() && !p.at.Before(p.due) {
			p.cam.key, p.due = true, time.Time{}
		}
		for _, sent := range p.cam.shoot(p.at) {
			got := []rtp{sent}
			if p.lossy != nil {
				got = p.lossy(sent)
			}
			for _, r := range got {
				p.conv.Push(r.seq, r.ts, r.marker, r.payload, p.at)
				drain(p.conv, p.screen)
			}
		}
		if p.conv.WantsKeyFrame() {
			p.wanted++
			if p.answer > 0 && p.due.IsZero() && n > 0 {
				p.due = p.at.Add(p.answer)
			}
		}
		p.at = p.at.Add(time.Second / time.Duration(p.cam.is.fps))
	}
}

func small() settings { return settings{width: 320, height: 240, bitrate: 400e3, fps: 15} }

// TestLoss: with lost packets the receiver sees fewer pictures and no wrong ones; a key frame is asked
// for after each loss and the picture moves again with it.
func TestLoss(t *testing.T) {
	for _, c := range []struct {
		from, to Format
		percent  int
		least    int // percent of the pictures that must come through
	}{
		{Format{Codec: VP8}, avc(1), 1, 70}, {Format{Codec: VP8}, avc(0), 5, 35}, {avc(1), Format{Codec: VP8}, 5, 35},
		{avc(1), Format{Codec: VP8}, 20, 5}, {Format{Codec: VP8}, avc(1), 20, 5},
	} {
		const frames = 150
		p := newPlay(t, c.from, c.to, small(), Options{})
		random := rand.New(rand.NewPCG(4, uint64(c.percent)))
		lost := 0
		p.lossy = func(r rtp) []rtp {
			if random.IntN(100) < c.percent {
				lost++
				return nil
			}
			return []rtp{r}
		}
		first := p.cam.ts
		p.run(frames)
		st := p.conv.Stats()
		t.Logf("%s to %s, %d%% (%d packets): %+v, asked %d times, %d pictures", c.from.Codec, c.to.Codec, c.percent, lost, st, p.wanted, len(p.screen.shots))
		if n := len(p.screen.shots); n < frames*c.least/100 || n == frames {
			t.Errorf("%d pictures of %d", n, frames)
		}
		if p.screen.bad > 0 || st.FramesLost == 0 || p.wanted < 2 {
			t.Errorf("%d bad pictures, %+v, asked %d times", p.screen.bad, st, p.wanted)
		}
		wrong := uint64(0)
		for _, shot := range p.screen.shots {
			n := int(shot.ts-first) / (Clock / 15)
			if psnr(pattern(320, 240, n), shot.Picture) < 24 {
				wrong++
			}
		}
		if wrong > st.FramesDamaged || c.percent <= 5 && wrong > 0 {
			t.Errorf("%d wrong pictures: %+v", wrong, st)
		}
	}
}

// TestReorder: packets out of order, doubled and late within Hold cost nothing.
func TestReorder(t *testing.T) {
	p := newPlay(t, Format{Codec: VP8, MTU: MinMTU}, avc(1), small(), Options{})
	random := rand.New(rand.NewPCG(1, 2))
	var held []rtp
	p.lossy = func(r rtp) []rtp {
		held = append(held, r)
		if len(held) < 6 {
			return nil
		}
		random.Shuffle(len(held), func(i, j int) { held[i], held[j] = held[j], held[i] })
		out := append(held, held[0], held[3])
		held = nil
		return out
	}
	p.before = func(n int) {
		if n == 0 { // the first packet must not be overtaken, or the stream begins at the second
			first := p.cam.shoot(p.at)
			for _, r := range first {
				p.conv.Push(r.seq, r.ts, r.marker, r.payload, p.at)
			}
			drain(p.conv, p.screen)
		}
	}
	p.run(150)
	if st := p.conv.Stats(); st.FramesLost > 0 || len(p.screen.shots) < 145 || p.screen.bad > 0 {
		t.Errorf("%+v, %d pictures", st, len(p.screen.shots))
	}
}

// TestFrozen: a sender that never answers is shown damaged after three seconds, and asked each second.
func TestFrozen(t *testing.T) {
	for _, c := range []struct{ from, to Format }{{Format{Codec: VP8}, avc(1)}, {avc(1), Format{Codec: VP8}}} {
		p := newPlay(t, c.from, c.to, small(), Options{})
		p.answer = 0
		dropped := false
		p.lossy = func(r rtp) []rtp {
			if p.cam.n == 31 {
				dropped = true
				return nil
			}
			return []rtp{r}
		}
		p.run(30 + 6*15)
		if !dropped || p.wanted < 5 || p.wanted > 8 {
			t.Errorf("asked %d times", p.wanted)
		}
		st := p.conv.Stats()
		t.Logf("%s: %+v, %d pictures", c.from.Codec, st, len(p.screen.shots))
		if n := len(p.screen.shots); n < 30+2*15 || n > 30+4*15 {
			t.Errorf("%d pictures", n)
		}
	}
}

// TestKeyFrame: the receiver's request makes the next picture a key frame, many make few.
func TestKeyFrame(t *testing.T) {
	for _, to := range []Format{avc(0), avc(1), {Codec: VP8}} {
		p := newPlay(t, Format{Codec: VP8}, to, small(), Options{})
		p.run(10)
		p.conv.RequestKeyFrame()
		p.run(1)
		if p.screen.keys != 2 {
			t.Fatalf("%d key frames after the request", p.screen.keys)
		}
		p.before = func(int) { p.conv.RequestKeyFrame() }
		p.run(30) // two seconds
		if p.screen.keys < 2+6 || p.screen.keys > 2+8 {
			t.Errorf("%d key frames of 30 when one is asked for all the time", p.screen.keys-2)
		}
	}
}

// TestNewSize: the sender turns the phone; the receiver gets a key frame of the new size.
func TestNewSize(t *testing.T) {
	for _, c := range []struct{ from, to Format }{{Format{Codec: VP8}, avc(1)}, {avc(1), Format{Codec: VP8}}, {Format{Codec: VP8}, avc(0)}} {
		p := newPlay(t, c.from, c.to, small(), Options{})
		p.run(15)
		s := small()
		s.width, s.height = 240, 320
		if s.longest = 0; c.from.is(H264) && c.from.PacketizationMode == 0 {
			s.longest = DefaultMTU
		}
		p.cam.resize(s)
		p.run(15)
		last := p.screen.shots[len(p.screen.shots)-1]
		if len(p.screen.shots) < 28 || last.Width != 240 || last.Height != 320 || p.screen.keys != 2 || p.screen.bad > 0 {
			t.Errorf("%d pictures, last of %dx%d, %d key frames, %d bad", len(p.screen.shots), last.Width, last.Height, p.screen.keys, p.screen.bad)
		}
	}
}

// TestLevel: a receiver of level 1.2 (ViLTE's 42e00c: CIF at 15) gets no more than that.
func TestLevel(t *testing.T) {
	to := Format{Codec: H264, ProfileLevelID: "42e00c", MaxBitrate: 300e3}
	p := newPlay(t, Format{Codec: VP8}, to, settings{width: 640, height: 480, bitrate: 1200e3, fps: 30}, Options{})
	p.run(120)
	st := p.conv.Stats()
	t.Logf("%+v, %d octets in 4 s", st, p.screen.octets)
	if picture.Macroblocks(st.Width, st.Height) > 396 || st.Bitrate > 300e3 || p.screen.octets > 4*300e3/8*11/10 {
		t.Errorf("%+v, %d octets in 4 s", st, p.screen.octets)
	}
	if n := len(p.screen.shots); n < 50 || n*picture.Macroblocks(st.Width, st.Height) > 6000*4+396 {
		t.Errorf("%d pictures of %dx%d in 4 s", n, st.Width, st.Height)
	}
	for _, shot := range p.screen.shots {
		if !(shot.Width == 320 && shot.Height == 240) {
			t.Fatalf("picture of %dx%d", shot.Width, shot.Height)
		}
	}
}

// TestFrameLimits: a VP8 receiver that takes 300 macroblocks at 15 frames per second (max-fs, max-fr: RFC 7741 6.1) gets no more than that.
func TestFrameLimits(t *testing.T) {
	for name, c := range map[string]struct{ size, rate, macroblocks, frames int }{
		"both": {300, 15, 300, 15}, "size alone": {396, 0, 396, 30}, "rate alone": {0, 10, 1200, 10}, "more than is sent": {3600, 60, 1200, 30},
	} {
		p := newPlay(t, avc(1), Format{Codec: VP8, MaxFrameSize: c.size, MaxFrameRate: c.rate}, settings{width: 640, height: 480, bitrate: 1200e3, fps: 30}, Options{})
		p.run(90)
		got, worst := len(p.screen.shots), 0
		for _, shot := range p.screen.shots {
			worst = max(worst, picture.Macroblocks(shot.Width, shot.Height))
		}
		if worst > c.macroblocks || got > 3*c.frames+1 || got < 3*c.frames*3/4 || p.screen.bad > 0 {
			t.Errorf("%s: %d pictures of up to %d macroblocks in 3 s, %d bad", name, got, worst, p.screen.bad)
		}
	}
	if _, err := NewConverter(avc(1), Format{Codec: VP8, MaxFrameSize: -1}, Options{}); err == nil {
		t.Error("a negative size is taken")
	}
}

// TestBitrate: what is sent follows SetBitrate within a second, down and up.
func TestBitrate(t *testing.T) {
	for _, to := range []Format{avc(1), avc(0), {Codec: VP8}} {
		p := newPlay(t, Format{Codec: VP8}, to, settings{width: 320, height: 240, bitrate: 1500e3, fps: 30}, Options{})
		p.cam.noise = true
		p.run(60)
		for _, bps := range []int{150e3, 270e3, 100e3} {
			p.conv.SetBitrate(bps)
			p.run(30)
			p.screen.octets = 0
			p.run(60)
			got := p.screen.octets * 8 / 2
			t.Logf("%s%d: wanted %d, sent %d bit/s, %+v", to.Codec, to.PacketizationMode, bps, got, p.conv.Stats())
			if got > bps*115/100 || got < bps*50/100 {
				t.Errorf("%s%d: wanted %d, sent %d bit/s", to.Codec, to.PacketizationMode, bps, got)
			}
		}
	}
}

// TestLargeMode0: high definition in packetization-mode 0, where slices must fit packets.
func TestLargeMode0(t *testing.T) {
	p := newPlay(t, Format{Codec: VP8}, avc(0), settings{width: 1280, height: 720, bitrate: 4000e3, fps: 15}, Options{})
	p.cam.noise = true
	p.before = func(n int) {
		if n%10 == 9 {
			p.conv.RequestKeyFrame()
		}
	}
	p.run(40)
	t.Logf("%+v longest %d", p.conv.Stats(), p.screen.longest)
	if st := p.conv.Stats(); st.KeyFramesOut < 4 || p.screen.bad > 0 || p.screen.longest > DefaultMTU || st.Height != 720 {
		t.Errorf("%d pictures, %d bad, longest payload %d", len(p.screen.shots), p.screen.bad, p.screen.longest)
	}
}
