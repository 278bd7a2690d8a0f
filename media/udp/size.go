package udp

import "time"

// How many threads read packets follows from how busy they are. One that has most of a processor to itself hands the next calls, and
// its share of the shared addresses, to another; threads that would fit into fewer take no more calls and end with their last.
//
//	      one above busyShare for growAfter windows
//	n ------------------------------------------------> n+1
//	  <------------------------------------------------
//	    all would fit into n-1 at idleShare each for shrinkAfter windows
//
// A sizer is a value without clock or lock: it sees each thread's share of a processor once per window.
type sizer struct {
	most     int
	over     int // windows in a row with a thread above busyShare
	under    int // windows in a row that fewer threads could have served
	previous int
}

// Choices of ours. Two threads cost more wake-ups than one, so they come reluctantly and go slowly.
const (
	sizeWindow  = 500 * time.Millisecond
	busyShare   = 0.80
	idleShare   = 0.40
	growAfter   = 3
	shrinkAfter = 40
	callShare   = 0.001 // what a call opened since the last window will about take of a processor
)

// window takes the shares of the threads that take new calls, and what those that only end theirs still use, and returns how many
// shall take new calls from now on.
func (s *sizer) window(active []float64, ending float64) int {
	n := len(active)
	if n != s.previous {
		s.over, s.under, s.previous = 0, 0, n
	}
	most, sum := 0.0, ending
	for _, share := range active {
		most = max(most, share)
		sum += share
	}
	s.over, s.under = s.over+1, s.under+1
	if most < busyShare {
		s.over = 0
	}
	if n == 1 || sum >= idleShare*float64(n-1) {
		s.under = 0
	}
	switch {
	case s.over >= growAfter && n < s.most:
		s.over = 0
		return n + 1
	case s.under >= shrinkAfter:
		s.under = 0
		return n - 1
	}
	return n
}
