package bridge

import (
	"sync/atomic"
	"time"

	"causeway/media/inband"
	"causeway/media/packet"
	"causeway/transcode"
)

// Config of a bridge. Digit, Unsent and Fault are called from media's goroutines, must
// not block and must not call the bridge.
type Config struct {
	Registry   *transcode.Registry // nil: pass-through only
	Crew       *Crew               // converts; nil where Registry is
	Pool       *packet.Pool
	ToCore     Sender
	ToAccess   Sender
	CoreSSRC   uint32
	AccessSSRC uint32
	Digit      func(digit rune, length time.Duration) // a DTMF event came from the core
	Unsent     func(digit rune, length time.Duration) // the browser pressed a key that the core leg has no way for
	Fault      func(any)                              // the keypad panicked
	// Stumble tells that a conversion panicked. It begins anew; after the last time its direction stays silent.
	Stumble func(what any, last bool)
	// Sound hears and sends keys as sound where the core speaks G.711 and took no telephone-event.
	Sound bool
}

// direction is one way through the bridge.
type direction struct {
	stream     *Stream
	conversion *conversion
	ear        ear
	sounds     soundEar
	closed     atomic.Uint64 // packets while the gate was closed
	useless    atomic.Uint64 // packets of payload types nobody can take
	noisy      atomic.Bool   // comfort noise came that the other side does not take
}

// Bridge joins two legs. Safe for concurrent use.
type Bridge struct {
	plotter  plotter
	route    atomic.Pointer[route]
	up, down direction
	keys     *keypad
	adapter  adapter // of the session's tick alone
}

// New makes a bridge that drops everything until Set.
func New(c Config) *Bridge {
	b := &Bridge{plotter: plotter{c.Registry, c.Sound}}
	b.up.stream = NewStream(c.CoreSSRC, c.ToCore)
	b.down.stream = NewStream(c.AccessSSRC, c.ToAccess)
	b.up.conversion, b.down.conversion = newConversion(c, b.up.stream), newConversion(c, b.down.stream)
	b.up.conversion.opposite, b.down.conversion.opposite = b.down.conversion, b.up.conversion
	b.keys = newKeypad(b.up.stream, b.eventTarget, c.Fault)
	b.up.ear.press = func(code uint8) {
		if b.route.Load().hasEvent {
			b.keys.hold(code)
		}
	}
	b.up.ear.release = func(code uint8, length time.Duration) {
		b.keys.release(length)
		if r := b.route.Load(); !r.hasEvent && c.Unsent != nil {
			tell(code, length, c.Unsent)
		}
	}
	b.down.ear.press = func(uint8) {}
	b.down.ear.release = func(code uint8, length time.Duration) { tell(code, length, c.Digit) }
	b.down.sounds.release = b.down.ear.release
	b.route.Store(b.plotter.plot(Side{}, Side{}, Gates{}))
	return b
}

// tell names the key of a code to the session.
func tell(code uint8, length time.Duration, to func(rune, time.Duration)) {
	if digit, ok := packet.Digit(code); ok {
		to(digit, length)
	}
}

// Set swaps the route.
func (b *Bridge) Set(access, core Side, gates Gates) {
	r := b.plotter.plot(access, core, gates)
	b.up.noisy.Store(false)
	b.down.noisy.Store(false)
	b.route.Store(r)
	if !gates.Up || !r.up.converts() {
		b.up.conversion.quiet()
	}
	if !gates.Down || !r.down.converts() {
		b.down.conversion.quiet()
	}
}

// String draws the route.
func (b *Bridge) String() string { return b.route.Load().String() }

func (b *Bridge) eventTarget() (target, bool) {
	r := b.route.Load()
	return r.events, r.hasEvent && r.gates.Up
}

// FromAccess takes one authenticated packet of the browser.
func (b *Bridge) FromAccess(buf []byte, h packet.RTP, now time.Time) {
	r := b.route.Load()
	b.up.take(buf, h, r.up.hop(h.PayloadType), r.gates.Up, now)
}

// FromCore takes one packet of the far end.
func (b *Bridge) FromCore(buf []byte, h packet.RTP, now time.Time) {
	r := b.route.Load()
	b.down.take(buf, h, r.down.hop(h.PayloadType), r.gates.Down, now)
}

