package sipws

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/signaling/wire"
)

// TestFarEnd: what ends a call that is up comes as BYE with its reason.
func TestFarEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		l := p.register()
		_, name := up(t, p, l)
		l.tell(wire.EventEnded, ends(name, wire.NameHangup, func(c *wire.Cause) { c.Q850 = 16 }))
		bye := p.expect("BYE sip:q7k2@abc.invalid;transport=ws;ob SIP/2.0", "Via: SIP/2.0/WSS causeway.invalid;branch=z9hG4bK", `Reason: Q.850;cause=16;text="hangup"`)
		p.write("", "SIP/2.0 200 OK", "Via: "+header(bye, "Via"), "From: "+header(bye, "From"), "To: "+header(bye, "To"), "Call-ID: "+header(bye, "Call-ID"), "CSeq: "+header(bye, "CSeq"))
		if a := p.flow.agent.Load(); len(a.calls)+len(a.dialogs) != 0 {
			t.Errorf("left: %d calls, %d dialogs", len(a.calls), len(a.dialogs))
		}
	})
}

// respond answers a request of the gateway.
func (p *phone) respond(request, status, sdp string, more ...string) {
	to := header(request, "To")
	if !strings.Contains(to, ";tag=") {
		to += ";tag=ua"
	}
	p.write(sdp, append([]string{"SIP/2.0 " + status, "Via: " + header(request, "Via"), "From: " + header(request, "From"), "To: " + to,
		"Call-ID: " + header(request, "Call-ID"), "CSeq: " + header(request, "CSeq"), "Contact: <sip:q7k2@abc.invalid;transport=ws;ob>"}, more...)...)
}

func rings(l *fakeLink, call string) {
	l.tell(wire.EventIncoming, wire.CallIncomingEvent{Call: call, Remote: wire.Remote{URI: "tel:+15550118", Number: "+15550118", Name: "Bob"}, Called: aor, SDP: offer})
}

// TestIncoming: a call to the user agent: INVITE, 180, 200, ACK, BYE.
func TestIncoming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		l := p.register()
		rings(l, "in1")
		invite := p.expect("INVITE sip:q7k2@abc.invalid;transport=ws SIP/2.0", `From: "Bob" <sip:+15550118@ims.example;user=phone>;tag=`, "To: <"+aor+">\r\n",
			`P-Asserted-Identity: "Bob" <sip:+15550118@ims.example;user=phone>`, "P-Called-Party-ID: <"+aor+">", "Session-Expires: 1800")
		if body(invite) != offer {
			t.Errorf("offer %q", body(invite))
		}
		p.respond(invite, "100 Trying", "")
		p.respond(invite, "180 Ringing", "")
		l.answer(l.asked(wire.MethodRinging), nil)
		p.respond(invite, "200 OK", description)
		if got := l.asked(wire.MethodAnswer).params.(wire.AnswerParams); got.Call != "in1" || got.SDP != description {
			t.Errorf("%+v", got)
		}
		p.expect("ACK sip:q7k2@abc.invalid;transport=ws;ob SIP/2.0")
		l.answer(l.asked(wire.MethodAnswer), nil)
		l.tell(wire.EventAccepted, wire.CallAccepted{Call: "in1"})
		p.silent()
		d := &leg{p: p, callID: header(invite, "Call-ID"), local: header(invite, "To") + ";tag=ua", remote: header(invite, "From"), target: strings.Trim(header(invite, "Contact"), "<>"), seq: 0}
		d.send("BYE", "")
		p.expect("SIP/2.0 200 ")
		l.asked(wire.MethodHangup)
	})
}

