package core

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"causeway/test/lab/sip"
)

// Proof of a password by SIP digest (TS 24.229 5.4.1.2.1 and 5.4.1.2.2, RFC 7616 with SHA-256), for subscribers who have one.
// A gateway that says "tls-yes" or "ip-assoc-yes" speaks over a connection that has been proved: it is asked again only when
// the test wants it.

// maxNonces bounds what is kept of one subscriber.
const maxNonces = 16

// proved returns nil when the request may go on, else the answer.
func (c *Core) proved(m *sip.Message, u *user, auth sip.Params) *sip.Message {
	get := func(name string) string { v, _ := auth.Get(name); return v }
	mark := get("integrity-protected")
	if u == nil || u.Password == "" {
		return c.challenge(m, u, false)
	}
	switch {
	case !slices.Contains([]string{"tls-pending", "tls-yes", "ip-assoc-pending", "ip-assoc-yes"}, mark):
		c.violate(m, "integrity_protected", "integrity-protected is "+mark+" (TS 24.229 7.2A.2)")
		return c.challenge(m, u, false)
	case get("response") == "":
		if strings.HasSuffix(mark, "-yes") && len(u.bindings) > 0 && !u.ask {
			return nil
		}
		return c.challenge(m, u, false)
	case !slices.Contains(u.nonces, get("nonce")):
		return c.challenge(m, u, true)
	}
	u.nonces = slices.DeleteFunc(u.nonces, func(n string) bool { return n == get("nonce") }) // each is good for one answer
	h := func(parts ...string) string {
		text := []byte(strings.Join(parts, ":"))
		if u.MD5 {
			sum := md5.Sum(text)
			return hex.EncodeToString(sum[:])
		}
		sum := sha256.Sum256(text)
		return hex.EncodeToString(sum[:])
	}
	want := h(h(c.privateID(u), c.cfg.HomeDomain, u.Password), get("nonce"), get("nc"), get("cnonce"), get("qop"), h(m.Method, get("uri")))
	if get("qop") != "auth" || get("nc") != "00000001" || len(get("cnonce")) < 8 || get("opaque") != "lab" || !strings.EqualFold(get("algorithm"), algorithm(u)) {
		c.violate(m, "digest", "an answer that does not fit its challenge")
	}
	if get("response") != want {
		return c.challenge(m, u, false)
	}
	u.ask = false
	return nil
}

// algorithm is the hash a subscriber is asked for; u may be nil.
func algorithm(u *user) string {
	if u != nil && u.MD5 {
		return "MD5"
	}
	return "SHA-256"
}

// challenge asks for the password; u may be nil.
func (c *Core) challenge(m *sip.Message, u *user, stale bool) *sip.Message {
	nonce, more := sip.Token(), ""
	if u != nil && u.Password != "" {
		u.challenges++
		if u.nonces = append(u.nonces, nonce); len(u.nonces) > maxNonces {
			u.nonces = u.nonces[1:]
		}
	}
	if stale {
		more = ", stale=true"
	}
	res := m.Response(401, "Unauthorized", sip.Token())
	res.Add("WWW-Authenticate", `Digest realm="`+c.cfg.HomeDomain+`", nonce="`+nonce+`", algorithm=`+algorithm(u)+`, qop="auth,auth-int", opaque="lab"`+more)
	return res
}

// AskAgain has a subscriber's next refresh proved anew; a password that is not empty replaces the old one.
func (c *Core) AskAgain(number, password string) {
	c.stack.Do(func() {
		if u := c.users[number]; u != nil {
			u.ask = true
			if password != "" {
				u.Password = password
			}
		}
	})
}

// Challenges counts how often a subscriber was asked for the password.
func (c *Core) Challenges(number string) (n int) {
	c.stack.Do(func() {
		if u := c.users[number]; u != nil {
			n = u.challenges
		}
	})
	return n
}
