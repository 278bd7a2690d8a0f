//go:build interop

package sipp

import (
	"strings"
	"testing"

	"causeway/test/load/client"
)

// TestLetters: texts both ways with SIPp as the core, and tshark's judgement of every message.
func TestLetters(t *testing.T) {
	inTurn(t)
	b := newBed(t, "udp", 16800, "CAUSEWAY_IMS_TIMERS_T1=50ms", "CAUSEWAY_IMS_TIMERS_T2=400ms").listens(t)
	for status, want := range map[string]string{
		"200 OK": "", "202 Accepted": "", "404 Not Found": "number_unknown", "403 Forbidden": "message_refused", "415 Unsupported Media Type": "message_unsupported",
		"480 Temporarily Unavailable": "unavailable", "503 Service Unavailable": "message_failed", "603 Decline": "message_refused",
	} {
		b.play(t, scene{name: "mo-text", values: map[string]string{"status": status}, silent: true, script: func(a *actor) {
			_, err := a.browser.Send(a.ctx, "m1", "+15550101", "Hello, world €")
			if got := client.ErrorName(err); got != want || (err == nil) != (want == "") {
				t.Errorf("%s: %v", status, err)
			}
		}})
	}
	b.play(t, scene{name: "mo-text-silent", silent: true, script: func(a *actor) {
		_, err := a.browser.Send(a.ctx, "m1", "+15550101", "x")
		if client.ErrorName(err) != "core_unreachable" {
			t.Errorf("nobody answered: %v", err)
		}
	}})
	b.play(t, scene{name: "mo-text-anonymous", silent: true, script: func(a *actor) {
		_, err := a.browser.Send(a.ctx, "m1", "+15550101", "x", "anonymous", true)
		a.must(err)
		_, err = a.browser.Send(a.ctx, "m2", "112", "help")
		if client.ErrorName(err) != "message_emergency" {
			t.Errorf("an emergency number: %v", err)
		}
		_, err = a.browser.Send(a.ctx, "m3", "+15550101", strings.Repeat("x", 1300))
		if client.ErrorName(err) != "message_too_long" {
			t.Errorf("a message of 1300 bytes by UDP: %v", err)
		}
	}})
	b.play(t, scene{name: "mt-text", silent: true, script: func(a *actor) {
		a.start()
		if m := a.notified(); m.Kind != "received" || m.Text != "Hello, Alice €" || m.Number != "+15550101" || m.Via != "sip" || m.Display {
			t.Errorf("%+v", m)
		}
	}})
	b.play(t, scene{name: "mt-text-refused", values: map[string]string{"long": "text=" + strings.Repeat("x", 8193)}, silent: true, script: func(a *actor) { a.start() }})
	b.judge(t)
}

// TestLetterReports: notifications asked for and given (RFC 5438).
func TestLetterReports(t *testing.T) {
	inTurn(t)
	b := newBed(t, "udp", 17000).listens(t)
	b.play(t, scene{name: "mo-text-report", late: true, silent: true, script: func(a *actor) {
		a.start()
		_, err := a.browser.Send(a.ctx, "m1", "+15550101", "On my way", "report", []string{"delivery", "display"})
		a.must(err)
		for _, want := range []string{"delivered", "displayed"} {
			if m := a.notified(); m.Kind != "report" || m.ID != "m1" || m.Status != want {
				t.Errorf("%+v", m)
			}
		}
	}})
	b.play(t, scene{name: "mt-notified", calls: 2, silent: true, script: func(a *actor) {
		from := a.bed.first + users - 1 // the sender is elsewhere than the way back
		sender := a.bed.sipp(t, a.render("mt-cpim"), from, a.bed.SIP.String(), "-m", "1")
		m := a.notified()
		if m.Kind != "received" || m.Text != "Are you there?" || !m.Display {
			t.Errorf("%+v", m)
		}
		a.must(sender.wait(a.ctx))
		a.must(a.browser.Displayed(a.ctx, m.ID))
		a.sees("<displayed/>", 1)
	}})
	b.judge(t)
}

// notified waits for the next word about messages.
func (a *actor) notified() client.Message {
	a.t.Helper()
	m, err := a.browser.Notified(a.ctx)
	a.must(err)
	return m
}
