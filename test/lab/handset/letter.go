package handset

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"causeway/test/lab/sip"
)

// Letter is one text a handset was sent.
type Letter struct {
	Number string `json:"number"` // of the handset
	From   string `json:"from"`   // asserted identity of the sender, a URI
	Type   string `json:"type"`   // media type: of the text, or message/imdn+xml
	Text   string `json:"text"`   // for a notification: what it says, "displayed"
}

// maxLetters bounds what is kept.
const maxLetters = 100

// What a handset does with texts, Script.Text.
const (
	textTaken = ""      // takes them, and says so and that they were read when it is asked to
	textEcho  = "echo"  // the same, and writes back
	textPlain = "plain" // takes bare texts only
	textRelay = "relay" // is a short message centre
)

// Letters lists the texts and notifications that handsets were sent.
func (f *Farm) Letters() []Letter {
	out := []Letter{}
	f.stack.Do(func() { out = append(out, f.letters...) })
	return out
}

// letter takes a MESSAGE outside a dialog (RFC 3428 7).
func (f *Farm) letter(tx *sip.ServerTx) {
	m := tx.Request
	uri, err := sip.ParseURI(m.URI)
	script, known := f.scripts[uri.User]
	if err != nil || !known {
		tx.Reply(404, "Not Found", sip.Token())
		return
	}
	if m.Has("Contact") {
		f.wrong(script, m, "contact", "a MESSAGE with Contact (RFC 3428 9)")
	}
	kind, _, _ := strings.Cut(strings.ToLower(m.Get("Content-Type")), ";")
	switch {
	case kind == "text/plain" && script.Text != textRelay:
		tx.Reply(200, "OK", sip.Token())
		f.keep(script, m, kind, string(m.Body))
		f.writeBack(script, m, string(m.Body))
	case kind == "message/cpim" && (script.Text == textTaken || script.Text == textEcho):
		tx.Reply(200, "OK", sip.Token())
		f.unwrap(script, m)
	case kind == "application/vnd.3gpp.sms" && script.Text == textRelay:
		f.relay(script, tx)
	default:
		res := m.Response(415, "Unsupported Media Type", sip.Token())
		res.Add("Accept", "text/plain")
		tx.Respond(res)
	}
}

func (f *Farm) keep(s Script, m *sip.Message, kind, text string) {
	if len(f.letters) == maxLetters {
		f.letters = f.letters[1:]
	}
	f.letters = append(f.letters, Letter{Number: s.Number, From: sender(m), Type: kind, Text: text})
}

func (f *Farm) wrong(s Script, m *sip.Message, kind, text string) {
	f.faults = append(f.faults, Fault{Time: time.Now(), Number: s.Number, Call: m.CallID(), Kind: kind, Text: text})
}

// sender is the first asserted identity.
func sender(m *sip.Message) string {
	if list := m.List("P-Asserted-Identity"); len(list) > 0 {
		if a, err := sip.ParseAddress(list[0]); err == nil {
			return a.Raw
		}
	}
	return ""
}

