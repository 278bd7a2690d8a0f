package wire

import (
	"encoding/json"
	"strconv"
	"time"
)

// The notifications of the gateway.
const (
	EventRegistration = "session.registration"
	EventClosing      = "session.closing"
	EventChallenge    = "session.challenge"
	EventIncoming     = "call.incoming"
	EventProgress     = "call.progress"
	EventAccepted     = "call.accepted"
	EventHold         = "call.hold"
	EventDTMF         = "call.dtmf"
	EventMedia        = "call.media"
	EventQuality      = "call.quality"
	EventEnded        = "call.ended"
	EventTransferring = "call.transferring"
	EventRefer        = "call.refer"
)

// Millis is a duration that stands in JSON as whole milliseconds.
type Millis time.Duration

// MarshalJSON writes whole milliseconds.
func (m Millis) MarshalJSON() ([]byte, error) {
	return strconv.AppendInt(nil, millis(time.Duration(m)), 10), nil
}

// UnmarshalJSON reads whole milliseconds.
func (m *Millis) UnmarshalJSON(b []byte) error {
	var n int64
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*m = Millis(time.Duration(n) * time.Millisecond)
	return nil
}

// millis rounds up, so that nobody comes back too early.
func millis(d time.Duration) int64 {
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}

// Timestamp is a moment that stands in JSON as RFC 3339 in UTC with milliseconds; the zero one is left out.
type Timestamp struct{ time.Time }

// MarshalJSON writes RFC 3339 in UTC.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	return json.Marshal(t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

// Empty is the result {}.
type Empty struct{}

// Limits tells a page what it may do.
type Limits struct {
	Frame int `json:"frame"` // bytes of one frame
	Calls int `json:"calls"` // calls at a time
}

// LoginResult answers session.login.
type LoginResult struct {
	Session      string       `json:"session"`
	Secret       string       `json:"secret"` // for resume; new with every login; never logged
	User         string       `json:"user"`   // name to show for the logged-in user
	Resumed      bool         `json:"resumed"`
	LastSeq      uint64       `json:"lastSeq"`      // number of the last event before this answer
	ResumeWindow Millis       `json:"resumeWindow"` // how long the session outlives its socket
	Limits       Limits       `json:"limits"`
	Registration Registration `json:"registration"`
	Calls        []Snapshot   `json:"calls"` // never null
	Emergency    Emergency    `json:"emergency"`
	Messages     Messages     `json:"messages"`
	ICE          ICE          `json:"ice"`
}

// Emergency tells a page which numbers are emergency numbers here, and whether calls to them are carried; if not they are refused, and
// their user has to take a telephone.
type Emergency struct {
	Numbers []string `json:"numbers"` // never null
	Routed  bool     `json:"routed"`
}

// MarshalJSON writes an empty list for no calls.
func (r LoginResult) MarshalJSON() ([]byte, error) {
	type plain LoginResult // without this method
	if r.Emergency.Numbers == nil {
		r.Emergency.Numbers = []string{}
	}
	if r.Calls == nil {
		r.Calls = []Snapshot{}
	}
	return json.Marshal(plain(r))
}

// TokenResult answers session.token.
type TokenResult struct {
	Expires Timestamp `json:"expires"` // of the new token
}

// StartResult answers call.start.
type StartResult struct {
	Call string `json:"call"`
	SDP  string `json:"sdp"` // the gateway's answer; it stays whatever the core does
}

// UpdateResult answers call.update.
type UpdateResult struct {
	SDP string `json:"sdp"`
}

// Direction of a call as the browser sees it.
const (
	Outgoing = "outgoing"
	Incoming = "incoming"
)

// Remote is the far party as the network vouches for it (P-Asserted-Identity, RFC 3325).
type Remote struct {
	URI       string `json:"uri,omitempty"`
	Number    string `json:"number,omitempty"` // E.164 with +, when it has one
	Name      string `json:"name,omitempty"`
	Anonymous bool   `json:"anonymous"`
	// Verified is what the network says of the number (verstat, TS 24.229 7.2A.20): one of the words below, "" for nothing.
	Verified string `json:"verified,omitempty"`
}

