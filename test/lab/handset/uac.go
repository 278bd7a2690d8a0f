package handset

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"causeway/test/lab/sip"
)

// Outgoing is a call a handset makes.
type Outgoing struct {
	To            string   `json:"to"`            // number with +, or a tel: or sip: URI
	Anonymous     bool     `json:"anonymous"`     // Privacy: id, From anonymous (RFC 3323)
	Preconditions bool     `json:"preconditions"` // RFC 3312, needs 100rel at the far side
	Offerless     bool     `json:"offerless"`     // INVITE without SDP
	Source        string   `json:"source"`        // instead of the script's
	Codecs        []string `json:"codecs"`        // instead of the script's
	Headers       []string `json:"headers"`       // added to the INVITE, "Name: value"
	SessionTimer  int      `json:"sessionTimer"`  // Session-Expires in seconds, 0 = none
}

// Call makes a handset call somebody; it returns the id of the call.
func (f *Farm) Call(number string, o Outgoing) (string, error) {
	var id string
	err := ErrNoHandset
	f.stack.Do(func() {
		script, ok := f.scripts[number]
		if !ok {
			return
		}
		script.Then, script.Preconditions = nil, o.Preconditions
		if o.Source != "" {
			script.Source = o.Source
		}
		if len(o.Codecs) > 0 {
			script.Codecs = o.Codecs
		}
		id, err = f.dial(script, o)
	})
	return id, err
}

// callBack is the callback handset's second half: an echo calls the caller.
func (f *Farm) callBack(c *Call) {
	script := f.scripts[c.script.Number]
	script.Then, script.Source, script.Codecs = nil, "echo", []string{"EVS", "AMR-WB/be", "AMR/be"}
	if _, err := f.dial(script, Outgoing{To: c.party}); err != nil {
		f.cfg.Log.Warn("callback failed", "handset", script.Number, "err", err)
	}
}

func (f *Farm) dial(script Script, o Outgoing) (string, error) {
	uri := o.To
	if !strings.Contains(uri, ":") {
		uri = "tel:" + uri
	}
	if _, err := sip.ParseURI(uri); err != nil {
		return "", fmt.Errorf("who to call: %w", err)
	}
	c, err := f.newCall(script)
	if err != nil {
		return "", err
	}
	c.outgoing, c.party, c.state = true, o.To, "calling"
	c.early = map[string]*dialog{}
	tag := sip.Token()
	from := c.identity()
	if o.Anonymous {
		from = `"Anonymous" <sip:anonymous@anonymous.invalid>`
	}
	c.dialog = dialog{callID: sip.Token() + "@" + f.Addr().Addr().String(), local: from + ";tag=" + tag, localTag: tag,
		remote: "<" + uri + ">", target: uri, routes: []string{"<sip:orig@" + f.cfg.Core.String() + ";lr>"}, icid: sip.Token()}
	m := c.inviteMessage(o)
	c.client = f.stack.Send(m, sip.Target{Addr: f.cfg.Core}, func(res *sip.Message) { c.response1(res, o) })
	return c.id, nil
}

// inviteMessage builds the INVITE as a handset's P-CSCF hands it on.
func (c *Call) inviteMessage(o Outgoing) *sip.Message {
	m := c.dialog.request("INVITE", 0)
	m.Add("Contact", c.contact())
	m.Add("P-Asserted-Identity", c.identity()+", <tel:"+c.script.Number+">")
	m.Add("P-Access-Network-Info", "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010000001;network-provided")
	m.Add("P-Preferred-Service", "urn:urn-7:3gpp-service.ims.icsi.mmtel")
	m.Add("Accept-Contact", `*;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel"`)
	m.Add("P-Early-Media", "supported")
	m.Add("Allow", allow)
	m.Add("Accept", "application/sdp, application/3gpp-ims+xml")
	supported := "100rel, timer, replaces"
	if o.Preconditions {
		supported += ", precondition"
	}
	m.Add("Supported", supported)
	if o.Anonymous {
		m.Add("Privacy", "id")
	}
	if o.SessionTimer > 0 {
		m.Add("Session-Expires", strconv.Itoa(o.SessionTimer)+";refresher=uac")
		m.Add("Min-SE", strconv.Itoa(minSE))
	}
	scripted(m, o.Headers)
	if o.Offerless {
		return m
	}
	var pre *preconditions
	if o.Preconditions {
		c.pre.preconditions = preconditions{used: true, local: "none", remote: "none"}
		pre = &c.pre.preconditions
	}
	return withSDP(m, c.makeOffer(c.script, pre))
}

// response1 takes every response to our first INVITE.
func (c *Call) response1(res *sip.Message, o Outgoing) {
	if res != nil {
		c.note(res)
	}
	if c.watcher != nil {
		switch {
		case res == nil:
			c.watcher(408, "Request Timeout")
		case res.Status > 100:
			defer c.watcher(res.Status, res.Reason)
		}
	}
	switch {
	case res == nil:
		c.end("no answer to INVITE")
	case res.Status == 100:
	case res.Status < 200:
		if c.state != "ended" && c.state != "up" {
			c.provisionalIn(res)
		}
	case res.Status < 300:
		c.accepted(res, o)
	default:
		c.end(strconv.Itoa(res.Status) + " " + res.Reason)
	}
}

