package call

import "time"

func start(c *Call, in Input, _ time.Time) []Action {
	s := in.(Start)
	c.State, c.Outgoing, c.start, c.request = Opening, true, s, s.Request
	return []Action{OpenMedia{SDP: s.SDP}}
}

// openedOutgoing answers the browser at once with the gateway's own access answer, so that ICE and DTLS are up before
// the far side answers and the peer's address is known to policy, and sends the INVITE.
func openedOutgoing(c *Call, in Input, _ time.Time) []Action {
	s, r := c.start, c.request
	c.State, c.start, c.request, c.told = Calling, Start{}, "", true
	return []Action{
		Reply{Request: r, SDP: in.(MediaOpened).SDP},
		StartTimer{RingTimer, c.Limits.Ring},
		SendInvite{Target: s.Target, From: s.From, Anonymous: s.Anonymous},
	}
}

func provisional(c *Call, in Input, _ time.Time) []Action {
	p := in.(Provisional)
	var out []Action
	r := remote{p.Dialog, p.SDP, p.EarlyMedia}
	if p.SDP == "" { // of what is connected, only the network's word may have changed
		r = c.answered
		r.heard = p.EarlyMedia
	}
	if r.sdp != "" {
		out = c.coreAnswered(r)
	}
	c.EarlyMedia = p.EarlyMedia
	word := ProgressTrying
	switch {
	case p.Status == 181:
		word = ProgressDiverted
	case p.EarlyMedia:
		word = ProgressEarly
	case p.Status == 180:
		word = ProgressRinging
	}
	return append(out, TellProgress{Progress: word, Status: p.Status, EarlyMedia: p.EarlyMedia})
}

// coreAnswered connects media to an SDP answer of the core and asks policy; when policy is required, it asks first.
// The same answer again (in the 200 after the 183) changes nothing.
func (c *Call) coreAnswered(r remote) []Action {
	if r == c.answered {
		return nil
	}
	known := r.dialog == c.answered.dialog && r.sdp == c.answered.sdp
	c.answered = r
	switch waits := c.pending.sdp != ""; {
	case c.Mode == PolicyRequired && !known:
		c.pending = r
		return c.ask(r.sdp)
	case known && waits:
		c.pending = r
		return nil
	case known:
		return []Action{r.connect()}
	}
	return append([]Action{r.connect()}, c.ask(r.sdp)...)
}

func accepted(c *Call, in Input, now time.Time) []Action {
	var out []Action
	a := in.(Accepted)
	r := remote{a.Dialog, a.SDP, true}
	if a.SDP == "" {
		r = c.answered
		r.heard = true
	}
	if r.sdp != "" {
		out = c.coreAnswered(r)
	}
	if c.answered.sdp == "" {
		return c.end(Cause{Side: Core, Kind: MediaIncompatible, Text: "the far side answered without media"}, now)
	}
	if c.Mode == PolicyRequired && !c.Granted {
		c.State = Confirming
		return append(out, StopTimer{RingTimer})
	}
	return append(out, c.activate(now)...)
}

func failed(c *Call, in Input, now time.Time) []Action { return c.end(in.(Failed).Cause, now) }
