package transcode_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"os/exec"
	"slices"
	"testing"
	"time"

	"causeway/transcode"
	"causeway/transcode/codectest"
)

// dbov is a level as RFC 3389 counts it: relative to the overload point.
func dbov(pcm []int16) float64 { return codectest.DB(codectest.RMS(pcm), 32768) }

// descriptions of noise: flat, and shaped like a room, a car and a hiss.
func descriptions() [][]byte {
	return [][]byte{{30}, {45}, {60}, {78}, {50, 20, 140, 120, 130}, {40, 5, 200, 100, 150, 127, 110, 127, 130, 125, 129}, {55, 235, 150, 120}}
}

// TestComfortNoiseLevel: noise has the level described, whatever its colour, at both rates.
func TestComfortNoiseLevel(t *testing.T) {
	for _, rate := range []int{8000, 16000} {
		for _, d := range descriptions() {
			c, pcm := transcode.NewComfortNoise(rate), make([]int16, 2*rate)
			if err := c.Describe(d); err != nil {
				t.Fatal(err)
			}
			c.Read(pcm)
			if got, want := dbov(pcm), -float64(d[0]); math.Abs(got-want) > 1.5 {
				t.Errorf("%d Hz, %v: level %.1f dBov, want %.0f", rate, d, got, want)
			}
		}
	}
}

// TestComfortNoiseGlides: another level is reached without a jump, and soon.
func TestComfortNoiseGlides(t *testing.T) {
	c, pcm := transcode.NewComfortNoise(8000), make([]int16, 8000)
	_ = c.Describe([]byte{60})
	c.Read(pcm)
	_ = c.Describe([]byte{30})
	c.Read(pcm)
	if early, late := dbov(pcm[:40]), dbov(pcm[400:]); early > -40 || math.Abs(late+30) > 1 {
		t.Errorf("first 5 ms at %.1f dBov, after 50 ms at %.1f", early, late)
	}
	if err := c.Describe(nil); err == nil {
		t.Error("a description without a level is taken")
	}
	if err := c.Describe([]byte{128}); err == nil {
		t.Error("a level above 127 is taken")
	}
	c.Read(pcm)
	if got := dbov(pcm); math.Abs(got+30) > 1 {
		t.Errorf("a refused description changed the level to %.1f", got)
	}
	c.Reset()
	c.Read(pcm)
	if codectest.RMS(pcm) != 0 {
		t.Error("noise after Reset")
	}
}

// TestFFmpegReadsComfortNoise: ffmpeg's decoder makes noise of the same colour of our descriptions' bytes. Its levels are lower by one
// figure for all, 4.8 dB for its even noise and 1.2 dB on purpose.
func TestFFmpegReadsComfortNoise(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("SKIPPED: ffmpeg is not installed, no foreign decoder judges comfort noise")
	}
	for _, d := range descriptions() {
		d = append(d[:len(d):len(d)], bytes.Repeat([]byte{127}, 10)...)[:10] // its G.729 reader cuts a file into packets of 10
		cmd := exec.Command(ffmpeg, "-v", "error", "-f", "g729", "-c:a", "comfortnoise", "-i", "-", "-f", "s16le", "-")
		cmd.Stdin = bytes.NewReader(bytes.Repeat(d, 100))
		raw, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		theirs := make([]int16, len(raw)/2)
		for i := range theirs {
			theirs[i] = int16(binary.LittleEndian.Uint16(raw[2*i:]))
		}
		theirs = theirs[len(theirs)/2:] // it begins slowly
		c, ours := transcode.NewComfortNoise(8000), make([]int16, len(theirs))
		_ = c.Describe(d)
		c.Read(ours)
		if diff := dbov(ours) - dbov(theirs); math.Abs(diff-6.0) > 1.5 {
			t.Errorf("%v: %.1f dB above ffmpeg's", d, diff)
		}
		for lag := 1; lag <= 8; lag++ {
			if a, b := likeness(ours, lag), likeness(theirs, lag); math.Abs(a-b) > 0.09 {
				t.Errorf("%v: correlation at lag %d is %.3f, ffmpeg's %.3f", d, lag, a, b)
			}
		}
	}
}