// TestIncomingRefused: how a user agent refuses a call, or does not get it.
func TestIncomingRefused(t *testing.T) {
	for status, want := range map[string]string{"486 Busy Here": wire.RejectBusy, "600 Busy": wire.RejectBusy, "603 Decline": wire.RejectDeclined,
		"480 Away": wire.RejectUnavailable, "488 No": wire.RejectUnavailable, "404 Not Found": wire.RejectUnavailable} {
		synctest.Test(t, func(t *testing.T) {
			p := newBed(t, nil).phone()
			l := p.register()
			rings(l, "in1")
			p.respond(p.expect("INVITE "), status, "")
			p.expect("ACK ")
			if got := l.asked(wire.MethodReject).params.(wire.RejectParams); got.Reason != want {
				t.Errorf("%s became %s", status, got.Reason)
			}
			l.tell(wire.EventEnded, ends("in1", wire.NameDeclined, nil))
			p.silent()
		})
	}
	synctest.Test(t, func(t *testing.T) { // the caller gives up, or another phone takes the call
		p := newBed(t, nil).phone()
		l := p.register()
		l.tell(wire.EventIncoming, wire.CallIncomingEvent{Call: "in1", Remote: wire.Remote{Anonymous: true}, SDP: offer})
		invite := p.expect("INVITE ", `From: "Anonymous" <sip:anonymous@anonymous.invalid>`)
		if strings.Contains(invite, "P-Asserted-Identity") {
			t.Error("a withheld identity")
		}
		p.respond(invite, "180 Ringing", "")
		l.tell(wire.EventEnded, ends("in1", wire.NameAnsweredElsewhere, nil))
		p.respond(p.expect("CANCEL ", `Reason: SIP;cause=200;text="Call completed elsewhere"`), "200 OK", "")
		p.respond(invite, "487 Request Terminated", "")
		p.expect("ACK ")
		p.silent()
	})
}

// TestAnswerNotTaken: a 200 whose description the session cannot use is acknowledged and hung up.
func TestAnswerNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		l := p.register()
		rings(l, "in1")
		p.respond(p.expect("INVITE "), "200 OK", description)
		p.expect("ACK ")
		l.refuse(l.asked(wire.MethodAnswer), wire.NewError(wire.NameSDPInvalid))
		p.expect("BYE ")
		l.asked(wire.MethodHangup)
	})
}

// TestTransfer: REFER to an address and to another call, and what is reported.
func TestTransfer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		l := p.register()
		d, name := up(t, p, l)
		d.send("REFER", "", "Refer-To: <sip:+15550119@ims.example?Subject=evil>")
		transfer := l.asked(wire.MethodTransfer)
		if got := transfer.params.(wire.TransferParams); got != (wire.TransferParams{Call: name, Target: "+15550119"}) {
			t.Errorf("%+v", got)
		}
		l.refuse(transfer, wire.NewError(wire.NameTransferUnsupported))
		p.expect("SIP/2.0 405 ")

		other, second := up(t, p, l)
		tag := other.remote[strings.Index(other.remote, ";tag=")+5:]
		d.send("REFER", "", fmt.Sprintf("Refer-To: <sip:+15550118@ims.example?Replaces=%s%%3Bto-tag%%3D%s%%3Bfrom-tag%%3Dua>", other.callID, tag))
		transfer = l.asked(wire.MethodTransfer)
		if got := transfer.params.(wire.TransferParams); got != (wire.TransferParams{Call: name, With: second}) {
			t.Errorf("%+v", got)
		}
		l.answer(transfer, nil)
		p.expect("SIP/2.0 202 ")
		notify := p.expect("NOTIFY ", "Event: refer", "Subscription-State: active", "SIP/2.0 100 Trying")
		p.respond(notify, "200 OK", "")
		l.tell(wire.EventTransferring, wire.CallTransferring{Call: name, State: wire.TransferTrying})
		l.tell(wire.EventTransferring, wire.CallTransferring{Call: name, State: wire.TransferRinging, SIP: 180})
		p.respond(p.expect("NOTIFY ", "SIP/2.0 180 Ringing"), "200 OK", "")
		l.tell(wire.EventTransferring, wire.CallTransferring{Call: name, State: wire.TransferAccepted, SIP: 200})
		p.respond(p.expect("NOTIFY ", "SIP/2.0 200 OK", "Subscription-State: terminated"), "200 OK", "")
		l.tell(wire.EventEnded, ends(name, wire.NameTransferred, nil))
		p.expect("BYE ")
		for _, bad := range []string{"<sip:+1@x?Replaces=nobody%3Bto-tag%3D1%3Bfrom-tag%3D2>", "<http://evil/>", "<sip:a@b;method=BYE>"} {
			other.send("REFER", "", "Refer-To: "+bad)
			p.expect("SIP/2.0 4")
		}
	})
}

