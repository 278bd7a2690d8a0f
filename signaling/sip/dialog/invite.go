package dialog

import (
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// The caller's INVITE (RFC 3261 13.2, 9.1; RFC 6228).
//
//	         INVITE                1xx              2xx: ACK
//	(start) -------> calling -----------> proceeding -------> confirmed
//	                    |                   |     \
//	                    | hangup            |      \ 3xx-6xx, timeout
//	                    v                   v       v
//	                cancelling <------ hangup      over
//	                    |  1xx: CANCEL now (never before one, 9.1)
//	                    |  487, other failure, 64*T1 after CANCEL: over
//	                    |  2xx crossed the CANCEL: ACK, BYE (15)
//
// Every To tag is its own dialog with its own route set, CSeq numbers and offer/answer state. The first 2xx wins; a 2xx
// with another tag is acknowledged and hung up (13.2.2.4); a repeated 2xx gets its ACK again. 199 ends an early dialog.
type caller struct {
	offer     string // SDP of the INVITE
	parts     []Part // beside it
	early     map[string]*leg
	tx        uint64 // the INVITE's client transaction
	wanted    bool   // CANCEL wanted, no 1xx yet
	cancelled bool   // CANCEL sent
	reason    string // Reason of the CANCEL
	active    *leg   // the early dialog heard last
	tried     bool   // Trying emitted
	ack       map[string]*sip.Request
}

// Call describes the INVITE to send. Values are written as they are.
type Call struct {
	Target string   // Request-URI: a sip or tel URI
	From   string   // From value without tag
	To     string   // To value
	Routes []string // Route values: the Service-Route (RFC 3608 6.1)
	CallID string
	SDP    string // offer; required
	Parts  []Part // more bodies of the first INVITE
}

// Part is a body beside the SDP, in a multipart/mixed (RFC 2046 5.1, RFC 5621).
type Part struct {
	Type string // media type
	ID   string // Content-ID without brackets (RFC 2392), to point to it
	Body string
}

// NewCaller makes the caller's side of a call; Start sends the INVITE.
func NewCaller(p *Profile, c Call) (*Session, error) {
	s := &Session{profile: p, role: Caller, pending: map[uint64]request{}}
	s.caller = caller{offer: c.SDP, parts: c.Parts, early: map[string]*leg{}, ack: map[string]*sip.Request{}}
	s.refresh.interval = p.SessionExpires
	s.refresh.minSE = p.MinSE
	var uri sip.Uri
	if strings.ContainsAny(c.Target, "\r\n <>\"") || c.SDP == "" {
		return nil, errDialog
	}
	if err := sip.ParseUri(c.Target, &uri); err != nil {
		return nil, err
	}
	req := sip.NewRequest(sip.INVITE, uri)
	add := func(name, value string) { req.AppendHeader(sip.NewHeader(name, value)) }
	add("Max-Forwards", "70")
	for _, r := range c.Routes {
		add("Route", r)
	}
	add("From", c.From+";tag="+p.Token())
	add("To", c.To)
	add("Call-ID", c.CallID)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: 1, MethodName: sip.INVITE})
	s.invite = req
	return s, nil
}

// Start sends the INVITE.
func (s *Session) Start(now time.Time) []Action {
	s.begin(now)
	if s.role == Caller && s.caller.tx == 0 {
		s.sendInvite()
		s.after(timerAnswer, s.profile.AnswerLimit)
	}
	return s.finish()
}

// sendInvite completes the prepared INVITE and sends it.
func (s *Session) sendInvite() {
	req := sip.NewRequest(sip.INVITE, s.invite.Recipient)
	for _, h := range s.invite.Headers() {
		req.AppendHeader(sip.HeaderClone(h))
	}
	add := func(name, value string) { req.AppendHeader(sip.NewHeader(name, value)) }
	add("Contact", s.profile.Contact)
	for _, h := range s.profile.Initial {
		add(h.Name, h.Value)
	}
	add("Allow", s.allow())
	add("Supported", s.supported())
	for _, h := range s.refreshHeaders("uac") {
		add(h.Name, h.Value)
	}
	s.setBodies(req)
	s.caller.tx = s.send(req, request{purpose: forInvite})
}

