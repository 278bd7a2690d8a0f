//go:build cgo

package h264

import (
	"math/rand/v2"
	"slices"
	"testing"

	"causeway/transcode/codectest"
	"causeway/transcode/picture"
)

// pictures encodes a moving ramp as constrained baseline, beside x264's main profile of testdata.
func pictures(t *testing.T) (all [][]byte) {
	e, err := NewEncoder(Settings{Width: 160, Height: 128, Bitrate: 200e3, FrameRate: 15, Level: 30, MaxNAL: 500})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	p := picture.New(160, 128)
	for n := range 12 {
		for i := range p.Y {
			p.Y[i] = byte(i*(n+3)/7 + i/160*n)
		}
		unit, _, err := e.Encode(nil, p, int64(n+1)*6000, n == 6)
		if err != nil {
			t.Fatal(err)
		}
		if len(unit) > 0 {
			all = append(all, unit)
		}
	}
	return all
}

// TestMutated: what a hostile sender makes of access units ends nothing but its own picture. make asan
// runs it long and with the address sanitizer.
func TestMutated(t *testing.T) {
	streams := [][][]byte{pictures(t), units(t, "testdata/stap.rtp"), units(t, "testdata/single.rtp")}
	r := rand.New(rand.NewPCG(8, 15))
	guard := codectest.NewGuard(t, 1<<16)
	var d *Decoder
	decoded, refused := 0, 0
	for i := range codectest.Rounds(3000) {
		if i%50 == 0 { // another stream
			if d != nil {
				d.Close()
			}
			var err error
			if d, err = NewDecoder(""); err != nil {
				t.Fatal(err)
			}
		}
		good := streams[i/50%len(streams)]
		unit := good[i%len(good)]
		if r.IntN(3) > 0 {
			unit = codectest.Mutate(r, unit, good[r.IntN(len(good))], r.IntN(40))
		}
		// The library gets a copy of what passes the check; put that copy against the guard too.
		d.clean = guard.Put(slices.Repeat([]byte{0}, len(unit)))[:0]
		p, _, shown, err := d.Decode(unit, uint64(i))
		if err != nil {
			refused++
		}
		if shown {
			decoded++
			touch(t, p.Whole(), p.Y, p.U, p.V)
		}
	}
	d.Close()
	if d, err := NewDecoder(""); err != nil {
		t.Fatal(err)
	} else if _, _, shown, err := d.Decode(streams[0][0], 1); !shown || err != nil {
		t.Errorf("a good picture after all that: %v", err)
	} else {
		d.Close()
	}
	if decoded == 0 || refused == 0 {
		t.Errorf("%d decoded, %d refused", decoded, refused)
	}
}

// touch reads planes from end to end.
func touch(t *testing.T, whole bool, planes ...[]byte) {
	t.Helper()
	if !whole {
		t.Fatal("planes are shorter than the picture")
	}
	var sum byte
	for _, p := range planes {
		for _, v := range p {
			sum ^= v
		}
	}
	_ = sum
}
