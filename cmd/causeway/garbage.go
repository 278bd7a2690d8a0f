package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// How much garbage may wait. Go's default of one more live heap is too little for a small heap, which is then collected dozens of
// times a second while calls are set up (14 % of the processor, measured), and much for the heap of many thousand idle browsers,
// which would keep twice the memory it needs. So it is about the same number of bytes at every size.
const (
	headroom     = 64 << 20 // bytes of garbage between two collections
	leastGarbage = 25       // per cent of the live heap: collecting more often would cost too much
	mostGarbage  = 400
)

// garbagePercent is the GOGC value for a live heap of so many bytes.
func garbagePercent(live uint64) int {
	return min(max(int(headroom*100/max(live, 1)), leastGarbage), mostGarbage)
}

// paceCollector adjusts GOGC after each collection, unless the operator has set it. A GOMEMLIMIT is respected by the runtime in any case.
func paceCollector() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(mostGarbage)
	(&pacer{percent: mostGarbage, sample: []metrics.Sample{{Name: "/gc/heap/live:bytes"}}}).wait()
}

// pacer is called by the runtime after each collection.
type pacer struct {
	percent int
	sample  []metrics.Sample
}

// collected is garbage from the start: its finalizer runs once after the next collection.
type collected struct{ p *pacer }

func (p *pacer) wait() {
	runtime.SetFinalizer(&collected{p}, func(c *collected) {
		c.p.adjust()
		c.p.wait()
	})
}

func (p *pacer) adjust() {
	metrics.Read(p.sample)
	want := garbagePercent(p.sample[0].Value.Uint64())
	if d := want - p.percent; d > p.percent/8 || -d > p.percent/8 { // each change stops the world for a moment
		p.percent = want
		debug.SetGCPercent(want)
	}
}
