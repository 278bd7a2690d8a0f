package dialog

import (
	"errors"
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Timers are the constants of RFC 3261 17.1.1.1 that the INVITE usage needs.
type Timers struct {
	T1 time.Duration // round-trip estimate, first retransmission interval; 500 ms between core elements
	T2 time.Duration // longest retransmission interval of a 2xx; 4 s
}

// Profile is what every message of a session carries and how patient it is. Values go out as they are: they come from
// configuration and registration state only, never from a page.
type Profile struct {
	Contact        string              // Contact value, "<sip:token@host:port>;..."
	Allow          []string            // methods, for Allow and 405
	Supported      []string            // option tags, for Supported and 420
	Initial        []Header            // on the first INVITE only (it names its own CSeq-retries too)
	Request        []Header            // on every request in a dialog except ACK and CANCEL
	Response       []Header            // on 101-2xx responses to the INVITE
	Ringing        []Header            // on 180 responses to the INVITE
	Answer         []Header            // on the 2xx to the INVITE
	SessionExpires time.Duration       // interval we ask for (RFC 4028 4); 90 s or more
	MinSE          time.Duration       // shortest interval we accept (RFC 4028 5); 90 s or more
	AnswerLimit    time.Duration       // longest wait for a final answer to an INVITE, either role
	OfferLimit     time.Duration       // longest wait for our own user to answer an offer in the session
	Timers         Timers              //
	Random         func(n int64) int64 // uniform in [0, n); for glare waits
	Token          func() string       // a new tag or Call-ID, at least 64 bits of randomness
}

// state is where the INVITE usage stands.
type state uint8

const (
	stateCalling    state = iota // UAC: INVITE sent, nothing heard
	stateProceeding              // UAC: a provisional came. UAS: the user is deciding
	stateCancelling              // UAC: CANCEL wanted or sent, final response awaited
	stateAccepted                // UAS: 2xx sent, ACK awaited
	stateConfirmed               // both: the session is up
	stateEnding                  // BYE sent, or waiting to be allowed to send it
	stateOver                    // nothing further is sent on our own account
)

// String names the state.
func (s state) String() string {
	return [...]string{"calling", "proceeding", "cancelling", "accepted", "confirmed", "ending", "over"}[s]
}

// Role is who sent the INVITE.
type Role uint8

// The two roles.
const (
	Caller Role = iota // we are the UAC of the INVITE
	Callee             // we are the UAS of the INVITE
)

// purpose is what a client transaction of ours is for.
type purpose uint8

const (
	forInvite purpose = iota
	forPrack
	forReinvite
	forUpdate
	forBye
	forInfo
	forStrayBye // BYE of a losing fork
	forRefer
	forNotify
)

// request is one client transaction under way.
type request struct {
	purpose purpose
	leg     *leg
	seq     uint32
	sdp     string // offer it carries
	refresh bool   // only to refresh the session timer: the user hears nothing of it
}

// timerID names the timers of a session; each has at most one deadline.
type timerID uint8

const (
	timerAnswer   timerID = iota // AnswerLimit
	timerCancel                  // 64*T1 after CANCEL (RFC 3261 9.1)
	timerRel                     // next retransmission of a reliable provisional (RFC 3262 3)
	timerRelLimit                // 64*T1 after its first transmission
	timerAck                     // next retransmission of a 2xx (RFC 3261 13.3.1.4)
	timerAckLimit                // 64*T1 after its first transmission
	timerRetry                   // glare wait (RFC 3261 14.1) or Retry-After is over
	timerOffer                   // OfferLimit
	timerRefresh                 // RFC 4028 10: send a refresh
	timerExpire                  // RFC 4028 10: send BYE
	timerReferIn                 // OfferLimit for a REFER that our user has to decide on
	timerRefer                   // a report on our REFER has to come
	timerReport                  // the subscription to our reports ends
	timerCount
)

// maxForks bounds the early dialogs of one INVITE; further To tags are answered but not followed.
const maxForks = 16

// Session is one INVITE usage (RFC 3261 12-15): the caller's side with all its early dialogs, or the callee's. It is a
// pure machine: every method takes the time and returns what has to be done. Not safe for concurrent use.
type Session struct {
	profile *Profile
	role    Role

	state   state
	invite  *sip.Request // the one sent last or received
	leg     *leg         // callee's dialog, or the caller's winner; nil before
	caller  caller
	callee  callee
	modify  modify
	refer   referrals
	refresh refresh
	pending map[uint64]request
	nextTx  uint64
	timers  [timerCount]time.Time
	ended   bool // Refused or Ended has been emitted
	told    bool // Finish has been returned

	now time.Time
	out []Action
}

// ErrState is returned by a command that the session's state does not allow.
var ErrState = errors.New("the call's state does not allow this")

// errDialog is the reason an INVITE cannot make a dialog.
var errDialog = errors.New("not a dialog-forming INVITE")

// begin starts one step.
func (s *Session) begin(now time.Time) {
	s.now = now
	s.out = nil
}

// do adds an action.
func (s *Session) do(a Action) { s.out = append(s.out, a) }

// emit tells the user something, unless the end was already told.
func (s *Session) emit(e Event) {
	if s.ended {
		return
	}
	switch e.(type) {
	case Refused, Ended:
		s.ended = true
	}
	s.do(Emit{e})
}

// finish ends one step: when nothing is outstanding any more, the owner may forget the session.
func (s *Session) finish() []Action {
	if s.state == stateOver && len(s.pending) == 0 && !s.referring() && !s.told {
		s.told = true
		s.stopAll()
		s.do(Finish{})
	}
	out := s.out
	s.out = nil
	return out
}

// send starts a client transaction.
func (s *Session) send(req *sip.Request, r request) uint64 {
	s.nextTx++
	if cseq := req.CSeq(); cseq != nil {
		r.seq = cseq.SeqNo
	}
	s.pending[s.nextTx] = r
	s.do(Send{s.nextTx, req})
	return s.nextTx
}

// after sets a timer.
func (s *Session) after(id timerID, d time.Duration) { s.timers[id] = s.now.Add(d) }

// stop clears timers.
func (s *Session) stop(ids ...timerID) {
	for _, id := range ids {
		s.timers[id] = time.Time{}
	}
}

// stopAll clears all timers but that of the reports we owe.
func (s *Session) stopAll() {
	report := s.timers[timerReport]
	s.timers = [timerCount]time.Time{timerReport: report}
}

// Deadline returns when Tick has to be called next.
func (s *Session) Deadline() (time.Time, bool) {
	var first time.Time
	for _, t := range s.timers {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first, !first.IsZero()
}

// Tick runs the timers that are due.
func (s *Session) Tick(now time.Time) []Action {
	s.begin(now)
	for id := range s.timers {
		if t := s.timers[id]; t.IsZero() || now.Before(t) {
			continue
		}
		s.timers[id] = time.Time{}
		s.expired(timerID(id))
	}
	return s.finish()
}

// expired handles one timer.
func (s *Session) expired(id timerID) {
	switch id {
	case timerAnswer:
		s.answerLimit()
	case timerCancel:
		s.cancelLimit()
	case timerRel:
		s.resendReliable()
	case timerRelLimit:
		s.reliableLimit()
	case timerAck:
		s.resendFinal()
	case timerAckLimit:
		s.ackLimit()
	case timerRetry:
		s.tryOffer()
	case timerOffer:
		s.offerLimit()
	case timerRefresh:
		s.sendRefresh()
	case timerExpire:
		s.end(ByTimer, `SIP;cause=408;text="session timer expired"`)
	case timerReferIn:
		s.refuseReferIn(480)
	case timerRefer:
		s.referSilent()
	case timerReport:
		s.reportLimit()
	case timerCount:
	}
}

// Response takes a response to a request of ours. Responses of one transaction have to come in wire order.
func (s *Session) Response(now time.Time, tx uint64, res *sip.Response) []Action {
	s.begin(now)
	r, ok := s.pending[tx]
	if !ok && tx == s.caller.tx && s.role == Caller {
		r, ok = request{purpose: forInvite}, true // a further 2xx after the first (RFC 6026)
	}
	if !ok {
		s.ackAgain(tx, res)
		return s.finish()
	}
	if res.StatusCode >= 200 {
		delete(s.pending, tx)
	}
	switch r.purpose {
	case forInvite:
		s.inviteResponse(tx, res)
	case forReinvite, forUpdate:
		s.offerResponse(tx, r, res)
	case forPrack:
		s.prackResponse(r, res)
	case forBye:
		if res.StatusCode >= 200 {
			s.over()
		}
	case forInfo:
		s.lostBy(res.StatusCode)
	case forRefer:
		s.referResponse(tx, res)
	case forNotify:
		s.reported(tx, res.StatusCode)
	case forStrayBye:
	}
	return s.finish()
}

// Failed takes the end of a client transaction without a final response: timeout or transport error (RFC 3261 8.1.3.1).
func (s *Session) Failed(now time.Time, tx uint64, timeout bool, err error) []Action {
	s.begin(now)
	r, ok := s.pending[tx]
	if !ok {
		return s.finish()
	}
	delete(s.pending, tx)
	status := 503
	if timeout {
		status = 408
	}
	switch r.purpose {
	case forInvite:
		s.refused(Refused{Status: status, Err: err})
	case forReinvite, forUpdate:
		s.offerFailed(r, status)
	case forPrack, forInfo:
		if s.state == stateConfirmed && status == 408 {
			s.lostBy(status)
		}
	case forBye:
		s.over()
	case forRefer:
		s.referFailed(tx, status)
	case forNotify:
		s.reported(tx, status)
	case forStrayBye:
	}
	return s.finish()
}

// Request takes a request that belongs to one of the session's dialogs, ACK included (tx 0). The transaction layer has
// answered a CANCEL itself: it comes through Cancelled.
func (s *Session) Request(now time.Time, tx uint64, req *sip.Request) []Action {
	s.begin(now)
	l := s.legOf(req)
	if l == nil {
		if req.Method != sip.ACK {
			s.refuse(tx, req, 481)
		}
		return s.finish()
	}
	s.inDialog(tx, req, l)
	return s.finish()
}

// legOf finds the dialog of a received request by the far end's tag (RFC 3261 12.2.2).
func (s *Session) legOf(req *sip.Request) *leg {
	tag, _ := Param(First(req, "from", "f"), "tag")
	if s.leg != nil {
		if tag == s.leg.remoteTag {
			return s.leg
		}
		return nil
	}
	return s.caller.early[tag]
}

// inDialog checks what RFC 3261 12.2.2 and 8.2.2 ask of any request and hands it to its procedure.
func (s *Session) inDialog(tx uint64, req *sip.Request, l *leg) {
	cseq := req.CSeq()
	if cseq == nil {
		return
	}
	if req.Method == sip.ACK {
		s.acked(req, cseq.SeqNo)
		return
	}
	if !l.inOrder(cseq.SeqNo) {
		s.refuse(tx, req, 500, Header{"Retry-After", "1"})
		return
	}
	if unknown := s.unsupported(req); unknown != "" {
		s.refuse(tx, req, 420, Header{"Unsupported", unknown})
		return
	}
	method := req.Method
	if !slices.Contains(s.profile.Allow, string(method)) {
		method = ""
	}
	switch method {
	case sip.INVITE, sip.UPDATE:
		s.offerRequest(tx, req, l)
	case sip.PRACK:
		s.prackRequest(tx, req, l)
	case sip.BYE:
		s.byeRequest(tx, req, l)
	case sip.INFO:
		s.infoRequest(tx, req)
	case sip.REFER:
		s.referRequest(tx, req, l)
	case sip.NOTIFY:
		s.notifyRequest(tx, req, l)
	case sip.OPTIONS:
		s.respond(tx, req, 200, "", Header{"Allow", s.allow()}, Header{"Supported", s.supported()})
	default:
		s.refuse(tx, req, 405, Header{"Allow", s.allow()})
	}
}
