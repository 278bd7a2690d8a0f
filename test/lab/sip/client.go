package sip

import (
	"crypto/rand"
	"net/netip"
	"strings"
	"time"
)

// maxUDPRequest is where RFC 3261 18.1.1 wants a congestion-controlled
// transport when the path MTU is unknown.
const maxUDPRequest = 1300

// ClientTx is one client transaction (RFC 3261 17.1 with RFC 6026). Loop only.
//
//	INVITE:  calling ─1xx─► proceeding ─2xx─► accepted ──M──► gone
//	            └─B─► timeout     └─3xx-6xx─► completed (ACK sent) ──D──► gone
//	other:   trying ─1xx─► proceeding ─final─► completed ──K──► gone
type ClientTx struct {
	Request *Message // as sent, Via included

	stack       *Stack
	key         string
	to          Source
	on          func(*Message)
	provisional bool
	final       int
	wantCancel  bool
	ended       bool
	resend      *Timer
	expiry      *Timer
	ack         *Message
}

// Token is 16 random characters fit for tags, branches and Call-IDs.
func Token() string { return strings.ToLower(rand.Text()[:16]) }

// Send starts a client transaction. It puts the Via on top (and Max-Forwards
// when there is none). on is called for every response in order and with nil
// when no final response came or the transport failed; after a final non-2xx
// or nil it is not called again, a 2xx to INVITE may be followed by others
// (other forks) and by its own repeats.
func (s *Stack) Send(req *Message, to Target, on func(*Message)) *ClientTx {
	if !req.Has("Max-Forwards") {
		req.Add("Max-Forwards", "70")
	}
	branch := "z9hG4bK" + Token()
	s.addVia(req, &to, branch)
	t := &ClientTx{Request: req, stack: s, on: on, key: branch + "|" + req.Method, to: Source{Network: to.Network, Addr: to.Addr}}
	s.clients[t.key] = t
	s.send(req, t.to, t.failed)
	if to.Network == "udp" {
		t.retransmit(s.cfg.T1)
	}
	t.expiry = s.After(64*s.cfg.T1, func() { t.give(nil) }) // timers B and F
	return t
}

// Forward sends a request that needs no transaction: ACK.
func (s *Stack) Forward(req *Message, to Target) {
	if !req.Has("Max-Forwards") {
		req.Add("Max-Forwards", "70")
	}
	s.addVia(req, &to, "z9hG4bK"+Token())
	s.send(req, Source{Network: to.Network, Addr: to.Addr}, nil)
}

func (s *Stack) addVia(req *Message, to *Target, branch string) {
	via := HostPort(s.addr.Addr().String(), s.addr.Port()) + ";branch=" + branch
	req.Prepend("Via", "SIP/2.0/UDP "+via+";rport")
	if to.Network == "" {
		to.Network = "udp"
		if len(req.Bytes()) > maxUDPRequest {
			to.Network = "tcp"
		}
	}
	if to.Network == "tcp" {
		req.Headers[0].Value = "SIP/2.0/TCP " + via
	}
}

// retransmit is timers A (doubling, RFC 3261 17.1.1.2) and E (capped at T2).
func (t *ClientTx) retransmit(wait time.Duration) {
	t.resend = t.stack.After(wait, func() {
		invite := t.Request.Method == "INVITE"
		if t.final != 0 || t.ended || invite && t.provisional {
			return
		}
		t.stack.send(t.Request, t.to, t.failed)
		next := 2 * wait
		if !invite {
			next = min(next, 8*t.stack.cfg.T1)
		}
		t.retransmit(next)
	})
}

func (t *ClientTx) failed(error) {
	if t.final == 0 {
		t.give(nil)
	}
}

// give hands a final result up and ends the transaction's timers.
func (t *ClientTx) give(res *Message) {
	if t.ended {
		return
	}
	if res == nil {
		t.end()
	}
	t.on(res)
}

func (t *ClientTx) end() {
	t.ended = true
	t.resend.Stop()
	t.expiry.Stop()
	delete(t.stack.clients, t.key)
}

