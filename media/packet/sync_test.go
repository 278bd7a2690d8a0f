package packet

import (
	"math/rand/v2"
	"testing"
	"time"
)

// sent is one stream of a sender with a clock of its own, as we receive and report it.
type sent struct {
	Control
	rate  uint32
	drift int64 // of the sender's clock, parts per million
}

// theirs is the sender's clock at our time.
func (s *sent) theirs(now time.Time) time.Time {
	since := now.Sub(time.Unix(1_700_000_000, 0))
	return now.Add(-time.Hour + since*time.Duration(s.drift)/1_000_000)
}

func (s *sent) stamp(now time.Time) uint32 {
	return uint32(s.theirs(now).Sub(time.Unix(1_700_000_000, 0).Add(-time.Hour)) * time.Duration(s.rate) / time.Second)
}

// TestTwoStreamsStayTogether: sound and picture of a sender whose clock is 100 ppm off, with jitter, for two minutes: our reports of both,
// made at different times, give one time to what was captured at one time.
func TestTwoStreamsStayTogether(t *testing.T) {
	for _, drift := range []int64{0, 100, -100} {
		sound, picture := &sent{rate: 48000, drift: drift}, &sent{rate: 90000, drift: drift}
		var clock FarClock
		random := rand.New(rand.NewPCG(1, 2))
		begin := time.Unix(1_700_000_000, 0)
		var at, by [2]time.Time // of our last two reports: our time, and the sender's that it stands for
		worst := time.Duration(0)
		for i := range 6000 {
			captured := begin.Add(time.Duration(i) * 20 * time.Millisecond)
			now := captured.Add(30*time.Millisecond + time.Duration(random.Int64N(int64(80*time.Millisecond))))
			for _, s := range []*sent{sound, picture} {
				s.In.Packet(RTP{SSRC: 5, Sequence: uint16(i), Timestamp: s.stamp(captured)}, s.rate, now)
				if i%100 == 50 {
					s.Received(AppendSR(nil, 5, SenderInfo{NTP: NTP(s.theirs(captured)), RTP: s.stamp(captured), Packets: 1}, nil), now)
				}
			}
			for k, s := range []*sent{sound, picture} {
				if i < 60 || i%90 != 40*k {
					continue
				}
				delay, ok := sound.Delay()
				rtp, known := s.SourceTime(clock.Read(delay, now))
				if !ok || !known {
					t.Fatal("no report is known")
				}
				at[k] = now
				by[k] = s.theirs(begin).Add(time.Duration(rtp) * time.Second / time.Duration(s.rate))
			}
			if !at[0].IsZero() && !at[1].IsZero() {
				worst = max(worst, (at[0].Sub(by[0]) - at[1].Sub(by[1])).Abs())
			}
		}
		if worst > 2*time.Millisecond {
			t.Errorf("%d ppm: %v apart", drift, worst)
		}
	}
}

// TestReportsOfAnotherSource: what an earlier source reported says nothing of the one that is received now.
func TestReportsOfAnotherSource(t *testing.T) {
	var c Control
	now := time.Unix(1_700_000_000, 0)
	c.In.Packet(RTP{SSRC: 5, Sequence: 1, Timestamp: 1000}, 8000, now)
	c.Received(AppendSR(nil, 5, SenderInfo{NTP: NTP(now), RTP: 1000, Packets: 1}, nil), now)
	if _, ok := c.Delay(); !ok {
		t.Fatal("a report is not known")
	}
	c.In.Packet(RTP{SSRC: 6, Sequence: 1, Timestamp: 77}, 8000, now)
	_, ok := c.Delay()
	if _, told := c.SourceTime(now); ok || told {
		t.Error("the report of another source is believed")
	}
}

// TestAClockThatIsSet: a sender who sets his clock is followed at once.
func TestAClockThatIsSet(t *testing.T) {
	var f FarClock
	now := time.Unix(1_700_000_000, 0)
	f.Read(time.Second, now)
	if got := f.Read(time.Minute, now.Add(time.Second)); got != now.Add(time.Second-time.Minute) {
		t.Error(got)
	}
}
