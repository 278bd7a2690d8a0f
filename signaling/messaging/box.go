package messaging

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/pace"
	"causeway/signaling/sip/cpim"
	"causeway/signaling/sms"
	"causeway/signaling/wire"
)

// kept is how many sent and received messages a session can still hear or tell something about.
const kept = 256

// Box is one session's messages. Its methods are called in the session's queue.
type Box struct {
	agent *Agent
	host  Host

	sending  pace.Bucket
	coming   pace.Bucket
	sent     []*sent
	received []*receipt
	seen     []string // what came lately, for what comes twice
	held     []*held
	parts    sms.Assembler
	called   string      // the identity that the last part was for
	waiting  *time.Timer // for parts that do not come
	closed   bool
}

// sent is a message of the page.
type sent struct {
	box    *Box
	name   string
	status string   // last told
	keys   []string // in the agent's table, guarded by its lock
	short  *short   // a short message; nil otherwise
}

// receipt is what a message of the core says about notifications.
type receipt struct {
	name   string
	from   string // URI to notify, "" if its sender does not want to be told
	called string
	id     string
	at     time.Time
	done   bool
}

// NewBox makes a session's box.
func (a *Agent) NewBox(h Host) *Box { return &Box{agent: a, host: h} }

// Serve takes a request about messages; false for one that is none.
func (b *Box) Serve(id wire.ID, p wire.MessageParams) bool {
	switch p := p.(type) {
	case wire.SendParams:
		b.send(id, p)
	case wire.DisplayedParams:
		b.displayed(id, p.Message)
	default:
		return false
	}
	return true
}

// Close forgets everything: the session is over. What waits is refused.
func (b *Box) Close() {
	b.closed = true
	for _, h := range b.held {
		b.refuseHeld(h)
	}
	b.held = nil
	if b.waiting != nil {
		b.waiting.Stop()
	}
	for _, m := range b.sent {
		b.agent.forget(m)
	}
	b.sent = nil
}

// send sends a message of the page.
func (b *Box) send(id wire.ID, p wire.SendParams) {
	fault := b.maySend(p)
	if fault == nil {
		m := &sent{box: b, name: p.Message}
		if p.Via == wire.ViaSMS {
			fault = b.sendShort(id, p, m)
		} else {
			fault = b.sendText(id, p, m)
		}
		if fault != nil {
			b.drop(m)
		}
	}
	if fault != nil {
		b.host.Refuse(id, fault)
	}
}

// maySend says what speaks against a message before its text is looked at.
func (b *Box) maySend(p wire.SendParams) *wire.Error {
	if slices.ContainsFunc(b.sent, func(m *sent) bool { return m.name == p.Message }) {
		return wire.NewError(wire.NameMessageExists)
	}
	if p.Anonymous && (p.Delivery || p.Display) {
		return wire.NewError(wire.NameParamsInvalid).WithMessage("params.report cannot be asked for with anonymous: reports would have nobody to go to.")
	}
	if b.host.Line() == nil {
		return wire.NewError(wire.NameNotRegistered)
	}
	if wait, ok := b.sending.Take(time.Now(), float64(b.agent.config.PerMinute)/60, b.agent.config.Burst); !ok {
		return wire.NewError(wire.NameRateLimited).WithMessage("Too many messages in a short time.").WithRetryAfter(wait)
	}
	return nil
}

// keep notes a message of the page; of more than there may be the oldest is forgotten.
func (b *Box) keep(m *sent) {
	if len(b.sent) == kept {
		b.agent.forget(b.sent[0])
		b.sent = slices.Delete(b.sent, 0, 1)
	}
	b.sent = append(b.sent, m)
}

func (b *Box) drop(m *sent) {
	b.agent.forget(m)
	b.sent = slices.DeleteFunc(b.sent, func(o *sent) bool { return o == m })
}

// sendText sends text/plain, wrapped if a notification is wanted.
func (b *Box) sendText(id wire.ID, p wire.SendParams, m *sent) *wire.Error {
	line := b.host.Line()
	e, err := line.Envelope(p.Target, p.From, p.Anonymous)
	if err != nil {
		return faultOf(err)
	}
	text := canonical(p.Text)
	content := ims.Content{Type: textType, Body: text}
	b.keep(m)
	if p.Delivery || p.Display {
		name := random()
		wrapped := cpim.Message{From: e.From, To: e.To, At: time.Now(), ID: name, ContentType: textType, Content: text,
			Asks: cpim.Asks{Delivery: p.Delivery, Failure: p.Delivery, Display: p.Display}}
		content = ims.Content{Type: cpim.Type, Body: wrapped.Write()}
		b.agent.expect(m, byID(name))
	}
	err = line.Send(e, content, func(refused *call.Cause) {
		b.host.Post(func() {
			if b.closed {
				return
			}
			if refused != nil {
				b.drop(m)
				b.host.Refuse(id, faultOf(refused))
				return
			}
			b.agent.stats.sent.Add(1)
			b.host.Answer(id, wire.SendResult{Message: m.name, Via: wire.ViaSIP, Parts: 1})
		})
	})
	var long ims.ErrTooLong
	if errors.As(err, &long) {
		return tooLong(len(p.Text), max(0, long.Limit-(long.Bytes-len(p.Text))))
	}
	if err != nil {
		return faultOf(err)
	}
	return nil
}