// setBodies puts the offer into the INVITE, with what else it carries.
func (s *Session) setBodies(req *sip.Request) {
	if len(s.caller.parts) == 0 {
		setBody(req, s.caller.offer)
		return
	}
	boundary := "part-" + s.profile.Token()
	var b strings.Builder
	for _, p := range append([]Part{{Type: "application/sdp", Body: s.caller.offer}}, s.caller.parts...) {
		b.WriteString("--" + boundary + "\r\nContent-Type: " + p.Type + "\r\n")
		if p.ID != "" {
			b.WriteString("Content-ID: <" + p.ID + ">\r\nContent-Disposition: by-reference;handling=optional\r\n")
		}
		b.WriteString("\r\n" + p.Body + "\r\n")
	}
	b.WriteString("--" + boundary + "--\r\n")
	req.AppendHeader(sip.NewHeader("Content-Type", "multipart/mixed;boundary="+boundary))
	req.SetBody([]byte(b.String()))
}

// inviteResponse follows the INVITE's responses.
func (s *Session) inviteResponse(tx uint64, res *sip.Response) {
	if tx != s.caller.tx {
		return // an answer to an attempt that a 422 has replaced
	}
	switch {
	case res.StatusCode < 200:
		s.provisional(res)
	case res.StatusCode < 300:
		s.accepted(res)
	case res.StatusCode == 422 && s.raise(res):
		s.invite.CSeq().SeqNo++ // RFC 4028 7.3: same Call-ID and From tag, next CSeq
		s.caller.early = map[string]*leg{}
		s.sendInvite()
	default:
		s.refused(Refused{Status: res.StatusCode, Response: res})
	}
}

// refused ends a call that was never answered.
func (s *Session) refused(r Refused) {
	s.dropRemoteOffer()
	s.over()
	s.emit(r)
}

// provisional takes a 1xx (RFC 3261 13.2.2.1).
func (s *Session) provisional(res *sip.Response) {
	if s.state > stateCancelling {
		return
	}
	if s.state == stateCalling {
		s.state = stateProceeding
	}
	if !s.caller.tried {
		s.caller.tried = true
		s.emit(Trying{})
	}
	if s.caller.wanted && !s.caller.cancelled {
		s.sendCancel()
	}
	tag, _ := Param(First(res, "to", "t"), "tag")
	if res.StatusCode == 100 || tag == "" {
		return
	}
	l, err := s.earlyLeg(tag, res)
	if err != nil || l.gone {
		return
	}
	reliable, fresh := s.prackProvisional(l, s.invite.CSeq().SeqNo, res)
	if reliable && !fresh || s.state == stateCancelling {
		return
	}
	if res.StatusCode == 199 { // RFC 6228 4: the dialog is over, the INVITE goes on
		l.gone = true
		s.emit(Provisional{Dialog: tag, Response: res})
		s.dropEarly(l)
		return
	}
	s.caller.active = l
	sdp := s.takeAnswer(l, responseSDP(res), reliable)
	s.emit(Provisional{Dialog: tag, SDP: sdp, Response: res})
}

// earlyLeg finds or makes the dialog of a response.
func (s *Session) earlyLeg(tag string, res *sip.Response) (*leg, error) {
	if l := s.caller.early[tag]; l != nil {
		// A later provisional may bring the Contact that the first lacked, or a new one.
		_ = l.refreshTarget(res)
		l.abilities(res)
		return l, nil
	}
	if len(s.caller.early) >= maxForks {
		return nil, errDialog
	}
	l, err := fromResponse(s.invite, res)
	if err != nil {
		return nil, err
	}
	l.exchange, l.localSDP = exchangeLocal, s.caller.offer
	s.caller.early[tag] = l
	return l, nil
}

// takeAnswer takes the description of a response to our INVITE's offer. What an unreliable response says is a preview
// that the next may replace; after a reliable one copies change nothing (RFC 3261 13.2.1).
func (s *Session) takeAnswer(l *leg, sdp string, reliable bool) string {
	if sdp == "" || l.reliableOK {
		return ""
	}
	changed := sdp != l.remoteSDP
	l.remoteSDP = sdp
	if reliable {
		l.exchange, l.reliableOK = exchangeStable, true
	}
	if !changed {
		return ""
	}
	return sdp
}

// accepted takes a 2xx (RFC 3261 13.2.2.4).
func (s *Session) accepted(res *sip.Response) {
	tag, _ := Param(First(res, "to", "t"), "tag")
	if ack := s.caller.ack[tag]; ack != nil { // a retransmission: our ACK was lost
		s.do(Ack{ack})
		return
	}
	l := s.caller.early[tag]
	if l == nil {
		var err error
		if l, err = fromResponse(s.invite, res); err != nil {
			s.unusable(err)
			return
		}
		l.exchange, l.localSDP = exchangeLocal, s.caller.offer
	} else if err := l.learn(res); err != nil && l.target == "" {
		s.unusable(err)
		return
	}
	if len(s.caller.ack) >= maxForks {
		return
	}
	ack := l.requestSeq(s.profile, sip.ACK, s.invite.CSeq().SeqNo, "")
	s.caller.ack[tag] = ack
	s.do(Ack{ack})
	if s.leg != nil || s.state >= stateCancelling { // a losing fork, or the 2xx crossed our CANCEL
		s.hangStray(l)
		return
	}
	s.win(l, tag, res)
}

