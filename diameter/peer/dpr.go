package peer

import (
	"time"

	"causeway/diameter/dict"

	"github.com/fiorix/go-diameter/v4/diam"
)

// sendDPR takes leave of the peer (RFC 6733 5.4.1). A peer that sees only the connection close treats our next one
// with suspicion for three watchdog periods (RFC 3539 3.4.1).
func (l *loop) sendDPR(p *peerState) {
	r := l.baseRequest(dict.CommandDisconnectPeer)
	r.AddAVP(dict.DisconnectRebooting.AVP())
	l.sendBase(p, r)
}

// leaving takes the peer's DPR. It is dialled again after the back-off whatever its cause: a PCRF that is configured
// is wanted, and the first refusal of a connection makes the back-off longer.
func (l *loop) leaving(p *peerState, req *diam.Message, now time.Time) {
	if cause, ok := dict.AVPs(req.AVP).U32(dict.CodeDisconnectCause, 0); ok {
		l.m.deps.Log.Info("diameter peer disconnects", "peer", p.address, "cause", cause)
	}
	l.step(p, Leave, req, now)
}

// sendDPA answers a DPR; the peer then closes the connection (RFC 6733 5.4.2).
func (l *loop) sendDPA(p *peerState, req *diam.Message) {
	a := l.m.deps.Dictionary.Answer(req, dict.ResultSuccess)
	l.origin(a)
	l.sendAnswer(p, a)
}
