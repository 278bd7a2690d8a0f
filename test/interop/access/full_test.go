//go:build interop

package access

import (
	"fmt"
	"strings"
	"testing"

	"causeway/test/browser"
	"causeway/test/lab/handset"
	"causeway/test/rig"
)

// TestFull: a full agent with both browsers: called by the page, which then controls, and calling it, when the gateway does.
func TestFull(t *testing.T) {
	rig.Needs(t)
	each(t, func(t *testing.T, kind browser.Kind) {
		b := rig.Start(t, rig.Options{Env: []string{"CAUSEWAY_MEDIA_ICE_MODE=full", "CAUSEWAY_MEDIA_ICE_TCP=false"}})
		p := b.Open(kind, pageHz)
		talk(t, b, p, func() {
			p.JS(`window.causeway.phone.calls[0].networkChanged()`, nil) // a restart
		})
		if _, err := b.Lab.Handsets.Call(number, handset.Outgoing{To: "+15550001"}); err != nil {
			t.Fatal(err)
		}
		p.Click("answer")
		p.State("active")
		p.HearsTone(handsetHz)
		p.Click("hangup")
		p.Until("no call", `window.causeway.phone.calls.length === 0`)
		b.Clean()
	})
}

// TestFullBehindNAT: nobody reaches the gateway whom it has not sent to, as behind a NAT. The page learns its own address from the
// gateway's STUN and TURN server, and the two of them open the way.
func TestFullBehindNAT(t *testing.T) {
	rig.Needs(t, "iptables")
	each(t, func(t *testing.T, kind browser.Kind) {
		at := fmt.Sprintf("%s:%d", otherIP, rig.FreePort(t))
		b := rig.Start(t, rig.Options{Env: []string{
			"CAUSEWAY_MEDIA_ICE_MODE=full", "CAUSEWAY_MEDIA_ICE_TCP=false", fmt.Sprintf(`CAUSEWAY_MEDIA_TURN_UDP=[%q]`, at),
		}})
		filter(t, fmt.Sprintf("INPUT -p udp --dport %d -m conntrack --ctstate NEW -j DROP", b.Media.Port()))
		p := b.Open(kind, pageHz)
		talk(t, b, p, func() {
			// It may begin through the relay and moves when the way is open.
			b.Until("a direct way", rig.Patience, func() bool {
				local, _ := pair(p)
				return strings.HasPrefix(local, "udp ") && !strings.Contains(local, "relay")
			})
		})
		b.Clean()
	})
}
