//go:build bench

package load

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"causeway/test/lab/codec"
	"causeway/transcode"
	"causeway/transcode/codectest"
	"causeway/transcode/resample"
)

// The speech: five speakers of as many languages, from Debian's asterisk-core-sounds-*-g722 (CC BY-SA 3.0).
const (
	speechRoot  = "/usr/share/asterisk/sounds"
	clipSeconds = 6
	clipPause   = 16000 / 2        // silence after each clip, samples
	speechLevel = 32768 * 0.050119 // RMS of a clip: -26 dBov, the level of ITU-T P.800 and P.830
)

// speakers are the directories of the packages, as many of them as BENCH_SPEAKERS says.
var speakers = []string{"en_US_f_Allison", "it_IT_m_Carlo", "ru_RU_f_IvrvoiceRU", "fr_CA_f_June", "es_MX_f_Allison"}

// speech returns one clip of each speaker at 16 kHz: announcements one after the other until it is full.
func speech(t *testing.T) [][]int16 {
	t.Helper()
	var clips [][]int16
	for _, name := range speakers[:min(setting("BENCH_SPEAKERS", len(speakers)), len(speakers))] {
		files, _ := filepath.Glob(filepath.Join(speechRoot, name, "vm-*.g722"))
		var clip []int16
		for _, f := range files {
			if info, err := os.Stat(f); err != nil || info.Size() < 16000 || len(clip) >= clipSeconds*16000 {
				continue // beeps and single words
			}
			clip = append(clip, decodeG722(t, f)...)
		}
		if len(clip) < clipSeconds*16000 {
			t.Fatalf("no speech in %s: .ci/install bench installs it", filepath.Join(speechRoot, name))
		}
		clip = clip[:clipSeconds*16000]
		var sum float64
		for _, s := range clip {
			sum += float64(s) * float64(s)
		}
		gain := speechLevel / math.Sqrt(sum/float64(len(clip)))
		for i, s := range clip {
			clip[i] = int16(min(32767, max(-32768, math.Round(float64(s)*gain))))
		}
		clips = append(clips, clip)
	}
	return clips
}

func decodeG722(t *testing.T, path string) (pcm []int16) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d, err := codec.NewDecoder("G722")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for len(data) >= 160 {
		sound, err := d.Decode(data[:160])
		if err != nil {
			t.Fatal(err)
		}
		pcm, data = append(pcm, sound...), data[160:]
	}
	return pcm
}

// joined is the clips one after the other, a pause behind each, and a second of silence at the end that carries the codecs' delay.
func joined(clips [][]int16) (pcm []int16) {
	for _, c := range clips {
		pcm = append(append(pcm, c...), make([]int16, clipPause)...)
	}
	return append(pcm, make([]int16, 16000)...)
}

// timed is one packet as a sender makes it: a payload at a place in time. An empty payload was not sent.
type timed struct {
	ts      uint32
	payload []byte
}

// encodeSpeech makes the packets of the stream of one party, 20 ms each.
func encodeSpeech(t *testing.T, c transcode.Codec, f transcode.Format, pcm []int16) (out []timed) {
	t.Helper()
	enc, err := c.NewEncoder(f, 16000)
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	pcm = atRate(t, pcm, 16000, enc.Rate())
	room, size := make([]byte, transcode.MaxPayload), enc.FrameSamples()
	for i := 0; len(pcm) >= size; i++ {
		n, err := enc.Encode(room, pcm[:size])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, timed{uint32(i * size * f.ClockRate / enc.Rate()), bytes.Clone(room[:n])})
		pcm = pcm[size:]
	}
	return out
}

// atRate converts a whole sound.
func atRate(t *testing.T, pcm []int16, from, to int) []int16 {
	t.Helper()
	if from == to {
		return pcm
	}
	r, err := resample.New(from, to)
	if err != nil {
		t.Fatal(err)
	}
	out, n := make([]int16, r.MaxOut(len(pcm))+64), 0
	for len(pcm) > 0 {
		piece := pcm[:min(len(pcm), from/50)]
		n += r.Resample(out[n:], piece)
		pcm = pcm[len(piece):]
	}
	return out[:n]
}

