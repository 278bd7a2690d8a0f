package video

import (
	"sync"
	"sync/atomic"
	"time"
)

// keyFramePause is the least time between two requests to one sender: more would only make its pictures worse.
const keyFramePause = time.Second

// asker asks one sender for key frames, not more often than that allows. Safe for concurrent use.
type asker struct {
	ask   func(now time.Time) bool // false: nobody could be asked yet
	total *atomic.Uint64           // asked by all

	mu    sync.Mutex // guards the following
	last  time.Time
	owed  bool
	count uint64
}

// want asks now, or as soon as the pause is over.
func (a *asker) want(now time.Time) {
	a.mu.Lock()
	a.owed = true
	a.mu.Unlock()
	a.tick(now)
}

// tick asks what is owed.
func (a *asker) tick(now time.Time) {
	if !a.due(now) {
		return
	}
	if a.ask(now) {
		a.total.Add(1)
		return
	}
	a.mu.Lock()
	a.owed, a.last = true, time.Time{}
	a.count--
	a.mu.Unlock()
}

func (a *asker) due(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.owed || now.Sub(a.last) < keyFramePause {
		return false
	}
	a.owed, a.last = false, now
	a.count++
	return true
}

// asked is how many requests were sent.
func (a *asker) asked() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.count
}
