//go:build interop

package kamailio

import (
	"testing"
	"time"

	"causeway/test/browser"
	"causeway/test/rig"
)

// TestTerminatedInACall: the HSS ends a registration in the middle of a call (RTR, TS 29.228 6.1.3). The S-CSCF's word reaches the
// page at once: the call ends with the reason, the handset hears BYE, the session is over.
func TestTerminatedInACall(t *testing.T) {
	other := speak(t, "demo-abouttotry", 2*time.Second)
	c := startCore(t)
	record := scene(t)
	b := c.bed(t, gatewayIP)
	speech := recording(t, other, 6)
	play(t, "register.xml", script{}, sippMediaAny).done(t, time.Minute)
	p := b.Open(browser.Chromium, 440)
	c.subscribed(t, 1)
	far := play(t, "uas.xml", script{Speech: speech}, sippMediaAny)
	p.Dial(sipp.number)
	p.State("active")
	p.JS(`(() => {
		window.over = { call: "", at: 0 };
		window.causeway.phone.calls[0].on("ended", (why) => { window.over.call = why.name; });
		window.causeway.phone.on("error", (e) => { window.over.phone = e.name; window.over.at = Date.now(); });
	})()`, nil)
	began := time.Now().UnixMilli()
	c.hss.terminate(t, alice.number)
	p.Until("the end in the page", `window.over.at !== 0 && window.over.call !== "" && window.causeway.phone.state === "closed"`)
	var over struct {
		Call, Phone string
		At          int64
	}
	p.JS(`window.over`, &over)
	if over.Call != "deregistered" || over.Phone != "deregistered" || over.At-began > 10_000 { // far less than any timer
		t.Errorf("after %d ms: %+v", over.At-began, over)
	}
	far.done(t, time.Minute) // it ends with the BYE
	until(t, "nothing left in the gateway", rig.Patience, func() bool {
		return b.Metric("causeway_calls") == 0 && b.Metric("causeway_media_sessions") == 0 && b.Metric("causeway_sessions") == 0
	})
	p.Close()
	judge(t, c, record, []string{"REGISTER", "SUBSCRIBE", "NOTIFY", "INVITE", "BYE"})
}
