package dialog

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Asking the far end to call somebody, and being asked (REFER: RFC 3515, 4488; its reports: RFC 6665; what outlives a BYE: RFC 5057).
//
//	we ask                                         we are asked
//	   |--- REFER, Refer-To ------------------->|     |<-- REFER, Refer-To ----------------------| Referred
//	   |<-- 202 --------------------------------|     |--- 202 (TakeRefer) or 4xx-6xx ---------->|
//	   |<-- NOTIFY 100, 180 ... active ---------|     |--- NOTIFY 100, active;expires ---------->|
//	   |<-- NOTIFY 200 or 4xx, terminated ------|     |--- NOTIFY ... (ReportRefer) ------------>| one at a time, the newest only
//	   | none in 64*T1, or none any more: ReferLost   | the last one is terminated;reason=noresource
//
// There is one of either kind at a time. Reports that we owe go on when the session has been hung up meanwhile: whoever asked may
// have left already and still wants to know.
type referrals struct {
	out  referOut
	in   referIn
	owed notifier
	seen int // REFERs taken in this session: from the second one on reports carry its number (RFC 3515 2.4.6)
}

// referOut is what we asked for.
type referOut struct {
	tx    uint64 // the REFER under way; 0: none
	leg   *leg
	seq   uint32 // its CSeq number: the subscription's id
	open  bool   // reports are expected
	taken bool   // ReferTaken has been emitted
}

// referIn is a REFER that our user has to decide on.
type referIn struct {
	tx  uint64
	req *sip.Request // nil: none
	leg *leg
}

// notifier is the subscription of a far end that asked us.
type notifier struct {
	leg    *leg // nil: none
	event  string
	until  time.Time
	tx     uint64 // the NOTIFY under way; 0: none
	next   report
	waits  bool // next is to be sent
	latest report
}

// report is how far we have come.
type report struct {
	kind, body string
	last       bool
	reason     string // why there are no more reports
}

// referLimit bounds a subscription to the fate of a REFER, either way; our choice.
const referLimit = 10 * time.Minute

// maxReport bounds the body of a report that is handed on, bytes.
const maxReport = 16 << 10

// ErrReferUnsupported is returned by Refer when the far end has said that it does not take REFER.
var ErrReferUnsupported = errors.New("the far end does not take REFER")

// ReferTaken: the far end will do what we asked (202), or has begun to. ReferReport events follow, or ReferLost.
type ReferTaken struct{}

// ReferRefused: the far end will not do what we asked. Response is nil when none came.
type ReferRefused struct {
	Status   int
	Response *sip.Response
}

// ReferReport says how far the far end has come: message/sipfrag as it came. After the last nothing follows.
type ReferReport struct {
	ContentType string
	Body        []byte // at most 16384 bytes
	Last        bool
}

// ReferLost: no report came in time. What became of our wish is not known.
type ReferLost struct{}

// Referred: the far end asks us to call somebody. Answer it with TakeRefer or RefuseRefer.
type Referred struct{ Request *sip.Request }

func (ReferTaken) event()   {}
func (ReferRefused) event() {}
func (ReferReport) event()  {}
func (ReferLost) event()    {}
func (Referred) event()     {}

// Refer asks the far end of an established session to call somebody. referTo is the Refer-To value; extra headers go along. What is
// still reported on an earlier one is not listened to any more.
func (s *Session) Refer(now time.Time, referTo string, extra ...Header) ([]Action, error) {
	s.begin(now)
	if s.state != stateConfirmed || s.refer.out.tx != 0 {
		return nil, ErrState
	}
	if len(s.leg.allow) > 0 && !s.leg.allows(sip.REFER) {
		return nil, ErrReferUnsupported
	}
	req := s.leg.request(s.profile, sip.REFER, "", append([]Header{{"Refer-To", referTo}}, extra...)...)
	tx := s.send(req, request{purpose: forRefer, leg: s.leg})
	s.refer.out = referOut{tx: tx, leg: s.leg, seq: s.pending[tx].seq}
	return s.finish(), nil
}

// referResponse follows our REFER.
func (s *Session) referResponse(tx uint64, res *sip.Response) {
	o := &s.refer.out
	if res.StatusCode < 200 || o.tx != tx {
		return
	}
	o.tx = 0
	switch {
	case res.StatusCode < 300 && o.taken: // a report was faster (RFC 6665 4.4.1); it may even have been the last
	case res.StatusCode < 300:
		o.open = true
		s.after(timerRefer, 64*s.profile.Timers.T1) // Timer N (RFC 6665 4.1.2.4)
		s.takeReferred()
	default:
		s.dropRefer()
		if res.StatusCode != 481 || !s.lostBy(481) { // a timeout is the subscription's loss and not the call's (RFC 5057 5.1)
			s.emit(ReferRefused{Status: res.StatusCode, Response: res})
		}
	}
}

