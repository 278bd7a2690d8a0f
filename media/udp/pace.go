package udp

import "time"

// Waking up costs more than a packet does. A thread that has much to do therefore does not wait to be woken: it rests for a
// fixed time, then takes everything that came meanwhile. With little to do it blocks and serves each packet at once.
//
// In between, while at least warmAbove come, it blocks but keeps its place in Go's scheduler.
//
//	           rate >= busyAbove
//	blocking ---------------------> resting: rest, look, serve, rest, look ...
//	         <---------------------
//	  rate < busyBelow, or nothing came in emptyLooks looks
type pace struct {
	rest  time.Duration // 0: never rests
	busy  bool
	warm  bool // some packets come: it may block without giving up its place in Go's scheduler
	more  bool // not everything that waited was read: no time to rest
	empty int  // looks in a row that found nothing
	since time.Time
	count int // packets since then
}

// warmWait is how long it blocks then, in milliseconds.
const warmWait = 20

// Choices of ours: 2000 packets a second are twenty calls, 100 are one.
const (
	busyAbove  = 2000 // packets/s
	busyBelow  = 1200
	warmAbove  = 100
	emptyLooks = 8
	paceWindow = 50 * time.Millisecond
)

// took notes packets served and whether more wait, and decides once per window.
func (p *pace) took(packets int, more bool, now time.Time) {
	if p.rest <= 0 {
		return
	}
	p.more = more
	if p.since.IsZero() {
		p.since = now
	}
	p.count += packets
	took := now.Sub(p.since)
	if took < paceWindow {
		return
	}
	rate := time.Duration(p.count) * time.Second / took
	p.busy = rate >= busyAbove || p.busy && rate >= busyBelow
	p.warm = rate >= warmAbove
	p.since, p.count = now, 0
}

func (p *pace) resting() bool { return p.busy && !p.more }

// looked notes how many events a look found.
func (p *pace) looked(n int) {
	if n > 0 {
		p.empty = 0
		return
	}
	if p.empty++; p.empty >= emptyLooks {
		p.busy, p.empty, p.since, p.count = false, 0, time.Time{}, 0
	}
}
