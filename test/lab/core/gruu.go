package core

import (
	"strings"

	"causeway/test/lab/sip"
)

// maxTemporary is how many temporary addresses of a contact stay valid.
const maxTemporary = 32

// gruuParams gives a contact its addresses (RFC 5627 5.1), when the request supports them and the core is told to.
func (c *Core) gruuParams(m *sip.Message, u *user, b *binding) string {
	if !c.cfg.GRUU || !m.HasToken("Supported", "gruu") || b.instance == "" {
		return ""
	}
	b.public = "sip:" + u.Number + "@" + c.cfg.HomeDomain + ";gr=" + strings.Trim(b.instance, "<>")
	temporary := "sip:tgruu." + sip.Token() + "@" + c.cfg.HomeDomain + ";gr"
	if b.temporary = append(b.temporary, temporary); len(b.temporary) > maxTemporary {
		b.temporary = b.temporary[1:]
	}
	return `;pub-gruu="` + b.public + `";temp-gruu="` + temporary + `"`
}

// gruu finds the contact an address stands for; temporary says which kind it is.
func (c *Core) gruu(uri string) (found *binding, temporary bool) {
	if !c.cfg.GRUU {
		return nil, false
	}
	for _, u := range c.users {
		for _, b := range u.bindings {
			if b.public == uri && uri != "" {
				return b, false
			}
			for _, t := range b.temporary {
				if t == uri {
					return b, true
				}
			}
		}
	}
	return nil, false
}

// checkGRUU: who was given such addresses uses them, and anonymous calls the one that says nothing (RFC 5627 4.4).
func (c *Core) checkGRUU(m *sip.Message, contact sip.Address) {
	if !c.cfg.GRUU {
		return
	}
	b, temporary := c.gruu(contact.Raw)
	switch {
	case b == nil:
		c.violate(m, "gruu", "Contact is not an address that the registrar gave")
	case temporary != strings.Contains(m.Get("Privacy"), "id"):
		c.violate(m, "gruu", "the public address in an anonymous request, or the temporary one in another")
	}
}
