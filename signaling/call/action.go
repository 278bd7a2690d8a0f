package call

import "time"

// Action is one thing the session has to do for a call, in the order Step returned them. Results come back as inputs.
type Action interface{ action() }

// Timer names one of a call's timers.
type Timer uint8

// The timers of a call. Their lengths are in Limits.
const (
	RingTimer  Timer = iota // originating: no answer; terminating: the user does not answer
	AlertTimer              // terminating: the page never said that it alerts
	LostTimer               // the access leg is lost and has this long to come back
	timers
)

// Progress is what the browser is told of an unanswered call.
type Progress string

// The words of call.progress.
const (
	ProgressTrying  Progress = "trying"
	ProgressRinging Progress = "ringing"
	ProgressEarly   Progress = "early"
	// ProgressDiverted: the call goes to another phone (181).
	ProgressDiverted Progress = "diverted"
)

// MediaWord is what the browser is told of its access leg.
type MediaWord string

// The words of call.media.
const (
	MediaConnected MediaWord = "connected"
	MediaAway      MediaWord = "lost"
	MediaBack      MediaWord = "restored"
)

// TransferWord is what the browser is told of a transfer of its call.
type TransferWord string

// The words of call.transferring.
const (
	TransferTrying   TransferWord = "trying"
	TransferRinging  TransferWord = "ringing"
	TransferAccepted TransferWord = "accepted"
	TransferFails    TransferWord = "failed"
)

// Actions on media.
type (
	// OpenMedia opens a media session. Offer is the access offer (originating) or the core offer (terminating).
	// Result: MediaOpened or MediaRefused.
	OpenMedia struct{ SDP string }
	// SetAccess gives media the browser's answer (terminating). Result: MediaOpened without SDP, or MediaRefused.
	SetAccess struct{ SDP string }
	// UpdateAccess answers a new access offer and replies to the request itself.
	UpdateAccess struct {
		Request Request
		SDP     string
	}
	// ConnectCore gives media the core's description on a dialog. Heard says that the user may hear it: early media that the
	// network does not authorise is dropped (RFC 5009 6). Result on failure: MediaRefused.
	ConnectCore struct {
		Dialog, SDP string
		Heard       bool
	}
	// SetHold gates media and chooses the inactivity limit.
	SetHold struct{ Local, Remote bool }
	// SendDigits plays DTMF into the core leg and replies to the request itself.
	SendDigits struct {
		Request       Request
		Digits        string
		Duration, Gap time.Duration
	}
	// CloseMedia ends the media session.
	CloseMedia struct{}
)

// Actions on SIP.
type (
	// SendInvite sends the INVITE with our core offer. Result: SIP inputs, or Failed at once.
	SendInvite struct {
		Target, From string
		Anonymous    bool
	}
	// SendProgress sends our core answer in a 183 (terminating, preconditions; RFC 3312 5.1).
	SendProgress struct{}
	// SendRinging sends 180 (terminating).
	SendRinging struct{}
	// AcceptCore sends 200 with our core answer (terminating).
	AcceptCore struct{}
	// Reoffer sends a new core offer: held = a=sendonly, else a=sendrecv. Result: CoreAnswer or OfferRejected.
	Reoffer struct{ Held bool }
	// AnswerCore answers a CoreOffer; held says that we hold too, Heard as in ConnectCore, Unheard that media stays where it is.
	// Result on failure: MediaRefused.
	AnswerCore struct {
		Dialog  string
		SDP     string
		Held    bool
		Heard   bool
		Unheard bool
	}
	// RejectCoreOffer refuses a CoreOffer with a SIP status.
	RejectCoreOffer struct{ Status int }
	// SettlePicture ends a Reoffer that Picture caused, or says that one may be due: the user's wish for video and what was agreed are
	// to be compared. Refused says that the far side took nothing of the last one. Result: Picture, if they differ.
	SettlePicture struct{ Refused bool }
	// EndCore ends the SIP side with CANCEL, BYE or a final refusal, whatever fits its state.
	EndCore struct{ Cause Cause }
	// SendRefer asks the far side to call Target, or to take the user's place in the call With (RFC 3515, 3891). Result:
	// ReferTaken and what follows it, or ReferFailed.
	SendRefer struct{ Target, With string }
	// AcceptRefer takes the far side's wish (202); RefuseRefer refuses it with a SIP status.
	AcceptRefer struct{}
	RefuseRefer struct{ Status int }
)

