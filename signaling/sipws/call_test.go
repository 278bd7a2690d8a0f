package sipws

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/signaling/wire"
)

// leg is the user agent's side of one dialog.
type leg struct {
	p            *phone
	callID       string
	local        string // From of our requests
	remote       string // To of our requests
	target       string
	seq          int
	branch       int
	inviteBranch string
}

// call sends an INVITE.
func (p *phone) call(uri, sdp string, more ...string) *leg {
	p.seq++
	d := &leg{p: p, callID: fmt.Sprintf("c%d", p.seq), local: "<" + aor + ">;tag=ua", remote: "<" + uri + ">", target: uri, seq: 1,
		inviteBranch: fmt.Sprintf("z9hG4bKi%d", p.seq)}
	p.write(sdp, append([]string{"INVITE " + uri + " SIP/2.0", "Via: SIP/2.0/WSS abc.invalid;branch=" + d.inviteBranch, "Max-Forwards: 69", "From: " + d.local, "To: " + d.remote,
		"Call-ID: " + d.callID, "CSeq: 1 INVITE", "Contact: <sip:q7k2@abc.invalid;transport=ws;ob>", "Supported: timer,ice,replaces,outbound",
		"Allow: INVITE,ACK,CANCEL,BYE,UPDATE,MESSAGE,OPTIONS,REFER,INFO,NOTIFY"}, more...)...)
	return d
}

// takes learns the dialog from a response.
func (d *leg) takes(response string) {
	d.remote = header(response, "To")
	if c := header(response, "Contact"); c != "" {
		d.target = strings.Trim(c, "<>")
	}
}

// send sends a request in the dialog; sdp may be any body whose type stands in more.
func (d *leg) send(method, sdp string, more ...string) {
	d.branch++
	if method != "ACK" && method != "CANCEL" {
		d.seq++
	}
	branch := fmt.Sprintf("z9hG4bK%s.%d", d.callID, d.branch)
	target := d.target
	if method == "CANCEL" {
		branch = d.inviteBranch
	}
	d.p.write(sdp, append([]string{method + " " + target + " SIP/2.0", "Via: SIP/2.0/WSS abc.invalid;branch=" + branch, "Max-Forwards: 69", "From: " + d.local, "To: " + d.remote,
		"Call-ID: " + d.callID, fmt.Sprintf("CSeq: %d %s", d.seq, method), "Contact: <sip:q7k2@abc.invalid;transport=ws;ob>"}, more...)...)
}

// ends is a call.ended of that catalogue name.
func ends(call, name string, change func(*wire.Cause)) wire.CallEnded {
	c := wire.NewCause(name, "remote")
	if change != nil {
		change(&c)
	}
	return wire.CallEnded{Call: call, Cause: c}
}

// up brings a call of the user agent up and returns the session's id of it.
func up(t *testing.T, p *phone, l *fakeLink) (*leg, string) {
	t.Helper()
	d := p.call("sip:+15550118@ims.example", offer)
	start := l.asked(wire.MethodStart)
	name := start.params.(wire.StartParams).Call
	l.answer(start, wire.StartResult{Call: name, SDP: description})
	p.expect("SIP/2.0 183 ")
	l.tell(wire.EventAccepted, wire.CallAccepted{Call: name, Remote: wire.Remote{Number: "+15550118", Name: "Echo"}})
	d.takes(p.expect("SIP/2.0 200 "))
	d.send("ACK", "")
	return d, name
}

