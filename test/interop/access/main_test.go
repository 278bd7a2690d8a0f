//go:build interop

package access

import (
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"

	"causeway/test/browser"
	"causeway/test/lab/handset"
	"causeway/test/rig"
)

// Addresses of the machine; browsers gather theirs on far0 too.
const (
	fourIP  = "198.51.100.7"
	otherIP = "198.51.100.8"
	sixIP   = "2001:db8::7"
)

// Tones: the page sends one, the handset another.
const (
	pageHz    = 440
	handsetHz = 700
	number    = "+15550118" // plays a tone
)

func TestMain(m *testing.M) { os.Exit(rig.Isolated(m, fourIP, otherIP, sixIP)) }

func each(t *testing.T, f func(t *testing.T, kind browser.Kind)) {
	for _, kind := range browser.Kinds() {
		t.Run(string(kind), func(t *testing.T) { f(t, kind) })
	}
}

// filter runs iptables rules, one per line ("-6 " before one for IPv6), and takes them back at the test's end.
func filter(t *testing.T, rules ...string) {
	t.Helper()
	run := func(action, rule string) error {
		program := "iptables"
		if six, ok := strings.CutPrefix(rule, "-6 "); ok {
			program, rule = "ip6tables", six
		}
		out, err := exec.Command(program, strings.Fields("-w "+action+" "+rule)...).CombinedOutput()
		if err != nil {
			t.Logf("%s %s %s: %s", program, action, rule, out)
		}
		return err
	}
	for _, rule := range rules {
		if err := run("-A", rule); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = run("-D", rule) })
	}
}

// talk calls a handset from the page, hears tones both ways and hangs up; between is called while they talk.
func talk(t *testing.T, b *rig.Bed, p *rig.Page, between func()) {
	t.Helper()
	p.Dial(number)
	p.State("active")
	heard := func(c handset.CallInfo) bool {
		return c.State == "up" && math.Abs(c.Audio.Sound.Hz-pageHz) < 10 && c.Audio.Sound.Level > -40
	}
	b.HandsetCall(number, "the page's tone", heard)
	p.HearsTone(handsetHz)
	if between != nil {
		between()
		b.HandsetCall(number, "the page's tone afterwards", heard)
		p.HearsTone(handsetHz)
	}
	p.Click("hangup")
	p.Until("no call", `window.causeway.phone.calls.length === 0`)
}

// pair is the local and the remote candidate the page's call uses now, as "udp 192.0.2.1 host".
func pair(p *rig.Page) (local, remote string) {
	var got []string
	p.JS(`(async () => {
		const stats = await window.causeway.phone.calls[0].getStats(), all = new Map();
		stats.forEach(s => all.set(s.id, s));
		let chosen = null;
		for (const s of all.values()) if (s.type === "transport" && s.selectedCandidatePairId) chosen = all.get(s.selectedCandidatePairId);
		if (!chosen) for (const s of all.values()) if (s.type === "candidate-pair" && (s.selected || (s.nominated && s.state === "succeeded"))) chosen = s;
		const text = c => c ? [c.protocol, c.address || c.ip || "?", c.candidateType, c.relayProtocol || ""].join(" ").trim() : "";
		return chosen ? [text(all.get(chosen.localCandidateId)), text(all.get(chosen.remoteCandidateId))] : ["", ""];
	})()`, &got)
	return got[0], got[1]
}
