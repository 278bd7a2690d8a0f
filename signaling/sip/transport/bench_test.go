package transport

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// volteInvite is an INVITE of the size and shape a core sends.
func volteInvite() []byte {
	body := strings.Repeat("a=rtpmap:98 AMR-WB/16000\r\n", 30)
	return []byte(wireText("INVITE", "SIP/2.0/UDP scscf.ims.example:6060;branch=z9hG4bK4d1e.0ab3;rport", ""+
		"Via: SIP/2.0/UDP 192.0.2.77:5060;received=192.0.2.77;branch=z9hG4bKnashds7\r\n"+
		"Record-Route: <sip:mt@scscf.ims.example:6060;lr>, <sip:pcscf.ims.example;lr>\r\n"+
		"Route: <sip:mt-k7f3@gw.ims.example:5060;lr>\r\nMax-Forwards: 66\r\n"+
		"P-Asserted-Identity: \"Alice\" <sip:+15550100@ims.example>, <tel:+15550100>\r\n"+
		"P-Called-Party-ID: <sip:+15550199@ims.example>\r\nP-Charging-Vector: icid-value=\"a1b2\";orig-ioi=ims.example\r\n"+
		"Contact: <sip:+15550100@192.0.2.77:5060>;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel\"\r\n"+
		"Supported: 100rel, timer, precondition\r\nRequire: 100rel\r\nSession-Expires: 1800;refresher=uac\r\nMin-SE: 90\r\n"+
		"Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE\r\nP-Early-Media: supported\r\nContent-Type: application/sdp\r\n", body))
}

func BenchmarkParse(b *testing.B) {
	data := volteInvite()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		end := endOfHead(data)
		h, bad := splitHead(data[:end+2])
		if bad != nil {
			b.Fatal(bad)
		}
		if _, bad := h.message(data[end+4:]); bad != nil {
			b.Fatal(bad)
		}
	}
}

func BenchmarkSerialise(b *testing.B) {
	n := newNode(b, nil)
	_, msg, _ := judge(b, volteInvite())
	if msg == nil {
		b.Fatal("refused")
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := n.serialise(msg, UDP); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRefuse(b *testing.B) {
	data, err := os.ReadFile(filepath.Join("testdata", "rfc4475", "badinv01.dat"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if status, _, _ := judge(b, data); status != 400 {
			b.Fatal(status)
		}
	}
}
