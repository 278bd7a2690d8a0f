package messaging

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/signaling/call"
	"causeway/signaling/sms"
	"causeway/signaling/wire"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestShortIn: short messages of the core, whole and in parts, and the answers to its gateway.
func TestShortIn(t *testing.T) {
	in(t, func(t *testing.T, _ *Agent, u *user) {
		const head = "01 07 07 91 5155050101F1 00 "
		short := func(tpdu string) *int {
			b := unhex(t, tpdu)
			return u.gets(from(gate, typeShort, append(append(unhex(t, head), byte(len(b))), b...)))
		}
		answered := func(want string) {
			t.Helper()
			l := u.letter()
			if hex.EncodeToString(l.Body) != strings.ReplaceAll(want, " ", "") || l.To != gate || l.InReplyTo != "in@core" || l.Type != typeShort {
				t.Errorf("%x %+v", l.Body, l.Envelope)
			}
		}
		if s := short("04 0B 91 5155050101F1 00 00 62110181000000 0A E8329BFD4697D9EC37"); *s != 200 {
			t.Fatal(*s)
		}
		e := u.last[wire.EventMessage].(wire.MessageReceived)
		if e.Text != "hellohello" || e.Via != wire.ViaSMS || e.Remote.Number != "+15555010101" {
			t.Errorf("%+v", e)
		}
		answered("02 07 41 02 00 00")
		short("04 0B 91 5155050101F1 00 00 62110181000000 0A E8329BFD4697D9EC37") // its acknowledgement was lost
		if len(u.events) != 1 || len(u.letters) != 2 {
			t.Errorf("%v %d", u.events, len(u.letters))
		}
		short("04 04 81 2143 40 00 62110181000000 01 41") // type 0
		short("44 04 81 2143 00 08 62110181000000 08 05 00 03 2A 02 02 00 42")
		if len(u.events) != 1 || len(u.letters) != 4 {
			t.Errorf("%v %d", u.events, len(u.letters))
		}
		short("44 04 81 2143 00 08 62110181000000 08 05 00 03 2A 02 01 00 41")
		if e := u.last[wire.EventMessage].(wire.MessageReceived); e.Text != "AB" || e.Incomplete || e.Remote.Number != "1234" || len(u.events) != 2 {
			t.Errorf("%+v", e)
		}
		short("44 04 81 2143 00 08 62110181000000 08 05 00 03 2B 02 01 00 43")
		time.Sleep(11 * time.Minute)
		synctest.Wait()
		if e := u.last[wire.EventMessage].(wire.MessageReceived); e.Text != "C[…]" || !e.Incomplete {
			t.Errorf("%+v", e)
		}
		short("04 07 D0 C2B0BC0C 00 00 62110181000000 01 41")
		if e := u.last[wire.EventMessage].(wire.MessageReceived); e.Remote.Name != "Bare" || e.Remote.Number != "" || e.Remote.Anonymous {
			t.Errorf("%+v", e)
		}
		n := len(u.events)
		if s := short("04 04 81 2143 00 04 62110181000000 01 41"); *s != 200 { // data
			t.Error(*s)
		}
		answered("04 07 01 6f 41 03 00 90 00")
		if s := u.gets(from(gate, typeShort, unhex(t, "00 08 00 07 91 5155050101F1 02 01 00"))); *s != 200 { // what a phone sends
			t.Error(*s)
		}
		answered("04 08 01 61")
		if s := u.gets(from("", typeShort, unhex(t, "01 09 00"))); *s != 200 || len(u.events) != n {
			t.Error(*s, u.events)
		}
		u.detached = true
		sent := len(u.letters)
		if s := short("04 04 81 2143 00 00 62110181000000 01 42"); *s != 0 || len(u.letters) != sent {
			t.Error("a short message that nobody reads was acknowledged")
		}
	})
}

// relay reads the RP-DATA of a letter.
func relay(t *testing.T, l letter) (sms.RP, []byte) {
	t.Helper()
	rp, err := sms.ParseRP(l.Body)
	if err != nil || rp.Type != sms.DataTo || rp.Center.Text != "+15550199" || l.To != "tel:+15550199" {
		t.Fatalf("%+v %v %+v", rp, err, l)
	}
	return rp, rp.UserData
}

// said gives a box the centre's answer.
func (u *user) said(rp sms.RP, inReplyTo string) {
	u.t.Helper()
	b, err := rp.Encode()
	if err != nil {
		u.t.Fatal(err)
	}
	m := from(gate, typeShort, b)
	m.InReplyTo = inReplyTo
	if s := u.gets(m); *s != 200 {
		u.t.Error(*s)
	}
	synctest.Wait()
}

