package video

import (
	"sync"
	"time"
)

// Limits of the queues, and how long the receiver looks at a still picture before a damaged one is
// better than none.
const (
	maxFrames  = 16 // complete frames that may wait for the codecs; more than half a second is never caught up
	maxPackets = 1024
	patience   = 3 * time.Second
	askAgain   = time.Second
)

// input is one complete frame that waits for the codecs.
type input struct {
	frame []byte
	at    uint64
	skip  bool // show it even if damaged
}

// conversion is the Converter: the assembler and the queues under mu, the codecs under work.
type conversion struct {
	opt Options
	unpacker
	wake chan struct{} // nil without a goroutine of its own
	done chan struct{}

	release sync.Once // gives the place in opt.Limit back

	work  sync.Mutex // guards the following; taken before mu
	chain *chain

	mu        sync.Mutex // guards the following
	assembler assembler
	now       time.Time // of the newest packet
	at        uint64    // extended timestamp of the newest frame
	frames    []input
	spare     [][]byte // buffers of frames
	packets   []Packet
	stats     Stats
	offered   int // bit/s
	keys
	closed bool
}

// keys is who waits for a key frame.
type keys struct {
	keyAsked bool // the receiver wants one
	frozen   bool // the decoder needs one
	since    time.Time
	asked    time.Time // when WantsKeyFrame last said so; zero for not yet
	early    bool      // it has said so at all
	everKey  bool
}

func newConverter(from, to Format, opt Options) (*conversion, error) {
	chain, err := newChain(from, to)
	if err != nil {
		return nil, err
	}
	c := &conversion{opt: opt, unpacker: newUnpacker(from), chain: chain, keys: keys{frozen: true}}
	c.assembler = assembler{hold: opt.Hold, begins: c.begins, deliver: c.complete, lost: c.hole}
	if opt.Ready != nil {
		c.wake, c.done = make(chan struct{}, 1), make(chan struct{})
		go c.run()
	}
	return c, nil
}

func (c *conversion) Push(seq uint16, ts uint32, marker bool, payload []byte, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.now = now
	if c.since.IsZero() {
		c.since = now
		if c.early { // asked before anything came
			c.asked = now
		}
	}
	c.assembler.push(seq, ts, marker, payload, now)
}

// complete queues one frame. Called with mu held.
func (c *conversion) complete(ts uint32, payloads [][]byte) {
	var room []byte
	if n := len(c.spare); n > 0 {
		room, c.spare = c.spare[n-1], c.spare[:n-1]
	}
	frame, err := c.unpack(room[:0], payloads)
	if err != nil || len(frame) == 0 {
		c.spare = append(c.spare, frame)
		c.hole()
		return
	}
	c.stats.FramesIn++
	c.at = extend(c.at, ts)
	if c.key(frame) {
		c.frozen, c.everKey = false, true
	}
	damaged := c.frozen && c.everKey && c.now.Sub(c.since) >= patience
	if c.frozen && !damaged {
		c.stats.FramesFrozen++
		c.spare = append(c.spare, frame)
		return
	}
	if len(c.frames) >= maxFrames {
		c.spare = append(c.spare, frame)
		c.flush()
		c.hole()
		return
	}
	c.frames = append(c.frames, input{frame, c.at, damaged})
	c.nudge()
}

// extend continues a 32-bit timestamp in 64 bits. It begins far from zero so that it can go back.
func extend(last uint64, ts uint32) uint64 {
	if last == 0 {
		return 1<<40 | uint64(ts)
	}
	return last + uint64(int64(int32(ts-uint32(last)))) //nolint:gosec // wraps by design
}

// hole notes that a frame is lost: what follows refers to it. Called with mu held.
func (c *conversion) hole() {
	c.stats.FramesLost++
	if !c.frozen {
		c.frozen, c.since, c.asked = true, c.now, time.Time{}
	}
}

// flush forgets the frames that wait. Called with mu held.
func (c *conversion) flush() {
	for _, f := range c.frames {
		c.stats.FramesLost++
		c.spare = append(c.spare, f.frame)
	}
	c.frames = c.frames[:0]
}

