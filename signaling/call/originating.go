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
	if p.SDP != "" {
		out = c.coreAnswered(remote{p.Dialog, p.SDP})
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
	c.answered = r
	if c.Mode == PolicyRequired {
		c.pending = r
		return c.ask(r.sdp)
	}
	return append([]Action{ConnectCore{Dialog: r.dialog, SDP: r.sdp}}, c.ask(r.sdp)...)
}

func accepted(c *Call, in Input, now time.Time) []Action {
	var out []Action
	if a := in.(Accepted); a.SDP != "" {
		out = c.coreAnswered(remote{a.Dialog, a.SDP})
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
