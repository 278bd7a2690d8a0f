//go:build cgo

package amr

import (
	"math/rand/v2"
	"testing"
	"time"

	"causeway/transcode"
	"causeway/transcode/codectest"
)

// TestMutated: what a hostile sender makes of packets, in both bands and both payload formats, ends nothing
// but its own sound. make asan runs it long and with the address sanitizer.
func TestMutated(t *testing.T) {
	r, in := rand.New(rand.NewPCG(8, 15)), codectest.NewGuard(t, transcode.MaxPayload)
	for _, b := range []Band{Narrow, Wide} {
		for _, fmtp := range []string{"", "octet-align=1"} {
			good := sent(t, b, fmtp)
			room := make([]int16, 240*b.Rate()/1000)
			decoded, refused := 0, 0
			for i := 0; i < codectest.Rounds(3000); {
				d, err := codec(t, b, DefaultConfig()).NewDecoder(format(b, fmtp), 0)
				if err != nil {
					t.Fatal(err)
				}
				for range 200 {
					i++
					payload := good[r.IntN(len(good))]
					if r.IntN(4) > 0 {
						payload = codectest.Mutate(r, payload, good[r.IntN(len(good))], r.IntN(4))
					}
					if r.IntN(16) == 0 {
						if _, err := d.Conceal(room, 1+r.IntN(b.Rate()/8)); err != nil {
							t.Fatal(err)
						}
					}
					if _, err := d.Decode(room, in.Put(payload)); err != nil {
						refused++
					} else {
						decoded++
					}
				}
				d.Close()
			}
			if decoded == 0 || refused == 0 {
				t.Errorf("%s %s: %d decoded, %d refused", b.Name(), fmtp, decoded, refused)
			}
		}
	}
}

// sent encodes speech in every mode, and silence with SIDs.
func sent(t *testing.T, b Band, fmtp string) (good [][]byte) {
	t.Helper()
	for _, dtx := range []bool{false, true} {
		config, f := DefaultConfig(), format(b, fmtp)
		config.DTX = dtx
		f.PTime = 40 * time.Millisecond
		e, _ := pair(t, b, config, f)
		pcm := codectest.Speech(b.Rate(), b.Rate())
		if dtx {
			pcm = codectest.Noise(b.Rate(), 20, 1)
		}
		for n, mode := e.FrameSamples(), 0; len(pcm) >= n; pcm = pcm[n:] {
			e.RequestMode(mode % b.Modes())
			mode++
			payload := make([]byte, transcode.MaxPayload)
			size, err := e.Encode(payload, pcm[:n])
			if err != nil {
				t.Fatal(err)
			}
			good = append(good, payload[:size])
		}
	}
	return good
}
