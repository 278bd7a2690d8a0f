package dialog

import (
	"time"

	"github.com/emiago/sipgo/sip"
)

// Authorized sends a challenged request of ours again with credentials (RFC 3261 22.2): the same request, the same Tx, the next
// CSeq. sent is the request as it went out; credentials replace what it carried under that name. The owner calls it instead of
// Response for the 401 or 407. A request that is no longer wanted, or not under way, is not sent: the challenge has to be given to
// Response then, which the second result tells.
func (s *Session) Authorized(now time.Time, tx uint64, sent *sip.Request, credentials Header) ([]Action, bool) {
	r, ok := s.pending[tx]
	if !ok || r.purpose == forInvite && s.state >= stateCancelling {
		return nil, false
	}
	s.begin(now)
	if r.purpose == forInvite {
		s.invite.CSeq().SeqNo++
		r.seq = s.invite.CSeq().SeqNo
		s.caller.early = map[string]*leg{}
	} else {
		r.leg.localSeq++
		r.seq = r.leg.localSeq
	}
	s.pending[tx] = r
	s.do(Send{tx, Proving(sent, r.seq, credentials)})
	return s.finish(), true
}

// Proving is a request as it is sent again with credentials and another CSeq number; they replace what it carried under that name.
func Proving(sent *sip.Request, seq uint32, credentials Header) *sip.Request {
	req := sip.NewRequest(sent.Method, sent.Recipient)
	for _, h := range sent.Headers() {
		switch h.Name() {
		case "Via", "CSeq", "Content-Length", credentials.Name:
		default:
			req.AppendHeader(sip.HeaderClone(h))
		}
	}
	req.AppendHeader(&sip.CSeqHeader{SeqNo: seq, MethodName: sent.Method})
	req.AppendHeader(sip.NewHeader(credentials.Name, credentials.Value))
	req.SetBody(sent.Body())
	return req
}
