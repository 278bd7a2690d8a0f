package ims

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/signaling/call"
)

// TestOutgoing is an outgoing call on a real socket: reliable 183 with early media, PRACK, answer, hold, BYE.
func TestOutgoing(t *testing.T) {
	for name, start := range map[string]func(*testing.T, ...func(*Config)) *rig{"udp": onUDP, "tcp": onTCP} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			b, _ := r.register()
			k, invite := r.invite(b)
			r.peer.reply(invite, 100, "", "")
			said[Trying](r)
			contact := "Contact: <sip:handset@" + r.peer.wire.address() + ">"
			rr := "Record-Route: <sip:" + r.peer.wire.address() + ";lr;x=1>"
			r.peer.reply(invite, 183, "A", theirSDP, contact, rr, "Require: 100rel", "RSeq: 1", "P-Early-Media: sendonly", "Allow: PRACK, UPDATE")
			if e := said[Provisional](r); !e.EarlyMedia || e.SDP != theirSDP || e.Dialog != "A" || e.Status != 183 {
				t.Fatalf("%+v", e)
			}
			prack := r.peer.next("PRACK")
			r.peer.reply(prack, 200, "", "")
			r.peer.reply(invite, 180, "A", "", contact, rr)
			if e := said[Provisional](r); e.Status != 180 || !e.EarlyMedia || e.SDP != theirSDP {
				t.Fatalf("%+v", e)
			}
			r.peer.reply(invite, 200, "A", "", contact, rr, "Session-Expires: 1800;refresher=uac",
				`P-Asserted-Identity: "Bob" <sip:+15550101@ims.example>, <tel:+15550101>`)
			if e := said[Accepted](r); e.SDP != theirSDP || e.Remote != (RemoteParty{URI: "sip:+15550101@ims.example", Number: "+15550101", Name: "Bob"}) {
				t.Fatalf("%+v", e)
			}
			ack := r.peer.next("ACK")
			if err := k.Reoffer(strings.Replace(ourSDP, "o=- 1 1", "o=- 1 2", 1) + "a=sendonly\r\n"); err != nil {
				t.Fatal(err)
			}
			hold := r.peer.next("INVITE")
			r.peer.reply(hold, 200, "", theirSDP+"a=recvonly\r\n", contact)
			if e := said[Answer](r); !strings.Contains(e.SDP, "recvonly") {
				t.Fatalf("%+v", e)
			}
			r.peer.next("ACK")
			k.Hangup(call.Cause{Side: call.Browser, Kind: call.Normal})
			bye := r.peer.next("BYE")
			r.peer.reply(bye, 200, "", "")
			if e := said[Ended](r); e.Cause.Kind != call.Normal || e.Cause.Side != call.Browser {
				t.Fatalf("%+v", e)
			}
			r.gone()
			if name == "udp" {
				golden(t, "outgoing", invite, prack, ack, hold, bye)
			}
		})
	}
}

// gone waits until no call is left.
func (r *rig) gone() {
	r.t.Helper()
	for end := time.Now().Add(patience); r.client.Stats().Calls != 0; {
		if time.Now().After(end) {
			r.t.Fatal("a call was not forgotten")
		}
		time.Sleep(time.Millisecond)
	}
}

