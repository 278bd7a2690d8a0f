package pace

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestQueue: work runs in order and alone, also what work posts, and an idle queue has no goroutine.
func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q Queue
		var got []int
		q.Post(func() {
			got = append(got, 1)
			q.Post(func() { got = append(got, 3) })
		})
		q.Post(func() { got = append(got, 2) })
		q.Wait()
		synctest.Wait()
		q.Post(func() { got = append(got, 4) })
		q.Wait()
		if len(got) != 4 || got[0] != 1 || got[3] != 4 {
			t.Errorf("ran %v", got)
		}
	})
}

// TestBucket: a burst at once, then the rate, and the wait is the time until the next token.
func TestBucket(t *testing.T) {
	var b Bucket
	now := time.Now()
	for i := range 5 {
		if _, ok := b.Take(now, 2, 5); !ok {
			t.Fatalf("token %d of the burst refused", i)
		}
	}
	wait, ok := b.Take(now, 2, 5)
	if ok || wait != 500*time.Millisecond {
		t.Fatalf("got %v, %v", wait, ok)
	}
	if _, ok := b.Take(now.Add(wait), 2, 5); !ok {
		t.Error("refused after the wait")
	}
	if _, ok := b.Take(now.Add(time.Hour), 2, 5); !ok {
		t.Error("refused when full again")
	}
}
