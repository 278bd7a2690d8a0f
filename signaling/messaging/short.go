package messaging

import (
	"errors"
	"slices"
	"strings"
	"time"

	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/sip/identity"
	"causeway/signaling/sms"
	"causeway/signaling/wire"
)

// Short messages of the page (TS 24.341 5.3.1.2): each part is an SMS-SUBMIT in an RP-DATA in a MESSAGE to the centre's address. The centre
// answers with a message of its own, and the next part follows (TS 24.011 allows one at a time).
//
//	part 1 --MESSAGE--> 202: the page's request is answered
//	       <--RP-ACK--- part 2 ... last one: report "accepted"
//	       <--RP-ERROR- report "failed", the rest is not sent
//	       40 s nothing: the same (TR1M, TS 24.011 10)
//	later  <--SMS-STATUS-REPORT for each part: "delivered" once all have been, "stored", "failed"

// relayWait is how long the centre may take (TS 24.011 10: TR1M is 35 to 45 s).
const relayWait = 40 * time.Second

// short is a short message of the page on its way.
type short struct {
	m         *sent
	id        wire.ID
	line      Line
	center    ims.SMSConfig
	from      string
	parts     []sms.Submit
	at        int  // the part that is on its way
	relay     byte // its RP-Message-Reference
	taken     bool // the core has taken it
	acked     bool // the centre has it
	answered  bool // the page's request
	over      bool
	reports   bool
	delivered []bool
	timer     *time.Timer
}

// sendShort begins a short message.
func (b *Box) sendShort(id wire.ID, p wire.SendParams, m *sent) *wire.Error {
	line := b.host.Line()
	center, enabled := line.SMS()
	if !enabled || center.PSI == "" {
		return wire.NewError(wire.NameSMSUnavailable)
	}
	if p.Anonymous || p.Display {
		return wire.NewError(wire.NameParamsInvalid).WithMessage("Short messages can neither be anonymous nor be reported as read: leave out params.anonymous and display.")
	}
	e, err := line.Envelope(p.Target, p.From, false)
	if err != nil {
		return faultOf(err)
	}
	to, err := sms.Number(identity.Number(e.To))
	if err != nil {
		return wire.NewError(wire.NameNumberInvalid).WithMessage("A short message needs a telephone number.")
	}
	parts, err := sms.Split(to, strings.ReplaceAll(p.Text, "\r\n", "\n"), b.agent.number(b.host.IMPU(), func(c *counters) *byte { return &c.long }))
	if err != nil {
		var long sms.ErrLong
		if errors.As(err, &long) {
			return wire.NewError(wire.NameMessageTooLong).WithMessage("The message needs %d short messages; %d are allowed.", long.Parts, sms.MaxParts)
		}
		return wire.NewError(wire.NameInternal)
	}
	m.short = &short{m: m, id: id, line: line, center: center, from: p.From, parts: parts, reports: p.Delivery, delivered: make([]bool, len(parts))}
	b.keep(m)
	if fault := m.short.next(); fault != nil {
		return fault
	}
	return nil
}

// next sends the part that is next.
func (s *short) next() *wire.Error {
	a, impu := s.m.box.agent, s.m.box.host.IMPU()
	part := &s.parts[s.at]
	part.Report = s.reports
	part.Reference = a.number(impu, func(c *counters) *byte { return &c.transfer })
	center, err := sms.Number(s.center.Center)
	if err != nil {
		return wire.NewError(wire.NameInternal)
	}
	rp := sms.RP{Type: sms.DataTo, Reference: a.number(impu, func(c *counters) *byte { return &c.relay }), Center: center, UserData: part.Encode()}
	body, err := rp.Encode()
	if err != nil {
		return wire.NewError(wire.NameInternal)
	}
	e, err := s.line.Reply(s.center.PSI, s.from)
	if err != nil {
		return faultOf(err)
	}
	s.taken, s.acked, s.relay = false, false, rp.Reference
	a.expect(s.m, byCall(e.CallID))
	a.expect(s.m, byRelay(impu, rp.Reference))
	if s.reports {
		a.expect(s.m, byTransfer(impu, part.Reference))
	}
	at := s.at
	err = s.line.Send(e, ims.Content{Type: typeShort, Body: body}, func(refused *call.Cause) {
		s.m.box.host.Post(func() { s.sent(at, refused) })
	})
	if err != nil {
		return faultOf(err)
	}
	s.timer = time.AfterFunc(relayWait, func() {
		s.m.box.host.Post(func() {
			if s.at == at && !s.acked {
				s.fail(wire.NewError(wire.NameMessageFailed).WithMessage("The short message centre did not answer; the message may have been sent all the same."))
			}
		})
	})
	return nil
}

