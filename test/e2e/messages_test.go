//go:build e2e

package e2e

import (
	"fmt"
	"testing"

	"causeway/test/browser"
	"causeway/test/rig"
)

// shows waits for a text in the page's open conversation, with what stands under it.
func shows(p *rig.Page, kind, text, mark string) {
	p.Until(fmt.Sprintf("%q with %q", text, mark), fmt.Sprintf(`[...document.querySelectorAll('[data-testid="bubble"]')].some(b =>
		b.classList.contains("mine") === %t && b.querySelector("p").textContent === %q && b.innerText.includes(%q))`, kind == "mine", text, mark))
}

// write opens a conversation and sends a text.
func write(p *rig.Page, to, text string, sms bool) {
	set := func(id, value string) {
		p.Until(id, fmt.Sprintf(`document.querySelector('[data-testid="%s"]')`, id))
		p.JS(fmt.Sprintf(`(() => { const n = document.querySelector('[data-testid="%s"]'); n.value = %q; n.dispatchEvent(new Event("input", {bubbles: true})); })()`, id, value), nil)
	}
	if to != "" {
		set("message-to", to)
		p.Click("message-new")
	}
	set("message-text", text)
	if sms {
		p.JS(`document.querySelector('[data-testid="message-sms"]').checked = true`, nil)
	}
	p.Click("message-send")
}

// TestMessages: a user and the lab's handsets write to each other, with marks and answers, as messages and as short messages, long ones too.
// The lab's core and handsets find nothing wrong.
func TestMessages(t *testing.T) {
	each(t, func(t *testing.T, kind browser.Kind) {
		b := rig.Start(t, rig.Options{})
		p := b.Open(kind, pageHz)
		write(p, "+15550101", "Hello, echo €", false)
		shows(p, "mine", "Hello, echo €", "Read")
		shows(p, "theirs", "Hello, echo €", "")
		p.Shot(string(kind) + "-messages")
		b.Until("the handset to be told that its message was read", rig.Patience, func() bool {
			for _, l := range b.Lab.Handsets.Letters() {
				if l.Type == "message/imdn+xml" && l.Text == "displayed" {
					return true
				}
			}
			return false
		})
		long := "Long: "
		for i := range 30 {
			long += fmt.Sprintf("part %d, ", i)
		}
		write(p, "", long, true)
		shows(p, "mine", long, "Delivered")
		shows(p, "theirs", long, "SMS")
		p.Click("message-back")
		write(p, "+15550111", "Plain", false) // takes no wrapped texts
		shows(p, "mine", "Plain", "Sent")
		p.Click("message-back")
		write(p, "+15559999", "Nobody", false)
		shows(p, "mine", "Nobody", "does not exist")
		if faults := b.Lab.Handsets.Faults(); len(faults) > 0 {
			t.Errorf("%+v", faults)
		}
		if v := b.Lab.Core.Violations(); len(v) > 0 {
			t.Errorf("%+v", v)
		}
	})
}

// TestMessageAfterReload: what comes while a page is being reloaded is there afterwards.
func TestMessageAfterReload(t *testing.T) {
	b := rig.Start(t, rig.Options{})
	p := b.Open(browser.Chromium, pageHz)
	p.Dial(tonePlayer) // a page without a call leaves when it is reloaded
	p.State("active")
	write(p, "+15550101", "See you", false)
	shows(p, "mine", "See you", "Sent")
	p.Reload()
	p.Until("the page again", `!window.old && window.causeway && window.causeway.phone && window.causeway.phone.calls.length === 1`)
	p.Until("the answer after the reload", `document.querySelector('[data-testid="messages"]').innerText.includes("See you")`)
}

// TestUsersWrite: two users of the gateway write to each other, by message and by short message; each sees that the other has read.
func TestUsersWrite(t *testing.T) {
	b := rig.Start(t, rig.Options{})
	alice := b.Open(browser.Chromium, pageHz)
	bob := b.OpenWith(browser.Firefox, browser.Options{FakeMic: true}, "/?user=bob")
	bob.Until("bob to be ready", `window.causeway && window.causeway.phone && window.causeway.phone.state === "ready"`)
	var number string
	bob.JS(`window.causeway.phone.identities[0].uri.replace(/^sip:|@.*$/g, "")`, &number)
	write(alice, number, "Hello, Bob", false)
	shows(alice, "mine", "Hello, Bob", "Delivered")
	bob.Until("the message in bob's list", `document.querySelector('[data-testid="threads"]').innerText.includes("Hello, Bob")`)
	bob.Click("thread")
	shows(alice, "mine", "Hello, Bob", "Read")
	write(bob, "", "Hello, Alice", false)
	shows(bob, "mine", "Hello, Alice", "Read") // her conversation with him is open
	write(alice, "", "By SMS: [€] ж", true)
	shows(alice, "mine", "By SMS: [€] ж", "Delivered")
	shows(bob, "theirs", "By SMS: [€] ж", "SMS")
	if faults := b.Lab.Handsets.Faults(); len(faults) > 0 {
		t.Errorf("%+v", faults)
	}
	if v := b.Lab.Core.Violations(); len(v) > 0 {
		t.Errorf("%+v", v)
	}
}
