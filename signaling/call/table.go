package call

import "time"

// handler answers one (state, input) pair: it changes the call and returns what is to be done.
type handler func(c *Call, in Input, now time.Time) []Action

// behaviour is the whole of a call's behaviour. A nil entry means: ignore, and refuse the browser's request if it was
// one. Every pair is walked by TestMatrix.
var behaviour = [states][inputKinds]handler{
	Idle: {
		kStart:    start,
		kIncoming: incoming,
		kEnd:      endNow,
	},
	Opening: {
		kHangup:       hangup,
		kMediaOpened:  openedOutgoing,
		kMediaRefused: mediaRefused,
		kEnd:          endNow,
	},
	Calling: with(common, entries{
		kProvisional: provisional,
		kAccepted:    accepted,
		kFailed:      failed,
		kDigits:      digits, // an announcement in early media may ask for them
	}),
	Confirming: with(common, entries{
		kPolicyAnswer: confirmPolicy,
	}),
	Offering: with(common, entries{
		kMediaOpened: openedIncoming,
		kResources:   resources,
		kAlerting:    alerting,
		kAnswer:      answer,
		kReject:      reject,
		kCoreAnswer:  earlyAnswer,
	}),
	Ringing: with(common, entries{
		kAlerting:   again,
		kAnswer:     answer,
		kReject:     reject,
		kCoreAnswer: earlyAnswer,
	}),
	Accepting: with(common, entries{
		kMediaOpened:  accessSet,
		kPolicyAnswer: acceptPolicy,
		kCoreAnswer:   earlyAnswer,
	}),
	Active: with(common, entries{
		kAnswer:        again,
		kHold:          hold,
		kResume:        resume,
		kDigits:        digits,
		kCoreAnswer:    coreAnswer,
		kOfferRejected: offerRejected,
		kCoreLost:      coreLost,
		kConfirmed:     confirmed,
		kTransfer:      transfer,
		kReferTaken:    referTaken,
		kReferProgress: referProgress,
		kReferDone:     referDone,
		kReferFailed:   referFailed,
		kReferred:      referred,
		kLend:          lend,
		kPicture:       picture,
	}),
	Ended: {
		kHangup: again,
		kReject: again,
	},
}

type entries = map[inputKind]handler

// common is what every state between Opening and Ended does alike.
var common = [inputKinds]handler{
	kHangup:        hangup,
	kUpdate:        update,
	kMediaRefused:  mediaRefused,
	kAccessUp:      accessUp,
	kAccessLost:    accessLost,
	kAccessFailed:  accessFailed,
	kDigitHeard:    digitHeard,
	kCoreOffer:     coreOffer,
	kCoreEnded:     coreEnded,
	kPolicyAnswer:  policyAnswer,
	kPolicyAborted: policyAborted,
	kTimeout:       timeout,
	kReferred:      referredEarly,
	kEnd:           endNow,
}

// with returns the common row with a state's own entries laid over it.
func with(base [inputKinds]handler, own entries) [inputKinds]handler {
	for k, h := range own {
		base[k] = h
	}
	return base
}

// ---- both directions -------------------------------------------------------------------------------------------

func endNow(c *Call, in Input, now time.Time) []Action { return c.end(in.(End).Cause, now) }

func hangup(c *Call, in Input, now time.Time) []Action {
	kind := Normal
	if c.State != Active && c.Outgoing {
		kind = Cancelled
	} else if c.State == Offering || c.State == Ringing {
		kind = Declined
	}
	return append([]Action{Reply{Request: in.(Hangup).Request}}, c.end(Cause{Side: Browser, Kind: kind}, now)...)
}

// again answers a request whose wish is already fulfilled.
func again(_ *Call, in Input, _ time.Time) []Action { return []Action{Reply{Request: requestOf(in)}} }

func update(_ *Call, in Input, _ time.Time) []Action {
	u := in.(Update)
	return []Action{UpdateAccess(u)}
}

func mediaRefused(c *Call, in Input, now time.Time) []Action {
	return c.end(in.(MediaRefused).Cause, now)
}

// accessUp also tells policy where the browser is now: the policed flow is the access leg's (TS 29.214 A.1).
func accessUp(c *Call, in Input, _ time.Time) []Action {
	word := MediaConnected
	if c.AccessUp {
		word = MediaBack
	}
	c.AccessUp, c.lost = true, false
	out := []Action{StopTimer{LostTimer}, TellMedia{word}}
	if c.Asked && in.(AccessUp).Moved {
		out = append(out, c.ask(c.answered.sdp)...)
	}
	return out
}

func accessLost(c *Call, _ Input, _ time.Time) []Action {
	if c.lost {
		return nil
	}
	c.lost = true
	return []Action{StartTimer{LostTimer, c.Limits.Lost}, TellMedia{MediaAway}}
}

func accessFailed(c *Call, in Input, now time.Time) []Action {
	return c.end(in.(AccessFailed).Cause, now)
}

func coreLost(c *Call, _ Input, now time.Time) []Action {
	return c.end(Cause{Side: Core, Kind: MediaLost, Text: "no media came from the far side"}, now)
}

