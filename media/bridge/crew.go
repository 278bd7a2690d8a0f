package bridge

import (
	"runtime"
	"sync"
	"time"
)

// CrewOptions are how a crew works.
type CrewOptions struct {
	// Most is how many directions may be worked on at one time, at least 1.
	Most int
	// Rest is how long the crew rests between two looks at its queue while much is to be done; 0: it is woken for each packet.
	Rest time.Duration
	// Nap sleeps for Rest, keeping its place in Go's scheduler; nil is time.Sleep.
	Nap func(time.Duration)
	// Place is told 1 when the crew begins to work and will keep a place in Go's scheduler while it naps, 0 when it ends. May be nil.
	Place func(n int)
}

// Crew converts for all calls of a process. Waking a thread costs as much as a good part of converting a packet does, so it is not done
// for each of them: one member, the leader, rests while there is much to do and then takes everything that came. Where that takes
// long, others help until the queue is empty.
//
//	packet threads ──▶ ring of the direction ──▶ queue of directions ──▶ leader ──▶ pipeline ──▶ Stream
//	                                                      └───────────▶ helper ──▶ pipeline ──▶ Stream
//
// A direction is in the queue, or with one member, or nowhere: whoever has it, has its pipeline alone. The zero value is not ready; use
// NewCrew. Safe for concurrent use.
type Crew struct {
	opt   CrewOptions
	epoch time.Time // deadlines count from here
	wake  chan struct{}
	gone  sync.WaitGroup

	mu      sync.Mutex // guards the following
	first   *conversion
	last    *conversion
	all     []*conversion // those that were ever in the queue, until they end
	helpers int
	started bool
	asleep  bool
	closed  bool

	pace pace // the leader's
}

// late is how long a member works before it calls another one to what is left.
const late = 3 * time.Millisecond

// yield is how often the leader lets others run. Go's monitor thread takes the place of who did not for 10 ms, and having done so looks at
// everybody each 20 us for a while: with a leader always in C code that cost a tenth of the whole.
const yield = 5 * time.Millisecond

// NewCrew makes a crew. It begins with the first packet; the owner calls Close after all bridges are closed.
func NewCrew(opt CrewOptions) *Crew {
	if opt.Nap == nil {
		opt.Nap = time.Sleep
	}
	if opt.Place == nil {
		opt.Place = func(int) {}
	}
	opt.Most = max(opt.Most, 1)
	return &Crew{opt: opt, epoch: time.Now(), wake: make(chan struct{}, 1)}
}

// since is a time as deadlines are kept.
func (k *Crew) since(t time.Time) int64 { return int64(t.Sub(k.epoch)) }

// join notes a direction, so that its deadlines are kept.
func (k *Crew) join(c *conversion) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c.place = len(k.all)
	k.all = append(k.all, c)
}

// leave forgets a direction.
func (k *Crew) leave(c *conversion) {
	k.mu.Lock()
	defer k.mu.Unlock()
	end := len(k.all) - 1
	k.all[c.place] = k.all[end]
	k.all[c.place].place = c.place
	k.all[end] = nil
	k.all = k.all[:end]
}

// enqueue gives a direction, which the caller has, to the crew. False: there is nobody any more, and the caller has it still.
func (k *Crew) enqueue(c *conversion) bool {
	k.mu.Lock()
	if k.closed {
		k.mu.Unlock()
		return false
	}
	k.append(c)
	wake := k.asleep
	k.asleep = false
	if !k.started {
		k.started = true
		k.gone.Go(k.lead)
	}
	k.mu.Unlock()
	if wake {
		k.nudge()
	}
	return true
}

// append is called with the lock held.
func (k *Crew) append(c *conversion) {
	if k.last == nil {
		k.first = c
	} else {
		k.last.behind = c
	}
	k.last = c
}

// take takes the first direction out of the queue; more says that others wait. Nil: none does.
func (k *Crew) take() (c *conversion, more bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if c = k.first; c == nil {
		return nil, false
	}
	if k.first = c.behind; k.first == nil {
		k.last = nil
	}
	c.behind = nil
	return c, k.first != nil
}

func (k *Crew) nudge() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// lead works until the crew is closed.
func (k *Crew) lead() {
	k.opt.Place(1)
	defer k.opt.Place(0)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var yielded time.Time
	for {
		done := k.work()
		now := time.Now()
		if now.Sub(yielded) > yield {
			runtime.Gosched()
			yielded = now
		}
		k.pace.took(done, now)
		next, queued, closed := k.look(now)
		switch {
		case queued:
		case closed:
			return
		case k.opt.Rest > 0 && k.pace.busy:
			k.opt.Nap(k.opt.Rest)
		default:
			k.sleep(timer, next)
		}
	}
}

// work converts until the queue is empty and returns how many directions it served.
func (k *Crew) work() (done int) {
	began, called := time.Now(), false
	for {
		c, more := k.take()
		if c == nil {
			return done
		}
		c.turn()
		done++
		if more && !called && time.Since(began) > late {
			called = true
			k.help()
		}
	}
}

// help lets one more member work until the queue is empty, if there may be another.
func (k *Crew) help() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.helpers >= k.opt.Most-1 {
		return
	}
	k.helpers++
	k.gone.Go(func() {
		k.work()
		k.mu.Lock()
		k.helpers--
		k.mu.Unlock()
	})
}

// look queues the directions whose deadline has come. It returns when the next one comes, and whether anything waits.
func (k *Crew) look(now time.Time) (next time.Duration, queued, closed bool) {
	next = time.Hour
	at := k.since(now)
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range k.all {
		d := c.deadline.Load()
		switch {
		case d == 0:
		case d > at:
			next = min(next, time.Duration(d-at))
		case c.token.CompareAndSwap(false, true): // else a helper has it
			c.deadline.Store(0)
			k.append(c)
		}
	}
	return next, k.first != nil, k.closed
}

// sleep waits for a packet, a deadline or the end.
func (k *Crew) sleep(timer *time.Timer, most time.Duration) {
	k.mu.Lock()
	k.asleep = k.first == nil && !k.closed
	asleep := k.asleep
	k.mu.Unlock()
	if !asleep {
		return
	}
	timer.Reset(most)
	select {
	case <-k.wake:
	case <-timer.C:
	}
	k.mu.Lock()
	k.asleep = false
	k.mu.Unlock()
}

// Close ends the crew and waits. What is given to it later is done by the giver. Safe to call twice.
func (k *Crew) Close() {
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	k.nudge()
	k.gone.Wait()
}

// pace decides whether the leader rests: with little to do it is woken for each packet, which costs no delay.
type pace struct {
	busy  bool
	since time.Time
	count int
}

// Choices of ours: 400 packets a second are four calls, and a rest of four milliseconds wakes less often.
const (
	busyAbove  = 400 // packets/s
	busyBelow  = 200
	paceWindow = 100 * time.Millisecond
)

// took notes packets served and decides once per window.
func (p *pace) took(n int, now time.Time) {
	p.count += n
	took := now.Sub(p.since)
	if took < paceWindow {
		return
	}
	rate := time.Duration(p.count) * time.Second / took
	p.busy = rate >= busyAbove || p.busy && rate >= busyBelow
	p.since, p.count = now, 0
}
