//go:build interop

package kamailio

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"causeway/test/browser"
	"causeway/test/capture"
	"causeway/test/lab/amr"
	"causeway/test/rig"
	"causeway/test/tone"
)

const (
	rate = 16000
	// clip is how much of a recording is spoken, again and again, with a rest behind it; a listener who records for three
	// rounds has heard two from their start: every piece is looked for in all, for a busy machine may make a browser stutter.
	// Where it stutters all the time, the call goes on for up to most.
	clip  = 4 * time.Second
	round = clip + time.Second
	heard = 3*round + 500*time.Millisecond
	most  = 14 * round

	alike     = 0.85  // band-energy correlation of what was said and what was heard
	different = 0.5   // no more than this between two speakers
	wideband  = -40.0 // dB of the energy above 4 kHz that narrowband never reaches
)

// voice is recorded speech: one person says this in a loop.
type voice struct {
	pcm  []int16 // one round
	file string  // WAV of many rounds
}

// speak cuts a clip out of Asterisk's recorded sounds (G.722, 16 kHz).
func speak(t *testing.T, name string, from time.Duration) voice {
	t.Helper()
	rig.Needs(t, "ffmpeg")
	found, err := filepath.Glob("/usr/share/asterisk/sounds/en*/" + name + ".g722")
	if err != nil || len(found) == 0 {
		rig.Missing(t, "package asterisk-core-sounds-en-g722 is not installed (make deps-test)")
	}
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "g722", "-i", found[0], "-f", "s16le", "-ar", "16000", "-ac", "1", "-").Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	pcm := samples(out)
	begin, n := int(from.Seconds()*rate), int(clip.Seconds()*rate)
	if len(pcm) < begin+n {
		t.Fatalf("%s has only %d samples", name, len(pcm))
	}
	v := voice{pcm: append(pcm[begin:begin+n:begin+n], make([]int16, int((round-clip).Seconds()*rate))...), file: filepath.Join(t.TempDir(), name+".wav")}
	var many []int16
	for range 24 {
		many = append(many, v.pcm...)
	}
	var b bytes.Buffer
	if err := tone.WriteWAV(&b, many, rate); err != nil {
		t.Fatal(err)
	}
	write(t, v.file, b.Bytes())
	return v
}

