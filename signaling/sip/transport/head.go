package transport

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of our own choosing on the head of a message; the whole is bounded by Config.MaxMessage.
const (
	maxHead   = 32 << 10 // bytes up to the empty line
	maxLine   = 8 << 10  // bytes of one header field after unfolding
	maxFields = 200      // header fields
	maxValues = 64       // values of one comma-separated field, and parameters of one value
)

// malformed says why a message was not delivered and what a request is answered with.
type malformed struct {
	status int    // 4xx or 5xx
	reason string // reason phrase, also the text of the error
}

func (m *malformed) Error() string { return strconv.Itoa(m.status) + " " + m.reason }

func badRequest(format string, args ...any) *malformed {
	return &malformed{400, fmt.Sprintf(format, args...)}
}

// field is one header field: its long name in the spelling of its RFC if we know it, and its value without outer
// white space, unfolded.
type field struct{ name, value string }

// head is a message up to the empty line, split but not yet understood.
type head struct {
	start  string
	fields []field
	length int // Content-Length, -1 if absent or unusable
}

// isRequest tells the two kinds apart by the only thing they cannot share (RFC 3261 7.1, 7.2).
func (h *head) isRequest() bool { return len(h.start) < 4 || !strings.EqualFold(h.start[:4], "SIP/") }

// method is the first word of a request line.
func (h *head) method() string {
	m, _, _ := strings.Cut(h.start, " ")
	return m
}

// get returns the first value of a field by its long name.
func (h *head) get(name string) (string, bool) {
	for i := range h.fields {
		if h.fields[i].name == name {
			return h.fields[i].value, true
		}
	}
	return "", false
}

// splitWhole splits a message that came whole, by a datagram or a WebSocket: octets beyond Content-Length are ignored, too few are an
// error (RFC 3261 18.3), and without Content-Length the body is the rest.
func splitWhole(data []byte) (h head, body []byte, bad *malformed) {
	end := endOfHead(data)
	if end < 0 {
		h, _ = splitHead(data)
		return h, nil, badRequest("Missing Empty Line")
	}
	h, bad = splitHead(data[:end+2])
	body = data[end+4:]
	switch {
	case bad != nil:
	case h.length > len(body):
		bad = badRequest("Content-Length Beyond Message")
	case h.length >= 0:
		body = body[:h.length]
	}
	return h, body, bad
}

// splitHead splits a head, which ends with the CRLF of its last field. What is odd in it is returned beside what could
// be read, so that a request can still be answered. Folded lines (RFC 3261 7.3.1) are joined, white space before the
// colon is dropped and compact names are spelt out, so that nothing further up can be fooled by a spelling.
func splitHead(data []byte) (h head, bad *malformed) {
	h.length = -1
	if len(data) > maxHead {
		return h, &malformed{513, "Message Too Large"}
	}
	text := string(data)
	if !utf8.ValidString(text) {
		bad = badRequest("Invalid UTF-8")
	}
	h.fields = make([]field, 0, 24)
	for first := true; text != ""; first = false {
		line, rest, terminated := strings.Cut(text, "\r\n")
		text = rest
		if problem := checkLine(line, terminated); problem != nil && bad == nil {
			bad = problem
		}
		if first {
			h.start = line
			continue
		}
		if problem := h.addLine(line); problem != nil && bad == nil {
			bad = problem
		}
		if len(h.fields) > maxFields {
			return h, badRequest("Too Many Header Fields")
		}
	}
	if problem := h.findLength(); problem != nil && bad == nil {
		bad = problem
	}
	return h, bad
}

// addLine takes one line after the first: a new field or the continuation of the last one.
func (h *head) addLine(line string) *malformed {
	if line == "" {
		return badRequest("Empty Header Line")
	}
	if isBlank(line[0]) {
		if len(h.fields) == 0 {
			return badRequest("Folded Start Line")
		}
		f := &h.fields[len(h.fields)-1]
		more := strings.Trim(line, " \t")
		if len(f.value)+len(more) >= maxLine {
			return badRequest("Header Field Too Long")
		}
		f.value = strings.Trim(f.value+" "+more, " ")
		return nil
	}
	if len(line) > maxLine {
		return badRequest("Header Field Too Long")
	}
	name, value, ok := strings.Cut(line, ":")
	name = strings.TrimRight(name, " \t")
	if !ok || !isToken(name) {
		return badRequest("Malformed Header Field Name")
	}
	h.fields = append(h.fields, field{canonicalName(name), strings.Trim(value, " \t")})
	return nil
}

// findLength reads Content-Length, which frames the message: exactly one, digits only (RFC 3261 20.14, RFC 4475 3.3.9).
func (h *head) findLength() *malformed {
	seen := false
	for _, f := range h.fields {
		if f.name != "Content-Length" {
			continue
		}
		if seen {
			h.length = -1
			return badRequest("Repeated Content-Length")
		}
		seen = true
		n, ok := number(f.value, 1<<30)
		if !ok {
			return badRequest("Malformed Content-Length")
		}
		h.length = int(n)
	}
	return nil
}