// referFailed ends our REFER without a response.
func (s *Session) referFailed(tx uint64, status int) {
	if s.refer.out.tx != tx {
		return
	}
	s.dropRefer()
	s.emit(ReferRefused{Status: status})
}

// takeReferred tells once that our REFER was taken.
func (s *Session) takeReferred() {
	if !s.refer.out.taken {
		s.refer.out.taken = true
		s.emit(ReferTaken{})
	}
}

// dropRefer forgets what we asked for.
func (s *Session) dropRefer() {
	s.refer.out = referOut{}
	s.stop(timerRefer)
}

// referSilent: no report came in time.
func (s *Session) referSilent() {
	if s.refer.out.open {
		s.dropRefer()
		s.emit(ReferLost{})
	}
}

// notifyRequest takes a report on our REFER.
func (s *Session) notifyRequest(tx uint64, req *sip.Request, l *leg) {
	event := First(req, "event", "o")
	name, _, _ := strings.Cut(event, ";")
	id, named := Param(event, "id")
	o := &s.refer.out
	state := First(req, "subscription-state")
	word, _, _ := strings.Cut(state, ";")
	switch {
	case !strings.EqualFold(strings.TrimSpace(name), "refer"):
		s.refuse(tx, req, 489, Header{"Allow-Events", "refer"})
		return
	case o.leg != l || o.tx == 0 && !o.open, named && id != strconv.FormatUint(uint64(o.seq), 10):
		s.refuse(tx, req, 481)
		return
	case state == "":
		s.refuse(tx, req, 400)
		return
	case len(req.Body()) > maxReport:
		s.refuse(tx, req, 413)
		return
	}
	_ = l.refreshTarget(req) // an unusable Contact leaves the target as it was
	s.respond(tx, req, 200, "")
	s.takeReferred()
	last := strings.EqualFold(strings.TrimSpace(word), "terminated")
	if last {
		waiting := o.tx
		s.dropRefer()
		s.refer.out.tx, s.refer.out.taken = waiting, waiting != 0
	} else {
		// What expires is the far end's promise; it is not asked to renew it, for most report without. An answer takes its time.
		text, _ := Param(state, "expires")
		o.open = true
		s.after(timerRefer, min(max(parseSeconds(text), s.profile.AnswerLimit), referLimit))
	}
	s.emit(ReferReport{ContentType: First(req, "content-type", "c"), Body: req.Body(), Last: last})
}

// referRequest takes a REFER of the far end (RFC 3515 2.4.2).
func (s *Session) referRequest(tx uint64, req *sip.Request, l *leg) {
	switch {
	case len(Values(req, "refer-to", "r")) != 1:
		s.refuse(tx, req, 400)
	case s.state != stateConfirmed || s.refer.in.req != nil || s.refer.owed.leg != nil:
		s.refuse(tx, req, 491) // one at a time
	default:
		_ = l.refreshTarget(req)
		s.refer.in = referIn{tx, req, l}
		s.after(timerReferIn, s.profile.OfferLimit)
		s.emit(Referred{Request: req})
	}
}

// TakeRefer accepts the REFER of the last Referred event (202) and begins to report, unless the far end wants no reports (RFC 4488).
func (s *Session) TakeRefer(now time.Time, kind, body string) ([]Action, error) {
	s.begin(now)
	r := s.refer.in
	if r.req == nil {
		return nil, ErrState
	}
	s.refer.in = referIn{}
	s.stop(timerReferIn)
	headers := []Header{{"Contact", s.profile.Contact}}
	word, _, _ := strings.Cut(First(r.req, "refer-sub"), ";")
	silent := strings.EqualFold(strings.TrimSpace(word), "false")
	if silent {
		headers = append(headers, Header{"Refer-Sub", "false"})
	}
	s.respond(r.tx, r.req, 202, "", headers...)
	if s.refer.seen++; !silent {
		event := "refer"
		if s.refer.seen > 1 {
			event += ";id=" + strconv.FormatUint(uint64(r.req.CSeq().SeqNo), 10)
		}
		s.refer.owed = notifier{leg: r.leg, event: event, until: now.Add(referLimit)}
		s.after(timerReport, referLimit)
		s.report(report{kind: kind, body: body})
	}
	return s.finish(), nil
}

