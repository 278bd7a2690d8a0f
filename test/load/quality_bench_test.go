//go:build bench

package load

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
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

// corePair is a codec of the core leg beside Opus on the access leg.
type corePair struct {
	format   transcode.Format
	bitrate  int // that rtpengine is told, bit/s, the same that ours spends
	opusRate int // towards the browser, likewise
}

func corePairs() []corePair {
	return []corePair{
		{transcode.Format{Name: "AMR-WB", ClockRate: 16000, FMTP: "octet-align=1"}, 12650, 24000},
		{transcode.Format{Name: "AMR", ClockRate: 8000, FMTP: "octet-align=1"}, 12200, 16000},
		{transcode.Format{Name: "G722", ClockRate: 8000}, 64000, 24000},
		{transcode.Format{Name: "PCMA", ClockRate: 8000}, 64000, 16000},
	}
}

var (
	browserOpus = transcode.Format{Name: "opus", ClockRate: 48000, Channels: 2, FMTP: "minptime=10;useinbandfec=1"}
	lossRates   = []int{0, 1, 5, 10, 20}
)

// qualityRegistry is the gateway's codecs with other settings of the encoders.
func qualityRegistry(t *testing.T, o opus.Config, a amr.Config) *transcode.Registry {
	t.Helper()
	oc, err := opus.CodecsWith(o)
	if err != nil {
		t.Fatal(err)
	}
	ac, err := amr.CodecsWith(a)
	if err != nil {
		t.Fatal(err)
	}
	return transcode.NewRegistry(slices.Concat(oc, ac, g722.Codecs(), g711.Codecs())...).Plug(transcode.Parts{
		NewWindow:    func(hold time.Duration) transcode.Window { return jitter.New(hold) },
		NewResampler: resample.New,
	})
}

// bench is what the tables share.
type qualityBench struct {
	listeners *listeners
	pcm       []int16
	ours      *transcode.Registry // with the defaults
	browser   transcode.Codec     // Opus as a browser encodes it: 32 kbit/s, complexity 9, redundancy for the loss it is told of
}

func newQualityBench(t *testing.T) *qualityBench {
	t.Helper()
	clips := speech(t)
	q := &qualityBench{listeners: newListeners(t, clips), pcm: joined(clips), ours: qualityRegistry(t, opus.DefaultConfig(), amr.DefaultConfig())}
	c := opus.DefaultConfig()
	c.Complexity, c.WidebandBitrate, c.ExpectedLoss = 9, 32000, 10
	q.browser, _ = qualityRegistry(t, c, amr.DefaultConfig()).Lookup("opus")
	return q
}

// codec returns a codec of the defaults: a listener's decoder, or the encoder of the far end.
func (q *qualityBench) codec(f transcode.Format) transcode.Codec {
	c, _ := q.ours.Lookup(f.Name)
	return c
}

// row is one line of a table, whose figures come when PESQ has spoken.
type row struct {
	cells    []string
	question []int
	sounds   [][]int16
}

// TestBenchQuality measures how much of the speech is left: PESQ wideband and the correlation of band energies for each pair and loss
// rate beside rtpengine's, then what the encoders' settings bring. Nothing is judged here; docs/performance.md says what was chosen.
func TestBenchQuality(t *testing.T) {
	q := newQualityBench(t)
	pairs := q.pairs(t)
	tables := []struct {
		title, head string
		rows        []row
	}{
		{"Each pair, loss before the gateway", "| pair | loss % | causeway PESQ (worst speaker), bands | rtpengine |", pairs},
		{"Opus complexity, towards the browser", "| from | complexity | PESQ (worst speaker), bands | us CPU to encode 20 ms |", q.complexity(t)},
		{"Opus bit rate, towards the browser", "| from | kbit/s set | PESQ (worst speaker), bands | kbit/s sent |", q.bitrate(t)},
		{"AMR-WB and AMR modes, towards the core", "| codec and mode | kbit/s | PESQ (worst speaker), bands |", q.modes(t)},
		{"Opus redundancy, loss behind the gateway", "| AMR-WB to Opus, loss % | none | made for 5 % | made for the reported loss |", q.redundancy(t)},
	}
	answers := q.listeners.answers(t)
	for _, table := range tables {
		fmt.Printf("\n%s\n\n%s\n|%s\n", table.title, table.head, strings.Repeat("---|", strings.Count(table.head, "|")-1))
		for _, r := range table.rows {
			cells := slices.Clone(r.cells)
			for i, c := range cells {
				for k, question := range r.question {
					v := answers[question]
					v.bands = q.bands(r.sounds[k])
					c = strings.ReplaceAll(c, fmt.Sprintf("$%d", k), v.String())
				}
				cells[i] = c
			}
			fmt.Println("| " + strings.Join(cells, " | ") + " |")
		}
	}
	var results []any
	for _, r := range pairs {
		for k, who := range []string{"", "_rtpengine"} {
			if k < len(r.question) {
				results = append(results, strings.NewReplacer(" ", "_", "-", "_").Replace(r.cells[0])+"_"+r.cells[1]+who, answers[r.question[k]].mean)
			}
		}
	}
	fmt.Println()
	report(t, "quality", results...)
}

