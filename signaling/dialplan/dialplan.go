package dialplan

import (
	"causeway/signaling/call"
	"causeway/signaling/sip/identity"
	"errors"
	"net/url"
	"slices"
	"strings"
)

// maxTarget bounds what may be dialled, in bytes.
const maxTarget = 256

// Form is how a telephone number becomes a URI.
type Form uint8

// The forms.
const (
	Tel   Form = iota // tel:+15550101, tel:0301234;phone-context=home (RFC 3966)
	SIP               // sip:+15550101@home;user=phone (RFC 3261 19.1.6)
	Plain             // sip:+15550101@home, sip:0301234@home: what a PBX expects
)

// Plan knows the home network's way to write numbers, and which of them call for help. It is a value; its zero value knows none.
type Plan struct {
	Home      string            // domain of the home network: phone-context and host
	Form      Form              // how numbers are written
	Emergency []string          // digits that call for help, besides urn:service:sos
	Services  map[string]string // what some of these numbers call, other than urn:service:sos
}

// Normalise turns dialled text into a Request-URI. The error is a *call.Cause of kind NumberInvalid or Emergency.
func (d Plan) Normalise(target string) (string, error) {
	text := strings.TrimSpace(target)
	lower := strings.ToLower(text)
	switch {
	case lower == "urn:service:sos" || strings.HasPrefix(lower, "urn:service:sos."):
		return "", emergency()
	case text == "" || len(text) > maxTarget || !identity.ASCII(text):
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
func (d Plan) telephone(text string) (string, error) {
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
	context := d.Home
	for p := range strings.SplitSeq(params, ";") {
		key, value, _ := strings.Cut(p, "=")
		if !strings.EqualFold(strings.TrimSpace(key), "phone-context") {
			continue // isub, ext, cpc, verstat and the rest are not a user's to set
		}
		if !identity.Domain(value) && !identity.Global(value) {
			return "", invalid("the number's phone-context is not a domain or a number")
		}
		context = value
	}
	if d.Form == Plain && len(digits) <= 40 && digits != "" && strings.Trim(digits, "0123456789*#+") == "" && strings.LastIndexByte(digits, '+') <= 0 && digits != "+" {
		return "sip:" + strings.ReplaceAll(digits, "#", "%23") + "@" + d.Home, nil
	}
	switch {
	case identity.Global(digits):
		if d.Form == SIP {
			return "sip:" + digits + "@" + d.Home + ";user=phone", nil
		}
		return "tel:" + digits, nil
	case len(digits) > 0 && len(digits) <= 20 && strings.Trim(digits, "0123456789") == "":
		if d.Form == SIP {
			return "sip:" + digits + ";phone-context=" + context + "@" + d.Home + ";user=phone", nil
		}
		return "tel:" + digits + ";phone-context=" + context, nil
	case len(digits) > 0 && len(digits) <= 40 && strings.Trim(digits, "0123456789*#+") == "" && strings.ContainsAny(digits, "*#"):
		user := strings.ReplaceAll(digits, "#", "%23") // '#' is not a user character (RFC 3261 25.1)
		return "sip:" + user + ";phone-context=" + context + "@" + d.Home + ";user=dialstring", nil
	}
	return "", invalid("this is not a telephone number")
}

// address handles user@host.
func (d Plan) address(scheme, text string) (string, error) {
	user, rest, found := strings.Cut(text, "@")
	host, params, _ := strings.Cut(rest, ";")
	if !found || !identity.UserPart(user) || !identity.HostPort(host) {
		return "", invalid("this is not a valid SIP address")
	}
	user = unverified(user)
	plainUser, _, _ := strings.Cut(user, ";")
	if d.isEmergency(identity.WithoutSeparators(strings.ReplaceAll(plainUser, "%23", "#"))) {
		return "", emergency()
	}
	uri := scheme + user + "@" + host
	phone, gr := "", ""
	for p := range strings.SplitSeq(params, ";") { // other parameters (maddr, transport, method ...) are dropped
		name, value, given := strings.Cut(p, "=")
		switch {
		case strings.EqualFold(p, "user=phone"):
			phone = ";user=phone"
		case strings.EqualFold(name, "gr") && !given: // one browser or phone of a user (RFC 5627)
			gr = ";gr"
		case strings.EqualFold(name, "gr") && instance(value):
			gr = ";gr=" + value
		}
	}
	return uri + gr + phone, nil
}

// instance checks the value of a gr parameter (RFC 3261 25.1: pvalue, without escapes).
func instance(s string) bool {
	return s != "" && len(s) <= 128 && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789-_.:") == ""
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
func (d Plan) isEmergency(digits string) bool { return slices.Contains(d.Emergency, digits) }

func emergency() error {
	return &call.Cause{Side: call.Gateway, Kind: call.Emergency, Text: "emergency calls have to be made from a telephone"}
}

func invalid(text string) error {
	return &call.Cause{Side: call.Gateway, Kind: call.NumberInvalid, Text: text}
}

// SOS is the emergency service without a kind (RFC 5031 4.2).
const SOS = "urn:service:sos"

// Service is the emergency service that was asked for (RFC 5031).
func (d Plan) Service(target string) (string, bool) {
	_, err := d.Normalise(target)
	var cause *call.Cause
	if !errors.As(err, &cause) || cause.Kind != call.Emergency {
		return "", false
	}
	lower := strings.ToLower(strings.TrimSpace(target))
	if strings.HasPrefix(lower, SOS) {
		if strings.Trim(lower[len(SOS):], "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" || len(lower) > 64 {
			return SOS, true // nobody is left without help for a spelling
		}
		return strings.TrimRight(lower, "."), true
	}
	_, user, found := strings.Cut(lower, ":")
	if !found {
		user = lower
	}
	user, _, _ = strings.Cut(user, "@")
	user, _, _ = strings.Cut(user, ";")
	if urn := d.Services[strings.Map(digitsOnly, strings.ReplaceAll(user, "%23", "#"))]; urn != "" {
		return urn, true
	}
	return SOS, true
}

func digitsOnly(r rune) rune {
	if strings.ContainsRune("0123456789*#", r) {
		return r
	}
	return -1
}
