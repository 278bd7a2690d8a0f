//go:build interop

package scenario

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template"
)

// Script turns a file of testdata into a SIPp scenario. The files are SIPp's XML with calls of the functions below in place of the
// messages' boilerplate, so that a scenario reads as what it is about.
//
//	{{invite}}                           takes an INVITE and keeps what its responses repeat
//	{{reply "183 Session Progress" ...}} answers the INVITE; {{answer "200 OK" ...}} the request that came last
//	{{call ...}}                         sends an INVITE; {{ack}} and {{refused}} acknowledge its 2xx and its refusal
//	{{send "UPDATE" ...}}                sends a request in the dialog
//	{{expect "PRACK" ...}}               takes a request; {{status 200 ...}} a response
//	{{branch "Referred-By" "second"}}    takes an INVITE and goes to a label where it has that header
//	{{letter "text=hi" ...}}             sends a MESSAGE outside a dialog; {{taken "202 Accepted"}} answers the one that came last
//
// {{trying}} is a 100 that may come, {{cancel}} gives our INVITE up.
//
// Arguments of what is sent: "tag=b" our tag; "rtp=2" an SDP with far socket 2; "dir=sendonly", "codec=amr", "line=a=..." change
// it; "text=..." a text and "cpim=..." one that is wrapped and asks for notifications; "imdn=displayed" one of these, about message
// [$id]; anything else is a header line. Arguments of what is taken are pairs of a header's name (or "body") and a regular
// expression; "RSeq>rseq" keeps what matched in a variable.
type Script struct {
	Dir     string // of the scenarios
	Network string // udp, tcp
	User    string // whom the gateway registered: a telephone number
	Token   string // user part of its Contact
	Gateway string // host:port
	Host    string // address of the far RTP ports
	RTP     []int  // far ports
	Values  map[string]string
	// Self is the telephone number that SIPp is, where a core stands between it and the gateway; empty where SIPp is the core.
	Self string

	Caller bool // set by Render: the scenario begins with a call of SIPp's

	dialog  string         // in front of the Call-ID
	tag     string         // ours, last used
	cseq    int            // of our requests
	invited int            // of our last INVITE
	version map[string]int // of our SDP, by tag
	last    map[string]string
	seen    int // regular expressions so far, for names of variables
	names   []string
}

// Home is the lab's home network.
const Home = "ims.mnc001.mcc001.3gppnetwork.org"

// Render writes the scenario into a file for SIPp.
func (s *Script) Render(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.Dir, name+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	s.version, s.last, s.cseq, s.tag = map[string]int{}, map[string]string{}, 100, "a"
	s.dialog = ""
	s.names, s.seen = nil, 0
	if before, _, found := strings.Cut(string(text), "{{letter"); found && !strings.Contains(before, "<recv") && !strings.Contains(before, "{{expect") {
		s.Caller = true
	}
	funcs := template.FuncMap{"invite": s.invite, "reply": s.reply, "answer": s.answer, "send": s.send, "expect": s.expect, "status": s.status,
		"call": s.call, "ack": s.ack, "refused": s.refused, "cancel": s.cancel, "branch": s.branch, "letter": s.letter, "taken": s.taken, "trying": trying100, "code": s.code, "value": func(k string) string { return s.Values[k] }}
	page, err := template.New(name).Funcs(funcs).Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := page.Execute(&out, nil); err != nil {
		t.Fatal(err)
	}
	names := ""
	if len(s.names) > 0 { // SIPp wants every variable to be used
		names = `<Reference variables="` + strings.Join(s.names, ",") + `"/>`
	}
	file := filepath.Join(t.TempDir(), name+".xml")
	body := `<?xml version="1.0" encoding="UTF-8"?>` + "\n<scenario name=\"" + name + "\">\n" + out.String() + names + "\n</scenario>\n"
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// keep is an action that stores a header's value in a variable; check makes its regular expression a condition.
func (s *Script) keep(header, regexp, variable string) string {
	if !slices.Contains(s.names, variable) {
		s.names = append(s.names, variable)
	}
	return fmt.Sprintf("<ereg regexp=%q search_in=\"hdr\" header=\"%s:\" check_it=\"true\" assign_to=%q/>\n", escaped(regexp), header, variable)
}

// escaped is a text as it stands in an attribute of XML.
func escaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}

