//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"causeway/signaling/wire"
	"causeway/test/browser"
	"causeway/test/lab/handset"
	"causeway/test/rig"
)

// call starts a call in the page by the SDK and keeps its end in window.ended, and what it has been in window.been: some handsets soon
// change again.
func call(p *rig.Page, number string) {
	p.JS(fmt.Sprintf(`(() => { window.ended = null; window.heard = ""; window.been = []; const c = window.causeway.phone.call(%q);
		c.on("ended", r => { window.ended = r; }); c.on("dtmf", d => { window.heard += d; }); c.on("state", s => { window.been.push(s); });
		c.on("earlyMedia", on => { if (on) window.been.push("early"); }); })()`, number), nil)
}

// ended waits for the end of the page's call and returns its reason's name.
func ended(p *rig.Page) string {
	p.Until("the call's end", "window.ended")
	var name string
	p.JS("window.ended.name", &name)
	return name
}

// TestRefusedCalls: each kind of refusal reaches the user as its own error, and the log has one line for it.
func TestRefusedCalls(t *testing.T) {
	b := rig.Start(t, rig.Options{Env: []string{"CAUSEWAY_SESSION_RING_TIMEOUT=10s"}})
	p := b.Open(browser.Chromium, pageHz)
	tests := []struct{ number, want string }{
		{"+15550104", "busy"}, {"+15550106", "declined"}, {"+15550113", "media_incompatible"}, {"+15550199", "number_unknown"},
		{"+15550105", "no_answer"}, {"not a number!", "number_invalid"}, {"112", "emergency_use_phone"}, {"urn:service:sos", "emergency_use_phone"},
	}
	for _, tt := range tests {
		t.Run(tt.want+" "+tt.number, func(t *testing.T) {
			said, ok := wire.Lookup(tt.want)
			if !ok {
				t.Fatalf("the catalogue lacks %s", tt.want)
			}
			before := strings.Count(b.Gateway.Log(), `"cause":"`+tt.want+`"`)
			p.Dial(tt.number)
			p.Until("the hint of "+tt.want, fmt.Sprintf(`document.querySelector('[data-testid="error"]').textContent.includes(%q)`, said.Hint))
			p.Shot("refused-" + tt.want)
			b.Until("a line in the log", rig.Patience, func() bool { return strings.Count(b.Gateway.Log(), `"cause":"`+tt.want+`"`) > before })
		})
	}
	settled(t, b)
}

// TestHandsets calls handsets of every kind: each codec and form, forks, preconditions, early media.
func TestHandsets(t *testing.T) {
	b := rig.Start(t, rig.Options{})
	p := b.Open(browser.Chromium, pageHz)
	tests := []struct {
		name, number, codec string
		passed              bool // both sides have the codec: nothing is transcoded
	}{
		{"bandwidth-efficient", "+15550102", "AMR-WB/16000 (BE)", false}, {"octet-aligned", "+15550112", "AMR-WB/16000 (OA)", false},
		{"narrowband", "+15550110", "AMR/8000", false}, {"G.711", "+15550111", "PCM", true}, {"G.722", "+15550117", "G722/8000", true},
		{"preconditions", "+15550108", "AMR-WB/16000", false}, {"fork", "+15550109", "AMR-WB/16000", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			call(p, tt.number)
			p.State("active")
			b.Do(tt.number, "tone", "700")
			c := b.HandsetCall(tt.number, "the page's tone", hears(pageHz))
			if !strings.HasPrefix(c.Codec, tt.codec) {
				t.Errorf("codec %q, want %q", c.Codec, tt.codec)
			}
			p.HearsTone(handsetHz)
			if tt.passed {
				p.Until("both directions passed through", `window.causeway.phone.calls[0].quality && !window.causeway.phone.calls[0].quality.transcoding`)
				b.HandsetCall(tt.number, "the page's tone, passed through", hears(pageHz))
				p.HearsTone(handsetHz)
			}
			if len(c.Faults) != 0 {
				t.Errorf("the handset complains of media: %v", c.Faults)
			}
			p.Click("hangup")
			p.Until("no call", `window.causeway.phone.calls.length === 0`)
		})
	}
	t.Run("early media", func(t *testing.T) {
		call(p, "+15550107")
		p.Until("early media", `window.been.includes("early")`)
		rig.WaitFor(t, "the announcement before the answer", rig.Patience, func() bool { return p.Hears().DB > -60 })
		p.State("active")
		p.Click("hangup")
		ended(p)
	})
	t.Run("the handset hangs up", func(t *testing.T) {
		call(p, "+15550115")
		p.Until("the answer", `window.been.includes("active")`)
		if got := ended(p); got != "hangup" {
			t.Errorf("ended as %q", got)
		}
		var by string
		if p.JS("window.ended.by", &by); by != "remote" {
			t.Errorf("ended by %q", by)
		}
	})
	t.Run("the handset sends digits", func(t *testing.T) {
		call(p, "+15550116")
		p.Until("123#", `window.heard === "123#"`)
		p.Click("hangup")
		ended(p)
	})
	settled(t, b)
}

// TestEchoAndCallback is the demonstration: one click calls the echo handset, another one is called back.
func TestEchoAndCallback(t *testing.T) {
	b := rig.Start(t, rig.Options{})
	p := b.Open(browser.Chromium, pageHz)
	p.Until("the contacts", `document.querySelector('[data-testid="contacts"] button')`)
	p.JS(`[...document.querySelectorAll('[data-testid="contacts"] button')].find(b => b.textContent.toLowerCase().includes("echo")).click()`, nil)
	p.State("active")
	p.HearsTone(pageHz) // its own voice
	b.HandsetCall("+15550101", "wideband AMR", func(c handset.CallInfo) bool { return strings.HasPrefix(c.Codec, "AMR-WB") })
	p.Shot("echo")
	p.Click("hangup")
	p.Until("no call", `window.causeway.phone.calls.length === 0`)

	call(p, "+15550103")
	p.Until("the answer", `window.been.includes("active")`)
	ended(p)
	p.Until("the call back", `document.querySelector('[data-testid="answer"]')`)
	p.Shot("callback")
	p.Click("answer")
	p.State("active")
	p.HearsTone(pageHz)
	p.Click("hangup")
	p.Until("no call", `window.causeway.phone.calls.length === 0`)
	settled(t, b)
}

// TestIncomingRefusals: the page refuses, does not answer, or the caller gives up.
func TestIncomingRefusals(t *testing.T) {
	b := rig.Start(t, rig.Options{Env: []string{"CAUSEWAY_SESSION_RING_TIMEOUT=10s"}})
	p := b.Open(browser.Chromium, pageHz)
	const number = "+15550101"
	ring := func() {
		t.Helper()
		if _, err := b.Lab.Handsets.Call(number, handset.Outgoing{To: "+15550001"}); err != nil {
			t.Fatal(err)
		}
		p.Until("the incoming call", `document.querySelector('[data-testid="reject"]')`)
		b.HandsetCall(number, "ringing", func(c handset.CallInfo) bool { return c.State == "ringing" })
	}
	last := func(cause string) {
		t.Helper()
		b.HandsetCall(number, cause, func(c handset.CallInfo) bool { return c.State == "ended" && strings.Contains(c.Cause, cause) })
		p.Until("no call", `window.causeway.phone.calls.length === 0`)
		b.Lab.Handsets.Forget()
	}
	ring()
	p.Click("reject")
	last("603")
	ring()
	if err := b.Lab.Handsets.Do(number, "hangup", ""); err != nil { // a call that rings
		t.Fatal(err)
	}
	last("hung up")
	ring()
	last("480")
	settled(t, b)
}