// TestOutgoing: INVITE, 183 with the session's description at once, 180, 200 with it again, BYE.
func TestOutgoing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		l := p.register()
		d := p.call("sip:+15550118@ims.example", offer, "Session-Expires: 90", "X-Case: 4711", "X-Other: no")
		start := l.asked(wire.MethodStart)
		got := start.params.(wire.StartParams)
		if got.Target != "+15550118" || got.SDP != offer || got.From != "tel:+15550001" || got.Anonymous || !got.LateAnswer || len(got.Headers) != 1 || got.Headers["X-Case"] != "4711" {
			t.Fatalf("call.start %+v", got)
		}
		time.Sleep(200 * time.Millisecond)
		p.expect("SIP/2.0 100 ")
		l.answer(start, wire.StartResult{Call: got.Call, SDP: description})
		if m := p.expect("SIP/2.0 183 ", "Contact: <sip:", "Content-Type: application/sdp"); body(m) != description {
			t.Errorf("body %q", body(m))
		}
		l.tell(wire.EventProgress, wire.CallProgress{Call: got.Call, State: wire.CallTrying, SIP: 100})
		l.tell(wire.EventProgress, wire.CallProgress{Call: got.Call, State: wire.CallDiverted, SIP: 181})
		p.expect("SIP/2.0 181 ")
		l.tell(wire.EventProgress, wire.CallProgress{Call: got.Call, State: wire.CallRinging, SIP: 180})
		if m := p.expect("SIP/2.0 180 "); body(m) != "" {
			t.Errorf("a second answer in the 180: %q", m)
		}
		time.Sleep(time.Minute) // nothing is repeated, and nothing ends
		l.tell(wire.EventAccepted, wire.CallAccepted{Call: got.Call, Remote: wire.Remote{URI: "tel:+15550118", Number: "+15550118", Name: `E"cho`}, Headers: map[string]string{"X-Case": "12", "X-Odd": "1"}})
		m := p.expect("SIP/2.0 200 ", `P-Asserted-Identity: "E\"cho" <sip:+15550118@ims.example;user=phone>`, "X-Case: 12", "Session-Expires: 90;refresher=", "Require: timer")
		if body(m) != description || strings.Contains(m, "X-Odd") {
			t.Errorf("200: %s", m)
		}
		d.takes(m)
		d.send("ACK", "")
		p.silent()
		d.send("BYE", "")
		p.expect("SIP/2.0 200 ", "CSeq: 2 BYE")
		if got := l.asked(wire.MethodHangup).params.(wire.HangupParams); got.Call != start.params.(wire.StartParams).Call {
			t.Errorf("%+v", got)
		}
		l.answer(l.asked(wire.MethodHangup), nil)
		l.tell(wire.EventEnded, ends(got.Call, wire.NameHangup, nil))
		p.silent()
		if a := p.flow.agent.Load(); len(a.calls)+len(a.dialogs) != 0 {
			t.Errorf("left: %d calls, %d dialogs", len(a.calls), len(a.dialogs))
		}
	})
}

// TestWhoCalls: the identity asked for if the network gave it, the default one otherwise; and the number withheld.
func TestWhoCalls(t *testing.T) {
	tests := []struct {
		name, uri, header, from, target string
		anonymous                       bool
	}{
		{"the address of record", "sip:+15550118@ims.example;user=phone", "X-None: 1", "tel:+15550001", "+15550118", false},
		{"another identity", "sip:bob@ims.example", "P-Preferred-Identity: <sip:alice@ims.example>", "sip:alice@ims.example", "sip:bob@ims.example", false},
		{"somebody else's", "sip:+15550118@elsewhere.example", "P-Preferred-Identity: <sip:boss@ims.example>", "", "sip:+15550118@elsewhere.example", false},
		{"withheld", "sip:*21%23@ims.example", "Privacy: id;critical", "tel:+15550001", "*21#", true},
		{"a tel URI", "tel:+15550118;phone-context=x", "Privacy: none", "tel:+15550001", "tel:+15550118;phone-context=x", false},
		{"help", "urn:service:sos", "X-None: 1", "tel:+15550001", "urn:service:sos", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newBed(t, nil).phone()
				l := p.register()
				p.call(tt.uri, offer, tt.header)
				got := l.asked(wire.MethodStart).params.(wire.StartParams)
				if got.From != tt.from || got.Target != tt.target || got.Anonymous != tt.anonymous {
					t.Errorf("call.start from %q to %q, anonymous %v", got.From, got.Target, got.Anonymous)
				}
			})
		})
	}
}

