package ims

import (
	"strings"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/dialog"
)

// Addresses of one browser of a user (GRUU, RFC 5627; TS 24.229 5.1.1.2.1, 5.4.7A): REGISTER says Supported: gruu, the
// registrar gives our Contact a public and a temporary one, and calls carry them as Contact. Whoever calls or transfers to
// that address reaches this browser and no other of the user's. An anonymous call carries the temporary one, which says
// nothing of the user; a core that gives none leaves the plain Contact, which is a random word at the gateway's address.

// maxGRUU bounds an address, bytes.
const maxGRUU = 512

// gruus takes the addresses out of a 200 to REGISTER; "" for what is not given or cannot be written into a Contact.
func gruus(res *sip.Response, token string) (public, temporary string) {
	for _, v := range dialog.Values(res, "contact", "m") {
		if !strings.Contains(dialog.AddrSpec(v), ":"+token+"@") {
			continue
		}
		p, _ := dialog.Param(v, "pub-gruu")
		t, _ := dialog.Param(v, "temp-gruu")
		return cleanGRUU(p), cleanGRUU(t)
	}
	return "", ""
}

// cleanGRUU returns a sip URI with a gr parameter, or "".
func cleanGRUU(uri string) string {
	if len(uri) > maxGRUU || !strings.HasPrefix(uri, "sip:") || !ascii(uri) || strings.ContainsAny(uri, " <>\"\\?,") || gruuKey(uri) == "" {
		return ""
	}
	return uri
}

// gruuKey is what two spellings of a GRUU have in common (RFC 5627 5.2 compares user, host and gr); "" for other URIs.
func gruuKey(uri string) string {
	var u sip.Uri
	if err := sip.ParseUri(uri, &u); err != nil {
		return ""
	}
	return gruuKeyOf(u)
}

func gruuKeyOf(u sip.Uri) string {
	gr, ok := u.UriParams.Get("gr")
	if !ok || u.User == "" || u.Host == "" {
		return ""
	}
	return u.User + "@" + strings.ToLower(u.Host) + ";gr=" + strings.ToLower(gr)
}

// address enters a binding's present addresses in the table of incoming requests. Older temporary ones stay valid, but the
// registrar turns them into our Contact and Path itself.
func (b *Binding) address(r *registration) {
	c := b.client
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bindings[b.token] != b {
		return
	}
	b.unaddress()
	for _, uri := range []string{r.public, r.temporary} {
		if uri != "" {
			b.gruus = append(b.gruus, gruuKey(uri))
			c.gruus[gruuKey(uri)] = b
		}
	}
}

// unaddress takes them out. The caller holds the client's mu.
func (b *Binding) unaddress() {
	for _, key := range b.gruus {
		if b.client.gruus[key] == b {
			delete(b.client.gruus, key)
		}
	}
	b.gruus = nil
}

// contactFor is the Contact of a call.
func (b *Binding) contactFor(r *registration, anonymous bool) string {
	uri := r.public
	if anonymous {
		uri = r.temporary
	}
	if uri == "" {
		return b.contact()
	}
	return "<" + uri + ">;" + mmtel + ";audio"
}
