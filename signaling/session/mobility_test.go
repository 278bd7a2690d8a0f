package session

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/media"
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/wire"
)

const otherInstance = "7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8bb"

// second logs the same user in from another browser.
func (b *bed) second(user string) *page {
	b.t.Helper()
	p := b.page()
	if a := p.ask(wire.MethodLogin, map[string]any{"token": user, "instance": otherInstance}); a["result"] == nil {
		b.t.Fatalf("login: %v", a)
	}
	b.line.last().notify(ims.Registered{Identities: []ims.AssociatedIdentity{{URI: "sip:+1555@ims.example", Default: true}}, Expires: time.Hour})
	synctest.Wait()
	return p
}

// elsewhere are the calls that a page last saw in the user's other browsers.
func (p *page) elsewhere() []any {
	all := p.events(wire.EventElsewhere)
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]["calls"].([]any)
}

// TestPull: a call moves to another browser of its user: both see it, the network notices nothing, and everything of the call goes on
// there.
func TestPull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.page()
		d, s := p.outgoing(t)
		early := b.second("alice")
		if early.elsewhere() != nil {
			t.Fatal("a call that is not answered is shown")
		}
		d.notify(ims.Accepted{SDP: coreAnswer(t, d.offer, "sendrecv"), Remote: ims.RemoteParty{URI: "tel:+15550101", Number: "+15550101", Name: "Echo"}})
		shown := early.elsewhere()
		if len(shown) != 1 || shown[0].(map[string]any)["remote"].(map[string]any)["name"] != "Echo" {
			t.Fatalf("shown: %v", shown)
		}
		if p.elsewhere() != nil {
			t.Fatal("a browser is shown its own call")
		}
		entry := shown[0].(map[string]any)
		pull := map[string]any{"call": "mine", "session": entry["session"], "from": entry["call"], "sdp": read(t, "chromium-offer-audio.sdp")}
		a := early.ask(wire.MethodPull, pull)
		r, _ := a["result"].(map[string]any)
		if r == nil || r["call"] != "mine" || r["state"] != "active" || r["direction"] != "outgoing" || !strings.Contains(r["sdp"].(string), "a=fingerprint") || r["startedAt"] == "" {
			t.Fatalf("pull: %v", a)
		}
		if e := p.last(wire.EventEnded); e["cause"].(map[string]any)["name"] != "moved" || e["call"] != "c1" {
			t.Fatalf("ended: %v", e)
		}
		if got := early.elsewhere(); len(got) != 0 {
			t.Errorf("still shown: %v", got)
		}
		if got := p.elsewhere(); len(got) != 1 {
			t.Errorf("not shown to the browser that had it: %v", got)
		}
		if heard := d.heard(); len(heard) != 0 {
			t.Errorf("the network heard %v", heard)
		}
		// What happens now happens there.
		s.notify(media.DTMF{Digit: '7', Duration: 80 * time.Millisecond})
		if e := early.last(wire.EventDTMF); e["call"] != "mine" || len(p.events(wire.EventDTMF)) != 0 {
			t.Errorf("digit: %v", e)
		}
		if a := early.ask(wire.MethodHold, map[string]any{"call": "mine"}); a != nil {
			t.Fatalf("hold: %v", a)
		}
		d.notify(ims.Answer{SDP: coreAnswer(t, d.sdp, "recvonly")})
		if e := early.last(wire.EventHold); e["local"] != true {
			t.Errorf("hold: %v", e)
		}
		if a := p.ask(wire.MethodHangup, map[string]any{"call": "c1"}); errorName(a) != wire.NameCallUnknown {
			t.Errorf("hang-up by the old browser: %v", a)
		}
		p.link.Closed()
		time.Sleep(2 * time.Minute) // the old browser's session ends; the call does not
		if n := b.manager.Stats().Calls; n != 1 {
			t.Fatalf("%d calls", n)
		}
		if a := early.ask(wire.MethodHangup, map[string]any{"call": "mine"}); a["result"] == nil {
			t.Fatalf("hang-up: %v", a)
		}
		early.last(wire.EventEnded)
		if n := b.manager.Stats().Calls; n != 0 {
			t.Fatalf("%d calls", n)
		}
	})
}

// TestPullKeepsOrder: what the network says while a call is on its way arrives in the new browser, once and in order.
func TestPullKeepsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.page()
		d, s := p.outgoing(t)
		d.notify(ims.Accepted{SDP: coreAnswer(t, d.offer, "sendrecv")})
		other := b.second("alice")
		entry := other.elsewhere()[0].(map[string]any)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := range 500 {
				s.notify(media.DTMF{Digit: rune('0' + i%10), Duration: 80 * time.Millisecond})
			}
		}()
		if a := other.ask(wire.MethodPull, map[string]any{"call": "c1", "session": entry["session"], "from": "c1", "sdp": read(t, "chromium-offer-audio.sdp")}); a["result"] == nil {
			t.Fatalf("pull: %v", a)
		}
		<-done
		var digits strings.Builder
		for _, page := range []*page{p, other} {
			for _, e := range page.events(wire.EventDTMF) {
				digits.WriteString(e["digit"].(string))
			}
		}
		if want := strings.Repeat("0123456789", 50); digits.String() != want {
			t.Errorf("%d digits, out of order or not all", digits.Len())
		}
	})
}

