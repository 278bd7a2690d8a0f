//go:build e2e

package e2e

import (
	"fmt"
	"net/netip"
	"testing"

	"causeway/test/browser"
	"causeway/test/lab"
	"causeway/test/lab/handset"
	"causeway/test/rig"
)

// TestIPv6Core: the core and its handsets speak IPv6 only, the browser IPv4 only; calls go both ways.
func TestIPv6Core(t *testing.T) {
	loopback := netip.IPv6Loopback()
	sip := netip.AddrPortFrom(loopback, uint16(rig.FreePort(t)))
	b := rig.Start(t, rig.Options{
		Lab: func(c *lab.Config) {
			c.Core, c.Handsets, c.Gateway = netip.AddrPortFrom(loopback, 0), netip.AddrPortFrom(loopback, 0), sip
		},
		Env: []string{fmt.Sprintf(`CAUSEWAY_IMS_SIP_LISTEN=["udp:%s", "tcp:%s"]`, sip, sip), "CAUSEWAY_MEDIA_CORE_ADDRESS=" + loopback.String()},
	})
	p := b.Open(browser.Chromium, pageHz)
	const number = "+15550118"
	p.Dial(number)
	p.State("active")
	b.HandsetCall(number, "the page's tone", hears(pageHz))
	p.HearsTone(handsetHz)
	p.Click("hangup")
	p.Until("no call", `window.causeway.phone.calls.length === 0`)
	if _, err := b.Lab.Handsets.Call(number, handset.Outgoing{To: "+15550001"}); err != nil {
		t.Fatal(err)
	}
	p.Click("answer")
	p.State("active")
	p.HearsTone(handsetHz)
	p.Click("hangup")
	settled(t, b)
}
