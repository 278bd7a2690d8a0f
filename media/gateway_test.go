package media

import (
	"testing"
	"time"
)

func TestStoodStill(t *testing.T) {
	start := time.Now()
	w := watch{last: start}
	for i, step := range []struct {
		after time.Duration
		want  bool
	}{{tick, false}, {3 * tick, false}, {5 * tick, true}, {tick, false}, {time.Minute, true}, {tick, false}} {
		start = start.Add(step.after)
		if got := w.stoodStill(start); got != step.want {
			t.Errorf("look %d, after %v: %v", i, step.after, got)
		}
	}
}
