package ims

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/call"
	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/service"
)

// What a user dials becomes a Request-URI here (RFC 3966, RFC 3261 19.1.6, RFC 4967), and nothing a user typed reaches
// a header in any other way. Emergency numbers are recognised before anything else (TS 24.229 5.2.1, RFC 5031).

// maxTarget bounds what may be dialled, in bytes.
const maxTarget = 256

// dialPlan knows the home network's way to write numbers.
type dialPlan struct {
	home      string
	sipForm   bool
	emergency []string
	services  map[string]string // what some of these numbers call, other than urn:service:sos
}

// normalise turns dialled text into a Request-URI. The error is a *call.Cause of kind NumberInvalid or Emergency.
func (d dialPlan) normalise(target string) (string, error) {
	text := strings.TrimSpace(target)
	lower := strings.ToLower(text)
	switch {
	case lower == "urn:service:sos" || strings.HasPrefix(lower, "urn:service:sos."):
		return "", emergency()
	case text == "" || len(text) > maxTarget || !ascii(text):
		return "", invalid("this is not a number or address that can be called")
	case strings.HasPrefix(lower, "tel:"):
		return d.telephone(text[4:])
	case strings.HasPrefix(lower, "sip:"):
		return d.address("sip:", text[4:])
	case strings.HasPrefix(lower, "sips:"):
		return d.address("sips:", text[5:])
	case strings.Contains(text, "@"):
		return d.address("sip:", text)
	default:
		return d.telephone(text)
	}
}

// telephone handles the subscriber part of a tel URI or plain digits.
func (d dialPlan) telephone(text string) (string, error) {
	number, params, _ := strings.Cut(text, ";")
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -.()/", r) { // visual separators and what people type (RFC 3966 3)
			return -1
		}
		return r
	}, number)
	if d.isEmergency(digits) {
		return "", emergency()
	}
	context := d.home
	for p := range strings.SplitSeq(params, ";") {
		key, value, _ := strings.Cut(p, "=")
		if !strings.EqualFold(strings.TrimSpace(key), "phone-context") {
			continue // isub, ext, cpc, verstat and the rest are not a user's to set
		}
		if !domain(value) && !globalNumber(value) {
			return "", invalid("the number's phone-context is not a domain or a number")
		}
		context = value
	}
	switch {
	case globalNumber(digits):
		if d.sipForm {
			return "sip:" + digits + "@" + d.home + ";user=phone", nil
		}
		return "tel:" + digits, nil
	case len(digits) > 0 && len(digits) <= 20 && strings.Trim(digits, "0123456789") == "":
		if d.sipForm {
			return "sip:" + digits + ";phone-context=" + context + "@" + d.home + ";user=phone", nil
		}
		return "tel:" + digits + ";phone-context=" + context, nil
	case len(digits) > 0 && len(digits) <= 40 && strings.Trim(digits, "0123456789*#+") == "" && strings.ContainsAny(digits, "*#"):
		user := strings.ReplaceAll(digits, "#", "%23") // '#' is not a user character (RFC 3261 25.1)
		return "sip:" + user + ";phone-context=" + context + "@" + d.home + ";user=dialstring", nil
	}
	return "", invalid("this is not a telephone number")
}

// address handles user@host.
func (d dialPlan) address(scheme, text string) (string, error) {
	user, rest, found := strings.Cut(text, "@")
	host, params, _ := strings.Cut(rest, ";")
	if !found || !userPart(user) || !hostPort(host) {
		return "", invalid("this is not a valid SIP address")
	}
	user = unverified(user)
	plainUser, _, _ := strings.Cut(user, ";")
	if d.isEmergency(withoutSeparators(strings.ReplaceAll(plainUser, "%23", "#"))) {
		return "", emergency()
	}
	uri := scheme + user + "@" + host
	for p := range strings.SplitSeq(params, ";") { // other parameters (maddr, transport, method ...) are dropped
		if strings.EqualFold(p, "user=phone") {
			uri += ";user=phone"
			break
		}
	}
	return uri, nil
}

