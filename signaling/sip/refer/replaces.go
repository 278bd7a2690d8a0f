package refer

import (
	"errors"
	"strings"
)

// Replaces names a dialog by its identifiers as the one who reads it sees them (RFC 3891 6.1): ToTag is the reader's own tag.
type Replaces struct {
	CallID    string // 1 to 255 bytes
	ToTag     string // 1 to 128 bytes
	FromTag   string // 1 to 128 bytes
	EarlyOnly bool   // only a dialog that is not answered yet is meant
}

// Bounds of the parts of a Replaces, bytes.
const (
	maxCallID = 255
	maxTag    = 128
)

// errReplaces says what a Replaces has to look like.
var errReplaces = errors.New("replaces: not a Call-ID with one to-tag and one from-tag")

// ParseReplaces reads one value of a Replaces header.
func ParseReplaces(value string) (Replaces, error) {
	if len(value) > maxCallID+2*maxTag+64 {
		return Replaces{}, errReplaces
	}
	parts := strings.Split(value, ";")
	r := Replaces{CallID: strings.TrimSpace(parts[0])}
	if !callID(r.CallID) {
		return Replaces{}, errReplaces
	}
	for _, p := range parts[1:] {
		name, tag, given := strings.Cut(p, "=")
		name, tag = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(tag)
		switch {
		case name == "to-tag" && r.ToTag == "" && token(tag, maxTag):
			r.ToTag = tag
		case name == "from-tag" && r.FromTag == "" && token(tag, maxTag):
			r.FromTag = tag
		case name == "early-only" && !given:
			r.EarlyOnly = true
		case name == "to-tag", name == "from-tag", !token(name, maxTag):
			return Replaces{}, errReplaces
		}
	}
	if r.ToTag == "" || r.FromTag == "" {
		return Replaces{}, errReplaces
	}
	return r, nil
}

// Valid reports parts that may be written.
func (r Replaces) Valid() bool {
	return callID(r.CallID) && token(r.ToTag, maxTag) && token(r.FromTag, maxTag)
}

// Header is the value of a Replaces header. r must be valid.
func (r Replaces) Header() string {
	out := r.CallID + ";to-tag=" + r.ToTag + ";from-tag=" + r.FromTag
	if r.EarlyOnly {
		out += ";early-only"
	}
	return out
}

// callID checks the grammar's word ["@" word] (RFC 3261 25.1).
func callID(s string) bool {
	if s == "" || len(s) > maxCallID || strings.Count(s, "@") > 1 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !tokenByte(c) && strings.IndexByte(`()<>:\"/[]?{}@`, c) < 0 {
			return false
		}
	}
	return true
}

// token checks the grammar's token (RFC 3261 25.1).
func token(s string, limit int) bool {
	for i := range len(s) {
		if !tokenByte(s[i]) {
			return false
		}
	}
	return s != "" && len(s) <= limit
}

func tokenByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-.!%*_+`'~", c) >= 0
}
