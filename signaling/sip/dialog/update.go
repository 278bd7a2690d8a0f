package dialog

import (
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Changing a session: re-INVITE (RFC 3261 14) and UPDATE (RFC 3311), both directions, with the offer/answer rules of
// RFC 3264 4: one offer at a time per dialog.
//
//	           Offer                      2xx with answer
//	stable ------------> local offer -----------------------> stable
//	   |  ^                  |  491: wait, try again (14.1: 2.1-4 s if the Call-ID is ours, else 0-2 s)
//	   |  |                  |  481, 408: the dialog is lost, BYE (12.2.1.2)
//	   |  | Answer,          |  other: OfferRefused, the session stays as it was
//	   |  | RefuseOffer      v
//	   +->remote offer     stable       their offer while ours is out: 491; while theirs is unanswered: 500, Retry-After
//
// Before the answer an UPDATE is the only way, and only where the first exchange is complete and the far end allows it;
// afterwards a re-INVITE is (RFC 3311 5.1). An offer that cannot go out yet waits; a newer one replaces it.
type modify struct {
	tx      uint64 // our re-INVITE or UPDATE under way; 0 for none
	next    string // the offer that waits
	want    bool
	early   *leg   // the early dialog it is for; nil for the session's
	tries   int    // glare retries of the current offer
	answer  string // answer that came in a reliable provisional of a re-INVITE
	remote  remoteOffer
	lastTx  uint64       // the last re-INVITE that got a 2xx
	lastAck *sip.Request // and its ACK
}

// remoteOffer is the request of the far end whose offer our user has to answer.
type remoteOffer struct {
	tx  uint64
	req *sip.Request // nil: none
	leg *leg
	sdp string
}

// maxTries bounds the repetitions of one offer or refresh.
const maxTries = 6

// Offer changes the session by a new offer. It leaves as soon as the rules allow; the outcome is Answered or
// OfferRefused.
func (s *Session) Offer(now time.Time, sdp string) ([]Action, error) {
	s.begin(now)
	if sdp == "" || s.ended || s.state == stateCancelling || s.state >= stateEnding {
		return nil, ErrState
	}
	s.modify.next, s.modify.want, s.modify.tries, s.modify.early = sdp, true, 0, nil
	s.tryOffer()
	return s.finish(), nil
}

// OfferEarly changes one early dialog of an outgoing call by UPDATE (RFC 3311 5.1). It leaves as soon as the rules allow; the
// outcome is Answered or OfferRefused, the latter also when the dialog ends or another one wins before.
func (s *Session) OfferEarly(now time.Time, dialogID, sdp string) ([]Action, error) {
	s.begin(now)
	l := s.caller.early[dialogID]
	if l == nil || l.gone || s.leg != nil || sdp == "" || s.ended || s.state >= stateCancelling {
		return nil, ErrState
	}
	s.modify.next, s.modify.want, s.modify.tries, s.modify.early = sdp, true, 0, l
	s.tryOffer()
	return s.finish(), nil
}

// dropEarly gives up an offer that still waits for an early dialog, because that is over (l) or no longer early (nil).
func (s *Session) dropEarly(l *leg) {
	m := &s.modify
	if m.want && m.early != nil && (l == nil || m.early == l) {
		m.want, m.early = false, nil
		s.emit(OfferRefused{})
	}
}

// tryOffer sends the waiting offer if nothing forbids it.
func (s *Session) tryOffer() {
	m := &s.modify
	if !m.want || m.tx != 0 || m.remote.req != nil || !s.timers[timerRetry].IsZero() || s.callee.final.response != nil {
		return
	}
	l := s.leg
	if l == nil {
		l = m.early
	}
	if l == nil {
		l = s.caller.active
	}
	if l == nil || l.gone || l.exchange != exchangeStable {
		return
	}
	method, purpose := sip.INVITE, forReinvite
	if s.state != stateConfirmed {
		if !l.allows(sip.UPDATE) || !s.pracked(l) || s.callee.rel.response != nil || s.callee.accept {
			return
		}
		method, purpose = sip.UPDATE, forUpdate
	}
	m.want = false
	s.sendOffer(l, method, request{purpose: purpose, leg: l, sdp: m.next})
}

// sendOffer sends a re-INVITE or UPDATE; without SDP it only refreshes.
func (s *Session) sendOffer(l *leg, method sip.RequestMethod, r request) {
	if r.sdp != "" {
		l.exchange = exchangeLocal
	}
	if method == sip.INVITE {
		l.rseq = 0
		s.modify.answer = ""
	}
	var extra []Header
	if s.state == stateConfirmed {
		extra = s.refreshHeaders(s.refresher())
	}
	s.modify.tx = s.send(l.request(s.profile, method, r.sdp, extra...), r)
}

// offerResponse follows our re-INVITE or UPDATE.
func (s *Session) offerResponse(tx uint64, r request, res *sip.Response) {
	if res.StatusCode < 200 {
		if r.purpose == forReinvite && res.StatusCode > 100 {
			if reliable, fresh := s.prackProvisional(r.leg, r.seq, res); reliable && fresh {
				if sdp := responseSDP(res); sdp != "" {
					s.modify.answer = sdp
				}
			}
		}
		return
	}
	if res.StatusCode < 300 {
		s.offerTaken(tx, r, res)
		return
	}
	if r.leg.exchange == exchangeLocal {
		r.leg.exchange = exchangeStable
	}
	s.modify.tx = 0
	switch {
	case res.StatusCode == 491:
		s.retryAfter(r, s.glareWait())
	case res.StatusCode == 422 && s.raise(res):
		s.retryAfter(r, 0)
	case res.StatusCode >= 500 && First(res, "retry-after") != "":
		s.retryAfter(r, retryAfter(res))
	case (res.StatusCode == 405 || res.StatusCode == 501) && r.purpose == forUpdate && s.state == stateConfirmed:
		r.leg.allow = nil // it does not take UPDATE after all: the next try is a re-INVITE
		s.retryAfter(r, 0)
	default:
		s.offerLost(r, OfferRefused{Status: res.StatusCode, Response: res})
	}
}

// offerFailed ends our re-INVITE or UPDATE without a response.
func (s *Session) offerFailed(r request, status int) {
	if r.leg.exchange == exchangeLocal {
		r.leg.exchange = exchangeStable
	}
	s.modify.tx = 0
	s.offerLost(r, OfferRefused{Status: status})
}

// offerLost tells the user that the offer was not taken, and ends the session if the dialog is gone.
func (s *Session) offerLost(r request, e OfferRefused) {
	if s.lostBy(e.Status) || s.state >= stateEnding {
		return
	}
	if e.Status == 481 {
		r.leg.gone = true
	}
	if r.refresh {
		s.refreshLost()
	} else {
		s.emit(e)
	}
	s.tryOffer()
}

// retryAfter tries the offer or refresh again later, unless a newer offer waits or it was tried often enough.
func (s *Session) retryAfter(r request, wait time.Duration) {
	m := &s.modify
	m.tries++
	switch {
	case m.tries > maxTries:
		s.offerLost(r, OfferRefused{Status: 491})
		return
	case r.refresh:
		s.after(timerRefresh, wait)
		return
	case !m.want:
		m.next, m.want = r.sdp, true
		if m.early = nil; s.leg == nil && s.role == Caller {
			m.early = r.leg
		}
	}
	if wait > 0 {
		s.after(timerRetry, wait)
		return
	}
	s.tryOffer()
}

// glareWait draws the time of RFC 3261 14.1: 2.1 to 4 s for the owner of the Call-ID, 0 to 2 s for the other, in 10 ms.
func (s *Session) glareWait() time.Duration {
	const unit = 10 * time.Millisecond
	if s.role == Caller {
		return 2100*time.Millisecond + time.Duration(s.profile.Random(191))*unit
	}
	return time.Duration(s.profile.Random(201)) * unit
}

// retryAfter reads a Retry-After of at most ten seconds (RFC 3311 5.2).
func retryAfter(res *sip.Response) time.Duration {
	n, err := strconv.Atoi(First(res, "retry-after"))
	if err != nil || n < 0 || n > 10 {
		n = 10
	}
	return time.Duration(n)*time.Second + time.Millisecond
}

// offerTaken takes a 2xx to our re-INVITE or UPDATE.
func (s *Session) offerTaken(tx uint64, r request, res *sip.Response) {
	l, m := r.leg, &s.modify
	m.tx = 0
	if r.purpose == forReinvite {
		_ = l.refreshTarget(res) // before the ACK (RFC 3261 12.2.1.2); an unusable Contact changes nothing
		m.lastTx, m.lastAck = tx, l.requestSeq(s.profile, sip.ACK, r.seq, "")
		s.do(Ack{m.lastAck})
	}
	if l.exchange == exchangeLocal {
		l.exchange = exchangeStable
	}
	if s.state >= stateEnding {
		return
	}
	_ = l.refreshTarget(res)
	l.abilities(res)
	if s.state == stateConfirmed {
		s.startRefresh(res)
	}
	m.tries = 0
	if r.sdp != "" {
		sdp := responseSDP(res)
		if sdp == "" {
			sdp = m.answer
		}
		changed := sdp != l.remoteSDP
		if sdp != "" {
			l.localSDP, l.remoteSDP, l.updated = r.sdp, sdp, true
		}
		switch {
		case r.refresh && (sdp == "" || !changed):
		case sdp == "":
			s.emit(OfferRefused{Status: res.StatusCode, Response: res})
		default:
			s.emit(Answered{Dialog: l.remoteTag, SDP: sdp})
		}
	}
	s.tryOffer()
	s.tryAccept()
}

// ackAgain repeats the ACK of a re-INVITE whose 2xx came again.
func (s *Session) ackAgain(tx uint64, res *sip.Response) {
	if tx == s.modify.lastTx && s.modify.lastAck != nil && res.StatusCode/100 == 2 {
		s.do(Ack{s.modify.lastAck})
	}
}

// offerRequest takes a re-INVITE or UPDATE of the far end (RFC 3261 14.2, RFC 3311 5.2).
func (s *Session) offerRequest(tx uint64, req *sip.Request, l *leg) {
	sdp := requestSDP(req)
	invite := req.Method == sip.INVITE
	busy := s.modify.remote.req != nil || l.exchange == exchangeRemote || (invite && s.callee.final.response != nil)
	switch {
	case s.state >= stateEnding || s.state == stateCancelling:
		s.refuse(tx, req, 481)
		return
	case invite && s.state != stateConfirmed, busy && (invite || sdp != ""):
		s.refuse(tx, req, 500, Header{"Retry-After", strconv.FormatInt(s.profile.Random(11), 10)})
		return
	case (invite || sdp != "") && l.exchange == exchangeLocal:
		s.refuse(tx, req, 491)
		return
	}
	if short, ok := s.tooShort(req); ok {
		s.refuse(tx, req, 422, short)
		return
	}
	if err := l.refreshTarget(req); err != nil {
		s.refuse(tx, req, 400)
		return
	}
	l.abilities(req)
	switch {
	case sdp != "":
		s.takeOffer(tx, req, l, sdp)
	case invite: // offerless: our current description is the offer, the ACK brings the answer (RFC 3261 14.2)
		l.exchange = exchangeLocal
		s.awaitAck(tx, s.final(req, l, l.localSDP), req.CSeq().SeqNo, true)
	default:
		s.do(Respond{tx, s.final(req, l, "")})
	}
}

// takeOffer hands an offer to the user.
func (s *Session) takeOffer(tx uint64, req *sip.Request, l *leg, sdp string) {
	if s.modify.remote.req != nil || l.exchange != exchangeStable {
		s.refuse(tx, req, 491)
		return
	}
	s.modify.remote = remoteOffer{tx, req, l, sdp}
	l.exchange = exchangeRemote
	s.after(timerOffer, s.profile.OfferLimit)
	s.emit(Offered{Dialog: l.remoteTag, SDP: sdp})
}

// Answer answers the offer of the last Offered event.
func (s *Session) Answer(now time.Time, sdp string) ([]Action, error) {
	s.begin(now)
	r := s.modify.remote
	if r.req == nil || sdp == "" {
		return nil, ErrState
	}
	s.modify.remote = remoteOffer{}
	s.stop(timerOffer)
	r.leg.localSDP, r.leg.remoteSDP, r.leg.exchange, r.leg.updated = sdp, r.sdp, exchangeStable, true
	switch r.req.Method {
	case sip.INVITE:
		s.awaitAck(r.tx, s.final(r.req, r.leg, sdp), r.req.CSeq().SeqNo, false)
	case sip.UPDATE:
		s.do(Respond{r.tx, s.final(r.req, r.leg, sdp)})
	default: // PRACK
		s.respond(r.tx, r.req, 200, sdp)
	}
	s.afterAnswer()
	return s.finish(), nil
}

// RefuseOffer refuses the offer of the last Offered event with a status of 400 to 699; the session stays as it was.
func (s *Session) RefuseOffer(now time.Time, status int) ([]Action, error) {
	s.begin(now)
	if s.modify.remote.req == nil || status < 400 {
		return nil, ErrState
	}
	s.refuseRemote(status)
	s.afterAnswer()
	return s.finish(), nil
}

// afterAnswer lets go what waited for the end of the remote offer.
func (s *Session) afterAnswer() {
	s.nextProvisional()
	s.tryAccept()
	s.tryOffer()
}

// refuseRemote refuses the waiting offer.
func (s *Session) refuseRemote(status int, extra ...Header) {
	r := s.modify.remote
	s.modify.remote = remoteOffer{}
	s.stop(timerOffer)
	r.leg.exchange = exchangeStable
	s.refuse(r.tx, r.req, status, extra...)
}

// offerLimit: our user did not answer an offer in time.
func (s *Session) offerLimit() {
	if s.modify.remote.req != nil {
		s.refuseRemote(500, Header{"Retry-After", "5"})
		s.afterAnswer()
	}
}

// dropRemoteOffer answers a waiting offer of a session that ends (RFC 3261 15.1.2).
func (s *Session) dropRemoteOffer() {
	if s.modify.remote.req != nil {
		s.refuseRemote(487)
	}
}