// sent takes the core's answer to a part.
func (s *short) sent(at int, refused *call.Cause) {
	if s.over || at != s.at {
		return
	}
	if refused != nil {
		s.fail(faultOf(refused))
		return
	}
	s.taken = true
	s.answer()
	s.advance()
}

func (s *short) answer() {
	if s.answered || s.m.box.closed {
		return
	}
	s.answered = true
	s.m.box.agent.stats.sent.Add(1)
	s.m.box.host.Answer(s.id, wire.SendResult{Message: s.m.name, Via: wire.ViaSMS, Parts: len(s.parts)})
}

// fail ends it: the page's request is refused, or if that is answered the page is told.
func (s *short) fail(fault *wire.Error) {
	if s.over || s.m.box.closed {
		return
	}
	s.over = true
	s.timer.Stop()
	if !s.answered {
		s.answered = true
		s.m.box.drop(s.m)
		s.m.box.host.Refuse(s.id, fault)
		return
	}
	s.m.tell(wire.MessageFailed, fault)
}

// relayed takes the centre's word on the part that is on its way. It may overtake the core's answer to it.
func (s *short) relayed(rp sms.RP) {
	if s == nil || s.over || s.acked || rp.Reference != s.relay || s.m.box.closed {
		return
	}
	if rp.Type == sms.ErrorFrom {
		s.m.box.host.Log().Info("short message refused by its centre", "rp-cause", rp.Cause, "tp-failure-cause", rp.Failure())
		s.answer()
		s.fail(relayFault(rp.Cause))
		return
	}
	s.acked = true
	s.timer.Stop()
	s.advance()
}

// advance goes on once both the core and the centre have the part.
func (s *short) advance() {
	if !s.taken || !s.acked {
		return
	}
	if s.at == len(s.parts)-1 {
		s.over = true
		s.m.tell(wire.MessageAccepted, nil)
		return
	}
	s.at++
	if fault := s.next(); fault != nil {
		s.fail(fault)
	}
}

// relayFault gives an RP-Cause the browser's words (TS 24.011 table 8.4).
func relayFault(cause byte) *wire.Error {
	switch cause {
	case sms.CauseUnassigned, 28, 30: // unassigned, unidentified, unknown subscriber
		return wire.NewError(wire.NameNumberUnknown)
	case 8, sms.CauseBarred, sms.CauseRejected, 29, 50, 69: // barred, rejected, not subscribed, not implemented
		return wire.NewError(wire.NameMessageRefused)
	case 27: // destination out of service
		return wire.NewError(wire.NameUnavailable)
	}
	return wire.NewError(wire.NameMessageFailed)
}

// reported takes a status report. It is about this message only if it names its recipient: references come round.
func (s *short) reported(r sms.StatusReport) {
	if s == nil || s.m.box.closed || !sameDigits(r.To.Text, s.parts[0].To.Text) {
		return
	}
	at := slices.IndexFunc(s.parts, func(p sms.Submit) bool { return p.Reference == r.Reference })
	if at < 0 || at > s.at {
		return
	}
	switch r.Fate() {
	case sms.Delivered:
		s.delivered[at] = true
		if !slices.Contains(s.delivered, false) {
			s.m.tell(wire.MessageDelivered, nil)
		}
	case sms.Pending:
		s.m.tell(wire.MessageStored, nil)
	case sms.Failed:
		s.m.tell(wire.MessageFailed, wire.NewError(wire.NameMessageUndelivered))
	}
}

// sameDigits compares numbers by their last seven digits: centres report them in another form than they were given.
func sameDigits(a, b string) bool {
	a, b = strings.TrimPrefix(a, "+"), strings.TrimPrefix(b, "+")
	n := min(len(a), len(b), 7)
	return n > 0 && a[len(a)-n:] == b[len(b)-n:]
}