// add puts a sound into a row as its next figure.
func (q *qualityBench) add(t *testing.T, r *row, pcm []int16) {
	t.Helper()
	r.question, r.sounds = append(r.question, q.listeners.ask(t, pcm)), append(r.sounds, pcm)
}

// bands is the correlation of band energies up to 7 kHz with the original, delay taken out.
func (q *qualityBench) bands(pcm []int16) float64 {
	shift := delay(q.pcm, pcm)
	n := min(len(q.pcm), len(pcm)-shift)
	return codectest.Correlation(codectest.Bands(q.pcm[:n], 16000, 7000), codectest.Bands(pcm[shift:shift+n], 16000, 7000))
}

// delay finds by how many samples the envelope of b is behind that of a, up to 200 ms, in steps of 2.5 ms.
func delay(a, b []int16) int {
	const step = 40
	envelope := func(pcm []int16) (out []float64) {
		for ; len(pcm) >= step; pcm = pcm[step:] {
			out = append(out, math.Log(1+codectest.RMS(pcm[:step])))
		}
		return out
	}
	x, y := envelope(a), envelope(b)
	best, at := math.Inf(-1), 0
	for shift := range 80 {
		sum := 0.0
		for i := 0; i < len(x) && i+shift < len(y); i++ {
			sum += x[i] * y[i+shift]
		}
		if sum > best {
			best, at = sum, shift
		}
	}
	return at * step
}

// pairs is every pair in both directions at every loss rate, through the gateway's pipeline and through rtpengine.
func (q *qualityBench) pairs(t *testing.T) []row {
	t.Helper()
	engine := newRTPEngine(t)
	var rows []row
	type work struct {
		pair              corePair
		loss              int
		up, down          []timed
		engineUp, engDown []timed
	}
	var all []*work
	for _, p := range corePairs() {
		up, down := encodeSpeech(t, q.browser, browserOpus, q.pcm), encodeSpeech(t, q.codec(p.format), p.format, q.pcm)
		for _, loss := range lossRates {
			all = append(all, &work{pair: p, loss: loss, up: losePackets(up, loss), down: losePackets(down, loss)})
		}
	}
	if engine != nil {
		var wg sync.WaitGroup
		for i, w := range all {
			call := engine.parley(t, fmt.Sprintf("quality-%d", i), w.pair.format, w.pair.opusRate, w.pair.bitrate)
			wg.Go(func() { w.engineUp, w.engDown = call.play(w.up, w.down, browserOpus, w.pair.format) })
			if i%10 == 9 { // so many at a time are far from the machine's limit
				wg.Wait()
			}
		}
		wg.Wait()
	}
	for _, w := range all {
		for _, d := range []struct {
			from, to       transcode.Format
			sent, returned []timed
		}{{browserOpus, w.pair.format, w.up, w.engineUp}, {w.pair.format, browserOpus, w.down, w.engDown}} {
			out, _ := throughPipeline(t, q.ours, d.from, d.to, d.sent)
			r := row{cells: []string{d.from.Name + " to " + d.to.Name, fmt.Sprint(w.loss), "$0", "-"}}
			q.add(t, &r, q.whole(listenTo(t, q.codec(d.to), d.to, out)))
			if engine != nil {
				if len(d.returned) < len(d.sent)/2 {
					t.Logf("%s to %s, %d %%: %d packets came out of rtpengine of %d", d.from.Name, d.to.Name, w.loss, len(d.returned), len(d.sent))
				}
				if len(d.returned) == 0 {
					rows = append(rows, r)
					continue
				}
				r.cells[3] = "$1"
				q.add(t, &r, q.whole(listenTo(t, q.codec(d.to), d.to, d.returned)))
			}
			rows = append(rows, r)
		}
	}
	return rows
}

// whole fills a sound up whose last packets were lost.
func (q *qualityBench) whole(pcm []int16) []int16 {
	if missing := len(q.pcm) - len(pcm); missing > 0 {
		pcm = append(pcm, make([]int16, missing)...)
	}
	return pcm
}