// checks are the conditions of a received message: pairs of header and regular expression. A core takes the routes out that the
// gateway put in.
func (s *Script) checks(pairs []string) string {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == "Route" && s.Self != "" {
			continue
		}
		s.seen++
		if pairs[i] == "body" {
			name := fmt.Sprintf("check%d", s.seen)
			s.names = append(s.names, name)
			fmt.Fprintf(&b, "<ereg regexp=%q search_in=\"body\" check_it=\"true\" assign_to=%q/>\n", escaped(pairs[i+1]), name)
			continue
		}
		header, variable, named := strings.Cut(pairs[i], ">")
		if !named {
			variable = fmt.Sprintf("check%d", s.seen)
		}
		b.WriteString(s.keep(header, pairs[i+1], variable))
	}
	return b.String()
}

func (s *Script) invite(pairs ...string) string {
	via := s.keep("Via", ".*", "via")
	if s.Self != "" { // all that the proxies put above Max-Forwards: their Record-Route and Via
		s.names = append(s.names, "via")
		via = `<ereg regexp="Record-Route:.*Max-Forwards" search_in="msg" check_it="true" assign_to="via"/>` + "\n"
	}
	return "<recv request=\"INVITE\" rrs=\"true\"><action>\n" + via + s.keep("From", ".*", "from") +
		s.keep("To", ".*", "to") + s.keep("CSeq", ".*", "cseq") + s.checks(pairs) + "</action></recv>\n"
}

func (s *Script) expect(method string, pairs ...string) string {
	return fmt.Sprintf("<recv request=%q rrs=\"true\"><action>\n%s</action></recv>\n", method, s.checks(append([]string{"Via", "SIP/2.0"}, pairs...)))
}

func (s *Script) status(code int, pairs ...string) string {
	rrs := ` rrs="true"` // the route set and the remote target are in it
	if slices.Contains(pairs, "CANCEL") {
		rrs = ""
	}
	return fmt.Sprintf("<recv response=\"%d\"%s><action>\n%s</action></recv>\n", code, rrs, s.checks(append([]string{"Via", "SIP/2.0"}, pairs...)))
}

// branch takes an INVITE as invite does, and goes to a label where it has a header.
func (s *Script) branch(header, label string, pairs ...string) string {
	take := strings.Replace(s.invite(pairs...), "</action>", fmt.Sprintf("<ereg regexp=\".+\" search_in=\"hdr\" header=\"%s:\" assign_to=\"has\"/>\n</action>", header), 1)
	return take + fmt.Sprintf("<nop next=%q test=\"has\"/>\n", label)
}

// trying100 is a 100 that may come: it is sent only where nothing else is soon enough (RFC 3261 17.2.1).
func trying100() string { return "<recv response=\"100\" optional=\"true\"/>\n" }

// code is a value that is a status.
func (s *Script) code(key string) (int, error) { return strconv.Atoi(s.Values[key]) }

// contact is where we want requests of the dialog.
func (s *Script) contact() string {
	return fmt.Sprintf("Contact: <sip:far@[local_ip]:[local_port];transport=%s>", s.Network)
}

// parts sorts the arguments of a message into headers and a body.
func (s *Script) parts(args []string) (headers, body string) {
	dir, codec, rtp := "sendrecv", "pcma", -1
	var lines []string
	for _, a := range args {
		key, value, _ := strings.Cut(a, "=")
		switch key {
		case "tag":
			s.tag = value
		case "dir":
			dir = value
		case "codec":
			codec = value
		case "line":
			lines = append(lines, value)
		case "reginfo":
			return headers + "Content-Type: application/reginfo+xml\nContent-Length: [len]\n", s.reginfo(value)
		case "info":
			return headers + "Content-Type: application/dtmf-relay\nContent-Length: [len]\n", "Signal=" + value + "\nDuration=160\n"
		case "frag": // how far a transfer has come (RFC 3420)
			return headers + "Content-Type: message/sipfrag;version=2.0\nContent-Length: [len]\n", "SIP/2.0 " + value + "\n"
		case "dialog": // a second dialog of the same SIPp call: SIPp looks at what stands behind the slashes
			s.dialog = ""
			if value != "" {
				s.dialog = value + "///"
			}
		case "text", "cpim", "imdn":
			kind, body := s.written(key, value)
			return headers + "Content-Type: " + kind + "\nContent-Length: [len]\n", body
		case "rtp":
			rtp = int(value[0] - '1')
		default:
			headers += a + "\n"
		}
	}
	if rtp < 0 {
		return headers + "Content-Length: 0\n", ""
	}
	body = s.sdp(rtp, codec, dir, lines)
	return headers + "Content-Type: application/sdp\nContent-Length: [len]\n", body
}