// The words of Remote.Verified.
const (
	VerifiedPassed = "passed" // the network has checked that the caller may use the number
	VerifiedFailed = "failed" // it has checked, and the number is probably false
	VerifiedNot    = "none"   // it could not check
)

// Diversion is whose phone diverted a call, and why.
type Diversion struct {
	Remote
	Reason string `json:"reason"` // unconditional, busy, noAnswer, unreachable, deflected or unknown
}

// UserToUser is information that the two ends of a call exchange (RFC 7433).
type UserToUser struct {
	Data     string `json:"data"`
	Encoding string `json:"encoding"` // EncodingHex or EncodingText
}

// The encodings of UserToUser.Data.
const (
	EncodingHex  = "hex"
	EncodingText = "ascii"
)

// The states of a registration.
const (
	Registering       = "registering"
	Registered        = "registered"
	RegistrationFails = "failed" // the gateway tries again unless error.retryable is false
	RegistrationEnded = "ended"
)

// Identity is one public identity of the user (P-Associated-URI, RFC 7315 4.1).
type Identity struct {
	URI     string `json:"uri"`
	Display string `json:"display,omitempty"`
	Default bool   `json:"default"`
}

// Registration is the event session.registration and part of the login's result.
type Registration struct {
	State      string      `json:"state"`
	Identities []Identity  `json:"identities"` // never null
	Expires    Timestamp   `json:"expires,omitzero"`
	Error      *EventError `json:"error,omitempty"`
}

// MarshalJSON writes an empty list for no identities.
func (r Registration) MarshalJSON() ([]byte, error) {
	type plain Registration // without this method
	if r.Identities == nil {
		r.Identities = []Identity{}
	}
	return json.Marshal(plain(r))
}

// EventError is an error inside an event.
type EventError struct {
	Code       int    `json:"code"`
	Name       string `json:"name"`
	Message    string `json:"message"`
	Hint       string `json:"hint"`
	Retryable  bool   `json:"retryable"`
	RetryAfter Millis `json:"retryAfter,omitempty"`
}

// Event returns the error in the form an event carries.
func (e *Error) Event() *EventError {
	return &EventError{Code: e.Code, Name: e.Name, Message: e.Message, Hint: e.Hint, Retryable: e.Retryable, RetryAfter: Millis(e.RetryAfter)}
}

// The reasons of session.closing.
const (
	ClosingDrain        = "drain"
	ClosingReplaced     = "replaced"
	ClosingTokenExpired = "tokenExpired"
	ClosingDeregistered = "deregistered"
	ClosingSlow         = "slow"
	ClosingRefused      = "refused" // the password was refused when it was asked for again
)

// SessionClosing is the event session.closing: the socket closes next.
type SessionClosing struct {
	Reason     string `json:"reason"`
	Text       string `json:"text"`
	RetryAfter Millis `json:"retryAfter,omitempty"`
}

// CallIncomingEvent is the event call.incoming.
type CallIncomingEvent struct {
	Call   string `json:"call"`
	Remote Remote `json:"remote"`
	Called string `json:"called"` // the identity that was called
	SDP    string `json:"sdp"`    // the gateway's offer
	// Waiting: the user is in another call (TS 24.615).
	Waiting    bool              `json:"waiting"`
	DivertedBy *Diversion        `json:"divertedBy,omitempty"`
	UserToUser *UserToUser       `json:"userToUser,omitempty"`
	Headers    map[string]string `json:"headers,omitempty"` // of the operator's list
	// Replaces is the running call whose place this one takes when it is answered (RFC 3891); "" for none.
	Replaces string `json:"replaces,omitempty"`
	// Video: the caller wants to be seen or to see; the offer has a video line.
	Video bool `json:"video,omitempty"`
}

