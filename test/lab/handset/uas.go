package handset

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"causeway/test/lab/sip"
)

// reserveTime is how long the handset's own bearer takes in the precondition
// scripts.
const reserveTime = 300 * time.Millisecond

// minSE is RFC 4028's floor for Session-Expires.
const minSE = 90

// invited starts a call by the script of the dialled number.
func (f *Farm) invited(tx *sip.ServerTx) {
	m := tx.Request
	target, _ := sip.ParseURI(m.URI)
	script, ok := f.scripts[target.User]
	if !ok {
		tx.Reply(404, "Not Found", sip.Token())
		return
	}
	if refusal := extension(m); refusal != nil {
		tx.Respond(refusal)
		return
	}
	c, err := f.incoming(tx, script)
	if err != nil {
		f.cfg.Log.Error("no call", "err", err)
		tx.Reply(500, "Server Internal Error", sip.Token())
		return
	}
	if m.Get("P-Asserted-Identity") == "" {
		c.fault("no_identity", "INVITE without P-Asserted-Identity")
	}
	if script.Reject > 0 {
		c.rejecting()
		return
	}
	if !c.offered() {
		return
	}
	if value := m.Get("Replaces"); value != "" {
		c.takePlace(value)
		return
	}
	switch {
	case script.Preconditions:
		c.preconditions()
	case script.DivertTo != "":
		c.divert()
	case script.Announce:
		c.announce()
	case script.Fork:
		c.fork()
	case script.EarlyMedia > 0:
		c.earlyMedia()
	default:
		c.ring()
	}
}

// extension refuses what the handset cannot do (RFC 3261 8.2.2.3, RFC 4028 6).
func extension(m *sip.Message) *sip.Message {
	for _, v := range m.List("Require") {
		switch strings.ToLower(v) {
		case "100rel", "precondition", "timer", "replaces":
		default:
			res := m.Response(420, "Bad Extension", sip.Token())
			res.Add("Unsupported", v)
			return res
		}
	}
	if se, ok := sessionExpires(m); ok && se < minSE && m.HasToken("Supported", "timer") {
		res := m.Response(422, "Session Interval Too Small", sip.Token())
		res.Add("Min-SE", strconv.Itoa(minSE))
		return res
	}
	return nil
}

func sessionExpires(m *sip.Message) (int, bool) {
	text, _, _ := strings.Cut(m.Get("Session-Expires"), ";")
	n, err := strconv.Atoi(strings.TrimSpace(text))
	return n, err == nil
}

// incoming makes the call and its dialog.
func (f *Farm) incoming(tx *sip.ServerTx, script Script) (*Call, error) {
	c, err := f.newCall(script)
	if err != nil {
		return nil, err
	}
	c.invite = tx
	c.dialog = incomingDialog(tx.Request, sip.Token())
	c.party = party(tx.Request)
	c.note(tx.Request)
	c.state = "ringing"
	f.byTx[tx] = append(f.byTx[tx], c)
	f.cfg.Log.Info("call to a handset", "handset", script.Number, "call", c.id)
	return c, nil
}

// party names the caller: its number where one is asserted.
func party(m *sip.Message) string {
	for _, name := range []string{"P-Asserted-Identity", "From"} {
		for _, v := range m.List(name) {
			if addr, err := sip.ParseAddress(v); err == nil && strings.HasPrefix(addr.URI.User, "+") {
				return addr.URI.User
			}
		}
	}
	addr, err := sip.ParseAddress(m.Get("From"))
	if err != nil {
		return ""
	}
	return addr.Raw
}

// offered reads the offer; false: the call is over.
func (c *Call) offered() bool {
	m := c.invite.Request
	if len(m.Body) == 0 {
		return true // our offer goes into the 2xx
	}
	var pre *preconditions
	if c.script.Preconditions {
		if _, media, err := readSDP(m.Body); err == nil {
			c.pre.preconditions = readPreconditions(media)
			c.pre.local = "none"
			if c.pre.used {
				pre = &c.pre.preconditions
			}
		}
	}
	_, err := c.takeOffer(m.Body, pre, pre != nil && pre.remote != "sendrecv")
	if err == nil {
		return true
	}
	res := c.response(m, 488, "Not Acceptable Here", "")
	if errors.Is(err, errNoCodec) {
		res.Add("Warning", `304 lab "Media type not available"`)
	} else {
		c.fault("offer", "offer refused: %v", err)
		res.Add("Warning", `399 lab "Offer refused"`)
	}
	c.invite.Respond(res)
	c.end("offer refused: " + err.Error())
	return false
}

// rejecting answers with the script's failure; 486 at once, others after ringing.
func (c *Call) rejecting() {
	reasons := map[int]string{486: "Busy Here", 603: "Decline", 480: "Temporarily Unavailable", 403: "Forbidden", 404: "Not Found", 503: "Service Unavailable"}
	no := func() {
		res := c.response(c.invite.Request, c.script.Reject, reasons[c.script.Reject], "")
		cause := map[int]string{486: "17", 603: "21", 480: "18", 404: "1"}[c.script.Reject]
		if cause != "" {
			res.Add("Reason", "Q.850;cause="+cause)
		}
		c.invite.Respond(res)
		c.end("rejected with " + strconv.Itoa(c.script.Reject))
	}
	if c.script.Reject == 486 {
		no()
		return
	}
	c.provisional(c.response(c.invite.Request, 180, "Ringing", ""), false, func() { c.later(c.script.Ring, no) })
}

