package transport

import (
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// magicCookie starts every branch of RFC 3261 8.1.1.7; a branch without it comes from RFC 2543.
const magicCookie = "z9hG4bK"

// maxCSeq is the largest sequence number (RFC 3261 8.1.1.5: below 2**31).
const maxCSeq = 1<<31 - 1

// message understands a split head and joins it with its body (copied). It checks what every receiver must be sure of:
// the mandatory fields, single values, URIs, quoting, numbers. What depends on the method is left to the layers above.
func (h *head) message(body []byte) (sip.Message, *malformed) {
	var msg sip.Message
	var req *sip.Request
	if h.isRequest() {
		var bad *malformed
		if req, bad = h.requestLine(); bad != nil {
			return nil, bad
		}
		msg = req
	} else {
		res, bad := h.statusLine()
		if bad != nil {
			return nil, bad
		}
		msg = res
	}
	if bad := h.checkSingle(); bad != nil {
		return nil, bad
	}
	for i := range h.fields {
		if bad := appendField(msg, h.fields[i]); bad != nil {
			return nil, bad
		}
	}
	if bad := checkMandatory(msg, req); bad != nil {
		return nil, bad
	}
	if len(body) > 0 {
		msg.SetBody(append([]byte(nil), body...))
	} else {
		msg.SetBody(nil)
	}
	return msg, nil
}

// requestLine reads Method SP Request-URI SP SIP-Version, one space each (RFC 3261 7.1).
func (h *head) requestLine() (*sip.Request, *malformed) {
	method, rest, ok := strings.Cut(h.start, " ")
	last := strings.LastIndexByte(rest, ' ')
	if !ok || last < 0 || !isToken(method) {
		return nil, badRequest("Malformed Request-Line")
	}
	text, version := rest[:last], rest[last+1:]
	if bad := checkVersion(version); bad != nil {
		return nil, bad
	}
	var uri sip.Uri
	if err := parseURI(text, &uri); err != nil {
		return nil, badRequest("Malformed Request-URI")
	}
	switch uri.Scheme {
	case "sip", "sips":
		if len(uri.Headers) > 0 { // RFC 3261 19.1.1: not allowed in a Request-URI
			return nil, badRequest("Headers in Request-URI")
		}
	case "tel", "urn": // RFC 3966, RFC 5031
	default:
		return nil, &malformed{416, "Unsupported URI Scheme"}
	}
	req := sip.NewRequest(sip.RequestMethod(method), uri)
	return req, nil
}

// checkVersion accepts SIP/2.0, whatever its case (RFC 3261 7.1).
func checkVersion(v string) *malformed {
	if len(v) != 7 || !strings.EqualFold(v[:4], "SIP/") {
		return badRequest("Malformed SIP-Version")
	}
	if v[4:] != "2.0" {
		return &malformed{505, "Version Not Supported"}
	}
	return nil
}

// statusLine reads SIP-Version SP Status-Code SP Reason-Phrase; the phrase may be empty (RFC 3261 7.2, RFC 4475 3.1.1.13).
func (h *head) statusLine() (*sip.Response, *malformed) {
	version, rest, _ := strings.Cut(h.start, " ")
	if bad := checkVersion(version); bad != nil {
		return nil, bad
	}
	code, reason, _ := strings.Cut(rest, " ")
	n, ok := number(code, 699)
	if !ok || len(code) != 3 || n < 100 {
		return nil, badRequest("Malformed Status-Code")
	}
	return sip.NewResponse(int(n), reason), nil
}

// checkSingle refuses the repetition of a field that has one value (RFC 3261 7.3.1, RFC 4475 3.3.8).
func (h *head) checkSingle() *malformed {
	var seen uint32
	for i := range h.fields {
		var bit uint32
		switch h.fields[i].name {
		case "From":
			bit = 1 << 0
		case "To":
			bit = 1 << 1
		case "Call-ID":
			bit = 1 << 2
		case "CSeq":
			bit = 1 << 3
		case "Max-Forwards":
			bit = 1 << 4
		case "Content-Type":
			bit = 1 << 5
		case "Expires":
			bit = 1 << 6
		case "RSeq":
			bit = 1 << 7
		case "RAck":
			bit = 1 << 8
		case "Session-Expires":
			bit = 1 << 9
		case "Event":
			bit = 1 << 10
		case "Subscription-State":
			bit = 1 << 11
		case "Refer-To":
			bit = 1 << 12
		case "Replaces":
			bit = 1 << 13
		case "Date":
			bit = 1 << 14
		}
		if seen&bit != 0 {
			return badRequest("Repeated %s", h.fields[i].name)
		}
		seen |= bit
	}
	return nil
}

// appendField adds one field in the library's typed form where it has one; the rest as text.
func appendField(msg sip.Message, f field) *malformed {
	var err error
	switch f.name {
	case "Via":
		return appendVias(msg, f.value)
	case "From", "To":
		var a Address
		if err = parseAddress(f.value, &a); err == nil && f.name == "From" {
			msg.AppendHeader(&sip.FromHeader{DisplayName: a.Display, Address: a.URI, Params: a.Params})
		} else if err == nil {
			msg.AppendHeader(&sip.ToHeader{DisplayName: a.Display, Address: a.URI, Params: a.Params})
		}
	case "Contact":
		err = appendContacts(msg, f.value)
	case "Route", "Record-Route":
		err = appendRoutes(msg, f)
	case "Call-ID":
		if f.value == "" || strings.ContainsAny(f.value, " \t,") {
			return badRequest("Malformed Call-ID")
		}
		id := sip.CallIDHeader(f.value)
		msg.AppendHeader(&id)
	case "CSeq":
		return appendCSeq(msg, f.value)
	case "Max-Forwards":
		n, ok := number(f.value, 255)
		if !ok {
			return badRequest("Malformed Max-Forwards")
		}
		hops := sip.MaxForwardsHeader(n)
		msg.AppendHeader(&hops)
	case "Content-Length":
		n, _ := number(f.value, 1<<30) // checked by findLength
		length := sip.ContentLengthHeader(n)
		msg.AppendHeader(&length)
	case "Content-Type":
		kind, sub, ok := strings.Cut(f.value, "/")
		sub, _, _ = strings.Cut(sub, ";")
		if !ok || !isToken(strings.Trim(kind, " \t")) || !isToken(strings.Trim(sub, " \t")) {
			return badRequest("Malformed Content-Type")
		}
		ct := sip.ContentTypeHeader(f.value)
		msg.AppendHeader(&ct)
	case "Date":
		// RFC 3261 20.17: GMT only.
		if _, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", f.value); err != nil {
			return badRequest("Malformed Date")
		}
		msg.AppendHeader(sip.NewHeader(f.name, f.value))
	default:
		msg.AppendHeader(sip.NewHeader(f.name, f.value))
	}
	if err != nil {
		return badRequest("Malformed %s", f.name)
	}
	return nil
}

