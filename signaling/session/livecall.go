package session

import (
	"fmt"
	"log/slog"
	"time"

	"causeway/media"
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/wire"
)

// liveCall is one call with its three sides. It belongs to its session's queue.
type liveCall struct {
	session   *Session
	name      string // the browser's id of the call
	direction string // wire.Outgoing or wire.Incoming
	log       *slog.Logger

	fsm      call.Call
	pending  []call.Input // results of actions, to be stepped before anything else
	stepping bool
	requests map[call.Request]wire.ID // requests that wait for their answer
	progress string                   // newest word of call.progress, for a snapshot
	services

	access accessLeg
	core   coreLeg
	stream Stream
	dialog Dialog
	policy Authorization // nil until policy is asked
	asked  rxPeer        // what policy was last asked about
	timers map[call.Timer]*time.Timer
	meter  *time.Timer
}

// services is what supplementary services know of a call. The table has no use for it: it changes nothing that is done.
type services struct {
	remote     wire.Remote
	called     string
	waiting    bool            // incoming: the user is in another call
	farWaiting bool            // outgoing: the called user is
	divertedTo *wire.Remote    // outgoing
	divertedBy *wire.Diversion // incoming
	extras     ims.Extras      // the page's
	position   *wire.Position  // of an emergency call
	farExtras  ims.Extras      // the far side's, of its INVITE or 200
}

func (s *Session) newCall(name, direction string) *liveCall {
	c := &liveCall{
		session: s, name: name, direction: direction, log: s.log.With("call", name),
		fsm: call.Call{Mode: s.manager.config.Policy, Limits: call.Limits{
			Ring: s.manager.config.RingTimeout, Alert: s.manager.config.AlertTimeout, Lost: max(s.manager.config.ResumeWindow, time.Second)}},
		requests: map[call.Request]wire.ID{}, timers: map[call.Timer]*time.Timer{}, progress: wire.CallTrying,
	}
	s.calls[name] = c
	return c
}

// post runs f in the session's queue unless the call has ended meanwhile.
func (c *liveCall) post(f func()) {
	c.session.post(func() {
		if c.session.calls[c.name] == c {
			f()
		}
	})
}

// input steps the call and carries out what it says. Results of actions are stepped right after the actions of the
// input that caused them, before anything else of the queue.
func (c *liveCall) input(in call.Input) {
	c.pending = append(c.pending, in)
	if c.stepping {
		return
	}
	c.stepping = true
	defer func() { c.stepping = false }()
	for len(c.pending) > 0 {
		in, c.pending = c.pending[0], c.pending[1:]
		before := c.fsm.State
		var actions []call.Action
		c.fsm, actions = call.Step(c.fsm, in, time.Now())
		if c.fsm.State != before {
			c.log.Debug("call state", "from", before.String(), "to", c.fsm.State.String())
		}
		for _, a := range actions {
			c.do(a)
		}
	}
}

// do carries out one action.
func (c *liveCall) do(a call.Action) {
	switch a := a.(type) {
	case call.OpenMedia, call.SetAccess, call.UpdateAccess, call.ConnectCore, call.SetHold, call.SendDigits, call.CloseMedia:
		c.doMedia(a)
	case call.SendInvite, call.SendProgress, call.SendRinging, call.AcceptCore, call.Reoffer, call.AnswerCore, call.RejectCoreOffer, call.EndCore:
		c.doCore(a)
	case call.AskPolicy:
		c.askPolicy(a)
	case call.ClosePolicy:
		c.closePolicy(a)
	case call.StartTimer:
		stop(c.timers[a.Timer])
		c.timers[a.Timer] = time.AfterFunc(a.After, func() { c.post(func() { c.input(call.Timeout{Timer: a.Timer}) }) })
	case call.StopTimer:
		stop(c.timers[a.Timer])
	case call.Forget:
		c.forget(a)
	default:
		c.doTell(a)
	}
}

// doTell carries out what only concerns the browser.
func (c *liveCall) doTell(a call.Action) {
	s := c.session
	switch a := a.(type) {
	case call.Reply:
		c.reply(a)
	case call.TellIncoming:
		s.tell(wire.EventIncoming, wire.CallIncomingEvent{Call: c.name, Remote: c.remote, Called: c.called, SDP: a.SDP,
			Waiting: c.waiting, DivertedBy: c.divertedBy, UserToUser: userToUser(c.farExtras), Headers: headersOf(c.farExtras)})
	case call.TellProgress:
		c.progress = string(a.Progress)
		s.tell(wire.EventProgress, wire.CallProgress{Call: c.name, State: string(a.Progress), EarlyMedia: a.EarlyMedia, SIP: a.Status,
			Waiting: c.farWaiting, DivertedTo: c.divertedTo})
	case call.TellAccepted:
		c.log.Info("call answered")
		s.tell(wire.EventAccepted, wire.CallAccepted{Call: c.name, Remote: c.remote, StartedAt: timestamp(a.At),
			UserToUser: userToUser(c.answerExtras()), Headers: headersOf(c.answerExtras())})
	case call.TellHold:
		s.tell(wire.EventHold, wire.CallHold{Call: c.name, Local: a.Local, Remote: a.Remote})
	case call.TellDigit:
		s.tell(wire.EventDTMF, wire.CallDTMF{Call: c.name, Digit: string(a.Digit), Duration: wire.Millis(a.Duration)})
	case call.TellMedia:
		s.tell(wire.EventMedia, wire.CallMedia{Call: c.name, State: string(a.Word)})
	case call.TellEnded:
		s.tell(wire.EventEnded, wire.CallEnded{Call: c.name, Cause: browserCause(a.Cause), Duration: wire.Millis(a.Answered)})
	}
}

