package sipws

import (
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/dialog"
	"causeway/signaling/wire"
)

// maxToken bounds a token, in bytes, as session.login does.
const maxToken = 16384

// credentials are those of an Authorization header (RFC 3261 20.7): a token, or the digest of a password.
type credentials struct {
	token                                            string
	username, realm, nonce, uri, response, cnonce, n string
}

// readCredentials takes the first credentials of a scheme we know. A token stands after the word Bearer (RFC 8898 3) or in its
// parameter access_token (TS 24.371 5.5).
func readCredentials(req *sip.Request) (c credentials) {
	for _, h := range req.GetHeaders("Authorization") {
		scheme, rest, _ := strings.Cut(strings.TrimSpace(h.Value()), " ")
		rest = strings.TrimSpace(rest)
		switch strings.ToLower(scheme) {
		case "bearer":
			if p := authParams(rest); p["access_token"] != "" {
				rest = p["access_token"]
			}
			if len(rest) <= maxToken && !strings.ContainsAny(rest, " ,\"") {
				c.token = rest
			}
			return c
		case "digest":
			p := authParams(rest)
			return credentials{username: p["username"], realm: p["realm"], nonce: p["nonce"], uri: p["uri"], response: p["response"], cnonce: p["cnonce"], n: p["nc"]}
		}
	}
	return c
}

// name is a user's private identity as an answer has told it.
type name struct{ aor, impi string }

// maxAuthParams bounds the parameters of one header.
const maxAuthParams = 32

// authParams reads name=value and name="value", separated by commas (RFC 7235 2.1). What is neither is left out.
func authParams(text string) map[string]string {
	out := map[string]string{}
	for text != "" && len(out) < maxAuthParams {
		name, rest, found := strings.Cut(text, "=")
		if !found {
			break
		}
		name = strings.ToLower(strings.Trim(name, " \t,"))
		rest = strings.TrimLeft(rest, " \t")
		value := ""
		if strings.HasPrefix(rest, `"`) {
			value, text = unquote(rest[1:])
		} else {
			value, text, _ = strings.Cut(rest, ",")
			value = strings.TrimSpace(value)
		}
		if _, twice := out[name]; !twice && name != "" {
			out[name] = value
		}
	}
	return out
}

// unquote reads up to the closing quote.
func unquote(text string) (value, rest string) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			if i++; i < len(text) {
				b.WriteByte(text[i])
			}
		case '"':
			return b.String(), text[i+1:]
		default:
			b.WriteByte(text[i])
		}
	}
	return "", "" // no end: no value
}

// challenge answers the REGISTER that waits with 401: the question for the password and that for a token, as the operator
// allows them. Where the network knows nobody by the private identity that was guessed, the question is the gateway's own, and
// of what answers it only the user name is looked at. Digest comes last: JsSIP and SIP.js keep the last of
// several, and know only Digest.
func (a *agent) challenge(problem string) {
	var extra []dialog.Header
	if a.server.deps.Tokens {
		value := `Bearer realm="` + a.server.config.Realm + `"`
		if s := a.server.config.AuthzServer; s != "" {
			value += `, authz_server="` + s + `"`
		}
		if problem != "" {
			value += `, error="` + problem + `"`
		}
		extra = append(extra, dialog.Header{Name: "WWW-Authenticate", Value: value})
	}
	switch q := a.reg.question; {
	case q != nil:
		extra = append(extra, dialog.Header{Name: "WWW-Authenticate", Value: digestChallenge(q, a.reg.again)})
	case a.reg.nobody:
		extra = append(extra, dialog.Header{Name: "WWW-Authenticate", Value: digestChallenge(&wire.SessionChallenge{
			Realm: a.reg.wish.domain, Nonce: newToken(), Algorithm: "MD5", QOP: "auth"}, false)})
	}
	if len(extra) == 0 {
		a.answerRegister(403, "Log in with a password over an encrypted connection.")
		return
	}
	a.answerRegister(401, "", extra...)
}

