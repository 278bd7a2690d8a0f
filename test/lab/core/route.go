package core

import (
	"net/netip"
	"strconv"
	"strings"

	"causeway/test/lab/sip"
)

// initial routes a request that is outside any dialog.
func (c *Core) initial(tx *sip.ServerTx, from origin) {
	m := tx.Request
	route := m.List("Route")
	originating := len(route) > 0 && c.isSelf(firstURI(route)) && strings.HasPrefix(firstURI(route), "sip:orig@")
	if !originating {
		if from == gateway {
			c.violate(m, "missing_route", m.Method+" without the Service-Route (TS 24.229 5.2.6.3)")
		}
		tx.Reply(403, "Forbidden - No Service-Route", sip.Token())
		return
	}
	if from == gateway {
		if len(route) > 1 {
			c.violate(m, "extra_route", "Route holds more than the Service-Route")
		}
		if !c.checkOriginating(m) {
			tx.Reply(403, "Forbidden - Identity", sip.Token())
			return
		}
	}
	number, ok := c.dialled(m.URI)
	if !ok {
		tx.Reply(404, "Not Found", sip.Token())
		return
	}
	if m.Method == "INVITE" {
		c.remember(m)
	}
	c.terminate(tx, number, from)
}

// dialled takes the number out of tel:+N, sip:+N@home;user=phone, sip:+N@home.
func (c *Core) dialled(uri string) (string, bool) {
	u, err := sip.ParseURI(uri)
	if err != nil || !strings.HasPrefix(u.User, "+") {
		return "", false
	}
	if u.Scheme != "tel" && u.Host != c.cfg.HomeDomain {
		return "", false
	}
	return u.User, true
}

// terminate sends a request to whoever owns the number.
func (c *Core) terminate(tx *sip.ServerTx, number string, from origin) {
	m := tx.Request
	base, ok := c.passOn(tx)
	if !ok {
		return
	}
	base.PopFirst("Route")
	base.Prepend("Record-Route", "<"+c.uri("rr")+";lr>")
	if v := base.Get("P-Preferred-Service"); v != "" { // TS 24.229 5.4.3.2
		base.Del("P-Preferred-Service")
		base.Set("P-Asserted-Service", v)
	}
	f := &fork{core: c, tx: tx, called: number, from: from}
	c.forks[tx] = f
	if at, ok := c.handsets[number]; ok {
		req := base.Clone()
		req.URI = "sip:" + number + "@" + at.String()
		req.Set("P-Called-Party-ID", "<sip:"+number+"@"+c.cfg.HomeDomain+">")
		f.start(req, at, handset)
		return
	}
	u := c.users[number]
	if u == nil {
		f.refuse(404, "Not Found")
		return
	}
	if len(u.bindings) == 0 {
		f.refuse(480, "Temporarily Unavailable")
		return
	}
	c.cfg.Log.Info("terminating", "method", m.Method, "bindings", len(u.bindings))
	for _, b := range u.bindings {
		req := base.Clone()
		req.URI = b.contact.Raw
		for i := len(b.path) - 1; i >= 0; i-- {
			req.Prepend("Route", b.path[i])
		}
		req.Set("P-Called-Party-ID", "<sip:"+number+"@"+c.cfg.HomeDomain+">")
		f.start(req, c.resolve(firstURI(b.path), b.received.Addr), gateway)
	}
}

// passOn makes the copy a proxy forwards: Max-Forwards one lower (RFC 3261 16.6).
func (c *Core) passOn(tx *sip.ServerTx) (*sip.Message, bool) {
	m := tx.Request.Clone()
	hops, err := strconv.Atoi(m.Get("Max-Forwards"))
	if err != nil {
		hops = 70
	}
	if hops <= 0 {
		tx.Reply(483, "Too Many Hops", sip.Token())
		return nil, false
	}
	m.Set("Max-Forwards", strconv.Itoa(hops-1))
	return m, true
}

// inDialog forwards a request by its route set (RFC 3261 16.4, 16.12).
func (c *Core) inDialog(tx *sip.ServerTx, from origin) {
	m := tx.Request
	if from == gateway {
		c.checkInDialog(m)
		if !c.isSelf(firstURI(m.List("Route"))) {
			c.violate(m, "missing_route", m.Method+" in a dialog without the Record-Route")
		}
	}
	d := c.dialogs[m.CallID()]
	if d == nil {
		tx.Reply(481, "Call/Transaction Does Not Exist", "")
		return
	}
	if from == handset && m.Method == "INVITE" {
		d.invites[m.Tag("From")+m.Get("CSeq")] = true
	}
	req, ok := c.passOn(tx)
	if !ok {
		return
	}
	next, ok := c.nextHop(req)
	if !ok {
		tx.Reply(404, "Not Found", "")
		return
	}
	f := &fork{core: c, tx: tx, from: from, inside: true}
	c.forks[tx] = f
	f.start(req, next, stranger)
	if m.Method == "BYE" {
		c.forget(m.CallID())
	}
}

// nextHop takes our own Route off and resolves what is next.
func (c *Core) nextHop(req *sip.Message) (netip.AddrPort, bool) {
	for c.isSelf(firstURI(req.List("Route"))) {
		req.PopFirst("Route")
	}
	next := firstURI(req.List("Route"))
	if next == "" {
		next = req.URI
		if b, _ := c.gruu(next); b != nil { // RFC 5627 5.3: the contact it stands for
			req.URI, next = b.contact.Raw, firstURI(b.path)
			for i := len(b.path) - 1; i >= 0; i-- {
				req.Prepend("Route", b.path[i])
			}
		}
	}
	if c.isSelf(next) {
		return netip.AddrPort{}, false
	}
	to := c.resolve(next, c.cfg.Gateway)
	return to, to.IsValid() && to.Port() != 0
}

// Ack forwards the ACK of a 2xx without a transaction (RFC 3261 16.7).
func (c *Core) Ack(m *sip.Message, src sip.Source) {
	if c.whoSent(m, src) == gateway {
		c.checkRequest(m)
		c.checkInDialog(m)
	}
	req := m.Clone()
	if to, ok := c.nextHop(req); ok {
		c.stack.Forward(req, sip.Target{Addr: to})
	}
}

// resolve turns a URI's host into an address. The lab has no DNS: a name stands
// for the peer the message belongs to, given as the fallback.
func (c *Core) resolve(uri string, fallback netip.AddrPort) netip.AddrPort {
	u, err := sip.ParseURI(uri)
	if err != nil {
		return fallback
	}
	addr, err := netip.ParseAddr(u.Host)
	if err != nil {
		return fallback
	}
	port := u.Port
	if port == 0 {
		port = 5060
	}
	return netip.AddrPortFrom(addr, port)
}
