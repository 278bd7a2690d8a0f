package voice

import (
	"time"

	"causeway/test/lab/amr"
	"causeway/test/lab/codec"
	"causeway/test/lab/rtp"
)

// sender is the outgoing half of a stream; guarded by the stream's mutex.
type sender struct {
	source    *source
	enc       codec.Encoder
	codecName string
	ssrc      uint32
	timestamp uint32
	sequence  uint16
	packets   uint32
	octets    uint32
	cname     string
	cmr       int  // mode the far side asked for, -1 = none
	ask       int  // mode we ask for, -1 = none
	talking   bool // the last tick sent audio
	dtmf      eventSender
}

// use prepares the encoder of the terms' codec.
func (s *sender) use(t *Terms) error {
	key := t.Codec.Name
	if s.codecName == key {
		return nil
	}
	s.close()
	s.codecName, s.cmr, s.ask = key, -1, -1
	enc, err := codec.NewEncoder(t.Codec.Name, s.source.dtx)
	if err != nil {
		return err
	}
	s.enc = enc
	return nil
}

func (s *sender) close() {
	if s.enc != nil {
		s.enc.Close()
		s.enc = nil
	}
	s.source.close()
}

func (s *sender) packet(pt uint8, payload []byte) rtp.Packet {
	s.sequence++
	return rtp.Packet{PayloadType: pt, Sequence: s.sequence, Timestamp: s.timestamp, SSRC: s.ssrc, Payload: payload}
}

// mode is the highest AMR mode the terms and the far side's request allow
// (RFC 4867 4.3.1, 8.1).
func (s *sender) mode(t *Terms, f amr.Form) int {
	top := f.Modes() - 1
	want := top
	if s.cmr >= 0 {
		want = s.cmr
	}
	if t.Modes == nil {
		return min(want, top)
	}
	best := -1
	for _, m := range t.Modes {
		if m <= want && m > best {
			best = m
		}
	}
	if best < 0 { // every allowed mode is above the wish: the lowest one
		best = t.Modes[0]
		for _, m := range t.Modes {
			best = min(best, m)
		}
	}
	return best
}

// payload makes the audio payload of this tick; nil = nothing to send.
func (s *sender) payload(t *Terms) ([]byte, error) {
	if !IsAMR(t.Codec.Name) {
		return s.source.frame(t.Codec, s.enc, 0)
	}
	f := FormOf(t.Codec)
	stored, err := s.source.frame(t.Codec, s.enc, s.mode(t, f))
	if err != nil || stored == nil {
		return nil, err
	}
	fr, _, err := f.FromStorage(stored)
	if err != nil || fr.Type == amr.NoData {
		return nil, err
	}
	ask := uint8(amr.NoRequest)
	if s.ask >= 0 && s.ask < f.Modes() {
		ask = uint8(s.ask)
	}
	return f.Pack(ask, []amr.Frame{fr})
}

// eventSender plays digits by RFC 4733 2.5: one timestamp per event, a packet
// every 20 ms with the growing duration, the end three times.
type eventSender struct {
	digits []byte
	start  uint32        // timestamp of the running event
	length time.Duration // of one digit
	played time.Duration
	ends   int
	pause  time.Duration
}

const (
	digitLength = 100 * time.Millisecond
	digitPause  = 80 * time.Millisecond
)

// event returns the packet of this tick while digits are being sent. In the
// pause between digits audio goes out again.
func (s *sender) event(t *Terms) (rtp.Packet, bool) {
	d := &s.dtmf
	if t.Events.Name == "" {
		d.digits = nil
	}
	if len(d.digits) == 0 {
		return rtp.Packet{}, false
	}
	if d.pause > 0 {
		d.pause -= frameTime
		return rtp.Packet{}, false
	}
	if d.played == 0 {
		d.start, d.length, d.ends = s.timestamp, digitLength, 0
	}
	first := d.played == 0
	if d.played < d.length {
		d.played += frameTime
	}
	code, _ := rtp.EventCode(d.digits[0])
	e := rtp.Event{Code: code, Volume: 10, Duration: uint16(d.played.Seconds() * float64(t.Events.Clock))}
	if d.played >= d.length {
		e.End = true
		d.ends++
	}
	p := s.packet(t.Events.PayloadType, e.Bytes())
	p.Marker, p.Timestamp = first, d.start
	if d.ends == 3 {
		d.digits = d.digits[1:]
		d.played, d.pause = 0, digitPause
		s.talking = false
	}
	return p, true
}
