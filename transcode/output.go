package transcode

import "time"

// fifo holds the PCM that waits for a full encoder frame. It is empty or short whenever something
// is added, so that data has room for the longest packet.
type fifo struct {
	data []int16
	used int
	calm int // samples at the end that were made in an announced pause
}

func (f *fifo) tail() []int16 { return f.data[f.used:] }

// drop removes the first n samples.
func (f *fifo) drop(n int) {
	f.used = copy(f.data, f.data[n:f.used])
	f.calm = min(f.calm, f.used)
}

// clear empties the fifo and returns how much was in it.
func (f *fifo) clear() int {
	n := f.used
	f.used, f.calm = 0, 0
	return n
}

// outgoing is the place in the outgoing stream.
type outgoing struct {
	clock, rate int64 // RTP clock and PCM rate, Hz
	frame       int   // PCM samples per packet

	ts   uint32
	rest int64 // clock units times time.Second that skip could not express yet
	gap  bool  // nothing was sent for the time right before ts
	sent bool  // something was sent before
}

// skip advances the timestamp over a time for which nothing is sent. Before the first packet
// there is nothing to be continuous with.
func (o *outgoing) skip(d time.Duration) {
	o.gap = true
	if !o.sent {
		return
	}
	sum := int64(d)*o.clock + o.rest
	o.ts += uint32(sum / int64(time.Second))
	o.rest = sum % int64(time.Second)
}

// encode makes a packet of the next frame: its sound, or where the receiver takes that, a description of a pause.
func (p *Pipeline) encode(dst []byte) (n int, comfort bool, err error) {
	frame := p.fifo.data[:p.out.frame]
	if p.pauses != nil {
		if p.fifo.calm >= p.fifo.used {
			return p.pauses.frame(dst, frame), true, nil
		}
		p.pauses.speech()
	}
	n, err = p.encoder.Encode(dst, frame)
	if p.tells[1] != nil {
		p.ctl.sent.Store(int32(p.tells[1].Mode()) + 1)
	}
	return n, false, err
}

// emit encodes frames from the fifo until one gives a packet.
func (p *Pipeline) emit(dst []byte) (Packet, bool) {
	o := &p.out
	for p.fifo.used >= o.frame {
		source := p.line.next - uint32(int64(p.fifo.used)*p.line.clock/o.rate)
		n, comfort, err := p.encode(dst)
		p.fifo.drop(o.frame)
		size := uint32(int64(o.frame) * o.clock / o.rate)
		packet := Packet{Timestamp: o.ts, Samples: size, Marker: o.gap, Source: source, At: p.line.expected(source)}
		if o.sent || (err == nil && n > 0) {
			o.ts += size
		}
		if err != nil || n <= 0 || n > len(dst) {
			if err != nil {
				p.counts.errors.Add(1)
			}
			// An encoder that knows its talk spurts says itself when one begins: a SID after a
			// frame that was not sent begins nothing.
			if _, knows := p.encoder.(Spurter); !knows || comfort {
				o.gap = true
			}
			continue
		}
		if comfort {
			packet.Marker, packet.Comfort = false, true
		} else if s, ok := p.encoder.(Spurter); ok {
			packet.Marker = o.gap || s.TalkSpurt()
		}
		o.gap, o.sent = comfort, true // what follows a pause is a talk spurt
		packet.Payload = dst[:n]
		p.counts.encoded.Add(1)
		return packet, true
	}
	return Packet{}, false
}