// unwrap reads a message/cpim: two blocks of headers, then the content (RFC 3862 2, RFC 5438).
func (f *Farm) unwrap(s Script, m *sip.Message) {
	parts := strings.SplitN(string(m.Body), "\r\n\r\n", 3)
	if len(parts) != 3 {
		f.wrong(s, m, "cpim", "not two blocks of headers and a content")
		return
	}
	head, inner, content := parts[0]+"\r\n", parts[1]+"\r\n", parts[2]
	if strings.Contains(inner, "message/imdn+xml") {
		what := between(content, "<status><", "/>")
		if !strings.Contains(content, `xmlns="urn:ietf:params:xml:ns:imdn"`) || between(content, "<message-id>", "</message-id>") == "" || what == "" || !strings.Contains(inner, "Content-Disposition: notification") {
			f.wrong(s, m, "imdn", "a notification that cannot be read")
		}
		f.keep(s, m, "message/imdn+xml", what)
		return
	}
	id, asks := between(head, "imdn.Message-ID: ", "\r\n"), between(head, "imdn.Disposition-Notification: ", "\r\n")
	if asks != "" && (id == "" || !strings.Contains(head, "NS: imdn <urn:ietf:params:imdn>")) {
		f.wrong(s, m, "imdn", "a wish for notifications without a Message-ID or its namespace (RFC 5438 7.1.1)")
	}
	f.keep(s, m, "text/plain", content)
	to := sender(m)
	for i, about := range []string{"delivery", "display"} {
		done := []string{"delivered", "displayed"}[i]
		if strings.Contains(asks, []string{"positive-delivery", "display"}[i]) {
			f.after(time.Duration(i+1)*400*time.Millisecond, func() {
				f.post(s, to, "", "message/cpim", fmt.Sprintf("From: <sip:%s@%s>\r\nTo: <%s>\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: %s\r\n\r\nContent-Type: message/imdn+xml\r\n"+
					"Content-Disposition: notification\r\n\r\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\"><message-id>%s</message-id><%s-notification><status><%s/></status></%s-notification></imdn>",
					s.Number, f.cfg.HomeDomain, to, sip.Token(), id, about, done, about))
			})
		}
	}
	f.writeBack(s, m, content)
}

// writeBack is the echo of a text; it wants to know whether it was read.
func (f *Farm) writeBack(s Script, m *sip.Message, text string) {
	to := sender(m)
	if s.Text != textEcho || to == "" {
		return
	}
	f.after(1200*time.Millisecond, func() {
		f.post(s, to, "", "message/cpim", fmt.Sprintf("From: <sip:%s@%s>\r\nTo: <%s>\r\nDateTime: %s\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: %s\r\n"+
			"imdn.Disposition-Notification: positive-delivery, display\r\n\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s",
			s.Number, f.cfg.HomeDomain, to, time.Now().UTC().Format(time.RFC3339), sip.Token(), text))
	})
}

func between(s, from, to string) string {
	_, rest, found := strings.Cut(s, from)
	if !found {
		return ""
	}
	out, _, _ := strings.Cut(rest, to)
	return out
}

// post sends a MESSAGE as a handset's P-CSCF hands it on, and returns its Call-ID.
func (f *Farm) post(s Script, to, inReplyTo, contentType, body string) {
	if to == "" {
		return
	}
	own := "<sip:" + s.Number + "@" + f.cfg.HomeDomain + ">"
	d := dialog{callID: sip.Token() + "@" + f.Addr().Addr().String(), local: own + ";tag=" + sip.Token(), remote: "<" + to + ">", target: to,
		routes: []string{"<sip:orig@" + f.cfg.Core.String() + ";lr>"}, icid: sip.Token()}
	m := d.request("MESSAGE", 0)
	m.Add("P-Asserted-Identity", own)
	m.Add("Max-Forwards", "70")
	if inReplyTo != "" {
		m.Add("In-Reply-To", inReplyTo)
	}
	m.Add("Content-Type", contentType)
	m.Body = []byte(body)
	f.stack.Send(m, sip.Target{Addr: f.cfg.Core}, func(res *sip.Message) {
		if res == nil || res.Status >= 300 {
			status := "no answer"
			if res != nil {
				status = fmt.Sprint(res.Status, " ", res.Reason)
			}
			f.cfg.Log.Info("message not taken", "from", s.Number, "answer", status)
		}
	})
}

// The lab's short message centre and its IP-SM-GW in one (TS 24.341): what is submitted is acknowledged, reported on when that is asked
// for, and delivered. It copies the text's octets as they are, as real centres do, and reads none of them.

// submitted is an SMS-SUBMIT in an RP-DATA, as far as a centre looks at it.
type submitted struct {
	relay, transfer byte
	report, header  bool
	to              string // digits, "+" before an international number
	rest            []byte // data coding scheme, user data length, user data
}

