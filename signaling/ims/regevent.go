package ims

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/call"
	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/transaction"
	"causeway/signaling/sip/transport"
)

// The registration-state subscription (TS 24.229 5.2.3, RFC 3680, RFC 6665): the S-CSCF admits the gateway because it is
// in the registration's Path, and tells by NOTIFY when the network ends or shortens the registration.
//
//	gateway                                    S-CSCF
//	   |--- SUBSCRIBE, Event: reg --------------->|  after the first 200, again with each refresh
//	   |<-- 200 ----------------------------------|
//	   |<-- NOTIFY reginfo, our contact active ---|  200
//	   |<-- NOTIFY contact terminated ------------|  200; Deregistered, or register again when "deactivated"
//
// It is a service: when it cannot be had, the registration stands all the same.

// subscription is the dialog of SUBSCRIBE. It belongs to the binding's queue.
type subscription struct {
	callID, localTag string
	remote           string // To value, with tag once known
	target           string
	routes           []string
	seq              uint32
	notifySeq        uint32
	version          uint64
	seen             bool // a version has been seen
}

// subscribe creates or refreshes the subscription.
func (b *Binding) subscribe() {
	r := b.current.Load()
	if r == nil || !b.client.cfg.RegEvent {
		return
	}
	s := &b.sub
	impu := b.params.Identity.IMPU
	for _, id := range r.identities {
		if strings.HasPrefix(id.URI, "sip:") { // the default public identity (24.229 5.2.3)
			impu = id.URI
			break
		}
	}
	if s.callID == "" {
		*s = subscription{callID: token(), localTag: token(), remote: "<" + impu + ">", target: impu}
		b.client.mu.Lock()
		b.client.subs[s.callID] = b
		b.client.mu.Unlock()
	}
	s.seq++
	req, err := b.subscribeRequest(r.expires + 600*time.Second)
	if err != nil {
		return
	}
	_, err = b.client.tx.Request(req, b.client.core.hop(req, r.entry), handler{
		response: func(res *sip.Response) { b.q.post(func() { b.subscribed(res) }) },
		failed:   func(error) { b.q.post(b.unsubscribed) },
	})
	if err != nil {
		b.unsubscribed()
	}
}

// subscribeRequest builds the SUBSCRIBE; From and P-Asserted-Identity are the gateway's own (24.229 5.2.3).
func (b *Binding) subscribeRequest(expires time.Duration) (*sip.Request, error) {
	s, c := &b.sub, b.client
	var uri sip.Uri
	if err := sip.ParseUri(s.target, &uri); err != nil {
		return nil, err
	}
	self := "<sip:" + c.address() + ">"
	req := sip.NewRequest(sip.SUBSCRIBE, uri)
	add := func(name, value string) { req.AppendHeader(sip.NewHeader(name, value)) }
	add("Max-Forwards", "70")
	for _, r := range s.routes {
		add("Route", r)
	}
	add("From", self+";tag="+s.localTag)
	add("To", s.remote)
	add("Call-ID", s.callID)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: s.seq, MethodName: sip.SUBSCRIBE})
	add("Contact", "<"+c.uri("reg-"+b.token)+">")
	add("P-Asserted-Identity", self)
	add("P-Charging-Vector", c.charging(token()))
	add("Event", "reg")
	add("Accept", "application/reginfo+xml")
	add("Expires", strconv.FormatInt(int64(expires/time.Second), 10))
	req.SetBody(nil)
	return req, nil
}

// subscribed takes a response to SUBSCRIBE.
func (b *Binding) subscribed(res *sip.Response) {
	s := &b.sub
	switch {
	case res.StatusCode < 200 || s.callID != dialog.First(res, "call-id", "i"):
	case res.StatusCode >= 300:
		b.log.Debug("no registration events", "status", res.StatusCode)
		b.unsubscribed()
	default:
		s.remote = dialog.First(res, "to", "t")
		if contacts := dialog.Values(res, "contact", "m"); len(contacts) > 0 {
			if uri := dialog.AddrSpec(contacts[0]); strings.HasPrefix(uri, "sip:") {
				s.target = uri
			}
		}
		if s.routes == nil {
			s.routes = reversed(dialog.Values(res, "record-route"))
		}
	}
}

// unsubscribed forgets the subscription; the next refresh of the registration tries again.
func (b *Binding) unsubscribed() {
	b.client.mu.Lock()
	delete(b.client.subs, b.sub.callID)
	b.client.mu.Unlock()
	b.sub = subscription{}
}

// maxRegInfo bounds a reginfo document, in bytes.
const maxRegInfo = 64 << 10

