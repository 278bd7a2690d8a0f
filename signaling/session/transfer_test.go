package session

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/wire"
)

// talking brings a call of that name to its answer.
func (p *page) talking(t *testing.T, name string) *fakeDialog {
	t.Helper()
	if a := p.ask(wire.MethodStart, map[string]any{"call": name, "target": "+15550101", "sdp": read(t, "chromium-offer-audio.sdp")}); a["result"] == nil {
		t.Fatalf("call.start: %v", a)
	}
	d := p.bed.line.last().dialog()
	d.notify(ims.Accepted{SDP: coreAnswer(t, d.offer, "sendrecv")})
	return d
}

// causes are the calls that ended, with their causes.
func (p *page) causes() map[any]any {
	out := map[any]any{}
	for _, e := range p.events(wire.EventEnded) {
		out[e["call"]] = e["cause"].(map[string]any)["name"]
	}
	return out
}

// transfers are the states told of transfers.
func (p *page) transfers() (out []any) {
	for _, e := range p.events(wire.EventTransferring) {
		out = append(out, e["state"])
	}
	return out
}

func TestTransferBlind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).page()
		p.login("alice")
		d := p.talking(t, "c1")
		hand := map[string]any{"call": "c1", "target": "+15550102"}
		if a := p.ask(wire.MethodTransfer, hand); a != nil {
			t.Fatalf("answered before the far side has: %v", a)
		}
		id := p.nextID
		if a := p.ask(wire.MethodTransfer, hand); errorName(a) != wire.NameCallState {
			t.Errorf("a second transfer: %v", a)
		}
		if d.notify(ims.ReferTaken{}); p.answer(id)["result"] == nil {
			t.Errorf("taken: %v", p.answer(id))
		}
		d.notify(ims.ReferProgress{Status: 180})
		d.notify(ims.ReferFailed{Cause: call.FromSIP(486, 0, "")})
		failed := p.last(wire.EventTransferring)
		if cause, _ := failed["cause"].(map[string]any); failed["state"] != "failed" || cause["name"] != "busy" || len(p.causes()) != 0 {
			t.Errorf("failed: %v", failed)
		}
		p.ask(wire.MethodTransfer, hand)
		d.notify(ims.ReferTaken{})
		d.notify(ims.ReferDone{})
		if got := p.transfers(); !slices.Equal(got, []any{"trying", "ringing", "failed", "trying", "accepted"}) {
			t.Errorf("states %v", got)
		}
		if got := p.causes(); got["c1"] != "transferred" || d.cause.Kind != call.Transferred {
			t.Errorf("ended %v, SIP %v", got, d.cause)
		}
		if said := d.heard(); !slices.Equal(said, []string{"refer to +15550102", "refer to +15550102", "hangup"}) {
			t.Errorf("SIP heard %v", said)
		}
	})
}

func TestTransferRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).page()
		p.login("alice")
		d := p.talking(t, "c1")
		p.ask(wire.MethodStart, map[string]any{"call": "c2", "target": "+15550101", "sdp": read(t, "chromium-offer-audio.sdp")})
		for _, c := range []struct {
			params map[string]any
			want   string
		}{
			{map[string]any{"call": "c2", "target": "+15550102"}, wire.NameCallState},
			{map[string]any{"call": "c9", "target": "+15550102"}, wire.NameCallUnknown},
			{map[string]any{"call": "c1", "with": "c9"}, wire.NameCallUnknown},
			{map[string]any{"call": "c1", "with": "c1"}, wire.NameCallState},
			{map[string]any{"call": "c1", "with": "c2"}, wire.NameCallState},
			{map[string]any{"call": "c1", "target": "112"}, wire.NameEmergencyUsePhone},
			{map[string]any{"call": "c1"}, wire.NameParamsInvalid},
			{map[string]any{"call": "c1", "target": "1", "with": "c2"}, wire.NameParamsInvalid},
		} {
			if a := p.ask(wire.MethodTransfer, c.params); errorName(a) != c.want {
				t.Errorf("%v: %v, want %s", c.params, a, c.want)
			}
		}
		p.ask(wire.MethodTransfer, map[string]any{"call": "c1", "target": "+15550102"})
		d.notify(ims.ReferFailed{Cause: call.Cause{Kind: call.TransferUnsupported}})
		if a := p.answer(p.nextID); errorName(a) != wire.NameTransferUnsupported {
			t.Errorf("unsupported: %v", a)
		}
		p.ask(wire.MethodTransfer, map[string]any{"call": "c1", "target": "+15550102"})
		id := p.nextID
		if d.notify(ims.Ended{Cause: call.Cause{Side: call.Core}}); errorName(p.answer(id)) != wire.NameHangup {
			t.Errorf("hung up meanwhile: %v", p.answer(id))
		}
	})
}