// TestOriginatingHeaders: identity, privacy and routes come from the registration (TS 24.229 5.2.6.3).
func TestOriginatingHeaders(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*InviteParams)
		want   map[string]string
	}{
		{"default", func(*InviteParams) {}, map[string]string{
			"From": "<sip:+15550001@ims.example>", "P-Asserted-Identity": "<sip:+15550001@ims.example>, <tel:+15550001>", "Privacy": "",
			"Route": "<sip:orig@scscf.example;lr>", "P-Preferred-Service": "urn:urn-7:3gpp-service.ims.icsi.mmtel", "P-Early-Media": "supported",
			"Accept-Contact": `*;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel"`, "Supported": "100rel, gruu, 199, replaces, norefersub, timer, uui",
			"Session-Expires": "1800;refresher=uac", "Min-SE": "90", "To": "<tel:+15550101>", "Authorization": "", "P-Visited-Network-ID": "", "Path": "",
		}},
		{"tel identity", func(p *InviteParams) { p.From = "tel:+15550001" }, map[string]string{
			"From": "<tel:+15550001>", "P-Asserted-Identity": "<tel:+15550001>, <sip:+15550001@ims.example>"}},
		{"anonymous", func(p *InviteParams) { p.Anonymous = true }, map[string]string{
			"From": `"Anonymous" <sip:anonymous@anonymous.invalid>`, "Privacy": "id", "P-Asserted-Identity": "<sip:+15550001@ims.example>, <tel:+15550001>"}},
		{"service code", func(p *InviteParams) { p.Target = "*21#" }, map[string]string{"To": "<sip:*21%23;phone-context=ims.example@ims.example;user=dialstring>"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			r, _ := bubble(t)
			b := r.bind()
			synctest.Wait()
			req := r.peer.next("REGISTER")
			r.peer.reply(req, 200, "reg", "", registered(req)...)
			synctest.Wait()
			p := InviteParams{Target: "+15550101", SDP: ourSDP, Notify: r.hear}
			c.change(&p)
			k, err := b.Invite(p)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			invite := r.peer.next("INVITE")
			for name, want := range c.want {
				got := head(invite, name)
				if name == "From" {
					got, _, _ = strings.Cut(got, ";tag=")
				}
				if got != want {
					t.Errorf("%s: %s: %s", c.name, name, got)
				}
			}
			if icid := head(invite, "P-Charging-Vector"); !strings.HasPrefix(icid, `icid-value="`+k.ICID()+`";`) {
				t.Errorf("%s", icid)
			}
			r.peer.reply(invite, 486, "x", "")
			synctest.Wait()
		})
	}
}

// TestInviteErrors: what never becomes a call.
func TestInviteErrors(t *testing.T) {
	r := onUDP(t, func(c *Config) { c.Calls.Max = 1 })
	b, _ := r.register()
	kind := func(p InviteParams) call.Kind {
		p.SDP, p.Notify = ourSDP, r.hear
		_, err := b.Invite(p)
		var cause *call.Cause
		if !errors.As(err, &cause) {
			t.Fatalf("%v is no cause", err)
		}
		return cause.Kind
	}
	for target, want := range map[string]call.Kind{"": call.NumberInvalid, "hello": call.NumberInvalid, "112": call.Emergency, "9-1-1": call.Emergency,
		"urn:service:sos.police": call.Emergency, "tel:112;phone-context=x.example": call.Emergency, "sip:911@ims.example": call.Emergency} {
		if got := kind(InviteParams{Target: target}); got != want {
			t.Errorf("%q: %s", target, got)
		}
	}
	if got := kind(InviteParams{Target: "+15550101", From: "sip:+15559999@ims.example"}); got != call.Forbidden {
		t.Errorf("foreign identity: %s", got)
	}
	_, invite := r.invite(b)
	if got := kind(InviteParams{Target: "+15550101"}); got != call.Congestion {
		t.Errorf("too many calls: %s", got)
	}
	r.peer.reply(invite, 486, "x", "", `Reason: Q.850;cause=17;text="user busy"`)
	if e := said[Failed](r); e.Cause.Kind != call.Busy || e.Cause.SIP != 486 || e.Cause.Q850 != 17 || e.Cause.Text != "user busy" {
		t.Fatalf("%+v", e.Cause)
	}
	r.gone()
	if s := r.client.Stats(); s.Ended["busy"] != 1 || s.Outgoing != 1 {
		t.Fatalf("%+v", s)
	}
}

// TestConfirm: a far end that asks to be told of our resources (a=conf) gets an UPDATE after the PRACK.
func TestConfirm(t *testing.T) {
	r := onUDP(t)
	b, _ := r.register()
	_, invite := r.invite(b)
	contact := "Contact: <sip:handset@" + r.peer.wire.address() + ">"
	r.peer.reply(invite, 183, "A", theirSDP+"a=curr:qos local none\r\na=curr:qos remote none\r\na=des:qos mandatory local sendrecv\r\na=des:qos mandatory remote sendrecv\r\na=conf:qos remote sendrecv\r\n",
		contact, "Require: 100rel", "RSeq: 1", "Allow: PRACK, UPDATE")
	said[Trying](r)
	said[Provisional](r)
	r.peer.reply(r.peer.next("PRACK"), 200, "", "")
	update := r.peer.next("UPDATE")
	if !strings.Contains(body(update), "a=curr:qos local sendrecv\r\n") || !strings.Contains(body(update), "o=- 1 2 ") {
		t.Fatalf("UPDATE:\n%s", update)
	}
	r.peer.reply(update, 200, "", strings.Replace(theirSDP, "50000", "50010", 1), contact)
	if e := said[Provisional](r); !strings.Contains(e.SDP, "50010") {
		t.Fatalf("%+v", e)
	}
	r.peer.reply(invite, 200, "A", "", contact)
	if e := said[Accepted](r); !strings.Contains(e.SDP, "50010") {
		t.Fatalf("%+v", e)
	}
}

