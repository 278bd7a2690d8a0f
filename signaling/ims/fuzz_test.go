package ims

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/call"
	"causeway/signaling/sip/dialog"
)

// FuzzFromCore: whatever parsable message the core sends, in or out of the dialog of a call, nothing panics and a call
// made afterwards works.
func FuzzFromCore(f *testing.F) {
	f.Add("INVITE sip:USER@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKf\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: f\r\nCSeq: 1 INVITE\r\nContact: <sip:a@b>\r\n\r\n")
	f.Add("NOTIFY sip:USER@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKg\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=TAG\r\nCall-ID: CALL\r\nCSeq: 1 NOTIFY\r\nEvent: reg\r\n\r\n")
	f.Add("UPDATE sip:USER@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKh\r\nFrom: <tel:+15550101>;tag=A\r\nTo: <sip:c@d>;tag=TAG\r\nCall-ID: CALL\r\nCSeq: 2 UPDATE\r\nSession-Expires: 1;refresher=x\r\n\r\nv=0\r\n")
	f.Add("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKf\r\nFrom: <sip:a@b>;tag=TAG\r\nTo: <sip:c@d>;tag=9\r\nCall-ID: CALL\r\nCSeq: 1 INVITE\r\nContact: <sip:a@b>\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		synctest.Test(t, func(t *testing.T) {
			r, link := bubble(t)
			b := r.bind()
			synctest.Wait()
			req := r.peer.next("REGISTER")
			r.peer.reply(req, 200, "reg", "", registered(req)...)
			synctest.Wait()
			heard[Registered](r)
			r.bindingsDropped()
			k, err := b.Invite(InviteParams{Target: "+15550101", SDP: ourSDP, Notify: func(CallEvent) {}})
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			invite := r.peer.next("INVITE")
			r.peer.reply(invite, 200, "A", theirSDP, "Contact: <sip:a@192.0.2.7>")
			synctest.Wait()
			tag, _ := dialog.Param(head(invite, "From"), "tag")
			text = strings.NewReplacer("USER", b.token, "TAG", tag, "CALL", head(invite, "Call-ID")).Replace(text)
			if msg, err := sip.NewParser().ParseSIP([]byte(text)); err == nil && msg != nil && wellFormed(msg) {
				link.send(text)
			}
			synctest.Wait()
			k.Hangup(call.Cause{})
			later(70 * time.Second)
			r.bindingsDropped()
			if _, err := b.Invite(InviteParams{Target: "+15550101", SDP: ourSDP, Notify: func(CallEvent) {}}); err != nil {
				t.Fatal(err)
			}
		})
	})
}

// wellFormed is what the transport guarantees of a message it hands on.
func wellFormed(msg sip.Message) bool {
	cseq := msg.CSeq()
	if msg.Via() == nil || msg.From() == nil || msg.To() == nil || msg.CallID() == nil || cseq == nil {
		return false
	}
	req, ok := msg.(*sip.Request)
	return !ok || req.Method == cseq.MethodName
}

// bindingsDropped forgets what the binding told.
func (r *rig) bindingsDropped() {
	for len(r.bindings) > 0 {
		<-r.bindings
	}
}

// TestPoisonedCall: a panic in one call ends that call with a reason and a BYE, and nothing else.
func TestPoisonedCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := bubble(t)
		b := r.bind()
		synctest.Wait()
		req := r.peer.next("REGISTER")
		r.peer.reply(req, 200, "reg", "", registered(req)...)
		synctest.Wait()
		k, err := b.Invite(InviteParams{Target: "+15550101", SDP: ourSDP, Notify: r.hear})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		r.peer.reply(r.peer.next("INVITE"), 200, "A", theirSDP, "Contact: <sip:a@192.0.2.7>")
		synctest.Wait()
		said[Accepted](r)
		k.do(func(*dialog.Session, time.Time) []dialog.Action { panic("poison") })
		synctest.Wait()
		if e := said[Ended](r); e.Cause.Kind != call.Internal {
			t.Fatalf("%+v", e)
		}
		r.peer.next("BYE")
		if n := r.client.Stats().Calls; n != 0 {
			t.Fatalf("%d calls", n)
		}
		if _, err := b.Invite(InviteParams{Target: "+15550101", SDP: ourSDP, Notify: r.hear}); err != nil {
			t.Fatal(err)
		}
	})
}
