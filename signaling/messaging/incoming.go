package messaging

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"causeway/signaling/ims"
	"causeway/signaling/sip/cpim"
	"causeway/signaling/sms"
	"causeway/signaling/wire"
)

const (
	// What the core may send to one session, a second and at once. More is refused with 480 and a time.
	comingRate  = 5
	comingBurst = 60
	// maxHeldMessages bounds what waits for a browser.
	maxHeldMessages = 32
	// seenKept is how many messages are remembered for those that come twice.
	seenKept = 64

	typeShort = "application/vnd.3gpp.sms"
)

// held is a message that waits for a browser. It is answered by the timer or by Attached, whichever is first.
type held struct {
	message ims.IncomingMessage
	timer   *time.Timer
}

// Receive takes a message of the core.
func (b *Box) Receive(m ims.IncomingMessage) {
	if b.closed {
		b.refuse(m, 480, 0)
		return
	}
	if wait, ok := b.coming.Take(time.Now(), comingRate, comingBurst); !ok {
		b.refuse(m, 480, wait)
		return
	}
	b.take(m)
}

// take is Receive without the limits.
func (b *Box) take(m ims.IncomingMessage) {
	kind, charset, ok := cpim.Media(m.Content.Type)
	switch {
	case !ok:
		b.refuse(m, 415, 0)
	case kind == cpim.TypeComposing:
		b.composing(m)
	case kind == typeShort:
		b.relayed(m)
	case kind == cpim.Type:
		b.wrapped(m)
	case kind == cpim.TypeText:
		b.text(m, cpim.Message{Subject: m.Subject, Content: m.Content.Body}, charset)
	default:
		b.refuse(m, 415, 0)
	}
}

func (b *Box) refuse(m ims.IncomingMessage, status int, retry time.Duration) {
	b.agent.stats.refused.Add(1)
	b.host.Log().Debug("message refused", "status", status)
	m.Respond(status, retry)
}

// Attached gives the browser that is back what has waited for it.
func (b *Box) Attached() {
	waiting := b.held
	b.held = nil
	for _, h := range waiting {
		h.timer.Stop()
		b.take(h.message)
	}
}

// reader reports whether a browser is there to read a message. If not, the message waits, or is refused.
func (b *Box) reader(m ims.IncomingMessage) bool {
	if b.host.Attached() {
		return true
	}
	if b.agent.config.Hold == 0 || len(b.held) == maxHeldMessages {
		b.refuse(m, 480, 0)
		return false
	}
	h := &held{message: m}
	h.timer = time.AfterFunc(b.agent.config.Hold, func() {
		b.host.Post(func() {
			if at := slices.Index(b.held, h); at >= 0 {
				b.held = slices.Delete(b.held, at, at+1)
				b.refuseHeld(h)
			}
		})
	})
	b.held = append(b.held, h)
	return false
}

func (b *Box) refuseHeld(h *held) {
	h.timer.Stop()
	b.refuse(h.message, 480, 0)
}

// twice reports something that came before.
func (b *Box) twice(parts ...string) bool {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	key := hex.EncodeToString(h.Sum(nil)[:16])
	if slices.Contains(b.seen, key) {
		return true
	}
	if len(b.seen) == seenKept {
		b.seen = slices.Delete(b.seen, 0, 1)
	}
	b.seen = append(b.seen, key)
	return false
}

func (b *Box) composing(m ims.IncomingMessage) {
	c, err := cpim.ParseComposing(m.Content.Body)
	if err != nil {
		b.refuse(m, 400, 0)
		return
	}
	m.Respond(200, 0)
	if b.host.Attached() {
		b.host.Tell(wire.EventComposing, wire.MessageComposing{Remote: party(m.Remote), Called: m.Called, Active: c.Active, Within: wire.Millis(c.For)})
	}
}

