//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"causeway/test/browser"
	"causeway/test/lab"
	"causeway/test/lab/core"
	"causeway/test/lab/handset"
	"causeway/test/rig"
)

// The foreign user agents, by their name in rig.Agents.
var agents = []string{"jssip", "sipjs"}

// agentPage is a page in Chromium with one foreign user agent.
type agentPage struct {
	*rig.Page
	t   *testing.T
	bed *rig.Bed
}

// agent opens a page and makes the user agent there; it does nothing yet.
func agent(t *testing.T, b *rig.Bed, name string, options map[string]any) *agentPage {
	t.Helper()
	script := rig.Agents(t)
	p := &agentPage{b.OpenWith(browser.Chromium, browser.Options{FakeMic: true}, "/sip-user-agent"), t, b}
	text, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	p.JS(fmt.Sprintf("(() => { %s\nwindow.agent = agents.%s(%s); return true; })()", script, name, text), nil)
	return p
}

// withToken are the options of a user with a token.
func withToken(t *testing.T, b *rig.Bed, user, number string) map[string]any {
	t.Helper()
	tok, err := b.Lab.Token(user)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"server": strings.Replace(b.URL, "http", "ws", 1) + "/ws", "uri": "sip:" + number + "@" + lab.HomeDomain, "token": tok, "hz": pageHz}
}

func (p *agentPage) register() {
	p.t.Helper()
	p.JS(`window.agent.register()`, nil)
	p.Until("the registration", `window.agent.registered !== ""`)
	var got string
	if p.JS(`window.agent.registered`, &got); got != "yes" {
		p.t.Fatalf("registered: %s\n%s", got, p.bed.Gateway.Log())
	}
}

func (p *agentPage) state(want string) {
	p.t.Helper()
	p.Until("state "+want, fmt.Sprintf(`window.agent.state === %q`, want))
}

// hears waits for a tone in the page, or for silence (0).
func (p *agentPage) hears(hz float64) {
	p.t.Helper()
	var last rig.Sound
	rig.WaitFor(p.t, fmt.Sprintf("%.0f Hz in the page", hz), rig.Patience, func() bool {
		last = p.HearsOn("window.agent.stream")
		if hz == 0 {
			return last.DB < -60
		}
		return last.DB > -50 && last.Hz > hz-15 && last.Hz < hz+15
	})
}

// TestAgents: JsSIP and SIP.js, unchanged, in Chromium: they register with a token, call a handset, hold, resume, send and
// hear digits, restart ICE, hang up, and are called.
func TestAgents(t *testing.T) {
	for _, name := range agents {
		t.Run(name, func(t *testing.T) {
			b := rig.Start(t, rig.Options{})
			p := agent(t, b, name, withToken(t, b, "alice", "+15550001"))
			p.register()
			const number = "+15550118" // plays a tone
			p.JS(fmt.Sprintf(`window.agent.call("sip:%s@%s")`, number, lab.HomeDomain), nil)
			p.state("active")
			b.HandsetCall(number, "the page's tone", hears(pageHz))
			p.hears(handsetHz)

			p.JS(`window.agent.hold()`, nil)
			b.HandsetCall(number, "hold", func(c handset.CallInfo) bool { return c.Hold.Remote && silent(c) })
			p.hears(0)
			p.JS(`window.agent.resume()`, nil)
			b.HandsetCall(number, "the page's tone after hold", hears(pageHz))
			p.hears(handsetHz)

			p.JS(`window.agent.dtmf("15#")`, nil)
			b.HandsetCall(number, "digits", func(c handset.CallInfo) bool { return c.Audio.Digits == "15#" })
			b.Do(number, "dtmf", "42")
			p.Until("the handset's digits", `window.agent.digits === "42"`)

			p.JS(`window.agent.restart()`, nil)
			p.hears(handsetHz)
			b.HandsetCall(number, "the page's tone after the restart", hears(pageHz))
			p.JS(`window.agent.hangup()`, nil)
			p.state("ended")
			b.HandsetCall(number, "the end", func(c handset.CallInfo) bool { return c.State == "ended" })

			if _, err := b.Lab.Handsets.Call(number, handset.Outgoing{To: "+15550001"}); err != nil {
				t.Fatal(err)
			}
			p.state("incoming")
			b.HandsetCall(number, "ringing", func(c handset.CallInfo) bool { return c.State == "ringing" })
			var from string
			if p.JS(`window.agent.from`, &from); from != number {
				t.Errorf("called by %q", from)
			}
			p.JS(`window.agent.answer()`, nil)
			p.state("active")
			b.HandsetCall(number, "the page's tone", func(c handset.CallInfo) bool { return c.Direction == "out" && hears(pageHz)(c) })
			p.hears(handsetHz)
			b.Do(number, "hangup", "")
			p.state("ended")
			p.JS(`window.agent.stop()`, nil)
			b.Until("the end of the registration", rig.Patience, func() bool { return len(b.Lab.Core.Bindings()) == 0 })
			settled(t, b)
			if log := b.Gateway.Log(); strings.Contains(log, "Bearer") || strings.Contains(log, "eyJ") {
				t.Error("a token stands in the log")
			}
		})
	}
}

