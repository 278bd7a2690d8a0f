package voice

import (
	"net/netip"
	"slices"
	"time"

	"causeway/test/lab/amr"
	"causeway/test/lab/codec"
	"causeway/test/lab/rtp"
	"causeway/test/lab/sdp"
)

// receiver is the incoming half of a stream; guarded by the stream's mutex.
type receiver struct {
	remote    netip.AddrPort
	events    sdp.Codec
	former    []netip.AddrPort       // where earlier terms had the far side
	strangers map[netip.AddrPort]int // packets from where no terms had it
	untimely  map[uint8]untimely     // packets of payload types that no terms had, or had for something else
	change    time.Time              // until when payload types of earlier terms may come
	changed   []uint8
	seq       sequence
	early     int // packets before there were terms
	onHold    int // audio while we do not receive

	modeRequest int
	modes       map[uint8]int // AMR frame types heard
	digits      digitReader
	decoder     codec.Decoder
	decoderName string
	meter       *codec.Meter
	last        time.Time
	faults      map[string]int
	heard
}

// heard is what the far side reports of what we send: the newest report, when it came, and how many have.
type heard struct {
	report   rtp.Report
	reports  int
	reportAt time.Time
}

// sequence is RFC 3550 A.1 and A.8 for one source.
type sequence struct {
	ssrc     uint32
	base     uint32
	highest  uint32 // extended
	received int
	transit  int64
	jitter   float64 // timestamp units
	known    bool
	prior    [2]int // expected and received at the last report
}

func (r *receiver) fault(kind string) { r.faults[kind]++ }

// maxStrangers bounds how many addresses are told apart.
const maxStrangers = 64

// foreign counts a packet from elsewhere, unless an earlier answer named it.
func (r *receiver) foreign(kind string, from netip.AddrPort) {
	if slices.Contains(r.former, from) {
		return
	}
	r.fault(kind)
	if len(r.strangers) < maxStrangers {
		r.strangers[from]++
	}
}

// forgive takes back the fault of packets that only came before the answer
// which names their source: media overtakes signalling (RFC 3264 5.1).
func (r *receiver) forgive(kind string, addr netip.AddrPort) {
	if n := r.strangers[addr]; n > 0 {
		delete(r.strangers, addr)
		if r.faults[kind] -= n; r.faults[kind] == 0 {
			delete(r.faults, kind)
		}
	}
}

// untimely are packets that were a fault under the terms of their time.
type untimely struct {
	kind  string
	count int
}

// premature counts a packet that is a fault unless the next answer gives its payload type a meaning in which it is none.
func (r *receiver) premature(kind string, pt uint8) {
	r.fault(kind)
	if u := r.untimely[pt]; u.kind == "" || u.kind == kind {
		r.untimely[pt] = untimely{kind, u.count + 1} // at most 128 of them
	}
}

// welcome takes back the fault of packets whose payload type only the answer now names: whoever answers may send before its answer
// has come (RFC 3264 5.1).
func (r *receiver) welcome(types ...uint8) {
	for _, pt := range types {
		if u := r.untimely[pt]; u.count > 0 {
			delete(r.untimely, pt)
			if r.faults[u.kind] -= u.count; r.faults[u.kind] == 0 {
				delete(r.faults, u.kind)
			}
		}
	}
}

// count keeps the reception statistics.
func (r *receiver) count(p rtp.Packet, clock int, now time.Time) {
	s := &r.seq
	r.last = now
	if s.known && p.SSRC != s.ssrc {
		r.fault("ssrc_change")
		*s = sequence{}
	}
	if !s.known {
		*s = sequence{ssrc: p.SSRC, base: uint32(p.Sequence), highest: uint32(p.Sequence), known: true}
		s.transit = now.UnixMicro()*int64(clock)/1e6 - int64(p.Timestamp)
	}
	s.received++
	delta := int16(p.Sequence - uint16(s.highest))
	if delta > 0 {
		s.highest += uint32(delta)
	}
	if delta > 1000 || delta < -1000 {
		r.fault("sequence_jump")
	}
	transit := now.UnixMicro()*int64(clock)/1e6 - int64(p.Timestamp)
	d := float64(int32(transit - s.transit))
	s.transit = transit
	if delta == 1 && d < float64(clock) && d > -float64(clock) {
		s.jitter += (max(d, -d) - s.jitter) / 16
	}
}

// lost is the cumulative number of packets lost.
func (s *sequence) lost() int {
	if !s.known {
		return 0
	}
	return max(0, int(s.highest-s.base)+1-s.received)
}

// heardMode checks a frame against the mode-set (RFC 4867 8.1).
func (r *receiver) heardMode(fr amr.Frame, t *Terms, f amr.Form) {
	if r.modes == nil {
		r.modes = map[uint8]int{}
	}
	r.modes[fr.Type]++
	if t.Modes != nil && int(fr.Type) < f.Modes() && !slices.Contains(t.Modes, int(fr.Type)) {
		r.fault("mode_set")
	}
}

// decode feeds the meter.
func (r *receiver) decode(c sdp.Codec, frame []byte) {
	if r.decoderName != c.Name {
		r.close()
		d, err := codec.NewDecoder(c.Name)
		if err != nil {
			return // this build cannot listen; packets are still counted
		}
		r.decoder, r.decoderName, r.meter = d, c.Name, codec.NewMeter(d.Rate())
	}
	pcm, err := r.decoder.Decode(frame)
	if err != nil {
		r.fault("decode")
		return
	}
	r.meter.Write(pcm)
}

func (r *receiver) close() {
	if r.decoder != nil {
		r.decoder.Close()
		r.decoder, r.decoderName = nil, ""
	}
}

// digitReader reads telephone-events and what may be wrong with them.
type digitReader struct {
	text      []byte
	durations []time.Duration
	start     uint32
	open      bool
	ended     bool
	duration  uint16
	seen      bool
	still     int // ticks since its last packet
}

// telephoneEvent takes one packet of RFC 4733 2.5.1.
func (r *receiver) telephoneEvent(p rtp.Packet) {
	e, err := rtp.ParseEvent(p.Payload)
	digit := rtp.Digit(e.Code)
	if err != nil || digit == 0 || len(p.Payload) != 4 { // several events in one packet (2.6) are negotiated only
		r.premature("dtmf_event", p.PayloadType)
		return
	}
	d := &r.digits
	if !d.seen || p.Timestamp != d.start { // a new timestamp is a new event
		if d.open {
			r.fault("dtmf_end")
		}
		if !p.Marker {
			r.fault("dtmf_marker")
		}
		d.start, d.open, d.ended, d.duration, d.seen = p.Timestamp, true, false, 0, true
		d.text = append(d.text, digit)
		d.durations = append(d.durations, 0)
	} else if p.Marker {
		r.fault("dtmf_marker")
	}
	d.still = 0
	if e.Duration < d.duration || d.ended && (!e.End || e.Duration != d.duration) {
		r.fault("dtmf_duration")
	}
	d.duration = e.Duration
	d.durations[len(d.durations)-1] = time.Duration(float64(e.Duration) / float64(r.events.Clock) * float64(time.Second)).Round(time.Millisecond)
	if e.End {
		d.open, d.ended = false, true
	}
}

// lost is asked at each tick and says, once, that a running event has stopped without an end: two seconds of ticks, for on a machine that
// stalled the event's packets may be waiting to be read.
func (d *digitReader) lost() bool {
	d.still++
	if d.open && d.still > int(2*time.Second/frameTime) {
		d.open = false
		return true
	}
	return false
}
