package call

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Side is the party that ended a call or refused it.
type Side uint8

// The three parties a cause can come from.
const (
	Gateway Side = iota // the gateway itself: a limit, a timer, a fault, an operator's drain
	Browser             // the access leg: the user or the page
	Core                // the core leg: the far party, the IMS core or the PCRF
)

// String returns the side in the word the browser protocol uses ("gateway", "local", "remote").
func (s Side) String() string {
	switch s {
	case Browser:
		return "local"
	case Core:
		return "remote"
	default:
		return "gateway"
	}
}

// Kind is why a call ended, independent of the protocol that said so.
type Kind uint8

// The kinds of cause. Each has exactly one row in the table below; a test walks them all.
const (
	Normal            Kind = iota // hung up after answer
	Cancelled                     // the caller gave up before the answer
	AnsweredElsewhere             // another device of the called user answered (RFC 3326 Reason: SIP;cause=200)
	Busy
	NoAnswer
	Declined
	NumberInvalid  // the number cannot be dialled as written
	NumberUnknown  // the core knows no such number
	Forbidden      // barred by the core
	Unavailable    // the core or the far end cannot take the call now
	MediaResources // the gateway has no port or memory for one more call's media
	Congestion     // 503 with Retry-After, or a limit of the gateway
	MediaIncompatible
	MediaFailed // ICE or DTLS never came up, or the fingerprint did not match
	MediaLost   // media stopped in an established call
	PolicyRejected
	PolicyReleased // the PCRF aborted the session (ASR)
	CoreUnreachable
	Emergency // an emergency number: never an ordinary call
	SessionEnded
	Deregistered // the network ended the registration
	Draining
	Redirected         // the core named another address (3xx), which is not followed
	PreconditionFailed // resources could not be reserved (RFC 3312: 580)
	HeaderRefused      // the page asked for a header that it may not send
	UserDataRefused    // the page's user-to-user information cannot be sent
	Transferred        // the far party was handed on to somebody else
	Replaced           // another call took this one's place (RFC 3891)
	TransferUnsupported
	TransferRefused
	TransferFailed
	Internal
	kinds // number of kinds; keep last
)

