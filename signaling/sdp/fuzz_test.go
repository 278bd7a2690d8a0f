package sdp_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"causeway/signaling/sdp"
)

// seed adds every sample to a corpus.
func seed(f *testing.F) {
	for _, folder := range []string{"browser", "core", "bad"} {
		for _, s := range samples(f, folder) {
			f.Add(s.text)
		}
	}
}

// refused checks that an error is one of ours, fit for people, and does not quote hostile text.
func refused(t *testing.T, err error) {
	t.Helper()
	var e *sdp.Error
	if !errors.As(err, &e) || e.Code == "" || e.Text == "" || strings.ContainsAny(err.Error(), "\r\n\x00") {
		t.Fatalf("not a proper error: %#v", err)
	}
}

// FuzzParseAccess: whatever a browser says, our answer is well-formed, has as many lines, and tells the
// PCRF no control character.
func FuzzParseAccess(f *testing.F) {
	seed(f)
	_, offered := sdp.AccessOffer(local(), sdp.DefaultAccessCodecs("opus", "G722", "PCMA", "PCMU"), sdp.AccessOptions{})
	f.Fuzz(func(t *testing.T, text string) {
		if _, _, err := offered.CheckAnswer(text); err != nil {
			refused(t, err)
		}
		a, err := sdp.ParseAccess(text)
		if err != nil {
			refused(t, err)
			return
		}
		answer, chosen, err := sdp.AccessAnswer(a, local(), sdp.DefaultAccessCodecs("opus", "G722", "PCMA", "PCMU"))
		if err != nil {
			refused(t, err)
			return
		}
		checkAnswerShape(t, a, answer)
		for _, part := range sdp.Flows(chosen, netip.AddrPort{}, netip.AddrPort{}, sdp.FlowOptions{BrowserOffered: true}) {
			for _, data := range part.CodecData {
				if strings.ContainsFunc(data, func(r rune) bool { return r < ' ' && r != '\n' || r > '~' }) {
					t.Fatalf("codec data %q", data)
				}
			}
		}
	})
}

// FuzzParseCore: whatever the core says, media goes to a unicast address and an unprivileged port or nowhere,
// and our answer is one that we would read ourselves.
func FuzzParseCore(f *testing.F) {
	seed(f)
	offer := sdp.CoreOffer(coreLocal(), coreCodecs(), sdp.CoreOptions{})
	f.Fuzz(func(t *testing.T, text string) {
		c, err := sdp.ParseCore(text)
		if err != nil {
			refused(t, err)
			return
		}
		for _, to := range []netip.AddrPort{c.RTP(), c.RTCP()} {
			if to.IsValid() && (to.Port() < 1024 || to.Addr().IsMulticast() || to.Addr().IsUnspecified()) {
				t.Fatalf("media would go to %v", to)
			}
		}
		if _, _, err := sdp.CheckCoreAnswer(offer, c); err != nil {
			refused(t, err)
		}
		l := coreLocal()
		p := c.Preconditions.Answer(true)
		l.Preconditions = &p
		answer, chosen, _, err := sdp.CoreAnswer(c, l, coreCodecs())
		if err != nil {
			refused(t, err)
			return
		}
		again, err := sdp.ParseCore(answer)
		if err != nil || len(again.Media) != len(c.Media) || len(chosen) != 1 {
			t.Fatalf("our answer is not one: %v\n%s", err, answer)
		}
		if _, err := sdp.Redirect(answer, sdp.Inactive); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzParseCandidate(f *testing.F) {
	f.Add("candidate:1 1 tcp 1518280447 192.0.2.7 9 typ host tcptype active")
	f.Add("a=candidate:842163049 1 udp 1677729535 203.0.113.77 51472 typ srflx raddr 0.0.0.0 rport 0")
	f.Add("candidate:1 1 udp 1 ::ffff:1.2.3.4 5000 typ host")
	f.Fuzz(func(t *testing.T, text string) {
		c, ok, err := sdp.ParseCandidate(text)
		if err != nil {
			refused(t, err)
			return
		}
		if !ok {
			return
		}
		if strings.ContainsAny(c.String(), "\r\n\x00") {
			t.Fatalf("%q writes %q", text, c)
		}
		if again, ok, err := sdp.ParseCandidate(c.String()); !ok || err != nil || again.Address != c.Address || again.Priority != c.Priority {
			t.Fatalf("%q reads back as %+v, %v", c, again, err)
		}
	})
}
