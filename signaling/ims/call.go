package ims

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/call"
	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/fork"
	"causeway/signaling/sip/service"
	"causeway/signaling/sip/transaction"
	"causeway/signaling/sip/transport"
)

// Call is one call of a binding, in either direction. Its methods return at once and are safe for concurrent use; they
// and everything the core sends run one after the other on the call's queue, which carries out what the dialog machine
// asks for.
type Call struct {
	client   *Client
	binding  *Binding
	log      *slog.Logger
	incoming bool
	key      callKey
	icid     string
	profile  dialog.Profile
	q        queue
	over     atomic.Bool

	emergency bool // no limit stops it

	// what follows belongs to the queue
	notify  func(CallEvent)
	waiting []CallEvent     // until SetNotify
	machine *dialog.Session // nil once finished
	back    transport.Target
	open
	timer *time.Timer
	cause *call.Cause // given by Hangup or Reject
	media early
	gate  gate
	transfer
}

// open are a call's transactions under way, by their number.
type open struct {
	invites map[uint64]*transaction.Client // those that can be cancelled
	servers map[uint64]server
	nextSrv uint64
}

// server is a server transaction of the call.
type server struct {
	tx   responder
	done bool // a final response was given
}

// responder answers a request: its server transaction, or one arm of a fork.
type responder interface {
	Request() *sip.Request
	Respond(*sip.Response) error
}

// maxWaiting bounds the events kept for a SetNotify that never comes.
const maxWaiting = 64

// newCall makes a call with what both directions share.
func (b *Binding) newCall(callID, icid string, incoming bool) *Call {
	c := b.client
	k := &Call{
		client: c, binding: b, incoming: incoming, icid: icid,
		open: open{invites: map[uint64]*transaction.Client{}, servers: map[uint64]server{}},
	}
	k.key.callID = callID
	k.log = b.log.With("call", callID)
	k.q.work = &c.work
	k.q.broken = k.poisoned
	k.media.policy = c.cfg.EarlyMedia
	k.profile = dialog.Profile{
		Contact:        b.contact(),
		Allow:          c.allow(),
		Supported:      c.supported(incoming),
		SessionExpires: c.cfg.Calls.SessionExpires,
		MinSE:          c.cfg.Calls.MinSE,
		AnswerLimit:    c.cfg.Calls.AnswerTimeout,
		OfferLimit:     c.cfg.Calls.OfferTimeout,
		Timers:         dialog.Timers{T1: c.cfg.Timers.T1, T2: c.cfg.Timers.T2},
		Random:         random,
		Token:          token,
	}
	if c.trunk == nil {
		k.profile.Request = []dialog.Header{{Name: "P-Charging-Vector", Value: c.charging(icid)}}
	} else {
		k.media.policy = "sdp" // a PBX knows no P-Early-Media
	}
	return k
}

