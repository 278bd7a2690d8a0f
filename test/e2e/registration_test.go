//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/test/browser"
	"causeway/test/lab"
	"causeway/test/lab/core"
	"causeway/test/lab/handset"
	"causeway/test/lab/issuer"
	"causeway/test/rig"
)

const toneHandset = "+15550118" // plays a tone until it is hung up

// atOnce is how long what is done at once may take on a machine that stalls; no timer of these tests is that short.
const atOnce = 10 * time.Second

// endOf is what a page's phone has to say when it ends: errors of the phone, ends of calls, and when.
type endOf struct {
	State  string
	Errors []string
	Calls  []string
	At     int64 // ms since the epoch, of the last of them
}

// another starts one more phone in the page, as another browser of a user: its own instance, its own token.
func another(p *rig.Page, name, token, instance string) {
	p.JS(fmt.Sprintf(`(async () => {
		localStorage.setItem("causeway.instance", %q);
		const w = { errors: [], calls: [], at: 0 };
		const phone = w.phone = new window.causeway.Phone({ token: %q, sounds: false, source: () => new AudioContext().createMediaStreamDestination().stream });
		phone.on("error", (e) => { w.errors.push(e.name); w.at = Date.now(); });
		window[%q] = w;
		await phone.start();
	})()`, instance, token, name), nil)
}

// calls has a phone call the tone and waits until they talk.
func calls(p *rig.Page, name string) {
	p.JS(fmt.Sprintf(`(() => {
		const w = window[%q], call = w.phone.call(%q);
		call.on("ended", (why) => { w.calls.push(why.name); w.at = Date.now(); });
	})()`, name, toneHandset), nil)
	p.Until(name+"'s call", fmt.Sprintf(`window[%q].phone.calls[0]?.state === "active"`, name))
}

// over waits until no handset is in a call.
func over(b *rig.Bed) {
	b.Until("the end of the handset's call", rig.Patience, func() bool {
		return !slices.ContainsFunc(b.Lab.Calls(), func(c handset.CallInfo) bool { return c.State != "ended" })
	})
}

func says(p *rig.Page, name string) (e endOf) {
	p.JS(fmt.Sprintf(`(() => { const w = window[%q]; return { State: w.phone.state, Errors: w.errors, Calls: w.calls, At: w.at }; })()`, name), &e)
	return e
}

func issued(t *testing.T, b *rig.Bed, w issuer.Wish) string {
	t.Helper()
	k, err := b.Lab.Issuer.Issue(w)
	if err != nil {
		t.Fatal(err)
	}
	return k.Token
}

