package packet

import "time"

// Delay is the time from the far end's clock to the arrival here of the newest packet, by the far end's own report: it places both its
// sound and its picture on one clock of ours (RFC 3550 6.4.1). Only differences between its streams mean anything. ok is false
// before a report.
func (c *Control) Delay() (d time.Duration, ok bool) {
	in := &c.In
	if c.lastSRAt.IsZero() || c.lastSR.NTP == 0 || !in.haveTransit {
		return 0, false
	}
	since := int64(int32(in.lastTS - c.lastSR.RTP)) //nolint:gosec // wraps by design
	sent := fromNTP(c.lastSR.NTP).Add(time.Duration(since) * time.Second / time.Duration(in.lastClock))
	return in.lastAt.Sub(sent), true
}

// SourceTime is the received stream's RTP time at an instant of the far end's clock, as of its last report. ok is false before one.
func (c *Control) SourceTime(at time.Time) (rtp uint32, ok bool) {
	if c.lastSRAt.IsZero() || c.lastSR.NTP == 0 || c.In.lastClock == 0 {
		return 0, false
	}
	ms := at.Sub(fromNTP(c.lastSR.NTP)).Milliseconds()
	return c.lastSR.RTP + uint32(ms*int64(c.In.lastClock)/1000), true //nolint:gosec // modulo by design
}

// fromNTP turns the number of an SR into a time.
func fromNTP(n uint64) time.Time {
	return time.Unix(int64(n>>32)-ntpOffset, int64(n&0xffffffff)*int64(time.Second)>>32) //nolint:gosec // 32 bits
}

// Envelope appends what a compound of feedback must begin with: an empty report and the CNAME (RFC 4585 3.1).
func (c *Control) Envelope(b []byte) []byte {
	return AppendSDES(AppendRR(b, c.SSRC, nil), c.SSRC, c.CNAME)
}
