package sdp

import (
	"strings"
	"testing"
)

// TestAnswerSaysHowItPacks: a=ptime of an answer is what the packets will have: what the offer wants and allows, in steps of the codec.
func TestAnswerSaysHowItPacks(t *testing.T) {
	for _, c := range []struct {
		rtp, lines, want string
	}{
		{"8", "", "20"},
		{"8", "a=ptime:40\r\na=maxptime:60", "40"},
		{"8", "a=ptime:80\r\na=maxptime:60", "60"},
		{"8", "a=ptime:30", "30"},
		{"8", "a=maxptime:10", "10"},
		{"96", "a=ptime:60\r\na=maxptime:240", "60"},
		{"96", "a=ptime:50", "40"},
		{"96", "a=ptime:400", "240"},
		{"96", "a=maxptime:10", "20"},
	} {
		offer, err := ParseCore(coreText(c.rtp, "a=rtpmap:96 AMR/8000", strings.TrimPrefix(c.lines+"\r\na=sendrecv", "\r\n")))
		if err != nil {
			t.Fatal(err)
		}
		text, _, _, err := CoreAnswer(offer, coreHere, DefaultCoreCodecs("AMR", "PCMA"))
		if err != nil || !strings.Contains(text, "\r\na=ptime:"+c.want+"\r\n") {
			t.Errorf("%s %q: want ptime %s, %v\n%s", c.rtp, c.lines, c.want, err, text)
		}
	}
	local := AccessLocal{UFrag: "abcd", Pwd: "abcdefghijklmnopqrstuvwx", FingerprintHash: "sha-256", Fingerprint: strings.Repeat("AB:", 31) + "AB"}
	for ptime, want := range map[int]string{0: "20", 10: "20", 40: "40", 100: "60"} {
		local.PTime = ptime
		if text, _ := AccessOffer(local, DefaultAccessCodecs("PCMA"), AccessOptions{}); !strings.Contains(text, "\r\na=ptime:"+want+"\r\na=maxptime:60\r\n") {
			t.Errorf("ptime %d: want %s\n%s", ptime, want, text)
		}
	}
}
