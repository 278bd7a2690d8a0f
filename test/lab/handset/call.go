package handset

import (
	"fmt"
	"strconv"
	"time"

	"causeway/test/lab/sdp"
	"causeway/test/lab/sip"
	"causeway/test/lab/voice"
)

// life is how far a call has come, and when.
type life struct {
	state    string
	cause    string
	started  time.Time
	answered time.Time
}

// Call is one call of one handset; loop only, its stream has its own lock.
//
//	new ─► ringing/early ─► up ⇄ (held) ─► ended
type Call struct {
	farm     *Farm
	script   Script
	id       string
	outgoing bool
	party    string // the far side as its P-Asserted-Identity or From says
	life

	dialog  dialog
	early   map[string]*dialog // outgoing: by To tag
	invite  *sip.ServerTx
	client  *sip.ClientTx
	media   negotiation
	rel     reliable
	ok      resend // the 2xx that waits for its ACK
	pre     precondition
	timers  []*sip.Timer
	expiry  *sip.Timer // session timer, RFC 4028
	stream  *voice.Stream
	seen    map[string]string // the watched headers of the far side
	picture picture
	transfer
}

// transfer is a call's part in transfers.
type transfer struct {
	reports reporting
	watcher func(status int, reason string) // outgoing: hears each response to the INVITE but 100
}

// negotiation is the offer/answer side of a call (RFC 3264).
type negotiation struct {
	id, version uint64
	want        string // our direction: sendrecv, or sendonly on hold
	terms       *voice.Terms
	offered     []sdp.Codec // of our open offer
	open        bool        // our offer waits for its answer
	sent        string      // our last description
	remoteHold  bool
	holds       int  // how often that began
	live        bool // the stream runs
}

// precondition is where RFC 3312 stands in a call.
type precondition struct {
	preconditions
	waiting bool   // the far side must still confirm
	ready   func() // runs once everything is met
}

// resend repeats a 2xx until its ACK (RFC 3261 13.3.1.4).
type resend struct {
	timer *sip.Timer
	stop  *sip.Timer
	seq   uint32
	offer bool // the 2xx carried our offer: the answer comes in the ACK
}

func (c *Call) contact() string {
	return "<sip:" + c.script.Number + "@" + c.farm.Addr().String() + `>;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel";audio`
}

func (c *Call) identity() string {
	return "<sip:" + c.script.Number + "@" + c.farm.cfg.HomeDomain + ">"
}

const allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, NOTIFY, MESSAGE, REFER"

// response builds a response of this dialog with what every one carries.
func (c *Call) response(req *sip.Message, status int, reason string, body string) *sip.Message {
	res := req.Response(status, reason, c.dialog.localTag)
	if status > 100 && status < 300 {
		res.Add("Contact", c.contact())
		res.Add("Allow", allow)
		res.Add("Supported", "100rel, timer, precondition, replaces")
		if !c.outgoing && req.Method == "INVITE" {
			res.Add("P-Asserted-Identity", c.identity())
			scripted(res, c.script.Headers)
			res.Add("P-Access-Network-Info", "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010000001;network-provided")
		}
	}
	if body != "" {
		res.Add("Content-Type", "application/sdp")
		res.Body = []byte(body)
	}
	return res
}

// send starts a request of the dialog.
func (c *Call) send(d *dialog, m *sip.Message, on func(*sip.Message)) {
	c.farm.stack.Send(m, d.next(c.farm.cfg.Core), on)
}

func withSDP(m *sip.Message, body string) *sip.Message {
	m.Add("Content-Type", "application/sdp")
	m.Body = []byte(body)
	return m
}

// fault notes something the far side did wrong.
func (c *Call) fault(kind, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	c.farm.cfg.Log.Warn("fault of the far side", "handset", c.script.Number, "call", c.id, "kind", kind, "text", text)
	if len(c.farm.faults) < 1000 {
		c.farm.faults = append(c.farm.faults, Fault{time.Now(), c.script.Number, c.id, kind, text})
	}
}

