package transcode

import (
	"fmt"
	"sync/atomic"
	"time"
)

// Options are the few choices a pipeline leaves to its user. The zero value is right for calls.
type Options struct {
	// MaxHold is the longest a packet waits for a missing one before it; 0 for the window's default (60 ms).
	MaxHold time.Duration
	// MaxSilence is how long sound is made up while no packet comes, before output stops until
	// the sender resumes; 0 for 5 s.
	MaxSilence time.Duration
	// Comfort: the receiver takes comfort noise packets (RFC 3389) beside the outgoing format, so that the pauses which the sender
	// announces (AMR SID, Opus DTX, RFC 3389) go out as that. For formats without pauses of their own.
	Comfort bool
}

// Packet is one packet of the outgoing stream.
type Packet struct {
	Payload   []byte // in the buffer given to Pull
	Timestamp uint32 // RTP clock of the outgoing format; the stream starts at 0
	Marker    bool   // begins a talk spurt, or follows a gap in the output (RFC 3551 4.1)
	Samples   uint32 // duration, in the same clock
	Comfort   bool   // a description of noise (RFC 3389), to be sent with the payload type of CN
	// Source is the incoming timestamp at which the packet's sound begins, At when that was to arrive, jitter smoothed away: for sender
	// reports, which have to tell when sound was captured and not when we were done with it.
	Source uint32
	At     time.Time
}

// Pipeline turns one RTP stream into another: reorder, decode, resample where needed, encode.
// It has no goroutine and no clock: Push takes packets, Pull gives them, NextDeadline says when
// Pull has something to do although nothing was pushed. Those, Reset and Close belong to one
// goroutine; ModeRequest, RequestMode, AskMode, LimitMode, Ladder, Modes, ExpectLoss, Stats and String to any.
// After the first packets nothing is allocated.
type Pipeline struct {
	window  Window
	decoder Decoder
	encoder Encoder
	resampl Resampler // nil when both run at one rate
	text    string

	line   timeline // where we are in the incoming stream
	arrive arriving // the packet popped and not decoded yet, and the gap before it
	fifo   fifo     // PCM at the encoder's rate
	scrap  []int16  // PCM at the decoder's rate, when it differs
	out    outgoing
	pauses *describer // nil where the receiver takes no comfort noise

	tells  [2]ModeTeller // what came, what went out
	ctl    controls
	counts counters
	closed bool
}

// controls are the wishes other goroutines leave for the pipeline and take from it. Each is the
// value plus one, so that zero means none.
type controls struct {
	received atomic.Int32 // CMR seen in the incoming stream
	request  atomic.Int32 // mode our encoder shall use
	ask      atomic.Int32 // mode we want from the far encoder; askNone withdraws
	loss     atomic.Int32 // loss our receiver reports, percent
	limit    atomic.Int32 // highest mode our encoder shall use; askNone withdraws
	heard    atomic.Int32 // mode of the last frame that came
	sent     atomic.Int32 // mode of the last frame that went out
}

const askNone = -1

