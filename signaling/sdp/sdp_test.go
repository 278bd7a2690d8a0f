package sdp_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"causeway/signaling/sdp"
)

func parseCore(t *testing.T, text string) *sdp.Core {
	t.Helper()
	c, err := sdp.ParseCore(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestVersionRisesOnlyWithAChange(t *testing.T) {
	first := sdp.CoreOffer(coreLocal(), coreCodecs(), sdp.CoreOptions{})
	l := coreLocal()
	l.SessionID, l.Version = 99, 77 // a writer that lost count: the text in force decides
	same, err := sdp.Revise(first, sdp.CoreOffer(l, coreCodecs(), sdp.CoreOptions{}))
	if err != nil || same != first {
		t.Errorf("an unchanged description became %q, %v", same, err)
	}
	l.RTPPort = 40002
	changed, err := sdp.Revise(first, sdp.CoreOffer(l, coreCodecs(), sdp.CoreOptions{}))
	if err != nil {
		t.Fatal(err)
	}
	if c := parseCore(t, changed); c.SessionID != 42 || c.Version != 2 || c.RTPPort != 40002 {
		t.Errorf("revised to %d %d port %d", c.SessionID, c.Version, c.RTPPort)
	}
	for _, bad := range []string{"", "v=0\r\n", "v=0\r\no=- 1\r\n", "v=0\r\no=- 1 x IN IP4 1.1.1.1\r\n"} {
		if _, err := sdp.Revise(bad, first); !errors.Is(err, sdp.ErrSyntax) {
			t.Errorf("%q revised: %v", bad, err)
		}
		if _, err := sdp.Revise(first, bad); !errors.Is(err, sdp.ErrSyntax) {
			t.Errorf("revised to %q: %v", bad, err)
		}
	}
}

func TestHoldAndResume(t *testing.T) {
	for _, c := range []struct {
		local, remote bool
		want          sdp.Direction
	}{{false, false, sdp.SendRecv}, {true, false, sdp.SendOnly}, {false, true, sdp.RecvOnly}, {true, true, sdp.Inactive}} {
		if got := sdp.HoldDirection(c.local, c.remote); got != c.want {
			t.Errorf("hold local %v remote %v is %s, want %s", c.local, c.remote, got, c.want)
		}
	}
	text := sdp.CoreOffer(coreLocal(), coreCodecs(), sdp.CoreOptions{})
	held, err := sdp.Redirect(text, sdp.HoldDirection(true, false))
	if err != nil {
		t.Fatal(err)
	}
	c := parseCore(t, held)
	if c.Direction != sdp.SendOnly || c.Version != 2 || !c.Held() || c.Address.IsUnspecified() || strings.Count(held, "\n") != strings.Count(text, "\n") {
		t.Errorf("held: %s, version %d:\n%s", c.Direction, c.Version, held)
	}
	again, _ := sdp.Redirect(held, sdp.SendOnly)
	if again != held {
		t.Error("a second hold changed the description")
	}
	resumed, _ := sdp.Redirect(held, sdp.SendRecv)
	if c := parseCore(t, resumed); c.Direction != sdp.SendRecv || c.Version != 3 || c.Held() {
		t.Errorf("resumed: %s, version %d", c.Direction, c.Version)
	}
	refused := strings.Replace(held, "m=audio 40000", "m=audio 0", 1)
	if got, _ := sdp.Redirect(refused, sdp.SendRecv); got != refused {
		t.Error("a refused line changed its direction")
	}
}

func TestAnswerDirections(t *testing.T) {
	for _, c := range []struct{ offered, wanted, answer sdp.Direction }{
		{sdp.SendRecv, "", sdp.SendRecv}, {sdp.SendOnly, "", sdp.RecvOnly}, {sdp.RecvOnly, "", sdp.SendOnly}, {sdp.Inactive, "", sdp.Inactive},
		{sdp.SendRecv, sdp.SendOnly, sdp.SendOnly}, {sdp.SendOnly, sdp.SendOnly, sdp.Inactive}, {sdp.SendRecv, sdp.Inactive, sdp.Inactive},
	} {
		l := coreLocal()
		l.Direction = c.offered
		offer := parseCore(t, sdp.CoreOffer(l, coreCodecs(), sdp.CoreOptions{}))
		l.Direction = c.wanted
		text, _, _, err := sdp.CoreAnswer(offer, l, coreCodecs())
		if err != nil {
			t.Fatal(err)
		}
		if got := parseCore(t, text).Direction; got != c.answer {
			t.Errorf("%s offered, %q wanted: answered %s, want %s", c.offered, c.wanted, got, c.answer)
		}
	}
}

func TestReofferKeepsLinesAndPayloadTypes(t *testing.T) {
	offer := parseCore(t, "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nm=video 5000 RTP/AVP 100\r\n"+
		"m=audio 5002 RTP/AVP 112 98\r\na=rtpmap:112 AMR-WB/16000\r\na=rtpmap:98 telephone-event/16000\r\n")
	answer, _, _, err := sdp.CoreAnswer(offer, coreLocal(), coreCodecs())
	if err != nil {
		t.Fatal(err)
	}
	reoffer := parseCore(t, sdp.CoreOffer(coreLocal(), coreCodecs(), sdp.CoreOptions{Previous: parseCore(t, answer)}))
	if len(reoffer.Media) != 2 || reoffer.Media[0].Kind != "video" || !reoffer.Media[0].Rejected || reoffer.Index != 1 {
		t.Fatalf("media lines moved: %+v", reoffer.Media)
	}
	if reoffer.Codecs[0].PayloadType != 112 || reoffer.DTMF[0].PayloadType != 98 {
		t.Errorf("formats were renumbered: %v %v", reoffer.Codecs, reoffer.DTMF)
	}
	seen := map[uint8]bool{}
	for _, c := range slices.Concat(reoffer.Codecs, reoffer.DTMF) {
		if seen[c.PayloadType] {
			t.Errorf("payload type %d is used twice", c.PayloadType)
		}
		seen[c.PayloadType] = true
	}
	if sdp.CoreOffer(coreLocal(), nil, sdp.CoreOptions{}) != "" {
		t.Error("an offer without codecs was written")
	}
}

func TestBandwidth(t *testing.T) {
	// b=AS by codec at 20 ms, IPv4, TS 26.114 annex K; IPv6 adds 8.
	for _, c := range []struct {
		codec sdp.Codec
		as    int
	}{
		{sdp.Codec{Name: "AMR", ClockRate: 8000}, 29}, {sdp.Codec{Name: "AMR", ClockRate: 8000, FMTP: "octet-align=1"}, 30},
		{sdp.Codec{Name: "AMR-WB", ClockRate: 16000}, 41}, {sdp.Codec{Name: "AMR-WB", ClockRate: 16000, FMTP: "octet-align=1"}, 41},
		{sdp.Codec{Name: "AMR-WB", ClockRate: 16000, FMTP: "mode-set=0,1,2"}, 30}, {sdp.Codec{Name: "PCMA", ClockRate: 8000, PayloadType: 8}, 80},
		{sdp.Codec{Name: "G722", ClockRate: 8000, PayloadType: 9}, 80},
	} {
		l := coreLocal()
		if got := parseCore(t, sdp.CoreOffer(l, []sdp.Codec{c.codec}, sdp.CoreOptions{})).BandwidthAS; got != c.as {
			t.Errorf("%v %s: b=AS:%d, want %d", c.codec, c.codec.FMTP, got, c.as)
		}
		l.Address = netip.MustParseAddr("2001:db8::1")
		if got := parseCore(t, sdp.CoreOffer(l, []sdp.Codec{c.codec}, sdp.CoreOptions{})).BandwidthAS; got != c.as+8 {
			t.Errorf("%v over IPv6: b=AS:%d, want %d", c.codec, got, c.as+8)
		}
	}
}

func TestDefaultOrder(t *testing.T) {
	names := func(codecs []sdp.Codec) (out []string) {
		for _, c := range codecs {
			out = append(out, c.Name)
		}
		return out
	}
	if got := names(sdp.DefaultCoreCodecs("pcmu", "amr", "AMR-WB", "nonsense")); !slices.Equal(got, []string{"AMR-WB", "AMR-WB", "PCMU", "AMR", "AMR"}) {
		t.Errorf("core: %v", got)
	}
	if got := names(sdp.DefaultAccessCodecs("PCMU", "opus")); !slices.Equal(got, []string{"opus", "PCMU"}) {
		t.Errorf("access: %v", got)
	}
	if sdp.DefaultCoreCodecs() != nil {
		t.Error("codecs out of nothing")
	}
}

func TestPreconditions(t *testing.T) {
	const head = "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 5002 RTP/AVP 8\r\n"
	read := func(lines ...string) sdp.Preconditions {
		return parseCore(t, head+strings.Join(lines, "\r\n")+"\r\n").Preconditions
	}
	none := read("a=sendrecv")
	if none.Present() || !none.LocalMet() || !none.Met() || none.Confirm() || none.Answer(true).Present() {
		t.Errorf("no preconditions: %+v", none)
	}
	invite := read("a=curr:qos local none", "a=curr:qos remote none", "a=des:qos mandatory local send", "a=des:qos mandatory local recv", "a=des:qos none remote sendrecv")
	if !invite.Present() || invite.LocalMet() || invite.Met() || invite.Local.Desired != sdp.QoSSendRecv {
		t.Errorf("a caller without resources: %+v", invite)
	}
	answer := invite.Answer(true)
	want := sdp.Preconditions{
		Local:  sdp.Segment{Current: sdp.QoSSendRecv, Strength: sdp.StrengthMandatory, Desired: sdp.QoSSendRecv},
		Remote: sdp.Segment{Current: sdp.QoSNone, Strength: sdp.StrengthMandatory, Desired: sdp.QoSSendRecv, Confirm: sdp.QoSSendRecv},
	}
	if answer != want {
		t.Errorf("answered %+v", answer)
	}
	update := read("a=curr:qos local sendrecv", "a=curr:qos remote sendrecv", "a=des:qos mandatory local sendrecv", "a=des:qos mandatory remote sendrecv")
	if !update.LocalMet() || !update.Met() || update.Answer(true).Confirm() {
		t.Errorf("the UPDATE shows them met, read %+v", update)
	}
	if half := read("a=curr:qos local send", "a=des:qos mandatory local sendrecv"); half.LocalMet() || half.Answer(false).Remote.Current != sdp.QoSRecv {
		t.Errorf("half a reservation: %+v", half)
	}
	e2e := read("a=curr:qos e2e none", "a=des:qos mandatory e2e send")
	if e2e.LocalMet() || e2e.Answer(true).EndToEnd.Desired != sdp.QoSRecv || e2e.Answer(true).EndToEnd.Confirm != sdp.QoSRecv {
		t.Errorf("end to end: %+v", e2e)
	}
	if !read("a=des:qos failure local sendrecv").Failed() {
		t.Error("a failure is not seen")
	}
	if odd := read("a=curr:qos", "a=curr:sec e2e none", "a=curr:qos moon sendrecv", "a=des:qos perhaps local send", "a=conf:qos remote up"); odd.Present() {
		t.Errorf("nonsense was read as %+v", odd)
	}
	met := sdp.MetPreconditions()
	l := coreLocal()
	l.Preconditions = &met
	if got := parseCore(t, sdp.CoreOffer(l, coreCodecs(), sdp.CoreOptions{})).Preconditions; got != met {
		t.Errorf("written and read back: %+v", got)
	}
}

func TestCandidates(t *testing.T) {
	for _, c := range []struct {
		text string
		ok   bool
		bad  bool
	}{
		{"candidate:1 1 udp 2130706431 192.0.2.7 5000 typ host", true, false},
		{"a=candidate:1 1 UDP 2130706431 2001:db8::7 5000 typ srflx raddr 10.0.0.1 rport 9 generation 0", true, false},
		{"candidate:1 1 tcp 1518280447 192.0.2.7 9 typ host tcptype active", true, false},
		{"candidate:1 1 udp 1 a1b2.local 5000 typ host", false, false}, {"candidate:1 2 udp 1 192.0.2.7 5000 typ host", false, false},
		{"candidate:1 1 sctp 1 192.0.2.7 5000 typ host", false, false}, {"candidate:1 1 udp 1 192.0.2.7 5000 typ moon", false, false},
		{"candidate:1 1 udp 1 0.0.0.0 5000 typ host", false, false}, {"candidate:1 1 udp 1 224.0.0.1 5000 typ host", false, false},
		{"candidate:1 1 udp 1 fe80::1%eth0 5000 typ host", false, false}, {"", false, false}, {"a=end-of-candidates", false, false},
		{"candidate:1 1 udp 1 192.0.2.7 5000", false, true}, {"candidate:1 x udp 1 192.0.2.7 5000 typ host", false, true},
		{"candidate:1 1 udp 1 192.0.2.7 70000 typ host", false, true}, {"candidate:1 1 udp 1 192.0.2.7 5000 typ host\r\na=x", false, true},
	} {
		got, ok, err := sdp.ParseCandidate(c.text)
		if ok != c.ok || (err != nil) != c.bad {
			t.Errorf("%q: ok %v, %v", c.text, ok, err)
		}
		if !ok {
			continue
		}
		if again, ok, err := sdp.ParseCandidate(got.String()); !ok || err != nil || again != got {
			t.Errorf("%q written as %q and read as %+v, %v", c.text, got, again, err)
		}
	}
}

func TestAccessAnswerHeldAgainstOurOffer(t *testing.T) {
	_, offered := sdp.AccessOffer(local(), sdp.DefaultAccessCodecs("opus", "PCMU"), sdp.AccessOptions{})
	browser := local()
	browser.Setup = "active"
	good, _, err := sdp.AccessAnswer(offered, browser, sdp.DefaultAccessCodecs("PCMU"))
	if err != nil {
		t.Fatal(err)
	}
	if _, chosen, err := offered.CheckAnswer(good); err != nil || len(chosen.Codecs) != 1 || chosen.Setup != "active" {
		t.Fatalf("a good answer: %v, %+v", err, chosen)
	}
	for name, c := range map[string]struct {
		old, new string
		want     sdp.Code
	}{
		"refused":         {"m=audio 30000", "m=audio 0", sdp.ErrNoAudio},
		"actpass":         {"a=setup:active", "a=setup:actpass", sdp.ErrSetup},
		"other mid":       {"a=mid:0", "a=mid:zz", sdp.ErrSyntax}, // the BUNDLE group still names 0
		"video":           {"m=audio", "m=video", sdp.ErrMismatch},
		"not offered":     {"a=rtpmap:0 PCMU/8000", "a=rtpmap:0 ILBC/8000", sdp.ErrNoCommonCodec},
		"second line":     {"a=end-of-candidates\r\n", "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n", sdp.ErrMismatch},
		"unprotected":     {"UDP/TLS/RTP/SAVPF", "RTP/AVP", sdp.ErrProfile},
		"no ice":          {"a=ice-pwd", "a=x-pwd", sdp.ErrICE},
		"weak hash":       {"sha-256", "sha-1", sdp.ErrFingerprint},
		"not multiplexed": {"a=rtcp-mux", "a=x-mux", sdp.ErrMux},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if text == good {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, _, err := offered.CheckAnswer(text); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestSetupRoles(t *testing.T) {
	text, _ := sdp.AccessOffer(local(), sdp.DefaultAccessCodecs("opus"), sdp.AccessOptions{})
	for _, c := range []struct{ offered, wanted, browser string }{
		{"actpass", "", "passive"}, {"actpass", "active", "passive"}, {"actpass", "passive", "active"}, {"active", "active", "active"}, {"passive", "passive", "passive"},
	} {
		offer, err := sdp.ParseAccess(strings.Replace(text, "actpass", c.offered, 1))
		if err != nil {
			t.Fatal(err)
		}
		l := local()
		l.Setup = c.wanted
		_, chosen, err := sdp.AccessAnswer(offer, l, sdp.DefaultAccessCodecs("opus"))
		if err != nil || chosen.Setup != c.browser {
			t.Errorf("%s offered, %q wanted: the browser is %s, want %s (%v)", c.offered, c.wanted, chosen.Setup, c.browser, err)
		}
	}
}

// TestICELite: a session-level a=ice-lite counts for its m-lines (RFC 8839 5.3).
func TestICELite(t *testing.T) {
	const text = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n%sm=audio 9 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n" +
		"a=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA\r\n" +
		"a=setup:actpass\r\na=rtcp-mux\r\n"
	for line, want := range map[string]bool{"": false, "a=ice-lite\r\n": true} {
		a, err := sdp.ParseAccess(fmt.Sprintf(text, line))
		if err != nil {
			t.Fatal(err)
		}
		if _, m, ok := a.Audio(); !ok || m.Lite != want {
			t.Errorf("%q: %+v", line, m)
		}
	}
}
