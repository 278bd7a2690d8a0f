package transcode

import (
	"sync/atomic"
	"time"
)

// PipelineStats counts what happened since the pipeline was made. Incoming packets unless said.
type PipelineStats struct {
	Pushed    uint64 // packets given to Push
	Decoded   uint64 // packets decoded
	Encoded   uint64 // outgoing packets
	Recovered uint64 // lost packets brought back from redundancy in the next
	Concealed uint64 // pieces of at most 20 ms made up for lost or late packets
	Noise     uint64 // pieces of at most 20 ms made up while the sender was silent on purpose
	Lost      uint64 // packets that never came in time
	Late      uint64 // packets that came after their place was given up
	Duplicate uint64
	Errors    uint64 // payloads that could not be decoded, and packets beyond real time or size
	Restarts  uint64 // jumps of sequence number or timestamp, and Resets

	Depth    int           // packets waiting for an earlier one now
	MaxDepth int           // the most there ever were
	Hold     time.Duration // how long a gap is waited for now
}

type counters struct {
	pushed, decoded, encoded, recovered, concealed, noise atomic.Uint64
	lost, late, duplicate, errors, restarts               atomic.Uint64

	depth, maxDepth, hold atomic.Int64
}

// noteWindow publishes the window's state for Stats.
func (p *Pipeline) noteWindow() {
	depth := int64(p.window.Depth())
	p.counts.depth.Store(depth)
	p.counts.hold.Store(int64(p.window.Hold()))
	if depth > p.counts.maxDepth.Load() {
		p.counts.maxDepth.Store(depth)
	}
}

// Stats returns the counters; each is exact, together they may be a packet apart.
func (p *Pipeline) Stats() PipelineStats {
	c := &p.counts
	return PipelineStats{
		Pushed: c.pushed.Load(), Decoded: c.decoded.Load(), Encoded: c.encoded.Load(),
		Recovered: c.recovered.Load(), Concealed: c.concealed.Load(), Noise: c.noise.Load(),
		Lost: c.lost.Load(), Late: c.late.Load(), Duplicate: c.duplicate.Load(),
		Errors: c.errors.Load(), Restarts: c.restarts.Load(),
		Depth: int(c.depth.Load()), MaxDepth: int(c.maxDepth.Load()), Hold: time.Duration(c.hold.Load()),
	}
}