// TestRegistrationEnds: what ends a registration ends its calls and its session, with the reason, and long before a refresh would; what
// ends another contact's does not; what the network only moves comes back.
func TestRegistrationEnds(t *testing.T) {
	b := rig.Start(t, rig.Options{})
	p := b.OpenWith(browser.Chromium, browser.Options{FakeMic: true}, "/?tone=440&user=dave")
	p.Until("the page's phone", `window.causeway && window.causeway.phone && window.causeway.phone.state === "ready"`)
	bound := func(number string) int {
		n := 0
		for _, x := range b.Lab.Core.Bindings() {
			if x.User == number {
				n++
			}
		}
		return n
	}

	t.Run("the network ends it", func(t *testing.T) {
		another(p, "alice", issued(t, b, issuer.Wish{User: "alice"}), "7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8a1")
		another(p, "bob", issued(t, b, issuer.Wish{User: "bob"}), "7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8a2")
		calls(p, "alice")
		began := time.Now().UnixMilli()
		if !b.Lab.Core.Deregister("+15550001", "rejected") {
			t.Fatal("alice was not registered")
		}
		p.Until("alice's end", `window.alice.phone.state === "closed" && window.alice.calls.length === 1 && window.alice.errors.length > 0`)
		e := says(p, "alice")
		if e.Calls[0] != "deregistered" || len(e.Errors) != 1 || e.Errors[0] != "deregistered" || e.At-began > atOnce.Milliseconds() {
			t.Errorf("after %d ms: %+v", e.At-began, e)
		}
		over(b)
		if e := says(p, "bob"); e.State != "ready" || len(e.Errors) != 0 {
			t.Errorf("bob was touched: %+v", e)
		}
	})
	t.Run("the network moves it", func(t *testing.T) {
		calls(p, "bob")
		if !b.Lab.Core.Deregister("+15550002", "deactivated") {
			t.Fatal("bob was not registered")
		}
		p.Until("the call's end", `window.bob.calls.length === 1`)
		b.Until("one binding again", rig.Patience, func() bool { return bound("+15550002") == 1 })
		p.Until("bob to be back", `window.bob.phone.state === "ready"`)
		if e := says(p, "bob"); e.Calls[0] != "deregistered" {
			t.Errorf("%+v", e)
		}
	})
	t.Run("another browser of the user leaves", func(t *testing.T) {
		another(p, "carol1", issued(t, b, issuer.Wish{User: "carol"}), "7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8b1")
		another(p, "carol2", issued(t, b, issuer.Wish{User: "carol"}), "7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8b2")
		if bound("+15550003") != 2 {
			t.Fatalf("%d bindings", bound("+15550003"))
		}
		calls(p, "carol2")
		p.JS(`window.carol1.phone.stop()`, nil)
		b.Until("one binding left", rig.Patience, func() bool { return bound("+15550003") == 1 })
		b.HandsetCall(toneHandset, "the call of the browser that stays", func(c handset.CallInfo) bool { return c.State == "up" })
		if e := says(p, "carol2"); e.State != "ready" || len(e.Calls) != 0 || len(e.Errors) != 0 {
			t.Errorf("the other browser was touched: %+v", e)
		}
		p.JS(`window.carol2.phone.stop()`, nil)
		b.Until("no binding", rig.Patience, func() bool { return bound("+15550003") == 0 })
	})
	t.Run("the token ends", func(t *testing.T) {
		another(p, "alice", issued(t, b, issuer.Wish{User: "alice", Lifetime: 15 * time.Second}), "7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8a1")
		calls(p, "alice")
		renewed := issued(t, b, issuer.Wish{User: "alice", Lifetime: 18 * time.Second})
		p.JS(fmt.Sprintf(`window.alice.phone.updateToken(%q)`, renewed), nil) // in band: the call goes on
		end := time.Now().Add(18 * time.Second).UnixMilli()
		p.Until("the end of the second token", `window.alice.phone.state === "closed" && window.alice.calls.length > 0 && window.alice.errors.length > 0`)
		e := says(p, "alice")
		if len(e.Calls) != 1 || e.Calls[0] != "session_ended" || len(e.Errors) != 1 || e.Errors[0] != "token_expired" || e.At < end-2500 || e.At > end+atOnce.Milliseconds() {
			t.Errorf("%d ms after its end: %+v", e.At-end, e)
		}
		over(b)
		b.Until("the end of the registration", rig.Patience, func() bool { return bound("+15550001") == 0 })
	})
	p.JS(`Promise.all([window.bob.phone.stop(), window.causeway.phone.stop()])`, nil)
	settled(t, b)
}

// TestCallAs: a user with several identities chooses one to call with; one that is not the user's is refused.
func TestCallAs(t *testing.T) {
	b := rig.Start(t, rig.Options{Lab: func(c *lab.Config) {
		c.Subscribers = []core.Subscriber{{Number: "+15550001", Name: "alice", Aliases: []string{"+15550091"}}}
	}})
	p := b.Open(browser.Chromium, pageHz)
	p.Until("both identities", `[...document.querySelectorAll('[data-testid="call-as"] option')].map((o) => o.textContent).join() === "+15550001,alice 2 (+15550091)"`)
	p.JS(`(() => { const s = document.querySelector('[data-testid="call-as"]'); s.selectedIndex = 1; s.dispatchEvent(new Event("change")); })()`, nil)
	p.Shot("call-as")
	p.Dial(toneHandset)
	p.State("active")
	c := b.HandsetCall(toneHandset, "the call", func(c handset.CallInfo) bool { return c.State == "up" })
	if !strings.Contains(c.Party, "+15550091") {
		t.Errorf("the handset sees %q", c.Party)
	}
	p.Click("hangup")
	p.Until("no call", `window.causeway.phone.calls.length === 0`)
	var ended string
	p.JS(fmt.Sprintf(`(async () => (await new Promise((done) => window.causeway.phone.call(%q, { from: "sip:+15550002@%s" }).on("ended", done))).name)()`, toneHandset, lab.HomeDomain), &ended)
	if ended != "identity_barred" {
		t.Errorf("a call as somebody else ended with %s", ended)
	}
	settled(t, b)
}