// allow lists the methods the gateway really takes.
func (c *Client) allow() []string {
	return []string{"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "PRACK", "UPDATE", "INFO", "NOTIFY", "REFER", "MESSAGE"}
}

// supported lists the option tags of a call. On outgoing calls preconditions are left out unless the operator wants them: no
// access resource is reserved, so there is nothing the far end would have to wait for (RFC 3312 3, TS 24.229 5.1.3).
func (c *Client) supported(incoming bool) []string {
	tags := []string{"100rel"}
	if c.trunk == nil {
		tags = append(tags, "gruu")
	}
	tags = append(tags, "199", "replaces", "norefersub")
	if c.cfg.Calls.SessionExpires > 0 {
		tags = append(tags, "timer")
	}
	if incoming && c.cfg.Calls.Preconditions || !incoming && c.cfg.Calls.PreconditionsOriginating {
		tags = append(tags, "precondition")
	}
	if c.cfg.Calls.UserToUser {
		tags = append(tags, "uui")
	}
	return tags
}

// add enters the call in the table; false if there are too many.
func (c *Client) add(k *Call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || !k.emergency && len(c.calls) >= c.cfg.Calls.Max {
		return false
	}
	c.calls[k.key] = k
	return true
}

// ID is the SIP Call-ID.
func (k *Call) ID() string { return k.key.callID }

// ICID is the charging identifier (RFC 7315 4.6), the Rx AF-Charging-Identifier.
func (k *Call) ICID() string { return k.icid }

// SetNotify sets the receiver of the call's events; those that came before are handed over at once, in order.
func (k *Call) SetNotify(f func(CallEvent)) {
	k.q.post(func() {
		k.notify = f
		events := k.waiting
		k.waiting = nil
		for _, e := range events {
			f(e)
		}
	})
}

// tell hands an event over.
func (k *Call) tell(e CallEvent) {
	if k.notify != nil {
		k.notify(e)
	} else if len(k.waiting) < maxWaiting {
		k.waiting = append(k.waiting, e)
	}
}

// do runs one input of the machine on the queue.
func (k *Call) do(f func(m *dialog.Session, now time.Time) []dialog.Action) {
	if !k.q.post(func() { k.step(f) }) {
		k.client.stats.overloads.Add(1)
	}
}

// step gives the machine one input and carries out what it asks for.
func (k *Call) step(f func(m *dialog.Session, now time.Time) []dialog.Action) {
	if k.machine == nil {
		return
	}
	for _, a := range f(k.machine, time.Now()) {
		k.perform(a)
	}
	if k.machine == nil {
		return
	}
	if at, ok := k.machine.Deadline(); ok {
		k.arm(time.Until(at))
	} else if k.timer != nil {
		k.timer.Stop()
	}
}

// arm sets the call's one timer.
func (k *Call) arm(d time.Duration) {
	if k.timer != nil {
		k.timer.Reset(d)
		return
	}
	k.timer = time.AfterFunc(d, func() {
		k.do(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Tick(now) })
	})
}

// perform carries out one action.
func (k *Call) perform(a dialog.Action) {
	switch a := a.(type) {
	case dialog.Send:
		k.send(a)
	case dialog.Ack:
		if err := k.client.tx.Ack(a.Request, k.client.core.For(a.Request, k.back), nil); err != nil {
			k.log.Debug("ACK not sent", "error", err)
		}
	case dialog.Cancel:
		if inv := k.invites[a.Tx]; inv != nil {
			var extra []sip.Header
			if a.Reason != "" {
				extra = append(extra, sip.NewHeader("Reason", a.Reason))
			}
			if err := inv.Cancel(extra...); err != nil {
				k.log.Debug("CANCEL not sent", "error", err)
			}
		}
	case dialog.Respond:
		k.respond(a)
	case dialog.Emit:
		k.event(a.Event)
	case dialog.Finish:
		k.finish()
	}
}

// failed tells the machine that a request came to nothing.
func (k *Call) failed(tx uint64, err error) {
	timeout := errors.Is(err, transaction.ErrTimeout)
	k.do(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Failed(now, tx, timeout, err) })
}

// respond answers a server transaction.
func (k *Call) respond(a dialog.Respond) {
	s, ok := k.servers[a.Tx]
	if !ok {
		return
	}
	err := s.tx.Respond(a.Response)
	if errors.Is(err, fork.ErrLost) {
		k.ended(call.Cause{Side: call.Core, Kind: call.AnsweredElsewhere}, false)
		k.finish()
		return
	}
	if err != nil {
		k.log.Debug("response not sent", "status", a.Response.StatusCode, "error", err)
	}
	if a.Response.StatusCode < 200 {
		return
	}
	if s.tx.Request().Method == sip.INVITE && a.Response.StatusCode < 300 {
		s.done = true // its 2xx may have to be repeated
		k.servers[a.Tx] = s
		return
	}
	delete(k.servers, a.Tx)
}

// serve enters a server transaction and gives its number.
func (k *Call) serve(tx responder) uint64 {
	for id, s := range k.servers {
		if s.done && tx.Request().Method == sip.INVITE { // the next INVITE comes after the ACK of the last
			delete(k.servers, id)
		}
	}
	k.nextSrv++
	k.servers[k.nextSrv] = server{tx: tx}
	return k.nextSrv
}

// finish forgets the call.
func (k *Call) finish() {
	k.machine = nil
	if k.timer != nil {
		k.timer.Stop()
	}
	// SIP's timers keep the call itself for 32 s more, but nothing that is large.
	k.invites, k.servers, k.media, k.gate, k.profile = nil, nil, early{}, gate{}, dialog.Profile{}
	k.client.mu.Lock()
	if k.client.calls[k.key] == k {
		delete(k.client.calls, k.key)
		k.client.passed(k)
	}
	k.client.mu.Unlock()
}