// reginfo is the state of a registration, for the registrar: "active registered" (RFC 3680 5).
func (s *Script) reginfo(word string) string {
	state, event, _ := strings.Cut(word, " ")
	s.version["reginfo"]++
	return fmt.Sprintf("<?xml version=\"1.0\"?>\n<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"%d\" state=\"full\">\n"+
		"<registration aor=\"sip:+1555[$port]@%s\" id=\"r1\" state=\"%s\"><contact id=\"c1\" state=\"%s\" event=\"%s\"><uri>sip:[$token]@%s</uri></contact></registration>\n</reginfo>\n",
		s.version["reginfo"]-1, Home, state, state, event, s.Host)
}

// sdp is a description of ours; its version rises when it changes (RFC 3264 8).
func (s *Script) sdp(rtp int, codec, dir string, lines []string) string {
	audio := "8 101\na=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15"
	if codec == "amr" {
		audio = "98 101\na=rtpmap:98 AMR/8000\na=fmtp:98 octet-align=1\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15"
	}
	if codec == "none" {
		audio = "96\na=rtpmap:96 EVS/16000"
	}
	rest := fmt.Sprintf("s=-\nc=IN IP4 %s\nt=0 0\nm=audio %d RTP/AVP %s\na=ptime:20\na=%s\n", s.Host, s.RTP[rtp], audio, dir)
	for _, l := range lines {
		rest += l + "\n"
	}
	if rest != s.last[s.tag] {
		s.version[s.tag]++
		s.last[s.tag] = rest
	}
	return fmt.Sprintf("v=0\no=far 1 %d IN IP4 %s\n%s", s.version[s.tag], s.Host, rest)
}

func message(retransmit bool, text, body string) string {
	open := "<send>"
	if retransmit {
		open = `<send retrans="500">`
	}
	return open + "<![CDATA[\n" + text + "\n" + body + "]]></send>\n"
}

const allow = "Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, OPTIONS"

// reply answers the INVITE.
func (s *Script) reply(status string, args ...string) string {
	headers, body := s.parts(args)
	via := "Via: [$via]"
	if s.Self != "" {
		via = "[$via]: 70"
	}
	text := "SIP/2.0 " + status + "\n" + via + "\nFrom: [$from]\nTo: [$to];tag=" + s.tag + "\nCall-ID: [call_id]\nCSeq: [$cseq]\n"
	if status < "300" && !strings.HasPrefix(status, "100") {
		text += s.contact() + "\n" + allow + "\n"
	}
	return message(false, text+headers, body)
}

// answer answers the request that came last.
func (s *Script) answer(status string, args ...string) string {
	headers, body := s.parts(args)
	text := "SIP/2.0 " + status + "\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\n"
	if body != "" {
		text += s.contact() + "\n" + allow + "\n"
	}
	return message(false, text+headers, body)
}

// sender writes From and To of our requests.
func (s *Script) sender(toTag bool) string {
	if !s.Caller {
		return "From: [$to];tag=" + s.tag + "\nTo: [$from]\n"
	}
	to := ""
	if toTag {
		to = "[peer_tag_param]"
	}
	self := s.Self
	if self == "" {
		self = "+15550101"
	}
	return fmt.Sprintf("From: \"Far\" <sip:%s@%s>;tag=[pid]far[call_number]\nTo: <sip:%s@%s>%s\n", self, Home, s.User, Home, to)
}

