package session

import (
	"context"
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
	"causeway/signaling/wire"
)

func TestResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.page()
		d, s := p.outgoing(t)
		login := p.answer(1)["result"].(map[string]any)
		seen := p.last(wire.EventRegistration)["seq"]
		p.link.Closed()
		d.notify(ims.Accepted{SDP: coreAnswer(t, d.offer, "sendrecv")})
		time.Sleep(50 * time.Second)

		q := b.page()
		resume := map[string]any{"session": login["session"], "secret": "wrong", "after": seen}
		params := map[string]any{"token": "alice", "instance": instance, "resume": resume}
		if a := q.ask(wire.MethodLogin, params); errorName(a) != "resume_unknown" {
			t.Fatalf("wrong secret: %v", a)
		}
		resume["secret"] = login["secret"]
		params["token"] = "bob"
		if a := q.ask(wire.MethodLogin, params); errorName(a) != "resume_unknown" {
			t.Fatalf("another user: %v", a)
		}
		params["token"] = "alice"
		a := q.ask(wire.MethodLogin, params)
		result, _ := a["result"].(map[string]any)
		if result["resumed"] != true {
			t.Fatalf("resume: %v", a)
		}
		calls := result["calls"].([]any)
		if len(calls) != 1 || calls[0].(map[string]any)["state"] != "active" {
			t.Errorf("snapshot %v", calls)
		}
		if len(q.events(wire.EventAccepted)) != 1 {
			t.Error("the missed notification was not sent again")
		}
		time.Sleep(time.Hour)
		if _, _, _, _, closed := s.view(); closed {
			t.Error("the call ended although the browser is back")
		}
		q.link.Closed()
		time.Sleep(61 * time.Second)
		if _, _, _, _, closed := s.view(); !closed || !b.line.last().isUnbound() || b.manager.Stats().Sessions != 0 {
			t.Error("the session outlived its resume window")
		}
	})
}

func TestLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, func(c *Config) { c.MaxSessionsPerUser = 2 })
		silent := b.page()
		bad := b.page()
		if a := bad.ask(wire.MethodLogin, map[string]any{"token": "expired", "instance": instance}); errorName(a) != "token_expired" || bad.closeCode() != 4401 {
			t.Errorf("expired token: %v, closed %d", a, bad.closeCode())
		}
		rubbish := b.page()
		for range maxBadFrames {
			rubbish.link.Frame([]byte("{"))
		}
		if rubbish.closeCode() != wire.CloseBadFrames {
			t.Errorf("bad frames: closed %d", rubbish.closeCode())
		}
		one := b.page()
		one.login("alice")
		again := b.page()
		again.login("alice") // the same browser profile: the page lost its memory
		if one.closeCode() != wire.CloseReplaced {
			t.Errorf("replaced page closed with %d", one.closeCode())
		}
		time.Sleep(11 * time.Second)
		if silent.closeCode() != wire.CloseLoginTimeout || again.closeCode() != 0 {
			t.Errorf("closed %d and %d", silent.closeCode(), again.closeCode())
		}
		for i, want := range []string{"", "too_many_sessions"} {
			q := b.page()
			other := strings.Replace(instance, "7d", []string{"8d", "9d"}[i], 1)
			if a := q.ask(wire.MethodLogin, map[string]any{"token": "alice", "instance": other}); errorName(a) != want {
				t.Errorf("login %d: %v", i, a)
			}
		}
	})
}

func TestTokenEndsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.page()
		p.login("short")
		time.Sleep(50 * time.Second)
		if a := p.ask(wire.MethodToken, map[string]any{"token": "short"}); a["result"] == nil {
			t.Fatalf("renewal: %v", a)
		}
		if a := p.ask(wire.MethodToken, map[string]any{"token": "bob"}); errorName(a) != "identity_refused" {
			t.Errorf("another user's token: %v", a)
		}
		time.Sleep(50 * time.Second)
		if p.closeCode() != 0 {
			t.Fatal("closed although the token was renewed")
		}
		time.Sleep(11 * time.Second)
		if p.closeCode() != wire.CloseToken || p.last(wire.EventClosing)["reason"] != "tokenExpired" || !b.line.last().isUnbound() {
			t.Errorf("closed %d", p.closeCode())
		}
	})
}

// slowLog lets go of one line only when it is told to.
type slowLog struct {
	slog.Handler
	line string
	free chan struct{}
}

func (l slowLog) Enabled(context.Context, slog.Level) bool { return true }
func (l slowLog) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l slowLog) Handle(_ context.Context, r slog.Record) error {
	if r.Message == l.line {
		<-l.free
	}
	return nil
}

// TestLogoutWhileClosing: a session that ends by itself while the gateway closes is de-registered before Close returns.
func TestLogoutWhileClosing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		log := slowLog{line: "session ended", free: make(chan struct{})}
		b.manager.log = slog.New(log)
		b.page().login("alice")
		s := b.manager.all()[0]
		s.post(func() { s.end(ending{cause: call.Cause{Side: call.Browser, Kind: call.SessionEnded}}) })
		synctest.Wait() // it has left the table and has not begun to de-register
		closed := make(chan struct{})
		go func() { b.manager.Close(context.Background()); close(closed) }()
		synctest.Wait()
		select {
		case <-closed:
			t.Error("closed without the de-registration")
		default:
		}
		close(log.free)
		<-closed
		if !b.line.last().isUnbound() {
			t.Error("still registered")
		}
	})
}