// TestForks: two early dialogs, the second answers; the first, answering too, is hung up.
func TestForks(t *testing.T) {
	r := onUDP(t)
	b, _ := r.register()
	_, invite := r.invite(b)
	contact := func(tag string) string { return "Contact: <sip:" + tag + "@" + r.peer.wire.address() + ">" }
	r.peer.reply(invite, 183, "A", theirSDP, contact("a"), "Require: 100rel", "RSeq: 1", "P-Early-Media: sendrecv")
	r.peer.reply(r.peer.next("PRACK sip:a@"), 200, "", "")
	r.peer.reply(invite, 183, "B", theirSDP, contact("b"), "Require: 100rel", "RSeq: 1")
	r.peer.reply(r.peer.next("PRACK sip:b@"), 200, "", "")
	said[Trying](r)
	if e := said[Provisional](r); e.Dialog != "A" || !e.EarlyMedia {
		t.Fatalf("%+v", e)
	}
	if e := said[Provisional](r); e.Dialog != "B" || !e.EarlyMedia || e.SDP != "" { // A may be heard and goes on
		t.Fatalf("%+v", e)
	}
	r.peer.reply(invite, 200, "B", "", contact("b"))
	r.peer.reply(invite, 200, "A", "", contact("a"))
	if e := said[Accepted](r); e.Dialog != "B" {
		t.Fatalf("%+v", e)
	}
	r.peer.next("ACK sip:b@")
	r.peer.next("ACK sip:a@")
	r.peer.reply(r.peer.next("BYE sip:a@"), 200, "", "")
}

// TestForkEnds: a 199 takes its dialog's early media away, and the other fork is told again with its description; a fork nobody
// was told of last ends unheard (RFC 6228).
func TestForkEnds(t *testing.T) {
	r := onUDP(t)
	b, _ := r.register()
	_, invite := r.invite(b)
	contact := func(tag string) string { return "Contact: <sip:" + tag + "@" + r.peer.wire.address() + ">" }
	early := func(status int, tag, sdp string, more ...string) {
		r.peer.reply(invite, status, tag, sdp, append([]string{contact(tag)}, more...)...)
	}
	want := func(status int, dialog string, media, described bool) {
		t.Helper()
		if e := said[Provisional](r); e.Status != status || e.Dialog != dialog || e.EarlyMedia != media || (e.SDP != "") != described {
			t.Fatalf("%+v", e)
		}
	}
	early(183, "A", theirSDP)
	said[Trying](r)
	want(183, "A", false, true)
	early(183, "B", theirSDP, "P-Early-Media: sendrecv")
	want(183, "B", true, true)
	early(199, "B", "")
	want(183, "A", false, true)
	early(180, "C", "")
	want(180, "C", false, false)
	early(199, "A", "")
	early(199, "C", "")
	want(199, "C", false, false)
	r.peer.reply(invite, 486, "D", "")
	r.peer.next("ACK")
	if e := said[Failed](r); e.Cause.Kind != call.Busy {
		t.Fatalf("%+v", e)
	}
}

// TestCancelOutgoing: CANCEL goes out after the first provisional and carries our reason.
func TestCancelOutgoing(t *testing.T) {
	r := onUDP(t)
	b, _ := r.register()
	k, invite := r.invite(b)
	k.Hangup(call.Cause{Side: call.Browser, Kind: call.Cancelled})
	if e := said[Ended](r); e.Cause.Kind != call.Cancelled {
		t.Fatalf("%+v", e)
	}
	r.peer.reply(invite, 180, "A", "", "Contact: <sip:a@"+r.peer.wire.address()+">")
	cancel := r.peer.next("CANCEL")
	if head(cancel, "Reason") != `Q.850;cause=16;text="cancelled"` || head(cancel, "Via") != head(invite, "Via") || head(cancel, "CSeq") != "1 CANCEL" {
		t.Fatalf("CANCEL:\n%s", cancel)
	}
	r.peer.reply(cancel, 200, "A", "")
	r.peer.reply(invite, 487, "A", "")
	r.peer.next("ACK")
	r.gone()
	if len(r.calls) != 0 {
		t.Fatalf("%#v", <-r.calls)
	}
}

