package b2bua

import (
	"fmt"
	"log/slog"
	"time"

	"causeway/media"
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/wire"
)

// machine is the call's table of states, and what is to be stepped.
type machine struct {
	fsm      call.Call
	pending  []call.Input // results of actions, to be stepped before anything else
	stepping bool
}

// Call is one call with its three sides. It belongs to its host's queue: every method is called there.
type Call struct {
	agent *Agent
	handover
	name      string // the browser's id of the call
	direction string // wire.Outgoing or wire.Incoming
	log       *slog.Logger

	machine
	requests map[call.Request]wire.ID // requests that wait for their answer
	progress string                   // newest word of call.progress, for a snapshot
	services

	access accessLeg
	core   coreLeg
	video  picture
	stream Stream
	dialog Dialog
	authorization
	timers map[call.Timer]*time.Timer
	meter  meter
	ear    ear  // keys heard from the core
	over   bool // forgotten: what still comes finds nobody
}

// authorization is the Rx side of a call.
type authorization struct {
	policy Authorization // nil until policy is asked
	asked  rxPeer        // what policy was last asked about
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
	late       bool            // the page takes our description when the far side answers
	farExtras  ims.Extras      // the far side's, of its INVITE or 200
	transfer
}

// NewCall makes a call of a host that does nothing yet: the host notes it under its name, then Start or Ring begins it.
// direction is wire.Outgoing or wire.Incoming.
func (a *Agent) NewCall(host Host, name, direction string) *Call {
	return &Call{
		agent: a, handover: handover{host: host}, name: name, direction: direction, log: host.Log().With("call", name),
		machine:  machine{fsm: call.Call{Mode: a.config.Policy, Refers: a.config.Refers, Limits: a.config.Limits}},
		requests: map[call.Request]wire.ID{}, timers: map[call.Timer]*time.Timer{}, progress: wire.CallTrying,
	}
}

// End ends the call with a cause.
func (c *Call) End(cause call.Cause) { c.input(call.End{Cause: cause}) }

// input steps the call and carries out what it says. Results of actions are stepped right after the actions of the
// input that caused them, before anything else of the queue.
func (c *Call) input(in call.Input) {
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
func (c *Call) do(a call.Action) {
	switch a := a.(type) {
	case call.OpenMedia, call.SetAccess, call.UpdateAccess, call.ConnectCore, call.SetHold, call.SendDigits, call.CloseMedia:
		c.doMedia(a)
	case call.SendInvite, call.SendProgress, call.SendRinging, call.AcceptCore, call.Reoffer, call.AnswerCore, call.RejectCoreOffer, call.EndCore, call.SettlePicture:
		c.doCore(a)
	case call.SendRefer, call.AcceptRefer, call.RefuseRefer, call.LendOther, call.EndOther, call.EndReplaced, call.TellTransfer, call.TellRefer:
		c.doTransfer(a)
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

// forget closes the call's books: one line in the log, one count, nothing left behind.
func (c *Call) forget(f call.Forget) {
	stop(c.meter.timer)
	c.over = true
	c.follows.Report(f.Cause.Status()) // whatever it came to, whoever asked for this call hears of it
	for r, id := range c.requests {    // nothing should wait; an answer is owed all the same
		delete(c.requests, r)
		c.host.Refuse(id, wire.NewError(f.Cause.Kind.String()))
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
	c.log.Log(c.agent.ctx, f.Cause.Level(), "call ended", append(attrs, c.heard()...)...)
	c.host.Ended(c.name, Outcome{Direction: c.direction, Cause: f.Cause.Kind.String(), Side: f.Cause.Side.String()})
}

// Destroy ends a call whose handling panicked. Should even the orderly end fail, what it holds is let go by force.
func (c *Call) Destroy(cause call.Cause) {
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
func (c *Call) notifyDialog() func(ims.CallEvent) {
	return func(e ims.CallEvent) { c.post(func() { c.dialogEvent(e) }) }
}

// mediaEvent turns what media says into inputs.
func (c *Call) mediaEvent(e media.Event) {
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
	case media.VideoPicture:
		c.showPicture()
	case media.VideoUnconverted:
		c.unconverted(e.Busy)
	case media.DTMF:
		c.heardDigit(e.Digit, e.Duration, false)
	case media.DTMFUnsent:
		c.unsent(e.Digit, e.Duration)
	}
}

func stop(t *time.Timer) {
	if t != nil {
		t.Stop()
	}
}
