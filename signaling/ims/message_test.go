package ims

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/signaling/call"
)

// sends sends a message; what becomes of it comes by the channel, nil for "taken".
func (r *rig) sends(b *Binding, e Envelope, c Content) chan *call.Cause {
	r.t.Helper()
	done := make(chan *call.Cause, 2)
	if err := b.Send(e, c, func(cause *call.Cause) { done <- cause }); err != nil {
		r.t.Fatal(err)
	}
	return done
}

func (r *rig) outcome(done chan *call.Cause) *call.Cause {
	r.t.Helper()
	select {
	case c := <-done:
		return c
	case <-time.After(patience):
		r.t.Fatalf("no outcome; trace:\n%s", r.peer.trace.String())
		return nil
	}
}

// TestMessageOut: what a P-CSCF writes into a MESSAGE outside a dialog, and what an answer means.
func TestMessageOut(t *testing.T) {
	r := onUDP(t, func(c *Config) { c.AccessNetworkInfo = "IEEE-802.11" })
	b, _ := r.register()
	e, err := b.Envelope("+1 555 0101", "", false)
	if err != nil || e.From != "sip:+15550001@ims.example" || e.To != "tel:+15550101" || e.CallID == "" {
		t.Fatalf("%+v %v", e, err)
	}
	e.InReplyTo = "before@core"
	done := r.sends(b, e, Content{"text/plain;charset=UTF-8", []byte("hello\r\nworld")})
	req := r.peer.next("MESSAGE tel:+15550101 SIP/2.0")
	for name, want := range map[string]string{
		"Route": "<sip:orig@scscf.example;lr>", "P-Asserted-Identity": "<sip:+15550001@ims.example>, <tel:+15550001>", "To": "<tel:+15550101>", "Privacy": "",
		"P-Access-Network-Info": "IEEE-802.11;network-provided", "Contact": "", "Content-Type": "text/plain;charset=UTF-8", "Call-ID": e.CallID, "CSeq": "1 MESSAGE", "In-Reply-To": "before@core",
	} {
		if got := head(req, name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if !strings.HasPrefix(head(req, "From"), "<sip:+15550001@ims.example>;tag=") || !strings.HasPrefix(head(req, "P-Charging-Vector"), "icid-value=") || body(req) != "hello\r\nworld" {
		t.Error(req)
	}
	r.peer.reply(req, 202, "x", "")
	if c := r.outcome(done); c != nil {
		t.Fatal(c)
	}

	e, err = b.Envelope("sip:bob@ims.example", "tel:+15550001", true)
	if err != nil {
		t.Fatal(err)
	}
	done = r.sends(b, e, Content{"text/plain", []byte("x")})
	req = r.peer.next("MESSAGE sip:bob@ims.example")
	if from, _, _ := strings.Cut(head(req, "From"), ";tag="); from != `"Anonymous" <sip:anonymous@anonymous.invalid>` || head(req, "Privacy") != "id" ||
		!strings.HasPrefix(head(req, "P-Asserted-Identity"), "<tel:+15550001>") {
		t.Error(req)
	}
	r.peer.reply(req, 404, "x", "", "Retry-After: 7")
	if c := r.outcome(done); c == nil || c.Kind != call.NumberUnknown || c.SIP != 404 || c.RetryAfter != 7*time.Second {
		t.Fatal(c)
	}
	if s := r.client.Stats(); s.MessagesRefused["number_unknown"] != 1 {
		t.Errorf("%+v", s)
	}
	for from, want := range map[string]string{"": "sip:+15550001@ims.example", "tel:+15550001": "tel:+15550001", "sip:+15550001@ims.example;user=phone": "sip:+15550001@ims.example", "sip:nobody@x": "sip:+15550001@ims.example"} {
		if e, err := b.Reply("sip:ipsmgw.ims.example", from); err != nil || e.From != want {
			t.Errorf("%s: %+v %v", from, e, err)
		}
	}
	for name, f := range map[string]func() error{
		"number_invalid":      func() error { _, err := b.Envelope("hello", "", false); return err },
		"emergency_use_phone": func() error { _, err := b.Envelope("112", "", false); return err },
		"forbidden":           func() error { _, err := b.Envelope("+15550101", "sip:other@ims.example", false); return err },
		"number_invalid ":     func() error { _, err := b.Reply("sip:a@b>;x", ""); return err },
	} {
		if got := call.CauseOf(f()).Kind.String(); got != strings.TrimSpace(name) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestMessageSize: 1300 bytes in all by UDP (RFC 3428 8), the configured bound by TCP.
func TestMessageSize(t *testing.T) {
	try := func(r *rig, b *Binding, n int) error {
		e, err := b.Envelope("+15550101", "", false)
		if err != nil {
			r.t.Fatal(err)
		}
		return b.Send(e, Content{"text/plain", []byte(strings.Repeat("x", n))}, func(*call.Cause) {})
	}
	r := onUDP(t)
	b, _ := r.register()
	var long ErrTooLong
	if err := try(r, b, 1300); !errors.As(err, &long) || long.Bytes != 1300 || long.Limit < 400 || long.Limit > 1000 {
		t.Fatal(err)
	}
	if err := try(r, b, long.Limit); err != nil {
		t.Fatal(err)
	}
	if req := r.peer.next("MESSAGE"); len(req) > 1300 {
		t.Errorf("%d bytes", len(req))
	}
	r = onTCP(t)
	b, _ = r.register()
	if err := try(r, b, 8193); !errors.As(err, &long) || long.Limit != 8192 {
		t.Fatal(err)
	}
	if err := try(r, b, 8192); err != nil {
		t.Fatal(err)
	}
	if req := r.peer.next("MESSAGE"); len(body(req)) != 8192 {
		t.Errorf("%d bytes", len(body(req)))
	}
}

// message sends a MESSAGE for the registered contact.
func (r *rig) message(register, branch, text string, lines ...string) {
	r.t.Helper()
	contact := strings.Trim(strings.SplitN(head(register, "Contact"), ">", 2)[0], "<")
	r.peer.say("MESSAGE "+contact+" SIP/2.0", text, append([]string{"Via: SIP/2.0/UDP " + r.peer.wire.address() + ";branch=z9hG4bK" + branch,
		"Route: " + head(register, "Path"), "Max-Forwards: 60", "From: \"Bob\" <sip:+15550101@ims.example>;tag=" + branch, "To: <sip:+15550001@ims.example>",
		"Call-ID: " + branch + "@core", "CSeq: 1 MESSAGE", "P-Called-Party-ID: <sip:+15550001@ims.example>"}, lines...)...)
}

// TestMessageIn: who it is from, what cannot be taken, and that nothing is answered before its user says so.
func TestMessageIn(t *testing.T) {
	r := onUDP(t, func(c *Config) { c.Messaging.SMS.Enabled = true })
	_, reg := r.register()
	if !strings.HasSuffix(head(reg, "Contact"), ";+g.3gpp.smsip") {
		t.Error(head(reg, "Contact"))
	}
	const bob = `P-Asserted-Identity: "Bob B" <sip:+15550101@ims.example>, <tel:+15550101>`
	r.message(reg, "1", "hi", bob, "Content-Type: text/plain", "Subject: a\u0085b", "In-Reply-To: x@y")
	m := heard[IncomingMessage](r)
	if m.Remote != (RemoteParty{URI: "sip:+15550101@ims.example", Number: "+15550101", Name: "Bob B"}) || m.Sender != "sip:+15550101@ims.example" ||
		m.Called != "sip:+15550001@ims.example" || m.CallID != "1@core" || m.InReplyTo != "x@y" || m.Subject != "ab" || m.Content.Type != "text/plain" || string(m.Content.Body) != "hi" {
		t.Fatalf("%+v", m)
	}
	m.Respond(200, 0)
	m.Respond(480, 0)
	if res := r.peer.next("200"); head(res, "P-Asserted-Identity") != "<sip:+15550001@ims.example>" || head(res, "Contact") != "" || !strings.Contains(head(res, "To"), ";tag=") {
		t.Error(res)
	}
	r.message(reg, "2", "hi", bob, "Privacy: id", "Content-Type: TEXT/Plain; charset=utf-8")
	if m = heard[IncomingMessage](r); !m.Remote.Anonymous || m.Sender != "" {
		t.Fatalf("%+v", m)
	}
	m.Respond(480, 1500*time.Millisecond)
	if res := r.peer.next("480"); head(res, "Retry-After") != "2" {
		t.Error(res)
	}
	r.message(reg, "3", "\x01\x02", "P-Asserted-Identity: <sip:ipsmgw.ims.example:5070;lr>", "Content-Type: application/vnd.3gpp.sms")
	if m = heard[IncomingMessage](r); m.Sender != "sip:ipsmgw.ims.example:5070;lr" || string(m.Content.Body) != "\x01\x02" {
		t.Fatalf("%+v", m)
	}
	m.Respond(415, 0)
	const accept = "text/plain, message/cpim, application/im-iscomposing+xml, application/vnd.3gpp.sms"
	if res := r.peer.next("415"); head(res, "Accept") != accept {
		t.Error(res)
	}
	for branch, c := range map[string]struct {
		text, contentType, more, status, header, value string
	}{
		"html":  {"<b>", "text/html", "X: y", "415", "Accept", accept},
		"sdp":   {theirSDP, "application/sdp", "X: y", "415", "Accept", accept},
		"gzip":  {"x", "text/plain", "Content-Encoding: gzip", "415", "Accept-Encoding", "identity"},
		"large": {strings.Repeat("x", 8193), "text/plain", "X: y", "413", "Accept", ""},
		"warp":  {"x", "text/plain", "Require: warp", "420", "Unsupported", "warp"},
	} {
		r.message(reg, branch, c.text, c.more, "Content-Type: "+c.contentType)
		if res := r.peer.next("SIP/2.0"); !strings.Contains(firstLine(res), c.status) || head(res, c.header) != c.value {
			t.Errorf("%s: %s", branch, res)
		}
	}
	r.message(strings.ReplaceAll(reg, strings.SplitN(strings.SplitN(head(reg, "Contact"), ":", 2)[1], "@", 2)[0], "nobody"), "unknown", "x", "Content-Type: text/plain")
	r.peer.next("404")
}

// TestMessageInsideCall: a message within a call's dialog is a message, not a part of the call.
func TestMessageInsideCall(t *testing.T) {
	r := onUDP(t)
	_, reg := r.register()
	e, _ := r.incoming(reg, theirSDP)
	e.Call.Ring("", false)
	ringing := r.peer.next("180")
	r.inside("MESSAGE", ringing, 2, "psst", "Content-Type: text/plain", "P-Asserted-Identity: <sip:+15550101@ims.example>")
	m := heard[IncomingMessage](r)
	m.Respond(200, 0)
	if res := r.peer.next("200"); head(res, "CSeq") != "2 MESSAGE" || head(res, "To") != head(ringing, "To") || string(m.Content.Body) != "psst" {
		t.Error(res)
	}
	e.Call.Reject(call.Cause{Side: call.Browser, Kind: call.Declined})
	r.peer.next("603")
	r.inside("MESSAGE", strings.ReplaceAll(ringing, "in1@core", "in2@core"), 3, "psst", "Content-Type: text/plain")
	r.peer.next("481")
}

// TestMessageConfig: settings that cannot work are named.
func TestMessageConfig(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"max_bytes":           func(c *Config) { c.Messaging.Messages.MaxBytes = 100 },
		"needs sms.enabled":   func(c *Config) { c.Messaging.SMS.PSI = "tel:+15550199" },
		"is not a sip or tel": func(c *Config) { c.Messaging.SMS = SMSConfig{Enabled: true, PSI: "smsc", Center: "+15550199"} },
		"is not a number like": func(c *Config) {
			c.Messaging.SMS = SMSConfig{Enabled: true, PSI: "sip:smsc.ims.example", Center: "15550199"}
		},
		"number is needed": func(c *Config) { c.Messaging.SMS = SMSConfig{Enabled: true, PSI: "sip:smsc.ims.example"} },
		"not a trunk":      func(c *Config) { c.Messaging.SMS.Enabled, c.Trunk.Enabled = true, true },
	} {
		c := DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	c := DefaultConfig()
	c.Messaging.SMS = SMSConfig{Enabled: true, PSI: "sip:+15550199@ims.example;user=phone"}
	if err := c.Validate(); err != nil || c.Messaging.SMS.center() != "+15550199" {
		t.Error(err, c.Messaging.SMS.center())
	}
}

// TestMessageFailover: another hop is tried after 503, and none after silence: the message may have arrived.
func TestMessageFailover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, link, b := twoHops(t, 0)
		send := func() chan *call.Cause {
			e, err := b.Envelope("+15550101", "", false)
			if err != nil {
				t.Fatal(err)
			}
			done := r.sends(b, e, Content{"text/plain", []byte("x")})
			synctest.Wait()
			return done
		}
		done := send()
		first := r.peer.next("MESSAGE")
		r.peer.reply(first, 503, "a", "", "Retry-After: 30")
		synctest.Wait()
		second := r.peer.next("MESSAGE")
		if got := link.went(); got != "MESSAGE 192.0.2.7, MESSAGE 192.0.2.8" || head(second, "Call-ID") != head(first, "Call-ID") || body(second) != "x" {
			t.Errorf("%s\n%s", got, second)
		}
		r.peer.reply(second, 200, "b", "")
		synctest.Wait()
		if c := <-done; c != nil {
			t.Fatal(c)
		}
		done = send()
		later(33 * time.Second) // timer F
		if c := <-done; c == nil || c.Kind != call.CoreUnreachable {
			t.Fatal(c)
		}
		if got := link.went(); got != "MESSAGE 192.0.2.8" {
			t.Errorf("after silence: %s", got)
		}
	})
}

// TestTrunkMessage: messages to and from a PBX: nothing of IMS in them, a challenge is answered, and every browser of the user gets them.
func TestTrunkMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := onTrunk(t)
		b := r.user("sip:200@pbx.example")
		heard[Registered](r)
		e, err := b.Envelope("201", "", false)
		if err != nil {
			t.Fatal(err)
		}
		done := r.sends(b, e, Content{"text/plain", []byte("hi")})
		synctest.Wait()
		req := r.peer.next("MESSAGE sip:201@pbx.example")
		for _, name := range []string{"P-Asserted-Identity", "P-Charging-Vector", "Route", "Contact", "Authorization"} {
			if head(req, name) != "" {
				t.Errorf("%s: %s", name, head(req, name))
			}
		}
		r.peer.reply(req, 401, "x", "", "WWW-Authenticate: "+challenge)
		synctest.Wait()
		again := r.peer.next("MESSAGE ")
		proves(t, again, "Authorization")
		if head(again, "CSeq") != "2 MESSAGE" || body(again) != "hi" || strings.Count(again, "\r\nCSeq:") != 1 {
			t.Error(again)
		}
		r.peer.reply(again, 401, "x", "", "WWW-Authenticate: "+challenge)
		synctest.Wait()
		if c := <-done; c == nil || c.Kind != call.Forbidden {
			t.Fatal(c)
		}

		r.user("sip:200@pbx.example")
		heard[Registered](r)
		r.peer.say("MESSAGE sip:200@192.0.2.1 SIP/2.0", "hello", "Via: SIP/2.0/UDP "+r.peer.wire.address()+";branch=z9hG4bKtm", "Max-Forwards: 60",
			`From: "Bob" <sip:201@pbx.example>;tag=far`, "To: <sip:200@pbx.example>", "Call-ID: m@pbx", "CSeq: 1 MESSAGE", "Content-Type: text/plain")
		synctest.Wait()
		one, two := heard[IncomingMessage](r), heard[IncomingMessage](r)
		if one.Sender != "sip:201@pbx.example" || one.Remote.Name != "Bob" || string(two.Content.Body) != "hello" {
			t.Errorf("%+v", one)
		}
		one.Respond(480, 0)
		two.Respond(200, 0)
		synctest.Wait()
		if res := r.peer.next("SIP/2.0"); !strings.HasPrefix(res, "SIP/2.0 200") || head(res, "P-Asserted-Identity") != "" {
			t.Error(res)
		}
	})
}
