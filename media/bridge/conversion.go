package bridge

import (
	"sync"
	"sync/atomic"
	"time"

	"causeway/media/packet"
	"causeway/transcode"
)

const (
	ringSize  = 24 // how many packets may wait for a worker: half a second of speech
	maxFaults = 3  // panics after which a direction is given up for the rest of the call
)

// job is one packet to be converted.
type job struct {
	plan *plan
	buf  *packet.Buffer // payload only
	h    packet.RTP
	at   time.Time
	cn   bool // comfort noise (RFC 3389)
	gone bool // not for the pipeline: it only has a number of the stream
}

// pipe is one running pipeline and what it is for.
type pipe struct {
	*transcode.Pipeline

	plan plan
	ssrc uint32
}

// conversion converts one direction. Its packets wait in a ring until a member of the crew takes them; when the crew is slow, the oldest
// are lost, counted.
type conversion struct {
	registry *transcode.Registry
	stream   *Stream
	pool     *packet.Pool
	fault    func(what any, last bool)
	opposite *conversion // gets the mode requests heard here
	crew     *Crew

	live    atomic.Pointer[pipe]
	dropped atomic.Uint64
	refused atomic.Uint64 // packets no pipeline could be made for

	errand
	task task

	done chan struct{} // closed when it has ended

	mu      sync.Mutex // guards the following
	ring    []job      // of ringSize, made with the first packet: most calls pass through
	head, n int
	started bool
	hush    bool // close the pipeline, make nothing up
	closed  bool
}

// errand is when a member of the crew next takes a conversion.
type errand struct {
	token    atomic.Bool  // it is in the crew's queue, or with a member
	deadline atomic.Int64 // when there is something to do without a packet, by the crew's clock; 0: never
	behind   *conversion  // in the crew's queue, guarded by the crew
	place    int          // in its list, the same
}

// task belongs to the member that has the conversion.
type task struct {
	room   []byte // for one packet
	failed *plan  // no pipeline can be made for it
	faults int    // panics so far
	ended  bool
}

func newConversion(c Config, s *Stream) *conversion {
	return &conversion{registry: c.Registry, stream: s, pool: c.Pool, fault: c.Stumble, crew: c.Crew, done: make(chan struct{})}
}

// push queues one packet; cn says that it is comfort noise of the stream that the plan is for.
func (c *conversion) push(p *plan, b []byte, h packet.RTP, cn bool, now time.Time) {
	buf, ok := c.pool.Copy(b[h.Offset:h.End])
	if !ok {
		c.dropped.Add(1)
		return
	}
	if !c.queue(job{plan: p, buf: buf, h: h, at: now, cn: cn}) {
		buf.Release()
		return
	}
	c.nudge()
}

// aside tells a running pipeline of a packet in its stream that is not for it.
func (c *conversion) aside(h packet.RTP, now time.Time) {
	if c.live.Load() == nil {
		return
	}
	buf, _ := c.pool.Copy(nil)
	if !c.queue(job{buf: buf, h: h, at: now, gone: true}) {
		buf.Release()
		return
	}
	c.nudge()
}

// queue puts one job into the ring, over the oldest when it is full.
func (c *conversion) queue(j job) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	if !c.started {
		c.started, c.ring, c.task.room = true, make([]job, ringSize), make([]byte, packet.BufferSize)
		c.crew.join(c)
	}
	if c.n == ringSize {
		c.ring[c.head].buf.Release()
		c.head = (c.head + 1) % ringSize
		c.n--
		c.dropped.Add(1)
	}
	c.ring[(c.head+c.n)%ringSize] = j
	c.n++
	c.hush = c.hush && j.gone
	return true
}

// quiet ends a running pipeline: the direction passes through now, or is held.
func (c *conversion) quiet() {
	if c.live.Load() == nil {
		return
	}
	c.mu.Lock()
	c.hush = true
	c.mu.Unlock()
	c.nudge()
}

// nudge sees to it that somebody looks at what there is to do.
func (c *conversion) nudge() {
	if c.token.CompareAndSwap(false, true) && !c.crew.enqueue(c) {
		c.turn()
	}
}

// next takes the oldest job.
func (c *conversion) next() (j job, ok, hush, closed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n > 0 {
		j, ok = c.ring[c.head], true
		c.ring[c.head] = job{}
		c.head = (c.head + 1) % ringSize
		c.n--
	}
	return j, ok, c.hush, c.closed
}

// pending reports whether something came after the last look.
func (c *conversion) pending() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n > 0 || (c.hush && c.live.Load() != nil) || (c.closed && !c.task.ended)
}

// turn does all there is to do. The caller has the token, which is given back.
func (c *conversion) turn() {
	for {
		c.deadline.Store(0)
		c.convert()
		if p := c.live.Load(); p != nil {
			if at, ok := p.NextDeadline(); ok {
				c.deadline.Store(max(c.crew.since(at), 1))
			}
		}
		c.token.Store(false)
		if !c.pending() || !c.token.CompareAndSwap(false, true) {
			return
		}
	}
}