// NewPipeline builds the pipeline for one direction. It chooses a PCM rate that both codecs have,
// so that a resampler is only there when none exists. The caller closes the pipeline.
func NewPipeline(r *Registry, from, to Format, opt Options) (*Pipeline, error) {
	if r.parts.NewWindow == nil {
		return nil, ErrNoWindow
	}
	source, ok := r.Lookup(from.Name)
	if !ok {
		return nil, fmt.Errorf("%w: no codec for %q", ErrUnsupported, from.Name)
	}
	sink, ok := r.Lookup(to.Name)
	if !ok {
		return nil, fmt.Errorf("%w: no codec for %q", ErrUnsupported, to.Name)
	}
	if from.ClockRate <= 0 || to.ClockRate <= 0 {
		return nil, fmt.Errorf("%w: clock rates %d and %d", ErrUnsupported, from.ClockRate, to.ClockRate)
	}
	p := &Pipeline{window: r.parts.NewWindow(opt.MaxHold)}
	rate := commonRate(source, sink)
	var err error
	if p.decoder, err = source.NewDecoder(from, rate); err != nil {
		return nil, fmt.Errorf("decoder for %s: %w", from.Name, err)
	}
	if p.encoder, err = sink.NewEncoder(to, p.decoder.Rate()); err != nil {
		p.Close()
		return nil, fmt.Errorf("encoder for %s: %w", to.Name, err)
	}
	if err := p.allocate(r, from, to, opt); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// allocate makes the buffers: the only memory the pipeline will ever take in Go.
func (p *Pipeline) allocate(r *Registry, from, to Format, opt Options) error {
	in, out := p.decoder.Rate(), p.encoder.Rate()
	most := samplesIn(MaxPacket, in)
	p.text = fmt.Sprintf("%s -> jitter -> pcm%s", describe(from, p.decoder), kilo(in))
	if in != out {
		if r.parts.NewResampler == nil {
			return fmt.Errorf("%w: %s at %d Hz to %s at %d Hz needs a resampler", ErrUnsupported, from.Name, in, to.Name, out)
		}
		var err error
		if p.resampl, err = r.parts.NewResampler(in, out); err != nil {
			return fmt.Errorf("resampler: %w", err)
		}
		p.scrap = make([]int16, most)
		most = p.resampl.MaxOut(most)
		p.text += " -> pcm" + kilo(out)
	}
	p.text += " -> " + describe(to, p.encoder)
	frame := p.encoder.FrameSamples()
	if frame <= 0 || frame > samplesIn(MaxPacket, out) {
		return fmt.Errorf("%w: %s packets of %d samples", ErrUnsupported, to.Name, frame)
	}
	p.tells[0], _ = p.decoder.(ModeTeller)
	p.tells[1], _ = p.encoder.(ModeTeller)
	p.fifo.data = make([]int16, most+frame)
	silence := opt.MaxSilence
	if silence <= 0 {
		silence = maxSilence
	}
	p.line = timeline{clock: int64(from.ClockRate), rate: int64(in), limit: silence}
	if opt.Comfort {
		p.pauses = &describer{rate: out}
	}
	p.out = outgoing{clock: int64(to.ClockRate), rate: int64(out), frame: frame, gap: true}
	return nil
}

// Push gives the pipeline one packet of the incoming stream; the payload is copied. Pull until
// false afterwards. It never blocks and never fails: what is wrong with a packet is counted.
func (p *Pipeline) Push(seq uint16, ts uint32, marker bool, payload []byte, now time.Time) {
	mark := Mark(0)
	if marker {
		mark = Spurt
	}
	p.push(seq, ts, mark, payload, now)
}

// PushComfort is Push for a packet of comfort noise (RFC 3389) in the same stream: a description of the pause that begins with it, or
// goes on. The output hears noise then until the stream has sound again, however long that takes. Only formats whose decoder is a
// Comforter take it.
func (p *Pipeline) PushComfort(seq uint16, ts uint32, payload []byte, now time.Time) {
	p.push(seq, ts, Comfort, payload, now)
}

// PushAside tells of a packet in the same stream that is not for the pipeline, a telephone-event for example: it shares the sound's sequence
// numbers, so that without it they would have a hole. It is not counted.
func (p *Pipeline) PushAside(seq uint16, ts uint32, now time.Time) {
	if !p.closed {
		p.window.Push(seq, ts, Aside, nil, now)
	}
}

func (p *Pipeline) push(seq uint16, ts uint32, mark Mark, payload []byte, now time.Time) {
	if p.closed {
		return
	}
	p.counts.pushed.Add(1)
	switch p.window.Push(seq, ts, mark, payload, now) {
	case Accepted:
	case Late:
		p.counts.late.Add(1)
	case Duplicate:
		p.counts.duplicate.Add(1)
	case TooLong:
		p.counts.errors.Add(1)
	}
	p.noteWindow()
}

// Pull returns the next packet of the outgoing stream, its payload in dst (MaxPayload octets).
// Call it until it returns false, after each Push and at each NextDeadline.
func (p *Pipeline) Pull(now time.Time, dst []byte) (Packet, bool) {
	if p.closed {
		return Packet{}, false
	}
	p.obey()
	for {
		if packet, ok := p.emit(dst); ok {
			return packet, true
		}
		if !p.step(now) {
			p.noteWindow()
			return Packet{}, false
		}
	}
}

// NextDeadline is when Pull has to be called again although nothing was pushed: a gap will be
// given up, or sound has to be made up because the sender is silent. False: only a Push helps.
func (p *Pipeline) NextDeadline() (time.Time, bool) {
	if p.closed {
		return time.Time{}, false
	}
	gap, holding := p.window.Deadline()
	due, making := p.line.due()
	if holding && (!making || gap.Before(due)) {
		return gap, true
	}
	return due, making
}

// Reset makes the pipeline forget the incoming stream: the next packet begins a new one (another
// SSRC, another sender). The outgoing stream goes on, its timestamps advanced by the time passed.
func (p *Pipeline) Reset() {
	if p.closed {
		return
	}
	p.window.Reset()
	p.line.started = false
	p.arrive = arriving{}
	p.noteWindow()
}

// ModeRequest returns the codec mode that the incoming stream asked for since the last call (AMR
// CMR). It is meant for RequestMode of the pipeline in the other direction.
func (p *Pipeline) ModeRequest() (int, bool) {
	v := p.ctl.received.Swap(0)
	return int(v) - 1, v != 0
}

// RequestMode asks this pipeline's encoder for another mode, as ModeRequest of the opposite one said.
func (p *Pipeline) RequestMode(mode int) {
	if mode >= 0 && mode < 16 {
		p.ctl.request.Store(int32(mode) + 1)
	}
}

// AskMode makes this pipeline's encoder carry a wish for the far encoder's mode (AMR CMR), for
// example after loss; a negative mode withdraws it. Encoders without such a field ignore it.
func (p *Pipeline) AskMode(mode int) {
	switch {
	case mode < 0:
		p.ctl.ask.Store(askNone)
	case mode < 16:
		p.ctl.ask.Store(int32(mode) + 1)
	}
}

// LimitMode keeps this pipeline's encoder from using a higher mode, whatever the far side asks for; a negative mode withdraws that.
func (p *Pipeline) LimitMode(mode int) {
	switch {
	case mode < 0:
		p.ctl.limit.Store(askNone)
	case mode < 16:
		p.ctl.limit.Store(int32(mode) + 1)
	}
}

// Ladder is the modes that this pipeline's encoder, and the far side's towards us, may adapt between in times of loss, rising. It is
// empty where there are none.
func (p *Pipeline) Ladder() []int {
	if l, ok := p.encoder.(ModeLimiter); ok {
		return l.Ladder()
	}
	return nil
}

// Modes returns the codec modes of the last speech frames that came in and went out, -1 for none.
func (p *Pipeline) Modes() (in, out int) {
	return int(p.ctl.heard.Load()) - 1, int(p.ctl.sent.Load()) - 1
}

// ExpectLoss tells this pipeline's encoder the loss its receiver reports, in percent 0..100, so
// that it can spend bits on redundancy. Encoders without any ignore it.
func (p *Pipeline) ExpectLoss(percent int) {
	p.ctl.loss.Store(int32(min(max(percent, 0), 100)) + 1)
}

// obey hands the wishes of other goroutines to the encoder.
func (p *Pipeline) obey() {
	if p.ctl.request.Load() != 0 {
		p.encoder.RequestMode(int(p.ctl.request.Swap(0)) - 1)
	}
	if p.ctl.ask.Load() != 0 {
		mode := int(p.ctl.ask.Swap(0))
		if asker, ok := p.encoder.(ModeAsker); ok {
			if mode == askNone {
				mode = 0
			}
			asker.AskMode(mode - 1)
		}
	}
	if p.ctl.limit.Load() != 0 {
		mode := max(int(p.ctl.limit.Swap(0)), 0)
		if limiter, ok := p.encoder.(ModeLimiter); ok {
			limiter.LimitMode(mode - 1)
		}
	}
	if p.ctl.loss.Load() != 0 {
		percent := int(p.ctl.loss.Swap(0)) - 1
		if tuner, ok := p.encoder.(LossTuner); ok {
			tuner.ExpectLoss(percent)
		}
	}
}

// Close releases the codecs. It may be called twice; afterwards Pull returns false.
func (p *Pipeline) Close() {
	p.closed = true
	if p.decoder != nil {
		p.decoder.Close()
	}
	if p.encoder != nil {
		p.encoder.Close()
	}
}

// String shows the stages: "AMR-WB/16000 (BE) -> jitter -> pcm16k -> opus/48000".
func (p *Pipeline) String() string { return p.text }

// describe names one end; a codec that has more to say than name and clock says it itself.
func describe(f Format, end any) string {
	if s, ok := end.(fmt.Stringer); ok {
		return s.String()
	}
	return fmt.Sprintf("%s/%d", f.Name, f.ClockRate)
}

func kilo(rate int) string {
	if rate%1000 == 0 {
		return fmt.Sprintf("%dk", rate/1000)
	}
	return fmt.Sprint(rate)
}

func samplesIn(d time.Duration, rate int) int {
	return int(int64(d) * int64(rate) / int64(time.Second))
}
