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

// TestTMMBRFlood: many limits in one datagram are one limit, the last, with one answer and one word to the browser.
func TestTMMBRFlood(t *testing.T) {
	r := newRig(t, browser, handset, nil)
	r.up(t, 108, 3000, true, 0x41, 1)
	r.down(t, 99, 3000, true, 0x41, 1)
	var compound []byte
	for i := range uint64(30) {
		compound = packet.AppendTMMBR(compound, phone, toCore, 100_000+1000*i, 40)
	}
	r.core.fb, r.access.fb = nil, nil
	r.CoreFeedback(compound, r.now)
	if len(r.core.fb) != 1 || len(r.access.fb) != 1 {
		t.Fatalf("%d answers, %d words to the browser", len(r.core.fb), len(r.access.fb))
	}
	p, _, _ := packet.NextRTCP(r.access.fb[0])
	if f, ok := p.Feedback(); ok {
		if bps, _ := f.Estimate(); bps > 129_000 || bps < 128_000 {
			t.Errorf("REMB of %d bit/s, want 129000", bps)
		}
	}
}