// TestPoolOfIdentities: a second login service with two numbers lends them to whoever logs in there, and no more.
func TestPoolOfIdentities(t *testing.T) {
	b := rig.Start(t, rig.Options{Last: func(b *rig.Bed, env *[]string) {
		pools := fmt.Sprintf(`CAUSEWAY_AUTH_POOLS=[{"issuer": %q, "audience": "guests", "jwks_url": %q, "impu": ["sip:+1555000{2-3}@%s"]}]`,
			b.Lab.URL()+"/guests", b.Lab.URL()+"/.well-known/jwks.json", lab.HomeDomain)
		*env = append(*env, pools)
	}})
	p := b.OpenWith(browser.Chromium, browser.Options{FakeMic: true}, "/?tone=440")
	p.Until("the page's phone", `window.causeway && window.causeway.phone && window.causeway.phone.state === "ready"`)
	guest := func(w issuer.Wish) string {
		w.User, w.Issuer, w.Audience = "unknown", b.Lab.URL()+"/guests", "guests"
		return issued(t, b, w)
	}
	another(p, "g1", guest(issuer.Wish{NoIdentity: true}), "7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8c1")
	another(p, "g2", guest(issuer.Wish{NoIdentity: true}), "7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8c2")
	calls(p, "g1")
	if c := b.HandsetCall(toneHandset, "the guest's call", func(c handset.CallInfo) bool { return c.State == "up" }); !strings.Contains(c.Party, "+15550002") {
		t.Errorf("the handset sees %q", c.Party)
	}
	refused := func(what, token, want string) {
		t.Helper()
		var got string
		p.JS(fmt.Sprintf(`(async () => { localStorage.setItem("causeway.instance", "7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8c3");
			try { await new window.causeway.Phone({ token: %q }).start(); return "let in"; } catch (e) { return e.name; } })()`, token), &got)
		if got != want {
			t.Errorf("%s: %s, not %s", what, got, want)
		}
	}
	refused("a third guest", guest(issuer.Wish{NoIdentity: true}), "pool_exhausted")
	refused("a guest who names a number that is not the service's", guest(issuer.Wish{Identity: "+15550001"}), "identity_refused")
	p.JS(`window.g1.phone.stop()`, nil)
	b.Until("the end of the guest's registration", rig.Patience, func() bool { return len(b.Lab.Core.Bindings()) == 2 })
	another(p, "g3", guest(issuer.Wish{NoIdentity: true}), "7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8c3")
	p.JS(`Promise.all([window.g2.phone.stop(), window.g3.phone.stop(), window.causeway.phone.stop()])`, nil)
	b.Until("the end of all registrations", rig.Patience, func() bool { return len(b.Lab.Core.Bindings()) == 0 })
	settled(t, b)
}

// TestAddressOfOneBrowser: the registrar gives each browser of a user an address of its own (GRUU, RFC 5627); calls carry
// it, anonymous ones the temporary one, and what the far end sends to it reaches this browser.
func TestAddressOfOneBrowser(t *testing.T) {
	b := rig.Start(t, rig.Options{Lab: func(c *lab.Config) { c.GRUU = true }})
	p := b.OpenWith(browser.Chromium, browser.Options{FakeMic: true}, "/?tone=440&user=dave")
	p.Until("the page's phone", `window.causeway && window.causeway.phone && window.causeway.phone.state === "ready"`)
	another(p, "carol1", issued(t, b, issuer.Wish{User: "carol"}), "7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8d1")
	another(p, "carol2", issued(t, b, issuer.Wish{User: "carol"}), "7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8d2")
	for _, name := range []string{"carol1", "carol2"} {
		calls(p, name)
		b.Do(toneHandset, "hold", "") // a re-INVITE to the Contact
		p.Until("the far end's hold", fmt.Sprintf(`window[%q].phone.calls[0]?.remoteHold`, name))
		b.Do(toneHandset, "hangup", "")
		p.Until("the end of the call", fmt.Sprintf(`window[%q].calls.length === 1`, name))
	}
	p.JS(fmt.Sprintf(`(() => { const w = window.carol1; w.phone.call(%q, { anonymous: true }).on("ended", (why) => w.calls.push(why.name)); })()`, toneHandset), nil)
	p.Until("the anonymous call", `window.carol1.phone.calls[0]?.state === "active"`)
	b.Do(toneHandset, "hangup", "")
	p.Until("the end of the anonymous call", `window.carol1.calls.length === 2`)
	p.JS(`Promise.all([window.carol1.phone.stop(), window.carol2.phone.stop(), window.causeway.phone.stop()])`, nil)
	settled(t, b)
}
