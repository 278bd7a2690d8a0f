package core

import (
	"strings"
	"time"

	"causeway/test/lab/sip"
)

// maxViolations bounds the list; a broken gateway makes the same one for ever.
const maxViolations = 1000

// Violation is one breach of the standards seen from the gateway.
type Violation struct {
	Time   time.Time `json:"time"`
	Kind   string    `json:"kind"`
	Text   string    `json:"text"`
	Method string    `json:"method"`
	CallID string    `json:"callId,omitempty"`
}

// Violations returns what has been seen since the start or the last Forget.
func (c *Core) Violations() []Violation {
	out := []Violation{}
	c.stack.Do(func() { out = append(out, c.violations...) })
	return out
}

// Forget empties the list of violations.
func (c *Core) Forget() { c.stack.Do(func() { c.violations = nil }) }

func (c *Core) violate(m *sip.Message, kind, text string) {
	_, method := m.CSeq()
	if m.Status != 0 {
		method = "response to " + method
	}
	c.cfg.Log.Warn("protocol violation", "kind", kind, "text", text, "method", method)
	if len(c.violations) < maxViolations {
		c.violations = append(c.violations, Violation{Time: time.Now(), Kind: kind, Text: text, Method: method, CallID: m.CallID()})
	}
}

// checkRequest looks at what every request of the gateway has to obey.
func (c *Core) checkRequest(m *sip.Message) {
	if m.Get("Max-Forwards") == "" {
		c.violate(m, "max_forwards", "no Max-Forwards (RFC 3261 8.1.1)")
	}
	for _, name := range []string{"P-Preferred-Identity", "Service-Route", "P-Associated-URI", "P-Called-Party-ID"} {
		if m.Has(name) {
			c.violate(m, "trust_header", name+" must not come from a P-CSCF (RFC 3325, TS 24.229 5.2.6.3)")
		}
	}
	if m.Method != "REGISTER" {
		for _, name := range []string{"Authorization", "Path"} {
			if m.Has(name) {
				c.violate(m, "trust_header", name+" on "+m.Method)
			}
		}
	}
	if scheme, _ := sip.AuthParams(m.Get("Authorization")); strings.EqualFold(scheme, "Bearer") {
		c.violate(m, "token_leak", "a bearer token reached the core")
	}
	for _, v := range m.List("P-Access-Network-Info") {
		if !strings.Contains(v, "network-provided") {
			c.violate(m, "access_network_info", "P-Access-Network-Info without network-provided (TS 24.229 5.2.6.3)")
		}
	}
	if via := m.List("Via"); len(via) > 0 {
		v, _ := sip.ParseVia(via[0])
		if branch, _ := v.Params.Get("branch"); !strings.HasPrefix(branch, "z9hG4bK") {
			c.violate(m, "branch", "branch without the magic cookie (RFC 3261 8.1.1.7)")
		}
	}
	if m.Tag("From") == "" {
		c.violate(m, "from_tag", "no tag on From")
	}
	c.checkBody(m)
}

// checkBody looks for WebRTC in SDP that has left the access edge
// (TS 23.228 U.1.1), and for a body without a type.
func (c *Core) checkBody(m *sip.Message) {
	if len(m.Body) == 0 {
		return
	}
	kind := strings.ToLower(m.Get("Content-Type"))
	if kind == "" {
		c.violate(m, "content_type", "a body without Content-Type")
	}
	if !strings.HasPrefix(kind, "application/sdp") {
		return
	}
	text := string(m.Body)
	for _, mark := range []string{"a=ice-", "a=candidate", "a=fingerprint", "a=setup", "a=rtcp-mux", "a=msid", "a=ssrc", "a=mid:",
		"BUNDLE", "SAVPF", "opus/48000", "a=rtcp-rsize", "a=extmap-allow-mixed", "telephone-event/48000"} {
		if strings.Contains(text, mark) {
			c.violate(m, "webrtc_sdp", "the core saw "+mark)
		}
	}
	if strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\n") {
		c.violate(m, "sdp_line_ends", "SDP lines do not end in CRLF")
	}
}

