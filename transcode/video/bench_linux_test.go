//go:build cgo

package video

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkVideo is the processor time for one frame, from its packets to the packets of the other codec, and
// in turns with it that of the codec libraries alone with the same settings, frame in and frame out
// (docs/performance.md).
func BenchmarkVideo(b *testing.B) {
	for _, s := range []settings{
		{width: 320, height: 240, bitrate: 270e3, fps: 15},
		{width: 640, height: 480, bitrate: 800e3, fps: 30},
		{width: 1280, height: 720, bitrate: 1500e3, fps: 30},
	} {
		for _, c := range []struct{ from, to Format }{{Format{Codec: VP8}, avc(1)}, {avc(1), Format{Codec: VP8}}} {
			c.from.MTU, c.to.MTU, c.to.MaxBitrate = DefaultMTU, DefaultMTU, s.bitrate
			b.Run(fmt.Sprintf("%dx%d/%s-%s", s.width, s.height, c.from.Codec, c.to.Codec), func(b *testing.B) {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				film := record(b, c.from, s)
				var alone, all time.Duration
				frames := 0
				for range max(b.N/reels, 1) {
					alone += spent(b, func() { bare(b, c.from, c.to, s, film) })
					all += spent(b, func() { converted(b, c.from, c.to, film) })
					frames += len(film)
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(alone.Microseconds())/float64(frames), "bare-us/frame")
				b.ReportMetric(float64(all.Microseconds())/float64(frames), "converter-us/frame")
				b.ReportMetric(100*(float64(all)/float64(alone)-1), "overhead-%")
			})
		}
	}
}

// spent is the processor time of this thread for a piece of work.
func spent(b *testing.B, work func()) time.Duration {
	var before, after unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &before); err != nil {
		b.Fatal(err)
	}
	work()
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &after); err != nil {
		b.Fatal(err)
	}
	return time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
}

// reel is one frame of a recording.
type reel struct {
	frame   []byte
	packets []rtp
}

const reels = 60

func record(b *testing.B, f Format, s settings) (film []reel) {
	cam := newCamera(b, f, s)
	u := newUnpacker(f)
	for i := range reels {
		packets := cam.shoot(start().Add(time.Duration(i) * time.Second / time.Duration(s.fps)))
		var payloads [][]byte
		for _, p := range packets {
			payloads = append(payloads, p.payload)
		}
		frame, err := u.unpack(nil, payloads)
		if err != nil {
			b.Fatal(err)
		}
		film = append(film, reel{frame, packets})
	}
	return film
}

func bare(b *testing.B, from, to Format, s settings, film []reel) {
	s.level = 31
	dec, err := newDecoder(from)
	if err != nil {
		b.Fatal(err)
	}
	defer dec.close()
	enc, err := newEncoder(to, s)
	if err != nil {
		b.Fatal(err)
	}
	defer enc.close()
	var room []byte
	for n := range film {
		if len(film[n].frame) == 0 {
			continue
		}
		p, _, shown, err := dec.decode(film[n].frame, uint64(n+1))
		if err != nil {
			b.Fatal(err)
		}
		if !shown {
			continue
		}
		step := int64(Clock / s.fps)
		if room, _, err = enc.encode(room[:0], p, int64(n+1)*step, step, false); err != nil {
			b.Fatal(err)
		}
	}
}

func converted(b *testing.B, from, to Format, film []reel) {
	conv, err := NewConverter(from, to, Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer conv.Close()
	room := make([]byte, MaxMTU)
	for _, r := range film {
		for _, p := range r.packets {
			conv.Push(p.seq, p.ts, p.marker, p.payload, p.at)
		}
		for _, ok := conv.Pull(room); ok; _, ok = conv.Pull(room) {
		}
	}
}
