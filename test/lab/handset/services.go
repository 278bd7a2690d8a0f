package handset

import (
	"strings"

	"causeway/test/lab/sip"
	"causeway/test/lab/voice"
)

// What supplementary services add to a call: headers as scripted, a diversion, media that moves before and after the answer.

// watched are the headers of the far side that GET /calls shows.
func watched() []string {
	return []string{"From", "P-Asserted-Identity", "Privacy", "Supported", "Alert-Info", "User-to-User", "X-Case", "X-Other", "Reason", "Referred-By"}
}

// note keeps the watched headers of a message of the far side; a later message overwrites.
func (c *Call) note(m *sip.Message) {
	for _, name := range watched() {
		if v := m.Get(name); v != "" {
			c.mark(name, v)
		}
	}
}

// mark keeps one value for GET /calls.
func (c *Call) mark(name, value string) {
	if c.seen == nil {
		c.seen = map[string]string{}
	}
	c.seen[name] = value
}

// scripted adds headers written as "Name: value"; an identity takes the usual one's place.
func scripted(m *sip.Message, lines []string) {
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		if name == "P-Asserted-Identity" {
			m.Del(name)
		}
		m.Add(name, strings.TrimSpace(value))
	}
}

// divert tells the caller that the call goes elsewhere (TS 24.604 4.5.2.6, RFC 7044); then it rings there.
func (c *Call) divert() {
	res := c.response(c.invite.Request, 181, "Call Is Being Forwarded", "")
	res.Add("History-Info", "<sip:"+c.script.Number+"@"+c.farm.cfg.HomeDomain+">;index=1")
	res.Add("History-Info", "<sip:"+c.script.DivertTo+"@"+c.farm.cfg.HomeDomain+";cause=486>;index=1.1;mp=1")
	c.provisional(res, false, c.ring)
}

// announce is an announcement server that hands over to another one before the answer: early media, then an UPDATE with
// another address and codec (RFC 3311 5.1), then the answer from there.
func (c *Call) announce() {
	c.progress(func() {
		c.later(c.script.EarlyMedia, func() {
			if err := c.move("AMR"); err != nil {
				c.fault("move", "%v", err)
			}
			c.later(c.script.EarlyMedia, c.answer)
		})
	})
}

// move takes the call to another port with other codecs, as a handover does (SRVCC: AMR only): by re-INVITE in an answered call, by
// UPDATE before.
func (c *Call) move(codecs string) error {
	stream, err := voice.New(c.farm.cfg.Address.Addr(), voice.Say{Kind: c.script.Source, ToneHz: c.script.ToneHz, DTX: c.script.DTX}, c.farm.cfg.Log)
	if err != nil {
		return err
	}
	old := c.stream
	c.stream = stream
	go old.Close()
	script := c.script
	script.Codecs = sip.SplitList(codecs)
	if c.state == "up" {
		return c.reoffer(c.media.want, script)
	}
	m := c.dialog.request("UPDATE", 0)
	m.Add("Contact", c.contact())
	m.Add("Allow", allow)
	withSDP(m, c.makeOffer(script, nil))
	c.send(&c.dialog, m, func(res *sip.Message) {
		switch {
		case res != nil && res.Status < 200:
		case res == nil || res.Status >= 300:
			c.media.open = false
			c.fault("update_refused", "UPDATE before the answer was not accepted")
		default:
			if err := c.takeAnswer(script, res.Body); err != nil {
				c.fault("answer", "answer to UPDATE: %v", err)
			}
		}
	})
	return nil
}
