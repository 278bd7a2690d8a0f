package transport

import (
	"fmt"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// TestRFC5118 gives the layer the torture messages with IPv6 addresses of RFC 5118 4, and looks at what it made of the addresses.
func TestRFC5118(t *testing.T) {
	const sdp = "v=0\r\no=assistant 971731711378798081 0 IN IP6 2001:db8::20\r\ns=Live video feed\r\nc=IN IP6 2001:db8::20\r\nt=3338481189 3370017201\r\nm=audio 6000 RTP/AVP 2\r\n"
	message := func(start, via, contact, body string) string {
		return start + "\r\n" + strings.Join([]string{
			"To: sip:user@example.com", "From: sip:user@example.com;tag=81x2", "Via: " + via, "Call-ID: SSG9559905523997077@hlau_4100",
			"Max-Forwards: 70", "Contact: " + contact, "CSeq: 98176 " + strings.Fields(start)[0], fmt.Sprintf("Content-Length: %d", len(body)), "", "",
		}, "\r\n") + body
	}
	const via, contact = "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111", `"Caller" <sip:caller@[2001:db8::1]>`
	for _, tt := range []struct {
		section, text string
		want          int    // as in rfc4475
		host          string // of the Request-URI
		port          int
	}{
		{"4.1 reference in the Request-URI", message("REGISTER sip:[2001:db8::10] SIP/2.0", via, contact, ""), 0, "2001:db8::10", 0},
		{"4.2 address without brackets", message("REGISTER sip:2001:db8::10 SIP/2.0", via, contact, ""), 400, "", 0},
		{"4.3 port inside the brackets is part of the address", message("REGISTER sip:[2001:db8::10:5070] SIP/2.0", via, contact, ""), 0, "2001:db8::10:5070", 0},
		{"4.4 port outside", message("REGISTER sip:[2001:db8::10]:5070 SIP/2.0", via, contact, ""), 0, "2001:db8::10", 5070},
		{"4.5 received with brackets", message("BYE sip:user@host.example.net SIP/2.0", via+", SIP/2.0/UDP [2001:db8::9:255];received=[2001:db8::9:255];branch=z9hG4bKas3-112", contact, ""), 0, "host.example.net", 0},
		{"4.5 received without", message("OPTIONS sip:user@[2001:db8::10] SIP/2.0", via+";received=2001:db8::9:255", contact, ""), 0, "2001:db8::10", 0},
		{"4.6 IPv6 in the SDP", message("INVITE sip:user@[2001:db8::10] SIP/2.0", via, contact, sdp), 0, "2001:db8::10", 0},
		{"4.7 both families in the headers", message("BYE sip:user@host.example.net SIP/2.0", "SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111, SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144", contact, ""), 0, "host.example.net", 0},
		{"4.8 both families in the SDP", message("INVITE sip:user@[2001:db8::10] SIP/2.0", via, contact, sdp+"m=video 6024 RTP/AVP 107\r\nc=IN IP4 192.0.2.1\r\n"), 0, "2001:db8::10", 0},
		{"4.9 mapped addresses", message("INVITE sip:user@example.com SIP/2.0", "SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19, SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111", `"T. desk phone" <sip:ted@[::ffff:192.0.2.2]>`, sdp), 0, "example.com", 0},
		{"4.10 the three colons of RFC 3261's grammar", message("OPTIONS sip:user@[2001:db8:::192.0.2.1] SIP/2.0", via, contact, ""), 400, "", 0},
	} {
		got, msg, _ := judge(t, []byte(tt.text))
		if got != tt.want {
			t.Errorf("%s: %d, want %d", tt.section, got, tt.want)
			continue
		}
		req, ok := msg.(*sip.Request)
		if !ok {
			continue
		}
		if host := strings.Trim(req.Recipient.Host, "[]"); host != tt.host || req.Recipient.Port != tt.port {
			t.Errorf("%s: Request-URI %q port %d", tt.section, req.Recipient.Host, req.Recipient.Port)
		}
		// What leaves again has its brackets.
		if out := req.String(); strings.Contains(tt.text, "sip:[") && !strings.Contains(out, "sip:["+tt.host+"]") || !strings.Contains(out, "[") {
			t.Errorf("%s: written as\n%s", tt.section, out)
		}
	}
}
