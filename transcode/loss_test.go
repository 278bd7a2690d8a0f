package transcode_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/transcode"
	"causeway/transcode/codectest"
)

// delivery is when packet index arrives, after the start; a lost packet has none, a doubled one two.
type delivery struct {
	index int
	at    time.Duration
}

// network is a pattern of loss, reordering and doubling, the same every time.
type network struct {
	name    string
	loss    float64 // share of packets that the pattern takes, for the judgement
	repair  bool    // nothing is lost: what comes out has to be what comes out of a perfect network
	deliver func(rng *rand.Rand, n int) []delivery
}

const packetTime = 20 * ms

func networks() []network {
	random := func(percent int) network {
		return network{fmt.Sprintf("loss %d %%", percent), float64(percent) / 100, percent == 0, func(rng *rand.Rand, n int) (out []delivery) {
			for i := range n {
				if i == 0 || i == n-1 || rng.IntN(100) >= percent {
					out = append(out, delivery{i, time.Duration(i) * packetTime})
				}
			}
			return out
		}}
	}
	return []network{
		random(0), random(1), random(5), random(10), random(20),
		{"bursts of 2 to 5, 8 %", 0.08, false, func(rng *rand.Rand, n int) (out []delivery) {
			for i := 0; i < n; i++ {
				if i > 0 && rng.IntN(40) == 0 {
					i += 1 + rng.IntN(4)
					continue
				}
				out = append(out, delivery{i, time.Duration(i) * packetTime})
			}
			return out
		}},
		{"neighbours swapped", 0, true, func(rng *rand.Rand, n int) (out []delivery) {
			for i := 0; i < n; i++ {
				if i > 0 && i+1 < n && rng.IntN(8) == 0 { // the later one comes at its time, the earlier one right behind it
					out = append(out, delivery{i + 1, time.Duration(i+1) * packetTime}, delivery{i, time.Duration(i+1)*packetTime + ms})
					i++
					continue
				}
				out = append(out, delivery{i, time.Duration(i) * packetTime})
			}
			return out
		}},
		{"every packet twice", 0, true, func(_ *rand.Rand, n int) (out []delivery) {
			for i := range n {
				out = append(out, delivery{i, time.Duration(i) * packetTime}, delivery{i, time.Duration(i)*packetTime + 3*ms})
			}
			return out
		}},
		{"jitter of 15 ms", 0, true, func(rng *rand.Rand, n int) (out []delivery) {
			for i := range n {
				out = append(out, delivery{i, time.Duration(i)*packetTime + time.Duration(rng.IntN(15))*ms})
			}
			return out
		}},
	}
}

// heard is what the far listener makes of a stream that came through a network and a pipeline.
type heard struct {
	pcm   []int16
	rate  int
	stats transcode.PipelineStats
	lost  int
}

func (n network) play(t *testing.T, r *transcode.Registry, from, to transcode.Format, pcm []int16) heard {
	t.Helper()
	p := newPipeline(t, r, from, to)
	src := newSource(t, r, from, 16000)
	if tuner, ok := src.enc.(transcode.LossTuner); ok {
		tuner.ExpectLoss(5) // as a browser that has heard of the loss
	}
	l := newListener(t, r, to, 16000)
	packets := src.packets(t, pcm)
	start := time.Unix(0, 0)
	list := n.deliver(rand.New(rand.NewPCG(11, 12)), len(packets))
	came := make([]bool, len(packets))
	for _, d := range list {
		now := start.Add(d.at)
		for due, ok := p.NextDeadline(); ok && due.Before(now); due, ok = p.NextDeadline() {
			l.pull(p, due)
		}
		p.Push(uint16(65500+d.index), uint32(d.index)*src.tick-7, false, packets[d.index], now)
		l.pull(p, now)
		came[d.index] = true
	}
	for due, ok := p.NextDeadline(); ok && due.Before(start.Add(list[len(list)-1].at+4*packetTime)); due, ok = p.NextDeadline() {
		l.pull(p, due) // what waited for a packet that was lost
	}
	h := heard{pcm: l.pcm, rate: l.dec.Rate(), stats: p.Stats()}
	for i, c := range came {
		if !c && i < list[len(list)-1].index {
			h.lost++
		}
	}
	return h
}