func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.page()
		d, _ := p.outgoing(t)
		drained := make(chan struct{})
		go func() { b.manager.Drain(context.Background()); close(drained) }()
		if p.last(wire.EventClosing)["reason"] != "drain" {
			t.Error("the page was not told")
		}
		if a := p.ask(wire.MethodStart, map[string]any{"call": "c2", "target": "+1", "sdp": read(t, "chromium-offer-audio.sdp")}); errorName(a) != "draining" {
			t.Errorf("new call: %v", a)
		}
		if a := b.page().ask(wire.MethodLogin, map[string]any{"token": "bob", "instance": instance}); errorName(a) != "draining" {
			t.Errorf("new login: %v", a)
		}
		select {
		case <-drained:
			t.Fatal("drained with a call up")
		default:
		}
		d.notify(ims.Failed{Cause: call.FromSIP(486, 17, "")})
		<-drained
		b.manager.Close(context.Background())
		if p.closeCode() != wire.CloseTryAgain || !b.line.last().isUnbound() {
			t.Errorf("closed %d", p.closeCode())
		}
	})
}

func TestAPanicEndsItsCallsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.page()
		d, s := p.outgoing(t)
		b.manager.all()[0].post(func() { panic(errors.New("poison")) })
		if e := p.last(wire.EventEnded); e["cause"].(map[string]any)["name"] != "internal" {
			t.Errorf("ended %v", e)
		}
		if _, _, _, _, closed := s.view(); !closed || !slices.Contains(d.heard(), "hangup") {
			t.Error("the poisoned call was left standing")
		}
		if a := p.ask(wire.MethodPing, map[string]any{}); a["result"] == nil || b.manager.Stats().Panics != 1 {
			t.Errorf("the session died: %v", a)
		}
	})
}

func TestRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, func(c *Config) { c.RequestsPerSecond, c.RequestBurst = 1, 3 }).page()
		for i, want := range []string{"", "", "", "rate_limited"} {
			if a := p.ask(wire.MethodPing, map[string]any{}); errorName(a) != want {
				t.Errorf("request %d: %v", i, a)
			}
		}
		time.Sleep(time.Second)
		if a := p.ask(wire.MethodPing, map[string]any{}); errorName(a) != "" {
			t.Errorf("a second later: %v", a)
		}
	})
}

func TestRepeatedRequestGetsTheSameAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.page()
		p.login("alice")
		params := map[string]any{"call": "c1", "target": "+15550101", "sdp": read(t, "firefox-offer-audio.sdp")}
		first := p.askAs(77, wire.MethodStart, params)
		second := p.askAs(77, wire.MethodStart, params)
		if first["result"].(map[string]any)["sdp"] != second["result"].(map[string]any)["sdp"] {
			t.Error("two answers differ")
		}
		if n := len(b.line.last().dialogs); n != 1 {
			t.Errorf("%d calls were made", n)
		}
	})
}

// TestEmergency: neither a missing registration nor a limit nor a drain stops a call for help; its position goes with it, others' does not.
func TestEmergency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.page()
		p.login("alice")
		offer := read(t, "chromium-offer-audio.sdp")
		place := map[string]any{"latitude": 48.1, "longitude": 11.5}
		if a := p.ask(wire.MethodStart, map[string]any{"call": "n", "target": "+15550101", "sdp": offer, "position": place}); errorName(a) != "" {
			t.Fatalf("%v", a)
		}
		for i := range 4 { // more than there may be
			_ = p.ask(wire.MethodStart, map[string]any{"call": fmt.Sprint("c", i), "target": "+15550101", "sdp": offer})
		}
		b.line.last().notify(ims.RegistrationFailed{Cause: call.Cause{Kind: call.CoreUnreachable}})
		go b.manager.Drain(context.Background())
		synctest.Wait()
		if a := p.ask(wire.MethodStart, map[string]any{"call": "no", "target": "+15550101", "sdp": offer}); errorName(a) == "" {
			t.Error("an ordinary call is made")
		}
		if a := p.ask(wire.MethodStart, map[string]any{"call": "sos", "target": "112", "sdp": offer, "position": place}); errorName(a) != "" {
			t.Errorf("%v", a)
		}
		if a := p.ask(wire.MethodStart, map[string]any{"call": "sos", "target": "112", "sdp": offer}); errorName(a) != "call_exists" {
			t.Errorf("%v", a)
		}
		calls := b.line.last().dialogs
		if last := calls[len(calls)-1]; last.target != "112" || last.position == nil || last.position.Latitude != 48.1 || calls[0].position != nil {
			t.Errorf("%s %v", last.target, last.position)
		}
	})
}
