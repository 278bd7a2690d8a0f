package ims

import (
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/call"
	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/hop"
	"causeway/signaling/sip/reginfo"
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
// It is a service: when it cannot be had, the registration stands all the same. One that is lost is asked for again, at
// growing intervals; one that the core does not offer at all, with the next refresh of the registration.
//
// Documents are numbered (RFC 3680 5.2). An older one changes nothing. A partial one that leaves a number out is obeyed for
// what it says, and a refresh of the subscription brings the full state, for what it does not say.

// subscription is the dialog of SUBSCRIBE. It belongs to the binding's queue.
type subscription struct {
	callID, localTag string // "" while there is none
	remote           string // To value, with tag once known
	target           string
	routes           []string
	seq              uint32
	notifySeq        uint32
	version          uint64
	seen             bool        // a version has been seen
	gap              bool        // a document is missing: the next full one is looked at for what is not in it
	repaired         time.Time   // when a gap was last asked for
	attempt          int         // losses in a row
	timer            *time.Timer // refresh, or the next try
}

// gapRest keeps a core that counts wrongly from keeping us busy.
const gapRest = 30 * time.Second

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
		*s = subscription{callID: token(), localTag: token(), remote: "<" + impu + ">", target: impu, attempt: s.attempt, timer: s.timer}
		b.client.mu.Lock()
		b.client.subs[s.callID] = b
		b.client.mu.Unlock()
	}
	s.stop()
	s.seq++
	seq := s.seq
	req, err := b.subscribeRequest(r.expires + 600*time.Second)
	if err != nil {
		return
	}
	_, err = b.client.tx.Request(req, b.client.core.For(req, r.entry), handler{
		response: func(res *sip.Response) {
			if res.StatusCode >= 200 {
				b.q.post(func() { b.subscribed(seq, r, res) })
			}
		},
		failed: func(error) { b.q.post(func() { b.lost(seq, 0) }) },
	})
	if err != nil {
		b.lost(seq, 0)
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

// subscribed takes the final response to SUBSCRIBE.
func (b *Binding) subscribed(seq uint32, r *registration, res *sip.Response) {
	s := &b.sub
	switch {
	case s.callID != dialog.First(res, "call-id", "i") || seq != s.seq:
	case res.StatusCode >= 300:
		b.log.Debug("no registration events", "status", res.StatusCode)
		switch res.StatusCode {
		case 403, 404, 405, 489, 501: // not for us, or not at all: the next refresh of the registration tries again
			b.unsubscribed()
		default:
			b.lost(seq, hop.RetryAfter(res))
		}
	default:
		s.attempt = 0
		s.remote = dialog.First(res, "to", "t")
		if contacts := dialog.Values(res, "contact", "m"); len(contacts) > 0 {
			if uri := dialog.AddrSpec(contacts[0]); strings.HasPrefix(uri, "sip:") {
				s.target = uri
			}
		}
		if s.routes == nil {
			s.routes = reversed(dialog.Values(res, "record-route"))
		}
		// A subscription is refreshed with the registration, unless the core made it shorter (RFC 6665 4.2.1.1).
		n, err := strconv.ParseUint(dialog.First(res, "expires"), 10, 31)
		if granted := time.Duration(n) * time.Second; err == nil && n > 0 && granted < refreshAfter(r.expires)+time.Minute {
			s.again(b, refreshAfter(granted))
		}
	}
}

// again arms the timer of the next SUBSCRIBE.
func (s *subscription) again(b *Binding, wait time.Duration) {
	s.stop()
	s.timer = time.AfterFunc(wait, func() { b.q.post(b.subscribe) })
}

func (s *subscription) stop() {
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
}

// lost forgets a subscription and plans a new one: after wait, or when that is 0 after a time that grows.
func (b *Binding) lost(seq uint32, wait time.Duration) {
	if seq != b.sub.seq || b.sub.callID == "" {
		return
	}
	attempt := b.sub.attempt
	b.unsubscribed()
	if b.current.Load() == nil {
		return
	}
	if wait == 0 {
		back := b.client.cfg.RegisterRetryMax
		if attempt < 16 {
			back = min(back, b.client.cfg.RegisterRetry<<attempt)
		}
		wait = back/2 + time.Duration(random(int64(back)+1))
	}
	b.sub.attempt = attempt + 1
	b.sub.again(b, wait)
	b.log.Debug("subscription to registration events lost", "retry", wait)
}

// unsubscribed forgets the subscription.
func (b *Binding) unsubscribed() {
	b.client.mu.Lock()
	delete(b.client.subs, b.sub.callID)
	b.client.mu.Unlock()
	b.sub.stop()
	b.sub = subscription{}
}

// notified takes a NOTIFY of the subscription.
func (b *Binding) notified(srv *transaction.Server, src transport.Source) {
	req, s := srv.Request(), &b.sub
	respond := func(status int, extra ...dialog.Header) {
		_ = srv.Respond(dialog.NewResponse(req, status, s.localTag, "", extra...)) // a lost answer is the peer's to repeat for
	}
	tag, _ := dialog.Param(dialog.First(req, "to", "t"), "tag")
	from, _ := dialog.Param(dialog.First(req, "from", "f"), "tag")
	notifier, known := dialog.Param(s.remote, "tag") // a NOTIFY may overtake the 200 (RFC 6665 4.1.2.4)
	cseq := req.CSeq()
	switch {
	case s.callID == "" || tag != s.localTag || known && from != notifier || cseq == nil:
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
	if len(req.Body()) == 0 {
		respond(200)
	} else {
		doc, err := reginfo.Parse(req.Body())
		if err != nil {
			respond(400)
			b.log.Debug("registration event not understood", "source", src.Remote, "error", err)
			return
		}
		respond(200)
		b.informed(doc)
	}
	b.subscriptionState(dialog.First(req, "subscription-state"))
}

// informed takes a document by its number (RFC 3680 5.2).
func (b *Binding) informed(doc *reginfo.Document) {
	s := &b.sub
	full := doc.State != "partial"
	if s.seen && doc.Version <= s.version {
		return
	}
	if !full && (!s.seen || doc.Version != s.version+1) {
		s.gap = true
	}
	s.seen, s.version = true, doc.Version
	f := doc.Fate(b.token)
	missing := full && s.gap && !f.Listed && !f.Gone
	if full {
		s.gap = false
	}
	if b.decided(f); b.state != regRegistered || b.sub.callID == "" {
		return
	}
	switch {
	case missing: // it ended in a document we never saw: only the registrar knows why
		b.arm(0)
	case s.gap && time.Since(s.repaired) >= gapRest:
		s.repaired = time.Now()
		b.log.Debug("registration event missed, asking for the full state", "version", doc.Version)
		b.subscribe()
	}
}

// subscriptionState obeys the end of a subscription (RFC 6665 4.1.3).
func (b *Binding) subscriptionState(value string) {
	if b.sub.callID == "" || !strings.EqualFold(firstWord(value), "terminated") {
		return
	}
	why, _ := dialog.Param(value, "reason")
	text, _ := dialog.Param(value, "retry-after")
	n, _ := strconv.ParseUint(text, 10, 31) // absent or unreadable: 0, our own wait
	switch strings.ToLower(why) {
	case "rejected", "noresource", "invariant":
		b.unsubscribed() // the next refresh of the registration tries again
	case "deactivated", "timeout":
		b.lost(b.sub.seq, b.client.cfg.RegisterRetry/4+time.Duration(random(int64(b.client.cfg.RegisterRetry/2)+1)))
	default:
		b.lost(b.sub.seq, min(time.Duration(n)*time.Second, time.Hour))
	}
}

// decided acts on what the network said.
func (b *Binding) decided(f reginfo.Fate) {
	if b.state != regRegistered {
		return
	}
	if f.Shortened {
		b.arm(0)
		return
	}
	if !f.Gone {
		return
	}
	b.client.stats.deregistrations.Add(1)
	b.unsubscribed()
	b.current.Store(nil)
	cause := call.Cause{Side: call.Core, Kind: call.Deregistered, Text: ended(f.Event)}
	renew := f.Event == "deactivated" || f.Event == "probation" // RFC 3680 4.3: only these may come back by themselves
	b.log.Info("deregistered by the network", "event", f.Event, "renewing", renew)
	b.params.Notify(Deregistered{Cause: cause, Renewing: renew})
	if renew {
		b.state = regTrying
		b.attempt = 0
		b.arm(max(f.RetryAfter, b.client.cfg.RegisterRetry/2+time.Duration(random(int64(b.client.cfg.RegisterRetry)))))
		return
	}
	b.state = regFailed
	b.stopTimer()
	b.client.forget(b)
}

// ended puts an event of RFC 3680 4.7.1 into words.
func ended(event string) string {
	switch event {
	case "rejected":
		return "the network ended the registration and will not take another one now"
	case "expired":
		return "the registration expired in the network"
	case "deactivated", "probation":
		return "the network ended the registration; the phone registers again"
	default:
		return "the network ended the registration"
	}
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