// submit takes an RP-DATA of a phone apart (TS 24.011 7.3.1.2, TS 23.040 9.2.2.2); false for what is none.
func submit(b []byte) (s submitted, ok bool) {
	if len(b) < 4 || b[0] != 0 || b[2] != 0 || len(b) < 4+int(b[3])+1 {
		return s, false
	}
	s.relay = b[1]
	t := b[4+int(b[3]):]
	if int(t[0]) != len(t)-1 || len(t) < 6 {
		return s, false
	}
	t = t[1:]
	digits := int(t[2])
	at := 4 + (digits+1)/2
	if t[0]&0x1b != 1 || len(t) < at+3 { // SMS-SUBMIT without a validity period
		return s, false
	}
	s.transfer, s.report, s.header = t[1], t[0]&0x20 != 0, t[0]&0x40 != 0
	if t[3] == 0x91 {
		s.to = "+"
	}
	s.to += swapped(hex.EncodeToString(t[4:at]))[:digits]
	s.rest = t[at+1:]
	return s, true
}

// swapped exchanges the digits of each octet.
func swapped(h string) string {
	out := []byte(h)
	for i := 0; i+1 < len(out); i += 2 {
		out[i], out[i+1] = out[i+1], out[i]
	}
	return string(out)
}

// octets writes a number as an address without its length: type and semi-octets.
func octets(number string) []byte {
	kind := byte(0x81)
	digits, global := strings.CutPrefix(number, "+")
	if global {
		kind = 0x91
	}
	if len(digits)%2 == 1 {
		digits += "f"
	}
	b, _ := hex.DecodeString(swapped(digits)) // numbers have digits only
	return append([]byte{kind}, b...)
}

func stamp(at time.Time) []byte {
	b, _ := hex.DecodeString(swapped(at.UTC().Format("060102150405") + "00"))
	return b
}

// fromCentre wraps a TPDU in an RP-DATA from the network.
func fromCentre(reference byte, centre string, tpdu []byte) string {
	address := octets(centre)
	out := append([]byte{1, reference, byte(len(address))}, address...)
	return string(append(append(out, 0, byte(len(tpdu))), tpdu...))
}

// relay serves one message to the centre.
func (f *Farm) relay(s Script, tx *sip.ServerTx) {
	m := tx.Request
	tx.Reply(202, "Accepted", sip.Token())
	from, body := sender(m), m.Body
	if len(body) >= 2 && (body[0] == 2 || body[0] == 4) { // RP-ACK, RP-ERROR
		f.keep(s, m, "application/vnd.3gpp.sms", hex.EncodeToString(body))
		return
	}
	sent, ok := submit(body)
	if !ok || from == "" {
		f.wrong(s, m, "sms", "not an SMS-SUBMIT in an RP-DATA")
		f.post(s, from, m.CallID(), "application/vnd.3gpp.sms", string([]byte{5, 0, 1, 96}))
		return
	}
	f.keep(s, m, "application/vnd.3gpp.sms", "to "+sent.to)
	f.post(s, from, m.CallID(), "application/vnd.3gpp.sms", string([]byte{3, sent.relay}))
	uri, _ := sip.ParseURI(from)
	target, known := f.scripts[sent.to]
	if sent.report {
		report := append([]byte{2 | 4, sent.transfer, byte(len(strings.TrimPrefix(sent.to, "+")))}, octets(sent.to)...)
		report = append(append(append(report, stamp(time.Now())...), stamp(time.Now())...), 0)
		f.after(500*time.Millisecond, func() {
			f.post(s, from, "", "application/vnd.3gpp.sms", fromCentre(sent.transfer, s.Number, report))
		})
	}
	if known && target.Text != textEcho {
		return
	}
	origin, to := uri.User, "sip:"+sent.to+"@"+f.cfg.HomeDomain // for another user of the network
	if known {                                                  // an echo writes the same back
		origin, to = sent.to, from
	}
	first := byte(4)
	if sent.header {
		first |= 0x40
	}
	deliver := append([]byte{first, byte(len(strings.TrimPrefix(origin, "+")))}, octets(origin)...)
	deliver = append(append(deliver, 0, sent.rest[0]), stamp(time.Now())...)
	deliver = append(deliver, sent.rest[1:]...)
	f.after(900*time.Millisecond, func() {
		f.post(s, to, "", "application/vnd.3gpp.sms", fromCentre(sent.relay, s.Number, deliver))
	})
}
