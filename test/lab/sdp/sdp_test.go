package sdp

import (
	"net/netip"
	"strings"
	"testing"
)

const offer = "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nb=AS:80\r\nt=0 0\r\na=sendonly\r\n" +
	"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n" +
	"m=audio 40000 RTP/AVP 98 99 0 102\r\nc=IN IP4 192.0.2.2\r\nb=RS:600\r\na=rtpmap:98 AMR-WB/16000\r\na=fmtp:98 mode-set=0,1,2;max-red=0\r\n" +
	"a=rtpmap:99 AMR-WB/16000/1\r\na=fmtp:99 octet-align=1\r\na=rtpmap:102 telephone-event/16000\r\na=rtcp:40010\r\n"

func TestParse(t *testing.T) {
	s, err := Parse(offer)
	if err != nil {
		t.Fatal(err)
	}
	i, m := s.Audio()
	codecs, err := m.Codecs()
	if err != nil || i != 1 || len(codecs) != 4 || codecs[0].FMTP["mode-set"] != "0,1,2" || codecs[1].FMTP["octet-align"] != "1" || codecs[2].Name != "PCMU" {
		t.Errorf("%d %+v %v", i, codecs, err)
	}
	if m.RTCP() != netip.MustParseAddrPort("192.0.2.2:40010") || s.Direction(m) != "sendonly" || m.Address.String() != "192.0.2.2" {
		t.Errorf("%v %s", m.RTCP(), s.Direction(m))
	}
	again, err := Parse(s.String())
	if err != nil || again.String() != s.String() {
		t.Errorf("%v\n%s", err, s)
	}
}

func TestRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"order":     strings.Replace(offer, "v=0\r\n", "", 1),
		"version":   strings.Replace(offer, "v=0", "v=1", 1),
		"port":      strings.Replace(offer, "40000", "70000", 1),
		"address":   strings.Replace(offer, "IN IP4 192.0.2.2", "IN IP6 192.0.2.2", 1),
		"no c=":     strings.NewReplacer("c=IN IP4 192.0.2.1\r\n", "", "c=IN IP4 192.0.2.2\r\n", "").Replace(offer),
		"control":   strings.Replace(offer, "sendonly", "send\x00only", 1),
		"line":      offer + "x\r\n",
		"bandwidth": strings.Replace(offer, "AS:80", "AS:x", 1),
		"long":      offer + strings.Repeat("a=x\r\n", 4000),
	} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	s, err := Parse(strings.Replace(offer, "a=rtpmap:98 AMR-WB/16000\r\n", "", 1))
	if err != nil {
		t.Fatal(err)
	}
	_, m := s.Audio()
	if _, err := m.Codecs(); err == nil {
		t.Error("a payload type without a name was accepted")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(offer)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		for i := range s.Media {
			_, _ = s.Media[i].Codecs()
			_ = s.Media[i].RTCP()
			_ = s.Direction(&s.Media[i])
		}
		if s.Address.IsValid() {
			if _, err := Parse(s.String()); err != nil {
				t.Fatalf("%v\n%s", err, s)
			}
		}
	})
}
