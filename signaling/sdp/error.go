package sdp

import "strconv"

// Code is the kind of an [Error]. It is itself an error, so that a caller branches with
// errors.Is(err, sdp.ErrNoCommonCodec).
type Code string

// The kinds of error this package returns. The words are stable: they appear in metrics and logs.
const (
	ErrSyntax        Code = "syntax"          // not SDP, or a line whose meaning cannot be read (RFC 8866)
	ErrLimit         Code = "limit"           // longer, deeper or more numerous than this package accepts
	ErrControl       Code = "control"         // a control character where none may be
	ErrProfile       Code = "profile"         // a transport profile this side never speaks (plain RTP in the browser, SRTP in the core)
	ErrNoAudio       Code = "no_audio"        // no audio m-line, or the other side refused it with port 0
	ErrNoCommonCodec Code = "no_common_codec" // no codec in common: SIP 488, browser media_incompatible
	ErrICE           Code = "ice"             // ice-ufrag or ice-pwd missing or not as RFC 8839 5.4 wants
	ErrFingerprint   Code = "fingerprint"     // no certificate fingerprint, a malformed one, or only weak hashes
	ErrSetup         Code = "setup"           // an a=setup that RFC 8842 does not allow here
	ErrMux           Code = "mux"             // a browser without a=rtcp-mux
	ErrAddress       Code = "address"         // an address or port media can never be sent to
	ErrMismatch      Code = "mismatch"        // an answer that does not fit its offer (RFC 3264 6)
)

// Error implements error with the bare word.
func (c Code) Error() string { return "sdp: " + string(c) }

// Error says why a description was refused, in a sentence fit to be shown to a person. It never
// quotes the description: that may hold addresses and keys.
type Error struct {
	Code Code
	Line int    // line of the text, from 1; 0 when the fault is not on one line
	Text string // the sentence
}

// Error implements error.
func (e *Error) Error() string {
	if e.Line > 0 {
		return "sdp line " + strconv.Itoa(e.Line) + ": " + e.Text
	}
	return "sdp: " + e.Text
}

// Unwrap lets errors.Is find the Code.
func (e *Error) Unwrap() error { return e.Code }

// fail builds an Error.
func fail(code Code, line int, text string) *Error { return &Error{Code: code, Line: line, Text: text} }
