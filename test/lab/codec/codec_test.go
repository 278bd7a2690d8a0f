package codec

import (
	"encoding/binary"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestRoundTrip sends a tone through every codec and finds it again.
func TestRoundTrip(t *testing.T) {
	for _, name := range []string{"PCMU", "PCMA", "G722", "AMR", "AMR-WB"} {
		t.Run(name, func(t *testing.T) {
			enc, err := NewEncoder(name, false)
			if err == ErrNoCodec && !Available() {
				t.Skip("SKIPPED: built without cgo")
			}
			if err != nil {
				t.Fatal(err)
			}
			defer enc.Close()
			dec, err := NewDecoder(name)
			if err != nil {
				t.Fatal(err)
			}
			defer dec.Close()
			tone, meter := Tone{Hz: 700, Amplitude: 0.3, Rate: enc.Rate()}, NewMeter(dec.Rate())
			pcm := make([]int16, enc.Rate()/50)
			for range 60 {
				tone.Read(pcm)
				frame, err := enc.Encode(pcm)
				if err != nil {
					t.Fatal(err)
				}
				out, err := dec.Decode(frame)
				if err != nil || len(out) != len(pcm) {
					t.Fatal(len(out), err)
				}
				meter.Write(out)
			}
			s := meter.Listen()
			if math.Abs(s.Hz-700) > 2 || s.Purity < 0.95 || math.Abs(s.Level+13.5) > 1.5 {
				t.Errorf("heard %+v", s)
			}
		})
	}
}

// TestG711Values checks both laws against values of ITU-T G.711 and against a
// full round of every code.
func TestG711Values(t *testing.T) {
	for _, x := range []struct {
		l    law
		pcm  int16
		code byte
	}{{muLaw{}, 0, 0xff}, {muLaw{}, 32767, 0x80}, {muLaw{}, -32768, 0x00}, {aLaw{}, 0, 0xd5}, {aLaw{}, 32767, 0xaa}, {aLaw{}, -32768, 0x2a}} {
		if got := x.l.compress(x.pcm); got != x.code {
			t.Errorf("%T %d: %#x, want %#x", x.l, x.pcm, got, x.code)
		}
	}
	for _, l := range []law{muLaw{}, aLaw{}} {
		for c := range 256 {
			if got := l.compress(l.expand(byte(c))); got != byte(c) && !(c == 0x7f && got == 0xff) {
				t.Errorf("%T code %#x came back as %#x", l, c, got)
			}
		}
	}
}

// TestForeign has ffmpeg decode what we encode: same tone, same level.
func TestForeign(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("SKIPPED: ffmpeg is not installed, no foreign decoder judges our G.722 and G.711")
	}
	for name, format := range map[string]string{"G722": "g722", "PCMU": "mulaw", "PCMA": "alaw"} {
		enc, err := NewEncoder(name, false)
		if err != nil {
			t.Fatal(err)
		}
		tone, pcm := Tone{Hz: 1000, Amplitude: 0.3, Rate: enc.Rate()}, make([]int16, enc.Rate())
		tone.Read(pcm)
		data, err := enc.Encode(pcm)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "in")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"-v", "error", "-f", format}
		if name != "G722" {
			args = append(args, "-ar", "8000")
		}
		out, err := exec.Command(ffmpeg, append(args, "-i", file, "-f", "s16le", "-")...).Output()
		if err != nil {
			t.Fatal(name, err)
		}
		meter := NewMeter(enc.Rate())
		for i := 0; i+1 < len(out); i += 2 {
			meter.Write([]int16{int16(binary.LittleEndian.Uint16(out[i:]))})
		}
		if s := meter.Listen(); math.Abs(s.Hz-1000) > 2 || s.Purity < 0.95 || math.Abs(s.Level+13.5) > 1 {
			t.Errorf("%s: ffmpeg heard %+v", name, s)
		}
	}
}

// TestForeignEncoder decodes what ffmpeg encodes by G.722.
func TestForeignEncoder(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("SKIPPED: ffmpeg is not installed, no foreign G.722 encoder")
	}
	data, err := exec.Command(ffmpeg, "-v", "error", "-f", "lavfi", "-i", "sine=frequency=5000:sample_rate=16000:duration=1", "-c:a", "g722", "-f", "g722", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	dec, meter := newG722(), NewMeter(16000)
	pcm, err := dec.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	meter.Write(pcm)
	if s := meter.Listen(); math.Abs(s.Hz-5000) > 2 || s.Purity < 0.9 {
		t.Errorf("heard %+v", s)
	}
}

// TestMeter: silence is silence, and halving the rate keeps a tone but not what
// would fold over.
func TestMeter(t *testing.T) {
	if s := NewMeter(16000).Listen(); s.Hz != 0 || s.Level != -100 {
		t.Errorf("silence sounds like %+v", s)
	}
	for hz, level := range map[float64]float64{1000: -13.5, 6000: -45} {
		in, half, meter := make([]int16, 32000), Halve{}, NewMeter(8000)
		(&Tone{Hz: hz, Amplitude: 0.3, Rate: 16000}).Read(in)
		meter.Write(half.Read(in))
		if s := meter.Listen(); level > -20 && math.Abs(s.Level-level) > 0.5 || level < -20 && s.Level > level {
			t.Errorf("%v Hz halved: %+v", hz, s)
		}
	}
}