// unverified takes verstat out of a user part, also where its name is escaped: only the network says it (TS 24.229 7.2A.20).
func unverified(user string) string {
	parts := strings.Split(user, ";")
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool {
		key, _, _ := strings.Cut(p, "=")
		if plain, err := url.PathUnescape(key); err == nil {
			key = plain
		}
		return strings.EqualFold(key, "verstat")
	}), ";")
}

// isEmergency compares with the configured list.
func (d dialPlan) isEmergency(digits string) bool { return slices.Contains(d.emergency, digits) }

func emergency() error {
	return &call.Cause{Side: call.Gateway, Kind: call.Emergency, Text: "emergency calls have to be made from a telephone"}
}

func invalid(text string) error {
	return &call.Cause{Side: call.Gateway, Kind: call.NumberInvalid, Text: text}
}

// globalNumber reports "+" and 3 to 15 digits (E.164).
func globalNumber(s string) bool {
	return len(s) >= 4 && len(s) <= 16 && s[0] == '+' && strings.Trim(s[1:], "0123456789") == ""
}

// phoneNumber extracts the number of a tel URI or of a sip URI whose user part is one, "" if there is none.
func phoneNumber(uri string) string {
	scheme, rest, _ := strings.Cut(uri, ":")
	switch strings.ToLower(scheme) {
	case "tel":
		rest, _, _ = strings.Cut(rest, ";")
	case "sip", "sips":
		user, _, found := strings.Cut(rest, "@")
		if !found {
			return ""
		}
		rest, _, _ = strings.Cut(user, ";")
	default:
		return ""
	}
	digits := withoutSeparators(rest)
	if digits == "" || len(digits) > 20 || strings.Trim(strings.TrimPrefix(digits, "+"), "0123456789*") != "" {
		return ""
	}
	return digits
}

// userPart checks the user part of a SIP URI (RFC 3261 25.1: unreserved, escaped, user-unreserved), at most 128 bytes.
func userPart(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_.!~*'()&=+$,;?/", c) >= 0:
		case c == '%' && i+2 < len(s) && hexDigit(s[i+1]) && hexDigit(s[i+2]) && !control(s[i+1], s[i+2]):
			i += 2
		default:
			return false
		}
	}
	return s != "" && len(s) <= 128
}

func hexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// control reports an escape of a control character: %00 to %1F and %7F.
func control(hi, lo byte) bool {
	return hi == '0' || hi == '1' || hi == '7' && (lo == 'f' || lo == 'F')
}

// hostPort checks host or host:port of a SIP URI; an IPv6 address stands in brackets (RFC 3261 25.1).
func hostPort(s string) bool {
	if domain(s) {
		return true
	}
	if strings.Contains(s, "%") || strings.HasPrefix(s, "[") != strings.Contains(s, "]") || strings.Count(s, ":") > 1 && s[0] != '[' {
		return false
	}
	_, _, err := splitHost(s)
	return err == nil
}

// domain checks a domain name (RFC 1035 2.3.4 sizes), a trailing dot excluded.
func domain(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := 0; i < len(label); i++ {
			c := label[i]
			if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
				return false
			}
		}
	}
	return true
}

// ascii reports printable ASCII without control characters.
func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// plain reports text without control characters.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

