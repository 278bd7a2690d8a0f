package sdp_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"causeway/signaling/sdp"
)

// phoneOffer is a ViLTE phone's (TS 26.114 A.6.2), with other formats.
func phoneOffer(proto, formats string, more ...string) string {
	return strings.Join(append([]string{"v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0", "m=audio 49152 RTP/AVP 97",
		"a=rtpmap:97 AMR-WB/16000", "m=video 49154 " + proto + " " + formats}, more...), "\r\n") + "\r\n"
}

func TestVideoIsAnsweredInKind(t *testing.T) {
	for name, c := range map[string]struct {
		offer string
		want  []string // in our answer; empty: video is refused
		mode  string
	}{
		"mode 0 without a word": {phoneOffer("RTP/AVP", "99", "a=rtpmap:99 H264/90000", "a=fmtp:99 profile-level-id=42e00c"),
			[]string{"m=video 40002 RTP/AVP 99", "a=fmtp:99 packetization-mode=0;profile-level-id=42e00c"}, "0"},
		"AVPF beside AVP": {phoneOffer("RTP/AVP", "99", "a=tcap:1 RTP/AVPF", "a=pcfg:1 t=1", "a=rtpmap:99 H264/90000", "a=fmtp:99 packetization-mode=1;profile-level-id=42C00C;level-asymmetry-allowed=1",
			"a=rtcp-fb:* nack pli", "a=rtcp-fb:* trr-int 5000", "a=extmap:7 urn:3gpp:video-orientation"),
			[]string{"m=video 40002 RTP/AVPF 99", "a=acfg:1 t=1", "a=rtcp-fb:* nack pli", "a=extmap:7 urn:3gpp:video-orientation", "packetization-mode=1;profile-level-id=42c01f"}, "1"},
		"no turning in the browser": {phoneOffer("RTP/AVP", "99", "a=rtpmap:99 H264/90000", "a=fmtp:99 packetization-mode=1;profile-level-id=42C00C", "a=extmap:7 urn:3gpp:video-orientation"),
			[]string{"packetization-mode=1;profile-level-id=42c00c\r\na=sendrecv"}, "1"},
		"AVPF": {phoneOffer("RTP/AVPF", "98 99", "a=rtpmap:98 H265/90000", "a=rtpmap:99 H264/90000", "a=fmtp:99 packetization-mode=1;profile-level-id=42e01f"),
			[]string{"m=video 40002 RTP/AVPF 99"}, "1"},
		"high profile": {phoneOffer("RTP/AVP", "99", "a=rtpmap:99 H264/90000", "a=fmtp:99 profile-level-id=64001f"), nil, ""},
		"SRTP":         {phoneOffer("RTP/SAVP", "99", "a=rtpmap:99 H264/90000"), nil, ""},
		"a bad port":   {strings.Replace(phoneOffer("RTP/AVP", "99", "a=rtpmap:99 H264/90000"), "49154", "22", 1), nil, ""},
	} {
		offer, err := sdp.ParseCore(c.offer)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		local := coreLocal()
		local.Video = &sdp.CoreVideoLocal{RTPPort: 40002, RTCPPort: 40003, Codecs: sdp.DefaultVideoCodecs(false), Orientation: !strings.Contains(name, "no turning")}
		text, chosen, _, err := sdp.CoreAnswer(offer, local, coreCodecs())
		if err != nil || len(chosen) == 0 {
			t.Fatalf("%s: the sound was lost: %v", name, err)
		}
		agreed := offer.AnswerVideo(local.Video)
		if (agreed != nil) != (c.want != nil) || c.want == nil && !strings.Contains(text, "m=video 0 ") {
			t.Errorf("%s: agreed %+v\n%s", name, agreed, text)
			continue
		}
		for _, line := range c.want {
			if !strings.Contains(text, line) {
				t.Errorf("%s: no %q in\n%s", name, line, text)
			}
		}
	}
}

func TestVideoComesAndGoesInOurOffers(t *testing.T) {
	local := coreLocal()
	first := sdp.CoreOffer(local, coreCodecs(), sdp.CoreOptions{})
	local.Video = &sdp.CoreVideoLocal{RTPPort: 40002, RTCPPort: 40003, Codecs: sdp.DefaultVideoCodecs(false)}
	with, err := sdp.Reoffer(first, local, sdp.SendRecv)
	if err != nil || strings.Count(with, "m=") != 2 || !strings.Contains(with, "m=video 40002 RTP/AVP 114 116") {
		t.Fatalf("%v\n%s", err, with)
	}
	local.Video.Direction = sdp.SendOnly
	held, _ := sdp.Reoffer(with, local, sdp.SendOnly)
	if strings.Count(held, "a=sendonly") != 2 {
		t.Errorf("held:\n%s", held)
	}
	local.Video = nil
	without, _ := sdp.Reoffer(held, local, sdp.SendRecv)
	if !strings.Contains(without, "m=video 0 RTP/AVP") || strings.Count(without, "m=") != 2 {
		t.Errorf("closed:\n%s", without)
	}
	if _, open := sdp.VideoDirection(without); open {
		t.Error("a closed line counts as open")
	}
}

// TestABrowserTurnsItsPictureForACoreThatCannot: urn:3gpp:video-orientation is agreed with the browser only where the core has it (TS
// 26.114 7.4.5): a browser that has not agreed to it turns its picture itself. Firefox, whose VP8 is converted, keeps its bounds (RFC 7741
// 6.1).
func TestABrowserTurnsItsPictureForACoreThatCannot(t *testing.T) {
	for name, c := range map[string]struct {
		core, agreed bool
		vp8          string
	}{"chromium": {true, true, ""}, "chromium ": {false, false, ""}, "firefox": {true, false, "max-fs=12288;max-fr=60"}} {
		raw, err := os.ReadFile(filepath.Join("testdata", "browser", strings.TrimSpace(name)+"-offer-max-bundle.sdp"))
		if err != nil {
			t.Fatal(err)
		}
		offer, err := sdp.ParseAccess(string(raw))
		if err != nil {
			t.Fatal(err)
		}
		l := local()
		l.Video = &sdp.AccessVideoLocal{SSRC: 5, Repair: 6, Codecs: sdp.DefaultVideoCodecs(true), Orientation: c.core}
		answer, chosen, err := sdp.AccessAnswer(offer, l, sdp.DefaultAccessCodecs("opus"))
		if err != nil || chosen.Video == nil {
			t.Fatalf("%s: %v, %+v", name, err, chosen.Video)
		}
		if got := chosen.Video.Orientation != 0; got != c.agreed || strings.Contains(answer, "urn:3gpp:video-orientation") != c.agreed {
			t.Errorf("%s, core %t: agreed %t:\n%s", name, c.core, got, answer)
		}
		for _, codec := range chosen.Video.Codecs {
			if codec.Is("VP8") && codec.FMTP != c.vp8 {
				t.Errorf("%s: VP8 with %q", name, codec.FMTP)
			}
		}
	}
}
