package transcode_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"causeway/transcode"
	"causeway/transcode/codectest"
	"causeway/transcode/g722"
	"causeway/transcode/resample"
)

// realSpeech is three seconds of a human voice at 16 kHz from a package of prompts, if it is
// installed, else the synthetic one.
func realSpeech(t testing.TB) ([]int16, bool) {
	t.Helper()
	files, _ := filepath.Glob("/usr/share/asterisk/sounds/*/demo-abouttotry.g722")
	if len(files) == 0 {
		return codectest.Speech(16000, 3*16000), false
	}
	data, err := os.ReadFile(files[0])
	if err != nil || len(data) < 32000 {
		return codectest.Speech(16000, 3*16000), false
	}
	dec, err := g722.Codec{}.NewDecoder(g722Format, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	pcm, out := []int16(nil), make([]int16, 3840)
	for data = data[8000:32000]; len(data) > 0; data = data[160:] {
		n, err := dec.Decode(out, data[:160])
		if err != nil {
			t.Fatal(err)
		}
		pcm = append(pcm, out[:n]...)
	}
	return pcm, true
}

// TestSpeechKeepsItsColour: speech that crosses a pipeline has the same band energies over time as
// before, and a wideband pair keeps what lies above 4 kHz.
func TestSpeechKeepsItsColour(t *testing.T) {
	r := registry(t, false)
	speech, real := realSpeech(t)
	for _, c := range []struct {
		from, to transcode.Format
		limit    float64 // Hz
	}{
		{opusFormat, wideBE, 6400}, {wideBE, opusFormat, 6400}, {opusFormat, g722Format, 6400}, {g722Format, opusFormat, 6400},
		{opusFormat, narrowBE, 3300}, {narrowBE, opusFormat, 3300}, {opusFormat, pcmu, 3300}, {pcmu, opusFormat, 3300},
	} {
		t.Run(name(c.from)+"-"+name(c.to), func(t *testing.T) {
			usable(t, r, c.from, c.to)
			p := newPipeline(t, r, c.from, c.to)
			src := newSource(t, r, c.from, 16000)
			in := speech
			if src.rate == 8000 {
				down, err := resample.New(16000, 8000)
				if err != nil {
					t.Fatal(err)
				}
				in = make([]int16, down.MaxOut(len(speech)))
				n := 0
				for rest := speech; len(rest) > 0; rest = rest[min(320, len(rest)):] {
					n += down.Resample(in[n:], rest[:min(320, len(rest))])
				}
				in = in[:n]
			}
			l := newListener(t, r, c.to, 16000)
			now := time.Unix(0, 0)
			for i, payload := range src.packets(t, in) {
				p.Push(uint16(i), uint32(i)*src.tick, false, payload, now)
				l.pull(p, now)
				now = now.Add(20 * ms)
			}
			best := 0.0
			want := codectest.Bands(speech, 16000, c.limit)
			for shift := range 8 { // both codecs' delay, 2.5 ms at a time
				k := codectest.Correlation(want, codectest.Bands(l.pcm[shift*l.dec.Rate()/400:], l.dec.Rate(), c.limit))
				best = max(best, k)
			}
			if best < 0.9 {
				t.Errorf("band correlation %.3f (real speech: %v)", best, real)
			}
		})
	}
}

// TestNoAllocations: after the start, a packet costs no memory, whatever happens to it.
func TestNoAllocations(t *testing.T) {
	r := registry(t, false)
	for _, pair := range [][2]transcode.Format{{opusFormat, wideBE}, {wideBE, opusFormat}, {pcmu, wideOA}, {narrowBE, pcma}, {g722Format, opusFormat}} {
		t.Run(name(pair[0])+"-"+name(pair[1]), func(t *testing.T) {
			usable(t, r, pair[0], pair[1])
			p := newPipeline(t, r, pair[0], pair[1])
			src := newSource(t, r, pair[0], 16000)
			packets := src.packets(t, codectest.Speech(src.rate, 4*src.rate))
			dst, now, i := make([]byte, transcode.MaxPayload), time.Unix(0, 0), 0
			if a := testing.AllocsPerRun(150, func() {
				if i%7 != 3 { // some loss
					p.Push(uint16(i), uint32(i)*src.tick, false, packets[i%len(packets)], now)
				}
				for _, ok := p.Pull(now, dst); ok; _, ok = p.Pull(now, dst) {
				}
				p.NextDeadline()
				p.Stats()
				i++
				now = now.Add(20 * ms)
			}); a != 0 {
				t.Errorf("%v allocations per packet", a)
			}
			if s := p.Stats(); s.Lost == 0 || s.Concealed+s.Recovered == 0 {
				t.Errorf("the loss did not happen: %+v", s)
			}
		})
	}
}

// FuzzPipeline feeds packets made of the fuzzer's octets: nothing may break, hang or grow.
func FuzzPipeline(f *testing.F) {
	f.Add([]byte{0, 1, 0, 1, 20, 3, 0xf4, 0x7f, 1, 1, 1, 0, 9, 20, 4, 1, 2, 3, 4})
	r := registry(f, false)
	formats := []transcode.Format{pcmu, g722Format, wideBE, narrowBE, opusFormat}
	dst := make([]byte, transcode.MaxPayload)
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) == 0 {
			return
		}
		from := formats[int(script[0])%len(formats)]
		usable(t, r, from)
		p, err := transcode.NewPipeline(r, from, pcma, transcode.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		now := time.Unix(0, 0)
		start := now
		packets := 0
		for s := script[1:]; len(s) >= 8; {
			seq, ts := binary.BigEndian.Uint16(s), binary.BigEndian.Uint32(s[2:])
			n := min(int(s[7]), len(s)-8)
			now = now.Add(time.Duration(s[6]) * ms)
			if s[6]&6 == 6 {
				p.PushAside(seq, ts, now)
			} else {
				p.Push(seq, ts, s[6]&1 == 1, s[8:8+n], now)
			}
			for _, ok := p.Pull(now, dst); ok; _, ok = p.Pull(now, dst) {
				packets++
			}
			s = s[8+n:]
		}
		if most := int(now.Sub(start)/(20*ms)) + 300; packets > most {
			t.Fatalf("%d packets in %v", packets, now.Sub(start))
		}
	})
}
