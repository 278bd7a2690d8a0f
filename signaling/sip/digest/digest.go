// Package digest reads the challenge of a registrar (RFC 7616, RFC 2617, RFC 3261 22) and writes the Authorization that
// answers it. It is pure. Whoever knows the password computes the answer: the browser its own, the gateway (Prove) that of a
// trunk's account.
package digest

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

// Bounds of what is read, bytes.
const (
	maxHeader = 2048
	maxText   = 512
	// MaxChallenges is how many challenges of one response are looked at (RFC 8760 2.3).
	MaxChallenges = 8
)

// Errors of Choose.
var (
	// ErrMissing: the response holds no Digest challenge at all.
	ErrMissing = errors.New("no digest challenge")
	// ErrMalformed: a challenge that cannot be read, or lacks realm or nonce.
	ErrMalformed = errors.New("malformed digest challenge")
	// ErrUnsupported: every challenge asks for another algorithm than MD5 and SHA-256, or for auth-int only.
	ErrUnsupported = errors.New("the challenge asks for an algorithm or a protection that a browser's password cannot give")
)

// Challenge is one WWW-Authenticate: Digest.
type Challenge struct {
	Realm, Nonce string // never empty; printable, without quote and backslash
	Opaque       string // returned as it came; may be empty
	Algorithm    string // "MD5" or "SHA-256"
	Named        bool   // the challenge named the algorithm, so the answer does
	QOP          bool   // true: qop=auth; false: the old form without qop (RFC 2069), kept by RFC 2617 and 3261
	Stale        bool   // the answer before was right, its nonce too old
}

// Choose returns the first challenge that can be answered: the registrar lists them by its own preference (RFC 8760 2.4).
func Choose(values []string) (Challenge, error) {
	failure := ErrMissing
	for i, v := range values {
		if i == MaxChallenges {
			break
		}
		c, err := Parse(v)
		if err == nil {
			return c, nil
		}
		if failure == ErrMissing || errors.Is(err, ErrUnsupported) {
			failure = err
		}
	}
	return Challenge{}, failure
}

// Parse reads one value of WWW-Authenticate.
func Parse(value string) (Challenge, error) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(value), " ")
	if !strings.EqualFold(scheme, "digest") {
		return Challenge{}, ErrMissing
	}
	if len(value) > maxHeader {
		return Challenge{}, ErrMalformed
	}
	params, ok := parameters(rest)
	if !ok {
		return Challenge{}, ErrMalformed
	}
	c := Challenge{Realm: params["realm"], Nonce: params["nonce"], Opaque: params["opaque"], Algorithm: "MD5", Stale: strings.EqualFold(params["stale"], "true")}
	if c.Realm == "" || c.Nonce == "" || !quotable(c.Realm) || !quotable(c.Nonce) || !quotable(c.Opaque) {
		return Challenge{}, ErrMalformed
	}
	if name, given := params["algorithm"]; given {
		c.Named = true
		switch strings.ToUpper(name) {
		case "MD5":
		case "SHA-256":
			c.Algorithm = "SHA-256"
		default: // -sess, SHA-512-256, AKAv1-MD5 ...
			return Challenge{}, ErrUnsupported
		}
	}
	if list, given := params["qop"]; given {
		for word := range strings.SplitSeq(list, ",") {
			c.QOP = c.QOP || strings.EqualFold(strings.TrimSpace(word), "auth")
		}
		if !c.QOP {
			return Challenge{}, ErrUnsupported // auth-int covers the body, which the gateway writes and the browser does not see
		}
	}
	return c, nil
}

