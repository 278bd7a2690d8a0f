package hop

import (
	"testing"
	"time"
)

var epoch = time.Unix(1_800_000_000, 0)

// TestMatrix walks every state with every input.
func TestMatrix(t *testing.T) {
	opened := Breaker{State: Open, Until: epoch.Add(10 * time.Second), failures: 2, wait: 5 * time.Second}
	half := opened
	half.State = HalfOpen
	for _, tt := range []struct {
		name  string
		from  Breaker
		in    Input
		after time.Duration
		now   time.Time
		want  State
		until time.Duration // after epoch, for Open
	}{
		{"answer", Breaker{failures: 1}, Succeeded, 0, epoch, Closed, 0},
		{"first failure", Breaker{}, Failed, 0, epoch, Closed, 0},
		{"second failure", Breaker{failures: 1}, Failed, 0, epoch, Open, 5 * time.Second},
		{"503 with a time", Breaker{}, Refused, 20 * time.Second, epoch, Open, 20 * time.Second},
		{"503 with a very long time", Breaker{}, Refused, 48 * time.Hour, epoch, Open, time.Hour},
		{"503 without a time", Breaker{}, Refused, 0, epoch, Closed, 0},
		{"second 503 without a time", Breaker{failures: 1}, Refused, 0, epoch, Open, 5 * time.Second},
		{"nothing is due", Breaker{}, Due, 0, epoch, Closed, 0},
		{"late answer", opened, Succeeded, 0, epoch, Closed, 0},
		{"failure of an old request", opened, Failed, 0, epoch, Open, 10 * time.Second},
		{"503 of an old request, shorter", opened, Refused, time.Second, epoch, Open, 10 * time.Second},
		{"503 of an old request, longer", opened, Refused, time.Minute, epoch, Open, time.Minute},
		{"503 of an old request, no time", opened, Refused, 0, epoch, Open, 10 * time.Second},
		{"too early", opened, Due, 0, epoch.Add(9 * time.Second), Open, 10 * time.Second},
		{"due", opened, Due, 0, epoch.Add(10 * time.Second), HalfOpen, 10 * time.Second},
		{"trial answered", half, Succeeded, 0, epoch, Closed, 0},
		{"trial failed", half, Failed, 0, epoch, Open, 10 * time.Second},
		{"trial refused", half, Refused, 30 * time.Second, epoch, Open, 30 * time.Second},
		{"trial refused without a time", half, Refused, 0, epoch, Open, 10 * time.Second},
		{"trial under way", half, Due, 0, epoch.Add(time.Minute), HalfOpen, 10 * time.Second},
	} {
		got := Step(tt.from, tt.in, tt.after, tt.now)
		if got.State != tt.want || tt.want != Closed && !got.Until.Equal(epoch.Add(tt.until)) {
			t.Errorf("%s: %v until %v", tt.name, got.State, got.Until.Sub(epoch))
		}
	}
	for s := range states {
		for in := range inputs {
			if behaviour[s][in] == nil {
				t.Errorf("%v has no row for input %d", s, in)
			}
		}
	}
}

// TestWaits: each failed trial doubles the wait, up to a bound; an answer starts again from the beginning.
func TestWaits(t *testing.T) {
	b, now := Breaker{failures: 1}, epoch
	for i, want := range []time.Duration{5, 10, 20, 40, 60, 60} {
		b = Step(b, Failed, 0, now)
		if b.State != Open || b.Until.Sub(now) != want*time.Second {
			t.Fatalf("wait %d: %v for %v, want %v s", i, b.State, b.Until.Sub(now), want)
		}
		now = b.Until
		b = Step(b, Due, 0, now)
	}
	if b = Step(b, Succeeded, 0, now); b != (Breaker{}) {
		t.Errorf("after an answer: %+v", b)
	}
}
