package cpim

import (
	"errors"
	"fmt"
	"mime"
	"strings"
	"time"
	"unicode/utf8"
)

// The media types.
const (
	Type         = "message/cpim"
	TypeText     = "text/plain"
	TypeNotified = "message/imdn+xml"
)

// namespace of IMDN headers (RFC 5438 6).
const namespace = "urn:ietf:params:imdn"

const (
	maxHeaders = 64   // in each of the two blocks
	maxLine    = 1024 // bytes of one header
	maxID      = 128  // bytes of a Message-ID
)

// Message is a message/cpim (RFC 3862): who, when, which notifications are wanted, and one piece of content.
type Message struct {
	From, To string // URIs; "" where they are not given
	At       time.Time
	ID       string // imdn.Message-ID, 1 to 128 bytes; "" for none
	Asks     Asks
	Subject  string
	// ContentType is that of the content, with its parameters; Notification says that the content is a notification (Content-Disposition).
	ContentType  string
	Notification bool
	Content      []byte
}

// Asks are the notifications that a sender wants (RFC 5438 6.2).
type Asks struct{ Delivery, Failure, Display bool }

// Any reports that something is wanted.
func (a Asks) Any() bool { return a.Delivery || a.Failure || a.Display }

// ErrMessage is a body that is no message/cpim.
var ErrMessage = errors.New("not a message/cpim")

// Parse reads a message/cpim. The content is part of body.
func Parse(body []byte) (*Message, error) {
	rest := string(body)
	headers, rest, err := block(rest)
	if err != nil {
		return nil, err
	}
	inner, rest, err := block(rest)
	if err != nil {
		return nil, err
	}
	m := &Message{ContentType: TypeText, Content: []byte(rest)}
	prefix := ""
	for _, h := range headers {
		if strings.EqualFold(h.name, "NS") {
			if p, uri, ok := strings.Cut(h.value, "<"); ok && strings.TrimSuffix(strings.TrimSpace(uri), ">") == namespace {
				prefix = strings.TrimSpace(p) + "."
				if prefix == "." {
					prefix = ""
				}
			}
		}
	}
	for _, h := range headers {
		m.header(h, prefix)
	}
	for _, h := range inner {
		switch strings.ToLower(h.name) {
		case "content-type":
			m.ContentType = h.value
		case "content-disposition":
			m.Notification = strings.EqualFold(firstWord(h.value), "notification")
		case "content-transfer-encoding":
			if e := strings.ToLower(h.value); e != "7bit" && e != "8bit" && e != "binary" {
				return nil, fmt.Errorf("%w: content that is encoded as %.20q", ErrMessage, e)
			}
		}
	}
	return m, nil
}

// header takes one message header. IMDN's count by the prefix that NS gives their namespace, and by the usual one without it.
func (m *Message) header(h header, prefix string) {
	name := h.name
	if prefix != "" && strings.HasPrefix(name, prefix) {
		name = "imdn." + name[len(prefix):]
	}
	switch name { // names count with their case (RFC 3862 2.2)
	case "From":
		m.From = address(h.value)
	case "To":
		if m.To == "" {
			m.To = address(h.value)
		}
	case "DateTime":
		if at, err := time.Parse(time.RFC3339, h.value); err == nil {
			m.At = at.UTC()
		}
	case "Subject":
		if m.Subject == "" {
			m.Subject = Line(h.value)
		}
	case "imdn.Message-ID":
		if len(h.value) <= maxID && h.value == Line(h.value) {
			m.ID = h.value
		}
	case "imdn.Disposition-Notification":
		for v := range strings.SplitSeq(h.value, ",") {
			switch strings.ToLower(strings.TrimSpace(v)) {
			case "positive-delivery":
				m.Asks.Delivery = true
			case "negative-delivery":
				m.Asks.Failure = true
			case "display":
				m.Asks.Display = true
			}
		}
	}
}

type header struct{ name, value string }