// wrapped takes a message/cpim.
func (b *Box) wrapped(m ims.IncomingMessage) {
	inside, err := cpim.Parse(m.Content.Body)
	if err != nil {
		b.refuse(m, 400, 0)
		return
	}
	kind, charset, ok := cpim.Media(inside.ContentType)
	switch {
	case ok && kind == cpim.TypeNotified:
		b.notified(m, inside.Content)
	case ok && kind == cpim.TypeComposing:
		m.Content = ims.Content{Type: kind, Body: inside.Content}
		b.composing(m)
	case ok && kind == cpim.TypeText:
		b.text(m, *inside, charset)
	default:
		b.refuse(m, 415, 0)
	}
}

// notified takes a notification about a message of this user (RFC 5438 7.2). One that nobody waits for is taken and forgotten.
func (b *Box) notified(m ims.IncomingMessage, document []byte) {
	n, err := cpim.ParseNotification(document)
	if err != nil {
		b.refuse(m, 400, 0)
		return
	}
	m.Respond(200, 0)
	about := b.agent.whose(byID(n.ID))
	if about == nil {
		return
	}
	about.box.host.Post(func() {
		switch {
		case n.About == cpim.Display && n.Status == cpim.Displayed:
			about.tell(wire.MessageDisplayed, nil)
		case n.About == cpim.Delivery && n.Status == cpim.Delivered:
			about.tell(wire.MessageDelivered, nil)
		case n.About == cpim.Processing && n.Status == cpim.Stored:
			about.tell(wire.MessageStored, nil)
		case n.About == cpim.Delivery:
			about.tell(wire.MessageFailed, wire.NewError(wire.NameMessageUndelivered))
		}
	})
}

// text gives a text to the page, and its sender the notification it asked for.
func (b *Box) text(m ims.IncomingMessage, content cpim.Message, charset string) {
	if charset != "utf-8" && charset != "us-ascii" {
		b.refuse(m, 415, 0)
		return
	}
	text, ok := cpim.Text(content.Content)
	if !ok {
		b.refuse(m, 400, 0)
		return
	}
	if !b.reader(m) {
		return
	}
	if content.ID != "" && b.twice("id", m.Remote.URI, content.ID) {
		m.Respond(200, 0)
		return
	}
	r := b.receipt(m.Called)
	r.id, r.at = content.ID, content.At
	wanted := content.ID != "" && m.Sender != ""
	if wanted && content.Asks.Display {
		r.from = m.Sender
	}
	at := content.At
	if now := time.Now(); at.IsZero() || at.After(now) {
		at = now
	}
	b.give(wire.MessageReceived{Message: r.name, Remote: party(m.Remote), Called: m.Called, Text: text, At: wire.Timestamp{Time: at}, Via: wire.ViaSIP,
		Subject: content.Subject, Display: r.from != ""})
	m.Respond(200, 0)
	if wanted && content.Asks.Delivery {
		b.notify(&receipt{from: m.Sender, called: m.Called, id: r.id, at: r.at}, cpim.Delivery, cpim.Delivered)
	}
}

// receipt makes the record of a message that the page is about to get.
func (b *Box) receipt(called string) *receipt {
	r := &receipt{name: random(), called: called}
	if len(b.received) == kept {
		b.received = slices.Delete(b.received, 0, 1)
	}
	b.received = append(b.received, r)
	return r
}

// give tells the page of one message.
func (b *Box) give(m wire.MessageReceived) {
	b.agent.stats.received.Add(1)
	m.ContentType = cpim.TypeText
	b.host.Tell(wire.EventMessage, m)
}

// party is whom the core vouches for, in the browser's words.
func party(r ims.RemoteParty) wire.Remote {
	return wire.Remote{URI: r.URI, Number: r.Number, Name: r.Name, Anonymous: r.Anonymous, Verified: r.Verified}
}