// ring alerts and then answers.
func (c *Call) ring() {
	c.provisional(c.response(c.invite.Request, 180, "Ringing", ""), false, func() {
		if !c.script.NeverAnswer {
			c.later(c.script.Ring, c.answer)
		}
	})
}

// earlyMedia plays before the answer (RFC 5009).
func (c *Call) earlyMedia() {
	c.progress(func() { c.later(c.script.EarlyMedia, c.answer) })
}

// progress sends 183 with our answer and opens the media.
func (c *Call) progress(then func()) {
	res := c.response(c.invite.Request, 183, "Session Progress", c.media.sent)
	res.Add("P-Early-Media", "sendrecv")
	c.state = "early"
	c.goLive()
	c.provisional(res, true, then)
}

// preconditions: 183 with the resource status, ring only when both sides have
// their bearer (RFC 3312 7, TS 24.229 5.1.4.1).
func (c *Call) preconditions() {
	res := c.response(c.invite.Request, 183, "Session Progress", c.media.sent)
	if c.pre.used {
		res.Add("Require", "precondition")
	}
	c.state = "early"
	c.pre.ready = c.ring
	c.pre.waiting = c.pre.used && c.pre.remote != "sendrecv"
	c.provisional(res, true, func() {
		c.later(reserveTime, func() {
			c.pre.local = "sendrecv"
			c.met()
		})
	})
}

// met goes on once nothing is waited for any more.
func (c *Call) met() {
	if c.pre.ready != nil && !c.pre.waiting && c.pre.local == "sendrecv" {
		ready := c.pre.ready
		c.pre.ready = nil
		ready()
	}
}

// fork answers as two handsets behind one number: two early dialogs with their
// own tags, addresses and voices, of which the second picks up.
func (c *Call) fork() {
	second := c.script
	second.Source, second.ToneHz = "tone", 440
	if v := c.script.Video; v != nil { // and with another form of pictures
		other := *v
		other.Mode = 1 - v.Mode
		second.Video = &other
	}
	twin, err := c.farm.incoming(c.invite, second)
	if err != nil || !twin.offered() {
		c.fault("fork", "no second branch: %v", err)
		return
	}
	c.progress(func() {})
	twin.later(500*time.Millisecond, func() {
		twin.progress(func() {
			twin.later(1500*time.Millisecond, func() {
				if c.invite.Request.HasToken("Supported", "199") { // RFC 6228: this early dialog is over
					res := c.response(c.invite.Request, 199, "Early Dialog Terminated", "")
					c.invite.Respond(res)
				}
				c.end("the other branch answered")
				twin.answer()
			})
		})
	})
}

// answer sends the 2xx; it waits for the PRACK of a reliable answer first
// (RFC 3262 3).
func (c *Call) answer() {
	if c.rel.pending != nil {
		before := c.rel.then
		c.rel.then = func() {
			if before != nil {
				before()
			}
			c.answer()
		}
		return
	}
	body := ""
	switch {
	case len(c.invite.Request.Body) == 0:
		body, c.ok.offer = c.makeOffer(c.script, nil), true
	case !c.rel.described:
		body = c.media.sent
	}
	res := c.response(c.invite.Request, 200, "OK", body)
	c.sessionTimer(c.invite.Request, res)
	c.goLive()
	c.final(c.invite, res)
	c.up()
}

// final sends a 2xx to INVITE and repeats it until the ACK.
func (c *Call) final(tx *sip.ServerTx, res *sip.Message) {
	c.ok.seq, _ = res.CSeq()
	tx.Respond(res)
	t1 := c.farm.stack.T1()
	c.repeatFinal(tx, res, t1)
	c.ok.stop = c.farm.stack.After(64*t1, func() {
		c.ok.timer.Stop()
		c.fault("no_ack", "no ACK for the 200 to INVITE")
		c.hangup("no ACK")
	})
}

func (c *Call) repeatFinal(tx *sip.ServerTx, res *sip.Message, wait time.Duration) {
	c.ok.timer = c.farm.stack.After(wait, func() {
		tx.Respond(res)
		c.repeatFinal(tx, res, min(2*wait, 8*c.farm.stack.T1()))
	})
}

// acked takes the ACK of our 2xx, with the answer when the 2xx had the offer.
func (c *Call) acked(m *sip.Message) {
	n, _ := m.CSeq()
	if n != c.ok.seq {
		c.fault("ack", "ACK with CSeq %d, wanted %d", n, c.ok.seq)
		return
	}
	first := c.ok.timer != nil
	c.ok.timer.Stop()
	c.ok.stop.Stop()
	c.ok.timer, c.ok.stop = nil, nil
	if !first || !c.ok.offer || c.state == "ended" {
		return
	}
	c.ok.offer = false
	if err := c.takeAnswer(c.script, m.Body); err != nil {
		c.fault("answer", "answer in ACK: %v", err)
		c.hangup("no usable answer in ACK")
		return
	}
	c.goLive()
}
