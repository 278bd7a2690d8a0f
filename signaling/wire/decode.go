package wire

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Bounds of single parameters, bytes.
const (
	maxToken      = 16 << 10
	maxSDP        = 16 << 10
	maxTarget     = 256
	maxSession    = 128
	maxClient     = 64
	maxCandidate  = 512
	maxMid        = 16
	maxCandidates = 64
	maxIdentity   = 255
	maxCNonce     = 64
	maxUserData   = 256 // 128 bytes as hexadecimal digits (RFC 7433)
	maxHeaders    = 16
	maxHeaderName = 64
	maxHeader     = 256
)

// decoder reads the members of one object by their exact names (encoding/json would also take "SDP" for "sdp") and
// remembers the first fault. Unknown members are ignored, as the protocol promises.
type decoder struct {
	path    string // "params" or "params.resume", for the sentences
	members members
	fault   *Error
}

func newDecoder(raw json.RawMessage) *decoder {
	return &decoder{path: "params", members: membersOf(raw)}
}

// get returns a member; absent and null are the same.
func (d *decoder) get(name string) json.RawMessage {
	raw := d.members.get(name)
	if string(raw) == "null" {
		return nil
	}
	return raw
}

func (d *decoder) fail(e *Error) {
	if d.fault == nil && e != nil {
		d.fault = e
	}
}

// must records that a parameter is not what it has to be.
func (d *decoder) must(name, what string, args ...any) {
	d.fail(NewError(NameParamsInvalid).WithMessage("%s.%s must be %s.", d.path, name, fmt.Sprintf(what, args...)))
}

// text reads a string.
func (d *decoder) text(name string) (s string, present, ok bool) {
	raw := d.get(name)
	if raw == nil {
		return "", false, true
	}
	s, ok = text(raw)
	return s, true, ok
}

// line reads a required string of one line.
func (d *decoder) line(name string, low, high int) string {
	s, present, ok := d.text(name)
	if !present || !ok || len(s) < low || len(s) > high || hasControl(s, "") {
		d.must(name, "a string of %d to %d bytes without control characters", low, high)
		return ""
	}
	return s
}

func (d *decoder) optionalLine(name string, high int) string {
	if _, present, ok := d.text(name); ok && !present {
		return ""
	}
	return d.line(name, 0, high)
}

func (d *decoder) choice(name string, allowed ...string) string {
	s, _, ok := d.text(name)
	for _, a := range allowed {
		if ok && s == a {
			return s
		}
	}
	d.must(name, "one of %s", strings.Join(allowed, ", "))
	return ""
}

// token reads the bearer token; an absent one has an error of its own, for it is the commonest fault of a new page.
func (d *decoder) token() string {
	s, present, ok := d.text("token")
	if ok && (!present || s == "") {
		d.fail(NewError(NameTokenMissing))
		return ""
	}
	if !ok || len(s) > maxToken || hasControl(s, "") {
		d.must("token", "a string of at most %d bytes", maxToken)
		return ""
	}
	return s
}

// hash reads an MD5 or SHA-256 hash in hexadecimal.
func (d *decoder) hash(name string) string {
	s, _, ok := d.text(name)
	if !ok || len(s) != 32 && len(s) != 64 || strings.Trim(s, "0123456789abcdef") != "" {
		d.must(name, "32 or 64 of the characters 0-9 a-f")
		return ""
	}
	return s
}

// count reads an optional nonce count, eight hexadecimal digits (RFC 7616 3.4).
func (d *decoder) count(name string) string {
	s, present, ok := d.text(name)
	if ok && !present {
		return ""
	}
	if !ok || len(s) != 8 || strings.Trim(s, "0123456789abcdef") != "" {
		d.must(name, "8 of the characters 0-9 a-f")
		return ""
	}
	return s
}

// sdp reads a session description. Its grammar is signaling/sdp's business; here only size and characters count.
func (d *decoder) sdp() string {
	s, present, ok := d.text("sdp")
	if !present || !ok || s == "" || len(s) > maxSDP || hasControl(s, "\r\n\t") {
		d.fail(NewError(NameSDPInvalid).WithMessage("%s.sdp must be the browser's session description, at most %d bytes.", d.path, maxSDP))
		return ""
	}
	return s
}

// call reads a call id. Its characters are safe in logs, metrics and file names.
func (d *decoder) call() string { return d.callNamed("call") }

func (d *decoder) callNamed(name string) string {
	s, _, ok := d.text(name)
	if !ok || !ValidCall(s) {
		d.must(name, "1 to 64 of the characters A-Z a-z 0-9 _ -")
		return ""
	}
	return s
}

// ValidCall reports whether s may be a call's id.
func ValidCall(s string) bool {
	return s != "" && len(s) <= 64 && strings.IndexFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-'
	}) < 0
}

func (d *decoder) digits() string {
	s, _, ok := d.text("digits")
	if !ok || s == "" || len(s) > MaxDigits || strings.Trim(s, "0123456789ABCD*#,") != "" {
		d.must("digits", "1 to %d of the characters 0-9 A-D * # and comma", MaxDigits)
		return ""
	}
	return s
}

