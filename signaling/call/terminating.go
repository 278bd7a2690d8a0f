package call

import "time"

func incoming(c *Call, in Input, _ time.Time) []Action {
	c.State = Offering
	return []Action{OpenMedia{SDP: in.(Incoming).SDP}}
}

func openedIncoming(c *Call, in Input, _ time.Time) []Action {
	c.told = true
	return []Action{
		TellIncoming{SDP: in.(MediaOpened).SDP},
		StartTimer{AlertTimer, c.Limits.Alert},
		StartTimer{RingTimer, c.Limits.Ring},
	}
}

func alerting(c *Call, in Input, _ time.Time) []Action {
	c.State = Ringing
	return []Action{StopTimer{AlertTimer}, SendRinging{}, Reply{Request: in.(Alerting).Request}}
}

// answer gives media the browser's answer; the request is answered when media has taken it.
func answer(c *Call, in Input, _ time.Time) []Action {
	a := in.(Answer)
	c.State, c.request = Accepting, a.Request
	return []Action{StopTimer{AlertTimer}, StopTimer{RingTimer}, SetAccess{SDP: a.SDP}}
}

// accessSet goes on with an answer that media has taken: when policy is required, the 200 waits for it.
func accessSet(c *Call, _ Input, now time.Time) []Action {
	out := []Action{Reply{Request: c.request}}
	c.request = ""
	if c.Mode == PolicyRequired {
		return append(out, c.ask("")...)
	}
	out = append(append(out, AcceptCore{}), c.ask("")...)
	return append(out, c.activate(now)...)
}

func reject(c *Call, in Input, now time.Time) []Action {
	r := in.(Reject)
	return append([]Action{Reply{Request: r.Request}}, c.end(Cause{Side: Browser, Kind: r.Kind}, now)...)
}
