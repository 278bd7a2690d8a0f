package handset

import (
	"errors"
	"strings"

	"causeway/test/lab/sdp"
	"causeway/test/lab/sip"
	"causeway/test/lab/voice"
)

// describe is our end for the next description; the version rises when the
// text changes (RFC 3264 8).
func (c *Call) describe(pre *preconditions, confirm bool) local {
	return local{id: c.media.id, version: c.media.version, addr: c.stream.Addr(), direction: c.media.want, pre: pre, confirm: confirm, call: c}
}

// sentSDP remembers a description and raises the version for the next one.
func (c *Call) sentSDP(text string) string {
	if text != c.media.sent {
		c.media.version++
	}
	c.media.sent = text
	return text
}

// takeOffer reads an offer and puts the terms in force; the answer text comes
// back. errNoCodec means 488.
func (c *Call) takeOffer(body []byte, pre *preconditions, confirm bool) (string, error) {
	s, m, err := readSDP(body)
	if err != nil {
		return "", err
	}
	c.lint(body)
	t, err := settle(c.script, s, m, c.media.want)
	if err != nil {
		return "", err
	}
	t.Accepted = t.Accepted[:1]
	if t.Events.Name == "" {
		c.fault("no_dtmf", "the offer has no telephone-event at %d Hz", t.Codec.Clock)
	}
	l := c.describe(pre, confirm)
	l.direction = t.Direction
	c.inForce(t, s.Direction(m))
	return c.sentSDP(l.answer(t, s)), nil
}

// inForce gives the terms to the stream once it is live.
func (c *Call) inForce(t *voice.Terms, theirs string) {
	c.media.terms = t
	held := theirs == "sendonly" || theirs == "inactive"
	if held && !c.media.remoteHold {
		c.media.holds++
	}
	c.media.remoteHold = held
	if c.media.live {
		c.stream.Set(t)
	}
}

// goLive lets the stream send: with early media, or with the answer of a call.
func (c *Call) goLive() {
	c.media.live = true
	if c.media.terms != nil {
		c.stream.Set(c.media.terms)
	}
}

// makeOffer opens an offer of ours.
func (c *Call) makeOffer(script Script, pre *preconditions) string {
	text, codecs := c.describe(pre, false).offer(script)
	c.media.offered, c.media.open = codecs, true
	return c.sentSDP(text)
}

// takeAnswer closes our offer.
func (c *Call) takeAnswer(script Script, body []byte) error {
	s, m, err := readSDP(body)
	if err != nil {
		return err
	}
	c.lint(body)
	c.media.open = false
	t, err := settle(script, s, m, c.media.want)
	if err != nil {
		return err
	}
	for i := range t.Accepted {
		if !c.wasOffered(t.Accepted[i]) {
			c.fault("answer_codec", "the answer has %s under a payload type or form that was not offered", t.Accepted[i].Name)
		}
	}
	if want := max(1, c.picture.line); len(s.Media) != want {
		c.fault("answer_shape", "%d m-lines were offered, %d were answered", want, len(s.Media))
	}
	c.takeVideo(s)
	held, holds := c.media.remoteHold, c.media.holds
	c.inForce(t, s.Direction(m))
	if c.media.want != "sendrecv" { // an answer to our own hold says nothing of theirs
		c.media.remoteHold, c.media.holds = held, holds
	}
	c.script.Codecs = script.Codecs
	return nil
}

// wasOffered: the same payload type, name and packing form (RFC 3264 6.1, RFC
// 4867 8.3.1).
func (c *Call) wasOffered(x sdp.Codec) bool {
	for _, o := range c.media.offered {
		if o.PayloadType == x.PayloadType && strings.EqualFold(o.Name, x.Name) {
			return !voice.IsAMR(o.Name) || strings.Contains(o.RawFMTP, "octet-align=1") == (x.FMTP["octet-align"] == "1")
		}
	}
	return false
}

// lint looks for what has no place on a core leg (TS 23.228 U.1.1).
func (c *Call) lint(body []byte) {
	for _, mark := range []string{"ice-", "candidate", "fingerprint", "setup", "rtcp-mux", "msid", "SAVP", "BUNDLE", "opus"} {
		if strings.Contains(string(body), mark) {
			c.fault("webrtc_sdp", "the handset saw %s", mark)
		}
	}
	if strings.Contains(string(body), "c=IN IP4 0.0.0.0") {
		c.fault("old_hold", "hold by 0.0.0.0 (RFC 3264 8.4)")
	}
}

// reoffer sends a re-INVITE with a new direction or other codecs.
func (c *Call) reoffer(direction string, script Script) error {
	if c.state != "up" || c.media.terms == nil {
		return ErrNoCall
	}
	if c.media.open {
		return errors.New("an offer is already open")
	}
	before := c.media.want
	c.media.want = direction
	m := c.dialog.request("INVITE", 0)
	number, _ := m.CSeq()
	m.Add("Contact", c.contact())
	m.Add("Allow", allow)
	m.Add("Supported", "100rel, timer")
	withSDP(m, c.makeOffer(script, nil))
	acked := false
	c.send(&c.dialog, m, func(res *sip.Message) {
		switch {
		case res == nil:
			c.media.open = false
			c.hangup("no answer to a re-INVITE")
		case res.Status < 200:
		case res.Status < 300:
			c.ack(&c.dialog, number, "")
			if acked {
				return
			}
			acked = true
			if err := c.takeAnswer(script, res.Body); err != nil {
				c.fault("answer", "re-INVITE answer: %v", err)
			}
		default:
			c.media.open, c.media.want = false, before
			c.refused(res, direction, script)
		}
	})
	return nil
}

// refused handles a re-INVITE that failed: glare is tried again (RFC 3261
// 14.1), a lost dialog ends the call.
func (c *Call) refused(res *sip.Message, direction string, script Script) {
	switch res.Status {
	case 491:
		wait := c.farm.stack.T1() * 2
		if c.outgoing {
			wait *= 3
		}
		c.timers = append(c.timers, c.farm.stack.After(wait, func() {
			if c.state == "up" {
				_ = c.reoffer(direction, script)
			}
		}))
	case 408, 481:
		c.end("the dialog is gone")
	default:
		c.fault("reinvite_refused", "re-INVITE answered %d", res.Status)
	}
}

// ack acknowledges a 2xx on its dialog (RFC 3261 13.2.2.4).
func (c *Call) ack(d *dialog, number uint32, answer string) {
	m := d.request("ACK", number)
	if answer != "" {
		withSDP(m, answer)
	}
	c.farm.stack.Forward(m, d.next(c.farm.cfg.Core))
}
