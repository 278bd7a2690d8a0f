//go:build interop

package kamailio

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/test/browser"
	"causeway/test/capture"
	"causeway/test/rig"
)

// TestRegistration: the core takes the gateway's word for its users (TNA, TS 33.203 U.2), tells it of the registration by
// reg-event, ends it on the HSS's word, and forgets it when the user leaves.
func TestRegistration(t *testing.T) {
	c := startCore(t)
	record := scene(t)
	b := c.bed(t, gatewayIP)
	p := b.Open(browser.Chromium, 440)
	c.subscribed(t, 1)
	if got, want := c.hss.said(""), []string{"UAR +15550001 -> experimental 2001", "SAR +15550001 1 -> 2001", "LIR +15550001 -> 2001"}; !slices.Equal(got, want) {
		t.Errorf("the HSS was asked %q, want %q: no MAR, for nobody has to prove anything", got, want)
	}
	p.JS(`window.causeway.phone.stop()`, nil)
	until(t, "de-registration at the HSS", rig.Patience, func() bool { return len(c.hss.said("SAR +15550001 5")) == 1 })

	p.Reload()
	p.Until("the phone to be ready again", `!window.old && window.causeway && window.causeway.phone && window.causeway.phone.state === "ready"`)
	c.subscribed(t, 2)
	c.hss.terminate(t, alice.number)
	p.Until("the network's end of the registration in the page", `document.querySelector('[data-testid="error"]').dataset.name === "deregistered"`)
	p.Close()
	judge(t, c, record, []string{"REGISTER", "SUBSCRIBE", "NOTIFY"})
}

// TestStranger: from an address it does not trust the core takes no such word: it asks for a password, which a gateway has
// not got. The operator and the user are told.
func TestStranger(t *testing.T) {
	c := startCore(t)
	record := scene(t)
	b := c.bed(t, strangerIP)
	p := b.OpenWith(browser.Chromium, browser.Options{FakeMic: true}, "/?tone=440")
	p.Until("the refusal in the page", `document.querySelector('[data-testid="error"]').dataset.name === "registration_refused"`)
	var shown string
	p.JS(`document.querySelector('[data-testid="error"]').innerText`, &shown)
	t.Logf("the page says: %s", shown)
	if got := c.hss.said("SAR"); len(got) != 0 {
		t.Errorf("the HSS was told %q", got)
	}
	if got := c.hss.said("MAR"); len(got) != 1 {
		t.Errorf("the HSS was asked %q for a password's hash", got)
	}
	until(t, "the I-CSCF to see an untrusted word", rig.Patience, func() bool { return strings.Contains(c.icscf.said(), "UNTRUSTED "+strangerIP) })
	until(t, "a warning that tells the operator that the core does not trust the gateway", rig.Patience, func() bool {
		warned := false
		for line := range strings.SplitSeq(b.Gateway.Log(), "\n") {
			warned = warned || strings.Contains(line, `"level":"WARN"`) && strings.Contains(line, "does not trust this gateway's word")
		}
		return warned
	})
	p.Close()
	judge(t, c, record, []string{"REGISTER"})
}

// scene records everything between the addresses of the namespace but the access leg and HTTP.
func scene(t *testing.T) *capture.Recording {
	t.Helper()
	r := capture.Start(t, "lo", fmt.Sprintf("net %s and (port 5060 or portrange 5070-5079 or port 5090 or port 3868 or udp portrange 20000-29999)", network))
	t.Cleanup(func() {
		if dir := os.Getenv("INTEROP_KEEP"); dir != "" { // a convenience for people
			if b, err := os.ReadFile(r.Stop(t)); err == nil {
				_ = os.WriteFile(filepath.Join(dir, t.Name()+".pcap"), b, 0o600)
			}
		}
	})
	return r
}

func rules() capture.Rules {
	return capture.Rules{
		DecodeAs:   []string{"udp.port==5060,sip", "tcp.port==5060,sip", "udp.port==5070-5079,sip", "udp.port==5090,sip", "tcp.port==3868,diameter"},
		Prefs:      []string{"amr.mode:Wideband AMR", "amr.encoding.version:RFC 3267 octet aligned"},
		Identities: []string{alice.impu(), "tel:" + alice.number, "sip:" + gatewayIP + ":5060"}, // the last for its own SUBSCRIBE (TS 24.229 5.2.3)
		Ours: func(m capture.Message) bool {
			return m.Source.Addr().String() == strangerIP || m.Source.Addr().String() == gatewayIP && m.Source.Port() != baresipSIP
		},
	}
}

// judge ends a recording, has it read by tshark, and wants these requests in it. It returns the file.
func judge(t *testing.T, c *core, record *capture.Recording, methods []string) string {
	t.Helper()
	return judgeBy(t, c, record, rules(), methods)
}

// judgeBy is judge by other rules.
func judgeBy(t *testing.T, c *core, record *capture.Recording, by capture.Rules, methods []string) string {
	t.Helper()
	file := record.Stop(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	problems, err := capture.Check(ctx, file, by)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range problems {
		if i == 30 {
			t.Errorf("and %d more", len(problems)-i)
			break
		}
		t.Errorf("capture: %s", p)
	}
	messages, err := capture.Messages(ctx, file, by)
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range methods {
		if !slices.ContainsFunc(messages, func(m capture.Message) bool { return strings.HasPrefix(m.Line, method+" ") }) {
			t.Errorf("no %s among the %d messages of the capture", method, len(messages))
		}
	}
	for _, p := range []*process{c.pcscf, c.icscf, c.scscf} {
		p.alive(t)
		if s := p.said(); strings.Contains(s, "MALFORMED") || strings.Contains(s, "parse error") {
			t.Errorf("the %s complains of a message", p.name)
		}
	}
	c.hss.mu.Lock()
	defer c.hss.mu.Unlock()
	for _, f := range c.hss.faults {
		t.Errorf("HSS: %s", f)
	}
	return file
}
