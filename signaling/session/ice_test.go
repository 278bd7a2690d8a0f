package session

import (
	"fmt"
	"testing"
	"testing/synctest"

	"causeway/signaling/wire"
)

// TestRelays: a login's answer has the ICE servers with a credential of this session, session.ice gets another, and who has not
// proved a password gets none.
func TestRelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := provingBed(t)
		n := 0
		b.manager.deps.ICE = func(session string) wire.ICE {
			n++
			return wire.ICE{Servers: []wire.ICEServer{{URLs: []string{"turn:gw"}, Username: fmt.Sprintf("%d:%s", n, session), Credential: "c"}}}
		}
		p := b.page()
		result := p.login("alice")
		name := func(ice any) string {
			return ice.(map[string]any)["servers"].([]any)[0].(map[string]any)["username"].(string)
		}
		if got, want := name(result["ice"]), "1:"+result["session"].(string); got != want {
			t.Errorf("at login %q, want %q", got, want)
		}
		if got, want := name(p.ask(wire.MethodICE, map[string]any{})["result"]), "2:"+result["session"].(string); got != want {
			t.Errorf("later %q, want %q", got, want)
		}
		q := b.securePage()
		q.ask(wire.MethodLogin, digestLogin())
		if a := q.ask(wire.MethodICE, map[string]any{}); errorName(a) != wire.NameLoginRequired || n != 2 {
			t.Errorf("before the proof: %v, %d credentials", a, n)
		}
		if r := b.securePage().proved(); name(r["ice"]) != "3:"+r["session"].(string) {
			t.Errorf("after the proof: %v", r["ice"])
		}
	})
}
