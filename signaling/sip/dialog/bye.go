package dialog

import (
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// The end of a session (RFC 3261 15) and what else may be asked inside it (INFO).
//
//	Hangup in state      becomes
//	calling              nothing until a 1xx, then CANCEL; a final response ends it first
//	proceeding, caller   CANCEL, and ACK + BYE should a 2xx cross it
//	proceeding, callee   480 to the INVITE (Reject says another status)
//	accepted             BYE as soon as the ACK is in or given up (15: not before)
//	confirmed            BYE

// Hangup ends the session in whatever way its state asks for. reason is a Reason header value or "" (RFC 3326). The
// Ended event comes at once; the messages follow their own course.
func (s *Session) Hangup(now time.Time, reason string) []Action {
	s.begin(now)
	if s.state < stateEnding {
		s.end(ByLocal, reason)
	}
	return s.finish()
}

// end emits Ended and does what the state asks for.
func (s *Session) end(why Why, reason string) {
	s.emit(Ended{Why: why})
	switch s.state {
	case stateCalling, stateProceeding:
		if s.role == Callee {
			s.rejectInvite(480, reason)
		} else {
			s.cancel(reason)
		}
	case stateAccepted:
		s.callee.byeAfter, s.callee.reason = true, reason
	case stateConfirmed:
		s.sendBye(reason)
	case stateCancelling, stateEnding, stateOver:
	}
}

// sendBye hangs up an established session.
func (s *Session) sendBye(reason string) {
	s.dropRemoteOffer()
	s.refuseReferIn(480)
	s.stopAll()
	s.state = stateEnding
	s.modify.want = false
	s.callee.final = finalOut{}
	var extra []Header
	if reason != "" {
		extra = append(extra, Header{"Reason", reason})
	}
	s.send(s.leg.request(s.profile, sip.BYE, "", extra...), request{purpose: forBye, leg: s.leg})
}

// over forgets whatever else was under way: after BYE nothing inside the dialog matters, but the reports that somebody waits for.
func (s *Session) over() {
	s.refuseReferIn(480)
	s.refer.out = referOut{}
	s.stopAll()
	s.state = stateOver
	for tx, r := range s.pending {
		if r.purpose != forStrayBye && r.purpose != forNotify {
			delete(s.pending, tx)
		}
	}
}

// lostBy ends the session when a response inside it says that the far end has no such dialog (RFC 3261 12.2.1.2).
func (s *Session) lostBy(status int) bool {
	if (status != 481 && status != 408) || s.state != stateConfirmed {
		return false
	}
	s.end(ByLostDialog, "")
	return true
}

// byeRequest takes a BYE (RFC 3261 15.1.2).
func (s *Session) byeRequest(tx uint64, req *sip.Request, l *leg) {
	s.respond(tx, req, 200, "")
	reason := strings.Join(Values(req, "reason"), ", ")
	switch {
	case s.role == Caller && s.leg == nil: // only an early dialog of several
		l.gone = true
		return
	case s.state == stateProceeding:
		answered := s.callee.accept // by our user; the 2xx still waits
		s.rejectInvite(487, "")
		if !answered { // the caller gave up by another word than CANCEL (RFC 3261 15)
			s.emit(Ended{Why: ByCancel, Reason: reason})
			return
		}
	case s.state == stateEnding: // both hung up; our own BYE still waits for its answer
		return
	case s.state < stateOver:
		s.dropRemoteOffer()
		s.callee.final = finalOut{}
		s.over()
	}
	s.emit(Ended{Why: ByRemote, Reason: reason})
}

// maxInfo bounds the body of an INFO that is looked at, in bytes.
const maxInfo = 1024

// infoRequest takes an INFO: DTMF relay and media control (RFC 5168) are understood, an empty one is a keep-alive, others are not (RFC 6086 4.2.2).
func (s *Session) infoRequest(tx uint64, req *sip.Request) {
	kind, _, _ := strings.Cut(First(req, "content-type", "c"), ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	switch body := req.Body(); {
	case First(req, "info-package") != "":
		s.refuse(tx, req, 469)
	case len(body) == 0:
		s.respond(tx, req, 200, "")
	case (kind == "application/dtmf-relay" || kind == "application/dtmf" || kind == "application/media_control+xml") && len(body) <= maxInfo:
		s.respond(tx, req, 200, "")
		s.emit(Info{ContentType: kind, Body: body})
	default:
		s.refuse(tx, req, 415, Header{"Accept", "application/sdp, application/dtmf-relay, application/dtmf, application/media_control+xml"})
	}
}

// SendInfo sends an INFO of the legacy kind in an established session.
func (s *Session) SendInfo(now time.Time, contentType string, body []byte) ([]Action, error) {
	s.begin(now)
	if s.state != stateConfirmed {
		return nil, ErrState
	}
	req := s.leg.request(s.profile, sip.INFO, "", Header{"Content-Type", contentType})
	req.SetBody(body)
	s.send(req, request{purpose: forInfo, leg: s.leg})
	return s.finish(), nil
}

// respond answers a request in the dialog.
func (s *Session) respond(tx uint64, req *sip.Request, status int, sdp string, extra ...Header) {
	s.do(Respond{tx, NewResponse(req, status, s.LocalTag(), sdp, extra...)})
}

// refuse answers a request in the dialog with a failure.
func (s *Session) refuse(tx uint64, req *sip.Request, status int, extra ...Header) {
	s.respond(tx, req, status, "", extra...)
}

// unsupported lists the option tags a request requires that we do not have (RFC 3261 8.2.2.3).
func (s *Session) unsupported(req *sip.Request) string {
	return Unsupported(req, s.profile.Supported)
}

// Unsupported lists the option tags in Require that are not among those supported, comma-separated; "" if none.
func Unsupported(req *sip.Request, supported []string) string {
	var out []string
	for _, tag := range Values(req, "require") {
		known := false
		for _, t := range supported {
			known = known || strings.EqualFold(t, tag)
		}
		if !known {
			out = append(out, tag)
		}
	}
	return strings.Join(out, ", ")
}

// allow is the Allow header's value.
func (s *Session) allow() string { return strings.Join(s.profile.Allow, ", ") }

// supported is the Supported header's value.
func (s *Session) supported() string { return strings.Join(s.profile.Supported, ", ") }
