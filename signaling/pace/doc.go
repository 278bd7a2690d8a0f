// Package pace keeps one browser in step.
//
//	socket's reader --\
//	timers ------------> Queue: one piece of work at a time, in the order it came --> the browser's state
//	core's events ----/
//
//	requests --> Bucket: so many at once, so many a second --> Queue
//
// A browser that sends a request takes a token of its Bucket; without one it is told how long to wait. What it may do is
// posted to its Queue, where it meets nothing else of the same browser and needs no lock.
package pace