// CallProgress is the event call.progress.
type CallProgress struct {
	Call       string `json:"call"`
	State      string `json:"state"` // CallTrying, CallDiverted, CallRinging or CallEarly
	EarlyMedia bool   `json:"earlyMedia"`
	SIP        int    `json:"sip"` // 100 to 199
	// Waiting: the called user is in another call and has been told of this one (TS 24.615).
	Waiting    bool    `json:"waiting,omitempty"`
	DivertedTo *Remote `json:"divertedTo,omitempty"` // where the call has been diverted to
}

// CallAccepted is the event call.accepted.
type CallAccepted struct {
	Call      string    `json:"call"`
	Remote    Remote    `json:"remote"`
	StartedAt Timestamp `json:"startedAt"`
	// What an outgoing call's far side added to its answer.
	UserToUser *UserToUser       `json:"userToUser,omitempty"`
	Headers    map[string]string `json:"headers,omitempty"` // of the operator's list
}

// CallHold is the event call.hold: who holds now.
type CallHold struct {
	Call   string `json:"call"`
	Local  bool   `json:"local"`
	Remote bool   `json:"remote"`
}

// CallDTMF is the event call.dtmf: one digit received.
type CallDTMF struct {
	Call     string `json:"call"`
	Digit    string `json:"digit"`
	Duration Millis `json:"duration"`
}

// The states of the access leg's media.
const (
	MediaConnecting = "connecting"
	MediaConnected  = "connected"
	MediaLost       = "lost"
	MediaRestored   = "restored"
	// MediaRenegotiate asks for a call.update: the network chose a codec this browser has, so that with it first nothing
	// has to be transcoded (or the other way round, when the network has changed its mind), or wants packets of another length.
	MediaRenegotiate = "renegotiate"
)

// CallMedia is the event call.media: the access leg's connection.
type CallMedia struct {
	Call  string `json:"call"`
	State string `json:"state"`
}

// Cause is why a call ended.
type Cause struct {
	Code    int    `json:"code"`
	Name    string `json:"name"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
	SIP     int    `json:"sip,omitempty"`  // status received from the network
	Q850    int    `json:"q850,omitempty"` // cause received from the network (ITU-T Q.850)
	By      string `json:"by"`             // "local", "remote" or "gateway"
	// Reason is what the network or the far phone wrote (RFC 3326), at most 128 bytes; "" for nothing.
	Reason string `json:"reason,omitempty"`
	// RetryAfter is when the network wants to be tried again, 0 if it did not say.
	RetryAfter Millis `json:"retryAfter,omitempty"`
}

// NewCause returns the cause of that catalogue name; by is who ended the call.
func NewCause(name, by string) Cause {
	e := NewError(name)
	return Cause{Code: e.Code, Name: e.Name, Message: e.Message, Hint: e.Hint, By: by}
}

// The states of CallTransferring.
const (
	TransferTrying   = "trying"   // the far phone has begun
	TransferRinging  = "ringing"  // the phone it calls rings
	TransferAccepted = "accepted" // it was answered: the call ends
	TransferFailed   = "failed"   // it was not, see Cause: the call goes on
)

// CallTransferring is the event call.transferring: how far a call.transfer has come.
type CallTransferring struct {
	Call  string `json:"call"`
	State string `json:"state"`           // one of the states above
	SIP   int    `json:"sip,omitempty"`   // status that the far phone reported
	Cause *Cause `json:"cause,omitempty"` // why it failed
}

// CallRefer is the event call.refer: the far party asks the user to call somebody. The page follows by call.start with the id, or
// refuses by call.refuseRefer.
type CallRefer struct {
	Call       string  `json:"call"`
	Refer      string  `json:"refer"` // id of the wish
	Target     Remote  `json:"target"`
	ReferredBy *Remote `json:"referredBy,omitempty"` // who asks, if the far side says so
	Replaces   bool    `json:"replaces"`             // the target is in a call already, whose place the new one takes
	Follow     bool    `json:"follow"`               // the operator wants it to be followed without asking
	Within     Millis  `json:"within"`               // how long the page has
}

// CallEnded is the event call.ended, the last one of a call.
type CallEnded struct {
	Call     string `json:"call"`
	Cause    Cause  `json:"cause"`
	Duration Millis `json:"duration"` // since the answer, 0 when never answered
}
