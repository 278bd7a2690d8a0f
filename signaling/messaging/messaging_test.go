package messaging

import (
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/pace"
	"causeway/signaling/sip/cpim"
	"causeway/signaling/sms"
	"causeway/signaling/wire"
)

const (
	alice = "sip:+15550001@ims.example"
	bob   = "sip:+15550101@ims.example"
	gate  = "sip:ipsmgw.ims.example"
)

// user is a session: its box, its page and the core behind it.
type user struct {
	t     *testing.T
	box   *Box
	queue pace.Queue

	detached bool
	offline  bool
	log      strings.Builder
	answers  map[string]any
	events   []string
	last     map[string]any
	letters  []letter
	refuse   *call.Cause // what Send's done says
	silent   bool        // Send's done says nothing
	tooLong  int
	plain    bool // no short messages
}

type letter struct {
	ims.Envelope
	ims.Content
	done func(*call.Cause)
}

func newUser(t *testing.T, a *Agent) *user {
	u := &user{t: t, answers: map[string]any{}, last: map[string]any{}}
	u.box = a.NewBox(u)
	t.Cleanup(func() { u.do(u.box.Close) })
	return u
}

func (u *user) Post(f func()) { u.queue.Post(f) }
func (u *user) Tell(method string, params any) {
	u.events = append(u.events, method)
	u.last[method] = params
}
func (u *user) Answer(id wire.ID, result any) {
	if _, twice := u.answers[id.String()]; twice {
		u.t.Errorf("%s was answered twice", id)
	}
	u.answers[id.String()] = result
}
func (u *user) Refuse(id wire.ID, e *wire.Error) { u.Answer(id, e) }
func (u *user) Attached() bool                   { return !u.detached }
func (u *user) IMPU() string                     { return alice }
func (u *user) Log() *slog.Logger {
	return slog.New(slog.NewTextHandler(&u.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
func (u *user) Line() Line {
	if u.offline {
		return nil
	}
	return u
}

func (u *user) Envelope(target, from string, anonymous bool) (ims.Envelope, error) {
	switch {
	case target == "112":
		return ims.Envelope{}, &call.Cause{Kind: call.Emergency}
	case target == "bob":
		return ims.Envelope{From: alice, To: "sip:bob@ims.example", CallID: "c"}, nil
	case from == "sip:other@x":
		return ims.Envelope{}, &call.Cause{Kind: call.Forbidden}
	}
	return ims.Envelope{From: alice, To: "tel:" + target, CallID: fmt.Sprint("call", len(u.letters))}, nil
}

func (u *user) Reply(to, from string) (ims.Envelope, error) {
	if to == "" {
		return ims.Envelope{}, &call.Cause{Kind: call.NumberInvalid}
	}
	return ims.Envelope{From: alice, To: to, CallID: fmt.Sprint("call", len(u.letters))}, nil
}

func (u *user) SMS() (ims.SMSConfig, bool) {
	return ims.SMSConfig{Enabled: !u.plain, PSI: "tel:+15550199", Center: "+15550199"}, !u.plain
}

func (u *user) Send(e ims.Envelope, c ims.Content, done func(*call.Cause)) error {
	if u.tooLong > 0 && len(c.Body) > u.tooLong {
		return ims.ErrTooLong{Bytes: len(c.Body), Limit: u.tooLong}
	}
	u.letters = append(u.letters, letter{e, c, done})
	if !u.silent {
		done(u.refuse)
	}
	return nil
}

// do runs something in the session's queue and waits until everything is quiet.
func (u *user) do(f func()) {
	u.queue.Post(f)
	synctest.Wait()
}

// ask sends a request and returns its answer: a result, or the name of an error.
func (u *user) ask(p wire.MessageParams) any {
	u.t.Helper()
	id := wire.IntID(int64(len(u.answers) + 1))
	u.do(func() {
		if !u.box.Serve(id, p) {
			u.t.Errorf("%T is no request", p)
		}
	})
	if e, refused := u.answers[id.String()].(*wire.Error); refused {
		return e.Name
	}
	return u.answers[id.String()]
}

// gets gives the box a message and returns the answer's status, 0 for none.
func (u *user) gets(m ims.IncomingMessage) *int {
	status := new(int)
	m.Respond = func(s int, _ time.Duration) {
		if *status != 0 {
			u.t.Errorf("answered twice: %d, %d", *status, s)
		}
		*status = s
	}
	u.do(func() { u.box.Receive(m) })
	return status
}

func from(sender, contentType string, body []byte) ims.IncomingMessage {
	return ims.IncomingMessage{Remote: ims.RemoteParty{URI: sender, Number: "+15550101"}, Sender: sender, Called: alice, CallID: "in@core", Content: ims.Content{Type: contentType, Body: body}}
}

func (u *user) letter() letter {
	u.t.Helper()
	if len(u.letters) == 0 {
		u.t.Fatal("nothing was sent")
	}
	return u.letters[len(u.letters)-1]
}

func in(t *testing.T, f func(t *testing.T, a *Agent, u *user)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a := New(DefaultConfig())
		f(t, a, newUser(t, a))
	})
}

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