// RefuseRefer refuses the REFER of the last Referred event with a status of 400 to 699.
func (s *Session) RefuseRefer(now time.Time, status int) ([]Action, error) {
	s.begin(now)
	if s.refer.in.req == nil || status < 400 {
		return nil, ErrState
	}
	s.refuseReferIn(status)
	return s.finish(), nil
}

// refuseReferIn refuses the REFER that waits, if one does.
func (s *Session) refuseReferIn(status int) {
	r := s.refer.in
	s.refer.in = referIn{}
	s.stop(timerReferIn)
	if r.req != nil {
		s.refuse(r.tx, r.req, status)
	}
}

// ReportRefer tells whoever asked us how far we have come; it does nothing when nobody waits for it. last is the final report.
func (s *Session) ReportRefer(now time.Time, kind, body string, last bool) []Action {
	s.begin(now)
	if s.refer.owed.leg != nil && !s.refer.owed.latest.last {
		r := report{kind: kind, body: body, last: last}
		if last {
			r.reason = "noresource" // RFC 3515 2.4.7
		}
		s.report(r)
	}
	return s.finish()
}

// report sends a report, or lets it wait behind the one that is under way.
func (s *Session) report(r report) {
	n := &s.refer.owed
	if r == n.latest {
		return // nothing new
	}
	n.next, n.waits, n.latest = r, true, r
	s.nextReport()
}

// nextReport sends the report that waits, if none is under way: over UDP two would overtake each other.
func (s *Session) nextReport() {
	n := &s.refer.owed
	if n.leg == nil || !n.waits || n.tx != 0 {
		return
	}
	n.waits = false
	state := "active;expires=" + seconds(max(n.until.Sub(s.now), time.Second))
	if n.next.last {
		state = "terminated;reason=" + n.next.reason
		s.stop(timerReport)
	}
	req := n.leg.request(s.profile, sip.NOTIFY, "", Header{"Event", n.event}, Header{"Subscription-State", state}, Header{"Content-Type", n.next.kind})
	req.SetBody([]byte(n.next.body))
	n.tx = s.send(req, request{purpose: forNotify, leg: n.leg})
}

// reported follows a report of ours; whoever does not take one gets no more (RFC 6665 4.2.2, RFC 5057 5.1: the session goes on).
func (s *Session) reported(tx uint64, status int) {
	n := &s.refer.owed
	if n.tx != tx || status < 200 {
		return
	}
	n.tx = 0
	if status >= 300 || n.latest.last && !n.waits {
		s.refer.owed = notifier{}
		s.stop(timerReport)
		return
	}
	s.nextReport()
}

// reportLimit ends a subscription that has lasted too long (RFC 6665 4.4.1: reason timeout).
func (s *Session) reportLimit() {
	if n := &s.refer.owed; n.leg != nil {
		r := n.latest
		r.last, r.reason = true, "timeout"
		s.report(r)
	}
}

// referring tells whether reports are still owed after the session's end.
func (s *Session) referring() bool { return s.refer.owed.leg != nil }

// Identity returns what a Replaces header needs to name the session's dialog to its far end (RFC 3891 3), and the far end's address.
// ok is false unless the session is established.
func (s *Session) Identity() (callID, localTag, remoteTag, target string, ok bool) {
	if s.state != stateConfirmed {
		return "", "", "", "", false
	}
	return s.leg.callID, s.leg.localTag, s.leg.remoteTag, s.leg.target, true
}

// Standing is where a dialog stands for somebody who wants to take its place (RFC 3891 3).
type Standing uint8

// The standings.
const (
	Unknown     Standing = iota // there is no such dialog
	EarlyOurs                   // early, and the INVITE was ours
	EarlyTheirs                 // early, and the INVITE was the far end's
	Established
	Gone // it has ended
)

// Standing finds the dialog with that tag of the far end.
func (s *Session) Standing(remoteTag string) Standing {
	switch l := s.caller.early[remoteTag]; {
	case s.leg == nil && l == nil, s.leg != nil && s.leg.remoteTag != remoteTag:
		return Unknown
	case s.ended || s.state >= stateEnding || s.state == stateCancelling || l != nil && l.gone:
		return Gone
	case s.leg == nil:
		return EarlyOurs
	case s.state == stateProceeding:
		return EarlyTheirs
	default:
		return Established
	}
}