// losePackets drops a share of the packets, at random, the same ones every time.
func losePackets(list []timed, percent int) []timed {
	rng, out := rand.New(rand.NewPCG(uint64(percent), 99)), make([]timed, 0, len(list))
	for i, m := range list {
		if i == 0 || rng.IntN(100) >= percent {
			out = append(out, m)
		}
	}
	return out
}

// listenTo is what a party hears of a stream: packets decoded in their places, holes filled by the codec's own means (redundancy in
// the packet behind, concealment). It is the same listener for every gateway.
func listenTo(t *testing.T, c transcode.Codec, f transcode.Format, list []timed) []int16 {
	t.Helper()
	dec, err := c.NewDecoder(f, 16000)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	var pcm []int16
	room, start := make([]int16, dec.Rate()/4), uint32(0)
	for i, m := range list {
		if i == 0 {
			start = m.ts
		}
		place := int(int64(int32(m.ts-start)) * int64(dec.Rate()) / int64(f.ClockRate))
		for hole := place - len(pcm); hole > 0; hole = place - len(pcm) {
			n := min(hole, dec.Rate()/50)
			if r, ok := dec.(transcode.Recoverer); ok && hole == n {
				if got, err := r.Recover(room, m.payload, n); err == nil && got == n {
					pcm = append(pcm, room[:n]...)
					continue
				}
			}
			if _, err := dec.Conceal(room, n); err != nil {
				t.Fatal(err)
			}
			pcm = append(pcm, room[:n]...)
		}
		if place < len(pcm) {
			continue // twice, or too late
		}
		n, err := dec.Decode(room, m.payload)
		if err != nil {
			t.Fatalf("packet %d of %d octets: %v", i, len(m.payload), err)
		}
		pcm = append(pcm, room[:n]...)
	}
	return atRate(t, pcm, dec.Rate(), 16000)
}