// checkOriginating looks at a dialog-forming or standalone request of a
// registered user (TS 24.229 5.2.6.3).
func (c *Core) checkOriginating(m *sip.Message) (ok bool) {
	asserted := m.List("P-Asserted-Identity")
	if len(asserted) == 0 || len(asserted) > 2 {
		c.violate(m, "asserted_identity", "one or two values of P-Asserted-Identity are needed")
		return false
	}
	for _, v := range asserted {
		addr, err := sip.ParseAddress(v)
		u := c.users[addr.URI.User]
		if err != nil || u == nil || len(u.bindings) == 0 || addr.URI.Scheme != "tel" && addr.URI.Host != c.cfg.HomeDomain {
			c.violate(m, "asserted_identity", "P-Asserted-Identity is not a registered public identity")
			return false
		}
	}
	if v, _ := sip.HeaderParams(m.Get("P-Charging-Vector")).Get("icid-value"); v == "" {
		c.violate(m, "charging_vector", "no icid-value on "+m.Method)
	}
	if m.Method != "INVITE" {
		return true
	}
	c.checkContact(m)
	for _, name := range []string{"Supported", "Allow", "P-Preferred-Service", "Accept-Contact"} {
		if !m.Has(name) {
			c.violate(m, "missing_header", "INVITE without "+name+" (TS 24.229 5.1.3)")
		}
	}
	return true
}

func (c *Core) checkContact(m *sip.Message) {
	contacts := m.List("Contact")
	if len(contacts) != 1 {
		c.violate(m, "contact", "exactly one Contact is needed")
		return
	}
	addr, err := sip.ParseAddress(contacts[0])
	if err != nil || addr.URI.Scheme != "sip" {
		c.violate(m, "contact", "Contact is not a SIP URI")
		return
	}
	c.checkGRUU(m, addr)
}

// checkAnswer looks at a response of the gateway to a terminating request.
func (c *Core) checkAnswer(res *sip.Message, called string) {
	c.checkBody(res)
	_, method := res.CSeq()
	if res.Status > 100 && res.Tag("To") == "" {
		c.violate(res, "to_tag", "a response without a To tag (RFC 3261 8.2.6.2)")
	}
	if method != "INVITE" || res.Status <= 100 {
		return
	}
	if res.Status < 300 {
		c.checkContact(res)
		if res.HasToken("Require", "100rel") && res.Get("RSeq") == "" {
			c.violate(res, "rseq", "Require: 100rel without RSeq (RFC 3262 3)")
		}
		c.checkAssertedAnswer(res, called)
	}
}

// checkAssertedAnswer: what answers a call asserts the identity it was called by
// (TS 24.229 5.2.6.4.4).
func (c *Core) checkAssertedAnswer(res *sip.Message, called string) {
	for _, v := range res.List("P-Asserted-Identity") {
		if addr, err := sip.ParseAddress(v); err == nil && addr.URI.User == called {
			return
		}
	}
	c.violate(res, "asserted_identity", "the answer does not assert the called identity")
}

// dialogState remembers the CSeq numbers of one Call-ID.
type dialogState struct {
	tags    map[string]bool   // every tag seen on either side
	cseq    map[string]uint32 // by From tag and To tag
	invites map[string]bool   // From tag and CSeq number of every INVITE
	caller  string            // From tag of the initial request
	first   uint32            // its CSeq
}

func (c *Core) remember(m *sip.Message) *dialogState {
	d := c.dialogs[m.CallID()]
	n, _ := m.CSeq()
	if d == nil {
		d = &dialogState{tags: map[string]bool{}, cseq: map[string]uint32{}, invites: map[string]bool{}, caller: m.Tag("From"), first: n}
		c.dialogs[m.CallID()] = d
	}
	d.tags[m.Tag("From")] = true
	d.invites[m.Tag("From")+m.Get("CSeq")] = true
	return d
}

// forget drops the dialog's numbers once nothing of it can be under way.
func (c *Core) forget(callID string) {
	d := c.dialogs[callID]
	c.stack.After(64*c.stack.T1(), func() {
		if c.dialogs[callID] == d {
			delete(c.dialogs, callID)
		}
	})
}

// checkInDialog: known tags, rising CSeq (RFC 3261 12.2.1.1), an ACK with the
// number of its INVITE (13.2.2.4).
func (c *Core) checkInDialog(m *sip.Message) {
	d := c.dialogs[m.CallID()]
	from, to := m.Tag("From"), m.Tag("To")
	if d == nil || !d.tags[from] || !d.tags[to] {
		c.violate(m, "unknown_dialog", m.Method+" in a dialog the core never saw")
		return
	}
	n, _ := m.CSeq()
	if m.Method == "ACK" {
		number, _, _ := strings.Cut(m.Get("CSeq"), " ")
		if !d.invites[from+number+" INVITE"] {
			c.violate(m, "cseq", "ACK whose CSeq belongs to no INVITE")
		}
		return
	}
	last := d.cseq[from+"|"+to]
	if from == d.caller && last < d.first {
		last = d.first
	}
	if n <= last {
		c.violate(m, "cseq", "CSeq does not rise within the dialog")
	}
	d.cseq[from+"|"+to] = n
	if m.Method == "INVITE" {
		d.invites[from+m.Get("CSeq")] = true
	}
}
