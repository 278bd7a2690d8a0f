package core

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"causeway/test/lab/sip"
)

// binding is one registered contact.
type binding struct {
	privateID string
	contact   sip.Address
	path      []string
	instance  string
	visited   string
	received  sip.Source
	expires   time.Time
	timer     *sip.Timer
	public    string   // GRUU
	temporary []string // oldest first
}

// register serves REGISTER (TS 24.229 5.3.1, 5.4.1) for trusted-node
// authentication: the gateway has authenticated the user and says so.
func (c *Core) register(tx *sip.ServerTx) {
	m := tx.Request
	u, refused := c.admit(m)
	if refused != nil {
		tx.Respond(refused)
		return
	}
	number, _ := m.CSeq()
	if last, ok := c.cseqs[m.CallID()]; ok && number <= last {
		c.violate(m, "cseq", "REGISTER CSeq does not rise (RFC 3261 10.2)")
		tx.Reply(500, "CSeq Out Of Order", sip.Token())
		return
	}
	c.cseqs[m.CallID()] = number
	contacts := m.List("Contact")
	if len(contacts) == 1 && contacts[0] == "*" {
		for _, b := range slices.Clone(u.bindings) {
			c.drop(u, b, "unregistered")
		}
		tx.Respond(c.registered(tx, u))
		return
	}
	for _, v := range contacts {
		addr, err := sip.ParseAddress(v)
		if err != nil {
			c.violate(m, "contact", "bad Contact")
			tx.Reply(400, "Bad Contact", sip.Token())
			return
		}
		granted := c.granted(m, addr)
		if granted > 0 && granted < c.cfg.MinExpires {
			res := m.Response(423, "Interval Too Brief", sip.Token())
			res.Add("Min-Expires", strconv.Itoa(int(c.cfg.MinExpires.Seconds())))
			tx.Respond(res)
			return
		}
		c.bind(tx, u, addr, granted)
	}
	tx.Respond(c.registered(tx, u))
}

// admit checks who asks and whether the request is whole; it returns the
// refusal when it is not.
func (c *Core) admit(m *sip.Message) (*user, *sip.Message) {
	no := func(status int, reason, kind, text string) (*user, *sip.Message) {
		if kind != "" {
			c.violate(m, kind, text)
		}
		return nil, m.Response(status, reason, sip.Token())
	}
	if target, err := sip.ParseURI(m.URI); err != nil || target.Host != c.cfg.HomeDomain || target.User != "" {
		return no(404, "Not Found", "register_target", "the Request-URI is not the home domain")
	}
	if !m.HasToken("Supported", "path") || !m.HasToken("Require", "path") || len(m.List("Path")) == 0 {
		_, res := no(420, "Bad Extension", "path", "REGISTER without Path and its option tag (RFC 3327, TS 24.229 5.2.2)")
		res.Add("Unsupported", "path")
		return nil, res
	}
	scheme, auth := sip.AuthParams(m.Get("Authorization"))
	protected, _ := auth.Get("integrity-protected")
	to, _ := sip.ParseAddress(m.Get("To"))
	u := c.users[to.URI.User]
	if !strings.EqualFold(scheme, "Digest") || protected != "auth-done" {
		if res := c.proved(m, u, auth); res != nil {
			return nil, res
		}
	}
	private, _ := auth.Get("username")
	if u == nil || to.URI.Host != c.cfg.HomeDomain {
		return no(403, "Forbidden - Unknown User", "", "")
	}
	if private != c.privateID(u) {
		return no(403, "Forbidden - Identities Differ", "", "")
	}
	if text := c.registerHeaders(m, auth); text != "" {
		return no(400, "Bad Request", "register_header", text)
	}
	visited := strings.Trim(m.Get("P-Visited-Network-ID"), `"`)
	if len(c.cfg.VisitedNetworks) > 0 && !slices.Contains(c.cfg.VisitedNetworks, visited) {
		return no(403, "Forbidden - Visited Network", "", "")
	}
	return u, nil
}

// registerHeaders names the first thing that is missing, or "".
func (c *Core) registerHeaders(m *sip.Message, auth sip.Params) string {
	from, _ := sip.ParseAddress(m.Get("From"))
	to, _ := sip.ParseAddress(m.Get("To"))
	for name, want := range map[string]string{"realm": c.cfg.HomeDomain, "uri": m.URI} {
		if got, _ := auth.Get(name); got != want {
			return "Authorization " + name + " is not " + want
		}
	}
	for _, name := range []string{"nonce", "response"} {
		if _, ok := auth.Get(name); !ok {
			return "Authorization without " + name
		}
	}
	icid, _ := sip.HeaderParams(m.Get("P-Charging-Vector")).Get("icid-value")
	switch {
	case m.Get("P-Visited-Network-ID") == "":
		return "no P-Visited-Network-ID"
	case icid == "":
		return "no icid-value in P-Charging-Vector"
	case len(m.List("Contact")) == 0:
		return "no Contact"
	case from.URI.User != to.URI.User || from.URI.Host != to.URI.Host:
		return "From and To are not the same identity"
	case m.Has("Route") && !c.isSelf(firstURI(m.List("Route"))):
		return "Route that is not ours"
	}
	for _, v := range m.List("Contact") {
		if v == "*" {
			continue
		}
		addr, err := sip.ParseAddress(v)
		if err != nil {
			return "bad Contact"
		}
		instance, _ := addr.Params.Get("+sip.instance")
		if !strings.HasPrefix(instance, "<urn:uuid:") {
			return "Contact without +sip.instance urn:uuid (RFC 5626 4.1)"
		}
		if icsi, _ := addr.Params.Get("+g.3gpp.icsi-ref"); !strings.Contains(icsi, "urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel") {
			return "Contact without the MMTel +g.3gpp.icsi-ref"
		}
	}
	for _, v := range m.List("Path") {
		if addr, err := sip.ParseAddress(v); err != nil || !hasLR(addr) {
			return "Path that is no loose route"
		}
	}
	return ""
}