// relayed takes a short message of the core's gateway, or its word on one of ours (TS 24.341 5.3.1.3, 5.3.2.3).
func (b *Box) relayed(m ims.IncomingMessage) {
	line := b.host.Line()
	if line == nil {
		b.refuse(m, 480, 0)
		return
	}
	if _, enabled := line.SMS(); !enabled {
		b.refuse(m, 415, 0)
		return
	}
	rp, err := sms.ParseRP(m.Content.Body)
	var why *sms.Error
	switch {
	case errors.As(err, &why):
		m.Respond(200, 0)
		b.answerRelay(m, rp.Refused(why))
	case err != nil:
		b.refuse(m, 400, 0)
	case rp.Type == sms.DataFrom:
		b.short(m, rp)
	case rp.Type == sms.AckFrom || rp.Type == sms.ErrorFrom:
		m.Respond(200, 0)
		keys := []string{byRelay(b.host.IMPU(), rp.Reference)}
		if m.InReplyTo != "" {
			keys = []string{byCall(m.InReplyTo)}
		}
		if about := b.agent.whose(keys...); about != nil {
			about.box.host.Post(func() { about.short.relayed(rp) })
		}
	default: // of a phone, not of a centre
		m.Respond(200, 0)
		b.answerRelay(m, rp.Refused(&sms.Error{Cause: sms.CauseNonExistent, Text: "a message of the wrong direction"}))
	}
}

// short takes an RP-DATA. It is acknowledged once the page has it, or waits for its other parts.
func (b *Box) short(m ims.IncomingMessage, rp sms.RP) {
	tpdu, err := sms.ParseTPDU(rp.UserData)
	var why *sms.Error
	if errors.As(err, &why) {
		b.agent.stats.refused.Add(1)
		b.host.Log().Info("short message not readable", "reason", why.Text)
		m.Respond(200, 0)
		b.answerRelay(m, rp.Refused(why))
		return
	}
	switch t := tpdu.(type) {
	case sms.StatusReport:
		if about := b.agent.whose(byTransfer(b.host.IMPU(), t.Reference)); about != nil {
			about.box.host.Post(func() { about.short.reported(t) })
		}
	case sms.Deliver:
		if !b.reader(m) {
			return
		}
		if !t.Silent && !b.twice("sms", t.From.Text, t.At.String(), string(rp.UserData)) {
			b.called = m.Called
			b.assembled(b.parts.Add(time.Now(), t))
		}
	}
	m.Respond(200, 0)
	b.answerRelay(m, rp.Taken())
}

// assembled tells the page of what is whole, and looks after what is not.
func (b *Box) assembled(list []sms.Message) {
	for _, s := range list {
		at := s.At
		if now := time.Now(); at.IsZero() || at.After(now) {
			at = now
		}
		b.give(wire.MessageReceived{Message: b.receipt(b.called).name, Remote: shortParty(s.From), Called: b.called, Text: s.Text, At: wire.Timestamp{Time: at}, Via: wire.ViaSMS,
			Incomplete: s.Incomplete})
	}
	if b.waiting != nil {
		b.waiting.Stop()
		b.waiting = nil
	}
	if until, some := b.parts.Deadline(); some {
		b.waiting = time.AfterFunc(time.Until(until), func() {
			b.host.Post(func() {
				if !b.closed {
					b.assembled(b.parts.Expire(time.Now()))
				}
			})
		})
	}
}

// shortParty is the sender of a short message as its centre wrote it.
func shortParty(a sms.Address) wire.Remote {
	switch {
	case a.Text == "":
		return wire.Remote{Anonymous: true}
	case a.Name:
		return wire.Remote{Name: a.Text}
	}
	return wire.Remote{Number: a.Text}
}

// answerRelay sends an RP-ACK or RP-ERROR to the gateway that the message came from (TS 24.341 5.3.2.4).
func (b *Box) answerRelay(m ims.IncomingMessage, answer sms.RP) {
	line := b.host.Line()
	if line == nil {
		return
	}
	body, err := answer.Encode()
	var e ims.Envelope
	if err == nil {
		e, err = line.Reply(m.Sender, m.Called)
	}
	if err == nil {
		e.InReplyTo = m.CallID
		err = line.Send(e, ims.Content{Type: typeShort, Body: body}, b.lost(answer.Type.String()))
	}
	if err != nil {
		b.host.Log().Warn("short message not acknowledged", "err", err)
	}
}
