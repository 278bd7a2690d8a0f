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
}

// pipe is one running pipeline and what it is for.
type pipe struct {
	*transcode.Pipeline

	plan plan
	ssrc uint32
}

// worker converts one direction on its own goroutine, which starts with the
// first packet. A slow worker loses the oldest packets, counted.
type worker struct {
	registry *transcode.Registry
	stream   *Stream
	pool     *packet.Pool
	fault    func(what any, last bool)
	opposite *worker // gets the mode requests heard here

	live    atomic.Pointer[pipe]
	dropped atomic.Uint64
	refused atomic.Uint64 // packets no pipeline could be made for
	wake    chan struct{}
	done    chan struct{}

	mu      sync.Mutex // guards the following
	ring    []job      // of ringSize, made with the goroutine: most calls pass through
	head, n int
	started bool
	hush    bool // close the pipeline, make nothing up
	closed  bool
}

func newWorker(r *transcode.Registry, s *Stream, pool *packet.Pool, fault func(what any, last bool)) *worker {
	return &worker{registry: r, stream: s, pool: pool, fault: fault,
		wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// push queues one packet.
func (w *worker) push(p *plan, b []byte, h packet.RTP, now time.Time) {
	buf, ok := w.pool.Copy(b[h.Offset:h.End])
	if !ok {
		w.dropped.Add(1)
		return
	}
	if !w.queue(job{plan: p, buf: buf, h: h, at: now}) {
		buf.Release()
		return
	}
	w.nudge()
}

// queue puts one job into the ring, over the oldest when it is full.
func (w *worker) queue(j job) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	if !w.started {
		w.started, w.ring = true, make([]job, ringSize)
		go w.run()
	}
	if w.n == ringSize {
		w.ring[w.head].buf.Release()
		w.head = (w.head + 1) % ringSize
		w.n--
		w.dropped.Add(1)
	}
	w.ring[(w.head+w.n)%ringSize] = j
	w.n++
	w.hush = false
	return true
}

// quiet ends a running pipeline: the direction passes through now, or is held.
func (w *worker) quiet() {
	if w.live.Load() == nil {
		return
	}
	w.mu.Lock()
	w.hush = true
	w.mu.Unlock()
	w.nudge()
}

func (w *worker) nudge() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// next takes the oldest job.
func (w *worker) next() (j job, ok, hush, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.n > 0 {
		j, ok = w.ring[w.head], true
		w.ring[w.head] = job{}
		w.head = (w.head + 1) % ringSize
		w.n--
	}
	return j, ok, w.hush, w.closed
}

// run converts until the worker closes. A panic, of a codec for example, ends the pipeline it happened in and nothing else: the next
// packet gets a fresh one. A direction that panics again and again stays silent; the other goes on.
func (w *worker) run() {
	defer close(w.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	room := make([]byte, packet.BufferSize)
	for faults := 1; w.serve(timer, room, faults == maxFaults); faults++ {
		w.discard()
		if faults == maxFaults {
			w.abandon()
			return
		}
	}
}

// discard closes a pipeline that panicked, which may well panic again.
func (w *worker) discard() {
	defer func() { _ = recover() }()
	w.drop()
}

// abandon takes no packets any more.
func (w *worker) abandon() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for ; w.n > 0; w.n-- {
		w.ring[w.head].buf.Release()
		w.ring[w.head] = job{}
		w.head = (w.head + 1) % ringSize
	}
}

// serve converts until the worker closes, or until a panic, which it tells; last says that the direction is given up then.
func (w *worker) serve(timer *time.Timer, room []byte, last bool) (panicked bool) {
	defer func() {
		if r := recover(); r != nil {
			panicked = true
			w.fault(r, last)
		}
	}()
	var failed *plan
	for {
		j, ok, hush, closed := w.next()
		if closed {
			if ok {
				j.buf.Release()
				continue // empty the ring
			}
			w.drop()
			return false
		}
		if ok {
			failed = w.feed(j, failed)
		}
		if hush && !ok {
			w.drop()
		}
		w.pull(room)
		if ok {
			continue
		}
		timer.Reset(w.pause())
		select {
		case <-w.wake:
		case <-timer.C:
		}
	}
}

// pause is how long the worker may sleep without a packet.
func (w *worker) pause() time.Duration {
	if p := w.live.Load(); p != nil {
		if at, ok := p.NextDeadline(); ok {
			return max(time.Until(at), 0)
		}
	}
	return time.Hour
}

// feed gives one packet to its pipeline, made or replaced as needed. It returns
// the plan that no pipeline can be made for, so that it is not tried each time.
func (w *worker) feed(j job, failed *plan) *plan {
	defer j.buf.Release()
	p := w.live.Load()
	if p == nil || p.plan != *j.plan {
		if failed != nil && *failed == *j.plan {
			w.refused.Add(1)
			return failed
		}
		w.drop()
		made, err := transcode.NewPipeline(w.registry, j.plan.from, j.plan.to, transcode.Options{})
		if err != nil {
			w.refused.Add(1)
			return j.plan
		}
		p = &pipe{Pipeline: made, plan: *j.plan, ssrc: j.h.SSRC}
		w.live.Store(p)
	}
	if p.ssrc != j.h.SSRC {
		p.ssrc = j.h.SSRC
		p.Reset()
	}
	p.Push(j.h.Sequence, j.h.Timestamp, j.h.Marker, j.buf.Bytes(), j.at)
	if mode, ok := p.ModeRequest(); ok && w.opposite != nil {
		w.opposite.requestMode(mode)
	}
	return failed
}

// requestMode hands a mode request heard on the other direction to our encoder
// (RFC 4867 4.3.1).
func (w *worker) requestMode(mode int) {
	if p := w.live.Load(); p != nil {
		p.RequestMode(mode)
	}
}

// pull sends what the pipeline has.
func (w *worker) pull(room []byte) {
	p := w.live.Load()
	if p == nil {
		return
	}
	for {
		now := time.Now()
		out, ok := p.Pull(now, room[packet.HeaderSize:][:transcode.MaxPayload])
		if mode, asked := p.ModeRequest(); asked && w.opposite != nil {
			w.opposite.requestMode(mode)
		}
		if !ok {
			return
		}
		w.stream.Write(room, made{
			by: p, pt: p.plan.pt, clock: p.plan.clock, ts: out.Timestamp, marker: out.Marker, size: len(out.Payload),
		}, now)
	}
}

// drop closes the running pipeline.
func (w *worker) drop() {
	if p := w.live.Swap(nil); p != nil {
		p.Close()
	}
}

// close ends the goroutine and waits.
func (w *worker) close() {
	w.mu.Lock()
	w.closed = true
	started := w.started
	w.mu.Unlock()
	if started {
		w.nudge()
		<-w.done
	}
}
