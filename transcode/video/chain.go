package video

import (
	"math/rand/v2"
	"time"

	"causeway/transcode/h264"
	"causeway/transcode/picture"
)

// MinKeyInterval is the shortest time between two key frames on request: a receiver that asks all the
// time must not turn the stream into nothing else.
const MinKeyInterval = 250 * time.Millisecond

// minKeyTicks is MinKeyInterval in units of the clock.
const minKeyTicks = int64(MinKeyInterval/time.Second*Clock/1 + MinKeyInterval%time.Second*Clock/time.Second)

// order is what the converter wants of the chain for one frame.
type order struct {
	frame   []byte
	at      uint64 // extended timestamp
	waiting bool   // others are behind it
	damaged bool   // show the picture even if it is damaged
	key     bool   // the receiver wants a key frame
	offered int    // bit/s, 0 if not known
}

// outcome is what became of it.
type outcome struct {
	err     error // the frame was damaged or malformed
	skipped bool  // decoded, not encoded
	sent    bool  // payloads were emitted
	key     bool  // of a key frame
}

// chain is the codecs of one conversion: decoder, scaler, encoder, packer. Used by one goroutine at a
// time.
type chain struct {
	to Format

	dec  decoder
	enc  encoder
	is   settings // of enc
	pack packer
	sizer
	scale picture.Scaler
	pace  pace
	watch func() time.Time // tells how long the codecs take; time.Now but in tests

	frame    []byte
	seen     int64 // time of the newest picture from the decoder
	fps      float64
	clock    int64 // time of the newest picture given to the encoder, never goes back
	given    int64 // its timestamp
	lastKey  int64 // clock of the newest key frame
	started  bool
	oversize int // pictures in a row that could not be packed
}

func newChain(from, to Format) (*chain, error) {
	c := &chain{to: to, pace: pace{divisor: 1}, watch: time.Now, fps: 24, lastKey: -minKeyTicks}
	c.bitrate = to.MaxBitrate
	if to.is(H264) {
		p, err := h264.ParseProfile(to.ProfileLevelID)
		if err != nil {
			return nil, err
		}
		if !p.TakesConstrainedBaseline() {
			return nil, ErrUnsupported
		}
		c.level = p.Level
	} else {
		c.frameSize, c.frameRate = to.MaxFrameSize, to.MaxFrameRate
	}
	c.pack = newPacker(to, rand.IntN(1<<15))
	var err error
	c.dec, err = newDecoder(from)
	return c, err
}

// run decodes one frame and encodes its picture, of which emit gets the payloads.
func (c *chain) run(o order, emit func(p Packet)) outcome {
	begun := c.watch()
	p, at, shown, err := c.dec.decode(o.frame, o.at)
	if !shown || err != nil && !o.damaged {
		return outcome{err: err}
	}
	decoded := c.watch()
	out := c.show(p, int64(at), o, emit) //nolint:gosec // extended from 1<<40
	c.pace.spent(decoded.Sub(begun), c.watch().Sub(decoded), c.fps)
	if err != nil {
		out.err = err
	}
	return out
}

// show encodes one picture, or leaves it out.
func (c *chain) show(p picture.Picture, at int64, o order, emit func(Packet)) outcome {
	c.measure(at)
	if !c.pace.take(o.waiting) {
		return outcome{skipped: true}
	}
	w, h, ok := c.size(p.Width, p.Height, c.fps, o.offered, at)
	if !ok || c.started && at > c.given && at-c.given < c.interval(w, h)*15/16 {
		return outcome{skipped: true}
	}
	if err := c.prepare(w, h, o.offered); err != nil {
		return outcome{err: err}
	}
	small, err := c.scale.Scale(p, w, h)
	if err != nil {
		return outcome{err: err}
	}
	duration := c.tick(at)
	key := o.key && c.clock-c.lastKey >= minKeyTicks
	frame, isKey, err := c.enc.encode(c.frame[:0], small, c.clock, duration, key)
	c.frame = frame[:0]
	if err != nil {
		c.drop()
		return outcome{err: err}
	}
	if len(frame) == 0 {
		return outcome{skipped: true}
	}
	if isKey {
		c.lastKey = c.clock
	}
	err = c.pack(frame, func(payload []byte, last bool) {
		emit(Packet{Payload: payload, Timestamp: uint32(at), Marker: last, KeyFrame: isKey}) //nolint:gosec // the low 32 bits
	})
	if err != nil { // the encoder refers to a picture that is not sent: begin anew, smaller when that goes on
		c.drop()
		if c.oversize++; c.oversize > 1 && c.step < len(steps())-1 {
			c.step, c.since = c.step+1, at
		}
		return outcome{skipped: true}
	}
	c.oversize = 0
	return outcome{sent: true, key: isKey}
}

// measure keeps the sender's frame rate.
func (c *chain) measure(at int64) {
	if d := at - c.seen; c.started && d > 0 {
		rate := Clock / float64(min(max(d, Clock/120), Clock))
		c.fps += (rate - c.fps) / 8
	}
	c.seen = at
}

// tick advances the encoder's clock to a picture's time; it never goes back and never leaps.
func (c *chain) tick(at int64) (duration int64) {
	duration = at - c.given
	if !c.started || duration <= 0 || duration > 10*Clock {
		duration = Clock / 30
	}
	c.started = true
	c.given = at
	c.clock += duration
	return duration
}

// prepare makes the encoder what the picture needs: another one for another size, another rate for
// another bit rate or frame rate.
func (c *chain) prepare(w, h, offered int) error {
	fps := c.fps / float64(c.pace.divisor)
	if least := c.interval(w, h); least > 0 {
		fps = min(fps, Clock/float64(least))
	}
	want := settings{width: w, height: h, bitrate: c.target(w, h, fps, offered), fps: max(int(fps+0.5), 1), level: c.level.IDC}
	if c.to.is(H264) && c.to.PacketizationMode == 0 {
		want.longest = c.to.MTU
	}
	if c.enc == nil || c.is.width != w || c.is.height != h {
		c.drop()
		enc, err := newEncoder(c.to, want)
		if err != nil {
			return err
		}
		c.enc, c.is = enc, want
		return nil
	}
	if c.is.bitrate == want.bitrate && near(c.is.fps, want.fps) {
		return nil
	}
	c.is = want
	return c.enc.setRate(want.bitrate, want.fps)
}

// near reports whether two frame rates are the same for an encoder's purposes.
func near(a, b int) bool { return 8*max(a-b, b-a) <= a }

// drop ends the encoder; the next picture gets another, which begins with a key frame.
func (c *chain) drop() {
	if c.enc != nil {
		c.enc.close()
		c.enc = nil
	}
}

func (c *chain) close() {
	c.drop()
	c.dec.close()
}
