package refer

import (
	"errors"
	"net/url"
	"strings"

	"causeway/signaling/sip/dialog"
)

// Target is whom a REFER names.
type Target struct {
	URI      string    // sip, sips or tel URI without header fields and method; at most 512 bytes, printable ASCII
	Replaces *Replaces // the dialog of the target that the new call takes the place of; nil for none
	Require  bool      // the target has to know Replaces, or refuse (RFC 5589 7)
}

// maxTarget bounds a Refer-To, bytes.
const maxTarget = 2048

// maxURI bounds the URI in it, bytes.
const maxURI = 512

// Errors of ParseTarget.
var (
	// ErrTarget: this is not a Refer-To that can be understood.
	ErrTarget = errors.New("refer-to: not one sip, sips or tel URI")
	// ErrMethod: it asks for something else than a call.
	ErrMethod = errors.New("refer-to: only calls (INVITE) can be asked for")
	// ErrRequire: the call would need an extension that is not there.
	ErrRequire = errors.New("refer-to: requires an extension that is not supported")
)

// ParseTarget reads the value of a Refer-To header. Of the header fields in its URI only Replaces and Require: replaces are taken;
// others have no effect, for whoever writes them would write our request (RFC 3261 19.1.5).
func ParseTarget(value string) (Target, error) {
	uri := dialog.AddrSpec(value)
	if len(value) > maxTarget || len(dialog.SplitList(value)) != 1 || strings.Contains(uri, "?") && !strings.Contains(value, "<") {
		return Target{}, ErrTarget
	}
	uri, fields, _ := strings.Cut(uri, "?")
	scheme, rest, found := strings.Cut(uri, ":")
	switch scheme = strings.ToLower(scheme); {
	case !found || rest == "" || len(uri) > maxURI || !printable(uri):
		return Target{}, ErrTarget
	case scheme != "sip" && scheme != "sips" && scheme != "tel":
		return Target{}, ErrTarget
	}
	parts := strings.Split(rest, ";")
	kept := parts[:1]
	for _, p := range parts[1:] {
		name, method, _ := strings.Cut(p, "=")
		switch {
		case !strings.EqualFold(name, "method"):
			kept = append(kept, p)
		case !strings.EqualFold(method, "INVITE"):
			return Target{}, ErrMethod
		}
	}
	t := Target{URI: scheme + ":" + strings.Join(kept, ";")}
	return t, t.fields(fields)
}

// fields reads the header fields of the URI.
func (t *Target) fields(text string) error {
	if text == "" {
		return nil
	}
	for field := range strings.SplitSeq(text, "&") {
		name, escaped, _ := strings.Cut(field, "=")
		value, err := url.PathUnescape(escaped)
		if err != nil {
			return ErrTarget
		}
		switch strings.ToLower(name) {
		case "replaces":
			r, err := ParseReplaces(value)
			if err != nil || t.Replaces != nil {
				return ErrTarget
			}
			t.Replaces = &r
		case "require":
			for _, tag := range dialog.SplitList(value) {
				if !strings.EqualFold(tag, "replaces") {
					return ErrRequire
				}
				t.Require = true
			}
		}
	}
	return nil
}

// Header is the value of a Refer-To header. t must come from checked parts.
func (t Target) Header() string {
	out := "<" + t.URI
	if t.Replaces != nil {
		out += "?Replaces=" + escape(t.Replaces.Header())
		if t.Require {
			out += "&Require=replaces"
		}
	}
	return out + ">"
}

// escape writes a header field's value into a URI (RFC 3261 25.1: hvalue).
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.!~*", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

// printable reports ASCII that may stand in a URI between angle brackets.
func printable(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || strings.IndexByte(`"<>\`, c) >= 0 {
			return false
		}
	}
	return true
}
