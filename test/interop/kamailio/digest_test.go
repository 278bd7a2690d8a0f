//go:build interop

package kamailio

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"causeway/test/browser"
	"causeway/test/rig"
)

// bob is a user with a password of the network: nobody vouches for him.
var bob = subscriber{number: "+15550203", password: "bob-knows-it"}

// login starts a second phone in the page, with the network's own password, and returns what became of it: "ready" or the
// error's name.
func login(p *rig.Page, u subscriber, password string) string {
	var state string
	p.JS(fmt.Sprintf(`(async () => {
		window.bob = new window.causeway.Phone({ credentials: { impi: %q, impu: %q, password: %q } });
		window.bobErrors = [];
		window.bob.on("error", (e) => window.bobErrors.push(e.name));
		try { await window.bob.start(); return window.bob.state; } catch (e) { return e.name; }
	})()`, u.impi(), u.impu(), password), &state)
	return state
}

// TestDigest: a browser registers with the network's own password at a core that trusts no word of the gateway (TS 33.203 X
// scenario 1): the S-CSCF's challenge goes to the page, the page's digest to the S-CSCF. A wrong password is said to be
// that. A page that comes back by a new connection proves itself anew, and leaves without being asked.
func TestDigest(t *testing.T) {
	c := startCore(t, bob)
	record := scene(t)
	b := c.bed(t, gatewayIP, "CAUSEWAY_AUTH_SCHEMES=[token, digest]", "CAUSEWAY_AUTH_DIGEST_ALLOW_INSECURE=true")
	p := b.OpenWith(browser.Chromium, browser.Options{FakeMic: true}, "/?tone=440")
	p.Until("the page", `window.causeway && window.causeway.phone && window.causeway.phone.state === "ready"`)

	if got := login(p, bob, "wrong"); got != "password_refused" {
		t.Fatalf("a wrong password: %s", got)
	}
	if got := c.hss.said("SAR " + bob.number); len(got) != 0 {
		t.Fatalf("registered with a wrong password: %q", got)
	}
	if got := login(p, bob, bob.password); got != "ready" {
		t.Fatalf("the right password: %s", got)
	}
	if got := c.hss.said("SAR " + bob.number + " 1"); len(got) != 1 {
		t.Errorf("the HSS was told %q", got)
	}
	asked := len(c.hss.said("MAR " + bob.number))
	p.JS(`window.bob.session.socket.close()`, nil) // the connection is lost
	until(t, "a challenge on the new connection", rig.Patience, func() bool { return len(c.hss.said("MAR "+bob.number)) > asked })
	p.Until("the phone to be ready again", `window.bob.state === "ready" && window.bobErrors.length === 0`)

	var ended string
	p.JS(`(async () => {
		const call = window.bob.call("+15550299");
		return (await new Promise((done) => call.on("ended", done))).name;
	})()`, &ended)
	if ended != "number_unknown" {
		t.Errorf("bob's call ended with %s", ended)
	}
	p.JS(`window.bob.stop()`, nil)
	until(t, "de-registration at the HSS", rig.Patience, func() bool { return len(c.hss.said("SAR "+bob.number+" 5")) == 1 })
	for _, secret := range []string{bob.password, "wrong"} {
		if strings.Contains(b.Gateway.Log(), secret+`"`) {
			t.Error("a password stands in the gateway's log")
		}
	}
	p.Close()
	r := rules()
	r.Identities = append(slices.Clone(r.Identities), bob.impu(), "tel:"+bob.number)
	judgeBy(t, c, record, r, []string{"REGISTER", "SUBSCRIBE", "NOTIFY", "INVITE"})
}

// TestDigestAgent: JsSIP and SIP.js register by SIP over WebSocket with the network's own password. Their user's private identity is
// not the number, and the gateway learns it from the answer to a first question.
func TestDigestAgent(t *testing.T) {
	c := startCore(t, bob)
	b := c.bed(t, gatewayIP, "CAUSEWAY_AUTH_SCHEMES=[token, digest]", "CAUSEWAY_AUTH_DIGEST_ALLOW_INSECURE=true", "CAUSEWAY_SIP_WEBSOCKET_ENABLED=true")
	script := rig.Agents(t)
	for n, name := range []string{"jssip", "sipjs"} {
		for _, password := range []string{"wrong", bob.password} {
			p := b.OpenWith(browser.Chromium, browser.Options{FakeMic: true}, "/sip-user-agent")
			p.JS(fmt.Sprintf(`(() => { %s
				window.agent = agents.%s({ server: location.origin.replace("http", "ws") + "/ws", uri: %q, user: %q, password: %q, hz: 440 }); window.agent.register(); return true; })()`,
				script, name, bob.impu(), bob.impi(), password), nil)
			p.Until("an answer", `window.agent.registered !== ""`)
			var got string
			if p.JS(`window.agent.registered`, &got); (got == "yes") != (password != "wrong") {
				t.Errorf("%s with %q: %s", name, password, got)
			}
			if got == "yes" {
				p.JS(`window.agent.stop()`, nil)
				until(t, "de-registration at the HSS", rig.Patience, func() bool { return len(c.hss.said("SAR "+bob.number+" 5")) == n+1 })
			}
			p.Close()
		}
	}
}
