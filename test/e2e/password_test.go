//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"causeway/test/browser"
	"causeway/test/lab"
	"causeway/test/lab/core"
	"causeway/test/rig"
)

// TestPassword: a page logs in with the network's own password (SIP digest with SHA-256). Refreshes over the connection that
// was proved are not asked again; when the network asks, the page answers by itself; when the password is wrong by then,
// the phone stops with the reason.
func TestPassword(t *testing.T) {
	const number, password = "+15550002", "bob knows it"
	b := rig.Start(t, rig.Options{
		Env: []string{"CAUSEWAY_AUTH_SCHEMES=[token, digest]", "CAUSEWAY_AUTH_DIGEST_ALLOW_INSECURE=true"},
		Lab: func(c *lab.Config) {
			c.Subscribers = []core.Subscriber{{Number: "+15550001", Name: "alice"}, {Number: number, Name: "bob", Password: password}}
			c.MinExpires, c.MaxExpires = time.Second, 8*time.Second // refreshed every four seconds
		},
	})
	p := b.OpenWith(browser.Chromium, browser.Options{FakeMic: true}, "/?tone=440")
	p.Until("the page's phone", `window.causeway && window.causeway.phone && window.causeway.phone.state === "ready"`)
	start := func(password string) (outcome string) {
		p.JS(fmt.Sprintf(`(async () => {
			const w = window.bob = { errors: [], calls: [], at: 0 };
			const phone = w.phone = new window.causeway.Phone({ sounds: false, source: () => new AudioContext().createMediaStreamDestination().stream,
				credentials: { impi: "15550002@%[1]s", impu: "sip:+15550002@%[1]s", password: %[2]q } });
			phone.on("error", (e) => w.errors.push(e.name));
			try { await phone.start(); return phone.state; } catch (e) { return e.name; }
		})()`, lab.HomeDomain, password), &outcome)
		return outcome
	}
	expires := func() time.Time {
		for _, x := range b.Lab.Core.Bindings() {
			if x.User == number {
				return x.Expires
			}
		}
		return time.Time{}
	}
	if got := start("a guess"); got != "password_refused" {
		t.Fatalf("a wrong password: %s", got)
	}
	if !expires().IsZero() {
		t.Fatal("registered with a wrong password")
	}
	if got := start(password); got != "ready" {
		t.Fatalf("the right password: %s", got)
	}
	first, asked := expires(), b.Lab.Core.Challenges(number)
	b.Until("two refreshes", rig.Patience, func() bool { return expires().Sub(first) > 6*time.Second })
	if n := b.Lab.Core.Challenges(number); n != asked {
		t.Errorf("asked %d times more for the password over the same connection", n-asked)
	}
	calls(p, "bob")
	b.Lab.Core.AskAgain(number, "")
	b.Until("a challenge at the refresh", rig.Patience, func() bool { return b.Lab.Core.Challenges(number) == asked+1 })
	first = expires()
	b.Until("the refresh after it", rig.Patience, func() bool { return expires().After(first) })
	if e := says(p, "bob"); e.State != "ready" || len(e.Errors) != 0 || len(e.Calls) != 0 {
		t.Errorf("the challenge was noticed: %+v", e)
	}
	b.Lab.Core.AskAgain(number, "another one")
	p.Until("the refusal", `window.bob.phone.state === "closed" && window.bob.errors.length > 0 && window.bob.calls.length > 0`)
	if e := says(p, "bob"); len(e.Errors) != 1 || e.Errors[0] != "password_refused" || len(e.Calls) != 1 || e.Calls[0] != "session_ended" {
		t.Errorf("%+v", e)
	}
	over(b)
	p.JS(`window.causeway.phone.stop()`, nil)
	b.Until("the end of both", rig.Patience, func() bool { return len(b.Lab.Core.Bindings()) == 0 })
	b.Clean()
	if log := b.Gateway.Log(); strings.Contains(log, "knows it") || strings.Contains(log, "a guess") {
		t.Error("a password stands in the log")
	}
}