// TestFarEndRefers: a far party that wants to hand the user on is told no.
func TestFarEndRefers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		l := p.register()
		_, name := up(t, p, l)
		l.tell(wire.EventRefer, wire.CallRefer{Call: name, Refer: "w1"})
		if got := l.asked(wire.MethodRefuseRefer).params.(wire.RefuseReferParams); got.Refer != "w1" {
			t.Errorf("%+v", got)
		}
	})
}

// TestMessages: texts both ways, and what is none.
func TestMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).phone()
		l := p.register()
		n := 0
		send := func(kind, body string) {
			n++
			p.flow.Frame(fmt.Appendf(nil, "MESSAGE sip:+15550118@ims.example SIP/2.0\r\nVia: SIP/2.0/WSS abc.invalid;branch=z9hG4bKm%d\r\nFrom: <%s>;tag=m%d\r\nTo: <sip:+15550118@ims.example>\r\nCall-ID: m\r\nCSeq: %d MESSAGE\r\nContent-Type: %s\r\nPrivacy: id\r\n\r\n%s",
				n, aor, n, n, kind, body))
		}
		send("text/plain", "On my way\r\nP-Evil: 1")
		m := l.asked(wire.MethodSend)
		if got := m.params.(wire.SendParams); got.Target != "+15550118" || got.Text != "On my way\r\nP-Evil: 1" || got.From != "tel:+15550001" || !got.Anonymous || got.Via != wire.ViaSIP {
			t.Errorf("%+v", got)
		}
		p.silent()
		l.answer(m, wire.SendResult{Message: "m", Via: wire.ViaSIP, Parts: 1})
		p.expect("SIP/2.0 200 ")
		for name, status := range map[string]string{wire.NameMessageTooLong: "413", wire.NameMessageRefused: "403", wire.NameMessageFailed: "480", wire.NameNotRegistered: "503", wire.NameRateLimited: "503"} {
			send("text/plain;charset=UTF-8", "x")
			l.refuse(l.asked(wire.MethodSend), wire.NewError(name).WithRetryAfter(time.Second))
			p.expect("SIP/2.0 "+status, "Retry-After: 1")
		}
		send("text/plain", "\x00")
		p.expect("SIP/2.0 400 ") // the protocol's own check
		for _, kind := range []string{"text/html", "application/im-iscomposing+xml", "text/plain;charset=latin1"} {
			send(kind, "x")
			p.expect("SIP/2.0 415 ", "Accept: text/plain")
		}
		send("text/plain", "\xff")
		p.expect("SIP/2.0 415 ")

		l.tell(wire.EventMessage, wire.MessageReceived{Message: "r1", Remote: wire.Remote{Number: "+15550118", Name: "Bob"}, Called: aor, Text: "Good\r\n\r\nVia: x", ContentType: "text/plain", Via: wire.ViaSIP})
		got := p.expect("MESSAGE sip:q7k2@abc.invalid;transport=ws SIP/2.0", `From: "Bob" <sip:+15550118@ims.example;user=phone>;tag=`, "Content-Type: text/plain;charset=utf-8", "P-Asserted-Identity: ")
		if body(got) != "Good\r\n\r\nVia: x" {
			t.Errorf("body %q", body(got))
		}
		p.respond(got, "200 OK", "")
		l.tell(wire.EventMessage, wire.MessageReceived{Message: "r2", Remote: wire.Remote{Name: "MyBank"}, Text: "Code 1", Via: wire.ViaSMS})
		p.respond(p.expect("MESSAGE ", `From: "MyBank" <sip:anonymous@anonymous.invalid>;tag=`), "480 Away", "")
		p.silent()
	})
}
