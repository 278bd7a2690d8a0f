package transaction

import (
	"runtime/debug"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// owner is what a client and a server transaction do with the actions of their machine.
type owner interface {
	// act runs with the core's lock held: it may send and queue events, and step the machine again.
	act(do Action, msg sip.Message)
	// emit tells the user of one event, without a lock, one at a time and in order.
	emit(e event)
	// over takes the transaction out of the layer's tables. The core's lock is held.
	over()
}

// event is something the user is to hear: a message, an error, or both unset for the transaction itself.
type event struct {
	kind eventKind
	msg  sip.Message
	err  error
}

type eventKind uint8

const (
	eventNew    eventKind = iota // a new server transaction
	eventPass                    // a response; the ACK of a non-2xx
	eventStray                   // for the layer's hooks
	eventCancel                  // the CANCEL of a server transaction
	eventFailed                  // err
)

// core runs one machine: it serialises what happens to it, keeps its one timer, and delivers its events in order.
// Messages are sent under the lock, which keeps their order on the wire; sending never waits. The user is called
// without it.
type core struct {
	l     *Layer
	owner owner

	mu         sync.Mutex // guards the following
	m          machine
	timer      *time.Timer
	timerAt    time.Time // when timer fires; zero: it is not running
	gone       bool      // out of the tables
	events     []event
	delivering bool
}

// start sets the machine up. The transaction is not yet reachable.
func (c *core) start(l *Layer, o owner, t *table, s State) {
	c.l, c.owner = l, o
	c.m = machine{table: t, timers: &l.timers, state: s}
}

// feed gives the machine one input, on the transport's reader, a timer or the transport's writer, and delivers what the
// user is to hear of it on the same goroutine.
func (c *core) feed(in Input, msg sip.Message) {
	c.mu.Lock()
	c.step(in, msg)
	c.schedule()
	c.mu.Unlock()
	c.deliver()
}

// command is feed for a call of the user's, who may hold locks of its own: what it is to hear comes from another
// goroutine. It reports whether the machine took the input.
func (c *core) command(in Input, msg sip.Message) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.commandLocked(in, msg)
}

// commandLocked is command with the lock held. The goroutine is started under the lock, so that none starts once stop
// has been here.
func (c *core) commandLocked(in Input, msg sip.Message) bool {
	ok := c.step(in, msg)
	c.schedule()
	if len(c.events) > 0 && !c.delivering {
		c.l.wg.Go(c.deliver)
	}
	return ok
}

// step gives the machine one input and has its actions done. The lock is held.
func (c *core) step(in Input, msg sip.Message) bool {
	do, ok := c.m.step(in, time.Now())
	if ok {
		c.owner.act(do, msg)
	}
	return ok
}

// schedule steps the machine with every clock that has run out, then sets the timer for the next, or takes the ended
// transaction out of the tables. The lock is held.
func (c *core) schedule() {
	now := time.Now()
	for in, ok := c.m.due(now); ok; in, ok = c.m.due(now) {
		c.step(in, nil)
	}
	if c.m.state == Terminated && !c.gone {
		c.gone = true
		c.owner.over()
	}
	at := c.m.next()
	switch {
	case c.gone || at.IsZero():
		if !c.timerAt.IsZero() {
			c.timer.Stop()
			c.timerAt = time.Time{}
		}
	case at.Equal(c.timerAt):
	case c.timer == nil:
		c.timer = time.AfterFunc(at.Sub(now), c.tick)
		c.timerAt = at
	default:
		c.timer.Reset(at.Sub(now))
		c.timerAt = at
	}
}

// tick is the timer. A tick that comes too early or too late finds nothing due and only sets the timer again.
func (c *core) tick() {
	c.mu.Lock()
	c.timerAt = time.Time{}
	c.schedule()
	c.mu.Unlock()
	c.deliver()
}

// stop ends the transaction without a word, when the layer closes.
func (c *core) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m.state, c.gone, c.events = Terminated, true, nil
	if c.timer != nil {
		c.timer.Stop()
	}
}

// queue notes an event for deliver. The lock is held.
func (c *core) queue(e event) { c.events = append(c.events, e) }

// deliver calls the user for every event queued, unless another goroutine is at it, which then delivers these too.
func (c *core) deliver() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.delivering {
		return
	}
	c.delivering = true
	for len(c.events) > 0 {
		e := c.events[0]
		c.events = c.events[1:]
		if len(c.events) == 0 {
			c.events = nil
		}
		c.mu.Unlock()
		c.call(e)
		c.mu.Lock()
	}
	c.delivering = false
}

// call hands one event over. A panic of the user's ends this transaction only.
func (c *core) call(e event) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		c.l.stats.panics.Add(1)
		c.l.log.Error("sip transaction handler failed", "panic", p, "stack", string(debug.Stack()))
		if s, ok := c.owner.(*Server); ok && e.kind == eventNew {
			s.answer(500, "Server Internal Error")
		}
	}()
	c.owner.emit(e)
}
