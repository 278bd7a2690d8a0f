package b2bua

import (
	"log/slog"
	"sync"

	"causeway/signaling/call"
	"causeway/signaling/sdp"
	"causeway/signaling/wire"
)

// A call moves from one browser of a user to another (wire.PullParams). The core leg, the SIP dialog and the media session stay as
// they are: the network notices nothing. Only the access leg gets another far end, which is a new description like any other: new
// ICE credentials, and a new fingerprint, which is a new DTLS association (RFC 8842 4).
//
//	old host's queue                                 new host's queue
//	Pull: the offer is answered
//	Move: from here on nothing new is posted; it waits (since)
//	... what was queued before Move waits too (held)
//	barrier ------------------------------------------> arrived, held, since, in this order; then posts as before
//
// Every event of the call is handled exactly once and in the order it was posted.

// handover is where the queue of a call is.
type handover struct {
	mu     sync.Mutex // guards moving, since, and host against post; the queue's owner reads host without it
	host   Host
	moving bool
	since  []func() // posted since Move
	held   []func() // queued before Move, not run yet; belongs to the old host's queue, then to the new one's
}

// post runs f in the host's queue unless the call is over by then. While the call changes hosts f waits.
func (c *Call) post(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.moving {
		c.since = append(c.since, f)
		return
	}
	c.host.Post(func() { c.run(f) })
}

// run runs f, or lets it wait in a call that is on its way: what runs in the old host's queue after Move was posted before it.
func (c *Call) run(f func()) {
	c.mu.Lock()
	moving := c.moving
	c.mu.Unlock()
	switch {
	case moving:
		c.held = append(c.held, f)
	case !c.over:
		f()
	}
}

// errBusy says that a call cannot be moved as it stands.
var errBusy = wire.NewError(wire.NameCallState).WithMessage("Only a call that is answered, and in which nothing else is just being changed, can be moved.")

// Pull answers the offer of another browser that takes the call over. After an error the call is as it was.
func (c *Call) Pull(offer string) (answer string, fault *wire.Error) {
	if !c.fsm.Lendable() || len(c.requests) > 0 || c.moving {
		return "", errBusy
	}
	parsed, err := sdp.ParseAccess(offer)
	if err != nil {
		return "", wire.NewError(wire.NameSDPInvalid).WithMessage("The offer cannot be used: %v.", err)
	}
	if answer, err = c.agree(parsed); err != nil {
		return "", wire.NewError(mediaCause(call.Browser, err).Kind.String())
	}
	return answer, nil
}

// Move gives the call to another host under another name. arrived is the first thing that happens to it there. The call must not be
// used by its old host any more.
func (c *Call) Move(to Host, name string, arrived func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moving = true
	c.host.Post(func() { // everything posted to the old host has been seen now
		to.Post(func() { c.arrive(to, name, arrived) })
	})
}

// arrive begins the call's life in its new queue.
func (c *Call) arrive(to Host, name string, arrived func()) {
	c.mu.Lock()
	waiting := append(c.held, c.since...)
	c.host, c.moving, c.held, c.since = to, false, nil, nil // what is posted from now on runs after this function
	c.mu.Unlock()
	c.log.Info("call moved to another browser", "to", name)
	c.name, c.log = name, c.logger(to.Log(), name)
	arrived()
	c.settle() // this browser may want another picture, or none
	for _, f := range waiting {
		if !c.over {
			f()
		}
	}
}

// logger names the call in the log of a host.
func (c *Call) logger(l *slog.Logger, name string) *slog.Logger {
	l = l.With("call", name)
	if c.dialog != nil {
		l = l.With("sip_call", c.dialog.ID())
	}
	return l
}
