package sdp

import (
	"net/netip"
	"strings"
	"testing"
)

func coreText(rtp string, lines ...string) string {
	return "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP " + rtp + "\r\n" + strings.Join(lines, "\r\n") + "\r\n"
}

var coreHere = CoreLocal{Address: netip.MustParseAddr("192.0.2.9"), RTPPort: 30000, SessionID: 1, Version: 1}

// TestComfortNoiseAnswered: comfort noise is taken beside G.711 and G.722 at their clock, last, and never alone or beside a codec that has
// pauses of its own.
func TestComfortNoiseAnswered(t *testing.T) {
	ours := DefaultCoreCodecs("AMR-WB", "G722", "PCMA", "CN")
	for _, c := range []struct{ rtp, extra, want string }{
		{"8 13", "a=rtpmap:8 PCMA/8000", "8 13"},
		{"13 8", "a=rtpmap:13 CN/8000", "8 13"}, // what comes first in an offer says nothing of comfort noise
		{"8 97", "a=rtpmap:97 CN/8000", "8 97"},
		{"9 13", "a=rtpmap:9 G722/8000", "9 13"},
		{"8 97", "a=rtpmap:97 CN/16000", "8"},
		{"96 8 13", "a=rtpmap:96 AMR-WB/16000", "96"},
		{"13", "a=rtpmap:13 CN/8000", ""},
	} {
		offer, err := ParseCore(coreText(c.rtp, c.extra))
		if err != nil {
			t.Fatal(err)
		}
		text, chosen, _, err := CoreAnswer(offer, coreHere, ours)
		if c.want == "" {
			if err == nil {
				t.Errorf("%s: comfort noise alone is answered:\n%s", c.rtp, text)
			}
			continue
		}
		if err != nil || !strings.Contains(text, "m=audio 30000 RTP/AVP "+c.want+"\r\n") || len(chosen) != len(strings.Fields(c.want)) || chosen[0].Is("CN") {
			t.Errorf("%s: %v %v\n%s", c.rtp, chosen, err, text)
		}
	}
	text := coreText("8 13")
	offer, _ := ParseCore(text)
	if text, _, _, _ := CoreAnswer(offer, coreHere, DefaultCoreCodecs("PCMA")); strings.Contains(text, " 13") {
		t.Errorf("answered though not wanted:\n%s", text)
	}
}

// TestComfortNoiseOffered: our offer has it where it has G.711 or G.722, and an answer is held against that.
func TestComfortNoiseOffered(t *testing.T) {
	offer := CoreOffer(coreHere, DefaultCoreCodecs("AMR-WB", "PCMA", "CN"), CoreOptions{})
	if !strings.Contains(offer, "RTP/AVP 98 99 8 13 102 103\r\n") || !strings.Contains(offer, "a=rtpmap:13 CN/8000\r\n") {
		t.Error(offer)
	}
	if alone := CoreOffer(coreHere, DefaultCoreCodecs("AMR-WB", "CN"), CoreOptions{}); strings.Contains(alone, "CN") {
		t.Error(alone)
	}
	if nothing := CoreOffer(coreHere, DefaultCoreCodecs("CN"), CoreOptions{}); nothing != "" {
		t.Error(nothing)
	}
	for rtp, want := range map[string]string{"8 13": "[PCMA/8000 (8) CN/8000 (13)]", "13 8": "[PCMA/8000 (8) CN/8000 (13)]", "8": "[PCMA/8000 (8)]", "98 8 13": "[AMR-WB/16000 (98) PCMA/8000 (8)]"} {
		answer, err := ParseCore(coreText(rtp, "a=rtpmap:98 AMR-WB/16000"))
		if err != nil {
			t.Fatal(err)
		}
		chosen, _, err := CheckCoreAnswer(offer, answer)
		got := "["
		for i, c := range chosen {
			got += strings.Repeat(" ", min(i, 1)) + c.String()
		}
		if err != nil || got+"]" != want {
			t.Errorf("%s: %s, %v", rtp, got, err)
		}
	}
	answer, _ := ParseCore(coreText("13"))
	if _, _, err := CheckCoreAnswer(offer, answer); err == nil {
		t.Error("an answer of comfort noise alone is taken")
	}
}

// TestComfortNoiseOfBrowsers: what old Chromium offers is answered beside G.711; our offers to browsers have none.
func TestComfortNoiseOfBrowsers(t *testing.T) {
	local := AccessLocal{UFrag: "abcd", Pwd: "abcdefghijklmnopqrstuvwx", FingerprintHash: "sha-256", Fingerprint: strings.Repeat("AB:", 31) + "AB",
		Address: netip.MustParseAddrPort("192.0.2.9:3478"), SessionID: 1, Version: 1, Setup: "passive"}
	codecs := DefaultAccessCodecs("opus", "PCMA", "CN")
	text, _ := AccessOffer(local, codecs, AccessOptions{})
	if strings.Contains(text, "CN/") {
		t.Error(text)
	}
	text = strings.Replace(text, "UDP/TLS/RTP/SAVPF 111 8", "UDP/TLS/RTP/SAVPF 111 8 106 105 13", 1)
	text = strings.Replace(text, "a=rtpmap:8 ", "a=rtpmap:106 CN/32000\r\na=rtpmap:105 CN/16000\r\na=rtpmap:13 CN/8000\r\na=rtpmap:8 ", 1)
	offer, err := ParseAccess(text)
	if err != nil {
		t.Fatal(err)
	}
	answer, chosen, err := AccessAnswer(offer, local, codecs)
	if err != nil || !strings.Contains(answer, "SAVPF 111 8 13 ") || len(chosen.Codecs) != 3 || !chosen.Codecs[2].Is("CN") {
		t.Errorf("%v %v\n%s", chosen.Codecs, err, answer)
	}
	if _, chosen, err = AccessAnswer(offer, local, DefaultAccessCodecs("opus", "CN")); err != nil || len(chosen.Codecs) != 1 {
		t.Errorf("%v %v", chosen.Codecs, err)
	}
}
