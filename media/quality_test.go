package media

import (
	"testing"
	"time"

	"causeway/media/packet"
)

// TestQualityWindows: each window with packets is one value of its leg, silence is none, and the mean is the call's.
func TestQualityWindows(t *testing.T) {
	l, tr := newLedger(), tracker{}
	good := packet.Quality{PacketsReceived: 100, Jitter: 3 * time.Millisecond}
	tr.update(good, packet.Quality{}, "opus", "AMR-WB", l)
	first, none := tr.scores()
	if first.now < 4 || first.mean != first.now || none != (score{}) {
		t.Fatalf("a good window gives %v, no media %v", first, none)
	}
	bad := good
	bad.PacketsReceived, bad.Lost, bad.RTT = 180, 20, 100*time.Millisecond
	bad.RemoteFraction, bad.RemoteDiscarded = 0.1, 0.3 // the far end's play-out threw away more than we missed
	tr.update(bad, packet.Quality{}, "opus", "AMR-WB", l)
	second, _ := tr.scores()
	if second.now >= 2.5 || second.mean <= second.now || second.mean >= first.now {
		t.Fatalf("a bad window gives %v after %v", second, first)
	}
	tr.update(bad, packet.Quality{}, "opus", "AMR-WB", l) // nothing more came: held
	if held, _ := tr.scores(); held.mean != second.mean {
		t.Fatalf("silence changed the mean to %v", held)
	}
	access, core := l.read()
	sum := func(s Spread) (n uint64) {
		for _, c := range s.Counts {
			n += c
		}
		return n
	}
	if sum(access.MOS) != 2 || sum(access.Loss) != 2 || sum(access.RTT) != 1 || sum(core.MOS) != 0 {
		t.Errorf("noted %+v and %+v", access, core)
	}
	if access.Loss.Counts[0] != 1 || access.Loss.Counts[len(access.Loss.Bounds)] != 1 || access.Loss.Sum != 0.4 {
		t.Errorf("loss %+v, want one of 0 and one of 0.4", access.Loss)
	}
	access.MOS.Counts[0] = 99
	if again, _ := l.read(); again.MOS.Counts[0] == 99 {
		t.Error("a reader changed the books")
	}
}
