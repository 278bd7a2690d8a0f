//go:build interop

package sipp

import (
	"sync"
	"testing"
)

// together plays scenes some at a time.
func (b *bed) together(t *testing.T, scenes []scene) {
	t.Helper()
	var wg sync.WaitGroup
	room := make(chan struct{}, 6)
	for _, s := range scenes {
		wg.Add(1)
		go func() {
			defer wg.Done()
			room <- struct{}{}
			defer func() { <-room }()
			t.Run(s.name, func(t *testing.T) { b.play(t, s) })
		}()
	}
	wg.Wait()
}

const (
	trying   = "progress trying 100"
	ringing  = "progress ringing 180"
	answered = "accepted"
	hungUp   = "ended hangup by local"
	hungUs   = "ended hangup by remote"
)

// talk is an answered call in which the far party hears the page, hung up by the page.
func talk(rtp int) func(*actor) {
	return func(a *actor) {
		a.dials()
		a.hears("accepted")
		a.talks(rtp)
		a.does("call.hangup")
	}
}

// originating are the calls of a page.
func originating() []scene {
	scenes := []scene{
		{name: "mo-early-reliable", script: talk(1), story: []string{trying, "progress early 183 heard", "progress early 180 heard", answered, hungUp}},
		{name: "mo-reliable-gap", script: talk(1), story: []string{trying, "progress trying 183", ringing, answered, hungUp}},
		{name: "mo-preconditions", script: talk(1), story: []string{trying, "progress trying 183", "progress trying 183", ringing, answered, hungUp}},
		{name: "mo-early-unreliable", script: func(a *actor) { a.dials(); a.hears("accepted") },
			story: []string{trying, "progress early 183 heard", ringing, answered, hungUs}},
		{name: "mo-forks", script: talk(2), story: []string{trying, "progress early 183 heard", "progress early 183 heard", "progress early 180 heard", answered, hungUp}},
		{name: "mo-early-moves", script: talk(2), story: []string{trying, "progress early 183 heard", "progress early 180 heard", answered, hungUp}},
		{name: "mo-inside", script: func(a *actor) { a.dials() }, story: []string{answered, "digit 5", hungUs}},
		{name: "mo-forks-preconditions", script: talk(2), story: []string{trying, "progress trying 183", "progress trying 183", "progress trying 183", "progress trying 183", ringing, answered, hungUp}},
		{name: "mo-fork-ends", script: talk(2), story: []string{trying, "progress early 183 heard", "progress early 180 heard", ringing, answered, hungUp}},
		{name: "mo-answered", script: talk(1), story: []string{answered, hungUp}},
		{name: "mo-network-bye", script: func(a *actor) { a.dials() }, story: []string{answered, "ended hangup by remote q850=31"}},
		{name: "mo-cancel", silent: true, script: givesUp, story: []string{trying, ringing, "ended cancelled by local"}},
		{name: "mo-cancel-race", silent: true, script: givesUp, story: []string{trying, ringing, "ended cancelled by local"}},
		{name: "mo-hold", script: func(a *actor) {
			a.dials()
			a.hears("accepted")
			a.does("call.hold")
			a.does("call.resume")
			a.talks(1)
			a.does("call.hangup")
		}, story: []string{answered, "hold local=true remote=false", "hold local=false remote=false", hungUp}},
		{name: "mo-held", script: func(a *actor) {
			a.dials()
			a.hears("hold local=false remote=true")
			a.hears("hold local=false remote=false")
			a.talks(1)
			a.does("call.hangup")
		}, story: []string{answered, "hold local=false remote=true", "hold local=false remote=false", hungUp}},
		{name: "mo-moves", script: func(a *actor) {
			a.dials()
			a.hears("accepted")
			if pt := a.talks(2); pt != 98 {
				a.t.Errorf("payload type %d after the move", pt)
			}
			a.does("call.hangup")
		}, story: []string{answered, hungUp}},
		{name: "mo-moves-held", script: func(a *actor) {
			a.dials()
			if pt := a.talks(1); pt != 8 {
				a.t.Errorf("payload type %d before the move", pt)
			}
			a.does("call.hold")
			a.sees("101 INVITE", 2) // sent and answered
			a.does("call.resume")
			if pt := a.talks(2); pt != 98 {
				a.t.Errorf("payload type %d after the move", pt)
			}
			a.does("call.hangup")
		}, story: []string{answered, "hold local=true remote=false", "hold local=false remote=false", hungUp}},
		{name: "mo-offerless-reinvite", script: talk(2), story: []string{answered, hungUp}},
		{name: "mo-too-brief", script: talk(1), story: []string{answered, hungUp}},
		{name: "mo-glare", script: func(a *actor) {
			a.dials()
			a.hears("accepted")
			a.does("call.hold")
			a.does("call.hangup")
		}, story: []string{answered, "hold local=true remote=false", hungUp}},
		{name: "mo-order", silent: true, script: func(a *actor) { a.dials() },
			story: []string{trying, "progress early 183 heard", "progress early 180 heard", "ended busy by remote sip=486"}},
	}
	return append(scenes, refusals()...)
}