// TestRefusedCalls: statuses and reasons of calls that come to nothing.
func TestRefusedCalls(t *testing.T) {
	tests := []struct {
		name   string
		change func(*wire.Cause)
		status string
		parts  []string
	}{
		{wire.NameBusy, func(c *wire.Cause) { c.SIP, c.Q850 = 486, 17 }, "486 ", []string{`Reason: Q.850;cause=17;text="busy"`}},
		{wire.NameBusy, func(c *wire.Cause) { c.SIP = 600 }, "600 ", []string{`Reason: SIP;cause=600;text="busy"`}},
		{wire.NameDeclined, nil, "603 ", []string{"Reason: SIP;cause=603"}},
		{wire.NameNumberUnknown, func(c *wire.Cause) { c.SIP = 404 }, "404 ", nil},
		{wire.NameNumberInvalid, nil, "484 ", []string{"Warning: 399 causeway.invalid"}},
		{wire.NameForbidden, func(c *wire.Cause) { c.SIP = 407 }, "403 ", nil}, // not a challenge for the user agent
		{wire.NameRedirected, func(c *wire.Cause) { c.SIP = 302 }, "480 ", nil},
		{wire.NameCongestion, func(c *wire.Cause) { c.SIP, c.RetryAfter = 503, 7e9 }, "503 ", []string{"Retry-After: 7"}},
		{wire.NameEmergencyUsePhone, nil, "380 ", nil},
		{wire.NameMediaIncompatible, func(c *wire.Cause) { c.SIP = 488 }, "488 ", nil},
		{wire.NamePreconditionFailed, nil, "580 ", nil},
		{wire.NameNoAnswer, nil, "480 ", nil},
		{wire.NameInternal, nil, "500 ", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name+" "+tt.status, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newBed(t, nil).phone()
				l := p.register()
				p.call("sip:+15550118@ims.example", offer)
				start := l.asked(wire.MethodStart)
				name := start.params.(wire.StartParams).Call
				l.answer(start, wire.StartResult{Call: name, SDP: description})
				p.expect("SIP/2.0 183 ")
				l.tell(wire.EventEnded, ends(name, tt.name, tt.change))
				p.expect("SIP/2.0 "+tt.status, tt.parts...)
			})
		})
	}
	t.Run("before there is a call", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newBed(t, nil).phone()
			l := p.register()
			p.call("sip:+15550118@ims.example", offer)
			l.refuse(l.asked(wire.MethodStart), wire.NewError(wire.NameNotRegistered))
			p.expect("SIP/2.0 503 ")
			p.call("sip:+15550118@ims.example", "")
			p.expect("SIP/2.0 488 ")
			p.call("sip:+15550118@ims.example", strings.Repeat("v=0\r\n", 4000))
			p.expect("SIP/2.0 488 ") // the protocol's own limit refuses it
		})
	})
}

// TestCancel: a caller who gives up, before and after the session has answered.
func TestCancel(t *testing.T) {
	for _, late := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := newBed(t, nil).phone()
			l := p.register()
			d := p.call("sip:+15550118@ims.example", offer)
			start := l.asked(wire.MethodStart)
			if !late {
				l.answer(start, wire.StartResult{Call: "x", SDP: description})
				p.expect("SIP/2.0 183 ")
			}
			d.send("CANCEL", "")
			p.expect("SIP/2.0 200 ", "CSeq: 1 CANCEL")
			p.expect("SIP/2.0 487 ", "CSeq: 1 INVITE")
			l.asked(wire.MethodHangup)
			if late {
				l.answer(start, wire.StartResult{Call: "x", SDP: description})
			}
			l.tell(wire.EventEnded, ends(start.params.(wire.StartParams).Call, wire.NameCancelled, nil))
			p.silent()
		})
	}
}

// TestHangupOverTheRate: a BYE gets through even when the session takes no more requests for a moment.
func TestHangupOverTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		l := p.register()
		d, _ := up(t, p, l)
		d.send("BYE", "")
		p.expect("SIP/2.0 200 ")
		n := l.count()
		l.refuse(l.asked(wire.MethodHangup), wire.NewError(wire.NameRateLimited).WithRetryAfter(time.Second))
		time.Sleep(2 * time.Second)
		if l.asked(wire.MethodHangup); l.count() != n+1 {
			t.Errorf("%d requests after %d", l.count(), n)
		}
	})
}

// TestHold: directions become hold and resume; the answer is the session's; what the far party refuses is refused.
func TestHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		l := p.register()
		d, _ := up(t, p, l)
		reinvite := func(direction string, before string) {
			t.Helper()
			d.send("INVITE", strings.Replace(offer, "a=sendrecv", "a="+direction, 1))
			if before != "" {
				l.answer(l.asked(before), nil)
			}
			update := l.asked(wire.MethodUpdate)
			l.answer(update, wire.UpdateResult{SDP: description + "a=" + direction + "-answered\r\n"})
			p.expect("SIP/2.0 200 ", "a="+direction+"-answered")
			d.send("ACK", "")
		}
		reinvite("sendonly", wire.MethodHold)
		reinvite("inactive", "")
		reinvite("sendrecv", wire.MethodResume)
		reinvite("sendrecv", "") // an ICE restart
		d.send("UPDATE", strings.Replace(offer, "a=sendrecv", "a=inactive", 1))
		l.refuse(l.asked(wire.MethodHold), wire.NewError(wire.NameCallState))
		p.expect("SIP/2.0 491 ", "CSeq: 6 UPDATE")
		d.send("UPDATE", "") // a refresh
		p.expect("SIP/2.0 200 ", "CSeq: 7 UPDATE")
		d.send("OPTIONS", "")
		p.expect("SIP/2.0 200 ", "Allow: ")
		d.send("SUBSCRIBE", "", "Event: dialog")
		p.expect("SIP/2.0 405 ", "Allow: ")
	})
}

