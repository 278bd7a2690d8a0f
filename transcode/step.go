package transcode

import "time"

// arriving is the packet in hand: popped from the window, decoded once the hole before it is filled.
type arriving struct {
	packet Arrival
	full   bool
	fill   int // samples to make up before it
	rescue int // of those, the last ones that its redundancy may bring back
	skip   int // samples at its beginning that were produced already
}

// step does one piece of work: fill part of a hole, decode a packet, fetch one, make up a chunk.
// False: nothing to do now.
func (p *Pipeline) step(now time.Time) bool {
	a := &p.arrive
	switch {
	case a.full && a.fill > 0:
		p.fill(now)
		return true
	case a.full:
		a.full = false
		p.decode(now)
		return true
	}
	if packet, ok := p.window.Pop(now); ok {
		p.accept(packet, now)
		return true
	}
	return p.makeUp(now)
}

// accept places a packet in the timeline: what is missing before it, what of it is known already.
func (p *Pipeline) accept(packet Arrival, now time.Time) {
	t := &p.line
	p.counts.lost.Add(uint64(packet.Lost))
	if packet.Mark&Aside != 0 {
		t.started = t.started && !packet.Restart
		return
	}
	if t.covered.Sub(now) > maxAhead {
		p.counts.errors.Add(1)
		return
	}
	p.arrive = arriving{packet: packet, full: true}
	gap := t.ahead(packet.Timestamp)
	if far := t.span(gap); !t.started || packet.Restart || far > maxJump || far < -maxFill {
		p.restart(packet, now)
		return
	}
	t.observe(packet.Timestamp, packet.At)
	if t.later(packet.Timestamp, packet.At, -gap) {
		return
	}
	switch {
	case gap > 0:
		if packet.Lost == 0 || packet.Mark&Spurt != 0 { // a pause, or one with the loss of a SID in it
			gap = t.recover(gap)
		}
		p.open(gap, now)
	case gap < 0 && !t.rewind(-gap, packet.Mark&Spurt != 0):
		p.arrive.skip = t.samples(-gap)
	}
}

// open decides what becomes of a hole of gap units before the packet in hand.
func (p *Pipeline) open(gap int64, now time.Time) {
	t, a := &p.line, &p.arrive
	if d := t.span(gap); d > maxFill || t.covered.Add(d).Sub(now) > maxFill {
		t.step(gap)
		p.jump(d)
		return
	}
	a.fill = t.samples(gap)
	if _, ok := p.decoder.(Recoverer); ok && a.packet.Lost > 0 {
		size := t.last
		if size <= 0 {
			size = t.units(chunk)
		}
		a.rescue = min(a.fill, t.samples(size))
	}
}

// restart begins a new incoming stream. The output's timestamps advance by the wall time that no
// sound covered.
func (p *Pipeline) restart(packet Arrival, now time.Time) {
	t := &p.line
	if !t.covered.IsZero() {
		p.counts.restarts.Add(1)
		p.jump(max(0, now.Sub(t.covered)))
		if r, ok := p.decoder.(Resetter); ok {
			r.Reset()
		}
	}
	t.begin(packet.Timestamp, packet.At)
}

// jump leaves a hole of duration d in the output. What waits for a full frame is part of it.
func (p *Pipeline) jump(d time.Duration) {
	if d <= 0 {
		return
	}
	rest := p.fifo.clear()
	p.out.skip(d + time.Duration(rest)*time.Second/time.Duration(p.out.rate))
	if p.resampl != nil {
		p.resampl.Reset()
	}
}

// fill makes up the next part of the hole before the packet in hand.
func (p *Pipeline) fill(now time.Time) {
	t, a := &p.line, &p.arrive
	want := min(a.fill-a.rescue, samplesIn(chunk, int(t.rate)))
	if want > 0 {
		p.conceal(want, now)
	} else {
		want = a.rescue
		a.rescue = 0
		if !p.rescue(want, now) {
			return // conceal it piece by piece
		}
	}
	a.fill -= want
	if a.fill == 0 {
		t.next = a.packet.Timestamp // what division left over
	}
}