// TestTransferAttended: both calls end, in whatever order the network lets go of them; after a failure both go on.
func TestTransferAttended(t *testing.T) {
	for _, first := range []string{"report", "BYE"} {
		synctest.Test(t, func(t *testing.T) {
			p := newBed(t, nil).page()
			p.login("alice")
			one, two := p.talking(t, "c1"), p.talking(t, "c2")
			put := map[string]any{"call": "c1", "with": "c2"}
			p.ask(wire.MethodTransfer, put)
			if a := p.ask(wire.MethodTransfer, map[string]any{"call": "c2", "with": "c1"}); errorName(a) != wire.NameCallState {
				t.Errorf("the other way round at the same time: %v", a)
			}
			one.notify(ims.ReferTaken{})
			one.notify(ims.ReferFailed{Cause: call.FromSIP(603, 0, "")})
			if len(p.causes()) != 0 {
				t.Fatalf("ended after a failure: %v", p.causes())
			}
			p.ask(wire.MethodTransfer, put)
			one.notify(ims.ReferTaken{})
			if first == "BYE" {
				two.notify(ims.Ended{Cause: call.Cause{Side: call.Core, Kind: call.Normal}})
			}
			one.notify(ims.ReferDone{})
			if got := p.causes(); got["c1"] != "transferred" || got["c2"] != "transferred" {
				t.Errorf("%s first: %v", first, got)
			}
			if said := one.heard(); !slices.Equal(said, []string{"refer to the other call", "refer to the other call", "hangup"}) {
				t.Errorf("SIP heard %v", said)
			}
		})
	}
}

// wishOf is a wish of a dialog's far side.
func wishOf(d *fakeDialog) *ims.Wish {
	return &ims.Wish{Target: ims.RemoteParty{Number: "+15550103"}, By: &ims.RemoteParty{Number: "+15550101"}, Asker: d}
}

func TestReferFollowed(t *testing.T) {
	for _, policy := range []call.ReferPolicy{call.ReferAsk, call.ReferAccept} {
		synctest.Test(t, func(t *testing.T) {
			p := newBed(t, func(c *Config) { c.Transfer, c.MaxCalls = policy, 1 }).page()
			p.login("alice")
			d := p.talking(t, "c1")
			d.notify(ims.Referred{Wish: wishOf(d)})
			e := p.last(wire.EventRefer)
			if e["follow"] != (policy == call.ReferAccept) || e["target"].(map[string]any)["number"] != "+15550103" || e["within"] != 60000.0 {
				t.Errorf("%v", e)
			}
			d.notify(ims.Ended{Cause: call.Cause{Side: call.Core}}) // who asked has left: the wish stays
			follow := map[string]any{"call": "c2", "refer": e["refer"], "target": "+15559999", "sdp": read(t, "chromium-offer-audio.sdp")}
			if a := p.ask(wire.MethodStart, follow); a["result"] == nil {
				t.Fatalf("following: %v", a)
			}
			second := p.bed.line.last().dialog()
			if second.wish == nil || second.wish.Asker != d || second.target != "" {
				t.Errorf("the INVITE goes to %q, wish %v", second.target, second.wish)
			}
			follow["call"] = "c3"
			if a := p.ask(wire.MethodStart, follow); errorName(a) != wire.NameReferUnknown {
				t.Errorf("twice: %v", a)
			}
			second.notify(ims.Failed{Cause: call.FromSIP(486, 0, "")})
			if said := d.heard(); said[0] != "take refer" || said[len(said)-1] != "report 486" {
				t.Errorf("who asked heard %v", said)
			}
		})
	}
}

func TestReferRefusedOrForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).page()
		p.login("alice")
		d := p.talking(t, "c1")
		ask := func() map[string]any {
			d.notify(ims.Referred{Wish: wishOf(d)})
			return p.last(wire.EventRefer)
		}
		refuse := map[string]any{"refer": ask()["refer"]}
		if a := p.ask(wire.MethodRefuseRefer, refuse); a["result"] == nil {
			t.Errorf("refused: %v", a)
		}
		if a := p.ask(wire.MethodRefuseRefer, refuse); errorName(a) != wire.NameReferUnknown {
			t.Errorf("refused twice: %v", a)
		}
		late := ask()["refer"]
		time.Sleep(61 * time.Second)
		if a := p.ask(wire.MethodStart, map[string]any{"call": "c2", "refer": late, "sdp": read(t, "chromium-offer-audio.sdp")}); errorName(a) != wire.NameReferUnknown {
			t.Errorf("too late: %v", a)
		}
		ask()
		p.ask(wire.MethodLogout, map[string]any{})
		if said := strings.Join(d.heard(), ", "); said != "take refer, report 603, take refer, report 480, take refer, hangup, report 480" {
			t.Errorf("who asked heard %s", said)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, func(c *Config) { c.Transfer = call.ReferRefuse }).page()
		p.login("alice")
		d := p.talking(t, "c1")
		d.notify(ims.Referred{Wish: wishOf(d)})
		if said := d.heard(); !slices.Equal(said, []string{"refuse refer 603"}) || len(p.events(wire.EventRefer)) != 0 {
			t.Errorf("by policy: %v", said)
		}
	})
}

// TestReplaced: the new call comes where the old one is, at a full phone without call waiting too, and the old one ends when it is there.
func TestReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, func(c *Config) { c.MaxCalls, c.CallWaiting = 1, false })
		p := b.page()
		p.login("alice")
		old := p.talking(t, "c1")
		s := b.manager.all()[0]
		lost := &fakeDialog{}
		s.post(func() { s.ring(lost, ims.IncomingCall{SDP: coreOffer(), Replaces: "none"}) })
		if lost.heard(); lost.cause.Kind != call.Declined {
			t.Errorf("the place of nobody: %v", lost.cause)
		}
		next := &fakeDialog{}
		s.post(func() {
			s.ring(next, ims.IncomingCall{SDP: coreOffer(), Remote: ims.RemoteParty{Number: "+15550103"}, Replaces: old.Key()})
		})
		e := p.last(wire.EventIncoming)
		if e["replaces"] != "c1" || e["waiting"] != false {
			t.Errorf("%v", e)
		}
		if said := old.heard(); len(said) != 0 {
			t.Errorf("the old call before the answer: %v", said)
		}
		p.ask(wire.MethodAnswer, map[string]any{"call": e["call"], "sdp": read(t, "chromium-answer-audio.sdp")})
		if got := p.causes(); len(got) != 0 {
			t.Errorf("ended before the caller has the answer: %v", got)
		}
		next.notify(ims.Confirmed{})
		if got := p.causes(); got["c1"] != "replaced" || len(got) != 1 || old.cause.Kind != call.Replaced || !slices.Equal(next.heard(), []string{"accept"}) {
			t.Errorf("ended %v, SIP %v, the new one heard %v", got, old.cause, next.heard())
		}
	})
}

// TestReplacedEarly: a call of ours that still rings is cancelled when somebody else takes its place (RFC 3891 3).
func TestReplacedEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.page()
		old, _ := p.outgoing(t)
		old.notify(ims.Provisional{Status: 180})
		s, next := b.manager.all()[0], &fakeDialog{}
		s.post(func() { s.ring(next, ims.IncomingCall{SDP: coreOffer(), Replaces: old.Key()}) })
		e := p.last(wire.EventIncoming)
		p.ask(wire.MethodAnswer, map[string]any{"call": e["call"], "sdp": read(t, "chromium-answer-audio.sdp")})
		next.notify(ims.Confirmed{})
		if got := p.causes(); got["c1"] != "replaced" || len(got) != 1 || old.cause.Kind != call.Replaced {
			t.Errorf("ended %v, SIP %v", got, old.cause)
		}
		next.notify(ims.Ended{Cause: call.Cause{Side: call.Core}})
		if got := p.causes(); got[e["call"]] != "hangup" {
			t.Errorf("ended %v", got)
		}
	})
}
