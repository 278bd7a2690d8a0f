package dialog

import (
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Reliable provisional responses (RFC 3262), both roles.
//
//	caller                                   callee
//	   |<-- 183, Require: 100rel, RSeq n ------|  repeated at T1, 2*T1, 4*T1 ... until
//	   |--- PRACK, RAck: n CSeq INVITE ------->|  64*T1: then the INVITE is refused with 504
//	   |<-- 200 -------------------------------|  the next provisional, or the 2xx, leaves now
//
// The caller sends PRACK inside the early dialog the response belongs to: its To tag, its Contact as Request-URI, its
// Record-Route reversed. RSeq must rise by one per dialog; gaps and repetitions are ignored (RFC 3262 4). The callee has
// one unacknowledged response at a time (RFC 3262 3 recommends it and IMS needs the order).

// maxQueued bounds the provisionals that wait for a PRACK.
const maxQueued = 8

// provisionalOut is a provisional response still to be sent.
type provisionalOut struct {
	status  int
	sdp     string
	require []string
}

// reliableOut is the reliable provisional that waits for its PRACK.
type reliableOut struct {
	response *sip.Response // nil: none waits
	rseq     uint32
	sdp      bool
	offer    bool // it carried our offer: the PRACK has to answer it
	interval int  // how many times T1 doubled so far, as a shift
}

// prackProvisional acknowledges a reliable provisional on its own dialog. fresh is false for a repetition or a gap.
func (s *Session) prackProvisional(l *leg, cseq uint32, res *sip.Response) (reliable, fresh bool) {
	if !HasToken(res, "100rel", "require") {
		return false, true
	}
	n, err := strconv.ParseUint(First(res, "rseq"), 10, 32)
	if err != nil || n == 0 {
		return false, true // no RSeq: nothing to acknowledge (RFC 3262 7.1)
	}
	rseq := uint32(n)
	if l.rseq != 0 && rseq != l.rseq+1 {
		return true, false
	}
	l.rseq = rseq
	rack := strconv.FormatUint(n, 10) + " " + strconv.FormatUint(uint64(cseq), 10) + " INVITE"
	s.send(l.request(s.profile, sip.PRACK, "", Header{"RAck", rack}), request{purpose: forPrack, leg: l})
	return true, true
}

// prackResponse follows a PRACK of ours. A 481 to it says that the early dialog is gone (RFC 3261 12.2.1.2).
func (s *Session) prackResponse(r request, res *sip.Response) {
	if res.StatusCode == 481 && s.leg == nil {
		r.leg.gone = true
	}
	if res.StatusCode >= 200 {
		s.tryOffer()
	}
}

// pracked reports whether no PRACK of this dialog is under way, which an early UPDATE has to wait for.
func (s *Session) pracked(l *leg) bool {
	for _, r := range s.pending {
		if r.purpose == forPrack && r.leg == l {
			return false
		}
	}
	return true
}

// queueProvisional sends a provisional now or behind the one that waits for its PRACK.
func (s *Session) queueProvisional(p provisionalOut) {
	if len(s.callee.queue) < maxQueued {
		s.callee.queue = append(s.callee.queue, p)
	}
	s.nextProvisional()
}

// nextProvisional sends what may be sent.
func (s *Session) nextProvisional() {
	for s.state == stateProceeding && s.callee.rel.response == nil && len(s.callee.queue) > 0 {
		p := s.callee.queue[0]
		s.callee.queue = s.callee.queue[1:]
		s.sendProvisional(p)
	}
}

// sendProvisional sends one 101-199, reliably if the caller can (RFC 3262 3).
func (s *Session) sendProvisional(p provisionalOut) {
	l := s.leg
	sdp, offer := p.sdp, false
	if sdp != "" {
		switch {
		case l.exchange == exchangeRemote:
			l.localSDP = sdp
			if l.rel100 {
				l.exchange = exchangeStable
			}
		case l.exchange == exchangeNone && l.rel100:
			l.localSDP, l.exchange, offer = sdp, exchangeLocal, true
		default:
			sdp = "" // already answered, or an offer that an unreliable response must not carry (RFC 3261 13.2.1)
		}
	}
	headers := append([]Header{{"Contact", s.profile.Contact}, {"Allow", s.allow()}}, s.profile.Response...)
	if p.status == 180 {
		headers = append(headers, s.profile.Ringing...)
	}
	if l.rel100 {
		s.callee.rseq++
		headers = append(headers, Header{"Require", strings.Join(append([]string{"100rel"}, p.require...), ", ")},
			Header{"RSeq", strconv.FormatUint(uint64(s.callee.rseq), 10)})
	}
	res := NewResponse(s.invite, p.status, l.localTag, sdp, headers...)
	if l.rel100 {
		s.callee.rel = reliableOut{response: res, rseq: s.callee.rseq, sdp: sdp != "", offer: offer}
		s.after(timerRel, s.profile.Timers.T1)
		s.after(timerRelLimit, 64*s.profile.Timers.T1)
	}
	s.do(Respond{s.callee.tx, res})
}

// resendReliable repeats the waiting provisional; the interval doubles without a cap (RFC 3262 3).
func (s *Session) resendReliable() {
	if s.callee.rel.response == nil {
		return
	}
	s.do(Respond{s.callee.tx, s.callee.rel.response})
	s.callee.rel.interval++
	s.after(timerRel, s.profile.Timers.T1<<s.callee.rel.interval)
}

// reliableLimit refuses the INVITE: no PRACK came in 64*T1 (RFC 3262 3 asks for a 5xx).
func (s *Session) reliableLimit() {
	if s.callee.rel.response == nil || s.state != stateProceeding {
		return
	}
	s.rejectInvite(504, "")
	s.emit(Ended{Why: ByNoPrack})
}

// prackRequest takes the caller's PRACK (RFC 3262 3).
func (s *Session) prackRequest(tx uint64, req *sip.Request, l *leg) {
	rel := s.callee.rel
	if passed := s.callee.passed; passed != 0 && s.matchRAck(First(req, "rack"), passed) && requestSDP(req) == "" {
		s.callee.passed = 0 // the 2xx was faster; its PRACK is taken all the same (RFC 3262 3)
		s.respond(tx, req, 200, "")
		return
	}
	if s.role != Callee || rel.response == nil || !s.matchRAck(First(req, "rack"), rel.rseq) {
		s.refuse(tx, req, 481)
		return
	}
	sdp := requestSDP(req)
	s.callee.rel = reliableOut{}
	s.stop(timerRel, timerRelLimit)
	switch {
	case rel.offer && sdp != "":
		l.remoteSDP, l.exchange = sdp, exchangeStable
		s.respond(tx, req, 200, "")
		s.emit(Answered{Dialog: l.remoteTag, SDP: sdp})
	case rel.offer: // RFC 3262 5: an offer in the response has to be answered in the PRACK
		s.refuse(tx, req, 488)
		s.rejectInvite(488, "")
		s.emit(Ended{Why: ByNoAnswer})
		return
	case sdp != "":
		s.takeOffer(tx, req, l, sdp)
	default:
		s.respond(tx, req, 200, "")
	}
	s.nextProvisional()
	s.tryAccept()
	s.tryOffer()
}

// matchRAck compares a RAck with the response that waits (RFC 3262 7.2).
func (s *Session) matchRAck(rack string, rseq uint32) bool {
	f := strings.Fields(rack)
	if len(f) != 3 || !strings.EqualFold(f[2], "INVITE") {
		return false
	}
	r, err1 := strconv.ParseUint(f[0], 10, 32)
	c, err2 := strconv.ParseUint(f[1], 10, 32)
	return err1 == nil && err2 == nil && uint32(r) == rseq && uint32(c) == s.invite.CSeq().SeqNo
}
