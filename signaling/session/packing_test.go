package session

import (
	"strings"
	"testing"
	"testing/synctest"

	"causeway/signaling/ims"
	"causeway/signaling/sdp"
	"causeway/signaling/wire"
)

// TestTheBrowserPacksAsTheCoreWants: where the browser's packets pass as they are, a core that wants them longer or shorter than the
// browser was asked for makes its page offer again; one that wants what the browser does already does not.
func TestTheBrowserPacksAsTheCoreWants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, func(c *Config) { c.AccessCodecs = []string{"PCMA"} }).page()
		d, _ := p.outgoingWith(t, "PCMA/8000")
		parsed, err := sdp.ParseCore(d.offer)
		if err != nil {
			t.Fatal(err)
		}
		local := sdp.CoreLocal{Address: parsed.Address, RTPPort: 30000, SessionID: 1, Version: 1}
		answer, _, _, err := sdp.CoreAnswer(parsed, local, sdp.DefaultCoreCodecs("PCMA"))
		if err != nil {
			t.Fatal(err)
		}
		asked := func(n int, ptime string) {
			t.Helper()
			if list := p.events(wire.EventMedia); len(list) != n || p.last(wire.EventMedia)["state"] != "renegotiate" {
				t.Fatalf("%d media events, want %d renegotiates", len(list), n)
			}
			a := p.ask(wire.MethodUpdate, map[string]any{"call": "c1", "sdp": read(t, "chromium-offer-audio.sdp")})
			result, _ := a["result"].(map[string]any)
			if text, _ := result["sdp"].(string); !strings.Contains(text, "a=ptime:"+ptime+"\r\n") {
				t.Fatalf("call.update: %v", a)
			}
		}
		d.notify(ims.Accepted{SDP: strings.Replace(answer, "a=ptime:20", "a=ptime:40", 1)})
		asked(1, "40")
		local.Version++
		offer := sdp.CoreOffer(local, sdp.DefaultCoreCodecs("PCMA"), sdp.CoreOptions{})
		d.notify(ims.Offer{SDP: strings.Replace(offer, "a=ptime:20", "a=ptime:40", 1)})
		if n := len(p.events(wire.EventMedia)); n != 1 {
			t.Fatalf("%d media events for what the browser does already", n)
		}
		d.notify(ims.Offer{SDP: offer})
		asked(2, "20")
	})
}
