package video

import (
	"testing"
	"time"

	"causeway/media/packet"
)

// TestNACKFlood: feedback on the plain leg is small and its sender could be another one; however much it asks for, no more is repeated than a
// bad network needs.
func TestNACKFlood(t *testing.T) {
	r := newRig(t, browser, handset, nil)
	for range 250 {
		r.up(t, 108, 3000, false, 0x41, 1, 2, 3)
	}
	first := parse(t, r.core.sent[0]).Sequence
	var compound []byte
	for i := range uint16(16) {
		all := make([]uint16, 16)
		for j := range all {
			all[j] = first + 16*i + uint16(j)
		}
		compound = packet.AppendNACK(compound, phone, toCore, all)
	}
	for i, want := range []int{repeatRoom, 0, repeatRoom} {
		r.now = r.now.Add([]time.Duration{time.Second, repeatPause + time.Millisecond, repeatWindow}[i])
		r.core.take()
		r.CoreFeedback(compound, r.now)
		if n := len(r.core.take()); n != want {
			t.Errorf("flood %d: %d packets repeated, want %d", i, n, want)
		}
	}
}