// digestChallenge passes the network's question on (RFC 7616 3.3).
func digestChallenge(q *wire.SessionChallenge, again bool) string {
	quoted := func(s string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"` }
	value := "Digest realm=" + quoted(q.Realm) + ", nonce=" + quoted(q.Nonce) + ", algorithm=" + q.Algorithm
	if q.QOP != "" {
		value += ", qop=" + quoted(q.QOP)
	}
	if q.Stale || again { // so that the user agent answers a second time without asking its user
		value += ", stale=true"
	}
	return value
}

// knock begins a login with the network's password: the network's question comes as session.challenge. The user name is the
// private identity. User agents of RFC 3261 tell it only in the answer to a question; until then it is that of the public
// identity (TS 24.229 5.4.1.2.1, TS 23.003 13.3).
//
// When the answer tells another one, the question was for nobody or for somebody else, and the network has to be asked anew. A
// second question to the same REGISTER would be answered with a nonce count of 2, which S-CSCFs refuse for a fresh nonce. A 423
// makes the user agent begin anew by itself (RFC 3261 10.2.8), and then its name is known.
func (a *agent) knock(c credentials) {
	r := &a.reg
	impi := c.username
	switch {
	case impi == "" && a.name.aor == r.wish.aor:
		impi = a.name.impi
	case impi == "":
		impi = strings.TrimPrefix(r.wish.aor, "sip:")
	case !strings.Contains(impi, "@"):
		impi += "@" + r.wish.domain
	}
	if a.seat != nil && r.impi != "" { // another user than the one the network was asked for
		a.waiting = map[string]func(answer){}
		a.rise()
		r.impi, r.question = "", nil
	}
	told := name{r.wish.aor, impi}
	if c.response != "" && a.name != told {
		a.name = told
		a.answerRegister(423, "", dialog.Header{Name: "Min-Expires", Value: seconds(r.wish.expires)})
		return
	}
	r.again, r.nobody = c.response != "", false
	a.sit()
	r.digest, r.impi, r.question = true, impi, nil
	a.ask(wire.MethodLogin, params{"scheme": wire.SchemeDigest, "impi": impi, "impu": r.wish.aor, "instance": r.wish.instance, "client": params{"name": "SIP"}}, func(answer answer) {
		if answer.Fault != nil {
			r.impi, r.question = "", nil
			r.digest = r.digest && answer.Fault.Data.Name != wire.NameSchemeRefused
			if c.username == "" && answer.Fault.Data.Name == wire.NameRegistrationRefused && r.tx != nil {
				r.nobody = true
				a.challenge("")
				return
			}
		}
		if a.loggedIn(answer) {
			a.settle()
		}
	})
}

// challenged takes the network's question. Nobody may be waiting: then the next REGISTER is asked.
func (a *agent) challenged(q wire.SessionChallenge) {
	a.reg.question = &q
	time.AfterFunc(time.Duration(q.Within), func() {
		a.post(func() {
			if a.reg.question == &q {
				a.reg.question = nil
			}
		})
	})
	if a.reg.tx != nil {
		a.challenge("")
	}
}

// prove passes the user agent's answer on.
func (a *agent) prove(c credentials) {
	r := &a.reg
	q := r.question
	switch {
	case c.username != q.Username && c.username+"@"+r.wish.domain != q.Username && !r.in:
		a.knock(c)
		return
	case c.nonce != q.Nonce || c.realm != q.Realm:
		a.challenge("")
		return
	case c.uri != q.URI:
		a.answerRegister(403, "The digest must be for the URI "+q.URI+": register at the home domain.")
		return
	}
	r.question = nil
	p := params{"challenge": q.ID, "response": strings.ToLower(c.response)}
	if q.QOP != "" {
		p["cnonce"], p["nc"] = c.cnonce, strings.ToLower(c.n)
	}
	a.ask(wire.MethodProve, p, func(answer answer) {
		if answer.Fault != nil {
			a.faulted(answer.Fault)
			return
		}
		if r.in { // asked again in a running registration: that it goes on is told by session.registration, or not at all
			a.settle()
		}
	})
}