// Actions on another call of the same user.
type (
	// LendOther tells the other call of a transfer that it is part of one, or no longer is.
	LendOther struct{ On bool }
	// EndOther ends it.
	EndOther struct{ Cause Cause }
	// EndReplaced ends the call that this one takes the place of.
	EndReplaced struct{}
)

// Actions on policy, the clock, the browser and the log.
type (
	// AskPolicy asks the PCRF for the flows of the newest SDP answer. Result: PolicyAnswer with the same Attempt.
	AskPolicy struct {
		Attempt int
		SDP     string
	}
	// ClosePolicy ends the Rx session, whatever became of it.
	ClosePolicy struct{ Aborted bool }
	// StartTimer starts or restarts a timer.
	StartTimer struct {
		Timer Timer
		After time.Duration
	}
	// StopTimer stops a timer.
	StopTimer struct{ Timer Timer }
	// Reply answers the browser's request: SDP is for call.start; Err nil means success.
	Reply struct {
		Request Request
		SDP     string
		Err     *Refusal
	}
	// TellIncoming shows a terminating call to the browser with our access offer.
	TellIncoming struct{ SDP string }
	// TellProgress, TellAccepted, TellHold, TellDigit, TellMedia and TellEnded are the notifications of the same name.
	TellProgress struct {
		Progress   Progress
		Status     int
		EarlyMedia bool
	}
	TellAccepted struct{ At time.Time }
	TellHold     struct{ Local, Remote bool }
	TellDigit    struct {
		Digit    rune
		Duration time.Duration
	}
	TellMedia struct{ Word MediaWord }
	// TellTransfer says how far a transfer of this call has come; Cause is set when it failed.
	TellTransfer struct {
		Word   TransferWord
		Status int // SIP status, 0 when there is none
		Cause  Cause
	}
	// TellRefer shows the far side's wish to the browser. Follow says that it is to be followed without asking the user.
	TellRefer struct{ Follow bool }
	TellEnded struct {
		Cause Cause
		// Answered is how long the call was answered; 0 when it never was.
		Answered time.Duration
	}
	// Forget removes the call and closes its books; it is always the last action of a call's life. Answered is how long
	// it was answered, 0 when it never was.
	Forget struct {
		Cause    Cause
		Answered time.Duration
	}
)

// Refusal is a request that cannot be served in the call's state. Name is an entry of the browser's error catalogue.
type Refusal struct {
	Name string
	Text string // what would be needed, a sentence; "" for the catalogue's own
}

func (OpenMedia) action()       {}
func (SetAccess) action()       {}
func (UpdateAccess) action()    {}
func (ConnectCore) action()     {}
func (SetHold) action()         {}
func (SendDigits) action()      {}
func (CloseMedia) action()      {}
func (SendInvite) action()      {}
func (SendProgress) action()    {}
func (SendRinging) action()     {}
func (AcceptCore) action()      {}
func (Reoffer) action()         {}
func (AnswerCore) action()      {}
func (RejectCoreOffer) action() {}
func (SettlePicture) action()   {}
func (EndCore) action()         {}
func (AskPolicy) action()       {}
func (ClosePolicy) action()     {}
func (StartTimer) action()      {}
func (StopTimer) action()       {}
func (Reply) action()           {}
func (TellIncoming) action()    {}
func (TellProgress) action()    {}
func (TellAccepted) action()    {}
func (TellHold) action()        {}
func (TellDigit) action()       {}
func (TellMedia) action()       {}
func (SendRefer) action()       {}
func (AcceptRefer) action()     {}
func (RefuseRefer) action()     {}
func (LendOther) action()       {}
func (EndOther) action()        {}
func (EndReplaced) action()     {}
func (TellTransfer) action()    {}
func (TellRefer) action()       {}
func (TellEnded) action()       {}
func (Forget) action()          {}