// parameters reads name=value pairs; values are tokens or quoted strings. A name that comes twice is malformed.
func parameters(text string) (map[string]string, bool) {
	out := map[string]string{}
	for text = strings.TrimLeft(text, " \t,"); text != ""; text = strings.TrimLeft(text, " \t,") {
		name, rest, found := strings.Cut(text, "=")
		name, rest = strings.ToLower(strings.TrimSpace(name)), strings.TrimLeft(rest, " \t")
		if _, twice := out[name]; !found || twice || !token(name) {
			return nil, false
		}
		var value string
		if strings.HasPrefix(rest, `"`) {
			end := quotedEnd(rest)
			if end < 0 {
				return nil, false
			}
			value, text = unescaped(rest[1:end]), rest[end+1:]
			if t := strings.TrimLeft(text, " \t"); t != "" && t[0] != ',' {
				return nil, false
			}
		} else {
			value, text, _ = strings.Cut(rest, ",")
			value = strings.TrimSpace(value)
			if !token(value) {
				return nil, false
			}
		}
		out[name] = value
	}
	return out, true
}

// quotedEnd is the index of the closing quote; -1 if there is none.
func quotedEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

func unescaped(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// quotable reports text that stands in a quoted string as it is.
func quotable(s string) bool {
	return len(s) <= maxText && strings.IndexFunc(s, func(r rune) bool { return r < 0x20 || r > 0x7e || r == '"' || r == '\\' }) < 0
}

// token reports an RFC 3261 token.
func token(s string) bool {
	return s != "" && len(s) <= maxText && strings.IndexFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-.!%*_+`'~", r)
	}) < 0
}

// Answer is what proves the password: the hash and the client's part of its input.
type Answer struct {
	Response string // lower-case hexadecimal, as long as the algorithm's hash
	CNonce   string // 8 to 64 of A-Z a-z 0-9 - _ . ; unused without QOP
	Count    string // nonce count, 8 hexadecimal digits; "" for 00000001, which it is unless a user agent counts over several nonces
}

// Fits reports whether an answer has the form this challenge needs. Only such an answer may be written into a message.
func (c Challenge) Fits(a Answer) bool {
	length := 32
	if c.Algorithm == "SHA-256" {
		length = 64
	}
	if len(a.Response) != length || strings.Trim(a.Response, "0123456789abcdef") != "" {
		return false
	}
	if a.Count != "" && (len(a.Count) != 8 || strings.Trim(a.Count, "0123456789abcdef") != "") {
		return false
	}
	return !c.QOP && a.CNonce == "" || len(a.CNonce) >= 8 && len(a.CNonce) <= 64 && strings.IndexFunc(a.CNonce, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-_.", r)
	}) < 0
}

// Authorization is the header's value for an answer that fits. Each challenge is answered once, so the nonce count is
// 1 unless the answer says otherwise. extra are further parameters, written as they are.
func (c Challenge) Authorization(username, uri string, a Answer, extra string) string {
	out := `Digest username="` + username + `",realm="` + c.Realm + `",nonce="` + c.Nonce + `",uri="` + uri + `",response="` + a.Response + `"`
	if c.Named {
		out += ",algorithm=" + c.Algorithm
	}
	if c.Opaque != "" {
		out += `,opaque="` + c.Opaque + `"`
	}
	if c.QOP {
		count := a.Count
		if count == "" {
			count = "00000001"
		}
		out += `,qop=auth,nc=` + count + `,cnonce="` + a.CNonce + `"`
	}
	return out + extra
}

// Prove computes the answer of whoever knows the password (RFC 7616 3.4.1, RFC 2617 3.2.2 with qop=auth; without qop RFC 2069).
// cnonce is a fresh random word of the form Fits wants.
func (c Challenge) Prove(username, password, method, uri, cnonce string) Answer {
	h := func(text string) string {
		if c.Algorithm == "SHA-256" {
			sum := sha256.Sum256([]byte(text))
			return hex.EncodeToString(sum[:])
		}
		sum := md5.Sum([]byte(text)) //nolint:gosec // the algorithm that the peer asks for
		return hex.EncodeToString(sum[:])
	}
	ha1, ha2 := h(username+":"+c.Realm+":"+password), h(method+":"+uri)
	if !c.QOP {
		return Answer{Response: h(ha1 + ":" + c.Nonce + ":" + ha2)}
	}
	return Answer{Response: h(ha1 + ":" + c.Nonce + ":00000001:" + cnonce + ":auth:" + ha2), CNonce: cnonce}
}
