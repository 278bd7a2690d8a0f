package rx

import (
	"context"
	"sync"
)

// Event is something the PCRF did to a session: Aborted, Changed or AnsweredLate.
type Event interface{ event() }

// Aborted says that the PCRF wants the session to end (ASR). It has been answered; the receiver ends the call and calls
// [Session.Terminate]. It comes at most once for a session.
type Aborted struct{ Cause AbortCause }

// Changed says what happened to the session's bearers (RAR). It has been answered.
type Changed struct {
	Actions []SpecificAction // at least one
	Flows   []AffectedFlows  // empty for all
	Access  Access
	// AbortCause is why the bearer went, when the PCRF says so.
	AbortCause    AbortCause
	HasAbortCause bool
}

// AffectedFlows names flows of one media component.
type AffectedFlows struct {
	Component uint32
	Numbers   []uint32 // empty for every flow of the component
}

// AnsweredLate is the answer to an authorisation whose Authorize has returned without one. When it grants, the
// resources are there from now on.
type AnsweredLate struct{ Result Result }

func (Aborted) event()      {}
func (Changed) event()      {}
func (AnsweredLate) event() {}

// Has says whether the RAR reports the action.
func (c Changed) Has(a SpecificAction) bool {
	for _, b := range c.Actions {
		if a == b {
			return true
		}
	}
	return false
}

// maxEvents is how many events of one session may wait for its Notify.
const maxEvents = 32

// mailbox carries events from the peer's loop, which must not block, to the sessions' Notify functions, which are not
// ours. Sessions take turns, so that a flooded one holds up nobody.
type mailbox struct {
	wake chan struct{} // one token: there is something to do

	mu    sync.Mutex // guards the following and every Session.events
	ready []*Session // sessions with events, each once
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

// put queues an event. It reports false when too many wait and the event is not of the kind that must not be lost.
func (b *mailbox) put(s *Session, ev Event, must bool) bool {
	if s.params.Notify == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(s.events) >= maxEvents && !must {
		return false
	}
	s.events = append(s.events, ev)
	if len(s.events) == 1 {
		b.ready = append(b.ready, s)
	}
	select {
	case b.wake <- struct{}{}:
	default:
	}
	return true
}

// take returns the next event. The session goes to the end of the line.
func (b *mailbox) take() (*Session, Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.ready) == 0 {
		return nil, nil
	}
	s := b.ready[0]
	b.ready = b.ready[1:]
	ev := s.events[0]
	s.events = s.events[1:]
	if len(s.events) > 0 {
		b.ready = append(b.ready, s)
	}
	return s, ev
}

// run delivers events until ctx ends.
func (b *mailbox) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		}
		for s, ev := b.take(); s != nil; s, ev = b.take() {
			s.params.Notify(ev)
			if ctx.Err() != nil {
				return
			}
		}
	}
}
