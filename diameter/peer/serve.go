package peer

import (
	"strings"

	"causeway/diameter/dict"

	"github.com/fiorix/go-diameter/v4/diam"
)

// serve answers a request of the peer. Every request gets an answer: what we do not know is refused with the code that
// says why (RFC 6733 6.1.4, 7.1.3), on a connection that lives on.
func (l *loop) serve(p *peerState, req *diam.Message) {
	h := req.Header
	to, named := dict.AVPs(req.AVP).Text(dict.CodeDestinationHost, 0)
	switch {
	case h.ApplicationID != dict.ApplicationRx && h.ApplicationID != 0:
		l.refuse(p, req, dict.ResultApplicationUnsupported)
		return
	case h.ApplicationID == 0:
		l.refuse(p, req, dict.ResultCommandUnsupported)
		return
	case named && !strings.EqualFold(to, l.m.cfg.OriginHost):
		l.refuse(p, req, dict.ResultUnableToDeliver) // we relay for nobody
		return
	}
	a := l.m.deps.Serve(req)
	if a == nil {
		l.refuse(p, req, dict.ResultCommandUnsupported)
		return
	}
	p.count.served.Add(1)
	l.sendAnswer(p, a)
}

// refuse answers a request with an error.
func (l *loop) refuse(p *peerState, req *diam.Message, result uint32) {
	if p.link == nil {
		return
	}
	p.count.refused.Add(1)
	a := l.m.deps.Dictionary.Answer(req, result)
	l.origin(a)
	l.sendAnswer(p, a)
}
