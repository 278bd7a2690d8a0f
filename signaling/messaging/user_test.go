package messaging

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/pace"
	"causeway/signaling/wire"
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

func (u *user) Attached() bool { return !u.detached }

func (u *user) IMPU() string { return alice }

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
