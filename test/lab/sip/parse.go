package sip

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Limits of what the lab reads.
const (
	MaxMessage = 65535 // bytes
	maxHeaders = 200
)

// longName maps the compact forms (RFC 3261 7.3.3 and the later ones in use).
func longName(name string) string {
	switch strings.ToLower(name) {
	case "v":
		return "Via"
	case "f":
		return "From"
	case "t":
		return "To"
	case "i":
		return "Call-ID"
	case "m":
		return "Contact"
	case "l":
		return "Content-Length"
	case "c":
		return "Content-Type"
	case "k":
		return "Supported"
	case "s":
		return "Subject"
	case "e":
		return "Content-Encoding"
	case "o":
		return "Event"
	case "u":
		return "Allow-Events"
	case "r":
		return "Refer-To"
	case "x":
		return "Session-Expires"
	case "a":
		return "Accept-Contact"
	}
	return name
}

// Parse reads one whole message from a datagram or a framed stream chunk.
// It is strict: CRLF line ends, no control characters, a Content-Length that
// fits, and the six mandatory headers of RFC 3261 8.1.1.
func Parse(data []byte) (*Message, error) {
	if len(data) > MaxMessage {
		return nil, errors.New("message over 65535 bytes")
	}
	head, body, ok := bytes.Cut(data, []byte("\r\n\r\n"))
	if !ok {
		return nil, errors.New("no empty line after the headers")
	}
	lines := strings.Split(string(head), "\r\n")
	m := &Message{}
	if err := m.startLine(lines[0]); err != nil {
		return nil, err
	}
	if err := m.headerLines(lines[1:]); err != nil {
		return nil, err
	}
	m.Body = append([]byte(nil), body...)
	if err := m.cutBody(); err != nil {
		return nil, err
	}
	return m, m.mandatory()
}

func (m *Message) startLine(line string) error {
	first, rest, _ := strings.Cut(line, " ")
	if first == "SIP/2.0" {
		code, reason, _ := strings.Cut(rest, " ")
		status, err := strconv.Atoi(code)
		if err != nil || status < 100 || status > 699 {
			return fmt.Errorf("status code %q", code)
		}
		m.Status, m.Reason = status, reason
		return clean(reason)
	}
	uri, version, ok := strings.Cut(rest, " ")
	if !ok || version != "SIP/2.0" || uri == "" || !token(first) {
		return errors.New("request line is not METHOD URI SIP/2.0")
	}
	m.Method, m.URI = first, uri
	return clean(uri)
}

func (m *Message) headerLines(lines []string) error {
	for _, line := range lines {
		if line == "" {
			return errors.New("empty header line")
		}
		if line[0] == ' ' || line[0] == '\t' { // folding, RFC 3261 7.3.1
			if len(m.Headers) == 0 {
				return errors.New("folded line before the first header")
			}
			if err := clean(line); err != nil {
				return err
			}
			last := &m.Headers[len(m.Headers)-1]
			last.Value = strings.TrimSpace(last.Value + " " + strings.TrimSpace(line))
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		name = strings.TrimRight(name, " \t")
		if !ok || !token(name) {
			return fmt.Errorf("header line without a name")
		}
		if err := clean(value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if len(m.Headers) == maxHeaders {
			return errors.New("too many headers")
		}
		m.Headers = append(m.Headers, Header{longName(name), strings.TrimSpace(value)})
	}
	return nil
}

func (m *Message) cutBody() error {
	if !m.Has("Content-Length") {
		return nil
	}
	n, err := strconv.Atoi(m.Get("Content-Length"))
	if err != nil || n < 0 || n > len(m.Body) {
		return fmt.Errorf("Content-Length %q with %d bytes of body", m.Get("Content-Length"), len(m.Body))
	}
	m.Body = m.Body[:n]
	return nil
}

func (m *Message) mandatory() error {
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		if m.Get(name) == "" {
			return fmt.Errorf("no %s", name)
		}
	}
	number, method := m.CSeq()
	if method == "" || number > 1<<31-1 {
		return errors.New("bad CSeq")
	}
	if m.IsRequest() && method != m.Method {
		return errors.New("CSeq method differs from the request line")
	}
	for _, name := range []string{"From", "To"} {
		if _, err := ParseAddress(m.Get(name)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if _, err := ParseVia(m.topVia()); err != nil {
		return err
	}
	return nil
}

func (m *Message) topVia() string {
	if vias := m.List("Via"); len(vias) > 0 {
		return vias[0]
	}
	return ""
}

// SplitList splits at commas outside quotes and angle brackets.
func SplitList(s string) []string { return split(s, ',') }

func split(s string, sep byte) []string {
	var out []string
	quoted, angle, start := false, false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case c == sep && !angle:
			out = append(out, strings.TrimSpace(s[start:i]))
			start = i + 1
		}
	}
	return append(out, strings.TrimSpace(s[start:]))
}

func clean(s string) error {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 && c != '\t' || c == 0x7f {
			return fmt.Errorf("control character %#02x", c)
		}
	}
	return nil
}

func token(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		alnum := c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !alnum && !strings.ContainsRune("-.!%*_+`'~", rune(c)) {
			return false
		}
	}
	return s != ""
}
