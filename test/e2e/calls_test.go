//go:build e2e

package e2e

import (
	"math"
	"os"
	"strings"
	"testing"

	"causeway/test/browser"
	"causeway/test/lab/handset"
	"causeway/test/rig"
)

func TestMain(m *testing.M) { os.Exit(rig.Main(m)) }

// Frequencies: the page sends one, the handset another, so that neither can be the other's echo.
const (
	pageHz    = 440
	handsetHz = 700
)

func hears(hz float64) func(handset.CallInfo) bool {
	return func(c handset.CallInfo) bool {
		s := c.Audio.Sound
		return c.State == "up" && math.Abs(s.Hz-hz) < 10 && s.Level > -40
	}
}

func silent(c handset.CallInfo) bool {
	return c.State == "up" && (c.Audio.Sound.Level < -60 || c.Audio.IdleMS > 500)
}

func each(t *testing.T, f func(t *testing.T, kind browser.Kind)) {
	for _, kind := range browser.Kinds() {
		t.Run(string(kind), func(t *testing.T) { f(t, kind) })
	}
}

// TestOriginating: the page calls a handset; tones both ways before, during and after hold by either side; DTMF both
// ways; the page hangs up.
func TestOriginating(t *testing.T) {
	each(t, func(t *testing.T, kind browser.Kind) {
		b := rig.Start(t, rig.Options{})
		p := b.Open(kind, pageHz)
		const number = "+15550118" // plays a tone
		p.Dial(number)
		p.State("active")
		b.HandsetCall(number, "the page's tone", hears(pageHz))
		p.HearsTone(handsetHz)
		p.Shot(string(kind) + "-active")

		p.Click("hold")
		p.State("held")
		b.HandsetCall(number, "hold", func(c handset.CallInfo) bool { return c.Hold.Remote && silent(c) })
		p.HearsNothing()
		p.Shot(string(kind) + "-held")
		p.Click("hold")
		p.State("active")
		b.HandsetCall(number, "the page's tone after hold", hears(pageHz))
		p.HearsTone(handsetHz)

		b.Do(number, "hold", "")
		p.Until("remote hold in the page", `window.causeway.phone.calls[0].remoteHold`)
		b.HandsetCall(number, "silence while it holds", silent)
		p.HearsTone(handsetHz) // the holder's side may go on sending (RFC 3264 8.4): music, here its tone
		b.Do(number, "resume", "")
		p.Until("the end of remote hold", `!window.causeway.phone.calls[0].remoteHold`)
		p.HearsTone(handsetHz)
		b.HandsetCall(number, "the page's tone after remote hold", hears(pageHz))

		p.JS(`window.causeway.phone.calls[0].sendDtmf("159#*D")`, nil)
		c := b.HandsetCall(number, "digits", func(c handset.CallInfo) bool {
			n := len(c.Audio.DigitLengthsMS)
			return c.Audio.Digits == "159#*D" && c.Audio.DigitLengthsMS[n-1] >= 90 // the last one has ended
		})
		for _, ms := range c.Audio.DigitLengthsMS {
			if ms < 90 || ms > 140 {
				t.Errorf("a digit of %d ms, 100 were asked for: %v", ms, c.Audio.DigitLengthsMS)
			}
		}
		p.JS(`window.heard = "", window.causeway.phone.calls[0].on("dtmf", d => { window.heard += d; })`, nil)
		b.Do(number, "dtmf", "0246*#A")
		p.Until("the handset's digits", `window.heard === "0246*#A"`)
		b.HandsetCall(number, "RTCP reports", func(c handset.CallInfo) bool { return c.RTCP.Reports > 0 })

		p.Click("hangup")
		b.HandsetCall(number, "the end", func(c handset.CallInfo) bool { return c.State == "ended" })
		p.Until("no call in the page", `window.causeway.phone.calls.length === 0`)
		if n := len(c.Faults); n != 0 {
			t.Errorf("the handset complains of media: %v", c.Faults)
		}
		settled(t, b)
	})
}

// TestTerminating: the handset calls the page, which answers by a click.
func TestTerminating(t *testing.T) {
	each(t, func(t *testing.T, kind browser.Kind) {
		b := rig.Start(t, rig.Options{})
		p := b.Open(kind, pageHz)
		const number = "+15550118"
		if _, err := b.Lab.Handsets.Call(number, handset.Outgoing{To: "+15550001"}); err != nil {
			t.Fatal(err)
		}
		p.Until("the incoming call", `document.querySelector('[data-testid="answer"]')`)
		b.HandsetCall(number, "ringing", func(c handset.CallInfo) bool { return c.State == "ringing" })
		p.Shot(string(kind) + "-incoming")
		p.Click("answer")
		p.State("active")
		b.HandsetCall(number, "the page's tone", hears(pageHz))
		p.HearsTone(handsetHz)
		p.Click("hold")
		p.State("held")
		p.HearsNothing()
		p.Click("hold")
		p.State("active")
		p.HearsTone(handsetHz)
		b.HandsetCall(number, "the page's tone after hold", hears(pageHz))
		p.JS(`window.causeway.phone.calls[0].sendDtmf("42")`, nil)
		b.HandsetCall(number, "digits", func(c handset.CallInfo) bool { return c.Audio.Digits == "42" })
		b.Do(number, "hangup", "")
		p.Until("no call in the page", `window.causeway.phone.calls.length === 0`)
		settled(t, b)
	})
}

// settled waits until nothing of a call is left and the lab has nothing to complain of.
func settled(t *testing.T, b *rig.Bed) {
	t.Helper()
	b.Until("the call's end in the gateway", rig.Patience, func() bool {
		return b.Metric("causeway_calls") == 0 && b.Metric("causeway_media_sessions") == 0
	})
	if b.Lab.PCRF != nil {
		b.Until("the end of the Rx sessions", rig.Patience, func() bool { return b.Metric("causeway_rx_sessions") == 0 })
	}
	b.Clean()
	for line := range strings.SplitSeq(b.Gateway.Log(), "\n") {
		if strings.Contains(line, `"cause":"emergency`) {
			continue // an emergency number at this gateway is worth a warning
		}
		if strings.Contains(line, `"cause":"deregistered"`) {
			continue // so is a call that the network took away
		}
		if strings.Contains(line, `"level":"ERROR"`) || strings.Contains(line, `"level":"WARN"`) {
			t.Errorf("the gateway warns: %s", line)
		}
	}
}