func (c *liveCall) reply(a call.Reply) {
	id, ok := c.requests[a.Request]
	if !ok {
		return // the input was no request
	}
	delete(c.requests, a.Request)
	switch {
	case a.Err != nil:
		e := wire.NewError(a.Err.Name)
		if a.Err.Text != "" {
			e = e.WithMessage("%s", sentence(a.Err.Text))
		}
		c.session.refuse(id, e)
	case a.SDP != "":
		c.session.answer(id, wire.StartResult{Call: c.name, SDP: a.SDP})
	default:
		c.session.answer(id, nil)
	}
}

// browserCause gives a cause its face in the browser's protocol. Its sentence is the catalogue's, unless the gateway
// itself has a better one: what the far side wrote is given beside it, as its own words.
func browserCause(c call.Cause) wire.Cause {
	out := wire.NewCause(c.Kind.String(), c.Side.String())
	out.SIP, out.Q850, out.RetryAfter = c.SIP, c.Q850, wire.Millis(c.RetryAfter)
	switch {
	case c.Foreign:
		out.Reason = c.Text
	case c.Own() != "":
		out.Message = sentence(c.Own())
	}
	return out
}

// sentence gives an inner text the form of the catalogue's sentences.
func sentence(s string) string {
	if s == "" {
		return s
	}
	if s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-'a'+'A') + s[1:]
	}
	if last := s[len(s)-1]; last != '.' && last != '!' && last != '?' {
		s += "."
	}
	return s
}

// forget closes the call's books: one line in the log, one count, nothing left behind.
func (c *liveCall) forget(f call.Forget) {
	stop(c.meter)
	delete(c.session.calls, c.name)
	for r, id := range c.requests { // nothing should wait; an answer is owed all the same
		delete(c.requests, r)
		c.session.refuse(id, wire.NewError(f.Cause.Kind.String()))
	}
	attrs := []any{"direction", c.direction, "cause", f.Cause.Kind.String(), "by", f.Cause.Side.String(), "answered", f.Answered.Round(time.Millisecond).String()}
	if f.Cause.SIP != 0 {
		attrs = append(attrs, "sip", f.Cause.SIP)
	}
	if f.Cause.Text != "" {
		attrs = append(attrs, "text", f.Cause.Text)
	}
	if f.Cause.Err != nil {
		attrs = append(attrs, "err", f.Cause.Err.Error())
	}
	c.log.Log(c.session.manager.ctx, f.Cause.Level(), "call ended", attrs...)
	c.session.manager.leave(Outcome{Direction: c.direction, Cause: f.Cause.Kind.String(), Side: f.Cause.Side.String()})
}

// destroy ends a call whose handling panicked. Should even the orderly end fail, what it holds is let go by force.
func (c *liveCall) destroy(cause call.Cause) {
	c.pending, c.stepping = nil, false
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("panic while ending a call", "panic", fmt.Sprint(p))
			if c.stream != nil {
				c.stream.Close()
			}
			c.forget(call.Forget{Cause: cause})
		}
	}()
	c.input(call.End{Cause: cause})
}

// notifyDialog returns the function that takes the dialog's events into the queue.
func (c *liveCall) notifyDialog() func(ims.CallEvent) {
	return func(e ims.CallEvent) { c.post(func() { c.dialogEvent(e) }) }
}

// mediaEvent turns what media says into inputs.
func (c *liveCall) mediaEvent(e media.Event) {
	switch e := e.(type) {
	case media.AccessConnected, media.AccessRestored:
		c.startMeter()
		c.input(call.AccessUp{Moved: c.moved()})
	case media.AccessPeerChanged:
		if c.fsm.AccessUp && c.moved() {
			c.input(call.AccessUp{Moved: true})
		}
	case media.AccessLost:
		c.input(call.AccessLost{})
	case media.AccessFailed:
		c.input(call.AccessFailed{Cause: call.Cause{Side: call.Browser, Kind: call.MediaFailed, Text: string(e.Reason)}})
	case media.CoreLost:
		c.input(call.CoreLost{})
	case media.DTMF:
		c.input(call.DigitHeard{Digit: e.Digit, Duration: e.Duration})
	}
}

func (c *liveCall) snapshot() wire.Snapshot {
	s := wire.Snapshot{Call: c.name, Direction: c.direction, Remote: c.remote, LocalHold: c.fsm.LocalHold,
		RemoteHold: c.fsm.RemoteHold, StartedAt: timestamp(c.fsm.AnsweredAt)}
	switch c.fsm.State {
	case call.Active:
		s.State = wire.CallActive
	case call.Offering, call.Ringing:
		s.State = wire.CallIncoming
	case call.Accepting, call.Confirming:
		s.State = wire.CallConnecting
	default:
		s.State = c.progress
	}
	return s
}
