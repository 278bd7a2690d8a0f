package call

import "time"

// State is where a call stands. See doc.go for the drawing.
type State uint8

// The states of a call. Originating: Idle, Opening, Calling, Confirming, Active, Ended. Terminating: Idle, Offering,
// Ringing, Accepting, Active, Ended.
const (
	Idle       State = iota
	Opening          // originating: media is being opened for the browser's offer
	Calling          // originating: the INVITE is out, no 2xx yet
	Confirming       // originating: 2xx received, policy (required) has not granted yet
	Offering         // terminating: the browser has been or is being told, no 180 yet
	Ringing          // terminating: the page alerts, 180 is sent
	Accepting        // terminating: the user answered, policy (required) has not granted yet
	Active           // answered on both sides
	Ended
	states // number of states; keep last
)

var stateNames = [states]string{
	"idle", "opening", "calling", "confirming", "offering", "ringing", "accepting", "active", "ended",
}

// String returns the state in the word the browser protocol uses in a snapshot.
func (s State) String() string { return stateNames[s] }

// PolicyMode is what a refusal or absence of the PCRF means for a call (per access realm).
type PolicyMode string

// The modes: Off asks nobody; BestEffort asks and goes on without quality of service; Required ends the call.
const (
	PolicyOff        PolicyMode = "off"
	PolicyBestEffort PolicyMode = "best-effort"
	PolicyRequired   PolicyMode = "required"
)

// ReferPolicy is what becomes of a far side's wish that the user call somebody else (REFER).
type ReferPolicy string

// The policies: the user is asked, the page follows by itself, or the wish is refused.
const (
	ReferAsk    ReferPolicy = "ask"
	ReferAccept ReferPolicy = "accept"
	ReferRefuse ReferPolicy = "refuse"
)

// Limits are the lengths of a call's timers.
type Limits struct {
	Ring  time.Duration // unanswered call, either direction (TS 24.229 leaves it open; 60 to 180 s usual)
	Alert time.Duration // from call.incoming to the page's call.ringing
	Lost  time.Duration // access leg lost: how long the browser has to come back
}

// negotiation is a core-side offer/answer exchange of ours that is under way.
type negotiation uint8

const (
	quiet negotiation = iota
	holding
	resuming
	picturing // video comes, changes or goes
)

// remote is a description of the core on one of its dialogs, and whether the user may hear what comes from there; the zero value is
// none.
type remote struct {
	dialog, sdp string
	heard       bool
}

// connect is the action that puts it in force.
func (r remote) connect() Action { return ConnectCore{Dialog: r.dialog, SDP: r.sdp, Heard: r.heard} }

// Call is the whole state of one call as a value. Step is the only way to change it. The zero value with Mode and
// Limits set is an idle call.
type Call struct {
	Mode   PolicyMode
	Refers ReferPolicy
	Limits Limits

	State      State
	Outgoing   bool // originating (MO)
	Attempt    int  // number of the newest question to policy; answers to older ones are dropped
	LocalHold  bool
	RemoteHold bool
	EarlyMedia bool
	AccessUp   bool
	Granted    bool      // policy has granted the newest flows
	Asked      bool      // an Rx session exists or may exist
	AnsweredAt time.Time // zero until Active

	renegotiation
	answered remote // newest description of the core, connected or pending
	pending  remote // core answer that waits for policy (Required)
	told     bool   // the browser knows of this call, so it must hear of its end
	lost     bool   // the access leg is away, LostTimer runs
	prelude
	transfers
}

// renegotiation is which side's description is being agreed on, and who wants the next one.
type renegotiation struct {
	nego    negotiation
	picture bool    // the wish for video has changed while another negotiation was under way
	request Request // the browser's request that waits for nego or for Opening
}

// prelude is what a call that is not yet under way waits with.
type prelude struct {
	start     Start  // what to invite, between Opening and Calling
	reserving bool   // the caller reserves resources (preconditions): the browser is not told yet
	offer     string // access offer that waits for it
}

// Step gives the call one input at a time and returns the changed call and what is to be done, in order. It is pure:
// same call, input and time, same result. A pair that the table does not list changes nothing; if the input came from
// a browser's request, the request is refused with call_state.
func Step(c Call, in Input, now time.Time) (Call, []Action) {
	h := behaviour[c.State][in.kind()]
	untold := c.State == Offering && !c.told && requestOf(in) != "" // a guess: the browser cannot know of this call
	if h == nil || untold {
		return c, refuse(in)
	}
	actions := h(&c, in, now)
	return c, actions
}

// refuse answers a request that does not fit the state; other inputs are ignored.
func refuse(in Input) []Action {
	r := requestOf(in)
	if r == "" {
		return nil
	}
	return []Action{Reply{Request: r, Err: &Refusal{Name: "call_state"}}}
}

// requestOf is the browser's request behind an input, "" for inputs that are none.
func requestOf(in Input) Request {
	switch in := in.(type) {
	case Start:
		return in.Request
	case Alerting:
		return in.Request
	case Answer:
		return in.Request
	case Reject:
		return in.Request
	case Hangup:
		return in.Request
	case Hold:
		return in.Request
	case Resume:
		return in.Request
	case Digits:
		return in.Request
	case Update:
		return in.Request
	case Transfer:
		return in.Request
	}
	return ""
}

// end is the one exit: it ends SIP, policy and media, answers what the browser still waits for, tells it, and is safe
// to reach from any state. It is never entered twice, because Ended lists no input that leads here.
func (c *Call) end(cause Cause, now time.Time) []Action {
	var out []Action
	if c.request != "" {
		out = append(out, Reply{Request: c.request, Err: &Refusal{Name: cause.Kind.String(), Text: cause.Own()}})
	}
	out = append(out, c.dropTransfer(cause)...)
	var answered time.Duration
	if !c.AnsweredAt.IsZero() {
		answered = now.Sub(c.AnsweredAt)
	}
	if c.State != Idle && c.State != Opening {
		out = append(out, EndCore{Cause: cause})
	}
	if c.Asked {
		out = append(out, ClosePolicy{Aborted: cause.Kind == PolicyReleased})
	}
	out = append(out, CloseMedia{}, StopTimer{RingTimer}, StopTimer{AlertTimer}, StopTimer{LostTimer})
	if c.told {
		out = append(out, TellEnded{Cause: cause, Answered: answered})
	}
	c.State, c.nego, c.request, c.pending, c.start = Ended, quiet, "", remote{}, Start{}
	c.offer, c.transfers = "", transfers{}
	return append(out, Forget{Cause: cause, Answered: answered})
}

// ask puts the question of the newest SDP answer to policy, unless policy is off.
func (c *Call) ask(sdp string) []Action {
	if c.Mode == PolicyOff {
		return nil
	}
	c.Attempt++
	c.Asked, c.Granted = true, false
	return []Action{AskPolicy{Attempt: c.Attempt, SDP: sdp}}
}
