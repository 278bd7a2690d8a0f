package wire

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner walks JSON text (RFC 8259) once, in place, and enforces the limits on shape as it goes: bounded depth and
// width, and no member twice in one object (two readers could see two different frames, RFC 8259 4). encoding/json would
// read a call.start four times over and allocate for each; a fuzz target holds the two against each other.
type scanner struct {
	text  []byte
	at    int
	depth int
	id    ID     // the top-level "id" as soon as it has been read
	fault *Error // the first fault; everything stops at it
}

// member is one member of an object.
type member struct {
	name  string
	value json.RawMessage // aliases the text
}

// members is an object's members in their order.
type members []member

// get returns the value of that name, nil when there is none.
func (m members) get(name string) json.RawMessage {
	for i := range m {
		if m[i].name == name {
			return m[i].value
		}
	}
	return nil
}

// membersOf reads an object that has been scanned before; nil when raw is no object.
func membersOf(raw json.RawMessage) members {
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	s := scanner{text: raw}
	return s.object()
}

// elementsOf reads an array that has been scanned before; nil when raw is no array.
func elementsOf(raw json.RawMessage) []json.RawMessage {
	if len(raw) == 0 || raw[0] != '[' {
		return nil
	}
	s := scanner{text: raw}
	return s.array()
}

// frame reads a whole frame: one object and nothing after it.
func (s *scanner) frame() members {
	s.space()
	switch {
	case s.peek() == '[':
		s.shape("Batches are not accepted; send one object per frame.")
		return nil
	case s.peek() != '{' && json.Valid(s.text):
		s.shape("The frame must be a JSON object.")
		return nil
	case s.peek() != '{':
		s.syntax()
		return nil
	}
	m := s.object()
	if s.space(); s.fault == nil && s.at < len(s.text) {
		s.fault = NewError(NameParseError).WithMessage("There is text after the JSON object; send one object per frame.")
	}
	return m
}

func (s *scanner) syntax() {
	if s.fault == nil {
		s.fault = NewError(NameParseError)
	}
}

func (s *scanner) shape(format string, args ...any) {
	if s.fault == nil {
		s.fault = NewError(NameInvalidRequest).WithMessage(format, args...)
	}
}

// peek returns the next byte, 0 at the end (which begins no token).
func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// expect takes one byte, or records a fault.
func (s *scanner) expect(c byte) bool {
	s.space()
	if s.peek() != c {
		s.syntax()
		return false
	}
	s.at++
	return true
}

func (s *scanner) enter() bool {
	s.at++ // the bracket
	if s.depth++; s.depth > MaxDepth {
		s.shape("The frame is nested deeper than %d levels.", MaxDepth)
		return false
	}
	return true
}

// object reads an object whose bracket is next.
func (s *scanner) object() members {
	if !s.enter() {
		return nil
	}
	defer func() { s.depth-- }()
	out := members{}
	if s.space(); s.peek() == '}' {
		s.at++
		return out
	}
	for {
		s.space()
		raw := s.str()
		if s.fault != nil || !s.expect(':') {
			return nil
		}
		name := unquote(raw)
		if out.get(name) != nil {
			s.shape("A member stands twice in one object.")
			return nil
		}
		if len(out) == MaxMembers {
			s.shape("An object has more than %d members.", MaxMembers)
			return nil
		}
		value := s.value()
		if s.fault != nil {
			return nil
		}
		if out = append(out, member{name, value}); s.depth == 1 && name == "id" {
			s.id, _ = parseID(value)
		}
		if s.space(); s.peek() == '}' {
			s.at++
			return out
		}
		if !s.expect(',') {
			return nil
		}
	}
}

// array reads an array whose bracket is next.
func (s *scanner) array() []json.RawMessage {
	if !s.enter() {
		return nil
	}
	defer func() { s.depth-- }()
	out := []json.RawMessage{}
	if s.space(); s.peek() == ']' {
		s.at++
		return out
	}
	for {
		if len(out) == maxElements {
			s.shape("An array has more than %d elements.", maxElements)
			return nil
		}
		out = append(out, s.value())
		if s.fault != nil {
			return nil
		}
		if s.space(); s.peek() == ']' {
			s.at++
			return out
		}
		if !s.expect(',') {
			return nil
		}
	}
}

// value reads any value and returns its text.
func (s *scanner) value() json.RawMessage {
	s.space()
	begin := s.at
	switch c := s.peek(); {
	case c == '{':
		s.object()
	case c == '[':
		s.array()
	case c == '"':
		s.str()
	case c == '-' || c >= '0' && c <= '9':
		s.number()
	default:
		s.word()
	}
	return s.text[begin:s.at]
}

func (s *scanner) word() {
	for _, w := range []string{"true", "false", "null"} {
		if strings.HasPrefix(string(s.text[s.at:min(len(s.text), s.at+5)]), w) {
			s.at += len(w)
			return
		}
	}
	s.syntax()
}

// number reads -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? (RFC 8259 6).
func (s *scanner) number() {
	if s.peek() == '-' {
		s.at++
	}
	if s.peek() == '0' {
		s.at++
	} else {
		s.digits()
	}
	if s.peek() == '.' {
		s.at++
		s.digits()
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		s.digits()
	}
}

func (s *scanner) digits() {
	begin := s.at
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.at++
	}
	if s.at == begin {
		s.syntax()
	}
}

// str reads a string and returns its text with the quotes (RFC 8259 7).
func (s *scanner) str() json.RawMessage {
	begin := s.at
	if s.peek() != '"' {
		s.syntax()
		return nil
	}
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return s.text[begin:s.at]
		case c < 0x20:
			s.syntax()
			return nil
		case c != '\\':
		case s.at+1 < len(s.text) && strings.IndexByte(`"\/bfnrt`, s.text[s.at+1]) >= 0:
			s.at++
		case s.at+5 < len(s.text) && s.text[s.at+1] == 'u' && hex4(s.text[s.at+2:]) >= 0:
			s.at += 5
		default:
			s.syntax()
			return nil
		}
	}
	s.syntax() // no closing quote
	return nil
}

// hex4 reads four hexadecimal digits, -1 when they are none.
func hex4(b []byte) rune {
	n, err := strconv.ParseUint(string(b[:4]), 16, 32)
	if err != nil || b[0] == '+' || b[0] == '_' {
		return -1
	}
	return rune(n)
}

// unquote decodes a string that str has accepted. A lone surrogate becomes U+FFFD.
func unquote(raw json.RawMessage) string {
	if len(raw) < 2 {
		return ""
	}
	body := raw[1 : len(raw)-1]
	first := bytes.IndexByte(body, 0x5c) // the backslash
	if first < 0 {
		return string(body)
	}
	out := make([]byte, first, len(body))
	copy(out, body)
	for i := first; i < len(body); i++ {
		if body[i] != '\\' {
			out = append(out, body[i])
			continue
		}
		i++
		if body[i] != 'u' {
			out = append(out, "\"\\/\b\f\n\r\t"[strings.IndexByte(`"\/bfnrt`, body[i])])
			continue
		}
		r := hex4(body[i+1:])
		i += 4
		if utf16.IsSurrogate(r) {
			pair := rune(utf8.RuneError)
			if i+6 < len(body) && body[i+1] == '\\' && body[i+2] == 'u' {
				pair = utf16.DecodeRune(r, hex4(body[i+3:]))
			}
			if r = pair; r != utf8.RuneError {
				i += 6
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}
