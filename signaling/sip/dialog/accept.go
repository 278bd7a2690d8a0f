package dialog

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// The callee's INVITE (RFC 3261 13.3, 9.2; RFC 3262 3 for the provisionals).
//
//	 INVITE            Accept: 2xx           ACK
//	-------> proceeding --------> accepted -------> confirmed
//	   |       |  ^  |                | 2xx repeated at T1, 2*T1 .. T2 until the ACK;
//	   |       |  |  | Reject, CANCEL,| 64*T1 without one: BYE (13.3.1.4)
//	   |       +--+  | no PRACK       v
//	   |  Progress   v              over
//	   +---------> over
//
// An INVITE with an offer is answered by the first description we send; one without is answered by an offer of ours in
// the first reliable provisional or in the 2xx, whose answer comes in PRACK or ACK (RFC 3261 13.2.1, RFC 3262 5). A 2xx
// waits for the PRACK of a reliable provisional that carried SDP (RFC 3262 3), and so does what stands behind it.
type callee struct {
	tx       uint64
	rseq     uint32
	rel      reliableOut
	passed   uint32 // RSeq of a provisional that the 2xx overtook: its PRACK is still to come
	queue    []provisionalOut
	accept   bool   // Accept was called and waits
	sdp      string // what it gave
	byeAfter bool   // hang up as soon as the ACK is in (RFC 3261 15)
	reason   string
	final    finalOut
}

// finalOut is a 2xx to an INVITE or re-INVITE that waits for its ACK.
type finalOut struct {
	tx       uint64
	response *sip.Response // nil: none waits
	seq      uint32
	interval time.Duration
	offer    bool // it carried our offer: the ACK has to answer it
}

// NewCallee makes the callee's side of a received INVITE; tx is its server transaction. The error says why the INVITE
// cannot make a dialog; status is what to refuse it with (400, 420, 422), and headers what to add.
func NewCallee(p *Profile, tx uint64, req *sip.Request, now time.Time) (s *Session, status int, headers []Header, err error) {
	if req.Method != sip.INVITE || req.CSeq() == nil {
		return nil, 400, nil, errDialog
	}
	s = &Session{profile: p, role: Callee, state: stateProceeding, invite: req, pending: map[uint64]request{}}
	s.begin(now)
	if unknown := s.unsupported(req); unknown != "" {
		return nil, 420, []Header{{"Unsupported", unknown}}, errDialog
	}
	if s.leg, err = fromRequest(req, p.Token()); err != nil {
		return nil, 400, nil, err
	}
	s.refresh.interval, s.refresh.minSE = p.SessionExpires, p.MinSE
	if short, ok := s.tooShort(req); ok {
		return nil, 422, []Header{short}, errDialog
	}
	s.leg.localSeq = 0
	s.callee.tx = tx
	if sdp := requestSDP(req); sdp != "" {
		s.leg.remoteSDP, s.leg.exchange = sdp, exchangeRemote
	}
	s.after(timerAnswer, p.AnswerLimit)
	if n, perr := strconv.ParseUint(First(req, "expires"), 10, 31); perr == nil && n > 0 {
		if limit := time.Duration(n) * time.Second; limit < p.AnswerLimit { // RFC 3261 13.3.1
			s.after(timerAnswer, limit)
		}
	}
	return s, 0, nil, nil
}

// LocalTag is our tag of the callee's dialog, for the owner's table; the caller's is in the INVITE it sent.
func (s *Session) LocalTag() string {
	if s.role == Callee {
		return s.leg.localTag
	}
	tag, _ := Param(First(s.invite, "from"), "tag")
	return tag
}

// InviteSDP returns the SDP of the received INVITE, "" if it had none.
func (s *Session) InviteSDP() string { return requestSDP(s.invite) }

// Reliable reports whether the far end of a received INVITE takes reliable provisionals (RFC 3262 3).
func (s *Session) Reliable() bool { return s.leg != nil && s.leg.rel100 }

// Progress sends a provisional response (101 to 199) with SDP or without; require names further option tags of a
// reliable one ("precondition"). It does nothing once the call is answered or over.
func (s *Session) Progress(now time.Time, status int, sdp string, require ...string) []Action {
	s.begin(now)
	if s.role == Callee && s.state == stateProceeding && !s.callee.accept && status > 100 && status < 200 {
		s.queueProvisional(provisionalOut{status, sdp, require})
	}
	return s.finish()
}

// Accept answers the call. sdp is our answer, or our offer if the INVITE had none; it is not sent again when a reliable
// provisional carried it. The 2xx leaves when RFC 3262 3 allows.
func (s *Session) Accept(now time.Time, sdp string) ([]Action, error) {
	s.begin(now)
	if s.role != Callee || s.state != stateProceeding || s.callee.accept {
		return nil, ErrState
	}
	if sdp == "" && s.leg.localSDP == "" {
		return nil, ErrState
	}
	s.callee.accept, s.callee.sdp = true, sdp
	s.stop(timerAnswer)
	s.callee.queue = nil // what still waits is overtaken; the 2xx carries the description
	s.tryAccept()
	return s.finish(), nil
}