// likeness is the normalised autocorrelation at a lag: the colour of noise.
func likeness(pcm []int16, lag int) float64 {
	var power, cross float64
	for i := lag; i < len(pcm); i++ {
		power += float64(pcm[i]) * float64(pcm[i])
		cross += float64(pcm[i]) * float64(pcm[i-lag])
	}
	return cross / power
}

// FuzzComfortNoise: whatever a description says, noise stays within what its level allows, and settles again.
func FuzzComfortNoise(f *testing.F) {
	for _, d := range descriptions() {
		f.Add(d, []byte{70})
	}
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 254}, []byte{})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		for _, rate := range []int{8000, 16000} {
			c, pcm := transcode.NewComfortNoise(rate), make([]int16, rate/2)
			for _, d := range [][]byte{first, second, {127}} {
				if err := c.Describe(d); (err == nil) != (len(d) > 0 && d[0] < 128) {
					t.Fatalf("%v: %v", d, err)
				}
				c.Read(pcm)
			}
			c.Read(pcm)
			if level := codectest.RMS(pcm); level > 8 {
				t.Fatalf("RMS %.1f long after silence was described", level)
			}
		}
	})
}

// comfortWay is a stream with pauses through a gateway that makes comfort noise of them, and through one that makes sound of that.
type comfortWay struct {
	first, second *transcode.Pipeline
	ear           *listener
	packets       int // sound between the gateways
	noise         []transcode.Packet
	dst           []byte
	seq           uint16
	last          time.Time // when the listener got something
	longest       time.Duration
}

// carry moves what the first gateway has to the second.
func (w *comfortWay) carry(now time.Time) {
	for packet, ok := w.first.Pull(now, w.dst); ok; packet, ok = w.first.Pull(now, w.dst) {
		w.seq++
		if packet.Comfort {
			packet.Payload = slices.Clone(packet.Payload)
			w.noise = append(w.noise, packet)
			w.second.PushComfort(w.seq, packet.Timestamp, packet.Payload, now)
		} else {
			w.packets++
			w.second.Push(w.seq, packet.Timestamp, packet.Marker, packet.Payload, now)
		}
	}
	before := w.ear.n
	w.ear.pull(w.second, now)
	if w.ear.n > before {
		if !w.last.IsZero() {
			w.longest = max(w.longest, now.Sub(w.last))
		}
		w.last = now
	}
}

// until runs what the two have to do by themselves before now.
func (w *comfortWay) until(now time.Time) {
	for {
		at, ok := w.first.NextDeadline()
		if other, also := w.second.NextDeadline(); also && (!ok || other.Before(at)) {
			at, ok = other, true
		}
		if !ok || at.After(now) {
			return
		}
		w.carry(at)
	}
}

// TestPausesAsComfortNoise: the pauses that AMR, AMR-WB and Opus announce cross a G.711 or G.722 leg as a few RFC 3389 packets, and the
// listener behind it hears them without a gap, as loud as the first gateway heard them.
func TestPausesAsComfortNoise(t *testing.T) {
	r := registry(t, true)
	for _, from := range []transcode.Format{wideBE, narrowBE, opusFormat} {
		for _, middle := range []transcode.Format{pcma, pcmu, g722Format} {
			t.Run(from.Name+" "+middle.Name, func(t *testing.T) {
				usable(t, r, from, opusFormat)
				testPauses(t, r, from, middle)
			})
		}
	}
}

