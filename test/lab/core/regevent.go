package core

import (
	"encoding/xml"
	"strconv"
	"strings"
	"time"

	"causeway/test/lab/sip"
)

// subscription is one reg-event dialog (RFC 3680, TS 24.229 5.4.2.1).
type subscription struct {
	user      *user
	callID    string
	local     string // our From value with tag
	remote    string // their From value
	target    string // their Contact
	route     []string
	to        sip.Source
	cseq      uint32
	remoteSeq uint32
	version   int
	expires   time.Time
	timer     *sip.Timer
}

// subscribe serves SUBSCRIBE for the registration state of a user.
func (c *Core) subscribe(tx *sip.ServerTx) {
	m := tx.Request
	seconds, err := strconv.ParseUint(m.Get("Expires"), 10, 31)
	if err != nil {
		seconds = 3761 // RFC 3680 4.2 default
	}
	number, _ := m.CSeq()
	if tag := m.Tag("To"); tag != "" {
		s := c.subscriptions[m.CallID()+tag]
		if s == nil {
			tx.Reply(481, "Subscription Does Not Exist", "")
			return
		}
		if number <= s.remoteSeq {
			c.violate(m, "cseq", "SUBSCRIBE CSeq does not rise")
		}
		s.remoteSeq = number
		c.accept(tx, s, time.Duration(seconds)*time.Second)
		return
	}
	target, err := sip.ParseURI(m.URI)
	u := c.users[target.User]
	if err != nil || u == nil {
		tx.Reply(404, "Not Found", sip.Token())
		return
	}
	if len(m.List("Contact")) != 1 || !strings.Contains(m.Get("Accept"), "application/reginfo+xml") {
		c.violate(m, "subscribe", "SUBSCRIBE without one Contact or Accept: application/reginfo+xml")
		tx.Reply(400, "Bad Request", sip.Token())
		return
	}
	if m.Get("P-Asserted-Identity") == "" {
		c.violate(m, "asserted_identity", "SUBSCRIBE without P-Asserted-Identity (TS 24.229 5.2.3)")
	}
	tag := sip.Token()
	s := &subscription{user: u, callID: m.CallID(), local: m.Get("To") + ";tag=" + tag, remote: m.Get("From"),
		target: firstURI(m.List("Contact")), route: m.List("Record-Route"), to: tx.Source, remoteSeq: number}
	c.subscriptions[m.CallID()+tag] = s
	c.accept(tx, s, time.Duration(seconds)*time.Second)
}

func (c *Core) accept(tx *sip.ServerTx, s *subscription, d time.Duration) {
	s.timer.Stop()
	s.expires = time.Now().Add(d)
	res := tx.Request.Response(200, "OK", "")
	if tx.Request.Tag("To") == "" {
		for i, h := range res.Headers {
			if strings.EqualFold(h.Name, "To") {
				res.Headers[i].Value = s.local
			}
		}
	}
	res.Add("Contact", "<"+c.uri("reg")+">")
	res.Add("Expires", strconv.Itoa(int(d.Seconds())))
	tx.Respond(res)
	if d == 0 {
		c.notify(s, nil, "", "terminated;reason=timeout")
		c.unsubscribe(s)
		return
	}
	s.timer = c.stack.After(d, func() {
		c.notify(s, nil, "", "terminated;reason=timeout")
		c.unsubscribe(s)
	})
	c.notify(s, nil, "", "")
}

func (c *Core) unsubscribe(s *subscription) {
	s.timer.Stop()
	for key, x := range c.subscriptions {
		if x == s {
			delete(c.subscriptions, key)
		}
	}
}

func (c *Core) subscribed(u *user) int {
	n := 0
	for _, s := range c.subscriptions {
		if s.user == u {
			n++
		}
	}
	return n
}

