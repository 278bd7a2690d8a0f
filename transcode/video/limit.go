package video

import "sync/atomic"

// Limit bounds how many conversions run at once, so that video cannot take the processor from audio.
// A nil Limit does not bound anything. Safe for concurrent use.
type Limit struct {
	most int64

	running atomic.Int64
}

// NewLimit allows most conversions at once, counted by direction: a call that is converted both ways
// takes two. 0 allows none.
func NewLimit(most int) *Limit { return &Limit{most: int64(most)} }

// Running returns how many conversions run now.
func (l *Limit) Running() int {
	if l == nil {
		return 0
	}
	return int(l.running.Load())
}

func (l *Limit) take() bool {
	if l == nil {
		return true
	}
	if l.running.Add(1) > l.most {
		l.running.Add(-1)
		return false
	}
	return true
}

func (l *Limit) give() {
	if l != nil {
		l.running.Add(-1)
	}
}