const textType = "text/plain;charset=UTF-8"

// canonical is a text in the form of RFC 2046 4.1.1: lines end with CR LF.
func canonical(s string) []byte {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	return []byte(strings.ReplaceAll(s, "\n", "\r\n"))
}

func random() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read does not fail (it aborts the program)
	return hex.EncodeToString(b[:])
}

// rank orders what becomes of a message: a report that says less than the one before is not told.
func rank(status string) int {
	return slices.Index([]string{"", wire.MessageAccepted, wire.MessageStored, wire.MessageDelivered, wire.MessageDisplayed}, status)
}

// tell tells the page what has become of a message of its own.
func (m *sent) tell(status string, fault *wire.Error) {
	b := m.box
	failed := m.status == wire.MessageFailed || status == wire.MessageFailed && rank(m.status) >= rank(wire.MessageDelivered)
	if b.closed || failed || status != wire.MessageFailed && rank(status) <= rank(m.status) {
		return
	}
	m.status = status
	b.agent.stats.reports.Add(1)
	report := wire.MessageReport{Message: m.name, Status: status, At: wire.Timestamp{Time: time.Now()}}
	if fault != nil {
		report.Error = fault.Event()
	}
	b.host.Tell(wire.EventReport, report)
}

// displayed tells a sender that the user has read its message.
func (b *Box) displayed(id wire.ID, name string) {
	at := slices.IndexFunc(b.received, func(r *receipt) bool { return r.name == name })
	if at < 0 {
		b.host.Refuse(id, wire.NewError(wire.NameMessageUnknown))
		return
	}
	r := b.received[at]
	if r.from != "" && !r.done {
		r.done = true
		b.notify(r, cpim.Display, cpim.Displayed)
	}
	b.host.Answer(id, nil)
}

// notify sends a notification (RFC 5438 7.2.1). One that cannot be sent is lost: its sender asked for a service, not for a promise.
func (b *Box) notify(r *receipt, about cpim.About, status cpim.Status) {
	line := b.host.Line()
	if line == nil || !b.agent.once(b.host.IMPU(), r.id, r.from, string(status)) {
		return
	}
	e, err := line.Reply(r.from, r.called)
	if err == nil {
		// Whom the message was for is not repeated: From says it, and 1300 bytes are soon full (both elements are optional, RFC 5438 11.1.3).
		document := cpim.Notification{ID: r.id, At: r.at, About: about, Status: status}
		wrapped := cpim.Message{From: e.From, To: e.To, At: time.Now(), ID: random(), ContentType: cpim.TypeNotified, Notification: true, Content: document.Write()}
		err = line.Send(e, ims.Content{Type: cpim.Type, Body: wrapped.Write()}, b.lost("notification"))
	}
	if err != nil {
		b.host.Log().Debug("notification not sent", "err", err)
	}
}

// lost notes what became of a message of the gateway's own.
func (b *Box) lost(what string) func(*call.Cause) {
	return func(refused *call.Cause) {
		if refused != nil {
			b.host.Log().Debug("message of the gateway not taken", "what", what, "cause", refused.Kind.String(), "status", refused.SIP)
		}
	}
}

// faultOf gives a refused message the browser's words.
func faultOf(err error) *wire.Error {
	cause := call.CauseOf(err)
	name := wire.NameMessageFailed
	switch {
	case slices.Contains([]int{405, 406, 415, 488, 493, 501, 606}, cause.SIP):
		name = wire.NameMessageUnsupported
	case cause.SIP == 413 || cause.SIP == 513:
		name = wire.NameMessageTooLong
	case cause.SIP == 380:
		name = wire.NameMessageEmergency
	case cause.SIP != 0 && (cause.Kind == call.Forbidden || cause.Kind == call.Declined):
		name = wire.NameMessageRefused
	default:
		switch cause.Kind {
		case call.Emergency:
			name = wire.NameMessageEmergency
		case call.Forbidden:
			return wire.NewError(wire.NameIdentityBarred).WithMessage("You cannot send with this identity: the telephone network has not given it to you.")
		case call.Deregistered:
			name = wire.NameNotRegistered
		case call.NumberInvalid, call.NumberUnknown, call.CoreUnreachable:
			name = cause.Kind.String()
		case call.NoAnswer, call.Busy, call.Unavailable:
			if cause.SIP < 500 || cause.SIP >= 600 {
				name = wire.NameUnavailable
			}
		case call.Internal:
			name = wire.NameInternal
		}
	}
	fault := wire.NewError(name)
	if cause.RetryAfter > 0 {
		fault = fault.WithRetryAfter(cause.RetryAfter)
	}
	return fault
}

func tooLong(bytes, limit int) *wire.Error {
	return wire.NewError(wire.NameMessageTooLong).WithMessage("The message has %d bytes; %d are allowed here.", bytes, limit)
}
