//go:build interop

package sipp

import (
	"errors"
	"slices"
	"testing"

	"causeway/test/load/client"
)

// hands asks for a transfer to a number; want is the error's name, "" for none.
func hands(a *actor, want string) {
	a.t.Helper()
	err := a.call.Do(a.ctx, "call.transfer", "target", "+15550102")
	var refused *client.RPCError
	switch {
	case want == "":
		a.must(err)
	case !errors.As(err, &refused) || refused.Data.Name != want:
		a.t.Errorf("call.transfer: %v, want %s", err, want)
	}
}

// goesOn hangs a call up that still carries sound.
func goesOn(a *actor) {
	a.t.Helper()
	a.talks(1)
	a.does("call.hangup")
}

// notHanded is a transfer that the far phone refuses.
func notHanded(status, allow, want string) scene {
	return scene{name: "mo-transfer-" + status[:3], file: "mo-transfer-refused", values: map[string]string{"status": status, "allow": allow},
		script: func(a *actor) {
			a.dials()
			a.hears("accepted")
			hands(a, want)
			goesOn(a)
		}, story: []string{answered, hungUp}}
}

// transfers are a page's transfers, and those of its far phone.
func transfers() []scene {
	return []scene{
		{name: "mo-transfer", script: func(a *actor) {
			a.dials()
			a.talks(1)
			hands(a, "")
		}, story: []string{answered, "transfer trying", "transfer ringing 180", "transfer accepted 200", "ended transferred by local"}},
		notHanded("603 Decline", "Allow: REFER", "transfer_refused"),
		notHanded("403 Forbidden", "Allow: REFER", "transfer_refused"),
		notHanded("405 Method Not Allowed", "Allow: REFER", "transfer_unsupported"),
		notHanded("501 Not Implemented", "Allow: REFER", "transfer_unsupported"),
		{name: "mo-transfer-failed", script: func(a *actor) {
			a.dials()
			a.hears("accepted")
			hands(a, "")
			a.hears("transfer failed")
			goesOn(a)
		}, story: []string{answered, "transfer trying", "transfer ringing 180", "transfer failed 486 busy", hungUp}},
		{name: "mo-transfer-no-refer", file: "mo-answered", script: func(a *actor) { // the far phone's Allow says that it cannot
			a.dials()
			a.hears("accepted")
			hands(a, "transfer_unsupported")
			goesOn(a)
		}, story: []string{answered, hungUp}},
		{name: "mo-transfer-attended", calls: 2, values: nil, script: func(a *actor) {
			a.dials()
			a.hears("accepted")
			other, err := a.browser.Call(a.ctx, "+15550102", client.Silent{})
			a.must(err)
			a.must(other.Hears(a.ctx, "accepted"))
			a.must(a.call.Do(a.ctx, "call.transfer", "with", other.ID()))
			a.must(other.Hears(a.ctx, "ended"))
			if got := other.Story(); !slices.Equal(got, []string{answered, "ended transferred by local"}) {
				a.t.Errorf("the other call was told %q", got)
			}
		}, story: []string{answered, "transfer trying", "transfer accepted 200", "ended transferred by local"}},
		{name: "mo-referred", calls: 2, script: func(a *actor) {
			a.dials()
			a.hears("refer")
			medium, err := a.bed.peers.New()
			a.must(err)
			a.t.Cleanup(medium.Close)
			next, err := a.browser.Call(a.ctx, "", medium, "refer", a.call.Wish())
			a.must(err)
			a.hears("ended")
			_, err = a.far[1].Hears(a.ctx, 5)
			a.must(err)
			a.must(next.Do(a.ctx, "call.hangup"))
			a.must(next.Hears(a.ctx, "ended"))
			if got := next.Story(); !slices.Equal(got, []string{ringing, answered, hungUp}) && !slices.Equal(got, []string{trying, ringing, answered, hungUp}) {
				a.t.Errorf("the call that followed was told %q", got)
			}
		}, story: []string{answered, "refer to=+15550103 by=+15550101 replaces", hungUs}},
		{name: "mo-referred-refused", script: func(a *actor) {
			a.dials()
			a.hears("refer")
			a.must(a.browser.Ask(a.ctx, "call.refuseRefer", map[string]any{"refer": a.call.Wish()}))
			a.sees("SIP/2.0 603", 1)
			goesOn(a)
		}, story: []string{answered, "refer to=+15550103", hungUp}},
		{name: "mt-replaces", script: func(a *actor) {
			picksUp(a)
			first := a.call
			select {
			case a.call = <-a.browser.Incoming:
			case <-a.ctx.Done():
				a.must(a.ctx.Err())
			}
			a.must(a.call.PickUp(a.ctx, a.medium()))
			a.must(first.Hears(a.ctx, "ended"))
			if got := first.Story(); !slices.Equal(got, []string{"incoming", answered, "ended replaced by remote"}) {
				a.t.Errorf("the first call was told %q", got)
			}
			a.talks(2)
			a.does("call.hangup")
		}, story: []string{"incoming replaces", answered, hungUp}},
		{name: "mt-replaces-refused", script: func(a *actor) {
			picksUp(a)
			a.sees("SIP/2.0 400", 1)
			goesOn(a)
		}, story: []string{"incoming", answered, hungUp}},
	}
}

// TestTransfer plays transfers by the page and by the far phone, by UDP and TCP.
func TestTransfer(t *testing.T) {
	inTurn(t)
	for i, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			b := newBed(t, network, 16000+200*i).listens(t)
			b.together(t, transfers())
			b.judge(t)
		})
	}
	for policy, want := range map[string]scene{
		"refuse": {name: "mo-referred-policy", script: func(a *actor) { a.dials() }, story: []string{answered, hungUs}},
		"accept": {name: "mo-referred-refused", script: func(a *actor) {
			a.dials()
			a.hears("refer")
			a.must(a.browser.Ask(a.ctx, "call.refuseRefer", map[string]any{"refer": a.call.Wish()}))
			a.sees("SIP/2.0 603", 1)
			goesOn(a)
		}, story: []string{answered, "refer to=+15550103 follow", hungUp}},
	} {
		t.Run(policy, func(t *testing.T) {
			b := newBed(t, "udp", 16400, "CAUSEWAY_SESSION_TRANSFER="+policy).listens(t)
			b.play(t, want)
			b.judge(t)
		})
	}
}
