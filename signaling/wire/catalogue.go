package wire

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// errorsJSON is the one catalogue of errors, shared with the TypeScript SDK, which is generated from the same file.
//
//go:embed errors.json
var errorsJSON []byte

// schemaJSON is the published JSON Schema (draft 2020-12) of every frame of the protocol.
//
//go:embed schema/causeway.v1.json
var schemaJSON []byte

// Entry is one row of the error catalogue.
type Entry struct {
	Code      int    `json:"code"`      // JSON-RPC error code: -32700 to -32600 by JSON-RPC, 1001 and up ours
	Name      string `json:"name"`      // stable name, [a-z_]
	Message   string `json:"message"`   // a sentence that says what is wrong
	Hint      string `json:"hint"`      // a sentence that says what to do
	Retryable bool   `json:"retryable"` // true when the same request may succeed later unchanged
	Close     int    `json:"close"`     // WebSocket close code (RFC 6455 7.4) that goes with it, 0 for none
	Client    bool   `json:"client"`    // true when only the SDK raises it; the gateway never sends it
}

// Close is one row of the table of WebSocket close codes.
type Close struct {
	Code      int    `json:"code"`
	Name      string `json:"name"`
	Text      string `json:"text"`
	Reconnect bool   `json:"reconnect"` // true when the client should connect again by itself
}

// catalogue is the parsed errors.json. It is read-only after load.
type catalogue struct {
	Errors []Entry `json:"errors"`
	Closes []Close `json:"closes"`

	byName map[string]Entry
}

var loaded = sync.OnceValue(load)

// load parses the embedded file; a broken file is a fault of the build, found by the package's first test.
func load() *catalogue {
	c := &catalogue{}
	if err := json.Unmarshal(errorsJSON, c); err != nil {
		panic(fmt.Sprintf("wire: errors.json: %v", err))
	}
	c.byName = make(map[string]Entry, len(c.Errors))
	for _, e := range c.Errors {
		c.byName[e.Name] = e
	}
	return c
}

// Catalogue returns a copy of every error of the protocol in the order of errors.json.
func Catalogue() []Entry { return append([]Entry(nil), loaded().Errors...) }

// Closes returns a copy of the table of WebSocket close codes.
func Closes() []Close { return append([]Close(nil), loaded().Closes...) }

// Schema returns the published JSON Schema of the protocol. The caller owns the copy.
func Schema() []byte { return append([]byte(nil), schemaJSON...) }

// Error is an error as the browser sees it: a row of the catalogue, perhaps with a sentence of its own.
type Error struct {
	Code       int
	Name       string
	Message    string
	Hint       string
	Retryable  bool
	RetryAfter time.Duration // how long to wait before trying again; 0 when not known
}

// Lookup returns the catalogue's error of that name, and false when there is none. The caller owns the value.
func Lookup(name string) (Error, bool) {
	e, ok := loaded().byName[name]
	return Error{Code: e.Code, Name: e.Name, Message: e.Message, Hint: e.Hint, Retryable: e.Retryable}, ok
}

// NewError returns a fresh error of that name; a name the catalogue lacks gives "internal", so that a browser never
// sees a code that is not documented.
func NewError(name string) *Error {
	e, ok := Lookup(name)
	if !ok {
		e, _ = Lookup(NameInternal)
	}
	return &e
}

// WithMessage returns a copy with another sentence. The text goes to the browser: no identity, token or SDP in it.
func (e *Error) WithMessage(format string, args ...any) *Error {
	c := *e
	c.Message = fmt.Sprintf(format, args...)
	return &c
}

// WithRetryAfter returns a copy that tells the browser how long to wait; it also becomes retryable.
func (e *Error) WithRetryAfter(d time.Duration) *Error {
	c := *e
	c.RetryAfter, c.Retryable = d, true
	return &c
}

// CloseCode is the WebSocket close code that goes with the error, 0 when the connection may stay open.
func (e *Error) CloseCode() int { return loaded().byName[e.Name].Close }

// Error makes it usable as a Go error.
func (e *Error) Error() string { return fmt.Sprintf("%s (%d): %s", e.Name, e.Code, e.Message) }

// Sentence gives an inner text the form of the catalogue's sentences: a capital first, a full stop last.
func Sentence(s string) string {
	if s == "" {
		return s
	}
	if s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-'a'+'A') + s[1:]
	}
	if last := s[len(s)-1]; last != '.' && last != '!' && last != '?' {
		s += "."
	}
	return s
}
