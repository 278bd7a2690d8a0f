//go:build cgo

package opus

import (
	"math/rand/v2"
	"testing"
	"time"

	"causeway/transcode"
	"causeway/transcode/codectest"
)

// TestMutated: what a hostile sender makes of packets ends nothing but its own sound. The library's reads
// are bounded by a page that faults; make asan runs it long and with the address sanitizer.
func TestMutated(t *testing.T) {
	var good [][]byte
	for _, c := range []struct {
		rate  int
		ptime time.Duration
		fmtp  string
	}{{8000, 0, "useinbandfec=1"}, {16000, 60 * time.Millisecond, "useinbandfec=1"}, {48000, 40 * time.Millisecond, ""}, {48000, 10 * time.Millisecond, "cbr=1"}} {
		e, err := Codecs()[0].NewEncoder(format(c.ptime, c.fmtp), c.rate)
		if err != nil {
			t.Fatal(err)
		}
		pcm, n := codectest.Speech(c.rate, c.rate), e.FrameSamples()
		for ; len(pcm) >= n; pcm = pcm[n:] {
			b := make([]byte, 1500)
			size, err := e.Encode(b, pcm[:n])
			if err != nil {
				t.Fatal(err)
			}
			good = append(good, b[:size])
		}
		e.Close()
	}
	r := rand.New(rand.NewPCG(8, 15))
	in, room := codectest.NewGuard(t, transcode.MaxPayload), make([]int16, 48*240)
	decoded, refused := 0, 0
	for i := 0; i < codectest.Rounds(3000); {
		d, err := Codecs()[0].NewDecoder(format(0, ""), []int{8000, 16000, 48000}[r.IntN(3)])
		if err != nil {
			t.Fatal(err)
		}
		for range 200 {
			i++
			payload := good[r.IntN(len(good))]
			if r.IntN(4) > 0 {
				payload = codectest.Mutate(r, payload, good[r.IntN(len(good))], r.IntN(3))
			}
			payload = in.Put(payload)
			if r.IntN(8) == 0 {
				n := d.Rate() / 50
				if got, err := d.(transcode.Recoverer).Recover(room, payload, n); err == nil && got != 0 && got != n {
					t.Fatalf("%d samples recovered, want %d", got, n)
				}
			}
			if r.IntN(16) == 0 {
				if _, err := d.Conceal(room, 1+r.IntN(d.Rate()/8)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := d.Decode(room, payload); err != nil {
				refused++
			} else {
				decoded++
			}
		}
		d.Close()
	}
	if decoded == 0 || refused == 0 {
		t.Errorf("%d decoded, %d refused", decoded, refused)
	}
}