// Kinds lists every kind, so that other tables can be held complete.
func Kinds() []Kind {
	all := make([]Kind, kinds)
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// row is one line of the table that gives a kind its face in every protocol.
type row struct {
	name   string     // name in the browser's error catalogue and metric label
	status int        // SIP final status that refuses an INVITE for this cause (RFC 3261 21)
	q850   int        // Q.850 cause for a Reason header (RFC 3326); 0 for none
	level  slog.Level // log rubric: error = we failed the user
}

//exhaustive:enforce
var table = [kinds]row{
	Normal:             {"hangup", 487, 16, slog.LevelInfo},
	Cancelled:          {"cancelled", 487, 16, slog.LevelInfo},
	AnsweredElsewhere:  {"answered_elsewhere", 487, 26, slog.LevelInfo},
	Busy:               {"busy", 486, 17, slog.LevelInfo},
	NoAnswer:           {"no_answer", 480, 19, slog.LevelInfo},
	Declined:           {"declined", 603, 21, slog.LevelInfo},
	NumberInvalid:      {"number_invalid", 484, 28, slog.LevelInfo},
	NumberUnknown:      {"number_unknown", 404, 1, slog.LevelInfo},
	Forbidden:          {"forbidden", 403, 21, slog.LevelInfo},
	Unavailable:        {"unavailable", 480, 20, slog.LevelInfo},
	MediaResources:     {"media_resources", 503, 42, slog.LevelWarn},
	Congestion:         {"congestion", 503, 42, slog.LevelWarn},
	MediaIncompatible:  {"media_incompatible", 488, 79, slog.LevelInfo},
	MediaFailed:        {"media_failed", 500, 127, slog.LevelWarn},
	MediaLost:          {"media_lost", 503, 127, slog.LevelWarn},
	PolicyRejected:     {"policy_rejected", 403, 63, slog.LevelWarn},
	PolicyReleased:     {"policy_released", 503, 63, slog.LevelWarn},
	CoreUnreachable:    {"core_unreachable", 503, 38, slog.LevelError},
	Emergency:          {"emergency_use_phone", 380, 0, slog.LevelWarn},
	SessionEnded:       {"session_ended", 480, 16, slog.LevelInfo},
	Deregistered:       {"deregistered", 480, 16, slog.LevelWarn},
	Draining:           {"draining", 503, 41, slog.LevelInfo},
	Redirected:         {"redirected", 480, 23, slog.LevelInfo},
	PreconditionFailed: {"precondition_failed", 580, 47, slog.LevelInfo},
	HeaderRefused:      {"header_refused", 500, 127, slog.LevelInfo},
	UserDataRefused:    {"user_to_user_refused", 500, 127, slog.LevelInfo},
	Transferred:        {"transferred", 487, 16, slog.LevelInfo},
	Replaced:           {"replaced", 487, 16, slog.LevelInfo},

	TransferUnsupported: {"transfer_unsupported", 501, 79, slog.LevelInfo},
	TransferRefused:     {"transfer_refused", 603, 21, slog.LevelInfo},
	TransferFailed:      {"transfer_failed", 500, 127, slog.LevelInfo},

	Internal: {"internal", 500, 41, slog.LevelError},
}

// String returns the kind's name, which is also its name in the browser's error catalogue and its metric label.
func (k Kind) String() string {
	if k >= kinds {
		return fmt.Sprintf("kind(%d)", uint8(k))
	}
	return table[k].name
}

// Cause is why a call ended or could not be: who, why, what the wire said. It is a value; the zero Cause is a normal
// clearing by the gateway.
type Cause struct {
	Side Side
	Kind Kind
	SIP  int    // SIP status received (100 to 699), 0 if none was
	Q850 int    // Q.850 cause received in a Reason header (RFC 3326; 1 to 127), 0 if none was
	Text string // text for people: the Reason header's text or our own sentence; no personal data
	Err  error  // the underlying error, for the log; never sent to anybody
	// Foreign says that Text is what the far side wrote: it is shown as that, never as a sentence of ours.
	Foreign bool
	// RetryAfter is when the core wants to be tried again (RFC 3261 20.33), 0 if it did not say.
	RetryAfter time.Duration
}

// Status is the SIP final status that refuses an INVITE for this cause: the received one when there was one, else the
// table's (RFC 3261 21).
func (c Cause) Status() int {
	if c.SIP >= 300 {
		return c.SIP
	}
	if c.Kind >= kinds {
		return table[Internal].status
	}
	return table[c.Kind].status
}

// Reason is the value of a Reason header for a BYE or CANCEL (RFC 3326), "" when the table has none.
// The text is the kind's name: what a far party typed or sent is never passed on.
func (c Cause) Reason() string {
	if c.Kind >= kinds || table[c.Kind].q850 == 0 {
		return ""
	}
	if c.Kind == PolicyReleased || c.Kind == MediaLost || c.Kind == Deregistered {
		return fmt.Sprintf("SIP;cause=503;text=%q", c.Kind.String())
	}
	return fmt.Sprintf("Q.850;cause=%d;text=%q", table[c.Kind].q850, c.Kind.String())
}

// Own is the cause's text where it is ours, "" where the far side wrote it or there is none.
func (c Cause) Own() string {
	if c.Foreign {
		return ""
	}
	return c.Text
}

// Level is the log level of the call's one closing line.
func (c Cause) Level() slog.Level {
	if c.Kind >= kinds {
		return slog.LevelError
	}
	return table[c.Kind].level
}

// Error makes a Cause usable as an error.
func (c Cause) Error() string {
	s := c.Side.String() + ": " + c.Kind.String()
	if c.SIP != 0 {
		s += fmt.Sprintf(" (SIP %d)", c.SIP)
	}
	if c.Text != "" {
		s += ": " + c.Text
	}
	if c.Err != nil {
		s += ": " + c.Err.Error()
	}
	return s
}

// CauseOf is the cause an error carries, or an internal one that wraps it.
func CauseOf(err error) Cause {
	if p, ok := errors.AsType[*Cause](err); ok {
		return *p
	}
	if v, ok := errors.AsType[Cause](err); ok {
		return v
	}
	return Cause{Side: Gateway, Kind: Internal, Err: err}
}

// Unwrap returns the underlying error.
func (c Cause) Unwrap() error { return c.Err }

// FromSIP classifies a SIP final status received from the core (300 to 699; SPEC-level mapping of RFC 3261 21 and
// TS 24.229): 486/600 busy, 480/408 no answer, 603 declined, 404/484/410/604 bad number, 403 barred, 488/606/415
// media, 580 preconditions, 503 congestion, 487 cancelled, 3xx redirected (never followed: who is called is the core's to route). q850 and text come from a Reason header and may be zero.
func FromSIP(status, q850 int, text string) Cause {
	c := Cause{Side: Core, SIP: status, Q850: q850, Text: text, Foreign: text != ""}
	switch status {
	case 486, 600:
		c.Kind = Busy
	case 408, 480:
		c.Kind = NoAnswer
	case 603:
		c.Kind = Declined
	case 404, 410, 604:
		c.Kind = NumberUnknown
	case 414, 416, 484, 485:
		c.Kind = NumberInvalid
	case 401, 402, 403, 405, 407, 433, 428, 608:
		c.Kind = Forbidden
	case 300, 301, 302, 305:
		c.Kind = Redirected
	case 580:
		c.Kind = PreconditionFailed
	case 415, 488, 606:
		c.Kind = MediaIncompatible
	case 487:
		c.Kind = Cancelled
	case 503:
		c.Kind = Congestion
	case 380:
		c.Kind = Emergency
	default:
		c.Kind = Unavailable
	}
	return c
}