// via is for requests of ours; those in a dialog go back by the way the core recorded.
func (s *Script) via(inDialog bool) string {
	routes := ""
	if inDialog && s.Self != "" {
		routes = "[routes]\n"
	}
	return routes + fmt.Sprintf("Via: SIP/2.0/%s [local_ip]:[local_port];branch=[branch];rport\nMax-Forwards: 70\n", strings.ToUpper(s.Network))
}

// send sends a request in the dialog.
func (s *Script) send(method string, args ...string) string {
	s.cseq++
	headers, body := s.parts(args)
	text := method + " [next_url] SIP/2.0\n" + s.via(true) + s.sender(true) + fmt.Sprintf("Call-ID: %s[call_id]\nCSeq: %d %s\n", s.dialog, s.cseq, method)
	if method == "INVITE" {
		s.invited = s.cseq
	}
	if method == "NOTIFY" || method == "REFER" {
		text += s.contact() + "\n"
	}
	if method == "INVITE" || method == "UPDATE" {
		text += s.contact() + "\n" + allow + "\n"
	}
	out := message(true, text+headers, body)
	if method == "INVITE" && s.Self != "" { // a proxy says so at once
		out += trying100()
	}
	return out
}

// call sends an INVITE to the gateway, as an S-CSCF would.
func (s *Script) call(args ...string) string {
	s.Caller = true
	s.cseq++
	s.invited = s.cseq
	headers, body := s.parts(args)
	if s.Self != "" {
		return message(true, fmt.Sprintf("INVITE sip:%s@%s SIP/2.0\n", s.User, Home)+s.via(false)+s.sender(false)+
			fmt.Sprintf("Call-ID: %s[call_id]\nCSeq: %d INVITE\n", s.dialog, s.cseq)+s.contact()+"\n"+allow+"\n"+headers, body)
	}
	text := fmt.Sprintf("INVITE sip:%s@%s SIP/2.0\n", s.Token, s.Gateway) + s.via(false) + fmt.Sprintf("Route: <sip:mt-%s@%s;lr>\n", s.Token, s.Gateway) +
		s.sender(false) + fmt.Sprintf("Call-ID: %s[call_id]\nCSeq: %d INVITE\n", s.dialog, s.cseq) + s.contact() + "\n" + allow + "\n" +
		fmt.Sprintf("P-Asserted-Identity: \"Far\" <sip:+15550101@%s>\nP-Called-Party-ID: <sip:%s@%s>\nP-Charging-Vector: icid-value=far[call_number]\n", Home, s.User, Home)
	return message(true, text+headers, body)
}

// ack acknowledges a 2xx.
func (s *Script) ack(args ...string) string {
	headers, body := s.parts(args)
	return message(false, "ACK [next_url] SIP/2.0\n"+s.via(true)+s.sender(true)+fmt.Sprintf("Call-ID: %s[call_id]\nCSeq: %d ACK\n", s.dialog, s.invited)+headers, body)
}

// cancel gives up our INVITE, in its transaction's name (RFC 3261 9.1).
func (s *Script) cancel(args ...string) string {
	headers, body := s.parts(args)
	start := fmt.Sprintf("CANCEL sip:%s@%s SIP/2.0\n[last_Via:]\nMax-Forwards: 70\nRoute: <sip:mt-%s@%s;lr>\n", s.Token, s.Gateway, s.Token, s.Gateway)
	if s.Self != "" {
		start = fmt.Sprintf("CANCEL sip:%s@%s SIP/2.0\n[last_Via:]\nMax-Forwards: 70\n", s.User, Home)
	}
	return message(true, start+
		s.sender(false)+fmt.Sprintf("Call-ID: [call_id]\nCSeq: %d CANCEL\n", s.invited)+headers, body)
}

// refused takes a refusal of our INVITE and acknowledges it within the INVITE's transaction (RFC 3261 17.1.1.3).
func (s *Script) refused(code int, pairs ...string) string {
	user, host := s.Token, s.Gateway
	if s.Self != "" {
		user, host = s.User, Home
	}
	text := fmt.Sprintf("ACK sip:%s@%s SIP/2.0\n[last_Via:]\nMax-Forwards: 70\n[last_From:]\n[last_To:]\n[last_Call-ID:]\nCSeq: %d ACK\nContent-Length: 0\n", user, host, s.invited)
	return s.status(code, pairs...) + message(false, text, "")
}
