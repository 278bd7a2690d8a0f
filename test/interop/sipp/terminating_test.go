//go:build interop

package sipp

import "testing"

// picksUp is a page that is called, alerts and answers.
func picksUp(a *actor) {
	a.isCalled()
	a.answers()
	a.hears("accepted")
}

// refuses is a page that alerts and says no.
func refuses(reason string) func(*actor) {
	return func(a *actor) {
		a.isCalled()
		a.does("call.ringing")
		a.does("call.reject", "reason", reason)
	}
}

// rings is a page that alerts and waits.
func rings(a *actor) {
	a.isCalled()
	a.does("call.ringing")
}

// refused is a scene in which the page refuses.
func refused(reason, status, q850 string) scene {
	return scene{name: "mt-refused-" + reason, file: "mt-refused", silent: true, values: map[string]string{"status": status, "reason": q850},
		script: refuses(reason), story: []string{"incoming", "ended " + reason + " by local"}}
}

// terminating are the calls to a page.
func terminating() []scene {
	return []scene{
		{name: "mt-answered", script: picksUp, story: []string{"incoming", answered, "ended hangup by remote q850=16"}},
		{name: "mt-preconditions", script: func(a *actor) {
			rings(a)
			a.sees("104 PRACK", 2) // sent and answered; the 200 to the INVITE might come first otherwise
			a.must(a.call.PickUp(a.ctx, a.medium()))
			a.hears("accepted")
			a.talks(1)
			a.does("call.hangup")
		}, story: []string{"incoming", answered, hungUp}},
		{name: "mt-offerless", script: func(a *actor) {
			picksUp(a)
			a.talks(1)
			a.does("call.hangup")
		}, story: []string{"incoming", answered, hungUp}},
		{name: "mt-offerless-reliable", script: func(a *actor) {
			rings(a)
			a.sees("102 PRACK", 2)
			a.must(a.call.PickUp(a.ctx, a.medium()))
			a.talks(1)
			a.does("call.hangup")
		}, story: []string{"incoming", answered, hungUp}},
		refused("busy", "486", "Q.850;cause=17"),
		refused("declined", "603", "Q.850;cause=21"),
		refused("unavailable", "480", "Q.850;cause=20"),
		{name: "mt-hangup", file: "mt-refused", silent: true, values: map[string]string{"status": "603", "reason": "Q.850;cause=21"},
			script: func(a *actor) { rings(a); a.does("call.hangup") }, story: []string{"incoming", "ended declined by local"}},
		{name: "mt-codecs", silent: true, script: func(a *actor) { a.start() }},
		{name: "mt-extension", script: func(a *actor) {
			picksUp(a)
			a.talks(1)
			a.does("call.hangup")
		}, story: []string{"incoming", answered, hungUp}},
		{name: "mt-cancel", silent: true, values: map[string]string{"reason": "Reason: SIP;cause=487"}, script: rings,
			story: []string{"incoming", "ended cancelled by remote"}},
		{name: "mt-cancel-elsewhere", file: "mt-cancel", silent: true, values: map[string]string{"reason": "Reason: SIP;cause=200;text=\"Call completed elsewhere\""},
			script: rings, story: []string{"incoming", "ended answered_elsewhere by remote"}},
		{name: "mt-glare", script: func(a *actor) {
			picksUp(a)
			a.does("call.hold")
			a.does("call.hangup")
		}, story: []string{"incoming", answered, "hold local=true remote=false", hungUp}},
		{name: "mt-cancel-race", script: picksUp, story: []string{"incoming", answered, hungUs}},
		{name: "mt-hold", script: func(a *actor) {
			picksUp(a)
			a.hears("hold local=false remote=true")
			a.does("call.hold")
			a.does("call.resume")
			a.hears("hold local=false remote=false")
			a.talks(1)
			a.does("call.hangup")
		}, story: []string{"incoming", answered, "hold local=false remote=true", "hold local=true remote=true", "hold local=false remote=true", "hold local=false remote=false", hungUp}},
	}
}

// TestTerminating plays every call to a page, by UDP and TCP.
func TestTerminating(t *testing.T) {
	inTurn(t)
	for i, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			b := newBed(t, network, 30200+1000*i).listens(t)
			b.together(t, terminating())
			b.judge(t)
		})
	}
}