// TestNetworks: through every pattern of loss the output is continuous (the listener checks each timestamp), as long as the input
// and still the speech; every loss is counted once; and where the network only reorders or doubles, nothing of it is heard at all.
func TestNetworks(t *testing.T) {
	r := registry(t, false)
	pairs := [][2]transcode.Format{{opusFormat, wideBE}, {wideBE, opusFormat}, {opusFormat, narrowBE}, {narrowBE, opusFormat}, {g722Format, opusFormat},
		{opusFormat, g722Format}, {pcma, opusFormat}, {opusFormat, pcmu}, {pcmu, wideOA}, {wideOA, pcma}}
	for _, pair := range pairs {
		for i, n := range networks() {
			t.Run(name(pair[0])+"-"+name(pair[1])+"/"+n.name, func(t *testing.T) {
				usable(t, r, pair[0], pair[1])
				src := newSource(t, r, pair[0], 16000)
				pcm := codectest.Speech(src.rate, 4*src.rate)
				clean, got := networks()[0].play(t, r, pair[0], pair[1], pcm), heard{}
				if got = n.play(t, r, pair[0], pair[1], pcm); i == 0 && got.stats.Lost+got.stats.Concealed+got.stats.Errors != 0 {
					t.Errorf("%+v", got.stats)
				}
				rate := got.rate
				if d := len(clean.pcm) - len(got.pcm); d < -rate/50 || d > rate/50 {
					t.Errorf("%d samples come out, %d without loss", len(got.pcm), len(clean.pcm))
				}
				if got.stats.Lost != uint64(got.lost) || got.stats.Late != 0 {
					t.Errorf("%d lost: %+v", got.lost, got.stats)
				}
				if pair[0] == opusFormat && strings.HasPrefix(n.name, "loss") && n.loss >= 0.05 && got.stats.Recovered < got.stats.Lost/3 {
					t.Errorf("of %d losses only %d were brought back from Opus redundancy", got.stats.Lost, got.stats.Recovered)
				}
				if n.repair && !slices.Equal(clean.pcm, got.pcm) {
					t.Errorf("the network lost nothing, yet it is heard: %+v", got.stats)
				}
				// How much of the picture of the sound may go with a share of the packets: measured, with a margin of half as much again.
				least := 0.99 - 1.5*n.loss
				if k := codectest.Correlation(codectest.Bands(clean.pcm, rate, 3500), codectest.Bands(got.pcm, rate, 3500)); k < least {
					t.Errorf("band correlation %.3f, want %.3f; %+v", k, least, got.stats)
				}
				if d := codectest.DB(codectest.RMS(got.pcm), codectest.RMS(clean.pcm)); d < -4 || d > 3 || n.repair && d != 0 {
					t.Errorf("the level changed by %.1f dB", d)
				}
			})
		}
	}
}

// TestGain: every pair hands speech on within half a decibel of its level, loud or soft.
func TestGain(t *testing.T) {
	r := registry(t, false)
	for _, from := range all() {
		for _, to := range all() {
			if from == to {
				continue
			}
			t.Run(name(from)+"-"+name(to), func(t *testing.T) {
				usable(t, r, from, to)
				for _, loudness := range []float64{1, 0.2} {
					src := newSource(t, r, from, 16000)
					pcm := codectest.Speech(src.rate, 4*src.rate)
					for i := range pcm {
						pcm[i] = int16(float64(pcm[i]) * loudness)
					}
					// The codec alone changes the level too; what the gateway adds is the difference of two listeners.
					direct := newListener(t, r, from, 16000)
					var before []int16
					for _, payload := range src.packets(t, pcm) {
						n, err := direct.dec.Decode(direct.out, payload)
						if err != nil {
							t.Fatal(err)
						}
						before = append(before, direct.out[:n]...)
					}
					got := networks()[0].play(t, r, from, to, pcm)
					got.pcm = got.pcm[:min(len(got.pcm), len(pcm)*got.rate/src.rate)] // what is made up after the end is no speech
					d := codectest.DB(inBand(got.pcm, got.rate), inBand(before, direct.dec.Rate()))
					// Two models of a voice one behind the other: the second leaves out noise that the first added (AMR-WB after AMR-WB as
					// much as after Opus, less in higher modes, nothing of it in G.722), so that what counts is the sound that Opus was given.
					if from == opusFormat && (to.Is("AMR") || to.Is("AMR-WB")) {
						d = codectest.DB(inBand(got.pcm, got.rate), inBand(pcm, src.rate))
					}
					t.Logf("%.2f dB at %.1f of full loudness", d, loudness)
					const most = 0.5
					if d < -most || d > most {
						t.Errorf("at %.1f of full loudness the level changed by %.2f dB", loudness, d)
					}
				}
			})
		}
	}
}

// inBand is the level of a sound in the band that every codec here carries, 300 to 3000 Hz.
func inBand(pcm []int16, rate int) float64 {
	var sum float64
	frames := 0
	for size := rate / 50; len(pcm) >= size; pcm = pcm[size:] {
		for hz := 300.0; hz <= 3000; hz += 50 {
			l := codectest.Level(pcm[:size], rate, hz)
			sum += l * l
		}
		frames++
	}
	return math.Sqrt(sum / float64(frames))
}
