package call

import "time"

// hold and resume change the core leg only: a=sendonly and back (RFC 3264 8.4). The access leg keeps running, so that
// a long hold leaves ICE, DTLS and the SRTP roll-over counter untouched.

func hold(c *Call, in Input, _ time.Time) []Action { return c.renegotiate(in.(Hold).Request, holding) }

func resume(c *Call, in Input, _ time.Time) []Action {
	return c.renegotiate(in.(Resume).Request, resuming)
}

func (c *Call) renegotiate(r Request, to negotiation) []Action {
	if c.nego != quiet {
		return []Action{Reply{Request: r, Err: &Refusal{
			Name: "call_state", Text: "A hold, a resume or a change of video of this call is still under way: wait for its end."}}}
	}
	if c.LocalHold == (to == holding) {
		return []Action{Reply{Request: r}}
	}
	c.nego, c.request = to, r
	return []Action{Reoffer{Held: to == holding}}
}

// coreAnswer completes our hold or resume, or answers the offer that an offerless INVITE made us send (RFC 3264 4).
func coreAnswer(c *Call, in Input, _ time.Time) []Action {
	sdp := in.(CoreAnswer).SDP
	if c.nego == quiet {
		if sdp == c.answered.sdp {
			return nil
		}
		c.answered.sdp, c.answered.heard = sdp, true
		return append([]Action{c.answered.connect()}, c.ask(sdp)...)
	}
	if c.nego == picturing {
		c.nego, c.picture, c.answered.sdp, c.answered.heard = quiet, false, sdp, true
		return append([]Action{c.answered.connect(), SettlePicture{}}, c.ask(sdp)...)
	}
	c.LocalHold, c.answered.sdp, c.answered.heard = c.nego == holding, sdp, true
	r := c.request
	c.nego, c.request = quiet, ""
	out := []Action{c.answered.connect(), SetHold{Local: c.LocalHold, Remote: c.RemoteHold},
		Reply{Request: r}, TellHold{Local: c.LocalHold, Remote: c.RemoteHold}}
	return append(append(out, c.ask(sdp)...), c.owedPicture()...)
}

// picture offers the core a changed wish for video, now or when what is under way is done.
func picture(c *Call, _ Input, _ time.Time) []Action {
	if c.nego != quiet {
		c.picture = true
		return nil
	}
	c.nego = picturing
	return []Action{Reoffer{Held: c.LocalHold}}
}

// owedPicture has a wish looked at again that came while something else was under way.
func (c *Call) owedPicture() []Action {
	if !c.picture {
		return nil
	}
	c.picture = false
	return []Action{SettlePicture{}}
}

// offerRejected leaves everything as it was (RFC 3261 14.1) and tells the browser why.
func offerRejected(c *Call, in Input, _ time.Time) []Action {
	if c.nego == quiet {
		return nil
	}
	if c.nego == picturing { // the call goes on as it was
		c.nego, c.picture = quiet, false
		return []Action{SettlePicture{Refused: true}}
	}
	r := c.request
	c.nego, c.request = quiet, ""
	cause := in.(OfferRejected).Cause
	return append([]Action{Reply{Request: r, Err: &Refusal{Name: cause.Kind.String(), Text: cause.Own()}}}, c.owedPicture()...)
}
