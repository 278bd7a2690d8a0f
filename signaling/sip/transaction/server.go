package transaction

import (
	"fmt"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/transport"
)

// Server is one server transaction (RFC 3261 17.2).
type Server struct {
	core
	req    *sip.Request
	src    transport.Source
	key    serverKey
	merge  mergeKey
	merged bool // merge is valid
	inner  bool // a CANCEL or a refusal of the layer's own; the user never hears of it

	// Guarded by core.mu.
	last            *sip.Response // sent last, repeated when the request comes again
	cancelled       bool          // the user has been told
	err             error         // of the last failed send
	onCancel, onAck func(*sip.Request)
	onFailed        func(error)
}

// Request returns the request that started the transaction. Its top Via carries received and rport already.
func (s *Server) Request() *sip.Request { return s.req }

// Source returns where the request came from.
func (s *Server) Source() transport.Source { return s.src }

// Respond sends a response: any number of provisional ones, then one final one (ErrAnswered for more). After a 2xx to
// an INVITE further 2xx are sent too, since repeating it until the ACK is the user's (RFC 3261 13.3.1.4, RFC 6026).
// The response is not to be changed afterwards. A failure to send is reported to the OnFailed hook.
func (s *Server) Respond(res *sip.Response) error {
	cseq, id := res.CSeq(), res.CallID()
	if cseq == nil || id == nil || cseq.SeqNo != s.req.CSeq().SeqNo || cseq.MethodName != s.req.Method || *id != *s.req.CallID() {
		return ErrMismatch
	}
	in := SayFinal
	switch {
	case res.StatusCode < 200:
		in = Say1xx
	case res.StatusCode < 300:
		in = Say2xx
	}
	if !s.command(in, res) {
		return ErrAnswered
	}
	return nil
}

// answer sends a bare response of the layer's own.
func (s *Server) answer(status int, reason string, extra ...sip.Header) {
	s.answerAs("", status, reason, extra...)
}

// tag is the To tag of what was answered so far, "" if nothing with one was.
func (s *Server) tag() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil || s.last.To() == nil {
		return ""
	}
	return s.last.To().Params.GetOr("tag", "")
}

// answerAs is answer with a To tag of another transaction: the 200 to a CANCEL has that of the INVITE's responses, or callers
// take it for another dialog's (RFC 3261 9.2).
func (s *Server) answerAs(tag string, status int, reason string, extra ...sip.Header) {
	res := sip.NewResponseFromRequest(s.req, status, reason, nil)
	if to := res.To(); tag != "" && to != nil {
		to.Params.Add("tag", tag)
	}
	for _, h := range extra {
		res.AppendHeader(h)
	}
	if err := s.Respond(res); err != nil {
		s.l.log.Debug("sip transaction was answered already", "status", status)
	}
}

// OnCancel sets the hook for a CANCEL of this INVITE that came before its final response. The CANCEL is answered 200
// already; sending 487 to the INVITE is the user's (RFC 3261 9.2). It is called once at most.
func (s *Server) OnCancel(h func(cancel *sip.Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onCancel = h
}

// OnFailed sets the hook for what went wrong after Respond: ErrTransport (the transaction lives on, RFC 6026 8.4),
// ErrNoAck or, without any answer to a request other than INVITE, ErrTimeout (both: it is over).
func (s *Server) OnFailed(h func(err error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onFailed = h
}

// OnAck sets the hook for the ACK of a non-2xx final response. Not needed for correctness.
func (s *Server) OnAck(h func(ack *sip.Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onAck = h
}

// begin makes the transaction known to the user, on the reader of its request.
func (s *Server) begin() {
	s.mu.Lock()
	if s.req.Method == sip.INVITE {
		s.m.clocks(setTrying, s.l.now())
	} else {
		s.m.clocks(set64T1, s.l.now())
	}
	if !s.inner {
		s.queue(event{kind: eventNew})
	}
	s.schedule()
	s.mu.Unlock()
	s.deliver()
}

// sent is the transport's late word on a response.
func (s *Server) sent(r transport.Result) {
	s.mu.Lock()
	s.took(r)
	s.schedule()
	s.mu.Unlock()
	s.deliver()
}

// took steps the machine with the outcome of a send. The lock is held.
func (s *Server) took(r transport.Result) {
	switch {
	case r.Err != nil:
		s.err = r.Err
		s.l.stats.transportErrors.Add(1)
		s.step(SendFailed, nil)
	case r.Network == transport.UDP:
		s.step(Sent, nil)
	default:
		s.step(SentReliable, nil)
	}
}

func (s *Server) post(res *sip.Response) {
	s.last = res
	if r, known := s.l.tr.Post(res, s.src.Reply(), s.sent); known {
		s.took(r)
	}
}

// act implements owner.
func (s *Server) act(do Action, msg sip.Message) {
	if do&DoAbsorb != 0 {
		s.l.stats.absorbed.Add(1)
	}
	switch {
	case do&DoSend != 0:
		s.post(msg.(*sip.Response))
	case do&DoResend != 0 && s.last != nil:
		s.l.stats.retransmissions.Add(1)
		s.post(s.last)
	case do&DoTrying != 0:
		s.post(sip.NewResponseFromRequest(s.req, 100, "Trying", nil))
	case do&DoPass != 0:
		s.queue(event{kind: eventPass, msg: msg})
	case do&DoStray != 0:
		s.queue(event{kind: eventStray, msg: msg})
	case do&DoCancelled != 0 && !s.cancelled:
		s.cancelled = true
		s.queue(event{kind: eventCancel, msg: msg})
	case do&TellError != 0:
		s.queue(event{kind: eventFailed, err: fmt.Errorf("%w: %w", ErrTransport, s.err)})
	case do&TellNoAck != 0:
		s.l.stats.timeouts.Add(1)
		s.queue(event{kind: eventFailed, err: ErrNoAck})
	case do&TellTimeout != 0:
		s.l.stats.timeouts.Add(1)
		s.queue(event{kind: eventFailed, err: ErrTimeout})
	}
}

// emit implements owner.
func (s *Server) emit(e event) {
	s.mu.Lock()
	onCancel, onAck, onFailed := s.onCancel, s.onAck, s.onFailed
	s.mu.Unlock()
	switch {
	case e.kind == eventNew:
		s.l.onRequest(s)
	case e.kind == eventStray:
		s.l.onAck(e.msg.(*sip.Request), s.src)
	case e.kind == eventPass && onAck != nil:
		onAck(e.msg.(*sip.Request))
	case e.kind == eventCancel && onCancel != nil:
		onCancel(e.msg.(*sip.Request))
	case e.kind == eventFailed && onFailed != nil:
		onFailed(e.err)
	}
}

// over implements owner.
func (s *Server) over() { s.l.removeServer(s) }