// rescue brings back the packet before the one in hand from the latter's redundancy.
func (p *Pipeline) rescue(want int, now time.Time) bool {
	r, ok := p.decoder.(Recoverer)
	if !ok {
		return false
	}
	pcm := p.room()
	n, err := r.Recover(pcm, p.arrive.packet.Payload, min(want, len(pcm)))
	if err != nil || n != want {
		return false
	}
	p.counts.recovered.Add(1)
	p.take(n, now)
	return true
}

// decode decodes the packet in hand.
func (p *Pipeline) decode(now time.Time) {
	t, a := &p.line, &p.arrive
	pcm := p.room()
	var n, skipped int
	var err error
	comfort := a.packet.Mark&Comfort != 0
	if comfort {
		n, err = p.describe(pcm)
	} else if s, ok := p.decoder.(Skipper); ok && a.skip > 0 {
		n, skipped, err = s.DecodeSkip(pcm, a.packet.Payload, a.skip)
	} else {
		n, err = p.decoder.Decode(pcm, a.packet.Payload)
	}
	if err != nil {
		p.counts.errors.Add(1)
		return
	}
	if mode, ok := p.decoder.ModeRequest(); ok && mode >= 0 && !comfort {
		p.ctl.received.Store(int32(mode) + 1)
	}
	p.counts.decoded.Add(1)
	if p.tells[0] != nil {
		p.ctl.heard.Store(int32(p.tells[0].Mode()) + 1)
	}
	pauser, ok := p.decoder.(Pauser)
	t.paused, t.endless = ok && pauser.Paused(), comfort
	t.made = 0
	if total := t.fromSamples(n + skipped); total > 0 {
		t.last = total
		if end := a.packet.Timestamp + uint32(total); t.ahead(end) > 0 {
			t.next = end
		}
	}
	if drop := a.skip - skipped; drop > 0 && n > 0 {
		drop = min(drop, n)
		n = copy(pcm, pcm[drop:n])
	}
	p.take(n, now)
}

// describe lets the decoder take the packet in hand as a description of comfort noise, and make the first of it.
func (p *Pipeline) describe(pcm []int16) (int, error) {
	c, ok := p.decoder.(Comforter)
	if !ok {
		return 0, ErrUnsupported
	}
	if err := c.Comfort(p.arrive.packet.Payload); err != nil {
		return 0, err
	}
	return p.decoder.Conceal(pcm, samplesIn(chunk, int(p.line.rate)))
}

// makeUp produces a chunk when the time for it has come and no packet brought it.
func (p *Pipeline) makeUp(now time.Time) bool {
	t := &p.line
	due, ok := t.due()
	if !ok || now.Before(due) {
		return false
	}
	if late := now.Sub(due); late > maxFill {
		units := t.units(late)
		t.step(units)
		t.made += units
		p.jump(late)
		return true
	}
	if t.made == 0 {
		t.quiet = true
	}
	t.quiet = t.quiet && t.paused
	before := t.next
	p.conceal(samplesIn(chunk, int(t.rate)), now)
	t.made += int64(t.next - before)
	return true
}

// conceal lets the decoder invent want samples.
func (p *Pipeline) conceal(want int, now time.Time) {
	pcm := p.room()
	n, err := p.decoder.Conceal(pcm, min(want, len(pcm)))
	if err != nil || n != want {
		p.counts.errors.Add(1)
		n = min(want, len(pcm))
		clear(pcm[:n])
	}
	if p.line.paused {
		p.counts.noise.Add(1)
	} else {
		p.counts.concealed.Add(1)
	}
	p.line.step(p.line.fromSamples(n))
	p.take(n, now)
}

// room is where the decoder may write; take passes n samples from there on to the encoder.
func (p *Pipeline) room() []int16 {
	if p.resampl != nil {
		return p.scrap
	}
	return p.fifo.tail()
}

func (p *Pipeline) take(n int, now time.Time) {
	if n <= 0 {
		return
	}
	p.line.cover(now, time.Duration(n)*time.Second/time.Duration(p.line.rate))
	if p.resampl != nil {
		n = p.resampl.Resample(p.fifo.tail(), p.scrap[:n])
	}
	p.fifo.used += n
	if p.fifo.calm += n; !p.line.paused {
		p.fifo.calm = 0
	}
}