// unusable gives up on a 2xx that makes no dialog.
func (s *Session) unusable(err error) {
	if s.leg == nil {
		s.refused(Refused{Status: 503, Err: err})
	}
}

// hangStray hangs up a dialog that nobody wants (RFC 3261 13.2.2.4).
func (s *Session) hangStray(l *leg) {
	reason := s.caller.reason
	var extra []Header
	if reason != "" {
		extra = append(extra, Header{"Reason", reason})
	}
	s.send(l.request(s.profile, sip.BYE, "", extra...), request{purpose: forStrayBye, leg: l})
	if s.state == stateCancelling {
		s.stopAll()
		s.state = stateOver
		s.emit(Ended{Why: ByLocal})
	}
}

// win makes a dialog the call's. The other early dialogs are over for us; a 2xx of theirs is still hung up.
func (s *Session) win(l *leg, tag string, res *sip.Response) {
	if sdp := responseSDP(res); sdp != "" && !l.updated { // a 2xx that differs from a reliable answer is followed
		l.remoteSDP = sdp
	}
	s.stop(timerAnswer)
	s.leg, s.state = l, stateConfirmed
	s.caller.early = nil
	if s.modify.remote.req != nil && s.modify.remote.leg != l {
		s.dropRemoteOffer()
	}
	if l.remoteSDP == "" { // RFC 3261 13.2.1: the answer has to be in the 2xx at the latest
		s.emit(Refused{Status: 488, Response: res})
		s.end(ByNoAnswer, `SIP;cause=488;text="no answer to the offer"`)
		return
	}
	if l.exchange == exchangeLocal {
		l.exchange = exchangeStable
	}
	s.startRefresh(res)
	s.emit(Accepted{Dialog: tag, SDP: l.remoteSDP, Response: res})
	s.dropEarly(nil)
	s.tryOffer()
}

// sendCancel cancels the INVITE; a 1xx has been seen (RFC 3261 9.1).
func (s *Session) sendCancel() {
	s.caller.cancelled = true
	s.do(Cancel{s.caller.tx, s.caller.reason})
	s.after(timerCancel, 64*s.profile.Timers.T1)
}

// cancelLimit: no final response in 64*T1 after the CANCEL, so the transaction counts as cancelled (RFC 3261 9.1).
func (s *Session) cancelLimit() {
	s.over()
	s.emit(Ended{Why: ByLocal})
}

// answerLimit: nobody answered in time, in either role.
func (s *Session) answerLimit() {
	switch {
	case s.role == Callee && s.state == stateProceeding:
		s.rejectInvite(480, "")
		s.emit(Ended{Why: ByNoAnswer})
	case s.role == Caller && s.state < stateCancelling:
		s.emit(Refused{Status: 408})
		s.cancel(`SIP;cause=408;text="no answer"`)
	}
}

// cancel gives the INVITE up: CANCEL now, or as soon as a provisional allows it.
func (s *Session) cancel(reason string) {
	was := s.state
	s.caller.reason, s.caller.wanted = reason, true
	s.state = stateCancelling
	s.stop(timerAnswer, timerRetry, timerOffer, timerRefresh, timerExpire)
	if was == stateProceeding {
		s.sendCancel()
	}
}

// HangUpStray answers a 2xx to an INVITE whose session is forgotten: the ACK and the BYE that RFC 3261 13.2.2.4 asks for,
// made from the response alone. An error says that the response makes no dialog; then nothing can be sent.
func HangUpStray(p *Profile, res *sip.Response) (ack, bye *sip.Request, err error) {
	cseq := res.CSeq()
	if cseq == nil || cseq.MethodName != sip.INVITE || res.StatusCode/100 != 2 {
		return nil, nil, errDialog
	}
	l := &leg{callID: First(res, "call-id", "i"), local: First(res, "from", "f"), remote: First(res, "to", "t")}
	if err := l.learn(res); err != nil {
		return nil, nil, err
	}
	l.localSeq = cseq.SeqNo
	return l.requestSeq(p, sip.ACK, cseq.SeqNo, ""), l.request(p, sip.BYE, ""), nil
}
