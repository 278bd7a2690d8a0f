package wire

import "time"

// What moves a call between the browsers of one user (inter-device transfer, TS 24.337 in spirit: the network notices nothing), and
// what a page says before it goes away for a moment.

// The methods and the event of mobility.
const (
	MethodAway     = "session.away"
	MethodPull     = "call.pull"
	EventElsewhere = "session.elsewhere"
)

// MaxAway bounds session.away.
const MaxAway = 10 * time.Minute

// AwayParams are those of session.away: the socket is about to close, and the page comes back within this time or not at all. It
// shortens the resume window for this once, and never lengthens it.
type AwayParams struct{ Within time.Duration }

// PullParams are those of call.pull: this browser takes over an answered call of another one of the same user.
type PullParams struct {
	Call    string // id that the call is to have here
	Session string // where it is now: of session.elsewhere
	From    string // its id there
	SDP     string // this browser's offer
}

// PullResult answers call.pull: the call as it stands, under its new id, and the gateway's answer.
type PullResult struct {
	Snapshot
	SDP string `json:"sdp"`
}

// ElsewhereCall is an answered call in another browser of the user.
type ElsewhereCall struct {
	Session   string    `json:"session"`
	Call      string    `json:"call"`
	Direction string    `json:"direction"`
	Remote    Remote    `json:"remote"`
	StartedAt Timestamp `json:"startedAt"`
	Video     string    `json:"video,omitempty"` // VideoBoth or VideoReceive: the call has video
}

// SessionElsewhere is the event session.elsewhere: all answered calls in the user's other browsers, whenever that changes.
type SessionElsewhere struct {
	Calls []ElsewhereCall `json:"calls"` // never null
}

func (AwayParams) params() {}
func (PullParams) params() {}
