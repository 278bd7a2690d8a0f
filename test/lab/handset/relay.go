package handset

import (
	"encoding/hex"
	"strings"
	"time"

	"causeway/test/lab/sip"
)

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
