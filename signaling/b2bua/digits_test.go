package b2bua

import (
	"testing"
	"time"
)

// TestSameKeyTwice: a key that comes by media and by INFO is one key; two presses of one key the same way are two.
func TestSameKeyTwice(t *testing.T) {
	start := time.Unix(0, 0)
	for name, c := range map[string]struct {
		came []bool // by INFO
		gap  time.Duration
		want int
	}{
		"media only": {[]bool{false, false, false}, 200 * time.Millisecond, 3}, "INFO only": {[]bool{true, true}, 200 * time.Millisecond, 2},
		"both ways": {[]bool{false, true}, 200 * time.Millisecond, 1}, "INFO first": {[]bool{true, false}, 200 * time.Millisecond, 1},
		"twice, both ways": {[]bool{false, true, false, true}, 200 * time.Millisecond, 2}, "long apart": {[]bool{false, true}, 2 * time.Second, 2},
	} {
		var e ear
		told := 0
		for i, info := range c.came {
			if !e.twice('5', info, start.Add(time.Duration(i)*c.gap)) {
				told++
			}
		}
		if told != c.want {
			t.Errorf("%s: told %d times, want %d", name, told, c.want)
		}
	}
	var e ear
	if e.twice('1', false, start) || e.twice('2', true, start) {
		t.Error("another key is taken for the same")
	}
}
