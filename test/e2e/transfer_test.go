//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"causeway/test/browser"
	"causeway/test/lab/handset"
	"causeway/test/rig"
)

// Handsets of the lab that play a part here.
const (
	announcer   = "+15550112" // follows a REFER like any handset
	transfersUs = "+15550119" // asks for a call to the echo
	refusesUs   = "+15550120" // does not want to be transferred
)

// talksTo finds a handset's call with a party.
func talksTo(party string) func(handset.CallInfo) bool {
	return func(c handset.CallInfo) bool { return c.State == "up" && c.Party == party }
}

// handsOn opens the page's transfer panel and hands the call on to a number.
func handsOn(p *rig.Page, number string) {
	p.Click("transfer")
	p.JS(fmt.Sprintf(`document.querySelector('[data-testid="transfer-number"]').value = %q`, number), nil)
	p.Click("transfer-go")
}

// alone waits until the page has one call, with a number, that talks.
func alone(p *rig.Page, number string) {
	p.Until("one call, with "+number, fmt.Sprintf(`window.causeway.phone.calls.length === 1 && window.causeway.phone.calls[0].state === "active" &&
		window.causeway.phone.calls[0].remote.number === %q`, number))
}

// TestTransfer: calls handed on by clicks, to a number and to a second call's party; sound afterwards between those who speak.
func TestTransfer(t *testing.T) {
	b := rig.Start(t, rig.Options{})
	p := b.Open(browser.Chromium, pageHz)
	gone := func() {
		p.Until("no call in the page", `window.causeway.phone.calls.length === 0`)
		settled(t, b)
	}
	says := func(want string) {
		p.Until("the page to say "+want, fmt.Sprintf(`document.querySelector('[data-testid="error"]').innerText.includes(%q)`, want))
	}
	rest := func() { // the handsets' calls among themselves
		b.Do(tonePlayer, "hangup", "")
		over(b)
	}
	t.Run("to a number", func(t *testing.T) {
		p.Dial(announcer)
		p.State("active")
		handsOn(p, tonePlayer)
		says("handed on")
		p.Shot("handed-on")
		heard := b.HandsetCall(announcer, "the tone of whom it was handed on to", func(c handset.CallInfo) bool { return talksTo(tonePlayer)(c) && hears(handsetHz)(c) })
		if heard.Direction != "out" {
			t.Errorf("%+v", heard)
		}
		by := b.HandsetCall(tonePlayer, "the call", talksTo(announcer)).Headers["Referred-By"]
		if !strings.Contains(by, "+15550001") {
			t.Errorf("referred by %q", by)
		}
		gone()
		rest()
	})
	t.Run("refused, and resumed", func(t *testing.T) {
		p.Dial(refusesUs)
		p.State("active")
		handsOn(p, tonePlayer)
		says("refused to be transferred")
		p.State("held")
		p.Click("error-action")
		p.State("active")
		b.HandsetCall(refusesUs, "the page's tone again", hears(pageHz))
		p.Click("hangup")
		gone()
		over(b)
	})
	t.Run("busy", func(t *testing.T) {
		p.Dial(announcer)
		p.State("active")
		handsOn(p, "+15550104")
		says("Not handed on: The line is busy.")
		p.Click("error-action")
		p.State("active")
		p.Click("hangup")
		gone()
		over(b)
	})
	t.Run("put through", func(t *testing.T) {
		p.Dial(announcer)
		p.State("active")
		p.Click("contact-" + tonePlayer)
		p.Until("two calls", `window.causeway.phone.calls.length === 2 && window.causeway.phone.calls.every(c => c.startedAt)`)
		p.HearsOn("window.causeway.phone.calls[1].remoteStream")
		p.Click("transfer")
		p.Click("transfer-join")
		b.HandsetCall(announcer, "the tone of whom it was put through to", func(c handset.CallInfo) bool { return talksTo(tonePlayer)(c) && hears(handsetHz)(c) })
		says("handed on")
		gone()
		rest()
	})
	t.Run("handed on by the far phone", func(t *testing.T) {
		p.Dial(transfersUs)
		p.Until("the question", `!document.querySelector('[data-testid="refer"]').hidden`)
		p.Shot("refer-asked")
		p.Click("refer-accept")
		alone(p, "+15550101")
		p.HearsTone(pageHz) // it is the echo
		told := b.HandsetCall(transfersUs, "its end", func(c handset.CallInfo) bool { return c.State == "ended" })
		if told.Headers["Refer"] != "202 100 180 200" || told.Cause != "transferred" {
			t.Errorf("the far phone was told %q, and ended: %s", told.Headers["Refer"], told.Cause)
		}
		p.Click("hangup")
		gone()
		over(b)
	})
	t.Run("put through by the far phone", func(t *testing.T) {
		p.Dial(announcer)
		p.State("active")
		b.Do(announcer, "attend", tonePlayer)
		p.Click("refer-accept")
		alone(p, tonePlayer)
		p.HearsTone(handsetHz)
		b.HandsetCall(tonePlayer, "the page's tone", func(c handset.CallInfo) bool { return c.State == "up" && hears(pageHz)(c) })
		p.Click("hangup")
		gone()
		over(b)
	})
	t.Run("the far end changes", func(t *testing.T) {
		if _, err := b.Lab.Handsets.Call(announcer, handset.Outgoing{To: "+15550001"}); err != nil {
			t.Fatal(err)
		}
		p.Click("answer")
		p.State("active")
		b.Do(announcer, "hand", tonePlayer)
		alone(p, tonePlayer) // nobody has touched the page
		p.HearsTone(handsetHz)
		says("another one")
		b.HandsetCall(tonePlayer, "the page's tone", func(c handset.CallInfo) bool { return c.State == "up" && hears(pageHz)(c) })
		p.Click("hangup")
		gone()
		over(b)
	})
}
