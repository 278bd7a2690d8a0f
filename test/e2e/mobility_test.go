//go:build e2e

package e2e

import (
	"testing"

	"causeway/test/browser"
	"causeway/test/lab/handset"
	"causeway/test/rig"
)

// tonePlayer is a handset that plays a tone of handsetHz.
const tonePlayer = "+15550118"

// TestReload: a page that is reloaded in a call finds it again; the handset hears nothing but a gap.
func TestReload(t *testing.T) {
	each(t, func(t *testing.T, kind browser.Kind) {
		b := rig.Start(t, rig.Options{})
		p := b.Open(kind, pageHz)
		p.Dial(tonePlayer)
		p.State("active")
		before := b.HandsetCall(tonePlayer, "the page's tone", hears(pageHz))
		p.Click("hold")
		p.State("held")
		p.Reload()
		p.Until("the page again", `!window.old && window.causeway && window.causeway.phone && window.causeway.phone.calls.length === 1`)
		p.State("held")
		p.Click("hold")
		p.State("active")
		after := b.HandsetCall(tonePlayer, "the reloaded page's tone", hears(pageHz))
		if before.ID != after.ID {
			t.Errorf("the handset is in another call: %s, then %s", before.ID, after.ID)
		}
		p.HearsTone(handsetHz)
		p.Until("a call with sound alone, as before", `window.causeway.phone.calls[0].video === null && window.causeway.phone.calls[0].localVideo === null`)
		p.Shot(string(kind) + "-reloaded")
		p.Click("hangup")
		p.Until("no call in the page", `window.causeway.phone.calls.length === 0`)
		settled(t, b)
	})
}

// TestPull: a call moves from one browser of the user to another and back; the handset's call stays the same one.
func TestPull(t *testing.T) {
	b := rig.Start(t, rig.Options{})
	first, second := b.Open(browser.Chromium, pageHz), b.Open(browser.Firefox, pageHz+110)
	first.Dial(tonePlayer)
	first.State("active")
	before := b.HandsetCall(tonePlayer, "the first page's tone", hears(pageHz))
	second.Until("the call to be shown in the other browser", `document.querySelector('[data-testid="pull"]') !== null`)
	second.Shot("elsewhere")
	second.Click("pull")
	second.State("active")
	during := b.HandsetCall(tonePlayer, "the second page's tone", hears(pageHz+110))
	second.HearsTone(handsetHz)
	first.Until("the first page to let go", `window.causeway.phone.calls.length === 0`)
	first.Until("the reason", `document.querySelector('[data-testid="error"]').innerText.includes("another browser")`)
	first.Shot("moved")
	first.Click("pull")
	first.State("active")
	after := b.HandsetCall(tonePlayer, "the first page's tone again", hears(pageHz))
	first.HearsTone(handsetHz)
	if before.ID != during.ID || during.ID != after.ID {
		t.Errorf("the handset was in the calls %s, %s and %s", before.ID, during.ID, after.ID)
	}
	first.Click("hangup")
	for _, p := range []*rig.Page{first, second} {
		p.Until("no call in the page", `window.causeway.phone.calls.length === 0 && window.causeway.phone.elsewhere.length === 0`)
	}
	b.HandsetCall(tonePlayer, "the end", func(c handset.CallInfo) bool { return c.State == "ended" })
	settled(t, b)
}