// block takes headers off, to the empty line. Lines end with CR LF; bare LF is seen too.
func block(text string) (out []header, rest string, err error) {
	for {
		line, after, found := strings.Cut(text, "\n")
		if !found {
			return nil, "", fmt.Errorf("%w: headers without an end", ErrMessage)
		}
		line, text = strings.TrimSuffix(line, "\r"), after
		if line == "" {
			return out, text, nil
		}
		if len(line) > maxLine || len(out) == maxHeaders {
			return nil, "", fmt.Errorf("%w: too many or too long headers", ErrMessage)
		}
		if (line[0] == ' ' || line[0] == '\t') && len(out) > 0 { // folded, as MIME allows
			last := &out[len(out)-1]
			if last.value += " " + strings.TrimSpace(line); len(last.value) > maxLine {
				return nil, "", fmt.Errorf("%w: too long headers", ErrMessage)
			}
			continue
		}
		name, value, found := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); !found || name == "" {
			return nil, "", fmt.Errorf("%w: a line that is no header", ErrMessage)
		}
		out = append(out, header{name, unescape(strings.TrimSpace(value))})
	}
}

// unescape reads the escapes of header values (RFC 3862 2.3.2).
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 'u':
			var v rune
			if n, err := fmt.Sscanf(s[i+1:min(i+5, len(s))], "%04x", &v); n == 1 && err == nil && i+5 <= len(s) {
				b.WriteRune(v)
				i += 4
			}
		case 'n', 'r', 't', 'b':
			b.WriteByte(' ')
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// address is the URI of a From or To.
func address(v string) string {
	_, uri, found := strings.Cut(v, "<")
	if !found {
		return strings.TrimSpace(v)
	}
	uri, _, _ = strings.Cut(uri, ">")
	return strings.TrimSpace(uri)
}

func firstWord(v string) string {
	v, _, _ = strings.Cut(v, ";")
	return strings.TrimSpace(v)
}

// Write returns the message as a body. From, To, ID, Subject and ContentType must be without control characters.
func (m Message) Write() []byte {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			b.WriteString(name + ": " + value + "\r\n")
		}
	}
	line("From", bracketed(m.From))
	line("To", bracketed(m.To))
	if !m.At.IsZero() {
		line("DateTime", m.At.UTC().Format(time.RFC3339))
	}
	line("Subject", strings.ReplaceAll(m.Subject, `\`, `\\`))
	if m.ID != "" {
		line("NS", "imdn <"+namespace+">")
		line("imdn.Message-ID", m.ID)
		line("imdn.Disposition-Notification", m.Asks.header())
	}
	b.WriteString("\r\n")
	line("Content-Type", m.ContentType)
	if m.Notification {
		line("Content-Disposition", "notification")
	}
	line("Content-Length", fmt.Sprint(len(m.Content)))
	b.WriteString("\r\n")
	return append([]byte(b.String()), m.Content...)
}

func (a Asks) header() string {
	var list []string
	if a.Delivery {
		list = append(list, "positive-delivery")
	}
	if a.Failure {
		list = append(list, "negative-delivery")
	}
	if a.Display {
		list = append(list, "display")
	}
	return strings.Join(list, ", ")
}

func bracketed(uri string) string {
	if uri == "" {
		return ""
	}
	return "<" + uri + ">"
}

// Media takes a content type apart: the type in lower case and its character set, "utf-8" where none is named (RFC 3428 4: UTF-8). ok is
// false for one that cannot be read.
func Media(contentType string) (kind, charset string, ok bool) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return "", "", false
	}
	charset = strings.ToLower(params["charset"])
	if charset == "" {
		charset = "utf-8"
	}
	return kind, charset, true
}

// Text is content of text/plain as a page may show it: UTF-8 without control characters except line ends and tabs. ok is false where it is
// not UTF-8.
func Text(content []byte) (text string, ok bool) {
	if !utf8.Valid(content) {
		return "", false
	}
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return printable(r)
	}, strings.ReplaceAll(string(content), "\r\n", "\n")), true
}

// Line is text of one line of at most 128 bytes.
func Line(s string) string {
	s = strings.TrimSpace(strings.Map(printable, strings.ToValidUTF8(s, "")))
	for len(s) > 128 {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

func printable(r rune) rune {
	if r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 {
		return -1
	}
	return r
}
