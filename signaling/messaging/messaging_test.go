package messaging

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/sip/cpim"
	"causeway/signaling/wire"
)

const (
	alice = "sip:+15550001@ims.example"
	bob   = "sip:+15550101@ims.example"
	gate  = "sip:ipsmgw.ims.example"
)

// TestSend: a text as it goes out, and every answer of the core in the page's words.
func TestSend(t *testing.T) {
	in(t, func(t *testing.T, a *Agent, u *user) {
		if got := u.ask(wire.SendParams{Message: "m1", Target: "+15550101", Text: "a\nb\r\nc", Via: wire.ViaSIP}); got != (wire.SendResult{Message: "m1", Via: "sip", Parts: 1}) {
			t.Fatal(got)
		}
		if l := u.letter(); l.To != "tel:+15550101" || l.Type != "text/plain;charset=UTF-8" || string(l.Body) != "a\r\nb\r\nc" {
			t.Errorf("%+v", l)
		}
		for status, want := range map[int]string{
			404: "number_unknown", 484: "number_invalid", 480: "unavailable", 408: "unavailable", 486: "unavailable", 403: "message_refused", 603: "message_refused", 415: "message_unsupported",
			405: "message_unsupported", 501: "message_unsupported", 413: "message_too_long", 380: "message_emergency", 500: "message_failed", 503: "message_failed", 302: "message_failed",
		} {
			cause := call.FromSIP(status, 0, "their words")
			u.refuse = &cause
			name := fmt.Sprint("m", status)
			if got := u.ask(wire.SendParams{Message: name, Target: "1", Text: "x", Via: wire.ViaSIP}); got != want {
				t.Errorf("%d: %v", status, got)
			}
		}
		u.refuse = &call.Cause{Kind: call.CoreUnreachable}
		if got := u.ask(wire.SendParams{Message: "m0", Target: "1", Text: "x"}); got != "core_unreachable" {
			t.Error(got)
		}
		if s := a.Stats(); s.Sent != 1 || len(u.box.sent) != 1 {
			t.Errorf("%+v, %d kept", s, len(u.box.sent))
		}
	})
}

// TestNotSent: what is refused before anything leaves.
func TestNotSent(t *testing.T) {
	in(t, func(t *testing.T, _ *Agent, u *user) {
		u.ask(wire.SendParams{Message: "m1", Target: "1", Text: "x"})
		u.tooLong = 10
		for want, p := range map[string]wire.SendParams{
			"message_exists":    {Message: "m1", Target: "1", Text: "x"},
			"message_emergency": {Message: "m2", Target: "112", Text: "x"},
			"identity_barred":   {Message: "m2", Target: "1", Text: "x", From: "sip:other@x"},
			"message_too_long":  {Message: "m2", Target: "1", Text: "elevenbytes"},
			"params_invalid":    {Message: "m2", Target: "1", Text: "x", Anonymous: true, Delivery: true},
			"number_invalid":    {Message: "m2", Target: "bob", Text: "x", Via: wire.ViaSMS},
			"params_invalid ":   {Message: "m2", Target: "1", Text: "x", Via: wire.ViaSMS, Display: true},
		} {
			if got := u.ask(p); got != strings.TrimSpace(want) {
				t.Errorf("%s: %v", want, got)
			}
		}
		u.tooLong = 0
		if got := u.ask(wire.SendParams{Message: "m3", Target: "1", Text: strings.Repeat("x", 16000), Via: wire.ViaSMS}); got != "message_too_long" {
			t.Error(got)
		}
		u.plain = true
		if got := u.ask(wire.SendParams{Message: "m3", Target: "1", Text: "x", Via: wire.ViaSMS}); got != "sms_unavailable" {
			t.Error(got)
		}
		for i := range 40 {
			u.ask(wire.SendParams{Message: fmt.Sprint("n", i), Target: "1", Text: "x"})
		}
		if got := u.ask(wire.SendParams{Message: "m4", Target: "1", Text: "x"}); got != "rate_limited" {
			t.Error(got)
		}
		u.offline = true
		if got := u.ask(wire.SendParams{Message: "m4", Target: "1", Text: "x"}); got != "not_registered" {
			t.Error(got)
		}
	})
}

