package demux

import (
	"net/netip"
	"testing"
	"time"
)

func TestLimiter(t *testing.T) {
	l := Limiter{Rate: 1000, Burst: 500}
	one := netip.MustParseAddr("192.0.2.1")
	now := time.Unix(1000, 0)
	passed := 0
	for range 10000 {
		if l.Allow(one, now) {
			passed++
		}
	}
	if passed != l.Burst+1 {
		t.Errorf("%d of a burst passed", passed)
	}
	if !l.Allow(netip.MustParseAddr("2001:db8::1"), now) {
		t.Error("another source is limited")
	}
	if !l.Allow(one, now.Add(10*time.Millisecond)) {
		t.Error("still limited later")
	}
}