// provisionalIn follows early dialogs, one per To tag (RFC 3261 12.1.2), and
// acknowledges the reliable ones in order (RFC 3262 4).
func (c *Call) provisionalIn(res *sip.Message) {
	tag := res.Tag("To")
	if tag == "" {
		c.fault("to_tag", "%d without a To tag", res.Status)
		return
	}
	d := c.early[tag]
	if d == nil {
		copied := c.dialog
		d = &copied
		d.learn(res)
		c.early[tag] = d
	}
	if res.HasToken("Require", "100rel") {
		seq, err := strconv.ParseUint(res.Get("RSeq"), 10, 31)
		if err != nil || d.rseq != 0 && uint32(seq) != d.rseq+1 {
			return // a repeat, or out of order
		}
		d.rseq = uint32(seq)
		c.acknowledge(d, res)
	} else if len(res.Body) > 0 {
		if c.pre.used {
			c.fault("100rel", "%d with SDP but without 100rel in a call with preconditions", res.Status)
		}
		c.earlyAnswer(d, res)
	}
	if res.Status == 180 {
		c.state = "ringing"
		if c.pre.used && c.pre.local != "sendrecv" {
			c.fault("rang_early", "180 before the preconditions were met")
		}
	} else if c.state == "calling" {
		c.state = "early"
	}
	if res.Get("P-Early-Media") != "" {
		c.goLive()
	}
}

// acknowledge sends the PRACK on the early dialog, reads an answer, and goes on
// with preconditions.
func (c *Call) acknowledge(d *dialog, res *sip.Message) {
	c.earlyAnswer(d, res)
	number, _ := c.client.Request.CSeq()
	m := d.request("PRACK", 0)
	m.Add("RAck", fmt.Sprintf("%d %d INVITE", d.rseq, number))
	c.send(d, m, func(ans *sip.Message) {
		if ans == nil || ans.Status >= 300 {
			c.fault("prack_refused", "PRACK was not accepted")
			return
		}
		if ans.Status >= 200 && c.pre.used && c.pre.local != "sendrecv" && res.Status == 183 {
			c.later(reserveTime, func() { c.confirm(d) })
		}
	})
}

// earlyAnswer reads the answer of one early dialog; each fork has its own, the
// last one is heard until a 2xx decides.
func (c *Call) earlyAnswer(d *dialog, res *sip.Message) {
	if len(res.Body) == 0 || len(c.client.Request.Body) == 0 || d.terms != nil {
		return
	}
	if _, media, err := readSDP(res.Body); err == nil && c.pre.used {
		p := readPreconditions(media)
		c.pre.remote = p.remote
		if !p.used {
			c.fault("preconditions", "%d without the status of the resources", res.Status)
		}
	}
	if err := c.takeAnswer(c.script, res.Body); err != nil {
		c.fault("answer", "%d: %v", res.Status, err)
		return
	}
	d.terms = c.media.terms
}

// confirm tells by UPDATE that our resources are there (RFC 3312 7).
func (c *Call) confirm(d *dialog) {
	if c.state == "up" {
		return
	}
	c.pre.local = "sendrecv"
	m := d.request("UPDATE", 0)
	m.Add("Contact", c.contact())
	m.Add("Supported", "100rel, precondition")
	m.Add("Require", "precondition")
	withSDP(m, c.makeOffer(c.script, &c.pre.preconditions))
	c.send(d, m, func(res *sip.Message) {
		switch {
		case res != nil && res.Status < 200:
		case res == nil || res.Status >= 300:
			c.media.open = false
			c.fault("update_refused", "UPDATE for the preconditions was not accepted")
		default:
			if err := c.takeAnswer(c.script, res.Body); err != nil {
				c.fault("answer", "answer to UPDATE: %v", err)
			}
			d.terms = c.media.terms
		}
	})
}

// accepted takes a 2xx: the first one is the call, one of another fork is
// acknowledged and hung up (RFC 3261 13.2.2.4).
func (c *Call) accepted(res *sip.Message, o Outgoing) {
	tag := res.Tag("To")
	number, _ := c.client.Request.CSeq()
	if c.state == "up" || c.state == "ended" {
		if c.state == "up" && c.dialog.remoteTag == tag {
			c.ack(&c.dialog, number, c.ackBody(o))
			return
		}
		other := c.dialog
		other.learn(res)
		other.cseq += 100 // an own CSeq space; beyond anything this dialog may have seen
		c.ack(&other, number, "")
		c.send(&other, other.request("BYE", 0), func(*sip.Message) {})
		return
	}
	if d := c.early[tag]; d != nil {
		c.dialog = *d
	}
	c.dialog.learn(res)
	if res.Get("P-Asserted-Identity") == "" {
		c.fault("no_identity", "200 without P-Asserted-Identity")
	}
	if err := c.description(res, o); err != nil {
		c.fault("answer", "200: %v", err)
		c.ack(&c.dialog, number, "")
		c.state = "up"
		c.hangup("no usable SDP in the 200")
		return
	}
	c.ack(&c.dialog, number, c.ackBody(o))
	c.goLive()
	c.up()
	if se, ok := sessionExpires(res); ok {
		refresher, _ := sip.HeaderParams("x;" + res.Get("Session-Expires")).Get("refresher")
		c.watchSession(se, refresher != "uas")
	}
}

func (c *Call) description(res *sip.Message, o Outgoing) error {
	switch {
	case o.Offerless:
		_, err := c.takeOffer(res.Body, nil, false)
		return err
	case len(res.Body) > 0:
		return c.takeAnswer(c.script, res.Body)
	case c.dialog.terms == nil:
		return errors.New("no answer to our offer")
	}
	c.inForce(c.dialog.terms, "sendrecv")
	return nil
}

func (c *Call) ackBody(o Outgoing) string {
	if o.Offerless {
		return c.media.sent
	}
	return ""
}
