//go:build interop

package kamailio

import (
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/test/browser"
)

// TestRegistration: the core takes the gateway's word for its users (TNA, TS 33.203 U.2), keeps their registration, and
// forgets it when the user leaves.
func TestRegistration(t *testing.T) {
	c := startCore(t)
	b := c.bed(t, gatewayIP)
	p := b.Open(browser.Chromium, 440)
	said := slices.DeleteFunc(c.hss.said(""), func(s string) bool { return strings.HasPrefix(s, "LIR ") }) // of the reg-event subscription
	if got, want := said, []string{"UAR +15550001 -> experimental 2001", "SAR +15550001 1 -> 2001"}; !slices.Equal(got, want) {
		t.Errorf("the HSS was asked %q, want %q: no MAR, for nobody has to prove anything", got, want)
	}
	p.JS(`window.causeway.phone.stop()`, nil)
	until(t, "de-registration at the HSS", 15*time.Second, func() bool { return len(c.hss.said("SAR +15550001 5")) == 1 })
}
