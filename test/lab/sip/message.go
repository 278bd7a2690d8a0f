package sip

import (
	"strconv"
	"strings"
)

// Header is one header field line, its name in the long form.
type Header struct{ Name, Value string }

// Message is one SIP request (Method set) or response (Status set).
// Header order is the order on the wire.
type Message struct {
	Method, URI string // request line, RFC 3261 7.1
	Status      int    // status line, RFC 3261 7.2
	Reason      string
	Headers     []Header
	Body        []byte
}

// IsRequest says whether the message is a request.
func (m *Message) IsRequest() bool { return m.Status == 0 }

// Get returns the first value of a header, or "".
func (m *Message) Get(name string) string {
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// Has says whether the header is there at all.
func (m *Message) Has(name string) bool {
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			return true
		}
	}
	return false
}

// List returns all values of a header that RFC 3261 7.3.1 allows to be
// combined with commas, split at those commas.
func (m *Message) List(name string) []string {
	var out []string
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			out = append(out, SplitList(h.Value)...)
		}
	}
	return out
}

// HasToken says whether a comma list (Supported, Require, Allow) holds a token.
func (m *Message) HasToken(name, token string) bool {
	for _, v := range m.List(name) {
		if strings.EqualFold(v, token) {
			return true
		}
	}
	return false
}

// Add appends a header line.
func (m *Message) Add(name, value string) { m.Headers = append(m.Headers, Header{name, value}) }

// Prepend puts a header line before all others (Via, Record-Route, Route).
func (m *Message) Prepend(name, value string) {
	m.Headers = append([]Header{{name, value}}, m.Headers...)
}

// Del removes every line of a header.
func (m *Message) Del(name string) {
	kept := m.Headers[:0:0]
	for _, h := range m.Headers {
		if !strings.EqualFold(h.Name, name) {
			kept = append(kept, h)
		}
	}
	m.Headers = kept
}

// Set replaces every line of a header by one.
func (m *Message) Set(name, value string) {
	for i, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			m.Headers[i].Value = value
			rest := append([]Header(nil), m.Headers[i+1:]...)
			m.Headers = m.Headers[:i+1]
			for _, r := range rest {
				if !strings.EqualFold(r.Name, name) {
					m.Headers = append(m.Headers, r)
				}
			}
			return
		}
	}
	m.Add(name, value)
}

// PopFirst removes the first element of a list header (the top Via or Route)
// and returns it.
func (m *Message) PopFirst(name string) string {
	for i, h := range m.Headers {
		if !strings.EqualFold(h.Name, name) {
			continue
		}
		items := SplitList(h.Value)
		if len(items) > 1 {
			m.Headers[i].Value = strings.Join(items[1:], ", ")
		} else {
			m.Headers = append(append([]Header(nil), m.Headers[:i]...), m.Headers[i+1:]...)
		}
		if len(items) == 0 {
			return ""
		}
		return items[0]
	}
	return ""
}

// Clone copies the message; the body is shared and never written to.
func (m *Message) Clone() *Message {
	c := *m
	c.Headers = append([]Header(nil), m.Headers...)
	return &c
}

// CSeq returns number and method of the CSeq header.
func (m *Message) CSeq() (uint32, string) {
	number, method, _ := strings.Cut(m.Get("CSeq"), " ")
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return 0, ""
	}
	return uint32(n), strings.TrimSpace(method)
}

// CallID returns the Call-ID.
func (m *Message) CallID() string { return m.Get("Call-ID") }

// Tag returns the tag of From or To, or "".
func (m *Message) Tag(name string) string {
	addr, err := ParseAddress(m.Get(name))
	if err != nil {
		return ""
	}
	tag, _ := addr.Params.Get("tag")
	return tag
}

// Response builds a response with the headers RFC 3261 8.2.6.2 copies. The tag
// is put on To when the request has none and the status is not 100.
func (m *Message) Response(status int, reason, tag string) *Message {
	res := &Message{Status: status, Reason: reason}
	for _, h := range m.Headers {
		switch strings.ToLower(h.Name) {
		case "via", "from", "call-id", "cseq":
			res.Headers = append(res.Headers, h)
		case "record-route":
			if status > 100 && status < 300 {
				res.Headers = append(res.Headers, h)
			}
		case "to":
			if m.Tag("To") == "" && tag != "" && status != 100 {
				h.Value += ";tag=" + tag
			}
			res.Headers = append(res.Headers, h)
		}
	}
	return res
}

// Bytes writes the message; Content-Length is always computed (RFC 3261 20.14).
func (m *Message) Bytes() []byte {
	var b strings.Builder
	if m.IsRequest() {
		b.WriteString(m.Method + " " + m.URI + " SIP/2.0\r\n")
	} else {
		b.WriteString("SIP/2.0 " + strconv.Itoa(m.Status) + " " + m.Reason + "\r\n")
	}
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, "Content-Length") {
			continue
		}
		b.WriteString(h.Name + ": " + h.Value + "\r\n")
	}
	b.WriteString("Content-Length: " + strconv.Itoa(len(m.Body)) + "\r\n\r\n")
	b.Write(m.Body)
	return []byte(b.String())
}