// Hangup ends the call whatever its state: CANCEL, BYE, or a refusal of an incoming call that is not answered.
func (k *Call) Hangup(cause call.Cause) {
	if k.incoming {
		k.do(func(m *dialog.Session, now time.Time) []dialog.Action {
			k.setCause(cause)
			if out := m.Reject(now, finalStatus(cause), cause.Reason(), k.refusalHeaders(cause)...); out != nil {
				return out
			}
			return m.Hangup(now, cause.Reason())
		})
		return
	}
	k.do(func(m *dialog.Session, now time.Time) []dialog.Action {
		k.setCause(cause)
		return m.Hangup(now, cause.Reason())
	})
}

// setCause keeps the first cause given: it is the one the Ended event tells.
func (k *Call) setCause(cause call.Cause) {
	if k.cause == nil {
		k.cause = &cause
	}
}

// Reoffer offers a changed description: by re-INVITE in an answered call, by UPDATE before. The outcome is Answer or
// OfferRejected.
func (k *Call) Reoffer(sdp string) error {
	if err := k.usable(sdp); err != nil {
		return err
	}
	k.do(func(m *dialog.Session, now time.Time) []dialog.Action {
		out, err := m.Offer(now, k.gate.next(sdp))
		if err != nil {
			k.tell(OfferRejected{Cause: call.Cause{Side: call.Gateway, Kind: call.Unavailable, Text: "the call is over", Err: err}})
		}
		return out
	})
	return nil
}

// usable checks a description and that the call is not over.
func (k *Call) usable(sdp string) error {
	if k.over.Load() {
		return fmt.Errorf("call: %w", dialog.ErrState)
	}
	if !strings.HasPrefix(sdp, "v=0") || len(sdp) > 1<<16 {
		return fmt.Errorf("call: not a session description")
	}
	return nil
}

// AnswerOffer answers the Offer of the far end. It does nothing if there is none any more.
func (k *Call) AnswerOffer(sdp string) {
	if k.usable(sdp) != nil {
		return
	}
	k.do(func(m *dialog.Session, now time.Time) []dialog.Action {
		out, err := m.Answer(now, k.gate.next(k.gate.answer(sdp)))
		if err != nil {
			k.log.Debug("no offer to answer", "error", err)
			return nil
		}
		k.media.settle(true)
		return append(out, k.opened(m, now)...)
	})
}

// RejectOffer refuses the Offer of the far end with a status of 400 to 699, 488 if it is out of range.
func (k *Call) RejectOffer(status int) {
	if status < 400 || status > 699 {
		status = 488
	}
	k.do(func(m *dialog.Session, now time.Time) []dialog.Action {
		k.media.settle(false)
		out, err := m.RefuseOffer(now, status)
		if err != nil {
			k.log.Debug("no offer to refuse", "error", err)
		}
		return out
	})
}

// SendInfoDTMF sends one digit as INFO (application/dtmf-relay), for far ends that take no telephone-event.
func (k *Call) SendInfoDTMF(digit rune, duration time.Duration) error {
	if !strings.ContainsRune("0123456789*#ABCD", digit) || duration <= 0 || duration > 10*time.Second {
		return fmt.Errorf("call: not a DTMF digit")
	}
	return k.sendInfo("application/dtmf-relay", fmt.Appendf(nil, "Signal=%c\r\nDuration=%d\r\n", digit, duration.Milliseconds()))
}

// SendPictureFastUpdate asks the far end for a key frame by INFO (RFC 5168), where it takes no RTCP feedback.
func (k *Call) SendPictureFastUpdate() error {
	return k.sendInfo(service.MediaControl, []byte(service.PictureFastUpdateBody))
}

func (k *Call) sendInfo(kind string, body []byte) error {
	if k.over.Load() {
		return fmt.Errorf("call: %w", dialog.ErrState)
	}
	k.do(func(m *dialog.Session, now time.Time) []dialog.Action {
		out, err := m.SendInfo(now, kind, body)
		if err != nil {
			k.log.Debug("INFO not sent", "error", err)
		}
		return out
	})
	return nil
}