func givesUp(a *actor) {
	a.dials()
	a.hears(ringing)
	a.does("call.hangup")
}

// refusals are the core's words for no, and the page's (RFC 3261 21, RFC 3312 9).
func refusals() []scene {
	var out []scene
	for _, r := range []struct{ status, header, want string }{
		{"486 Busy Here", "Reason: Q.850;cause=17", "ended busy by remote sip=486 q850=17"},
		{"600 Busy Everywhere", "Server: far", "ended busy by remote sip=600"},
		{"480 Temporarily Unavailable", "Reason: Q.850;cause=19", "ended no_answer by remote sip=480 q850=19"},
		{"603 Decline", "Server: far", "ended declined by remote sip=603"},
		{"488 Not Acceptable Here", "Warning: 305 far \"Incompatible media format\"", "ended media_incompatible by remote sip=488"},
		{"580 Precondition Failure", "Server: far", "ended precondition_failed by remote sip=580"},
		{"404 Not Found", "Reason: Q.850;cause=1", "ended number_unknown by remote sip=404 q850=1"},
		{"403 Forbidden", "Server: far", "ended forbidden by remote sip=403"},
		{"503 Service Unavailable", "Retry-After: 5", "ended congestion by remote sip=503"},
		{"500 Server Internal Error", "Server: far", "ended unavailable by remote sip=500"},
		{"408 Request Timeout", "Server: far", "ended no_answer by remote sip=408"},
		{"484 Address Incomplete", "Reason: Q.850;cause=28", "ended number_invalid by remote sip=484 q850=28"},
		{"604 Does Not Exist Anywhere", "Server: far", "ended number_unknown by remote sip=604"},
		{"606 Not Acceptable", "Server: far", "ended media_incompatible by remote sip=606"},
		{"380 Alternative Service", "Server: far", "ended emergency_use_phone by remote sip=380"},
		{"302 Moved Temporarily", "Contact: <sip:elsewhere@127.0.0.66>", "ended redirected by remote sip=302"},
		{"487 Request Terminated", "Server: far", "ended cancelled by remote sip=487"},
	} {
		out = append(out, scene{name: "mo-refused-" + r.status[:3], file: "mo-refused", silent: true, values: map[string]string{"status": r.status, "header": r.header},
			script: func(a *actor) { a.dials() }, story: []string{trying, ringing, r.want}})
	}
	return out
}

// TestOriginating plays every call of a page against SIPp, by UDP and TCP.
func TestOriginating(t *testing.T) {
	inTurn(t)
	for i, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			b := newBed(t, network, 30000+1000*i).listens(t)
			b.together(t, originating())
			b.judge(t)
		})
	}
}
