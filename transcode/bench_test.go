//go:build linux

package transcode_test

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"causeway/transcode"
	"causeway/transcode/codectest"
)

// cpu is the processor time this thread has used. Wall time would charge a pipeline for whatever
// else the machine does.
func cpu(b *testing.B) time.Duration {
	const thread = 1 // RUSAGE_THREAD
	var u syscall.Rusage
	if err := syscall.Getrusage(thread, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPair measures the processor time of one packet of 20 ms through each pipeline and, in
// turns with it in the same run, of the same work done with the bare codecs; the difference is the
// pipeline's overhead. One operation is a block of packets through each. PCMU-PCMA costs next to
// nothing bare, so it shows the overhead in microseconds where the others drown it in noise.
func BenchmarkPair(b *testing.B) {
	r := registry(b, false)
	b.Run("PCMU-PCMA", func(b *testing.B) { benchmarkPair(b, r, pcmu, pcma, 8000) })
	for _, core := range []transcode.Format{wideBE, narrowBE, pcmu, g722Format} {
		for _, pair := range [][2]transcode.Format{{opusFormat, core}, {core, opusFormat}} {
			b.Run(fmt.Sprintf("%s-%s", pair[0].Name, pair[1].Name), func(b *testing.B) {
				usable(b, r, pair[0], pair[1])
				benchmarkPair(b, r, pair[0], pair[1], newSource(b, r, core, 0).rate)
			})
		}
	}
}

func benchmarkPair(b *testing.B, r *transcode.Registry, from, to transcode.Format, rate int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const block = 50
	src := newSource(b, r, from, rate)
	packets := src.packets(b, codectest.Speech(src.rate, 4*src.rate))
	piped, bare := pipedWork(b, r, from, to, src.tick), bareWork(b, r, from, to, rate)
	var inPipe, inBare time.Duration
	done := 0
	turn := func(first, second func([]byte), a, z *time.Duration) {
		t0 := cpu(b)
		for i := range block {
			first(packets[(done+i)%len(packets)])
		}
		t1 := cpu(b)
		for i := range block {
			second(packets[(done+i)%len(packets)])
		}
		*a += t1 - t0
		*z += cpu(b) - t1
	}
	for i := 0; b.Loop(); i++ {
		if i%2 == 0 { // neither always follows the other's warm caches
			turn(piped, bare, &inPipe, &inBare)
		} else {
			turn(bare, piped, &inBare, &inPipe)
		}
		done += block
	}
	us := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(done) }
	b.ReportMetric(us(inPipe), "pipeline-us/pkt")
	b.ReportMetric(us(inBare), "bare-us/pkt")
	b.ReportMetric(100*(us(inPipe)/us(inBare)-1), "overhead-%")
}

// pipedWork passes packets through a pipeline, and fails if one does not come out: a pipeline that
// refused its packets would look very fast.
func pipedWork(b *testing.B, r *transcode.Registry, from, to transcode.Format, tick uint32) func([]byte) {
	p := newPipeline(b, r, from, to)
	dst, now, seq, ts := make([]byte, transcode.MaxPayload), time.Unix(0, 0), uint16(0), uint32(0)
	return func(payload []byte) {
		p.Push(seq, ts, false, payload, now)
		out := 0
		for _, ok := p.Pull(now, dst); ok; _, ok = p.Pull(now, dst) {
			out++
		}
		p.NextDeadline()
		if out != 1 {
			b.Fatalf("%d packets for one: %+v", out, p.Stats())
		}
		now, seq, ts = now.Add(20*ms), seq+1, ts+tick
	}
}

// bareWork decodes and encodes with nothing around it.
func bareWork(b *testing.B, r *transcode.Registry, from, to transcode.Format, rate int) func([]byte) {
	source, _ := r.Lookup(from.Name)
	sink, _ := r.Lookup(to.Name)
	dec, err := source.NewDecoder(from, rate)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(dec.Close)
	enc, err := sink.NewEncoder(to, rate)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(enc.Close)
	pcm, dst := make([]int16, 240*rate/1000), make([]byte, transcode.MaxPayload)
	return func(payload []byte) {
		n, err := dec.Decode(pcm, payload)
		if err != nil {
			b.Fatal(err)
		}
		if n, err = enc.Encode(dst, pcm[:n]); err != nil || n == 0 {
			b.Fatal(n, err)
		}
	}
}