// notifyAll tells every subscriber of a user what happened to one binding. A
// subscription ends with the last binding (RFC 3680 4.7.2 leaves that open;
// TS 24.229 5.4.2.1.2 has it).
func (c *Core) notifyAll(u *user, b *binding, event string) {
	for _, s := range c.subscriptions {
		if s.user != u {
			continue
		}
		state := ""
		if len(u.bindings) == 0 {
			state = "terminated;reason=noresource"
		}
		c.notify(s, b, event, state)
		if state != "" {
			c.unsubscribe(s)
		}
	}
}

func (c *Core) notify(s *subscription, changed *binding, event, state string) {
	if state == "" {
		state = "active;expires=" + strconv.Itoa(int(time.Until(s.expires).Round(time.Second).Seconds()))
	}
	s.cseq++
	m := &sip.Message{Method: "NOTIFY", URI: s.target}
	for _, r := range s.route {
		m.Add("Route", r)
	}
	m.Add("From", s.local)
	m.Add("To", s.remote)
	m.Add("Call-ID", s.callID)
	m.Add("CSeq", strconv.Itoa(int(s.cseq))+" NOTIFY")
	m.Add("Contact", "<"+c.uri("reg")+">")
	m.Add("Event", "reg")
	m.Add("Subscription-State", state)
	m.Add("Content-Type", "application/reginfo+xml")
	m.Body = c.reginfo(s, changed, event)
	to := sip.Target{Addr: c.resolve(s.target, s.to.Addr)}
	if len(s.route) > 0 {
		to.Addr = c.resolve(firstURI(s.route), s.to.Addr)
	}
	c.stack.Send(m, to, func(res *sip.Message) {
		if res == nil || res.Status == 481 {
			c.unsubscribe(s)
			return
		}
		if res.Status >= 300 {
			c.violate(res, "notify_refused", "NOTIFY answered "+strconv.Itoa(res.Status))
		}
	})
}

type reginfo struct {
	XMLName       xml.Name       `xml:"urn:ietf:params:xml:ns:reginfo reginfo"`
	Version       int            `xml:"version,attr"`
	State         string         `xml:"state,attr"`
	Registrations []registration `xml:"registration"`
}

type registration struct {
	AOR      string    `xml:"aor,attr"`
	ID       string    `xml:"id,attr"`
	State    string    `xml:"state,attr"`
	Contacts []contact `xml:"contact"`
}

type contact struct {
	ID      string `xml:"id,attr"`
	State   string `xml:"state,attr"`
	Event   string `xml:"event,attr"`
	Expires int    `xml:"expires,attr,omitempty"`
	URI     string `xml:"uri"`
}

// reginfo writes the full state of the implicit registration set.
func (c *Core) reginfo(s *subscription, changed *binding, event string) []byte {
	doc := reginfo{Version: s.version, State: "full"}
	s.version++
	for i, number := range append([]string{s.user.Number}, s.user.Aliases...) {
		for j, aor := range []string{"sip:" + number + "@" + c.cfg.HomeDomain, "tel:" + number} {
			r := registration{AOR: aor, ID: "r" + strconv.Itoa(2*i+j), State: "active"}
			gone := changed != nil
			for k, b := range s.user.bindings {
				e := "created"
				if b == changed {
					e, gone = event, false
				}
				r.Contacts = append(r.Contacts, contact{ID: "c" + strconv.Itoa(k), State: "active", Event: e,
					Expires: int(time.Until(b.expires).Seconds()), URI: b.contact.Raw})
			}
			if gone {
				r.Contacts = append(r.Contacts, contact{ID: "gone", State: "terminated", Event: event, URI: changed.contact.Raw})
			}
			if len(s.user.bindings) == 0 {
				r.State = "terminated"
			}
			doc.Registrations = append(doc.Registrations, r)
		}
	}
	out, err := xml.Marshal(doc)
	if err != nil { // plain strings and numbers: cannot happen
		c.cfg.Log.Error("reginfo", "err", err)
	}
	return append([]byte(xml.Header), out...)
}
