package web

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestPageTransfers hands calls on by clicks: to a number, and two parties to each other; and is handed on.
func TestPageTransfers(t *testing.T) {
	b := newPageBed(t, nil)
	b.open("?tone=440")
	b.text("state", "Ready")
	b.click("contact-+15550101")
	b.text("call-state", "Connected")
	first := b.gateway.onlyID()

	b.click("transfer")
	b.shot("transfer")
	b.fits()
	b.run("type a number", chromedp.SendKeys(chromedp.CSS(sel("transfer-number")), "+15550102\r"))
	b.text("transfer-state", "Asking")
	b.text("call-state", "You put the call on hold")
	b.sent("call.transfer")
	b.gateway.event("call.transferring", map[string]any{"call": first, "state": "trying"})
	b.gateway.event("call.transferring", map[string]any{"call": first, "state": "ringing", "sip": 180})
	b.text("transfer-state", "ringing there")
	b.shot("transfer-ringing")
	b.gateway.event("call.transferring", map[string]any{"call": first, "state": "failed", "sip": 486,
		"cause": map[string]any{"code": 2005, "name": "busy", "message": "The line is busy.", "hint": "Try again later.", "by": "remote"}})
	b.text("error-message", "Not handed on: The line is busy.")
	b.text("error-action", "Resume the call")
	b.shot("transfer-failed")
	b.click("error-action")
	b.text("call-state", "Connected")

	b.gateway.ring("in1", map[string]any{"waiting": true, "remote": map[string]any{"number": "+15550103", "anonymous": false}})
	b.click("answer")
	b.text("switch", "On hold")
	b.click("transfer")
	b.text("transfer-join", "Put through to Echo")
	b.shot("transfer-join")
	b.fits()
	b.click("transfer-join")
	b.until("the transfer is asked for", `document.querySelector('[data-testid="transfer-state"]').textContent !== ""`)
	b.eventually("the two to be put through", func() bool {
		asked := b.gateway.lastTransfer()
		return asked.Params.Call == first && asked.Params.With == "in1"
	})
	b.gateway.event("call.transferring", map[string]any{"call": first, "state": "accepted", "sip": 200})
	b.gateway.mu.Lock()
	b.gateway.end(first, 2045, "transferred", "local", 0)
	b.gateway.end("in1", 2045, "transferred", "local", 0)
	b.gateway.mu.Unlock()
	b.until("the dial pad is back", `!document.querySelector('[data-testid="dialer"]').hidden`)
}

// TestPageIsTransferred: the far party's wish is a question; a call that takes another's place is simply there.
func TestPageIsTransferred(t *testing.T) {
	b := newPageBed(t, nil)
	b.open("?tone=440")
	b.text("state", "Ready")
	b.click("contact-+15550101")
	b.text("call-state", "Connected")
	first := b.gateway.onlyID()
	wish := func(id string) {
		b.gateway.event("call.refer", map[string]any{"call": first, "refer": id, "target": map[string]any{"number": "+15550102", "anonymous": false},
			"replaces": false, "follow": false, "within": 60000})
	}
	wish("w1")
	b.text("refer", "Echo hands you on to")
	b.shot("refer")
	b.fits()
	b.click("refer-refuse")
	b.until("the question is gone", `document.querySelector('[data-testid="refer"]').hidden`)
	wish("w2")
	b.click("refer-accept")
	b.text("switch", "Echo")
	b.text("call-state", "Connected")
	if sent := b.gateway.lastStart(); sent.Params.Refer != "w2" || sent.Params.Target != "" {
		t.Errorf("sent %+v", sent.Params)
	}
	next := b.gateway.lastStart().Params.Call
	b.gateway.mu.Lock()
	b.gateway.end(first, 2013, "hangup", "remote", 0)
	b.gateway.mu.Unlock()
	b.until("one call is left", `document.querySelector('[data-testid="lines"]').hidden`)

	b.gateway.ring("in2", map[string]any{"replaces": next, "remote": map[string]any{"number": "+15550103", "anonymous": false}})
	b.text("remote-number", "+15550103")
	b.text("call-state", "Connected")
	b.gateway.mu.Lock()
	b.gateway.end(next, 2046, "replaced", "remote", 0)
	b.gateway.mu.Unlock()
	b.text("error-message", "another one")
	b.until("it never rang", `document.querySelector('[data-testid="incoming"]').hidden && document.querySelector('[data-testid="lines"]').hidden`)
}