// quotable reports text that may stand between quotes as it is.
func quotable(s string) bool { return plain(s) && !strings.ContainsAny(s, `"\`) }

// identityURI reports a sip or tel URI that can be asserted and written between angle brackets as it is.
func identityURI(uri string) bool {
	if len(uri) > 255 || !ascii(uri) || strings.ContainsAny(uri, " <>\"") {
		return false
	}
	if rest, ok := strings.CutPrefix(uri, "tel:"); ok {
		number, _, _ := strings.Cut(rest, ";")
		return number != "" && strings.Trim(number, "0123456789+-.()*#") == ""
	}
	rest, ok := strings.CutPrefix(uri, "sip:")
	if !ok {
		return false
	}
	user, host, found := strings.Cut(rest, "@")
	host, _, _ = strings.Cut(host, ";")
	return found && userPart(user) && hostPort(host)
}

// cleanURIs keeps the route values that can be written as they are (name-addr with a sip URI).
func cleanURIs(values []string) []string {
	var out []string
	for _, v := range values {
		uri := dialog.AddrSpec(v)
		if len(uri) <= 512 && ascii(uri) && !strings.ContainsAny(uri, " <>\"") && strings.HasPrefix(strings.ToLower(uri), "sip") {
			out = append(out, "<"+uri+">")
		}
	}
	return out
}

// cleanText makes text of the far end fit for a page and a log: no control characters, valid UTF-8, at most 128 bytes.
func cleanText(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || r >= 0x202a && r <= 0x202e {
			return -1
		}
		return r
	}, s)
	for len(s) > 128 {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return strings.TrimSpace(s)
}

// party reads who the far end is: the asserted identities unless it asked for privacy (RFC 3323, 3325), else From. The name in From
// is what the caller's phone says: it counts only where From names the asserted identity (TS 24.607 4.5.2.9).
func party(msg interface{ GetHeaders(string) []sip.Header }, from string) RemoteParty {
	for _, v := range dialog.Values(msg, "privacy") {
		for p := range strings.SplitSeq(strings.ToLower(v), ";") {
			if p = strings.TrimSpace(p); p == "id" || p == "user" || p == "header" {
				return RemoteParty{Anonymous: true}
			}
		}
	}
	values := dialog.Values(msg, "p-asserted-identity")
	if len(values) == 0 && from != "" {
		values = []string{from}
	}
	var out RemoteParty
	for _, v := range values {
		if out.Verified == "" {
			out.Verified = string(service.Verification(v))
		}
		uri := service.WithoutVerification(dialog.AddrSpec(v))
		if !identityURI(uri) || strings.Contains(strings.ToLower(uri), "anonymous.invalid") {
			continue
		}
		if out.URI == "" {
			out.URI = uri
		}
		if n := phoneNumber(uri); n != "" && (out.Number == "" || strings.HasPrefix(uri, "tel:")) {
			out.Number = n
		}
		if out.Name == "" {
			out.Name = cleanText(dialog.DisplayName(v))
		}
	}
	if out.URI == "" {
		return RemoteParty{Anonymous: true}
	}
	own := service.WithoutVerification(dialog.AddrSpec(from))
	if own != out.URI && (out.Number == "" || phoneNumber(own) != out.Number) {
		return out
	}
	if out.Verified == "" {
		out.Verified = string(service.Verification(from))
	}
	if name := cleanText(dialog.DisplayName(from)); out.Name == "" && !strings.EqualFold(name, "anonymous") {
		out.Name = name
	}
	return out
}

// parseRelay reads application/dtmf-relay: "Signal=5", "Duration=160" (milliseconds).
func parseRelay(body []byte) (InfoDTMF, bool) {
	d := InfoDTMF{Duration: 100 * time.Millisecond}
	for line := range strings.Lines(string(body)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "signal":
			if len(value) == 2 && (value == "10" || value == "11") { // some write * and # as numbers
				value = map[string]string{"10": "*", "11": "#"}[value]
			}
			if len(value) != 1 || !strings.ContainsAny(strings.ToUpper(value), "0123456789*#ABCD") {
				return InfoDTMF{}, false
			}
			d.Digit = unicode.ToUpper(rune(value[0]))
		case "duration":
			if n, err := strconv.Atoi(value); err == nil && n > 0 && n <= 10000 {
				d.Duration = time.Duration(n) * time.Millisecond
			}
		}
	}
	return d, d.Digit != 0
}

// withoutSeparators drops what RFC 3966 3 calls visual separators.
func withoutSeparators(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("-.()", r) {
			return -1
		}
		return r
	}, s)
}