// uuid reads a UUID in its text form (RFC 9562 4) and returns it in lower case.
func (d *decoder) uuid(name string) string {
	s, _, ok := d.text(name)
	if !ok || !isUUID(s) {
		d.must(name, "a UUID like 7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8aa, the same for every login of this browser")
		return ""
	}
	return strings.ToLower(s)
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (s[i] == '-') || !dash && !strings.ContainsRune("0123456789abcdefABCDEF", rune(s[i])) {
			return false
		}
	}
	return true
}

func (d *decoder) boolean(name string) bool {
	raw := string(d.get(name))
	if raw != "" && raw != "true" && raw != "false" {
		d.must(name, "true or false")
	}
	return raw == "true"
}

// counter reads a required whole number from 0.
func (d *decoder) counter(name string) uint64 {
	n, err := strconv.ParseUint(string(d.get(name)), 10, 64)
	if err != nil || n > maxSafeInt {
		d.must(name, "a whole number from 0")
		return 0
	}
	return n
}

// millis reads an optional duration in milliseconds.
func (d *decoder) millis(name string, low, high, missing time.Duration) time.Duration {
	raw := d.get(name)
	if raw == nil {
		return missing
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || n < low.Milliseconds() || n > high.Milliseconds() {
		d.must(name, "a whole number of milliseconds from %d to %d", low.Milliseconds(), high.Milliseconds())
		return missing
	}
	return time.Duration(n) * time.Millisecond
}

// object opens a nested object; nil when absent.
func (d *decoder) object(name string) *decoder {
	raw := d.get(name)
	if raw == nil {
		return nil
	}
	sub := &decoder{path: d.path + "." + name, members: membersOf(raw)}
	if sub.members == nil {
		d.must(name, "an object")
		return nil
	}
	return sub
}

func (d *decoder) candidates() []Candidate {
	list := elementsOf(d.get("candidates"))
	if len(list) == 0 || len(list) > maxCandidates {
		d.must("candidates", "an array of 1 to %d candidates", maxCandidates)
		return nil
	}
	out := make([]Candidate, 0, len(list))
	for i, raw := range list {
		sub := &decoder{path: fmt.Sprintf("%s.candidates[%d]", d.path, i), members: membersOf(raw)}
		if sub.members == nil {
			d.must(fmt.Sprintf("candidates[%d]", i), "an object")
			return nil
		}
		out = append(out, Candidate{Candidate: sub.line("candidate", 0, maxCandidate), SDPMid: sub.optionalLine("sdpMid", maxMid)})
		d.fail(sub.fault)
	}
	return out
}

// userToUser reads optional user-to-user information. Whether data fits its encoding is checked where it is written.
func (d *decoder) userToUser() *UserToUser {
	sub := d.object("userToUser")
	if sub == nil {
		return nil
	}
	u := &UserToUser{Data: sub.line("data", 1, maxUserData), Encoding: sub.choice("encoding", EncodingHex, EncodingText)}
	d.fail(sub.fault)
	return u
}

// headers reads optional headers of an application: an object of strings.
func (d *decoder) headers() map[string]string {
	sub := d.object("headers")
	if sub == nil {
		return nil
	}
	if len(sub.members) > maxHeaders {
		d.must("headers", "an object of at most %d strings", maxHeaders)
		return nil
	}
	out := make(map[string]string, len(sub.members))
	for _, m := range sub.members {
		if m.name == "" || len(m.name) > maxHeaderName || hasControl(m.name, "") {
			d.must("headers", "an object whose names are header names")
			return nil
		}
		s, ok := text(m.value)
		if !ok || s == "" || len(s) > maxHeader || hasControl(s, "") {
			d.must("headers", "an object whose values are strings of 1 to %d bytes without control characters", maxHeader)
			return nil
		}
		out[m.name] = s
	}
	return out
}

// hasControl reports whether s has a control character other than those of allowed: nothing a browser sends may break
// a line of a SIP header, an SDP line or a log.
func hasControl(s, allowed string) bool {
	return strings.IndexFunc(s, func(c rune) bool {
		return (c < 0x20 || c >= 0x7f && c < 0xa0) && !strings.ContainsRune(allowed, c)
	}) >= 0
}

// position reads where the browser is; nil when it is not said.
func (d *decoder) position() *Position {
	sub := d.object("position")
	if sub == nil {
		return nil
	}
	p := &Position{Latitude: sub.number("latitude", -90, 90), Longitude: sub.number("longitude", -180, 180)}
	if len(sub.get("accuracy")) > 0 {
		p.Accuracy = sub.number("accuracy", 0, 100_000)
	}
	d.fail(sub.fault)
	return p
}

// number reads a number of a range.
func (d *decoder) number(name string, low, high float64) float64 {
	v, err := strconv.ParseFloat(string(d.get(name)), 64)
	if err != nil || !(v >= low && v <= high) {
		d.must(name, "a number between %v and %v", low, high)
		return 0
	}
	return v
}