// end closes the call without any message; safe twice.
func (c *Call) end(cause string) {
	if c.state == "ended" {
		return
	}
	c.state, c.cause = "ended", cause
	for _, t := range c.timers {
		t.Stop()
	}
	c.expiry.Stop()
	c.rel.timer.Stop()
	c.rel.limit.Stop()
	c.ok.timer.Stop()
	c.ok.stop.Stop()
	if c.picture.mirror != nil {
		go c.picture.mirror.Close()
	}
	stream := c.stream
	go stream.Close() // waits for readers that may wait for nothing but their socket
	c.farm.cfg.Log.Info("call ended", "handset", c.script.Number, "call", c.id, "cause", cause)
	if c.invite != nil {
		c.farm.stack.After(64*c.farm.stack.T1(), func() { delete(c.farm.byTx, c.invite) })
	}
}

// later runs fn while the call lives, after a paced delay.
func (c *Call) later(d time.Duration, fn func()) {
	c.timers = append(c.timers, c.farm.after(d, func() {
		if c.state != "ended" {
			fn()
		}
	}))
}

// hangup ends the call with the message that fits its state.
func (c *Call) hangup(cause string) {
	switch {
	case c.state == "ended":
		return
	case c.outgoing && c.state != "up":
		c.client.Cancel()
	case c.state != "up":
		c.invite.Reply(480, "Temporarily Unavailable", c.dialog.localTag)
	default:
		bye := c.dialog.request("BYE", 0)
		bye.Add("Reason", `Q.850;cause=16;text="normal call clearing"`)
		c.send(&c.dialog, bye, func(*sip.Message) {})
	}
	c.end(cause)
}

// up is entered once per call: the 2xx has been sent or received.
func (c *Call) up() {
	if c.state == "up" || c.state == "ended" {
		return
	}
	c.state, c.answered = "up", time.Now()
	c.run(c.script.Then)
}

// run does the script's steps one after the other. A hang-up ends the call, and
// what follows it is the handset's, not the call's.
func (c *Call) run(steps []Step) {
	if len(steps) == 0 {
		return
	}
	step, rest := steps[0], steps[1:]
	if step.Do == "callback" {
		c.farm.after(step.After, func() { c.farm.callBack(c) })
		return
	}
	c.later(step.After, func() {
		if len(rest) > 0 && rest[0].Do == "callback" && step.Do == "hangup" {
			c.run(rest)
			rest = nil
		}
		if err := c.do(step.Do, step.Arg); err != nil {
			c.farm.cfg.Log.Warn("step failed", "handset", c.script.Number, "step", step.Do, "err", err)
		}
		c.run(rest)
	})
}

// do performs one command on the call.
func (c *Call) do(what, arg string) error {
	switch what {
	case "hangup":
		c.hangup("hung up by the handset")
		return nil
	case "hold":
		return c.reoffer("sendonly", c.script)
	case "resume":
		return c.reoffer("sendrecv", c.script)
	case "codecs":
		s := c.script
		s.Codecs = sip.SplitList(arg)
		return c.reoffer(c.media.want, s)
	case "video":
		return c.setVideo(arg)
	case "move":
		return c.move(arg)
	case "dtmf":
		return c.stream.Dial(arg)
	case "transfer", "attend", "hand":
		return c.handOn(what, arg)
	case "tone":
		hz, err := strconv.ParseFloat(arg, 64)
		if err != nil || hz <= 0 || hz >= 8000 {
			return fmt.Errorf("tone of %q Hz", arg)
		}
		return c.stream.Play("tone", hz)
	case "source":
		return c.stream.Play(arg, 0)
	case "mode":
		mode, err := strconv.Atoi(arg)
		if err != nil || mode < 0 || mode > 15 {
			return fmt.Errorf("mode %q", arg)
		}
		c.stream.Request(mode)
		return nil
	}
	return fmt.Errorf("unknown command %q", what)
}
