package packet

import (
	"math/rand/v2"
	"time"
)

// ntpOffset is the number of seconds between 1900 and 1970 (RFC 5905 6).
const ntpOffset = 2208988800

// NTP is t as the 32.32 fixed point number of an SR.
func NTP(t time.Time) uint64 {
	sec := uint64(t.Unix() + ntpOffset) //nolint:gosec // after 1900
	return sec<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// Control is the RTCP session of one leg: its own SSRC and CNAME, what it
// received, what the far end says of us. Reports are never forwarded; each leg
// makes its own (SPEC: two RTCP sessions, one per leg). Not safe for concurrent
// use; the leg's lock guards it.
type Control struct {
	SSRC     uint32
	CNAME    string
	Interval time.Duration // mean time between reports; 0 sends none
	In       Reception

	next       time.Time
	lastSR     SenderInfo // of lastSRFrom
	lastSRFrom uint32
	lastSRAt   time.Time
	rtt        time.Duration
	remoteLost uint64
	remoteFrac uint8
	remoteJit  uint32
	received   uint64 // reports of the far end on our stream

	remoteDiscard uint8     // of 256: of our packets, came too late for its play-out
	reference     reference // to be answered with the next report
}

// Heard is what one compound from the far end held.
type Heard struct {
	Report   bool // an SR or RR
	Feedback bool // of RFC 4585; who serves it reads it himself
	Mode     int  // the codec mode asked of our encoder by RTCP-APP (TS 26.114 10.2.1), -1 for none
}

// Received takes one compound from the far end and tells what it held. Reports about other streams are ignored, so is everything
// not understood: a BYE never ends a call here, signalling does.
func (c *Control) Received(b []byte, now time.Time) Heard {
	heard := Heard{Mode: -1}
	for range maxBlocks {
		p, rest, ok := NextRTCP(b)
		if !ok {
			break
		}
		b = rest
		switch p.Type {
		case TypeSR, TypeRR:
			heard.Report = true
			c.reports(p, now)
		case TypeXR:
			c.extended(p, now)
		case TypeAPP:
			if mode, ok := p.modeRequest(); ok {
				heard.Mode = mode
			}
		case TypeRTPFB, TypePSFB:
			if _, ok := p.Feedback(); ok {
				heard.Feedback = true
			}
		}
	}
	return heard
}

func (c *Control) reports(p RTCP, now time.Time) {
	if info, ok := p.Info(); ok && c.about(p) {
		c.lastSR, c.lastSRFrom, c.lastSRAt = info, c.In.SSRC, now
	}
	for i := range int(p.Count) {
		if r, ok := p.Block(i); ok && r.SSRC == c.SSRC {
			c.report(r, now)
		}
	}
}

// about reports whether p comes from the source that is being received: a browser's sound and picture share one RTCP session.
func (c *Control) about(p RTCP) bool {
	ssrc, ok := p.Sender()
	return ok && c.In.began && ssrc == c.In.SSRC
}

// report takes what the far end says of our stream (RFC 3550 6.4.1, figure 2).
func (c *Control) report(r ReportBlock, now time.Time) {
	c.received++
	c.remoteFrac, c.remoteJit = r.Fraction, r.Jitter
	c.remoteLost = uint64(max(r.Lost, 0)) //nolint:gosec // clamped
	if r.LSR == 0 {
		return
	}
	units := int32(uint32(NTP(now)>>16) - r.LSR - r.DLSR) //nolint:gosec // wraps by design
	if units < 0 || units > 60<<16 {
		return // a clock that jumped or a report that was made up
	}
	c.rtt = time.Duration(units) * time.Second / 65536
}

// Due reports whether a report should be sent now, and schedules the next one at
// a random 0.5 to 1.5 of the interval (RFC 3550 6.2), so that reports of many
// calls do not march in step. The first comes after half of that (6.2: the
// initial minimum is halved).
func (c *Control) Due(now time.Time) bool {
	if c.Interval <= 0 {
		return false
	}
	wait := c.Interval/2 + rand.N(c.Interval)
	if c.next.IsZero() {
		c.next = now.Add(wait / 2)
		return false
	}
	if now.Before(c.next) {
		return false
	}
	c.next = now.Add(wait)
	return true
}

// Append appends the compound of this leg: SR when it sent packets, else RR,
// then the CNAME, then the answer to a reference time. info.NTP is filled in here.
func (c *Control) Append(b []byte, info SenderInfo, now time.Time) []byte {
	var block *ReportBlock
	if r, ok := c.In.Block(); ok {
		if c.reported() {
			r.LSR = uint32(c.lastSR.NTP >> 16)                         //nolint:gosec // the middle 32 bits
			r.DLSR = uint32(now.Sub(c.lastSRAt) * 65536 / time.Second) //nolint:gosec // 18 h fit
		}
		block = &r
	}
	if info.Packets > 0 {
		info.NTP = NTP(now)
		b = AppendSR(b, c.SSRC, info, block)
	} else {
		b = AppendRR(b, c.SSRC, block)
	}
	return c.appendDelay(AppendSDES(b, c.SSRC, c.CNAME), now)
}

// Quality is what a leg's RTCP session knows.
type Quality struct {
	PacketsReceived, OctetsReceived uint64
	Lost                            uint64        // on the way to us
	Jitter                          time.Duration // on the way to us
	RTT                             time.Duration // 0 until measured
	RemoteLost                      uint64        // of our packets, as the far end counts
	RemoteFraction                  float64       // of our packets since its last report, 0..1
	RemoteDiscarded                 float64       // of our packets, 0..1, came but too late for its play-out (RFC 3611 4.7.1)
	RemoteHeard                     bool          // the far end reported at all
	RemoteReports                   uint64        // how often
}

// Quality returns the figures so far.
func (c *Control) Quality() Quality {
	return Quality{
		PacketsReceived: c.In.Received(),
		OctetsReceived:  c.In.Octets,
		Lost:            c.In.Lost(),
		Jitter:          c.In.Jitter(),
		RTT:             c.rtt,
		RemoteLost:      c.remoteLost,
		RemoteFraction:  float64(c.remoteFrac) / 256,
		RemoteDiscarded: float64(c.remoteDiscard) / 256,
		RemoteHeard:     c.received > 0, RemoteReports: c.received,
	}
}