// towardsBrowser is one direction with other settings of the Opus encoder.
func (q *qualityBench) towardsBrowser(t *testing.T, from transcode.Format, c opus.Config) (pcm []int16, sent []timed) {
	t.Helper()
	r := qualityRegistry(t, c, amr.DefaultConfig())
	sent, _ = throughPipeline(t, r, from, browserOpus, encodeSpeech(t, q.codec(from), from, q.pcm))
	return q.whole(listenTo(t, q.codec(browserOpus), browserOpus, sent)), sent
}

func (q *qualityBench) complexity(t *testing.T) (rows []row) {
	t.Helper()
	for _, p := range corePairs()[:3] {
		for complexity := 0; complexity <= 10; complexity++ {
			c := opus.DefaultConfig()
			c.Complexity = complexity
			pcm, _ := q.towardsBrowser(t, p.format, c)
			r := row{cells: []string{p.format.Name, fmt.Sprint(complexity), "$0", fmt.Sprintf("%.0f", q.encodeCost(t, c, p.format))}}
			q.add(t, &r, pcm)
			rows = append(rows, r)
		}
	}
	return rows
}

// encodeCost is the processor time of the Opus encoder alone at the rate of the pair, the best of three runs.
func (q *qualityBench) encodeCost(t *testing.T, c opus.Config, from transcode.Format) float64 {
	t.Helper()
	codecs, err := opus.CodecsWith(c)
	if err != nil {
		t.Fatal(err)
	}
	rate := 16000
	if from.Name == "AMR" || from.Name == "PCMA" {
		rate = 8000
	}
	pcm, room, best := atRate(t, q.pcm, 16000, rate), make([]byte, transcode.MaxPayload), math.Inf(1)
	for range 3 {
		enc, err := codecs[0].NewEncoder(browserOpus, rate)
		if err != nil {
			t.Fatal(err)
		}
		frames, begin := 0, time.Now()
		for rest := pcm; len(rest) >= enc.FrameSamples(); rest = rest[enc.FrameSamples():] {
			if _, err := enc.Encode(room, rest[:enc.FrameSamples()]); err != nil {
				t.Fatal(err)
			}
			frames++
		}
		best = min(best, float64(time.Since(begin).Microseconds())/float64(frames))
		enc.Close()
	}
	return best
}

func (q *qualityBench) bitrate(t *testing.T) (rows []row) {
	t.Helper()
	for _, p := range corePairs()[:3] {
		for _, kbit := range []int{10, 12, 16, 20, 24, 28, 32, 40} {
			c := opus.DefaultConfig()
			c.NarrowbandBitrate, c.WidebandBitrate = kbit*1000, kbit*1000
			pcm, sent := q.towardsBrowser(t, p.format, c)
			r := row{cells: []string{p.format.Name, fmt.Sprint(kbit), "$0", fmt.Sprintf("%.1f", spent(sent, browserOpus))}}
			q.add(t, &r, pcm)
			rows = append(rows, r)
		}
	}
	return rows
}

// spent is the bit rate of the payloads of a stream, kbit/s.
func spent(list []timed, f transcode.Format) float64 {
	octets := 0
	for _, m := range list {
		octets += len(m.payload)
	}
	return float64(octets) * 8 / (float64(len(list)*f20(f)) / float64(f.ClockRate)) / 1000
}

func (q *qualityBench) modes(t *testing.T) (rows []row) {
	t.Helper()
	sent := encodeSpeech(t, q.browser, browserOpus, q.pcm)
	for _, p := range corePairs()[:2] {
		modes := amr.Wide.Modes()
		if p.format.Name == "AMR" {
			modes = amr.Narrow.Modes()
		}
		for mode := range modes {
			c := amr.DefaultConfig()
			c.WideMode, c.NarrowMode = mode, min(mode, 7)
			out, _ := throughPipeline(t, qualityRegistry(t, opus.DefaultConfig(), c), browserOpus, p.format, sent)
			r := row{cells: []string{fmt.Sprintf("%s %d", p.format.Name, mode), fmt.Sprintf("%.1f", spent(out, p.format)), "$0"}}
			q.add(t, &r, q.whole(listenTo(t, q.codec(p.format), p.format, out)))
			rows = append(rows, r)
		}
	}
	return rows
}

// redundancy loses packets between the gateway and the browser.
func (q *qualityBench) redundancy(t *testing.T) (rows []row) {
	t.Helper()
	from := corePairs()[0].format
	for _, loss := range lossRates {
		r := row{cells: []string{fmt.Sprint(loss), "$0", "$1", "$2"}}
		for _, expected := range []int{0, 5, loss} {
			c := opus.DefaultConfig()
			c.ExpectedLoss = expected
			_, sent := q.towardsBrowser(t, from, c)
			q.add(t, &r, q.whole(listenTo(t, q.codec(browserOpus), browserOpus, losePackets(sent, loss))))
		}
		rows = append(rows, r)
	}
	return rows
}
