package transcode

import "time"

// Constants of our choosing.
const (
	chunk      = 20 * time.Millisecond  // concealment and comfort noise are made in pieces of this size
	patience   = 150 * time.Millisecond // how late a talking sender may be before sound is made up: the receiver's own jitter buffer bridges less
	pauseSlack = 20 * time.Millisecond  // the same after the sender announced silence
	settled    = 100 * time.Millisecond // how long packets have to come behind what was made up until that is taken for the path's new delay
	catchingUp = 60 * time.Millisecond  // ... in which they bring this much more sound if they are a burst
	maxDelay   = 120 * time.Millisecond // most delay that speech beginning late may add; given back in the next pause
	maxFill    = time.Second            // a longer hole is left a hole
	maxJump    = 8 * time.Second        // timestamps further off than this are another time base
	maxAhead   = 2 * time.Second        // sound produced beyond real time; a faster sender is dropped
	maxSilence = 5 * time.Second
)

// timeline keeps the place in the incoming stream, in units of its RTP clock.
//
//	        next
//	---------|=========|- - - - - - ->  RTP timestamps
//	 decoded |  made   | expected, each due at
//	         |  up     | base + distance + slack + delay
//
// Packets are decoded when they come, at once. Only when none comes does time count: what should
// have been there by now is made up, and if speech then turns out merely late, next goes back to
// its start and delay grows by that much.
type timeline struct {
	clock, rate int64 // RTP clock and PCM rate, Hz
	limit       time.Duration

	started bool
	paused  bool      // the sender has announced silence
	endless bool      // ... by a description that holds until it sends again (RFC 3389), not one it repeats
	next    uint32    // timestamp of the first sample not produced yet
	baseTS  uint32    // a timestamp ...
	baseAt  time.Time // ... and when its packet is expected, jitter smoothed away
	delay   int64     // how far the output runs behind because speech began late
	made    int64     // made up since the last packet
	quiet   bool      // all of that was made up in an announced pause
	last    int64     // duration of the last packet
	covered time.Time // wall time up to which sound has been produced
	lateTS  uint32    // the first of the packets in a row that brought nothing but what was made up ...
	lateAt  time.Time // ... and when it came; zero for none
}

func (t *timeline) units(d time.Duration) int64 { return int64(d) * t.clock / int64(time.Second) }
func (t *timeline) span(units int64) time.Duration {
	return time.Duration(units * int64(time.Second) / t.clock)
}
func (t *timeline) samples(units int64) int { return int(units * t.rate / t.clock) }
func (t *timeline) fromSamples(n int) int64 { return int64(n) * t.clock / t.rate }
func (t *timeline) ahead(ts uint32) int64   { return int64(int32(ts - t.next)) }
func (t *timeline) step(units int64)        { t.next += uint32(units) }
func (t *timeline) begin(ts uint32, at time.Time) {
	t.started, t.paused, t.endless, t.quiet = true, false, false, false
	t.next, t.baseTS, t.baseAt = ts, ts, at
	t.delay, t.made, t.last, t.lateAt = 0, 0, 0, time.Time{}
}

// observe adjusts the expectation to a packet's arrival: at once when it came early, slowly when
// late, which follows both jitter and a sender's clock that runs slow.
func (t *timeline) observe(ts uint32, at time.Time) {
	expected := t.expected(ts)
	off := at.Sub(expected)
	if off > 0 {
		off /= 64
	}
	t.baseTS, t.baseAt = ts, expected.Add(off)
}

func (t *timeline) expected(ts uint32) time.Time {
	return t.baseAt.Add(t.span(int64(int32(ts - t.baseTS))))
}

// due is when the sound at next has to be made up if no packet brings it; false when there is no
// stream, or when enough has been made up.
func (t *timeline) due() (time.Time, bool) {
	if !t.started || !t.endless && t.span(t.made) >= t.limit {
		return time.Time{}, false
	}
	slack := patience
	if t.paused {
		slack = pauseSlack
	}
	return t.expected(t.next).Add(slack + t.span(t.delay)), true
}

// later takes up a packet, of which overlap units have been made up, that comes late because the path or its sender is later from now on, by
// more than is waited for: what was made up is lost, and from this packet on sound is produced again, instead of skipped until
// the expectation has crept there.
func (t *timeline) later(ts uint32, at time.Time, overlap int64) bool {
	sound := t.span(int64(int32(ts - t.lateTS)))
	switch {
	case overlap <= 0 || overlap < t.last: // it brings something new
		t.lateAt = time.Time{}
		return false
	case t.lateAt.IsZero() || sound > at.Sub(t.lateAt)+catchingUp:
		t.lateTS, t.lateAt = ts, at
		return false
	case at.Sub(t.lateAt) < settled:
		return false
	}
	t.next, t.baseTS, t.baseAt, t.lateAt = ts, ts, at, time.Time{}
	t.delay, t.made, t.quiet = 0, 0, false
	return true
}

// cover notes that sound of duration d was produced. One part in a hundred leaks, so that bursts
// and a sender's fast clock do not add up over a call.
func (t *timeline) cover(now time.Time, d time.Duration) {
	if t.covered.Before(now) {
		t.covered = now
	}
	t.covered = t.covered.Add(d - d/100)
}

// rewind tries to take a packet that begins in what was made up as speech that starts late: after
// an announced pause, or with the marker of a new talk spurt (RFC 3551 4.1).
func (t *timeline) rewind(overlap int64, spurt bool) bool {
	if !t.quiet && !spurt || overlap > t.made || t.span(t.delay+overlap) > maxDelay {
		return false
	}
	t.delay += overlap
	t.step(-overlap)
	return true
}

// recover shortens a pause of gap units by what late starts have cost, and returns what is left.
func (t *timeline) recover(gap int64) int64 {
	cut := min(gap, t.delay)
	t.delay -= cut
	t.step(cut)
	return gap - cut
}