// TestTooLongSaysHowMuch: the room of the wrapping is not the user's.
func TestTooLongSaysHowMuch(t *testing.T) {
	in(t, func(t *testing.T, _ *Agent, u *user) {
		u.tooLong = 800
		id := wire.IntID(99)
		u.do(func() {
			u.box.Serve(id, wire.SendParams{Message: "m", Target: "1", Text: strings.Repeat("x", 700), Delivery: true})
		})
		e := u.answers[id.String()].(*wire.Error)
		var bytes, allowed int
		if _, err := fmt.Sscanf(e.Message, "The message has %d bytes; %d are allowed here.", &bytes, &allowed); err != nil || bytes != 700 || allowed < 300 || allowed > 600 {
			t.Fatal(e)
		}
		if got := u.ask(wire.SendParams{Message: "m", Target: "1", Text: strings.Repeat("x", allowed), Delivery: true}); got != (wire.SendResult{Message: "m", Via: "sip", Parts: 1}) {
			t.Error(got)
		}
	})
}

// notification is what a far phone says of the message in a letter.
func notification(t *testing.T, l letter, about cpim.About, status cpim.Status) []byte {
	t.Helper()
	m, err := cpim.Parse(l.Body)
	if err != nil {
		t.Fatal(err)
	}
	return cpim.Message{ID: "n1", ContentType: cpim.TypeNotified, Notification: true, Content: cpim.Notification{ID: m.ID, At: m.At, About: about, Status: status}.Write()}.Write()
}

// TestReports: notifications reach the page that sent the message, in order, once, also through another browser of the user.
func TestReports(t *testing.T) {
	in(t, func(t *testing.T, a *Agent, u *user) {
		other := newUser(t, a)
		u.ask(wire.SendParams{Message: "m1", Target: "1", Text: "x", Delivery: true, Display: true})
		l := u.letter()
		m, err := cpim.Parse(l.Body)
		if err != nil || l.Type != cpim.Type || m.Asks != (cpim.Asks{Delivery: true, Failure: true, Display: true}) || m.From != alice || m.To != "tel:1" || string(m.Content) != "x" || len(m.ID) != 32 {
			t.Fatalf("%+v %v", m, err)
		}
		report := func(via *user, about cpim.About, status cpim.Status) string {
			n := len(u.events)
			if s := via.gets(from(bob, cpim.Type, notification(t, l, about, status))); *s != 200 {
				t.Errorf("%s: %d", status, *s)
			}
			synctest.Wait()
			if len(u.events) == n {
				return ""
			}
			return u.last[wire.EventReport].(wire.MessageReport).Status
		}
		for i, step := range []struct {
			via    *user
			about  cpim.About
			status cpim.Status
			want   string
		}{
			{u, cpim.Processing, cpim.Stored, "stored"}, {other, cpim.Delivery, cpim.Delivered, "delivered"}, {u, cpim.Delivery, cpim.Delivered, ""}, {u, cpim.Processing, cpim.Stored, ""},
			{u, cpim.Delivery, cpim.Failed, ""}, {u, cpim.Display, cpim.Forbidden, ""}, {u, cpim.Display, cpim.Displayed, "displayed"}, {other, cpim.Display, cpim.Displayed, ""},
		} {
			if got := report(step.via, step.about, step.status); got != step.want {
				t.Errorf("step %d: %q, want %q", i, got, step.want)
			}
		}
		if len(other.events) != 0 {
			t.Errorf("the other browser heard %v", other.events)
		}
		u.ask(wire.SendParams{Message: "m2", Target: "1", Text: "x", Delivery: true})
		l = u.letter()
		if got := report(u, cpim.Delivery, cpim.Failed); got != "failed" || u.last[wire.EventReport].(wire.MessageReport).Error.Name != "message_undelivered" {
			t.Error(got)
		}
		u.do(u.box.Close)
		if n := len(a.waits); n != 0 {
			t.Errorf("%d are kept", n)
		}
	})
}