// TestAgentPassword: user agents register with the network's own password, and not with a wrong one.
func TestAgentPassword(t *testing.T) {
	const number = "+15550002"
	for _, name := range agents {
		t.Run(name, func(t *testing.T) {
			b := rig.Start(t, rig.Options{
				Env: []string{"CAUSEWAY_AUTH_SCHEMES=[token, digest]", "CAUSEWAY_AUTH_DIGEST_ALLOW_INSECURE=true"},
				Lab: func(c *lab.Config) {
					c.Subscribers = []core.Subscriber{{Number: number, Name: "bob", Password: "bob knows it", MD5: true}}
				},
			})
			options := map[string]any{"server": strings.Replace(b.URL, "http", "ws", 1) + "/ws", "uri": "sip:" + number + "@" + lab.HomeDomain,
				"user": "15550002@" + lab.HomeDomain, "password": "a guess", "hz": pageHz}
			p := agent(t, b, name, options)
			p.JS(`window.agent.register()`, nil)
			p.Until("the refusal", `window.agent.registered.startsWith("failed 403")`)
			p.Close()
			options["password"] = "bob knows it"
			p = agent(t, b, name, options)
			p.register()
			p.JS(fmt.Sprintf(`window.agent.call("sip:+15550118@%s")`, lab.HomeDomain), nil)
			p.state("active")
			p.hears(handsetHz)
			p.JS(`window.agent.hangup()`, nil)
			p.state("ended")
			p.JS(`window.agent.stop()`, nil)
			b.Until("the end of the registration", rig.Patience, func() bool { return len(b.Lab.Core.Bindings()) == 0 })
			over(b)
			b.Clean()
			if log := b.Gateway.Log(); strings.Contains(log, "knows it") || strings.Contains(log, "a guess") {
				t.Error("a password stands in the log")
			}
		})
	}
}

// TestAgentRefusals: what goes wrong reaches the user agent as a status it knows.
func TestAgentRefusals(t *testing.T) {
	for _, name := range agents {
		t.Run(name, func(t *testing.T) {
			b := rig.Start(t, rig.Options{Env: []string{"CAUSEWAY_MEDIA_ICE_TIMEOUT=2s"}})
			options := withToken(t, b, "alice", "+15550001")
			options["token"] = token(t, b, "user=alice&expired=1")
			p := agent(t, b, name, options)
			p.JS(`window.agent.register()`, nil)
			p.Until("the refusal of an old token", `window.agent.registered === "failed 401"`)
			p.Close()
			p = agent(t, b, name, withToken(t, b, "bob", "+15550001"))
			p.JS(`window.agent.register()`, nil)
			p.Until("the refusal of another's token", `window.agent.registered === "failed 403"`)

			p.Close()
			p = agent(t, b, name, withToken(t, b, "alice", "+15550001"))
			p.register()
			for number, status := range map[string]string{"+15550104": "486", "+15550106": "603", "+15559999": "404"} {
				p.JS(fmt.Sprintf(`window.agent.state = "", window.agent.call("sip:%s@%s")`, number, lab.HomeDomain), nil)
				p.state("ended")
				var cause string
				if p.JS(`window.agent.cause`, &cause); cause != status {
					t.Errorf("%s: %s, want %s", number, cause, status)
				}
			}
			// It rings longer than the access leg may take to connect, whether or not the user agent has our description by then.
			p.JS(fmt.Sprintf(`window.agent.state = "", window.agent.call("sip:+15550105@%s")`, lab.HomeDomain), nil)
			p.state("ringing")
			rings := time.Now()
			b.Until("a while of ringing", rig.Patience, func() bool { return time.Since(rings) > 5*time.Second })
			p.state("ringing")
			p.JS(`window.agent.hangup()`, nil)
			p.state("ended")
			b.HandsetCall("+15550105", "the caller gone", func(c handset.CallInfo) bool { return c.State == "ended" })
			p.JS(`window.agent.stop()`, nil)
			b.Until("the end of the registration", rig.Patience, func() bool { return len(b.Lab.Core.Bindings()) == 0 })
			settled(t, b)
		})
	}
}

