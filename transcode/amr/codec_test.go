//go:build cgo

package amr

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"causeway/transcode"
	"causeway/transcode/codectest"
)

func codec(t testing.TB, b Band, c Config) transcode.Codec {
	t.Helper()
	codecs, err := CodecsWith(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range codecs {
		if c.Name() == b.Name() {
			return c
		}
	}
	t.Fatalf("no %s", b.Name())
	return nil
}

func TestSuite(t *testing.T) {
	for _, c := range []struct {
		band  Band
		fmtp  string
		ptime time.Duration
		dtx   bool
	}{
		{Wide, "", 0, false},
		{Wide, "octet-align=1; mode-set=8", 60 * time.Millisecond, false},
		{Narrow, "", 40 * time.Millisecond, false},
		{Narrow, "octet-align=1", 0, false},
		{Wide, "", 0, true},
		{Narrow, "", 0, true},
	} {
		config := DefaultConfig()
		config.DTX = c.dtx
		f := format(c.band, c.fmtp)
		f.PTime = c.ptime
		if c.band == Wide && !strings.Contains(c.fmtp, "octet-align") {
			evs := f
			evs.Name, evs.FMTP = "EVS", "evs-mode-switch=1;"+c.fmtp
			t.Run(fmt.Sprintf("EVS/%v/dtx=%v", c.ptime, c.dtx), func(t *testing.T) {
				codectest.Run(t, codectest.Subject{Codec: EVS{Codec{Wide, config}}, Format: evs})
			})
		}
		t.Run(fmt.Sprintf("%s/%s/%v/dtx=%v", c.band.Name(), c.fmtp, c.ptime, c.dtx), func(t *testing.T) {
			codectest.Run(t, codectest.Subject{Codec: codec(t, c.band, config), Format: f})
		})
	}
}

func pair(t testing.TB, b Band, c Config, f transcode.Format) (*encoder, *decoder) {
	t.Helper()
	e, err := codec(t, b, c).NewEncoder(f, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	d, err := codec(t, b, c).NewDecoder(f, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return e.(*encoder), d.(*decoder)
}

// TestEveryMode: each mode that the far side asks for is sent, with its number of bits, and decodes
// to speech of the same level.
func TestEveryMode(t *testing.T) {
	for _, b := range []Band{Narrow, Wide} {
		for _, fmtp := range []string{"", "octet-align=1"} {
			for mode := range b.Modes() {
				e, d := pair(t, b, DefaultConfig(), format(b, fmtp))
				e.RequestMode(mode)
				e.AskMode(mode)
				pcm, payload, out := codectest.Speech(b.Rate(), b.Rate()), make([]byte, 1500), make([]int16, 4000)
				var in, got []int16
				for size := e.FrameSamples(); len(pcm) >= size; pcm = pcm[size:] {
					n, err := e.Encode(payload, pcm[:size])
					if err != nil {
						t.Fatal(err)
					}
					p, err := NewUnpacker(e.form.(Form)).Unpack(payload[:n])
					if err != nil || len(p.Frames) != 1 || p.Frames[0].Type != mode || p.CMR != mode {
						t.Fatalf("%s mode %d: sent %+v, %v", b.Name(), mode, p, err)
					}
					m, err := d.Decode(out, payload[:n])
					if err != nil {
						t.Fatal(err)
					}
					if r, ok := d.ModeRequest(); !ok || r != mode {
						t.Fatalf("mode request %d %v", r, ok)
					}
					in, got = append(in, pcm[:size]...), append(got, out[:m]...)
				}
				if off := codectest.DB(codectest.RMS(got), codectest.RMS(in)); off < -4 || off > 2 {
					t.Errorf("%s mode %d: level off by %.1f dB", b.Name(), mode, off)
				}
			}
		}
	}
}

// TestDTX: in silence the encoder sends SIDs about every eighth frame and nothing else, the decoder
// makes continuous noise of them, and the first speech frame after it begins a talk spurt.
func TestDTX(t *testing.T) {
	for _, b := range []Band{Narrow, Wide} {
		config := DefaultConfig()
		config.DTX = true
		e, d := pair(t, b, config, format(b, ""))
		size := e.FrameSamples()
		speech := codectest.Speech(b.Rate(), b.Rate())[:40*size]
		background := codectest.Noise(300*size, 60, 1)
		payload, out := make([]byte, 1500), make([]int16, 4000)
		var sent, sids, spurts int
		var tail []int16
		for i := range 360 {
			source, at := speech, i%330
			if i >= 30 && i < 330 {
				source, at = background, i-30
			}
			pcm := source[at*size:][:size]
			n, err := e.Encode(payload, pcm)
			if err != nil {
				t.Fatal(err)
			}
			if e.TalkSpurt() {
				spurts++
			}
			var m int
			if n == 0 {
				m, err = d.Conceal(out, size)
			} else {
				m, err = d.Decode(out, payload[:n])
			}
			if err != nil || m != size {
				t.Fatalf("%d samples, %v", m, err)
			}
			if i >= 230 && i < 330 {
				if n > 0 {
					sent++
					if p, _ := NewUnpacker(e.form.(Form)).Unpack(payload[:n]); p.Frames[0].Type == b.SID() {
						sids++
					}
				}
				if !d.Paused() {
					t.Fatalf("%s: frame %d: not paused", b.Name(), i)
				}
				tail = append(tail, out[:m]...)
			}
		}
		if sent != sids || sids < 10 || sids > 16 {
			t.Errorf("%s: %d packets, %d SIDs in 100 silent frames", b.Name(), sent, sids)
		}
		if spurts != 2 {
			t.Errorf("%s: %d talk spurts, want 2", b.Name(), spurts)
		}
		for i := 0; i+size <= len(tail); i += size {
			if r := codectest.RMS(tail[i : i+size]); r < 3 || r > 150 {
				t.Fatalf("%s: comfort noise of RMS %.1f in frame %d (background 35)", b.Name(), r, i/size)
			}
		}
	}
}

// TestFrameTypes: NO_DATA alone has no sound; among others it has; damaged and lost frames are
// concealed; repeated frames can be left out.
func TestFrameTypes(t *testing.T) {
	for _, b := range []Band{Narrow, Wide} {
		e, d := pair(t, b, DefaultConfig(), format(b, ""))
		size := e.FrameSamples()
		pcm := codectest.Tone(b.Rate(), 50*size, 300, 8000)
		payload, out := make([]byte, 1500), make([]int16, 4000)
		var frame Frame
		for i := range 25 {
			n, err := e.Encode(payload, pcm[i*size:][:size])
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Decode(out, payload[:n]); err != nil {
				t.Fatal(err)
			}
			p, _ := NewUnpacker(e.form.(Form)).Unpack(payload[:n])
			frame = Frame{p.Frames[0].Type, true, append([]byte(nil), p.Frames[0].Data...)}
		}
		send := func(frames ...Frame) int {
			t.Helper()
			n, err := e.form.Pack(payload, -1, frames)
			if err != nil {
				t.Fatal(err)
			}
			m, err := d.Decode(out, payload[:n])
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		damaged := frame
		damaged.Good = false
		if n := send(damaged); n != size || codectest.RMS(out[:n]) < 500 {
			t.Errorf("%s: damaged frame: %d samples, RMS %.0f", b.Name(), n, codectest.RMS(out[:n]))
		}
		send(frame)
		if b == Wide {
			if n := send(Frame{Type: SpeechLost}); n != size || codectest.RMS(out[:n]) < 500 {
				t.Errorf("SPEECH_LOST: %d samples, RMS %.0f", n, codectest.RMS(out[:n]))
			}
		}
		if n := send(frame, Frame{Type: NoData}, frame); n != 3*size || d.Paused() {
			t.Errorf("%s: NO_DATA in the middle: %d samples, paused %v", b.Name(), n, d.Paused())
		}
		if n := send(Frame{Type: NoData}, Frame{Type: NoData}); n != 0 || !d.Paused() {
			t.Errorf("%s: NO_DATA: %d samples, paused %v", b.Name(), n, d.Paused())
		}
		n, _ := e.form.Pack(payload, -1, []Frame{frame, frame, frame})
		for skip, want := range map[int][2]int{0: {3, 0}, size: {2, 1}, 2*size + 5: {1, 2}, 9 * size: {0, 3}} {
			m, skipped, err := d.DecodeSkip(out, payload[:n], skip)
			if err != nil || m != want[0]*size || skipped != want[1]*size {
				t.Errorf("%s: skipping %d: %d samples, %d skipped, %v", b.Name(), skip, m, skipped, err)
			}
		}
	}
}

// TestConcealFades: extrapolated speech dies away, comfort noise goes on.
func TestConcealFades(t *testing.T) {
	for _, b := range []Band{Narrow, Wide} {
		e, d := pair(t, b, DefaultConfig(), format(b, ""))
		size := e.FrameSamples()
		pcm := codectest.Tone(b.Rate(), 30*size, 300, 8000)
		payload, out := make([]byte, 1500), make([]int16, 4000)
		for i := range 30 {
			n, _ := e.Encode(payload, pcm[i*size:][:size])
			if _, err := d.Decode(out, payload[:n]); err != nil {
				t.Fatal(err)
			}
		}
		var first, last float64
		for i := range 50 {
			if _, err := d.Conceal(out, size); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = codectest.RMS(out[:size])
			}
			last = codectest.RMS(out[:size])
		}
		if first < 1500 || last > first/20 {
			t.Errorf("%s: concealment from RMS %.0f to %.0f", b.Name(), first, last)
		}
	}
}

func FuzzDecode(f *testing.F) {
	decoders := map[Form]transcode.Decoder{}
	for _, b := range []Band{Narrow, Wide} {
		for _, fmtp := range []string{"", "octet-align=1"} {
			d, err := codec(f, b, DefaultConfig()).NewDecoder(format(b, fmtp), 0)
			if err != nil {
				f.Fatal(err)
			}
			decoders[d.(*decoder).unpack.(*Unpacker).form] = d
		}
	}
	for form := range byte(4) {
		f.Add(form, unhex(f, "f4 7f ffffffff 80"))
		f.Add(form, unhex(f, "f0 44 ffffffff fe"))
		f.Add(form, spell(Form{Band(form & 1), form&2 != 0}, 1, []Frame{ones(Band(form&1), 2, true), ones(Band(form&1), 7, false)}))
	}
	out := make([]int16, 3840)
	f.Fuzz(func(t *testing.T, which byte, payload []byte) {
		d := decoders[Form{Band(which & 1), which&2 != 0}]
		n, err := d.Decode(out, payload)
		if n < 0 || n > len(out) || err != nil && n != 0 {
			t.Fatalf("%d samples, %v", n, err)
		}
	})
}

func BenchmarkAMR(b *testing.B) {
	for _, c := range []struct {
		band Band
		mode int
	}{{Narrow, 7}, {Wide, 2}, {Wide, 8}} {
		b.Run(fmt.Sprintf("%s-%d", c.band.Name(), c.mode), func(b *testing.B) {
			codectest.Benchmark(b, codectest.Subject{
				Codec: codec(b, c.band, Config{NarrowMode: c.mode % 8, WideMode: c.mode}), Format: format(c.band, ""),
			})
		})
	}
}
