//go:build cgo

package video

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"causeway/transcode/codectest"
)

// TestMutated: packets that a hostile sender changed, left out, doubled and moved end nothing but their own
// pictures, and what the converter keeps stays bounded. make asan runs it long and with the address
// sanitizer.
func TestMutated(t *testing.T) {
	for _, c := range []struct{ from, to Format }{{Format{Codec: VP8}, avc(0)}, {avc(1), Format{Codec: VP8}}} {
		r := rand.New(rand.NewPCG(4, 2))
		p := newPlay(t, c.from, c.to, settings{width: 160, height: 120, bitrate: 100e3, fps: 15}, Options{})
		var last []byte
		p.lossy = func(x rtp) []rtp {
			good := append([]byte(nil), x.payload...)
			switch r.IntN(12) {
			case 0:
				x.payload = codectest.Mutate(r, x.payload, last, 0)
			case 1: // behind what the payload format checks
				x.payload = codectest.Mutate(r, x.payload, last, 20)
			case 2:
				x.seq += uint16(r.IntN(5))
			case 3:
				x.ts += uint32(r.IntN(3)) * 0x40000000
			case 4:
				x.marker = !x.marker
			case 5:
				return nil
			}
			last = good
			return []rtp{x}
		}
		rounds := max(codectest.Rounds(600)/20, 600) // pictures, which take longer than packets
		p.run(rounds)
		conv := p.conv.(*conversion)
		if n := len(conv.spare) + len(conv.frames); n > 2*maxFrames {
			t.Errorf("%d buffers are kept", n)
		}
		p.lossy = nil
		p.cam.key = true
		before := len(p.screen.shots)
		p.run(90)
		if n := len(p.screen.shots) - before; n < 60 {
			t.Errorf("%d of 90 pictures after all that: %+v", n, p.conv.Stats())
		}
	}
}

// TestPriority: the converter's own thread gives way to the others.
func TestPriority(t *testing.T) {
	var once sync.Once
	nice := make(chan int, 1)
	conv := newTestConverter(t, Format{Codec: VP8}, avc(1), Options{Ready: func() {
		once.Do(func() {
			n, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
			if err != nil {
				t.Error(err)
			}
			nice <- 20 - n // as the system call gives it
		})
	}})
	for _, p := range newCamera(t, Format{Codec: VP8}, small()).shoot(start()) {
		conv.Push(p.seq, p.ts, p.marker, p.payload, p.at)
	}
	select {
	case n := <-nice:
		if n < niceness {
			t.Errorf("niceness %d", n)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the converter does not work")
	}
}