func samples(b []byte) []int16 {
	pcm := make([]int16, len(b)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return pcm
}

// same fails unless the recording is the voice, in wideband, and not the other's.
func (v voice) same(t *testing.T, where string, recording []int16, other voice) {
	t.Helper()
	said := v.pcm[:int(clip.Seconds()*rate)]
	if len(recording) < len(v.pcm)+len(said) {
		t.Errorf("%s: only %.1f s were recorded", where, float64(len(recording))/rate)
		return
	}
	bands, err := likeness(said, recording, rounds(recording))
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	high := tone.HighShare(recording, rate)
	t.Logf("%s: band correlation %.3f, above 4 kHz %.1f dB (said %.1f dB)", where, bands, high, tone.HighShare(v.pcm, rate))
	if bands < alike {
		t.Errorf("%s: band correlation %.3f, want %.2f", where, bands, alike)
	}
	if high < wideband {
		t.Errorf("%s: %.1f dB of the energy is above 4 kHz: not wideband", where, high)
	}
	if x, err := likeness(other.pcm[:len(said)], recording, 2*round); err == nil && x > different {
		t.Errorf("%s: the other voice correlates by %.3f: the measure says nothing", where, x)
	}
	if t.Failed() {
		keep(where, recording)
	}
}

// likeness compares a second at a time, each aligned by itself, and returns the mean: a browser's play-out stretches and
// shortens what it hears by some milliseconds here and there, which nobody hears, but which moves all that follows. Where a piece
// begins is looked for in so much of the recording.
func likeness(said, recording []int16, within time.Duration) (float64, error) {
	const piece = rate
	var sum float64
	n := 0
	for at := 0; at+piece <= len(said); at += piece {
		m, err := tone.Compare(said[at:at+piece], recording, rate, rate, within+time.Duration(at)*time.Second/rate)
		if err != nil {
			return 0, err
		}
		sum += m.Bands
		n++
	}
	return sum / float64(n), nil
}

// rounds is how much of a recording has whole rounds behind it, two at least.
func rounds(recording []int16) time.Duration {
	return max(2, time.Duration(len(recording)/int(round.Seconds()*rate))-1) * round
}

// good says whether a recording is long enough, and the voice can be told in it.
func (v voice) good(recording []int16) bool {
	if len(recording) < int(heard.Seconds()*rate) {
		return false
	}
	bands, err := likeness(v.pcm[:int(clip.Seconds()*rate)], recording, rounds(recording))
	return err == nil && bands >= alike
}

// keep saves a recording where INTEROP_KEEP says.
func keep(where string, pcm []int16) {
	if dir := os.Getenv("INTEROP_KEEP"); dir != "" {
		var b bytes.Buffer
		if tone.WriteWAV(&b, pcm, rate) == nil {
			_ = os.WriteFile(filepath.Join(dir, where+".wav"), b.Bytes(), 0o600) // a convenience for people
		}
	}
}

// open starts Chromium with the voice in place of its microphone and waits until it is registered. The microphone's
// processing is turned off, as it would be with a headset that has its own: the test listens to the gateway, not to it.
func open(t *testing.T, b *rig.Bed, v voice) *rig.Page {
	t.Helper()
	p := b.OpenWith(browser.Chromium, browser.Options{AudioFile: v.file}, "/")
	p.Until("the phone to be ready", `window.causeway && window.causeway.phone && window.causeway.phone.state === "ready"`)
	p.JS(`(() => {
		const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
		navigator.mediaDevices.getUserMedia = (c) => real({...c, audio: {...(c.audio || {}), echoCancellation: false, noiseSuppression: false, autoGainControl: false}});
	})()`, nil)
	return p
}

// listen starts to record what the page hears, at 16 kHz.
func listen(p *rig.Page) {
	p.JS(`(async () => {
		const ac = new AudioContext({sampleRate: 16000});
		await ac.resume();
		const source = ac.createMediaStreamSource(window.causeway.phone.calls[0].remoteStream);
		const tap = ac.createScriptProcessor(4096, 1, 1);
		const heard = window.testHeard = {parts: [], samples: 0};
		tap.onaudioprocess = (e) => {
			const x = e.inputBuffer.getChannelData(0), y = new Int16Array(x.length);
			for (let i = 0; i < x.length; i++) y[i] = Math.max(-32768, Math.min(32767, Math.round(x[i] * 32768)));
			heard.parts.push(y); heard.samples += y.length;
		};
		source.connect(tap); tap.connect(ac.destination);
		heard.stop = () => { tap.disconnect(); source.disconnect(); return ac.close(); };
	})()`, nil)
}

// recorded waits until the page has heard enough of a voice, and the far side has, or until it has heard most; it returns what the page
// has heard. What it was is judged by same.
func recorded(t *testing.T, p *rig.Page, v voice, far func() bool) []int16 {
	t.Helper()
	var pcm []int16
	for enough := heard; ; enough += round {
		until(t, "speech in the page", enough+rig.Patience, func() bool {
			var n int
			p.JS(`window.testHeard.samples`, &n)
			return n >= int(enough.Seconds()*rate)
		})
		var text string
		p.JS(`(async () => {
			const blob = new Blob(window.testHeard.parts);
			return await new Promise((ok) => { const r = new FileReader(); r.onload = () => ok(r.result.split(",")[1]); r.readAsDataURL(blob); });
		})()`, &text)
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if pcm = samples(b); enough+round > most || v.good(pcm) && far() {
			break
		}
	}
	p.JS(`window.testHeard.stop()`, nil)
	return pcm
}

// mediaOf is where the handset whose SIP comes from a port wanted its media in its first description.
func mediaOf(t *testing.T, file string, sipPort uint16) netip.AddrPort {
	t.Helper()
	messages, err := capture.Messages(t.Context(), file, rules())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if m.Source.Port() == sipPort && len(m.Ports) > 0 {
			port, err := strconv.ParseUint(m.Ports[0], 10, 16)
			if err != nil {
				t.Fatal(err)
			}
			return netip.AddrPortFrom(m.Source.Addr(), uint16(port))
		}
	}
	t.Fatalf("nobody at port %d described its media", sipPort)
	return netip.AddrPort{}
}

// onTheWire decodes the AMR-WB that went to an address, with ffmpeg: neither the gateway's codec library nor its payload code. It is
// nothing where none went there.
func onTheWire(t *testing.T, file string, to netip.AddrPort, octetAligned bool) []int16 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	packets, err := capture.RTP(ctx, file, rules(), to)
	if err != nil {
		t.Fatal(err)
	}
	form := amr.Form{Wideband: true, OctetAlign: octetAligned}
	awb := []byte("#!AMR-WB\n")
	var last uint32
	frames := 0
	for i, p := range packets {
		if p.PayloadType < 96 || len(p.Payload) < 7 { // telephone events are four octets
			continue
		}
		for gap := int32(p.Timestamp-last)/320 - 1; i > 0 && frames > 0 && gap > 0 && gap < 500; gap-- {
			awb = append(awb, amr.Frame{Type: amr.NoData, Good: true}.Storage()...)
		}
		_, list, err := form.Unpack(p.Payload)
		if err != nil {
			t.Fatalf("packet %d to %s: %v", i, to, err)
		}
		for _, f := range list {
			awb = append(awb, f.Storage()...)
			frames++
		}
		last = p.Timestamp + 320*uint32(len(list)-1)
	}
	if frames == 0 {
		return nil
	}
	name := filepath.Join(t.TempDir(), "wire.awb")
	write(t, name, awb)
	out, err := exec.Command("ffmpeg", "-v", "error", "-i", name, "-f", "s16le", "-ar", "16000", "-ac", "1", "-").Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	return samples(out)
}
