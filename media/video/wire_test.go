package video

import (
	"slices"
	"testing"
	"time"

	"causeway/media/packet"
)

// wire sends as package udp does: what lies in the packet thread's own buffer goes when the turn is over, everything else at once.
type wire struct {
	side

	own    []byte // the buffer of the turn
	queued [][]byte
}

func (w *wire) SendRTP(b []byte) error {
	if end := w.own[:cap(w.own)]; &b[:cap(b)][cap(b)-1] == &end[len(end)-1] {
		w.queued = append(w.queued, slices.Clone(b))
		return nil
	}
	return w.side.SendRTP(b)
}

// flush ends the turn.
func (w *wire) flush() {
	w.sent = append(w.sent, w.queued...)
	w.queued = nil
}

// TestRepairedStreamLeavesInOrder: a packet that was waited for goes before those that waited for it, also on the wire. Handsets that
// take no feedback put nothing in order.
func TestRepairedStreamLeavesInOrder(t *testing.T) {
	var core wire
	var access side
	p := New(Config{Pool: packet.NewPool(), ToCore: &core, ToAccess: &access, CoreSSRC: toCore, AccessSSRC: ours, RepairSSRC: again})
	defer p.Close()
	now := time.Unix(1_700_000_000, 0)
	p.Set(browser, handset, Gates{true, true}, now)
	for _, seq := range []uint16{65533, 65534, 1, 0, 2, 65535, 3, 5, 4} {
		core.own = rtp(108, camera, seq, 3000, false, -1, []byte{0x41, byte(seq)})
		p.FromAccess(core.own, parse(t, core.own), now)
		core.flush()
		now = now.Add(time.Millisecond)
	}
	var got []byte
	for i, b := range core.sent {
		h := parse(t, b)
		if got = append(got, b[h.Offset+1]); i > 0 && h.Sequence != parse(t, core.sent[i-1]).Sequence+1 {
			t.Errorf("packet %d has number %d after %d", i, h.Sequence, parse(t, core.sent[i-1]).Sequence)
		}
	}
	if want := []byte{253, 254, 255, 0, 1, 2, 3, 4, 5}; !slices.Equal(got, want) {
		t.Errorf("left as %v, want %v", got, want)
	}
}
