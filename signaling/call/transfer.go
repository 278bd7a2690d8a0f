package call

import "time"

// Transfer (RFC 3515, 5589; TS 24.629), from either side.
//
//	the user hands the far party on:
//
//	 resting --Transfer: SendRefer--> asked --ReferTaken--> going --ReferProgress--> going --ReferDone--> the call ends (transferred)
//	    ^                               |                     |
//	    '---- ReferFailed: refused -----'---------------------'  ReferFailed: told, and the call goes on as it was
//
//	the far party asks the user to call somebody: Referred --> AcceptRefer, TellRefer, or RefuseRefer by policy
//
// With a second call to put the far party through to, that one is lent: when its far side ends it, it was transferred as well.

// transfers is where a call stands in transfers of any kind.
type transfers struct {
	handover handover
	lent     bool // another call's far side is asked to take the user's place in this one
	replaces bool // this call takes the place of another one when its caller has the answer
}

// Lendable reports a call in which somebody may take the user's place: answered, and part of no transfer.
func (c Call) Lendable() bool {
	return c.State == Active && c.handover.state == resting && !c.lent
}

// handover is a transfer by the user that is under way.
type handover struct {
	state   handoverState
	request Request // waits for the far side's word
	word    TransferWord
	other   bool // there is another call in it
}

type handoverState uint8

const (
	resting handoverState = iota
	asked
	going
)

func transfer(c *Call, in Input, _ time.Time) []Action {
	t := in.(Transfer)
	if c.handover.state != resting || c.lent {
		return []Action{Reply{Request: t.Request, Err: &Refusal{
			Name: "call_state", Text: "A transfer of this call is still under way: wait for its end."}}}
	}
	c.handover = handover{state: asked, request: t.Request, other: t.With != ""}
	var out []Action
	if c.handover.other {
		out = []Action{LendOther{On: true}}
	}
	return append(out, SendRefer{Target: t.Target, With: t.With})
}

func referTaken(c *Call, _ Input, _ time.Time) []Action {
	h := &c.handover
	if h.state != asked {
		return nil
	}
	r := h.request
	h.state, h.request, h.word = going, "", TransferTrying
	return []Action{Reply{Request: r}, TellTransfer{Word: TransferTrying}}
}

func referProgress(c *Call, in Input, _ time.Time) []Action {
	status, word := in.(ReferProgress).Status, TransferTrying
	if status >= 180 {
		word = TransferRinging
	}
	if c.handover.state != going || c.handover.word == word {
		return nil
	}
	c.handover.word = word
	return []Action{TellTransfer{Word: word, Status: status}}
}

// referDone ends the call: its far party speaks with somebody else now (RFC 5589 6.1).
func referDone(c *Call, _ Input, now time.Time) []Action {
	if c.handover.state != going {
		return nil
	}
	cause := Cause{Side: Browser, Kind: Transferred}
	out := []Action{TellTransfer{Word: TransferAccepted, Status: 200}}
	if c.handover.other {
		out = append(out, EndOther{Cause: cause})
	}
	c.handover = handover{}
	return append(out, c.end(cause, now)...)
}

// referFailed leaves the call as it was.
func referFailed(c *Call, in Input, _ time.Time) []Action {
	h, cause := c.handover, in.(ReferFailed).Cause
	out := c.dropTransfer(cause)
	if h.state == going {
		out = append(out, TellTransfer{Word: TransferFails, Status: cause.SIP, Cause: cause})
	}
	return out
}

// dropTransfer gives a transfer of ours up and answers who waits for it.
func (c *Call) dropTransfer(cause Cause) []Action {
	h := c.handover
	c.handover = handover{}
	var out []Action
	if h.request != "" {
		out = append(out, Reply{Request: h.request, Err: &Refusal{Name: cause.Kind.String(), Text: cause.Own()}})
	}
	if h.other {
		out = append(out, LendOther{})
	}
	return out
}

// confirmed ends the call whose place this one takes: the new one is surely there (RFC 3891 3), and no BYE overtakes the answer.
func confirmed(c *Call, _ Input, _ time.Time) []Action {
	if !c.replaces {
		return nil
	}
	c.replaces = false
	return []Action{EndReplaced{}}
}

// lend notes that the far side of another call is asked to take the user's place here.
func lend(c *Call, in Input, _ time.Time) []Action {
	c.lent = in.(Lend).On
	return nil
}

// referred is the far side's wish. One that crosses a transfer of ours has to wait.
func referred(c *Call, _ Input, _ time.Time) []Action {
	switch {
	case c.Refers == ReferRefuse:
		return []Action{RefuseRefer{Status: 603}}
	case c.handover.state != resting:
		return []Action{RefuseRefer{Status: 491}}
	}
	return []Action{AcceptRefer{}, TellRefer{Follow: c.Refers == ReferAccept}}
}

// referredEarly is such a wish in a call that the user is not in yet.
func referredEarly(*Call, Input, time.Time) []Action { return []Action{RefuseRefer{Status: 480}} }
