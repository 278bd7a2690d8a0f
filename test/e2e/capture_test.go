//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"causeway/test/browser"
	"causeway/test/capture"
	"causeway/test/lab"
	"causeway/test/lab/handset"
	"causeway/test/rig"
)

// TestWhatStandsOnTheWire records a call each way with hold and digits, and has tshark read all of it: SIP, SDP, RTP, RTCP and
// Diameter. Nothing may be malformed, and no attribute of WebRTC may reach the core.
func TestWhatStandsOnTheWire(t *testing.T) {
	each(t, func(t *testing.T, kind browser.Kind) {
		b := rig.Start(t, rig.Options{})
		// SIP, Diameter, and media of the core leg (media.core_ports): what others say on this machine is not ours to judge.
		r := capture.Start(t, "lo", fmt.Sprintf("host 127.0.0.1 and (port %d or port %d or tcp port %d or udp portrange 20000-29999)", b.SIP.Port(), b.Lab.CoreAddr().Port(), b.Lab.PCRFAddr().Port()))
		p := b.Open(kind, pageHz)
		const number = "+15550118"
		p.Dial(number)
		p.State("active")
		b.HandsetCall(number, "the page's tone", hears(pageHz))
		p.Click("hold")
		p.State("held")
		p.Click("hold")
		p.State("active")
		p.JS(`window.causeway.phone.calls[0].sendDtmf("12")`, nil)
		b.HandsetCall(number, "digits", func(c handset.CallInfo) bool { return c.Audio.Digits == "12" })
		b.HandsetCall(number, "RTCP reports", func(c handset.CallInfo) bool { return c.RTCP.Reports > 0 })
		p.Click("hangup")
		p.Until("no call", `window.causeway.phone.calls.length === 0`)
		if _, err := b.Lab.Handsets.Call(number, handset.Outgoing{To: "+15550001"}); err != nil {
			t.Fatal(err)
		}
		p.Click("answer")
		p.State("active")
		p.HearsTone(handsetHz)
		p.Click("hangup")
		p.Until("no call", `window.causeway.phone.calls.length === 0`)
		settled(t, b)
		b.Gateway.Stop(os.Interrupt) // the de-registration and the DPR belong to it

		rules := capture.Rules{DecodeAs: []string{
			fmt.Sprintf("udp.port==%d,sip", b.SIP.Port()), fmt.Sprintf("tcp.port==%d,sip", b.SIP.Port()),
			fmt.Sprintf("udp.port==%d,sip", b.Lab.CoreAddr().Port()), fmt.Sprintf("tcp.port==%d,sip", b.Lab.CoreAddr().Port()),
			fmt.Sprintf("tcp.port==%d,diameter", b.Lab.PCRFAddr().Port()),
		},
			Identities: []string{"sip:+15550001@" + lab.HomeDomain, "tel:+15550001", fmt.Sprintf("sip:%s", b.SIP)}, // the last for its own SUBSCRIBE
			// What it sends from its own port, and the requests over TCP connections that it opened.
			Ours: func(m capture.Message) bool {
				via := slices.IndexFunc(m.Headers, func(h string) bool { return strings.HasPrefix(h, "Via:") })
				return m.Source.Port() == b.SIP.Port() || !strings.HasPrefix(m.Line, "SIP/") && via >= 0 && strings.Contains(m.Headers[via], b.SIP.String())
			},
		}
		file := r.Stop(t)
		problems, err := capture.Check(t.Context(), file, rules)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			t.Error(p)
		}
		messages, err := capture.Messages(t.Context(), file, rules)
		if err != nil {
			t.Fatal(err)
		}
		if len(messages) < 20 {
			t.Errorf("only %d SIP messages were recorded", len(messages))
		}
	})
}