func TestWantsToHear(t *testing.T) {
	tests := []struct {
		sdp  string
		want bool
	}{
		{"v=0\r\nm=audio 9 X 0\r\n", true},
		{"v=0\r\nm=audio 9 X 0\r\na=recvonly\r\n", true},
		{"v=0\r\nm=audio 9 X 0\r\na=sendonly\r\n", false},
		{"v=0\r\na=inactive\r\nm=audio 9 X 0\r\n", false},
		{"v=0\r\na=inactive\r\nm=audio 9 X 0\r\na=sendrecv\r\n", true},
		{"v=0\r\nm=audio 9 X 0\r\na=sendrecv\r\nm=video 9 X 0\r\na=inactive\r\n", true},
		{"v=0\r\nm=video 9 X 0\r\na=inactive\r\nm=audio 9 X 0\r\n", true},
		{"v=0\r\nm=audio 0 X 0\r\na=inactive\r\nm=audio 9 X 0\r\na=sendrecv\r\n", true},
		{"", true},
	}
	for _, tt := range tests {
		if got := wantsToHear(tt.sdp); got != tt.want {
			t.Errorf("%q: %v", tt.sdp, got)
		}
	}
}

// TestDigits: INFO becomes call.dtmf; what is no digit does not; digits of the far party come as INFO.
func TestDigits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		l := p.register()
		d, name := up(t, p, l)
		tests := []struct {
			kind, body, digits string
			duration           time.Duration
		}{
			{"application/dtmf-relay", "Signal=5\r\nDuration=160", "5", 160 * time.Millisecond},
			{"application/dtmf-relay", "Signal= *\r\nDuration= 10\r\n", "*", wire.MinDTMFDuration},
			{"application/dtmf-relay", "Signal=11\r\nDuration=99999\r\n", "#", wire.MaxDTMFDuration},
			{"application/dtmf-relay", "Signal=d\r\n", "D", wire.DefaultDTMFDuration},
			{"application/dtmf", "7", "7", wire.DefaultDTMFDuration},
			{"application/dtmf-relay", "Signal=55\r\n", "", 0},
			{"application/dtmf-relay", "Hook=1", "", 0},
		}
		for _, tt := range tests {
			before := l.count()
			d.branch++
			d.seq++
			p.flow.Frame(fmt.Appendf(nil, "INFO %s SIP/2.0\r\nVia: SIP/2.0/WSS abc.invalid;branch=z9hG4bKn%d\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d INFO\r\nContent-Type: %s\r\n\r\n%s",
				d.target, d.branch, d.local, d.remote, d.callID, d.seq, tt.kind, tt.body))
			p.expect("SIP/2.0 200 ")
			if tt.digits == "" {
				if l.count() != before {
					t.Errorf("%q was asked", tt.body)
				}
				continue
			}
			if got := l.asked(wire.MethodDTMF).params.(wire.DTMFParams); got.Digits != tt.digits || got.Duration != tt.duration {
				t.Errorf("%q became %+v", tt.body, got)
			}
		}
		l.tell(wire.EventDTMF, wire.CallDTMF{Call: name, Digit: "9", Duration: 120e6})
		p.expect("INFO sip:q7k2@abc.invalid", "Content-Type: application/dtmf-relay", "Signal=9\r\nDuration=120\r\n")
	})
}

// TestStatuses: every name of the catalogue that a request or a call can end with has a status on purpose.
func TestStatuses(t *testing.T) {
	general := map[string]bool{ // what is nobody's fault but ours, or cannot come from what a user agent asks
		wire.NameParseError: true, wire.NameInvalidRequest: true, wire.NameMethodUnknown: true, wire.NameInternal: true, wire.NameResumeUnknown: true,
		wire.NameAlreadyLoggedIn: true, wire.NameCallExists: true, wire.NameHeaderRefused: true, wire.NameUserToUserRefused: true, wire.NameMediaFailed: true,
		wire.NameDTMFUnavailable: true, wire.NameMoved: true, wire.NameTransferred: true, wire.NameReplaced: true, wire.NameReferUnknown: true,
		wire.NameMessageUnknown: true, wire.NameMessageExists: true, wire.NameMessageUnsupported: true, wire.NameSMSUnavailable: true,
	}
	for _, e := range wire.Catalogue() {
		if e.Code < 4000 && statusOf(e.Name) == 500 && !general[e.Name] {
			t.Errorf("%s has no status", e.Name)
		}
	}
}