// tryAccept sends the 2xx if nothing holds it back.
func (s *Session) tryAccept() {
	c := &s.callee
	if !c.accept || s.state != stateProceeding || (c.rel.response != nil && c.rel.sdp) || s.modify.remote.req != nil ||
		s.modify.tx != 0 {
		return
	}
	l := s.leg
	sdp, offer := c.sdp, false
	switch l.exchange {
	case exchangeNone:
		l.localSDP, l.exchange, offer = sdp, exchangeLocal, true
	case exchangeRemote:
		if sdp == "" {
			sdp = l.localSDP
		}
		l.localSDP, l.exchange = sdp, exchangeStable
	case exchangeLocal, exchangeStable:
		sdp = ""
	}
	if c.rel.response != nil {
		c.passed = c.rel.rseq
	}
	c.rel = reliableOut{}
	s.stop(timerRel, timerRelLimit)
	s.state = stateAccepted
	res := s.final(s.invite, l, sdp, append(slices.Clone(s.profile.Response), s.profile.Answer...)...)
	s.awaitAck(c.tx, res, s.invite.CSeq().SeqNo, offer)
}

// final builds a 2xx to an INVITE, re-INVITE or UPDATE, with the session timer's headers.
func (s *Session) final(req *sip.Request, l *leg, sdp string, extra ...Header) *sip.Response {
	headers := []Header{{"Contact", s.profile.Contact}, {"Allow", s.allow()}, {"Supported", s.supported()}}
	headers = append(headers, s.agreeRefresh(req, l)...)
	return NewResponse(req, 200, l.localTag, sdp, append(headers, extra...)...)
}

// awaitAck sends a 2xx and repeats it until its ACK comes (RFC 3261 13.3.1.4).
func (s *Session) awaitAck(tx uint64, res *sip.Response, seq uint32, offer bool) {
	s.callee.final = finalOut{tx: tx, response: res, seq: seq, interval: s.profile.Timers.T1, offer: offer}
	s.do(Respond{tx, res})
	s.after(timerAck, s.profile.Timers.T1)
	s.after(timerAckLimit, 64*s.profile.Timers.T1)
}

// resendFinal repeats the 2xx.
func (s *Session) resendFinal() {
	f := &s.callee.final
	if f.response == nil {
		return
	}
	s.do(Respond{f.tx, f.response})
	f.interval = min(2*f.interval, s.profile.Timers.T2)
	s.after(timerAck, f.interval)
}

// ackLimit: the ACK never came, so the session is hung up (RFC 3261 13.3.1.4, 14.2).
func (s *Session) ackLimit() {
	s.callee.final = finalOut{}
	s.stop(timerAck)
	if s.state == stateAccepted {
		s.state = stateConfirmed // only now a BYE is allowed
	}
	s.end(ByNoAck, `SIP;cause=408;text="no ACK"`)
}

// acked takes an ACK for a 2xx.
func (s *Session) acked(req *sip.Request, seq uint32) {
	f := s.callee.final
	if f.response == nil || f.seq != seq {
		return
	}
	s.callee.final = finalOut{}
	s.stop(timerAck, timerAckLimit)
	first := s.state == stateAccepted
	if first {
		s.state = stateConfirmed
	}
	if s.callee.byeAfter {
		s.sendBye(s.callee.reason)
		return
	}
	if first {
		s.emit(Confirmed{})
	}
	if f.offer {
		sdp := requestSDP(req)
		if sdp == "" { // RFC 3261 13.2.2.4: the answer has to be in the ACK
			s.end(ByNoAnswer, `SIP;cause=488;text="no answer in ACK"`)
			return
		}
		s.leg.remoteSDP, s.leg.exchange = sdp, exchangeStable
		s.emit(Answered{Dialog: s.leg.remoteTag, SDP: sdp})
	}
	s.tryOffer()
}

// Reject refuses the call with a final status of 300 to 699. Extra headers (Reason, Retry-After) go along.
func (s *Session) Reject(now time.Time, status int, reason string, extra ...Header) []Action {
	s.begin(now)
	if s.role == Callee && s.state == stateProceeding && status >= 300 {
		s.rejectInvite(status, reason, extra...)
		s.emit(Ended{Why: ByLocal})
	}
	return s.finish()
}

// rejectInvite sends the final refusal.
func (s *Session) rejectInvite(status int, reason string, extra ...Header) {
	if reason != "" {
		extra = append(extra, Header{"Reason", reason})
	}
	s.dropRemoteOffer()
	s.callee.rel, s.callee.queue = reliableOut{}, nil
	s.over()
	res := NewResponse(s.invite, status, s.leg.localTag, "", extra...)
	s.do(Respond{s.callee.tx, res})
}

// Cancelled takes the CANCEL of the INVITE; the transaction layer has answered it (RFC 3261 9.2).
func (s *Session) Cancelled(now time.Time, cancel *sip.Request) []Action {
	s.begin(now)
	if s.role == Callee && s.state == stateProceeding {
		reason := strings.Join(Values(cancel, "reason"), ", ")
		s.rejectInvite(487, "")
		s.emit(Ended{Why: ByCancel, Reason: reason})
	}
	return s.finish()
}
