package peer

import (
	"causeway/diameter/dict"

	"github.com/fiorix/go-diameter/v4/diam"
)

// sendDWR asks whether the peer lives (RFC 6733 5.5.1). When to ask and what silence means is the table's (RFC 3539).
func (l *loop) sendDWR(p *peerState) {
	r := l.baseRequest(dict.CommandDeviceWatchdog)
	r.AddAVP(dict.OriginStateID(l.m.deps.OriginStateID))
	l.sendBase(p, r)
}

// sendDWA says that we live (RFC 6733 5.5.2).
func (l *loop) sendDWA(p *peerState, req *diam.Message) {
	a := l.m.deps.Dictionary.Answer(req, dict.ResultSuccess)
	l.origin(a)
	a.AddAVP(dict.OriginStateID(l.m.deps.OriginStateID))
	l.sendAnswer(p, a)
}
