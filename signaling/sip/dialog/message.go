package dialog

import (
	"errors"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Header is one header line to be written as it is: Value must come from trusted state.
type Header struct{ Name, Value string }

// Message is what requests and responses of the SIP library have in common.
type Message interface {
	GetHeaders(name string) []sip.Header
}

// maxListItems bounds how many values of one header name are looked at; more is hostile.
const maxListItems = 64

// Values returns the values of a header in order of appearance, one item per comma-separated element; give the compact
// form as a further name. Commas in quotes or angle brackets do not separate.
func Values(msg Message, names ...string) []string {
	var out []string
	for _, name := range names {
		for _, h := range msg.GetHeaders(name) {
			for _, v := range SplitList(h.Value()) {
				if len(out) == maxListItems {
					return out
				}
				out = append(out, v)
			}
		}
	}
	return out
}

// First returns the raw value of the first header of that name (or its compact form), "" if there is none.
func First(msg Message, names ...string) string {
	for _, name := range names {
		if hs := msg.GetHeaders(name); len(hs) > 0 {
			return strings.TrimSpace(hs[0].Value())
		}
	}
	return ""
}

// HasToken reports whether a comma-separated header contains a token, compared without case (RFC 3261 7.3.1).
func HasToken(msg Message, token string, names ...string) bool {
	for _, v := range Values(msg, names...) {
		if strings.EqualFold(v, token) {
			return true
		}
	}
	return false
}

// SplitList splits a header value at its top-level commas; empty elements vanish (RFC 3261 7.3.1).
func SplitList(value string) []string {
	return split(value, ',')
}

// split cuts at sep outside quotes and angle brackets.
func split(value string, sep byte) []string {
	if strings.IndexByte(value, sep) < 0 {
		if value = strings.TrimSpace(value); value == "" {
			return nil
		}
		return []string{value}
	}
	var out []string
	quoted, angle, start := false, false, 0
	for i := 0; i <= len(value); i++ {
		if i < len(value) {
			c := value[i]
			switch {
			case quoted:
				if c == '\\' {
					i++
				} else if c == '"' {
					quoted = false
				}
				continue
			case c == '"':
				quoted = true
				continue
			case c == '<':
				angle = true
				continue
			case c == '>':
				angle = false
				continue
			case angle || c != sep:
				continue
			}
		}
		if start > len(value) {
			break
		}
		if item := strings.TrimSpace(value[start:min(i, len(value))]); item != "" && len(out) < maxListItems {
			out = append(out, item)
		}
		start = i + 1
	}
	return out
}

// Param returns a header parameter ("tag", "refresher") of one header value, without quotes. Parameters inside angle
// brackets belong to the URI and are not looked at (RFC 3261 20).
func Param(value, name string) (string, bool) {
	for i, part := range split(value, ';') {
		key, val, _ := strings.Cut(part, "=")
		if i == 0 || !strings.EqualFold(strings.TrimSpace(key), name) {
			continue
		}
		return strings.Trim(strings.TrimSpace(val), `"`), true
	}
	return "", false
}

// AddrSpec returns the URI of a name-addr or addr-spec header value (RFC 3261 20.10), "" if there is none.
func AddrSpec(value string) string {
	quoted := false
	for i := 0; i < len(value); i++ {
		switch {
		case quoted && value[i] == '\\':
			i++
		case value[i] == '"':
			quoted = !quoted
		case !quoted && value[i] == '<':
			end := strings.IndexByte(value[i:], '>')
			if end < 0 {
				return ""
			}
			return strings.TrimSpace(value[i+1 : i+end])
		}
	}
	if quoted {
		return ""
	}
	uri, _, _ := strings.Cut(value, ";")
	return strings.TrimSpace(uri)
}

// DisplayName returns the display name of a name-addr without quotes and escapes, "" if there is none.
func DisplayName(value string) string {
	value = strings.TrimSpace(value)
	if !strings.HasPrefix(value, `"`) {
		name, _, found := strings.Cut(value, "<")
		if !found {
			return ""
		}
		return strings.TrimSpace(name)
	}
	var b strings.Builder
	for i := 1; i < len(value); i++ {
		switch value[i] {
		case '\\':
			i++
			if i < len(value) {
				b.WriteByte(value[i])
			}
		case '"':
			return b.String()
		default:
			b.WriteByte(value[i])
		}
	}
	return ""
}

// errURI is the reason a message with an unusable Contact cannot make a dialog.
var errURI = errors.New("contact without a usable sip URI")

// parseTarget parses a remote target; only sip and sips URIs can be requests' destinations.
func parseTarget(uri string) (sip.Uri, error) {
	var u sip.Uri
	if strings.ContainsAny(uri, "\r\n <>\"") {
		return u, errURI
	}
	if err := sip.ParseUri(uri, &u); err != nil || u.Host == "" || u.Wildcard || (u.Scheme != "sip" && u.Scheme != "sips") {
		return u, errURI
	}
	u.Headers = nil // header fields of a Contact URI are never taken over (RFC 3261 19.1.5)
	return u, nil
}

// sdpOf returns the body when it is SDP. A body of another type, or none, is "".
func sdpOf(contentType string, body []byte) string {
	kind, _, _ := strings.Cut(contentType, ";")
	if len(body) == 0 || !strings.EqualFold(strings.TrimSpace(kind), "application/sdp") {
		return ""
	}
	return string(body)
}

// requestSDP returns the SDP of a request.
func requestSDP(r *sip.Request) string { return sdpOf(First(r, "content-type", "c"), r.Body()) }

// responseSDP returns the SDP of a response.
func responseSDP(r *sip.Response) string { return sdpOf(First(r, "content-type", "c"), r.Body()) }

// NewResponse builds a response after RFC 3261 8.2.6: Via, From, To (with our tag unless it is a 100), Call-ID, CSeq,
// and Record-Route where a dialog may come of it (12.1.1); then the extra headers and the SDP, if there is one.
func NewResponse(req *sip.Request, status int, tag, sdp string, extra ...Header) *sip.Response {
	res := sip.NewResponse(status, Phrase(status))
	for _, h := range req.GetHeaders("via") {
		res.AppendHeader(sip.HeaderClone(h))
	}
	if len(res.Headers()) == 0 {
		for _, h := range req.GetHeaders("v") {
			res.AppendHeader(sip.HeaderClone(h))
		}
	}
	if req.Method == sip.INVITE && status > 100 && status < 300 {
		for _, h := range req.GetHeaders("record-route") {
			res.AppendHeader(sip.HeaderClone(h))
		}
	}
	if h := req.From(); h != nil {
		res.AppendHeader(sip.HeaderClone(h))
	}
	if h := req.To(); h != nil {
		to, _ := sip.HeaderClone(h).(*sip.ToHeader)
		if status > 100 && tag != "" && !to.Params.Has("tag") {
			to.Params.Add("tag", tag)
		}
		res.AppendHeader(to)
	}
	if h := req.CallID(); h != nil {
		res.AppendHeader(sip.HeaderClone(h))
	}
	if h := req.CSeq(); h != nil {
		res.AppendHeader(sip.HeaderClone(h))
	}
	for _, h := range extra {
		res.AppendHeader(sip.NewHeader(h.Name, h.Value))
	}
	setBody(res, sdp)
	res.SetTransport(req.Transport())
	res.SetDestination(req.Source())
	return res
}

// setBody puts an SDP body, or none, into a message whose other headers are complete.
func setBody(msg sip.Message, sdp string) {
	if sdp == "" {
		msg.SetBody(nil)
		return
	}
	msg.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	msg.SetBody([]byte(sdp))
}

// Phrase returns the reason phrase of a status (RFC 3261 21 and the extensions used here).
func Phrase(status int) string {
	switch status {
	case 100:
		return "Trying"
	case 180:
		return "Ringing"
	case 181:
		return "Call Is Being Forwarded"
	case 182:
		return "Queued"
	case 183:
		return "Session Progress"
	case 200:
		return "OK"
	case 202:
		return "Accepted"
	case 380:
		return "Alternative Service"
	case 500:
		return "Server Internal Error"
	case 501:
		return "Not Implemented"
	case 503:
		return "Service Unavailable"
	case 504:
		return "Server Time-out"
	case 580:
		return "Precondition Failure"
	case 600:
		return "Busy Everywhere"
	case 603:
		return "Decline"
	}
	switch status / 100 {
	case 1:
		return "Session Progress"
	case 2:
		return "OK"
	case 3:
		return "Redirection"
	case 4:
		return clientError(status)
	case 5:
		return "Server Failure"
	default:
		return "Global Failure"
	}
}

// clientError is the reason phrase of a 4xx.
func clientError(status int) string {
	switch status {
	case 400:
		return "Bad Request"
	case 401:
		return "Unauthorized"
	case 403:
		return "Forbidden"
	case 404:
		return "Not Found"
	case 405:
		return "Method Not Allowed"
	case 408:
		return "Request Timeout"
	case 410:
		return "Gone"
	case 413:
		return "Request Entity Too Large"
	case 415:
		return "Unsupported Media Type"
	case 420:
		return "Bad Extension"
	case 421:
		return "Extension Required"
	case 422:
		return "Session Interval Too Small"
	case 423:
		return "Interval Too Brief"
	case 480:
		return "Temporarily Unavailable"
	case 481:
		return "Call/Transaction Does Not Exist"
	case 482:
		return "Loop Detected"
	case 484:
		return "Address Incomplete"
	case 486:
		return "Busy Here"
	case 487:
		return "Request Terminated"
	case 488:
		return "Not Acceptable Here"
	case 489:
		return "Bad Event"
	case 491:
		return "Request Pending"
	default:
		return "Request Failure"
	}
}
