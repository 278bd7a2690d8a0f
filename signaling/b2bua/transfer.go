package b2bua

import (
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/wire"
)

// transfer is what a call knows of transfers.
type transfer struct {
	with     *Call     // the other call of a transfer of this one
	replaces string    // incoming: the name of the call whose place this one takes
	place    *Call     // that call
	wish     *ims.Wish // what the far side asks for, while the table decides
	follows  *ims.Wish // outgoing: what this call fulfils
}

// hand begins a transfer of this call (call.transfer).
func (c *Call) hand(id wire.ID, p wire.TransferParams) {
	if p.With != "" {
		other := c.host.Call(p.With)
		if other == nil {
			c.host.Refuse(id, wire.NewError(wire.NameCallUnknown).WithMessage("There is no such call to put the other party through to."))
			return
		}
		if other == c || !other.fsm.Lendable() {
			c.host.Refuse(id, wire.NewError(wire.NameCallState).WithMessage("The second call has to be another one, answered, and in no transfer of its own."))
			return
		}
		if c.fsm.Lendable() { // else the table refuses, and what is under way keeps its other call
			c.with = other
		}
	}
	c.request(id, call.Transfer{Request: ref(id), Target: p.Target, With: p.With})
}

// doTransfer carries out the actions of transfers.
func (c *Call) doTransfer(a call.Action) {
	switch a := a.(type) {
	case call.SendRefer:
		c.sendRefer(a)
	case call.AcceptRefer:
		c.wish.Take()
	case call.RefuseRefer:
		c.log.Info("transfer refused", "status", a.Status)
		c.wish.Refuse(a.Status)
	case call.LendOther:
		if c.with.here(c.host) {
			c.with.input(call.Lend(a))
		}
	case call.EndOther:
		if c.with.here(c.host) {
			c.with.End(a.Cause)
		}
	case call.EndReplaced:
		if c.place.here(c.host) {
			c.place.End(call.Cause{Side: call.Core, Kind: call.Replaced})
		}
	case call.TellTransfer:
		c.tellTransfer(a)
	case call.TellRefer:
		c.log.Info("the far side asks for a transfer", "follow", a.Follow)
		c.host.Wish(c.name, c.wish, a.Follow)
	}
}

// here reports a call that has not ended and is still this host's: a name may be another call's by now.
func (c *Call) here(h Host) bool { return c != nil && !c.over && h.Call(c.name) == c }

// sendRefer asks the far side. With another call, that one's dialog is asked for its name first.
func (c *Call) sendRefer(a call.SendRefer) {
	if a.With == "" {
		c.refer(ims.ReferParams{Target: a.Target})
		return
	}
	c.with.dialog.Place(func(p ims.Place, ok bool) {
		c.post(func() {
			if !ok {
				c.input(call.ReferFailed{Cause: call.Cause{Side: call.Gateway, Kind: call.TransferFailed, Text: "the second call has just ended"}})
				return
			}
			c.refer(ims.ReferParams{Place: &p})
		})
	})
}

func (c *Call) refer(p ims.ReferParams) {
	if err := c.dialog.Refer(p); err != nil {
		c.input(call.ReferFailed{Cause: call.CauseOf(err)})
	}
}

// transferEvent turns what SIP says of transfers into inputs.
func (c *Call) transferEvent(e ims.CallEvent) {
	switch e := e.(type) {
	case ims.Confirmed:
		c.input(call.Confirmed{})
	case ims.ReferTaken:
		c.input(call.ReferTaken{})
	case ims.ReferProgress:
		c.input(call.ReferProgress{Status: e.Status})
	case ims.ReferDone:
		c.input(call.ReferDone{})
	case ims.ReferFailed:
		c.input(call.ReferFailed{Cause: e.Cause})
	case ims.Referred:
		c.wish = e.Wish
		c.input(call.Referred{})
		c.wish = nil
	}
}

// tellTransfer tells the browser how far it has come.
func (c *Call) tellTransfer(a call.TellTransfer) {
	e := wire.CallTransferring{Call: c.name, State: string(a.Word), SIP: a.Status}
	if a.Word == call.TransferFails {
		cause := browserCause(a.Cause)
		e.Cause = &cause
	}
	if a.Word != call.TransferRinging {
		c.log.Info("transfer", "state", string(a.Word), "sip", a.Status)
	}
	c.host.Tell(wire.EventTransferring, e)
}

// Key is the SIP dialog's name, "" while there is none.
func (c *Call) Key() string {
	if c.dialog == nil {
		return ""
	}
	return c.dialog.Key()
}
