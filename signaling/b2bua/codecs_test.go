package b2bua

import (
	"fmt"
	"net/netip"
	"testing"

	"causeway/signaling/sdp"
)

// codecsOf are all that this gateway may have, in the default order.
func codecsOf() (access, core []sdp.Codec) {
	return sdp.DefaultAccessCodecs("opus", "G722", "PCMA", "PCMU", "CN"), sdp.DefaultCoreCodecs("AMR-WB", "EVS", "G722", "PCMA", "PCMU", "AMR", "CN")
}

// TestCodecsOfACallFromThePage: whatever the core takes of our offer, the page is led to the codec that passes, where browsers have it, and
// to Opus where sound must be converted anyway: one conversion at most, and none where none is needed.
func TestCodecsOfACallFromThePage(t *testing.T) {
	access, _ := codecsOf()
	for core, want := range map[string]string{"AMR-WB": "opus", "EVS": "opus", "AMR": "opus", "G722": "G722", "PCMA": "PCMA", "PCMU": "PCMU"} {
		if got := first(access, sdp.Codec{Name: core})[0].Name; got != want {
			t.Errorf("core with %s: browser with %s, want %s", core, got, want)
		}
		call := &Call{agent: &Agent{config: Config{AccessCodecs: access}}}
		call.access.chosen.Codecs = access
		if again := call.betterCodec(sdp.Codec{Name: core}); again != (want != "opus") {
			t.Errorf("core with %s: a page that speaks Opus is asked to offer again: %v", core, again)
		}
	}
}

// TestCodecsOfACallToThePage: of an offer the best sound is answered, and of two that sound alike the one that passes to browsers.
func TestCodecsOfACallToThePage(t *testing.T) {
	_, core := codecsOf()
	local := sdp.CoreLocal{Address: netip.MustParseAddr("192.0.2.9"), RTPPort: 30000, SessionID: 1, Version: 1}
	for _, c := range []struct{ types, want string }{
		{"100 0 8", "PCMA"}, {"100 0", "PCMU"}, {"100", "AMR"}, {"100 8 9", "G722"}, {"9 98", "AMR-WB"}, {"104 9 8", "EVS"}, {"8 98 100", "AMR-WB"},
	} {
		offer, err := sdp.ParseCore(fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP %s\r\n"+
			"a=rtpmap:98 AMR-WB/16000\r\na=rtpmap:100 AMR/8000\r\na=rtpmap:104 EVS/16000\r\na=fmtp:104 evs-mode-switch=1\r\n", c.types))
		if err != nil {
			t.Fatal(err)
		}
		_, chosen, _, err := sdp.CoreAnswer(offer, local, core)
		if err != nil || chosen[0].Name != c.want {
			t.Errorf("offer of %s: %v %v, want %s", c.types, chosen, err, c.want)
		}
	}
}
