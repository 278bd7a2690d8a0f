//go:build interop

package sipp

import (
	"fmt"
	"testing"
)

// TestEmergency: a call for help goes to the E-CSCF and is spoken on like any other; an ordinary number goes where it always does.
func TestEmergency(t *testing.T) {
	inTurn(t)
	const first = 16600 // the port of the first user's SIPp, which is the E-CSCF here
	b := newBed(t, "udp", first, fmt.Sprintf("CAUSEWAY_IMS_EMERGENCY_ROUTE=%s:%d", gatewayIP, first), `CAUSEWAY_IMS_EMERGENCY_SERVICES={"110": "urn:service:sos.police"}`).listens(t)
	b.play(t, scene{name: "mo-emergency", story: []string{trying, ringing, answered, hungUp}, script: func(a *actor) {
		var err error
		a.call, err = a.browser.Call(a.ctx, "110", a.medium(), "position", map[string]float64{"latitude": 48.1374, "longitude": 11.5755, "accuracy": 25})
		a.must(err)
		a.hears("accepted")
		a.talks(1)
		a.does("call.hangup")
	}})
	b.play(t, scene{name: "mo-answered", script: talk(1), story: []string{answered, hungUp}})
	b.judge(t)
}