func (d *direction) take(buf []byte, h packet.RTP, hop *hop, open bool, now time.Time) {
	if !open {
		d.closed.Add(1)
		d.stream.Pause()
		return
	}
	if hop.law != inband.None {
		d.sounds.packet(hop.law, buf[h.Offset:h.End], h.Timestamp, now)
	}
	switch hop.act {
	case pass:
		if hop.plan != nil && d.noisy.Load() {
			d.conversion.push(hop.plan, buf, h, false, now)
			return
		}
		if d.conversion.live.Load() != nil {
			d.conversion.quiet()
		}
		d.stream.Pass(buf, h, hop.pt, hop.clock, now)
	case convert:
		d.conversion.push(hop.plan, buf, h, false, now)
	case comfort:
		d.noisy.Store(true)
		d.conversion.push(hop.plan, buf, h, true, now)
	case event:
		if e, ok := packet.ParseEvent(buf[h.Offset:h.End]); ok {
			d.ear.packet(h, e, hop.clock, now)
		}
		d.conversion.aside(h, now)
		d.stream.Pause()
	case drop:
		d.useless.Add(1)
		d.conversion.aside(h, now)
		d.stream.Pause()
	}
}

// SendDTMF queues digits (0-9, A-D, *, #, comma for two seconds' pause) for the
// core leg. Zero duration and gap mean 100 and 70 ms. Errors: ErrNoEvents,
// ErrHeld, ErrDigits, ErrDuration, ErrQueueFull.
func (b *Bridge) SendDTMF(digits string, duration, gap time.Duration) error {
	r := b.route.Load()
	switch {
	case !r.hasEvent:
		return ErrNoEvents
	case !r.gates.Up:
		return ErrHeld
	}
	return b.keys.dial(digits, duration, gap)
}

// Tick releases keys whose end was lost; call it a few times a second.
func (b *Bridge) Tick(now time.Time) {
	b.up.ear.tick(now)
	b.down.ear.tick(now)
	b.down.sounds.tick(now)
}

// ExpectLoss tells the encoder towards the browser the loss the browser reports,
// in percent.
func (b *Bridge) ExpectLoss(percent int) {
	if p := b.down.conversion.live.Load(); p != nil {
		p.ExpectLoss(percent)
	}
}

// RequestMode asks the encoder towards the core for another codec mode, as the core's RTCP did. Modes outside the negotiated set
// change nothing, nor does anything where packets pass through.
func (b *Bridge) RequestMode(mode int) { b.up.conversion.requestMode(mode) }

// ToCore is the stream sent to the core, for its reports.
func (b *Bridge) ToCore() *Stream { return b.up.stream }

// ToAccess is the stream sent to the browser, for its reports.
func (b *Bridge) ToAccess() *Stream { return b.down.stream }

// DirectionStats counts one direction.
type DirectionStats struct {
	StreamStats
	Gated    uint64 // while held
	Useless  uint64 // payload types nobody can take
	Overrun  uint64 // oldest packets dropped because the crew lagged
	Refused  uint64 // packets no pipeline could be made for
	Pipeline string // "" while packets pass through
	Convert  transcode.PipelineStats
}

// Stats returns both directions' counters.
func (b *Bridge) Stats() (up, down DirectionStats) { return b.up.stats(), b.down.stats() }

func (d *direction) stats() DirectionStats {
	s := DirectionStats{
		StreamStats: d.stream.Stats(), Gated: d.closed.Load(), Useless: d.useless.Load(),
		Overrun: d.conversion.dropped.Load(), Refused: d.conversion.refused.Load(),
	}
	if p := d.conversion.live.Load(); p != nil {
		s.Pipeline, s.Convert = p.String(), p.Stats()
	}
	return s
}

// Close ends the conversions and the keypad and waits. Safe to call twice; not from
// Digit or Fault.
func (b *Bridge) Close() {
	b.up.stream.close()
	b.down.stream.close()
	b.keys.close()
	b.up.conversion.close()
	b.down.conversion.close()
	b.up.conversion.wait()
	b.down.conversion.wait()
}