func testPauses(t *testing.T, r *transcode.Registry, from, middle transcode.Format) {
	src := newSource(t, r, from, 16000)
	first, err := transcode.NewPipeline(r, from, middle, transcode.Options{Comfort: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(first.Close)
	w := &comfortWay{first: first, second: newPipeline(t, r, middle, opusFormat), ear: newListener(t, r, opusFormat, 16000), dst: make([]byte, transcode.MaxPayload)}
	plain, err := transcode.NewPipeline(r, from, middle, transcode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(plain.Close)
	control := &comfortWay{first: plain, second: newPipeline(t, r, middle, opusFormat), ear: newListener(t, r, opusFormat, 16000), dst: w.dst}
	speech := codectest.Speech(src.rate, 2*src.rate)
	pcm := slices.Concat(speech, codectest.Noise(6*src.rate, 300, 2), speech)
	start, sent := time.Unix(0, 0), uint16(0)
	for i, payload := range pausing(src.packets(t, pcm), from, 250, 390) {
		now := start.Add(time.Duration(i) * 20 * ms)
		for _, way := range []*comfortWay{w, control} {
			way.until(now)
			if len(payload) > 0 {
				way.first.Push(sent, uint32(i)*src.tick, false, payload, now)
				way.carry(now)
			}
		}
		if len(payload) > 0 {
			sent++
		}
	}
	if w.longest > 50*ms {
		t.Errorf("the listener had nothing for %v", w.longest)
	}
	if n := len(w.noise); n < 8 || n > 80 || w.packets > 370 {
		t.Errorf("%d comfort noise packets, %d of sound in 10 s with 3 s of pause and more", n, w.packets)
	}
	if len(control.noise) != 0 {
		t.Errorf("%d comfort noise packets to a receiver that does not take them", len(control.noise))
	}
	want, got := dbov(control.ear.pcm[6*16000:7*16000]), dbov(w.ear.pcm[6*16000:7*16000])
	if math.Abs(want-got) > 2 {
		t.Errorf("pause at %.1f dBov, %.1f without comfort noise packets", got, want)
	}
	if s := w.second.Stats(); s.Errors != 0 || s.Noise < 120 {
		t.Errorf("%+v", s)
	}
	t.Logf("%d comfort noise packets like %v, %d of sound, pause at %.1f dBov (%.1f without), longest wait %v",
		len(w.noise), w.noise[len(w.noise)/2].Payload, w.packets, got, want, w.longest)
}

// pausing makes the pause of a browser's Opus of packets that have none: nothing but one octet every 400 ms (RFC 6716 2.1.9).
func pausing(packets [][]byte, f transcode.Format, begin, end int) [][]byte {
	if f.Name != opusFormat.Name {
		return packets
	}
	for i := begin; i < end; i++ {
		if packets[i] = packets[i][:1]; (i-begin)%20 != 0 {
			packets[i] = nil
		}
	}
	return packets
}

// TestEndlessPause: comfort noise told once lasts until the sender speaks again, a minute later here, and no longer pause of any other
// kind does.
func TestEndlessPause(t *testing.T) {
	r := registry(t, false)
	p, ear := newPipeline(t, r, pcma, pcmu), newListener(t, r, pcmu, 8000)
	src := newSource(t, r, pcma, 8000)
	sound := src.packets(t, codectest.Tone(8000, 8000, 400, 8000))
	start := time.Unix(0, 0)
	now, ts := start, uint32(0)
	for i, payload := range sound {
		p.Push(uint16(i), ts, false, payload, now)
		ear.pull(p, now)
		now, ts = now.Add(20*ms), ts+160
	}
	p.PushComfort(50, ts, []byte{50}, now)
	ear.pull(p, now)
	end := start.Add(61 * time.Second)
	for at, ok := p.NextDeadline(); ok && at.Before(end); at, ok = p.NextDeadline() {
		ear.pull(p, at)
	}
	if got := len(ear.pcm) / 8; got < 60900 || got > 61000 {
		t.Fatalf("%d ms of sound after 61 s", got)
	}
	p.Push(51, 61*8000, true, sound[0], end)
	ear.pull(p, end)
	if got := dbov(ear.pcm[30*8000 : 60*8000]); math.Abs(got+50) > 1 {
		t.Errorf("noise at %.1f dBov, described as -50", got)
	}
	p.PushComfort(52, 61*8000+160, []byte{200}, end)
	ear.pull(p, end)
	if s := p.Stats(); s.Errors != 1 || s.Restarts != 0 {
		t.Errorf("%+v", s)
	}
}
