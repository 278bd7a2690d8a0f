//go:build e2e

package e2e

import (
	"testing"

	"causeway/test/browser"
	"causeway/test/lab"
	"causeway/test/lab/handset"
	"causeway/test/rig"
)

// TestHandsetsWithWishes: handsets that offer only EVS with its AMR-WB IO mode, and that want packets of 40 ms and take 60 at most, call the
// page. Both hear each other's tone, and the handset finds nothing wrong with any packet: form, modes, and how much sound it holds.
func TestHandsetsWithWishes(t *testing.T) {
	scripts := []handset.Script{
		{Number: "+15550141", Name: "EVS", Codecs: []string{"EVS/io"}},
		{Number: "+15550142", Name: "EVS in few modes", Codecs: []string{"EVS/io"}, ModeSet: []int{0, 1, 2}},
		{Number: "+15550143", Name: "AMR-WB, 40 ms", Codecs: []string{"AMR-WB"}, PTime: 40, MaxPTime: 60},
		{Number: "+15550144", Name: "AMR, 60 ms at most", Codecs: []string{"AMR"}, PTime: 60, MaxPTime: 60},
		{Number: "+15550145", Name: "G.711, 40 ms", Codecs: []string{"PCMA"}, PTime: 40, MaxPTime: 60},
	}
	codecs := []string{"EVS/16000 (BE)", "EVS/16000 (BE)", "AMR-WB/16000 (BE)", "AMR/8000 (BE)", "PCMA/8000"}
	for i := range scripts {
		scripts[i].Source, scripts[i].ToneHz = "tone", handsetHz
	}
	b := rig.Start(t, rig.Options{Lab: func(c *lab.Config) { c.Scripts = scripts }})
	p := b.Open(browser.Chromium, pageHz)
	for i, s := range scripts {
		t.Run(s.Name, func(t *testing.T) {
			if _, err := b.Lab.Handsets.Call(s.Number, handset.Outgoing{To: "+15550001"}); err != nil {
				t.Fatal(err)
			}
			p.Until("the incoming call", `document.querySelector('[data-testid="answer"]')`)
			p.Click("answer")
			p.State("active")
			c := b.HandsetCall(s.Number, "the page's tone", hears(pageHz))
			p.HearsTone(handsetHz)
			if c.Codec != codecs[i] || len(c.Faults) != 0 || c.Audio.Received == 0 {
				t.Errorf("codec %q, want %q; %d packets; the handset complains of %v", c.Codec, codecs[i], c.Audio.Received, c.Faults)
			}
			b.Do(s.Number, "hangup", "")
			p.Until("no call in the page", `window.causeway.phone.calls.length === 0`)
		})
	}
	settled(t, b)
}
