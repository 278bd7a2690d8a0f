//go:build bench

package load

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway/transcode"
	"causeway/transcode/amr"
	"causeway/transcode/codectest"
	"causeway/transcode/g711"
	"causeway/transcode/g722"
	"causeway/transcode/jitter"
	"causeway/transcode/opus"
	"causeway/transcode/resample"
)

const speechLength = 20 * time.Second

// speechRate is the rate of the speech that is sent, Hz.
const speechRate = 16000

// codecs are those the generator speaks and listens with.
func codecs(t *testing.T) *transcode.Registry {
	t.Helper()
	browser := opus.DefaultConfig()
	browser.Complexity = 10
	o, err := opus.CodecsWith(browser)
	if err != nil {
		t.Fatal(err)
	}
	return transcode.NewRegistry(slices.Concat(g711.Codecs(), g722.Codecs(), o, amr.Codecs())...).Plug(transcode.Parts{
		NewWindow:    func(hold time.Duration) transcode.Window { return jitter.New(hold) },
		NewResampler: resample.New,
	})
}

// someSpeech is speechLength of prompts spoken by a human (Debian's asterisk-core-sounds-en-g722), else a synthetic voice; it says which.
func someSpeech(t *testing.T) (pcm []int16, source string) {
	t.Helper()
	const want = int(speechLength/time.Second) * speechRate
	files, _ := filepath.Glob("/usr/share/asterisk/sounds/*/demo-*.g722")
	dec, err := g722.Codec{}.NewDecoder(transcode.Format{Name: "G722", ClockRate: 8000}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	out := make([]int16, 4000)
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for ; len(data) >= 160 && len(pcm) < want; data = data[160:] {
			n, err := dec.Decode(out, data[:160])
			if err != nil {
				t.Fatal(err)
			}
			pcm = append(pcm, out[:n]...)
		}
	}
	if len(pcm) < want {
		return codectest.Speech(speechRate, want), "a synthetic voice"
	}
	return pcm, "a human voice (Asterisk's demo prompts)"
}

// resampled is pcm at another rate.
func resampled(t *testing.T, pcm []int16, from, to int) []int16 {
	t.Helper()
	if from == to {
		return pcm
	}
	r, err := resample.New(from, to)
	if err != nil {
		t.Fatal(err)
	}
	var all []int16
	out := make([]int16, r.MaxOut(from/50))
	for ; len(pcm) >= from/50; pcm = pcm[from/50:] {
		all = append(all, out[:r.Resample(out, pcm[:from/50])]...)
	}
	return all
}

// spoken encodes speech in a format, as its sender would: Opus at 48 kHz, as browsers do.
func spoken(t *testing.T, r *transcode.Registry, f transcode.Format, pcm []int16) (words [][]byte) {
	t.Helper()
	c, ok := r.Lookup(f.Name)
	if !ok {
		t.Fatalf("built without %s", f.Name)
	}
	enc, err := c.NewEncoder(f, 48000)
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	pcm = resampled(t, pcm, speechRate, enc.Rate())
	b := make([]byte, transcode.MaxPayload)
	for size := enc.FrameSamples(); len(pcm) >= size; pcm = pcm[size:] {
		n, err := enc.Encode(b, pcm[:size])
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		words = append(words, bytes.Clone(b[:n]))
	}
	return words
}

// verdict is what became of the speech on its way.
type verdict struct {
	likeness float64 // correlation of band energies with what was said, 1 at best
	level    float64 // dB louder than that
	rate     float64 // kbit/s of payload
}

// or is the better of two rounds: on a crowded machine one may have lost its first packet, by which all are placed.
func (v verdict) or(w verdict) verdict {
	if w.likeness > v.likeness {
		return w
	}
	return v
}

// judge decodes what came out and compares it with what was said.
func judge(t *testing.T, r *transcode.Registry, f transcode.Format, got []heard, said []int16, limit float64) verdict {
	t.Helper()
	c, _ := r.Lookup(f.Name)
	dec, err := c.NewDecoder(f, speechRate)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	var pcm []int16
	out := make([]int16, 24000)
	octets := 0
	slices.SortStableFunc(got, func(a, b heard) int { return a.index - b.index })
	for i, at := 0, 0; i < len(got); at++ {
		var n int
		if got[i].index == at {
			n, err = dec.Decode(out, got[i].payload)
			octets += len(got[i].payload)
			i++
		} else if got[i].index < at {
			i++ // twice
			continue
		} else {
			n, err = dec.Conceal(out, dec.Rate()/50)
		}
		if err != nil {
			t.Fatalf("%s payload: %v", f.Name, err)
		}
		pcm = append(pcm, out[:n]...)
	}
	v := verdict{rate: float64(octets) * 8 * 50 / 1000 / float64(max(1, len(got)))}
	pcm = resampled(t, pcm, dec.Rate(), speechRate)
	said = said[:min(len(said), len(pcm))]
	want := codectest.Bands(said, speechRate, limit)
	for shift := 0; shift < speechRate*60/1000 && shift < len(pcm); shift += speechRate / 400 { // the codecs' delay
		if k := codectest.Correlation(want, codectest.Bands(pcm[shift:], speechRate, limit)); k > v.likeness {
			v.likeness = k
		}
	}
	v.level = 20 * math.Log10(codectest.RMS(pcm)/codectest.RMS(said))
	return v
}

// parsed is a codec of a description as the codecs take it.
func parsed(name, lines string) transcode.Format {
	f := transcode.Format{Name: name, ClockRate: 8000}
	switch name {
	case "opus":
		f.ClockRate, f.Channels = 48000, 2
	case "AMR-WB":
		f.ClockRate = 16000
	}
	for line := range strings.Lines(lines) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "a=fmtp:"); ok {
			_, f.FMTP, _ = strings.Cut(v, " ")
		}
	}
	return f
}

// payloadType is the one of an rtpmap line.
func payloadType(lines string) uint8 {
	number, _, _ := strings.Cut(strings.TrimPrefix(lines, "a=rtpmap:"), " ")
	pt, _ := strconv.ParseUint(number, 10, 7)
	return uint8(pt)
}
