package sip

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// ServerTx is one server transaction (RFC 3261 17.2 with RFC 6026). Loop only.
//
//	INVITE:  proceeding ──2xx──► accepted ──L──► gone
//	             │                 (repeats absorbed; the 2xx is the user's)
//	             └──3xx-6xx──► completed ──ACK──► confirmed ──I──► gone
//	other:   trying ──final──► completed ──J──► gone
type ServerTx struct {
	Request *Message
	Source  Source

	stack    *Stack
	key      string
	last     *Message
	final    bool
	acked    bool
	resend   *Timer
	canceled bool
}

// serverKey follows RFC 3261 17.2.3: branch, sent-by and method (ACK as INVITE).
func serverKey(m *Message, method string) string {
	via, err := ParseVia(m.topVia())
	if err != nil {
		return ""
	}
	branch, _ := via.Params.Get("branch")
	if method == "ACK" {
		method = "INVITE"
	}
	return branch + "|" + strings.ToLower(HostPort(via.Host, via.Port)) + "|" + method
}

func (s *Stack) request(m *Message, src Source) {
	noteReceived(m, src)
	key := serverKey(m, m.Method)
	if tx := s.servers[key]; tx != nil {
		tx.repeated(m)
		return
	}
	switch m.Method {
	case "ACK":
		s.handler.Ack(m, src)
		return
	case "CANCEL":
		s.cancelled(m, src)
		return
	}
	tx := &ServerTx{Request: m, Source: src, stack: s, key: key}
	s.servers[key] = tx
	if m.Method == "INVITE" {
		tx.Respond(m.Response(100, "Trying", ""))
	}
	s.handler.Request(tx)
}

// cancelled answers a CANCEL (RFC 3261 9.2) and tells the INVITE's user.
func (s *Stack) cancelled(m *Message, src Source) {
	tx := &ServerTx{Request: m, Source: src, stack: s, key: serverKey(m, "CANCEL")}
	s.servers[tx.key] = tx
	invite := s.servers[serverKey(m, "INVITE")]
	if invite == nil {
		tx.Respond(m.Response(481, "Call/Transaction Does Not Exist", "c"))
		return
	}
	tx.Respond(m.Response(200, "OK", "c"))
	if !invite.final && !invite.canceled {
		invite.canceled = true
		s.handler.Cancel(invite)
	}
}

// noteReceived adds received and rport (RFC 3261 18.2.1, RFC 3581 4).
func noteReceived(m *Message, src Source) {
	for i, h := range m.Headers {
		if !strings.EqualFold(h.Name, "Via") {
			continue
		}
		items := SplitList(h.Value)
		via, err := ParseVia(items[0])
		if err != nil {
			return
		}
		host, _ := netip.ParseAddr(via.Host)
		port, wantsPort := via.Params.Get("rport")
		if wantsPort && port == "" {
			items[0] = strings.Replace(items[0], ";rport", ";rport="+strconv.Itoa(int(src.Addr.Port())), 1)
		}
		if host != src.Addr.Addr() || wantsPort {
			items[0] += ";received=" + src.Addr.Addr().String()
		}
		m.Headers[i].Value = strings.Join(items, ", ")
		return
	}
}

// Respond sends a response; the first final one ends the transaction's choice,
// later ones are dropped except repeats of a 2xx to INVITE.
func (t *ServerTx) Respond(res *Message) {
	invite := t.Request.Method == "INVITE"
	success := res.Status >= 200 && res.Status < 300
	if t.final && (!invite || !success || t.last.Status >= 300) {
		return
	}
	first := !t.final && res.Status >= 200
	t.last = res
	t.stack.send(res, t.replyTo(), nil)
	if !first {
		return
	}
	t.final = true
	t1 := t.stack.cfg.T1
	if invite && !success {
		t.resendUntilAck(t1)
	}
	t.stack.After(64*t1, func() { // timers H, I, J and L are all covered by 64*T1
		t.resend.Stop()
		delete(t.stack.servers, t.key)
	})
}

// resendUntilAck is timer G, doubling up to T2 = 8*T1.
func (t *ServerTx) resendUntilAck(wait time.Duration) {
	if t.Source.Network == "tcp" {
		return
	}
	t.resend = t.stack.After(wait, func() {
		t.stack.send(t.last, t.replyTo(), nil)
		t.resendUntilAck(min(2*wait, 8*t.stack.cfg.T1))
	})
}

func (t *ServerTx) repeated(m *Message) {
	if m.Method == "ACK" {
		if t.last != nil && t.last.Status < 300 { // ACK of a 2xx reusing the branch: not allowed, but meant
			t.stack.handler.Ack(m, t.Source)
			return
		}
		t.acked = true
		t.resend.Stop()
		return
	}
	accepted := t.Request.Method == "INVITE" && t.final && t.last.Status < 300
	if t.last != nil && !accepted && !t.acked {
		t.stack.send(t.last, t.replyTo(), nil)
	}
}

// replyTo follows RFC 3261 18.2.2 and RFC 3581: the same connection, or the
// source address and port when rport was given, else the sent-by port.
func (t *ServerTx) replyTo() Source {
	to := t.Source
	if to.Network == "tcp" {
		if via, err := ParseVia(t.Request.topVia()); err == nil && to.conn.isClosed() {
			to.Addr = netip.AddrPortFrom(to.Addr.Addr(), defaultPort(via.Port))
		}
		return to
	}
	via, err := ParseVia(t.Request.topVia())
	if err != nil {
		return to
	}
	if _, ok := via.Params.Get("rport"); !ok {
		to.Addr = netip.AddrPortFrom(to.Addr.Addr(), defaultPort(via.Port))
	}
	return to
}

// Final says whether a final response has been sent.
func (t *ServerTx) Final() bool { return t.final }

// Reply answers with a status and no extra header.
func (t *ServerTx) Reply(status int, reason, tag string) {
	t.Respond(t.Request.Response(status, reason, tag))
}

func defaultPort(port uint16) uint16 {
	if port == 0 {
		return 5060
	}
	return port
}
