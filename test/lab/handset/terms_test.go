package handset

import (
	"strings"
	"testing"

	"causeway/test/lab/sdp"
)

const head = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"

func TestSettle(t *testing.T) {
	const all = "m=audio 4000 RTP/AVP 96 97 98 8 101 102\r\na=rtpmap:96 EVS/16000\r\na=rtpmap:97 AMR-WB/16000\r\na=fmtp:97 mode-set=0,1,2\r\n" +
		"a=rtpmap:98 AMR-WB/16000\r\na=fmtp:98 octet-align=1\r\na=rtpmap:101 telephone-event/8000\r\na=rtpmap:102 telephone-event/16000\r\n"
	for name, test := range map[string]struct {
		body      string
		abilities []string
		want      string // payload type of audio, of events, our direction
	}{
		"first in common":     {all, []string{"EVS", "AMR-WB"}, "97 102 sendrecv"},
		"octet-aligned":       {all, []string{"AMR-WB/oa"}, "98 102 sendrecv"},
		"clock of the events": {all, []string{"PCMA"}, "8 101 sendrecv"},
		"held":                {all + "a=sendonly\r\n", []string{"AMR-WB"}, "97 102 recvonly"},
		"inactive":            {all + "a=inactive\r\n", []string{"AMR-WB"}, "97 102 inactive"},
		"nothing in common":   {all, []string{"EVS", "G722"}, "no codec in common"},
		"crc":                 {strings.Replace(all, "octet-align=1", "octet-align=1;crc=1", 1), []string{"AMR-WB/oa"}, "no codec in common"},
		"stereo":              {strings.ReplaceAll(all, "AMR-WB/16000", "AMR-WB/16000/2"), []string{"AMR-WB"}, "no codec in common"},
		"bad mode-set":        {strings.Replace(all, "0,1,2", "0,9", 1), []string{"AMR-WB"}, "bad mode-set"},
	} {
		s, m, err := readSDP([]byte(head + test.body))
		if err != nil {
			t.Fatal(name, err)
		}
		got := ""
		if terms, err := settle(Script{Codecs: test.abilities}, s, m, "sendrecv"); err != nil {
			got = err.Error()
		} else {
			got = strings.Join([]string{join([]int{int(terms.Codec.PayloadType), int(terms.Events.PayloadType)}), terms.Direction}, " ")
			got = strings.ReplaceAll(got, ",", " ")
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	if _, _, err := readSDP([]byte(head + strings.Replace(all, "RTP/AVP", "UDP/TLS/RTP/SAVPF", 1))); err == nil {
		t.Error("a secure profile was taken for a core leg")
	}
}

// TestAnswerShape: as many m-lines as offered, in their places, the others
// refused (RFC 3264 6).
func TestAnswerShape(t *testing.T) {
	offer, err := sdp.Parse(head + "m=video 9 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\nm=audio 4000 RTP/AVP 98\r\na=rtpmap:98 AMR-WB/16000\r\na=fmtp:98 octet-align=1\r\n")
	if err != nil {
		t.Fatal(err)
	}
	_, m := offer.Audio()
	terms, err := settle(Script{Codecs: volte(), ModeSet: []int{0, 2}}, offer, m, "sendrecv")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := sdp.Parse(local{addr: terms.RTP, direction: "sendrecv"}.answer(terms, offer))
	if err != nil || len(answer.Media) != 2 || answer.Media[0].Port != 0 || answer.Media[0].Kind != "video" {
		t.Fatalf("%+v %v", answer, err)
	}
	codecs, err := answer.Media[1].Codecs()
	if err != nil || len(codecs) != 1 || codecs[0].FMTP["octet-align"] != "1" || codecs[0].FMTP["mode-set"] != "0,2" {
		t.Errorf("%+v %v", codecs, err)
	}
}
