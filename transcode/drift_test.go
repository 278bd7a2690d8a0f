package transcode_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"causeway/transcode"
	"causeway/transcode/codectest"
)

// TestClockDrift: two hours with a sender whose clock is off by 200 millionths either way, on a path with jitter. The pipeline follows the
// sender: as much sound goes out as came in, in every minute, so that no delay grows and nothing is made up or cut. (Where the
// browser's own clock is concerned, its play-out adapts, as it does to every sender.)
func TestClockDrift(t *testing.T) {
	r := registry(t, false)
	for _, pair := range [][2]transcode.Format{{pcma, pcmu}, {pcmu, g722Format}} {
		for _, ppm := range []int{-200, 200} {
			t.Run(fmt.Sprintf("%s-%s/%d ppm", pair[0].Name, pair[1].Name, ppm), func(t *testing.T) {
				p := newPipeline(t, r, pair[0], pair[1])
				src := newSource(t, r, pair[0], 8000)
				payload := src.packets(t, codectest.Tone(8000, 160, 400, 8000))[0]
				rng, start, dst := rand.New(rand.NewPCG(2, uint64(ppm+300))), time.Unix(0, 0), make([]byte, transcode.MaxPayload)
				step := packetTime + packetTime*time.Duration(ppm)/1000000
				minutes := 120
				if raceEnabled || pair[1] == g722Format {
					minutes = 10
				}
				var next uint32
				sent, got := 0, 0
				pull := func(now time.Time) {
					for out, ok := p.Pull(now, dst); ok; out, ok = p.Pull(now, dst) {
						if out.Timestamp != next {
							t.Fatalf("after %v: timestamp %d, want %d", now.Sub(start), out.Timestamp, next)
						}
						next, got = out.Timestamp+out.Samples, got+1
					}
				}
				for i := range minutes * 60 * 50 {
					now := start.Add(time.Duration(i)*step + time.Duration(rng.IntN(8))*ms)
					for due, ok := p.NextDeadline(); ok && due.Before(now); due, ok = p.NextDeadline() {
						pull(due)
					}
					p.Push(uint16(i), uint32(i)*src.tick, false, payload, now)
					sent++
					pull(now)
					if got != sent {
						t.Fatalf("after %v: %d packets out of %d", now.Sub(start), got, sent)
					}
				}
				if s := p.Stats(); s.Concealed+s.Noise+s.Lost+s.Late+s.Errors+s.Restarts != 0 {
					t.Errorf("%+v", s)
				}
			})
		}
	}
}

// TestClockDriftWithPauses: the same with a handset that falls silent between its sentences, when the gateway's own clock makes the comfort
// noise. Drift of two hours at 200 millionths in ten minutes: each correction is at most one packet's time, and the output is neither
// longer nor shorter than the sender's stream.
func TestClockDriftWithPauses(t *testing.T) {
	r := registry(t, true)
	usable(t, r, narrowBE)
	for _, ppm := range []int{-2400, 2400} {
		t.Run(fmt.Sprintf("%d ppm", ppm), func(t *testing.T) {
			p := newPipeline(t, r, narrowBE, pcmu)
			src := newSource(t, r, narrowBE, 8000)
			turn := src.packets(t, slices.Concat(codectest.Speech(8000, 2*8000), codectest.Noise(3*8000, 60, 3)))
			start, dst := time.Unix(0, 0), make([]byte, transcode.MaxPayload)
			step := packetTime + packetTime*time.Duration(ppm)/1000000
			minutes := 10
			if raceEnabled {
				minutes = 2
			}
			n, seq, got, before := minutes*60*50, 0, 0, uint64(0)
			var next uint32
			pull := func(now time.Time) {
				for out, ok := p.Pull(now, dst); ok; out, ok = p.Pull(now, dst) {
					if out.Timestamp != next {
						t.Fatalf("after %v: timestamp %d, want %d", now.Sub(start), out.Timestamp, next)
					}
					next, got = out.Timestamp+out.Samples, got+1
				}
			}
			for i := range n {
				now := start.Add(time.Duration(i) * step)
				for due, ok := p.NextDeadline(); ok && due.Before(now); due, ok = p.NextDeadline() {
					pull(due)
				}
				if payload := turn[i%len(turn)]; len(payload) > 0 {
					p.Push(uint16(seq), uint32(i)*src.tick, false, payload, now)
					seq++
					pull(now)
				}
				if i%len(turn) == 0 && i > 0 { // one turn of speech and pause
					s := p.Stats()
					if s.Concealed > before+1 {
						t.Fatalf("after %v: %d pieces concealed in one turn", now.Sub(start), s.Concealed-before)
					}
					before = s.Concealed
					if d := got - i; d < -8 || d > 2 {
						t.Fatalf("after %v: %d packets out, %d packet times in", now.Sub(start), got, i)
					}
				}
			}
			if s := p.Stats(); s.Lost+s.Errors+s.Restarts != 0 || s.Noise == 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}