func digitHeard(_ *Call, in Input, _ time.Time) []Action {
	d := in.(DigitHeard)
	return []Action{TellDigit(d)}
}

func digits(_ *Call, in Input, _ time.Time) []Action { return []Action{SendDigits(in.(Digits))} }

func coreEnded(c *Call, in Input, now time.Time) []Action {
	cause := in.(CoreEnded).Cause
	if c.lent && cause.Kind == Normal { // its far side has been taken over
		cause.Kind = Transferred
	}
	return c.end(cause, now)
}

func timeout(c *Call, in Input, now time.Time) []Action {
	switch in.(Timeout).Timer {
	case LostTimer:
		if !c.lost {
			return nil
		}
		return c.end(Cause{Side: Browser, Kind: MediaLost, Text: "the browser's connection did not come back"}, now)
	case AlertTimer:
		if c.State != Offering {
			return nil
		}
		return c.end(Cause{Side: Browser, Kind: Unavailable, Text: "the page did not alert its user"}, now)
	default:
		if c.reserving {
			return c.end(Cause{Side: Core, Kind: PreconditionFailed, Text: "the caller's network did not reserve the resources in time"}, now)
		}
		if c.State == Active || c.State == Confirming || c.State == Accepting {
			return nil
		}
		return c.end(Cause{Side: Gateway, Kind: NoAnswer, Text: "nobody answered in time"}, now)
	}
}

// coreOffer answers a re-INVITE or UPDATE of the core. While our own offer is under way the core's loses: glare is
// SIP's to sort out (RFC 3261 14.2), so 491 here is the rare rest of it.
func coreOffer(c *Call, in Input, _ time.Time) []Action {
	o := in.(CoreOffer)
	if c.nego != quiet {
		return []Action{RejectCoreOffer{Status: 491}}
	}
	heard := c.State != Calling || c.EarlyMedia
	out := []Action{AnswerCore{Dialog: o.Dialog, SDP: o.SDP, Held: c.LocalHold, Heard: heard, Unheard: o.Unheard}}
	if o.Unheard {
		return out
	}
	c.answered, c.pending = remote{o.Dialog, o.SDP, heard}, remote{}
	announcing := c.State == Calling // an announcement that does not listen holds nobody
	if o.Hold != c.RemoteHold && !announcing {
		c.RemoteHold = o.Hold
		out = append(out, SetHold{Local: c.LocalHold, Remote: c.RemoteHold}, TellHold{Local: c.LocalHold, Remote: c.RemoteHold})
	}
	return append(out, c.ask(o.SDP)...)
}

// ---- policy ----------------------------------------------------------------------------------------------------

func policyAborted(c *Call, _ Input, now time.Time) []Action {
	return c.end(Cause{Side: Core, Kind: PolicyReleased, Text: "the network's policy ended the call"}, now)
}

// fatal tells whether a verdict ends a call in this mode, and as what. Best effort goes on whatever the PCRF says.
func (c *Call) fatal(p PolicyAnswer) (Cause, bool) {
	if p.Verdict == Granted || c.Mode != PolicyRequired {
		return Cause{}, false
	}
	cause := Cause{Side: Core, Kind: PolicyRejected, Text: p.Text}
	if p.Verdict == Unreachable {
		cause = Cause{Side: Gateway, Kind: CoreUnreachable, Text: "the network's policy function does not answer"}
	}
	return cause, true
}

// policyAnswer is the ordinary case: nothing waits for it but, in Required mode, an early answer's media.
func policyAnswer(c *Call, in Input, now time.Time) []Action {
	p := in.(PolicyAnswer)
	if p.Attempt != c.Attempt {
		return nil
	}
	if cause, ends := c.fatal(p); ends {
		return c.end(cause, now)
	}
	c.Granted = p.Verdict == Granted
	return c.release()
}

// release connects the core answer that waited for policy.
func (c *Call) release() []Action {
	if c.pending == (remote{}) {
		return nil
	}
	r := c.pending
	c.pending = remote{}
	return []Action{r.connect()}
}

func confirmPolicy(c *Call, in Input, now time.Time) []Action {
	if in.(PolicyAnswer).Attempt != c.Attempt {
		return nil
	}
	out := policyAnswer(c, in, now)
	if c.State == Ended {
		return out
	}
	return append(out, c.activate(now)...)
}

func acceptPolicy(c *Call, in Input, now time.Time) []Action {
	if in.(PolicyAnswer).Attempt != c.Attempt {
		return nil
	}
	out := policyAnswer(c, in, now)
	if c.State == Ended || c.request != "" { // media has not taken the browser's answer yet: accessSet asks anew
		return out
	}
	return append(append(out, AcceptCore{}), c.activate(now)...)
}

// activate is the answered call, the same for both directions.
func (c *Call) activate(now time.Time) []Action {
	c.State, c.AnsweredAt, c.EarlyMedia = Active, now, false
	return []Action{StopTimer{RingTimer}, StopTimer{AlertTimer}, TellAccepted{At: now}}
}