// throughPipeline sends a stream through the gateway's own pipeline, packets at their times, in virtual time.
func throughPipeline(t *testing.T, r *transcode.Registry, from, to transcode.Format, list []timed) (out []timed, stats transcode.PipelineStats) {
	t.Helper()
	p, err := transcode.NewPipeline(r, from, to, transcode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	room, start := make([]byte, transcode.MaxPayload), time.Unix(0, 0)
	pull := func(now time.Time) {
		for m, ok := p.Pull(now, room); ok; m, ok = p.Pull(now, room) {
			out = append(out, timed{m.Timestamp, bytes.Clone(m.Payload)})
		}
	}
	for _, m := range list {
		seq := m.ts / uint32(f20(from))
		now := start.Add(time.Duration(seq) * 20 * time.Millisecond)
		for due, ok := p.NextDeadline(); ok && due.Before(now); due, ok = p.NextDeadline() {
			pull(due)
		}
		p.Push(uint16(seq), m.ts, false, m.payload, now)
		pull(now)
	}
	return out, p.Stats()
}

// f20 is 20 ms in a format's clock.
func f20(f transcode.Format) int { return f.ClockRate / 50 }

// opinion is how a sound compares with the speech it came from, over the clips.
type opinion struct {
	mean, least float64 // PESQ wideband, MOS-LQO
	bands       float64 // correlation of the band energies, mean
}

func (v opinion) String() string {
	if math.IsNaN(v.mean) {
		return "no speech"
	}
	return fmt.Sprintf("%.2f (%.2f) %.3f", v.mean, v.least, v.bands)
}

// listeners holds sounds against the clips. PESQ is a program of its own: all are asked for at once.
type listeners struct {
	dir    string
	clips  [][]int16
	python string
	lines  []string
	asked  int
}

func newListeners(t *testing.T, clips [][]int16) *listeners {
	t.Helper()
	j := &listeners{dir: t.TempDir(), clips: clips}
	// .ci/install bench puts the package there.
	python, err := filepath.Abs("../../bin/pesq/bin/python")
	if err == nil {
		_, err = os.Stat(python)
	}
	if err != nil {
		t.Skip("SKIPPED, NOT MEASURED: PESQ is missing (.ci/install bench): ", err)
	}
	j.python = python
	for i, c := range clips {
		j.write(t, fmt.Sprintf("ref%d", i), c)
	}
	if same := j.score(t, []string{filepath.Join(j.dir, "ref0") + " " + filepath.Join(j.dir, "ref0")}); same[0] < 4.6 {
		t.Fatalf("PESQ finds %.2f in a clip that nothing was done to", same[0])
	}
	return j
}

func (j *listeners) write(t *testing.T, name string, pcm []int16) {
	t.Helper()
	b := make([]byte, 2*len(pcm))
	for i, s := range pcm {
		binary.LittleEndian.PutUint16(b[2*i:], uint16(s))
	}
	if err := os.WriteFile(filepath.Join(j.dir, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// ask takes a sound of all clips in a row; the returned number is its place in the answers.
func (j *listeners) ask(t *testing.T, pcm []int16) int {
	t.Helper()
	for i := range j.clips {
		from := i * (clipSeconds*16000 + clipPause)
		if from+clipSeconds*16000+clipPause > len(pcm) {
			t.Fatalf("%d samples of sound for %d clips", len(pcm), len(j.clips))
		}
		from = sought(j.clips[i], pcm, from)
		name := fmt.Sprintf("deg%d_%d", j.asked, i)
		j.write(t, name, pcm[from:min(len(pcm), from+clipSeconds*16000+clipPause/2)])
		j.lines = append(j.lines, filepath.Join(j.dir, fmt.Sprintf("ref%d", i))+" "+filepath.Join(j.dir, name))
	}
	j.asked++
	return j.asked - 1
}

// sought finds where a clip begins in a sound that may have become shorter on its way, at its place or up to a quarter earlier. A gateway
// that takes lost packets out of the stream brings everything behind them forward.
func sought(clip, pcm []int16, place int) int {
	const step = 160
	envelope := func(pcm []int16) (out []float64) {
		for ; len(pcm) >= step; pcm = pcm[step:] {
			out = append(out, math.Log(1+codectest.RMS(pcm[:step])))
		}
		return out
	}
	want, all := envelope(clip[:2*16000]), envelope(pcm)
	best, at := math.Inf(-1), place
	for start := place / step * 3 / 4; start*step <= place && start+len(want) <= len(all); start++ {
		var xy, yy float64
		for i, x := range want {
			y := all[start+i]
			xy, yy = xy+x*y, yy+y*y
		}
		if score := xy / math.Sqrt(yy+1); score > best {
			best, at = score, start*step
		}
	}
	return at
}

// score runs PESQ over lines of two files each.
func (j *listeners) score(t *testing.T, lines []string) (out []float64) {
	t.Helper()
	script, err := filepath.Abs("testdata/score.py") // not pesq.py: it would be taken for the package
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), j.python, script)
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n"))
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("PESQ: %v", err)
	}
	for i, word := range strings.Fields(string(text)) {
		mos, err := strconv.ParseFloat(word, 64)
		if err != nil {
			t.Fatalf("PESQ of %s: %s", lines[i], word)
		}
		out = append(out, mos)
	}
	if len(out) != len(lines) {
		t.Fatalf("PESQ answered %d of %d questions", len(out), len(lines))
	}
	return out
}

// answers asks PESQ about everything and returns the verdicts in order.
func (j *listeners) answers(t *testing.T) []opinion {
	t.Helper()
	scores, list := j.score(t, j.lines), make([]opinion, j.asked)
	for i := range list {
		v := opinion{least: 5}
		for k := range j.clips {
			mos := scores[i*len(j.clips)+k]
			v.mean += mos / float64(len(j.clips))
			v.least = min(v.least, mos)
		}
		list[i] = v
	}
	return list
}
