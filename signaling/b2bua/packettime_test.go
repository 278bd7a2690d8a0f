package b2bua

import (
	"testing"
	"time"
)

func TestPacketTime(t *testing.T) {
	for _, c := range []struct {
		ptime, most int
		want        time.Duration
	}{
		{0, 0, 0}, {20, 0, 20 * time.Millisecond}, {40, 240, 40 * time.Millisecond}, {60, 40, 40 * time.Millisecond}, {0, 240, 0}, {0, 10, 10 * time.Millisecond},
		{30, 30, 30 * time.Millisecond}, {20, 20, 20 * time.Millisecond},
	} {
		if got := packetTime(c.ptime, c.most); got != c.want {
			t.Errorf("ptime %d, maxptime %d: %v, want %v", c.ptime, c.most, got, c.want)
		}
	}
}