func hasLR(a sip.Address) bool { _, ok := a.URI.Params.Get("lr"); return ok }

func firstURI(list []string) string {
	if len(list) == 0 {
		return ""
	}
	addr, err := sip.ParseAddress(list[0])
	if err != nil {
		return ""
	}
	return addr.Raw
}

func (c *Core) privateID(u *user) string {
	return strings.TrimPrefix(u.Number, "+") + "@" + c.cfg.HomeDomain
}

// granted is the wish of the contact or the header, bounded above.
func (c *Core) granted(m *sip.Message, contact sip.Address) time.Duration {
	wish, ok := contact.Params.Get("expires")
	if !ok {
		wish = m.Get("Expires")
	}
	seconds, err := strconv.ParseUint(wish, 10, 32)
	if err != nil {
		return c.cfg.MaxExpires
	}
	return min(time.Duration(seconds)*time.Second, c.cfg.MaxExpires)
}

// bind stores, refreshes or (expires 0) removes one contact.
func (c *Core) bind(tx *sip.ServerTx, u *user, contact sip.Address, granted time.Duration) {
	instance, _ := contact.Params.Get("+sip.instance")
	i := slices.IndexFunc(u.bindings, func(b *binding) bool { return b.instance == instance })
	if granted == 0 {
		if i >= 0 {
			c.drop(u, u.bindings[i], "unregistered")
		}
		return
	}
	event := "refreshed"
	if i < 0 {
		i, event = len(u.bindings), "registered"
		u.bindings = append(u.bindings, &binding{})
	}
	b := u.bindings[i]
	b.timer.Stop()
	_, auth := sip.AuthParams(tx.Request.Get("Authorization"))
	b.privateID, _ = auth.Get("username")
	b.contact, b.instance, b.received = contact, instance, tx.Source
	b.path = tx.Request.List("Path")
	b.visited = strings.Trim(tx.Request.Get("P-Visited-Network-ID"), `"`)
	b.expires = time.Now().Add(granted)
	b.timer = c.stack.After(granted, func() { c.drop(u, b, "expired") })
	c.cfg.Log.Info("registered", "event", event, "bindings", len(u.bindings), "expires", granted)
	c.notifyAll(u, b, event)
}

// drop removes a binding and tells reg-event subscribers why (RFC 3680 4.7.1).
func (c *Core) drop(u *user, b *binding, event string) {
	i := slices.Index(u.bindings, b)
	if i < 0 {
		return
	}
	b.timer.Stop()
	u.bindings = slices.Delete(u.bindings, i, i+1)
	c.cfg.Log.Info("binding gone", "event", event, "bindings", len(u.bindings))
	c.notifyAll(u, b, event)
}

// Deregister ends every binding of a user on the network's wish; event is
// "deactivated" (may register again) or "rejected". False: no such binding.
func (c *Core) Deregister(number, event string) bool {
	found := false
	c.stack.Do(func() {
		u := c.users[number]
		if u == nil {
			return
		}
		for _, b := range slices.Clone(u.bindings) {
			found = true
			c.drop(u, b, event)
		}
	})
	return found
}

// registered builds the 200 (TS 24.229 5.4.1.2.2F). After a de-registration
// there is no P-Associated-URI, as with other cores.
func (c *Core) registered(tx *sip.ServerTx, u *user) *sip.Message {
	res := tx.Request.Response(200, "OK", sip.Token())
	for _, b := range u.bindings {
		left := int(time.Until(b.expires).Round(time.Second).Seconds())
		value := "<" + b.contact.Raw + ">;expires=" + strconv.Itoa(left)
		for _, p := range b.contact.Params {
			switch {
			case strings.EqualFold(p.Name, "expires"):
			case p.Value == "":
				value += ";" + p.Name
			default:
				value += ";" + p.Name + `="` + p.Value + `"`
			}
		}
		value += c.gruuParams(tx.Request, u, b)
		res.Add("Contact", value)
	}
	for _, p := range tx.Request.List("Path") {
		res.Add("Path", p)
	}
	res.Add("Supported", "path")
	if len(u.bindings) > 0 {
		res.Add("Service-Route", "<"+c.uri("orig")+";lr>")
		for i, n := range append([]string{u.Number}, u.Aliases...) {
			name := ""
			if i > 0 { // so that a page has names to show
				name = `"` + u.Name + " " + strconv.Itoa(i+1) + `" `
			}
			res.Add("P-Associated-URI", name+"<sip:"+n+"@"+c.cfg.HomeDomain+">, <tel:"+n+">")
		}
		res.Add("P-Charging-Function-Addresses", `ccf=`+c.self.Host)
	}
	return res
}
