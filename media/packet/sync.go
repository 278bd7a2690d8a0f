package packet

import "time"

// Instant is where a stream stands at a moment: the RTP time of what is captured then, by its sender's reports. Known is false without them.
type Instant struct {
	RTP   uint32
	Known bool
}

// maxSlew is how fast a FarClock follows what is measured: faster than the clocks of two machines part, and too slowly for jitter to part the two
// streams, whose reports are seconds apart. maxStep is when it is another clock.
const (
	maxSlew = 300 // parts per million
	maxStep = time.Second
)

// FarClock is the wall clock of a sender whose sound and picture are to stay together, as seen from here: both streams' reports are made
// by one FarClock, so that what was captured at one time has one time in them (RFC 3550 6.4.1). What it measures is the delay of the newest
// packet of sound, which has jitter; so it follows slowly. The zero value is ready. Not safe for concurrent use.
type FarClock struct {
	delay time.Duration
	at    time.Time // zero before the first measurement
}

// Read is the sender's time of what goes out under the time now. delay is Control.Delay of its sound.
func (f *FarClock) Read(delay time.Duration, now time.Time) time.Time {
	off := delay - f.delay
	if f.at.IsZero() || off > maxStep || off < -maxStep {
		f.delay, f.at = delay, now
		return now.Add(-delay)
	}
	most := max(now.Sub(f.at), 0) * maxSlew / 1_000_000
	f.delay += min(max(off, -most), most)
	f.at = now
	return now.Add(-f.delay)
}

// Delay is the time from the far end's clock to the arrival here of the newest packet, by the far end's own report: it places both its
// sound and its picture on one clock of ours (RFC 3550 6.4.1). Only differences between its streams mean anything. ok is false
// before a report.
func (c *Control) Delay() (d time.Duration, ok bool) {
	in := &c.In
	if !c.reported() || c.lastSR.NTP == 0 || !in.haveTransit {
		return 0, false
	}
	since := int64(int32(in.lastTS - c.lastSR.RTP)) //nolint:gosec // wraps by design
	sent := fromNTP(c.lastSR.NTP).Add(time.Duration(since) * time.Second / time.Duration(in.lastClock))
	return in.lastAt.Sub(sent), true
}

// SourceTime is the received stream's RTP time at an instant of the far end's clock, as of its last report. ok is false before one.
func (c *Control) SourceTime(at time.Time) (rtp uint32, ok bool) {
	if !c.reported() || c.lastSR.NTP == 0 || c.In.lastClock == 0 {
		return 0, false
	}
	us := at.Sub(fromNTP(c.lastSR.NTP)).Microseconds()
	return c.lastSR.RTP + uint32(us*int64(c.In.lastClock)/1_000_000), true //nolint:gosec // modulo by design
}

// reported tells whether the source that is received now has reported: what an earlier one said is of another clock.
func (c *Control) reported() bool { return !c.lastSRAt.IsZero() && c.lastSRFrom == c.In.SSRC }

// fromNTP turns the number of an SR into a time.
func fromNTP(n uint64) time.Time {
	return time.Unix(int64(n>>32)-ntpOffset, int64(n&0xffffffff)*int64(time.Second)>>32) //nolint:gosec // 32 bits
}

// Envelope appends what a compound of feedback must begin with: an empty report and the CNAME (RFC 4585 3.1).
func (c *Control) Envelope(b []byte) []byte {
	return AppendSDES(AppendRR(b, c.SSRC, nil), c.SSRC, c.CNAME)
}
