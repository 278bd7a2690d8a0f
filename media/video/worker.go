package video

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"causeway/media/packet"
)

// Packet is one packet a Converter made.
type Packet struct {
	Payload   []byte
	Timestamp uint32 // 90 kHz, that of the source frame
	Marker    bool
	KeyFrame  bool
}

// Converter turns one video codec's RTP payloads into another's (transcode/video).
type Converter interface {
	// Push takes one RTP payload of the incoming stream and copies it.
	Push(seq uint16, ts uint32, marker bool, payload []byte, now time.Time)
	// Pull writes the next outgoing payload into dst; ok is false when there is none now.
	Pull(dst []byte) (p Packet, ok bool)
	// RequestKeyFrame makes the next encoded frame a key frame.
	RequestKeyFrame()
	// WantsKeyFrame reports once that the decoder needs one from the sender.
	WantsKeyFrame() bool
	// SetBitrate bounds the encoder, bit/s.
	SetBitrate(bps int)
	Close()
}

// ErrBusy of a Maker: as many conversions as there may be are running.
var ErrBusy = errors.New("video: no conversion is free")

// Maker makes converters. ready is called from a goroutine of the converter's when Pull has something, fault when that has panicked.
type Maker interface {
	Supported(from, to string) bool
	New(from, to Format, ready func(), fault func(any)) (Converter, error)
}

// queueSize is how many packets may wait for a worker: a large key frame and the frames that come while it is decoded.
const queueSize = 256

// job is one packet to be converted.
type job struct {
	way hop
	buf *packet.Buffer // payload only
	h   packet.RTP
	at  time.Time
}

// backlog is a ring of packets that wait: n of them from head.
type backlog struct {
	queue   []job
	head, n int
}

// worker converts one direction on its own goroutine, which starts with the first packet. A slow worker loses what comes
// while its queue is full, counted; the converter sees the gap.
type worker struct {
	maker Maker
	pool  *packet.Pool
	write func(way hop, source uint32, room []byte, p Packet, now time.Time)
	wants func(now time.Time) // the decoder needs a key frame
	fault func(any)
	none  func(busy bool) // no converter could be made

	dropped, refused, frames atomic.Uint64
	running                  atomic.Bool // a converter exists
	keyFrame                 atomic.Bool
	bitrate                  atomic.Int64
	wake, done               chan struct{}

	mu sync.Mutex // guards the following
	backlog
	started bool
	hush    bool // end the converter: the direction passes through now
	closed  bool
}

func newWorker(maker Maker, pool *packet.Pool, fault func(any), none func(busy bool)) *worker {
	return &worker{maker: maker, pool: pool, fault: fault, none: none, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// push queues one packet.
func (w *worker) push(way hop, b []byte, h packet.RTP, now time.Time) {
	buf, ok := w.pool.Copy(b[h.Offset:h.End])
	if !ok || !w.enqueue(job{way: way, buf: buf, h: h, at: now}) {
		w.dropped.Add(1)
		if ok {
			buf.Release()
		}
		return
	}
	w.nudge()
}

func (w *worker) enqueue(j job) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.n == queueSize {
		return false
	}
	if w.queue == nil {
		w.queue = make([]job, queueSize)
	}
	w.queue[(w.head+w.n)%queueSize] = j
	w.n++
	w.hush = false
	if !w.started {
		w.started = true
		go w.run()
	}
	return true
}

// quiet ends the converter: what comes passes through from now on, and key frames are the sender's to make.
func (w *worker) quiet() {
	w.running.Store(false)
	w.mu.Lock()
	w.hush = w.started
	w.mu.Unlock()
	w.nudge()
}

func (w *worker) nudge() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// request asks the encoder for a key frame and reports whether there is an encoder.
func (w *worker) request() bool {
	if !w.running.Load() {
		return false
	}
	w.keyFrame.Store(true)
	w.nudge()
	return true
}

func (w *worker) next() (j job, ok, hush, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.n > 0 {
		j, ok = w.queue[w.head], true
		w.queue[w.head] = job{}
		w.head = (w.head + 1) % queueSize
		w.n--
	}
	return j, ok, w.hush, w.closed
}

// making is what the worker's goroutine has under way.
type making struct {
	Converter
	way    hop
	source uint32
	failed bool // none can be made for way
	rate   int64
}

func (w *worker) run() {
	defer close(w.done)
	var m making
	defer func() {
		w.drop(&m)
		if r := recover(); r != nil {
			w.fault(r)
		}
	}()
	room := make([]byte, packet.BufferSize)
	for {
		j, ok, hush, closed := w.next()
		switch {
		case closed && !ok:
			return
		case closed:
			j.buf.Release()
		case ok:
			w.feed(&m, j)
			w.pull(&m, room)
		case hush && (m.Converter != nil || m.failed):
			w.drop(&m)
			m = making{} // what was refused before is tried again
		default:
			w.pull(&m, room)
			<-w.wake
		}
	}
}

// drop closes the converter.
func (w *worker) drop(m *making) {
	if m.Converter == nil {
		return
	}
	w.running.Store(false)
	m.Close()
	m.Converter = nil
}

// feed gives one packet to the converter.
func (w *worker) feed(m *making, j job) {
	defer j.buf.Release()
	if m.Converter == nil && !m.failed || m.way != j.way || m.source != j.h.SSRC {
		w.renew(m, j)
	}
	if m.Converter == nil {
		w.refused.Add(1)
		return
	}
	if rate := w.bitrate.Load(); rate != m.rate { // 0: whatever the format allows
		m.rate = rate
		m.SetBitrate(int(rate))
	}
	m.Push(j.h.Sequence, j.h.Timestamp, j.h.Marker, j.buf.Bytes(), j.at)
	if m.WantsKeyFrame() {
		w.wants(time.Now())
	}
}

// pull sends what the converter has made.
func (w *worker) pull(m *making, room []byte) {
	if m.Converter == nil {
		return
	}
	if w.keyFrame.Swap(false) {
		m.RequestKeyFrame()
	}
	for {
		p, ok := m.Pull(room[roomSize:packet.MaxDatagram])
		if !ok {
			return
		}
		if p.Marker {
			w.frames.Add(1)
		}
		w.write(m.way, m.source, room, p, time.Now())
	}
}

// renew makes the converter of another way or another source.
func (w *worker) renew(m *making, j job) {
	w.drop(m)
	*m = making{way: j.way, source: j.h.SSRC}
	made, err := w.maker.New(j.way.from, j.way.to, w.nudge, w.fault)
	if err != nil {
		m.failed = true
		w.none(errors.Is(err, ErrBusy))
		return
	}
	m.Converter = made
	w.running.Store(true)
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
