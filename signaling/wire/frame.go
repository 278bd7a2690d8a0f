package wire

import (
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// The limits of the protocol, published in docs/protocol.md and enforced here.
const (
	Subprotocol = "causeway.v1" // WebSocket subprotocol (RFC 6455 1.9)

	MaxFrame     = 64 << 10 // bytes of one frame
	MaxDepth     = 16       // nesting of objects and arrays
	MaxMembers   = 64       // members of one object
	MaxID        = 64       // bytes of a string id
	maxMethod    = 64       // bytes of a method name
	maxSafeInt   = 1<<53 - 1
	maxElements  = 256
	jsonrpcValue = "2.0"
)

// ID is a request's id: a string or an integer, kept as written so that "7" and 7 stay different. The zero ID is the
// null of an answer to a frame whose id could not be read (JSON-RPC 2.0 section 5). IDs are comparable.
type ID struct{ raw string }

// StringID returns the id of that string.
func StringID(s string) ID {
	raw, _ := json.Marshal(s) // a string always marshals
	return ID{raw: string(raw)}
}

// IntID returns the id of that integer.
func IntID(n int64) ID { return ID{raw: strconv.FormatInt(n, 10)} }

// IsZero reports whether no id was readable.
func (i ID) IsZero() bool { return i.raw == "" }

// String returns the id as it stands in JSON.
func (i ID) String() string {
	if i.raw == "" {
		return "null"
	}
	return i.raw
}

// MarshalJSON writes the id as it was read, null when there is none.
func (i ID) MarshalJSON() ([]byte, error) { return []byte(i.String()), nil }

// parseID accepts a string of 1 to 64 bytes or an integer a browser can hold exactly; the ID is zero when it is neither.
func parseID(raw json.RawMessage) (ID, bool) {
	if s, ok := text(raw); ok {
		if s == "" || len(s) > MaxID {
			return ID{}, false
		}
		return StringID(s), true
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || n > maxSafeInt || n < -maxSafeInt {
		return ID{}, false
	}
	return IntID(n), true
}

// text returns the string that raw is, false when it is none.
func text(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	return unquote(raw), true
}

// Request is one parsed frame of the browser. Params is not decoded yet: Decode does that.
type Request struct {
	ID     ID
	Method string
	Params json.RawMessage // one JSON object, or nil when absent; aliases the frame
}

// ParseRequest reads one frame. It never panics and keeps nothing of the frame but Params. On error the Request still
// carries the id and the method when those could be read, so that the answer reaches the caller who waits for it.
func ParseRequest(frame []byte) (Request, *Error) {
	if len(frame) > MaxFrame {
		return Request{}, NewError(NameInvalidRequest).WithMessage("The frame has %d bytes; at most %d are allowed.", len(frame), MaxFrame)
	}
	if !utf8.Valid(frame) {
		return Request{}, NewError(NameParseError).WithMessage("The frame is not valid UTF-8.")
	}
	s := scanner{text: frame}
	whole := s.frame()
	req := Request{ID: s.id}
	if s.fault != nil {
		return req, s.fault
	}
	if method, ok := text(whole.get("method")); ok && len(method) <= maxMethod {
		req.Method = method
	}
	version, _ := text(whole.get("jsonrpc"))
	switch {
	case version != jsonrpcValue:
		return req, NewError(NameInvalidRequest).WithMessage(`The member "jsonrpc" must be "2.0".`)
	case whole.get("id") == nil:
		return req, NewError(NameInvalidRequest).WithMessage(`The member "id" is missing; every request has one.`)
	case req.ID.IsZero():
		return req, NewError(NameInvalidRequest).WithMessage(`The member "id" must be a string of 1 to %d bytes or an integer.`, MaxID)
	case req.Method == "":
		return req, NewError(NameInvalidRequest).WithMessage(`The member "method" must be a string of 1 to %d bytes.`, maxMethod)
	}
	params := whole.get("params")
	if params == nil {
		return req, nil
	}
	if params[0] != '{' {
		return req, NewError(NameInvalidRequest).WithMessage(`The member "params" must be an object.`)
	}
	req.Params = params
	return req, nil
}

// Response encodes the answer to a request: result is one of this package's result structs, or nil for {}.
// An error means that result is no JSON value, which is a fault of the caller.
func Response(id ID, result any) ([]byte, error) {
	if result == nil {
		result = Empty{}
	}
	frame, err := json.Marshal(struct {
		Version string `json:"jsonrpc"`
		ID      ID     `json:"id"`
		Result  any    `json:"result"`
	}{jsonrpcValue, id, result})
	if err != nil {
		return nil, fmt.Errorf("encode response: %w", err)
	}
	return frame, nil
}

// ErrorResponse encodes the answer that refuses a request; a zero id becomes null. A nil error becomes "internal".
func ErrorResponse(id ID, e *Error) []byte {
	if e == nil {
		e = NewError(NameInternal)
	}
	type data struct {
		Name       string `json:"name"`
		Hint       string `json:"hint"`
		Retryable  bool   `json:"retryable"`
		RetryAfter int64  `json:"retryAfter,omitempty"`
	}
	type body struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Data    data   `json:"data"`
	}
	frame, err := json.Marshal(struct {
		Version string `json:"jsonrpc"`
		ID      ID     `json:"id"`
		Error   body   `json:"error"`
	}{jsonrpcValue, id, body{e.Code, e.Message, data{e.Name, e.Hint, e.Retryable, millis(e.RetryAfter)}}})
	if err != nil { // strings, numbers and booleans always marshal
		panic(fmt.Sprintf("wire: encode error response: %v", err))
	}
	return frame
}

// Notification encodes an event of the session: method is one of the Event constants, seq its number in the session
// (from 1), params one of this package's event structs. An error means that params is no JSON object.
func Notification(method string, seq uint64, params any) ([]byte, error) {
	var body []byte
	if own, ok := params.(interface{ appendJSON(b []byte) []byte }); ok {
		body = own.appendJSON(make([]byte, 0, 384))
	} else {
		var err error
		if body, err = json.Marshal(params); err != nil {
			return nil, fmt.Errorf("encode %s: %w", method, err)
		}
	}
	if len(body) < 2 || body[0] != '{' {
		return nil, fmt.Errorf("encode %s: params are no object", method)
	}
	frame := make([]byte, 0, len(body)+len(method)+64)
	frame = append(frame, `{"jsonrpc":"2.0","method":`...)
	frame = strconv.AppendQuote(frame, method)
	frame = append(frame, `,"params":{"seq":`...)
	frame = strconv.AppendUint(frame, seq, 10)
	if len(body) > 2 {
		frame = append(frame, ',')
	}
	return append(append(frame, body[1:]...), '}'), nil
}
