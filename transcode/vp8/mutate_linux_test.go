//go:build cgo

package vp8

import (
	"math/rand/v2"
	"testing"

	"causeway/transcode/codectest"
)

// TestMutated: what a hostile sender makes of frames ends nothing but its own picture. The library's
// reads are bounded by a page that faults; make asan runs it long and with the address sanitizer.
func TestMutated(t *testing.T) {
	good, r := frames(t, "testdata/vp8.ivf"), rand.New(rand.NewPCG(8, 15))
	guard := codectest.NewGuard(t, 1<<16)
	var d *Decoder
	decoded, refused := 0, 0
	for i := range codectest.Rounds(3000) {
		if i%50 == 0 { // another stream
			if d != nil {
				d.Close()
			}
			var err error
			if d, err = NewDecoder(); err != nil {
				t.Fatal(err)
			}
		}
		frame := good[i%len(good)]
		if r.IntN(3) > 0 {
			keep := []int{0, 3, 10}[r.IntN(3)] // mostly beyond what ParseHeader checks
			frame = codectest.Mutate(r, frame, good[r.IntN(len(good))], keep)
		}
		p, shown, err := d.Decode(guard.Put(frame))
		switch {
		case err != nil:
			refused++
		case shown:
			decoded++
			touch(t, p.Whole(), p.Y, p.U, p.V)
		}
	}
	d.Close()
	if d, err := NewDecoder(); err != nil {
		t.Fatal(err)
	} else if _, shown, err := d.Decode(good[0]); !shown || err != nil {
		t.Errorf("a good frame after all that: %v", err)
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