// TestAgentsTalk: the two foreign user agents send messages to each other and call each other, through the core.
func TestAgentsTalk(t *testing.T) {
	b := rig.Start(t, rig.Options{})
	alice := agent(t, b, "jssip", withToken(t, b, "alice", "+15550001"))
	alice.register()
	options := withToken(t, b, "bob", "+15550002")
	options["hz"] = handsetHz
	bob := agent(t, b, "sipjs", options)
	bob.register()
	send := func(p *agentPage, to, text string) {
		t.Helper()
		var status string
		if p.JS(fmt.Sprintf(`window.agent.message("sip:%s@%s", %q)`, to, lab.HomeDomain, text), &status); status != "200" {
			t.Errorf("%q: %s", text, status)
		}
	}
	send(alice, "+15550002", "Are you there? \u263a")
	bob.Until("the message", `window.agent.messages.join() === "+15550001: Are you there? \u263a"`)
	send(bob, "+15550001", "I am.\nCall me.")
	alice.Until("the answer", `window.agent.messages.join() === "+15550002: I am.\nCall me."`)

	alice.JS(fmt.Sprintf(`window.agent.call("sip:+15550002@%s")`, lab.HomeDomain), nil)
	bob.state("incoming")
	alice.state("ringing")
	bob.JS(`window.agent.answer()`, nil)
	alice.state("active")
	bob.state("active")
	alice.hears(handsetHz)
	bob.hears(pageHz)
	bob.JS(`window.agent.hangup()`, nil)
	alice.state("ended")
	bob.state("ended")

	bob.JS(fmt.Sprintf(`window.agent.state = "", window.agent.call("sip:+15550001@%s")`, lab.HomeDomain), nil)
	alice.state("incoming")
	alice.JS(`window.agent.refuse()`, nil)
	bob.state("ended")
	var cause string
	if bob.JS(`window.agent.cause`, &cause); cause != "486" {
		t.Errorf("refused with %s", cause)
	}
	for _, p := range []*agentPage{alice, bob} {
		p.JS(`window.agent.stop()`, nil)
	}
	b.Until("the end of both registrations", rig.Patience, func() bool { return len(b.Lab.Core.Bindings()) == 0 })
	settled(t, b)
}

// TestAgentComesBack: JsSIP loses its connection in a call and makes another: the call has gone on, and can be held and ended.
func TestAgentComesBack(t *testing.T) {
	b := rig.Start(t, rig.Options{})
	p := agent(t, b, "jssip", withToken(t, b, "alice", "+15550001"))
	p.register()
	const number = "+15550118"
	p.JS(fmt.Sprintf(`window.agent.call("sip:%s@%s")`, number, lab.HomeDomain), nil)
	p.state("active")
	p.hears(handsetHz)
	p.JS(`window.agent.registered = "", window.agent.disconnect()`, nil)
	p.Until("the new connection", `window.agent.registered === "yes"`)
	p.state("active")
	p.hears(handsetHz)
	b.HandsetCall(number, "the page's tone", hears(pageHz))
	p.JS(`window.agent.hold()`, nil)
	b.HandsetCall(number, "hold", func(c handset.CallInfo) bool { return c.Hold.Remote && silent(c) })
	p.JS(`window.agent.resume()`, nil)
	b.HandsetCall(number, "the page's tone after hold", hears(pageHz))
	p.JS(`window.agent.hangup()`, nil)
	p.state("ended")
	b.HandsetCall(number, "the end", func(c handset.CallInfo) bool { return c.State == "ended" })
	p.JS(`window.agent.stop()`, nil)
	b.Until("the end of the registration", rig.Patience, func() bool { return len(b.Lab.Core.Bindings()) == 0 })
	settled(t, b)
}

// TestAgentTransfer: user agents hand a call on by REFER: the handset follows and speaks with whom it was told to call, or does
// not want to.
func TestAgentTransfer(t *testing.T) {
	for _, name := range agents {
		t.Run(name, func(t *testing.T) {
			b := rig.Start(t, rig.Options{})
			p := agent(t, b, name, withToken(t, b, "alice", "+15550001"))
			p.register()
			for number, want := range map[string]string{refusesUs: "refused", announcer: "accepted"} {
				p.JS(fmt.Sprintf(`window.agent.state = "", window.agent.call("sip:%s@%s")`, number, lab.HomeDomain), nil)
				p.state("active")
				var got string
				if p.JS(fmt.Sprintf(`window.agent.refer("sip:%s@%s")`, tonePlayer, lab.HomeDomain), &got); got != want {
					t.Errorf("%s: %s", number, got)
				}
				if want == "accepted" {
					b.HandsetCall(announcer, "the tone of whom it was handed on to", func(c handset.CallInfo) bool { return talksTo(tonePlayer)(c) && hears(handsetHz)(c) })
				} else {
					p.JS(`window.agent.hangup()`, nil)
				}
				p.state("ended")
			}
			p.JS(`window.agent.stop()`, nil)
			b.Until("the end of the registration", rig.Patience, func() bool { return len(b.Lab.Core.Bindings()) == 0 })
			settled(t, b)
		})
	}
}