// TestShortOut: parts one after the other, reports, refusals and silence.
func TestShortOut(t *testing.T) {
	in(t, func(t *testing.T, a *Agent, u *user) {
		other := newUser(t, a)
		text := strings.Repeat("a", 200)
		if got := u.ask(wire.SendParams{Message: "m1", Target: "+15550101", Text: text, Via: wire.ViaSMS, Delivery: true}); got != (wire.SendResult{Message: "m1", Via: "sms", Parts: 2}) {
			t.Fatal(got)
		}
		first, tpdu := relay(t, u.letter())
		if len(u.letters) != 1 || tpdu[0]&0x63 != 0x61 {
			t.Fatalf("%d letters, %x", len(u.letters), tpdu)
		}
		other.said(sms.RP{Type: sms.AckFrom, Reference: first.Reference}, u.letters[0].CallID) // the core chose another browser
		if len(u.letters) != 2 || len(u.events) != 0 {
			t.Fatalf("%d letters, %v", len(u.letters), u.events)
		}
		other.said(sms.RP{Type: sms.AckFrom, Reference: first.Reference}, u.letters[0].CallID) // again
		second, tpdu2 := relay(t, u.letter())
		u.said(sms.RP{Type: sms.AckFrom, Reference: second.Reference}, "")
		if got := u.last[wire.EventReport].(wire.MessageReport); got.Status != "accepted" || got.Message != "m1" || len(u.letters) != 2 {
			t.Fatalf("%+v", got)
		}
		report := func(reference byte, to, status string) {
			b := unhex(t, fmt.Sprintf("01 20 07 91 5155050101F1 00 17 06 %02x %s 62110181000000 62110181005000 %s", reference, to, status))
			if s := u.gets(from(gate, typeShort, b)); *s != 200 {
				t.Error(*s)
			}
			synctest.Wait()
		}
		status := func() string { return u.last[wire.EventReport].(wire.MessageReport).Status }
		report(tpdu[1], "08 91 51551010", "30")
		if status() != "stored" {
			t.Error(status())
		}
		report(tpdu[1], "08 91 51551010", "00")
		report(tpdu[1], "08 91 51551011", "00") // another number's: nothing of ours
		if status() != "stored" {
			t.Error(status())
		}
		report(tpdu2[1], "08 91 51551010", "00")
		if status() != "delivered" {
			t.Error(status())
		}
		if n := len(u.letters); n != 6 || hex.EncodeToString(u.letter().Body) != "022041020000" {
			t.Errorf("%d letters; status reports are acknowledged too", n)
		}

		u.ask(wire.SendParams{Message: "m2", Target: "+15550101", Text: "x", Via: wire.ViaSMS})
		rp, _ := relay(t, u.letter())
		u.said(sms.RP{Type: sms.ErrorFrom, Reference: rp.Reference, Cause: 28}, u.letter().CallID)
		if r := u.last[wire.EventReport].(wire.MessageReport); r.Status != "failed" || r.Error.Name != "number_unknown" || r.Message != "m2" {
			t.Errorf("%+v", r)
		}
		u.ask(wire.SendParams{Message: "m3", Target: "+15550101", Text: "x", Via: wire.ViaSMS})
		time.Sleep(41 * time.Second)
		synctest.Wait()
		if r := u.last[wire.EventReport].(wire.MessageReport); r.Status != "failed" || r.Error.Name != "message_failed" || r.Message != "m3" {
			t.Errorf("%+v", r)
		}
		cause := call.FromSIP(403, 0, "")
		u.refuse = &cause
		if got := u.ask(wire.SendParams{Message: "m4", Target: "+15550101", Text: "x", Via: wire.ViaSMS}); got != "message_refused" {
			t.Error(got)
		}
		if slices.ContainsFunc(u.box.sent, func(m *sent) bool { return m.name == "m4" }) {
			t.Error("a refused message is kept")
		}
	})
}

// TestShortOvertakes: the centre's acknowledgement may come before the core's answer to the MESSAGE.
func TestShortOvertakes(t *testing.T) {
	in(t, func(t *testing.T, _ *Agent, u *user) {
		u.silent = true
		if got := u.ask(wire.SendParams{Message: "m1", Target: "+15550101", Text: "x", Via: wire.ViaSMS}); got != nil {
			t.Fatal(got)
		}
		rp, _ := relay(t, u.letter())
		u.said(sms.RP{Type: sms.AckFrom, Reference: rp.Reference}, u.letter().CallID)
		if len(u.events) != 0 {
			t.Fatal(u.events)
		}
		u.do(func() { u.letters[0].done(nil) })
		if u.answers["1"] != (wire.SendResult{Message: "m1", Via: "sms", Parts: 1}) || u.last[wire.EventReport].(wire.MessageReport).Status != "accepted" {
			t.Errorf("%+v %v", u.answers, u.events)
		}
	})
}