func (s *Stack) response(res *Message, src Source) {
	via, err := ParseVia(res.topVia())
	branch := ""
	if err == nil {
		branch, _ = via.Params.Get("branch")
	}
	_, method := res.CSeq()
	t := s.clients[branch+"|"+method]
	if t == nil {
		s.handler.Stray(res, src)
		return
	}
	if t.Request.Method == "INVITE" {
		t.inviteResponse(res)
		return
	}
	if res.Status < 200 {
		t.provisional = true
		t.on(res)
		return
	}
	if t.final == 0 {
		t.final = res.Status
		t.resend.Stop()
		t.expiry.Stop()
		s.After(10*s.cfg.T1, t.end) // timer K
		t.on(res)
	}
}

func (t *ClientTx) inviteResponse(res *Message) {
	switch {
	case res.Status < 200:
		if t.final != 0 {
			return
		}
		if !t.provisional {
			t.provisional = true
			t.resend.Stop()
			t.expiry.Stop() // timer B ends in proceeding; Timer C is the user's
			if t.wantCancel {
				t.sendCancel()
			}
		}
		t.on(res)
	case res.Status < 300:
		if t.final >= 300 {
			return
		}
		if t.final == 0 {
			t.final = res.Status
			t.resend.Stop()
			t.expiry.Stop()
			t.stack.After(64*t.stack.cfg.T1, t.end) // timer M
		}
		t.on(res)
	default:
		t.negative(res)
	}
}

// negative acknowledges (RFC 3261 17.1.1.3) and reports the first.
func (t *ClientTx) negative(res *Message) {
	if t.final != 0 && t.final < 300 {
		return
	}
	first := t.final == 0
	if first {
		t.final = res.Status
		t.resend.Stop()
		t.expiry.Stop()
		t.ack = t.sameHop("ACK")
		t.ack.Set("To", res.Get("To"))
		t.stack.After(64*t.stack.cfg.T1, t.end) // timer D
	}
	t.stack.send(t.ack, t.to, nil)
	if first {
		t.on(res)
	}
}

// sameHop builds ACK or CANCEL: the INVITE's top Via, Route, From, To, Call-ID.
func (t *ClientTx) sameHop(method string) *Message {
	m := &Message{Method: method, URI: t.Request.URI}
	m.Add("Via", t.Request.topVia())
	for _, h := range t.Request.Headers {
		switch strings.ToLower(h.Name) {
		case "route", "from", "to", "call-id", "max-forwards":
			m.Headers = append(m.Headers, h)
		}
	}
	number, _, _ := strings.Cut(t.Request.Get("CSeq"), " ")
	m.Add("CSeq", number+" "+method)
	return m
}

// Cancel asks for the end of an INVITE; it waits for a provisional response
// first, as RFC 3261 9.1 demands.
func (t *ClientTx) Cancel() {
	if t.final != 0 || t.wantCancel || t.ended {
		return
	}
	t.wantCancel = true
	if t.provisional {
		t.sendCancel()
	}
}

func (t *ClientTx) sendCancel() {
	cancel := t.sameHop("CANCEL")
	c := &ClientTx{Request: cancel, stack: t.stack, to: t.to, on: func(*Message) {}}
	branch, _, _ := strings.Cut(t.key, "|")
	c.key = branch + "|CANCEL"
	t.stack.clients[c.key] = c
	t.stack.send(cancel, t.to, nil)
	if t.to.Network == "udp" {
		c.retransmit(t.stack.cfg.T1)
	}
	c.expiry = t.stack.After(64*t.stack.cfg.T1, func() { c.give(nil) })
	t.expiry = t.stack.After(64*t.stack.cfg.T1, func() { // RFC 3261 9.1: no answer at all means it is over
		if t.final == 0 {
			t.give(nil)
		}
	})
}

// Destination returns where the request was sent.
func (t *ClientTx) Destination() netip.AddrPort { return t.to.Addr }