// TestReceive: a text, a wrapped one with its notifications, and one that comes twice.
func TestReceive(t *testing.T) {
	in(t, func(t *testing.T, _ *Agent, u *user) {
		if s := u.gets(from(bob, "text/plain", []byte("hi\r\nyou\x00"))); *s != 200 {
			t.Fatal(*s)
		}
		e := u.last[wire.EventMessage].(wire.MessageReceived)
		if e.Text != "hi\nyou" || e.Via != wire.ViaSIP || e.Remote.Number != "+15550101" || e.Called != alice || e.Display || e.ContentType != "text/plain" || time.Since(e.At.Time) > time.Second || len(u.letters) != 0 {
			t.Errorf("%+v", e)
		}
		sent := time.Now().Add(-time.Hour).Truncate(time.Second).UTC()
		body := cpim.Message{From: "sip:liar@x", At: sent, ID: "i1", Subject: "s", Asks: cpim.Asks{Delivery: true, Display: true}, ContentType: "text/plain;charset=utf-8", Content: []byte("héllo")}.Write()
		if s := u.gets(from(bob, cpim.Type, body)); *s != 200 {
			t.Fatal(*s)
		}
		e = u.last[wire.EventMessage].(wire.MessageReceived)
		if e.Text != "héllo" || !e.Display || e.Subject != "s" || !e.At.Equal(sent) || e.Remote.URI != bob {
			t.Errorf("%+v", e)
		}
		told := func() cpim.Notification {
			m, err := cpim.Parse(u.letter().Body)
			if err != nil || !m.Notification || u.letter().To != bob || m.Asks.Any() {
				t.Fatalf("%+v %v", m, err)
			}
			n, err := cpim.ParseNotification(m.Content)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := told(); n.ID != "i1" || n.Status != cpim.Delivered || n.About != cpim.Delivery || !n.At.Equal(sent) || len(u.letter().Body) > 600 {
			t.Errorf("%+v", n)
		}
		if s := u.gets(from(bob, cpim.Type, body)); *s != 200 || len(u.events) != 2 || len(u.letters) != 1 {
			t.Errorf("again: %d, %v, %d letters", *s, u.events, len(u.letters))
		}
		for range 2 {
			if got := u.ask(wire.DisplayedParams{Message: e.Message}); got != nil {
				t.Error(got)
			}
		}
		if n := told(); len(u.letters) != 2 || n.Status != cpim.Displayed || n.About != cpim.Display {
			t.Errorf("%d letters, %+v", len(u.letters), n)
		}
		if got := u.ask(wire.DisplayedParams{Message: "nothing"}); got != "message_unknown" {
			t.Error(got)
		}
		m := from("", cpim.Type, cpim.Message{ID: "i2", Asks: cpim.Asks{Delivery: true, Display: true}, Content: []byte("x")}.Write())
		m.Remote = ims.RemoteParty{Anonymous: true}
		if s := u.gets(m); *s != 200 || len(u.letters) != 2 || u.last[wire.EventMessage].(wire.MessageReceived).Display {
			t.Error("an anonymous sender cannot be told")
		}
		if s := u.gets(from(bob, cpim.TypeComposing, []byte(`<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>active</state><refresh>60</refresh></isComposing>`))); *s != 200 {
			t.Error(*s)
		}
		if c := u.last[wire.EventComposing].(wire.MessageComposing); !c.Active || c.Within != wire.Millis(time.Minute) || c.Remote.URI != bob {
			t.Errorf("%+v", c)
		}
	})
}

// TestNotTaken: what cannot be read, by the right answer, and its text in no log.
func TestNotTaken(t *testing.T) {
	in(t, func(t *testing.T, _ *Agent, u *user) {
		wrap := func(kind, text string) []byte { return cpim.Message{ContentType: kind, Content: []byte(text)}.Write() }
		for name, c := range map[string]struct {
			kind   string
			body   []byte
			status int
		}{
			"Latin 1 by name": {"text/plain; charset=iso-8859-1", []byte("secret"), 415}, "Latin 1 in fact": {"text/plain", []byte("secret\xe9"), 400}, "html": {"text/html", []byte("secret"), 415},
			"wrapped html": {cpim.Type, wrap("text/html", "secret"), 415}, "wrapped Latin 1": {cpim.Type, wrap("text/plain;charset=latin1", "secret"), 415}, "no CPIM": {cpim.Type, []byte("secret"), 400},
			"no type": {"", []byte("secret"), 415}, "no notification": {cpim.Type, wrap(cpim.TypeNotified, "<secret/>"), 400}, "no composing": {cpim.TypeComposing, []byte("<secret/>"), 400},
			"half an RP": {typeShort, []byte{1}, 400},
		} {
			if s := u.gets(from(bob, c.kind, c.body)); *s != c.status {
				t.Errorf("%s: %d", name, *s)
			}
		}
		u.plain = true
		if s := u.gets(from(gate, typeShort, []byte{1, 1})); *s != 415 {
			t.Error(*s)
		}
		if len(u.events) != 0 || strings.Contains(u.log.String(), "secret") {
			t.Errorf("%v\n%s", u.events, u.log.String())
		}
		refused := 0
		for range 100 {
			if s := u.gets(from(bob, "text/plain", []byte("x"))); *s == 480 {
				refused++
			}
		}
		if refused < 20 || refused > 60 {
			t.Errorf("%d of 100 at once were refused", refused)
		}
		u.do(u.box.Close)
		if s := u.gets(from(bob, "text/plain", []byte("x"))); *s != 480 {
			t.Error(*s)
		}
	})
}

// TestHold: without a browser a message waits, and is refused when nobody comes; reports do not wait.
func TestHold(t *testing.T) {
	in(t, func(t *testing.T, _ *Agent, u *user) {
		u.ask(wire.SendParams{Message: "m1", Target: "1", Text: "x", Delivery: true})
		report := notification(t, u.letter(), cpim.Delivery, cpim.Delivered)
		u.detached = true
		first := u.gets(from(bob, "text/plain", []byte("one")))
		if s := u.gets(from(bob, cpim.Type, report)); *s != 200 || len(u.events) != 1 {
			t.Errorf("report: %d %v", *s, u.events)
		}
		time.Sleep(6 * time.Second)
		second := u.gets(from(bob, "text/plain", []byte("two")))
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if *first != 480 || *second != 0 {
			t.Fatal(*first, *second)
		}
		u.detached = false
		u.do(u.box.Attached)
		if *second != 200 || u.last[wire.EventMessage].(wire.MessageReceived).Text != "two" {
			t.Fatal(*second)
		}
		u.detached = true
		third := u.gets(from(bob, "text/plain", []byte("three")))
		u.do(u.box.Close)
		if *third != 480 {
			t.Error(*third)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
	})
	synctest.Test(t, func(t *testing.T) {
		u := newUser(t, New(Config{PerMinute: 1, Burst: 1}))
		u.detached = true
		if s := u.gets(from(bob, "text/plain", []byte("x"))); *s != 480 {
			t.Error(*s)
		}
	})
}

// TestBounded: however much a page sends and gets, a session keeps a bounded part.
func TestBounded(t *testing.T) {
	in(t, func(t *testing.T, a *Agent, u *user) {
		for i := range 2*kept + 1 {
			time.Sleep(time.Second)
			u.ask(wire.SendParams{Message: fmt.Sprint("m", i), Target: "+15550101", Text: "x", Delivery: true})
			u.gets(from(bob, "text/plain", []byte("x")))
		}
		if len(u.box.sent) != kept || len(u.box.received) != kept || len(a.waits) != kept {
			t.Errorf("%d sent, %d received, %d waited for", len(u.box.sent), len(u.box.received), len(a.waits))
		}
		for i := range toldKept + 10 {
			if !a.once("x", fmt.Sprint(i)) || a.once("x", fmt.Sprint(i)) {
				t.Fatal(i)
			}
		}
	})
}

func TestConfig(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	for want, c := range map[string]Config{"per_minute": {PerMinute: 0, Burst: 1}, "burst": {PerMinute: 1}, "hold": {PerMinute: 1, Burst: 1, Hold: time.Minute}} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	var long ims.ErrTooLong
	if !errors.As(fmt.Errorf("x: %w", ims.ErrTooLong{Bytes: 2, Limit: 1}), &long) || !strings.Contains(long.Error(), "2 bytes") {
		t.Error(long)
	}
}