// checkLine refuses bare CR and LF and every other control character, except behind a backslash in a quoted string,
// where RFC 3261 25.1 (quoted-pair) allows all but CR and LF.
func checkLine(line string, terminated bool) *malformed {
	if !terminated {
		return badRequest("Missing CRLF")
	}
	clean := true
	for i := 0; i < len(line); i++ {
		if c := line[i]; (c < ' ' && c != '\t') || c == 0x7f {
			clean = false
			break
		}
	}
	if clean {
		return nil
	}
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\r' || c == '\n':
			return badRequest("Bare CR or LF")
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted && i+1 < len(line) && line[i+1] != '\r' && line[i+1] != '\n':
			i++
		case (c < ' ' && c != '\t') || c == 0x7f:
			return badRequest("Control Character")
		}
	}
	return nil
}

// endOfHead returns the index of the empty line's CRLF CRLF, or -1.
func endOfHead(data []byte) int { return bytes.Index(data, []byte("\r\n\r\n")) }

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// number reads an unsigned decimal of digits only, leading zeros allowed (RFC 4475 3.1.1.1).
func number(s string, limit uint64) (uint64, bool) {
	if s == "" {
		return 0, false
	}
	var n uint64
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + uint64(s[i]-'0')
		if n > limit {
			return 0, false
		}
	}
	return n, true
}

// isToken implements token of RFC 3261 25.1.
func isToken(s string) bool {
	if s == "" {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !isTokenChar(s[i]) {
			return false
		}
	}
	return true
}

func isTokenChar(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return c != 0 && strings.IndexByte("-.!%*_+`'~", c) >= 0
}

// canonicalName spells a known field name as its RFC does and expands the compact forms of the IANA registry; an
// unknown name stays as it came.
func canonicalName(name string) string {
	var buf [32]byte // longer than every name we know
	if len(name) > len(buf) {
		return name
	}
	lower := buf[:len(name)]
	for i := range lower {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	long := basicName(lower)
	if long == "" && len(lower) > 2 && lower[0] == 'p' && lower[1] == '-' {
		long = privateName(lower)
	}
	if long == "" {
		long = extensionName(lower)
	}
	if long == "" {
		return name
	}
	return long
}

// basicName knows what nearly every message has. The names are switched on without a copy.
func basicName(lower []byte) string {
	switch string(lower) {
	case "via", "v":
		return "Via"
	case "from", "f":
		return "From"
	case "to", "t":
		return "To"
	case "call-id", "i":
		return "Call-ID"
	case "cseq":
		return "CSeq"
	case "contact", "m":
		return "Contact"
	case "content-length", "l":
		return "Content-Length"
	case "content-type", "c":
		return "Content-Type"
	case "max-forwards":
		return "Max-Forwards"
	case "route":
		return "Route"
	case "record-route":
		return "Record-Route"
	case "supported", "k":
		return "Supported"
	case "require":
		return "Require"
	case "allow":
		return "Allow"
	case "expires":
		return "Expires"
	}
	return ""
}

// extensionName knows what the layers above look up, and what must not be smuggled past them by an odd spelling.
func extensionName(lower []byte) string {
	switch string(lower) {
	case "accept-contact", "a":
		return "Accept-Contact"
	case "referred-by", "b":
		return "Referred-By"
	case "request-disposition", "d":
		return "Request-Disposition"
	case "content-encoding", "e":
		return "Content-Encoding"
	case "reject-contact", "j":
		return "Reject-Contact"
	case "identity-info", "n":
		return "Identity-Info"
	case "event", "o":
		return "Event"
	case "refer-to", "r":
		return "Refer-To"
	case "subject", "s":
		return "Subject"
	case "allow-events", "u":
		return "Allow-Events"
	case "session-expires", "x":
		return "Session-Expires"
	case "identity", "y":
		return "Identity"
	}
	for _, long := range [...]string{
		"Accept", "Alert-Info", "Authorization", "Call-Info", "Content-Disposition", "Date", "Error-Info", "Feature-Caps",
		"Geolocation", "Geolocation-Routing", "History-Info", "Min-Expires", "Min-SE", "Path", "Privacy", "Proxy-Authenticate",
		"Proxy-Authorization", "Proxy-Require", "RAck", "RSeq", "Reason", "Replaces", "Retry-After", "Server", "Service-Route",
		"Subscription-State", "Timestamp", "Unsupported", "User-Agent", "WWW-Authenticate", "Warning",
	} {
		if len(long) == len(lower) && strings.EqualFold(long, string(lower)) {
			return long
		}
	}
	return ""
}

// privateName knows the P- fields of RFC 7315 and its neighbours.
func privateName(lower []byte) string {
	for _, long := range [...]string{
		"P-Access-Network-Info", "P-Answer-State", "P-Asserted-Identity", "P-Asserted-Service", "P-Associated-URI", "P-Called-Party-ID",
		"P-Charging-Function-Addresses", "P-Charging-Vector", "P-Early-Media", "P-Preferred-Identity", "P-Preferred-Service",
		"P-Profile-Key", "P-Served-User", "P-User-Database", "P-Visited-Network-ID",
	} {
		if len(long) == len(lower) && strings.EqualFold(long, string(lower)) {
			return long
		}
	}
	return ""
}
