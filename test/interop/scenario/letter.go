//go:build interop

package scenario

import "fmt"

// letter sends a MESSAGE to the gateway, as an S-CSCF would. It is a dialogue of its own, also after another one: SIPp takes what stands
// behind three slashes of a Call-ID for its own.
func (s *Script) letter(args ...string) string {
	s.cseq++
	headers, body := s.parts(args)
	if s.Self != "" {
		return message(true, fmt.Sprintf("MESSAGE sip:%s@%s SIP/2.0\n", s.User, Home)+s.via(false)+fmt.Sprintf("From: <sip:%s@%s>;tag=[pid]far%d\nTo: <sip:%s@%s>\n", s.Self, Home, s.cseq, s.User, Home)+
			fmt.Sprintf("Call-ID: m%d///[call_id]\nCSeq: 1 MESSAGE\n", s.cseq)+headers, body)
	}
	text := fmt.Sprintf("MESSAGE sip:%s@%s SIP/2.0\n", s.Token, s.Gateway) + s.via(false) + fmt.Sprintf("Route: <sip:mt-%s@%s;lr>\n", s.Token, s.Gateway) +
		fmt.Sprintf("From: \"Far\" <sip:+15550101@%s>;tag=[pid]far%d\nTo: <sip:%s@%s>\n", Home, s.cseq, s.User, Home) +
		fmt.Sprintf("Call-ID: m%d///[call_id]\nCSeq: 1 MESSAGE\n", s.cseq) +
		fmt.Sprintf("P-Asserted-Identity: \"Far\" <sip:+15550101@%s>\nP-Called-Party-ID: <sip:%s@%s>\nP-Charging-Vector: icid-value=far[call_number]\n", Home, s.User, Home)
	return message(true, text+headers, body)
}

// taken answers the request outside a dialog that came last.
func (s *Script) taken(status string, args ...string) string {
	headers, _ := s.parts(args)
	return message(false, "SIP/2.0 "+status+"\n[last_Via:]\n[last_From:]\n[last_To:];tag=[pid]far[call_number]\n[last_Call-ID:]\n[last_CSeq:]\n"+headers, "")
}

// written is a message's body and its type: a text, a text that is wrapped and asks for notifications, or a notification about [$id].
func (s *Script) written(kind, value string) (contentType, body string) {
	head := "From: <sip:far@" + Home + ">\nTo: <sip:" + s.User + "@" + Home + ">\nNS: imdn <urn:ietf:params:imdn>\n"
	switch kind {
	case "text":
		return "text/plain;charset=UTF-8", value
	case "cpim":
		return "message/cpim", head + "DateTime: 2026-11-21T08:00:00Z\nimdn.Message-ID: far-[pid]-[call_number]\nimdn.Disposition-Notification: positive-delivery, display\n\n" +
			"Content-Type: text/plain;charset=utf-8\n\n" + value
	}
	about := "delivery"
	if value == "displayed" {
		about = "display"
	}
	return "message/cpim", head + "imdn.Message-ID: n-[pid]-[call_number]\n\nContent-Type: message/imdn+xml\nContent-Disposition: notification\n\n" +
		"<?xml version=\"1.0\"?>\n<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\"><message-id>[$id]</message-id><" + about + "-notification><status><" + value + "/></status></" + about + "-notification></imdn>"
}