// TestPullRefused: only the user's own, answered calls move, and a refusal changes nothing.
func TestPullRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, func(c *Config) { c.MaxCalls = 2 })
		p := b.page()
		d, _ := p.outgoing(t)
		same, stranger := b.second("alice"), b.second("bob")
		ask := func(by *page, change map[string]any) string {
			params := map[string]any{"call": "mine", "session": p.link.session.id, "from": "c1", "sdp": read(t, "chromium-offer-audio.sdp")}
			for k, v := range change {
				params[k] = v
			}
			return errorName(by.ask(wire.MethodPull, params))
		}
		if got := ask(same, nil); got != wire.NameCallState {
			t.Errorf("a call that still rings: %s", got)
		}
		d.notify(ims.Accepted{SDP: coreAnswer(t, d.offer, "sendrecv")})
		if stranger.elsewhere() != nil {
			t.Error("somebody else sees the call")
		}
		for want, got := range map[string]string{
			"another user's":       ask(stranger, nil),
			"no such call":         ask(same, map[string]any{"from": "c7"}),
			"no such session":      ask(same, map[string]any{"session": "x"}),
			"its own":              ask(p, nil),
			wire.NameSDPInvalid:    ask(same, map[string]any{"sdp": "v=0\r\n"}),
			wire.NameParamsInvalid: ask(same, map[string]any{"from": "a b"}),
		} {
			if strings.HasPrefix(want, "a") || strings.HasPrefix(want, "no") || strings.HasPrefix(want, "its") {
				want = wire.NameCallUnknown
			}
			if got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		p.ask(wire.MethodHold, map[string]any{"call": "c1"})
		if got := ask(same, nil); got != wire.NameCallState {
			t.Errorf("a call that is just being held: %s", got)
		}
		if len(p.events(wire.EventEnded)) != 0 || len(same.link.session.arriving) != 0 {
			t.Error("a refusal left something behind")
		}
		d.notify(ims.Answer{SDP: coreAnswer(t, d.sdp, "recvonly")})
		d.notify(ims.Ended{Cause: call.Cause{Side: call.Core, Kind: call.Normal}})
		p.last(wire.EventEnded)
	})
}

// TestPullByWhoIsGone: a call on its way to a browser that logs out meanwhile ends with a reason.
func TestPullByWhoIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.page()
		d, s := p.outgoing(t)
		d.notify(ims.Accepted{SDP: coreAnswer(t, d.offer, "sendrecv")})
		other := b.second("alice")
		for i, method := range []string{wire.MethodPull, wire.MethodLogout} { // without waiting between them
			params := map[string]any{}
			if method == wire.MethodPull {
				params = map[string]any{"call": "c1", "session": p.link.session.id, "from": "c1", "sdp": read(t, "chromium-offer-audio.sdp")}
			}
			other.send(100+i, method, params)
		}
		synctest.Wait()
		if _, _, _, _, closed := s.view(); !closed || b.manager.Stats().Calls != 0 {
			if len(p.events(wire.EventEnded)) != 0 || b.manager.Stats().Calls != 1 {
				t.Fatalf("neither moved nor kept: %d calls", b.manager.Stats().Calls)
			}
		}
	})
}

// TestAway: a page that says how long it will be gone is waited for so long and no longer.
func TestAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.page()
		login := p.login("alice")
		if a := p.ask(wire.MethodAway, map[string]any{"within": 10000}); a["result"] == nil {
			t.Fatalf("away: %v", a)
		}
		p.link.Closed()
		time.Sleep(9 * time.Second)
		back := b.page()
		a := back.ask(wire.MethodLogin, map[string]any{"token": "alice", "instance": instance,
			"resume": map[string]any{"session": login["session"], "secret": login["secret"], "after": 0}})
		if r, _ := a["result"].(map[string]any); r == nil || r["resumed"] != true {
			t.Fatalf("resume: %v", a)
		}
		back.link.Closed() // without a word: the whole window
		time.Sleep(50 * time.Second)
		if n := b.manager.Stats().Sessions; n != 1 {
			t.Fatal("the session is over before the resume window")
		}
		time.Sleep(20 * time.Second)
		again := b.page()
		again.login("alice")
		again.ask(wire.MethodAway, map[string]any{"within": 5000})
		again.link.Closed()
		time.Sleep(6 * time.Second)
		if n := b.manager.Stats().Sessions; n != 0 {
			t.Fatalf("%d sessions", n)
		}
	})
}