func appendContacts(msg sip.Message, value string) error {
	if value == "*" { // RFC 3261 10.2.2
		msg.AppendHeader(&sip.ContactHeader{Address: sip.Uri{Host: "*", Wildcard: true}})
		return nil
	}
	parts, err := splitList(value)
	if err != nil {
		return err
	}
	for _, part := range parts {
		var a Address
		if err := parseAddress(part, &a); err != nil {
			return err
		}
		msg.AppendHeader(&sip.ContactHeader{DisplayName: a.Display, Address: a.URI, Params: a.Params})
	}
	return nil
}

func appendRoutes(msg sip.Message, f field) error {
	parts, err := splitList(f.value)
	if err != nil {
		return err
	}
	for _, part := range parts {
		var a Address
		if err := parseAddress(part, &a); err != nil {
			return err
		}
		if f.name == "Route" {
			msg.AppendHeader(&sip.RouteHeader{Address: a.URI})
		} else {
			msg.AppendHeader(&sip.RecordRouteHeader{Address: a.URI})
		}
	}
	return nil
}

// appendCSeq reads a number below 2**31 and a method, white space between (RFC 3261 20.16).
func appendCSeq(msg sip.Message, value string) *malformed {
	i := strings.IndexAny(value, " \t")
	if i < 0 {
		return badRequest("Malformed CSeq")
	}
	n, ok := number(value[:i], maxCSeq)
	method := strings.TrimLeft(value[i:], " \t")
	if !ok || !isToken(method) {
		return badRequest("Malformed CSeq")
	}
	msg.AppendHeader(&sip.CSeqHeader{SeqNo: uint32(n), MethodName: sip.RequestMethod(method)})
	return nil
}

// checkMandatory wants what RFC 3261 8.1.1 wants of every message. req is nil for a response.
func checkMandatory(msg sip.Message, req *sip.Request) *malformed {
	via := msg.Via()
	if via == nil || msg.From() == nil || msg.To() == nil || msg.CallID() == nil || msg.CSeq() == nil {
		return badRequest("Missing Header Field")
	}
	if via.ProtocolName != "SIP" || via.ProtocolVersion != "2.0" {
		return badRequest("Malformed Via")
	}
	if req == nil {
		return nil
	}
	if msg.CSeq().MethodName != req.Method {
		return badRequest("CSeq Method Mismatch")
	}
	branch, _ := via.Params.Get("branch")
	if len(branch) < len(magicCookie) || !strings.EqualFold(branch[:len(magicCookie)], magicCookie) {
		return nil // RFC 2543: neither branch nor From tag is certain
	}
	if len(branch) == len(magicCookie) { // RFC 4475 3.2.1
		return badRequest("Empty Branch")
	}
	if !msg.From().Params.Has("tag") {
		return badRequest("Missing From Tag")
	}
	return nil
}