// TestStrayAnswer: a 2xx of a call that is long forgotten is acknowledged and hung up.
func TestStrayAnswer(t *testing.T) {
	r := onUDP(t)
	b, _ := r.register()
	_, invite := r.invite(b)
	r.peer.reply(invite, 486, "A", "")
	said[Failed](r)
	r.peer.next("ACK")
	r.gone()
	r.peer.say("SIP/2.0 200 OK", theirSDP, "Via: SIP/2.0/UDP "+r.client.address()+";branch=z9hG4bKunknown", "From: "+head(invite, "From"), "To: "+head(invite, "To")+";tag=Z",
		"Call-ID: "+head(invite, "Call-ID"), "CSeq: 1 INVITE", "Contact: <sip:z@"+r.peer.wire.address()+">")
	r.peer.next("ACK sip:z@")
	r.peer.reply(r.peer.next("BYE sip:z@"), 200, "", "")
}

// TestSendsToPeersOnly: a Record-Route or Contact that names a stranger is reached through the core, never directly.
func TestSendsToPeersOnly(t *testing.T) {
	r := onUDP(t)
	b, _ := r.register()
	_, invite := r.invite(b)
	r.peer.reply(invite, 200, "A", theirSDP, "Contact: <sip:a@198.51.100.66:6666>", "Record-Route: <sip:canary.invalid;lr>, <sip:198.51.100.66:7777;lr>")
	ack := r.peer.next("ACK")
	if head(ack, "Route") != "<sip:198.51.100.66:7777;lr>" {
		t.Fatal(ack)
	}
}

// TestUnreachable: an INVITE nobody answers fails after timer B with a cause a person understands.
func TestUnreachable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := bubble(t)
		b := r.bind()
		synctest.Wait()
		req := r.peer.next("REGISTER")
		r.peer.reply(req, 200, "reg", "", registered(req)...)
		synctest.Wait()
		if _, err := b.Invite(InviteParams{Target: "+15550101", SDP: ourSDP, Notify: r.hear}); err != nil {
			t.Fatal(err)
		}
		later(31 * time.Second)
		if len(r.calls) != 0 {
			t.Fatal("given up too early")
		}
		later(2 * time.Second)
		if e := said[Failed](r); e.Cause.Kind != call.CoreUnreachable {
			t.Fatalf("%+v", e)
		}
	})
}

// TestSessionTimer: a call whose far end fell silent is hung up (RFC 4028), through the whole stack.
func TestSessionTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, link := bubble(t)
		b := r.bind()
		synctest.Wait()
		req := r.peer.next("REGISTER")
		r.peer.reply(req, 200, "reg", "", append(registered(req), "Expires: 600000")...)
		synctest.Wait()
		if _, err := b.Invite(InviteParams{Target: "+15550101", SDP: ourSDP, Notify: r.hear}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		r.peer.reply(r.peer.next("INVITE"), 200, "A", theirSDP, "Contact: <sip:a@192.0.2.7>", "Allow: UPDATE", "Session-Expires: 600;refresher=uac")
		synctest.Wait()
		said[Accepted](r)
		later(300 * time.Second)
		r.peer.reply(r.peer.next("UPDATE"), 200, "", "", "Session-Expires: 600;refresher=uac")
		link.drop()
		later(300 * time.Second)
		later(33 * time.Second) // timer F of the second refresh
		if e := said[Ended](r); e.Cause.Kind != call.Unavailable || e.Cause.Side != call.Core {
			t.Fatalf("%+v", e)
		}
		if link.waiting("BYE") == 0 {
			t.Fatal("no BYE")
		}
		later(40 * time.Second)
		if n := r.client.Stats().Calls; n != 0 {
			t.Fatalf("%d calls left", n)
		}
	})
}