// convert serves all packets that wait, and what is due without. A panic, of a codec for example, ends the pipeline it happened in and
// nothing else: the next packet gets a fresh one. A direction that panics again and again stays silent; the other goes on.
func (c *conversion) convert() {
	defer func() {
		if r := recover(); r != nil {
			c.task.faults++
			c.discard()
			c.fault(r, c.task.faults == maxFaults)
			if c.task.faults == maxFaults {
				c.abandon()
			}
		}
	}()
	for fed := false; ; fed = true {
		j, ok, hush, closed := c.next()
		switch {
		case closed && ok:
			j.buf.Release()
		case closed:
			c.drop()
			c.end()
			return
		case ok:
			c.feed(j)
			c.pull()
		case hush:
			c.drop()
			return
		default:
			if !fed {
				c.pull()
			}
			return
		}
	}
}

// discard closes a pipeline that panicked, which may well panic again.
func (c *conversion) discard() {
	defer func() { _ = recover() }()
	c.drop()
}

// abandon takes no packets any more.
func (c *conversion) abandon() {
	c.mu.Lock()
	c.closed = true
	for ; c.n > 0; c.n-- {
		c.ring[c.head].buf.Release()
		c.ring[c.head] = job{}
		c.head = (c.head + 1) % ringSize
	}
	c.mu.Unlock()
	c.end()
}

// end tells those who wait for it.
func (c *conversion) end() {
	c.mu.Lock()
	ended := c.task.ended
	c.task.ended = true
	c.mu.Unlock()
	if !ended {
		c.crew.leave(c)
		close(c.done)
	}
}

// feed gives one packet to its pipeline, made or replaced as needed.
func (c *conversion) feed(j job) {
	defer j.buf.Release()
	p := c.live.Load()
	if j.gone {
		if p != nil && p.ssrc == j.h.SSRC {
			p.PushAside(j.h.Sequence, j.h.Timestamp, j.at)
		}
		return
	}
	if j.cn && p != nil && p.plan.from.ClockRate == j.plan.from.ClockRate {
		j.plan = &p.plan // whichever of the codecs the sender speaks now
	}
	if p == nil || p.plan != *j.plan {
		if c.task.failed != nil && *c.task.failed == *j.plan { // not tried each time
			c.refused.Add(1)
			return
		}
		c.drop()
		made, err := transcode.NewPipeline(c.registry, j.plan.from, j.plan.to, transcode.Options{Comfort: j.plan.comforts})
		if err != nil {
			c.refused.Add(1)
			c.task.failed = j.plan
			return
		}
		p = &pipe{Pipeline: made, plan: *j.plan, ssrc: j.h.SSRC}
		c.live.Store(p)
	}
	if p.ssrc != j.h.SSRC {
		p.ssrc = j.h.SSRC
		p.Reset()
	}
	if j.cn {
		p.PushComfort(j.h.Sequence, j.h.Timestamp, j.buf.Bytes(), j.at)
	} else {
		p.Push(j.h.Sequence, j.h.Timestamp, j.h.Marker, j.buf.Bytes(), j.at)
	}
	if mode, ok := p.ModeRequest(); ok && c.opposite != nil {
		c.opposite.requestMode(mode)
	}
}

// requestMode hands a mode request heard on the other direction to our encoder
// (RFC 4867 4.3.1).
func (c *conversion) requestMode(mode int) {
	if p := c.live.Load(); p != nil {
		p.RequestMode(mode)
	}
}

// pull sends what the pipeline has.
func (c *conversion) pull() {
	p := c.live.Load()
	if p == nil {
		return
	}
	for {
		now := time.Now()
		out, ok := p.Pull(now, c.task.room[packet.HeaderSize:][:transcode.MaxPayload])
		if mode, asked := p.ModeRequest(); asked && c.opposite != nil {
			c.opposite.requestMode(mode)
		}
		if !ok {
			return
		}
		pt := p.plan.pt
		if out.Comfort {
			pt = p.plan.comfort
		}
		c.stream.Write(c.task.room, made{
			by: p, pt: pt, clock: p.plan.clock, ts: out.Timestamp, marker: out.Marker, size: len(out.Payload),
			source: out.Source, at: out.At,
		}, now)
	}
}

// drop closes the running pipeline.
func (c *conversion) drop() {
	if p := c.live.Swap(nil); p != nil {
		p.Close()
	}
}

// close lets the conversion end; wait waits until it has.
func (c *conversion) close() {
	c.mu.Lock()
	c.closed = true
	started := c.started
	c.mu.Unlock()
	if started {
		c.nudge()
	}
}

func (c *conversion) wait() {
	c.mu.Lock()
	started := c.started
	c.mu.Unlock()
	if started {
		<-c.done
	}
}