func (c *conversion) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *conversion) Pull(dst []byte) (Packet, bool) {
	for {
		c.mu.Lock()
		if c.closed {
			c.mu.Unlock()
			return Packet{}, false
		}
		if len(c.packets) > 0 {
			p := c.packets[0]
			c.packets[0] = Packet{}
			c.packets = c.packets[1:]
			c.mu.Unlock()
			p.Payload = append(dst[:0], p.Payload...)
			return p, true
		}
		c.mu.Unlock()
		if c.opt.Ready != nil || !c.convert() {
			return Packet{}, false
		}
	}
}

// convert takes one frame through the codecs; false when none waits.
func (c *conversion) convert() bool {
	c.work.Lock()
	defer c.work.Unlock()
	if c.chain == nil {
		return false
	}
	o, ok := c.next()
	if !ok {
		return false
	}
	var packets []Packet
	result := c.chain.run(o, func(p Packet) {
		p.Payload = append(make([]byte, 0, len(p.Payload)), p.Payload...)
		packets = append(packets, p)
	})
	c.settle(o, result, packets)
	return true
}

// next takes the oldest frame.
func (c *conversion) next() (order, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(c.frames) == 0 {
		return order{}, false
	}
	f := c.frames[0]
	n := copy(c.frames, c.frames[1:])
	c.frames[n] = input{}
	c.frames = c.frames[:n]
	return order{frame: f.frame, at: f.at, waiting: n > 0, damaged: f.skip, key: c.keyAsked, offered: c.offered}, true
}

// settle counts what became of a frame and queues what it gave.
func (c *conversion) settle(o order, result outcome, packets []Packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.spare) < maxFrames {
		c.spare = append(c.spare, o.frame)
	}
	if result.err != nil {
		c.spoil()
	}
	if result.skipped {
		c.stats.FramesSkipped++
	}
	if !result.sent {
		return
	}
	c.stats.FramesOut++
	if o.damaged {
		c.stats.FramesDamaged++
	}
	c.stats.Width, c.stats.Height, c.stats.Bitrate = c.chain.is.width, c.chain.is.height, c.chain.is.bitrate
	if result.key {
		c.stats.KeyFramesOut++
		c.keyAsked = false
	}
	if len(c.packets)+len(packets) > maxPackets { // nobody pulls
		c.packets, c.keyAsked = nil, true
		return
	}
	c.packets = append(c.packets, packets...)
}

// spoil notes that the decoder could not use a frame: those that wait are of no use either, up to the
// next key frame. Called with mu held.
func (c *conversion) spoil() {
	c.stats.FramesLost++
	for i, f := range c.frames {
		if c.key(f.frame) {
			c.frames = append(c.frames[:0], c.frames[i:]...)
			return
		}
		if f.skip {
			return // shown as it is
		}
	}
	for _, f := range c.frames {
		c.stats.FramesFrozen++
		c.spare = append(c.spare, f.frame)
	}
	c.frames = c.frames[:0]
	if !c.frozen {
		c.frozen, c.since, c.asked = true, c.now, time.Time{}
	}
}

func (c *conversion) RequestKeyFrame() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keyAsked = true
}

func (c *conversion) WantsKeyFrame() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.frozen || c.closed || !c.asked.IsZero() && c.now.Sub(c.asked) < askAgain {
		return false
	}
	if c.since.IsZero() && c.early {
		return false
	}
	c.asked, c.early = c.now, true
	return true
}

func (c *conversion) SetBitrate(bps int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offered = max(bps, 0)
}

func (c *conversion) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

func (c *conversion) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	if c.done != nil {
		c.nudge()
		<-c.done
	}
	c.free()
	c.release.Do(c.opt.Limit.give)
}

// free ends the codecs.
func (c *conversion) free() {
	c.work.Lock()
	defer c.work.Unlock()
	if c.chain != nil {
		c.chain.close()
		c.chain = nil
	}
}