// regInfo is the document of RFC 3680 5, as far as it matters here.
type regInfo struct {
	XMLName       xml.Name `xml:"reginfo"`
	Version       uint64   `xml:"version,attr"`
	State         string   `xml:"state,attr"`
	Registrations []struct {
		AOR      string `xml:"aor,attr"`
		State    string `xml:"state,attr"`
		Contacts []struct {
			State   string `xml:"state,attr"`
			Event   string `xml:"event,attr"`
			Expires string `xml:"expires,attr"`
			URI     string `xml:"uri"`
		} `xml:"contact"`
	} `xml:"registration"`
}

// parseRegInfo reads a reginfo document.
func parseRegInfo(body []byte) (*regInfo, error) {
	if len(body) > maxRegInfo {
		return nil, xml.UnmarshalError("reginfo is too large")
	}
	var doc regInfo
	if err := xml.NewDecoder(bytes.NewReader(body)).Decode(&doc); err != nil {
		return nil, err
	}
	return &doc, nil
}

// fate is what a reginfo document says about one contact.
type fate struct {
	gone      bool
	event     string // "rejected", "deactivated", "unregistered", "expired", "probation"; "" when only the registration ended
	shortened bool
}

// fate finds our contact by its token. A registration that is terminated as a whole, without contacts, ends ours too
// (seen from cores after an RTR).
func (d *regInfo) fate(token string) fate {
	terminated, all := 0, len(d.Registrations)
	for _, r := range d.Registrations {
		if r.State == "terminated" && len(r.Contacts) == 0 {
			terminated++
		}
		for _, c := range r.Contacts {
			if !strings.Contains(c.URI, ":"+token+"@") {
				continue
			}
			if c.State == "terminated" {
				return fate{gone: true, event: c.Event}
			}
			if c.Event == "shortened" {
				return fate{shortened: true}
			}
		}
	}
	return fate{gone: all > 0 && terminated == all}
}

// notified takes a NOTIFY of the subscription.
func (b *Binding) notified(srv *transaction.Server, src transport.Source) {
	req, s := srv.Request(), &b.sub
	respond := func(status int, extra ...dialog.Header) {
		_ = srv.Respond(dialog.NewResponse(req, status, s.localTag, "", extra...)) // a lost answer is the peer's to repeat for
	}
	tag, _ := dialog.Param(dialog.First(req, "to", "t"), "tag")
	cseq := req.CSeq()
	switch {
	case s.callID == "" || tag != s.localTag || cseq == nil:
		respond(481)
		return
	case s.notifySeq != 0 && cseq.SeqNo <= s.notifySeq:
		respond(500, dialog.Header{Name: "Retry-After", Value: "1"})
		return
	case !strings.EqualFold(firstWord(dialog.First(req, "event", "o")), "reg"):
		respond(489, dialog.Header{Name: "Allow-Events", Value: "reg"})
		return
	}
	s.notifySeq = cseq.SeqNo
	over := strings.EqualFold(firstWord(dialog.First(req, "subscription-state")), "terminated")
	if len(req.Body()) == 0 {
		respond(200)
	} else {
		doc, err := parseRegInfo(req.Body())
		if err != nil {
			respond(400)
			b.log.Debug("registration event not understood", "source", src.Remote, "error", err)
			return
		}
		respond(200)
		if s.seen && doc.Version <= s.version { // RFC 3680 5.2: an old document changes nothing
			return
		}
		s.seen, s.version = true, doc.Version
		b.decided(doc.fate(b.token))
	}
	if over && b.sub.callID != "" {
		b.unsubscribed()
	}
}

// decided acts on what the network said.
func (b *Binding) decided(f fate) {
	if b.state != regRegistered {
		return
	}
	if f.shortened {
		b.arm(0)
		return
	}
	if !f.gone {
		return
	}
	b.client.stats.deregistrations.Add(1)
	b.unsubscribed()
	b.current.Store(nil)
	cause := call.Cause{Side: call.Core, Kind: call.Deregistered, Text: "the network ended the registration"}
	renew := f.event == "deactivated" || f.event == "expired" || f.event == "probation" // RFC 3680 4.3
	b.log.Info("deregistered by the network", "event", f.event, "renewing", renew)
	b.params.Notify(Deregistered{Cause: cause, Renewing: renew})
	if renew {
		b.state = regTrying
		b.attempt = 0
		b.arm(b.client.cfg.RegisterRetry/2 + time.Duration(random(int64(b.client.cfg.RegisterRetry))))
		return
	}
	b.state = regFailed
	b.stopTimer()
	b.client.forget(b)
}

// firstWord cuts header parameters off.
func firstWord(value string) string {
	word, _, _ := strings.Cut(value, ";")
	return strings.TrimSpace(word)
}

// reversed returns a copy in reverse order.
func reversed(in []string) []string {
	out := make([]string, 0, len(in))
	for i := len(in) - 1; i >= 0; i-- {
		out = append(out, in[i])
	}
	return out
}
