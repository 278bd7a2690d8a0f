package call

import "time"

// Input is one thing that happened to a call. Inputs are values: they carry what the table needs and nothing that
// blocks. The session turns events of its browser, of SIP, of media and of policy into inputs, one at a time.
type Input interface{ kind() inputKind }

// inputKind numbers the inputs for the table; the order is that of the table's columns.
type inputKind uint8

const (
	kStart inputKind = iota
	kIncoming
	kAlerting
	kAnswer
	kReject
	kHangup
	kHold
	kResume
	kDigits
	kUpdate
	kMediaOpened
	kMediaRefused
	kAccessUp
	kAccessLost
	kCoreLost
	kAccessFailed
	kDigitHeard
	kProvisional
	kAccepted
	kFailed
	kCoreOffer
	kCoreAnswer
	kOfferRejected
	kCoreEnded
	kPolicyAnswer
	kPolicyAborted
	kTimeout
	kResources
	kConfirmed
	kTransfer
	kReferTaken
	kReferProgress
	kReferDone
	kReferFailed
	kReferred
	kLend
	kPicture
	kEnd
	inputKinds // number of inputs; keep last
)

var inputNames = [inputKinds]string{
	"Start", "Incoming", "Alerting", "Answer", "Reject", "Hangup", "Hold", "Resume", "Digits", "Update",
	"MediaOpened", "MediaRefused", "AccessUp", "AccessLost", "CoreLost", "AccessFailed", "DigitHeard",
	"Provisional", "Accepted", "Failed", "CoreOffer", "CoreAnswer", "OfferRejected", "CoreEnded",
	"PolicyAnswer", "PolicyAborted", "Timeout", "Resources",
	"Confirmed", "Transfer", "ReferTaken", "ReferProgress", "ReferDone", "ReferFailed", "Referred", "Lend", "Picture", "End",
}

func (k inputKind) String() string { return inputNames[k] }

// Request names the browser's request an input came from, so that its one answer finds its way back. The zero value
// is "no request".
type Request string

// Inputs from the browser (protocol methods call.*).
type (
	// Start begins an originating call: the browser's offer and whom it wants.
	Start struct {
		Request   Request
		Target    string
		From      string
		Anonymous bool
		SDP       string // access offer
	}
	// Alerting says that the page is alerting its user (call.ringing).
	Alerting struct{ Request Request }
	// Answer carries the browser's answer to the access offer of a terminating call.
	Answer struct {
		Request Request
		SDP     string
	}
	// Reject refuses a terminating call; Kind is Busy, Declined or Unavailable.
	Reject struct {
		Request Request
		Kind    Kind
	}
	// Hangup ends the call, or gives up an unanswered one.
	Hangup struct{ Request Request }
	// Hold asks the gateway to hold the far side; the access leg is not renegotiated.
	Hold struct{ Request Request }
	// Resume ends a hold of ours.
	Resume struct{ Request Request }
	// Digits are to be sent as DTMF (RFC 4733) into the core leg.
	Digits struct {
		Request       Request
		Digits        string
		Duration, Gap time.Duration
	}
	// Update carries a new access offer in a running call: ICE restart or other codecs.
	Update struct {
		Request Request
		SDP     string
	}
	// Transfer asks the far side to call Target, or to take this user's place in the other call With.
	Transfer struct {
		Request      Request
		Target, With string
	}
)

// Inputs from media.
type (
	// MediaOpened is the result of OpenMedia: the media session exists. SDP is the access answer (originating) or the
	// access offer (terminating).
	MediaOpened struct{ SDP string }
	// MediaRefused is the result of an action on media or SDP that could not be carried out.
	MediaRefused struct{ Cause Cause }
	// AccessUp says that ICE and DTLS are up, for the first time or again. Moved tells that the browser's address is
	// not the one policy was last asked about.
	AccessUp struct{ Moved bool }
	// AccessLost says that the browser's checks stopped (RFC 7675: 30 s).
	AccessLost struct{}
	// CoreLost says that neither RTP nor RTCP came from the core for the configured time.
	CoreLost struct{}
	// AccessFailed says that the access leg never came up or proved false (fingerprint).
	AccessFailed struct{ Cause Cause }
	// DigitHeard is one DTMF event received from the core.
	DigitHeard struct {
		Digit    rune
		Duration time.Duration
	}
)

// Inputs from SIP.
type (
	// Incoming is a terminating INVITE. SDP is the core's offer ("" for an offerless INVITE). Preconditions says that the
	// caller still reserves resources: nobody is alerted before Resources (RFC 3312 6). Replaces says that it takes the place of a
	// running call, which ends when it is answered (RFC 3891).
	Incoming struct {
		SDP           string
		Preconditions bool
		Replaces      bool
	}
	// Resources says that the caller's preconditions are met.
	Resources struct{}
	// Confirmed says that the caller has our answer (ACK).
	Confirmed struct{}
	// Provisional is a 1xx. SDP is "" or an answer of that early dialog, which is to be heard from now on; EarlyMedia is the
	// network's authorisation (RFC 5009).
	Provisional struct {
		Status     int
		Dialog     string
		SDP        string
		EarlyMedia bool
	}
	// Accepted is the 2xx to our INVITE; SDP is "" when the answer came before.
	Accepted struct{ Dialog, SDP string }
	// Failed is a final refusal of our INVITE, or its time-out.
	Failed struct{ Cause Cause }
	// CoreOffer is a re-INVITE or UPDATE with an offer; Hold tells that the far side stops listening to us, Unheard that it
	// comes on an early dialog while another one is heard.
	CoreOffer struct {
		Dialog  string
		SDP     string
		Hold    bool
		Unheard bool
	}
	// CoreAnswer answers our re-offer.
	CoreAnswer struct{ SDP string }
	// OfferRejected says that the far side refused our re-offer; the old state stands.
	OfferRejected struct{ Cause Cause }
	// CoreEnded is a BYE or CANCEL from the core, or a dead dialog.
	CoreEnded struct{ Cause Cause }
	// ReferTaken says that the far side will do what SendRefer asked.
	ReferTaken struct{}
	// ReferProgress is how far it has come: 100 to 199.
	ReferProgress struct{ Status int }
	// ReferDone says that the far side has reached whom it was to call.
	ReferDone struct{}
	// ReferFailed says that it will not, or could not, or does not say.
	ReferFailed struct{ Cause Cause }
	// Referred says that the far side asks the user to call somebody.
	Referred struct{}
)

// Verdict is the PCRF's word.
type Verdict uint8

// What the PCRF can say (TS 29.214 4.4.1).
const (
	Granted      Verdict = iota // 2001
	Refused                     // not authorised
	NotAvailable                // 5065: no IP-CAN session for this address
	Unreachable                 // no answer in time, no peer, 3002, 3004
)

// Inputs from policy, the clock and the session itself.
type (
	// PolicyAnswer is the result of AskPolicy of the same Attempt; older attempts are dropped.
	PolicyAnswer struct {
		Attempt int
		Verdict Verdict
		Text    string
	}
	// PolicyAborted is an ASR: the network wants the call to end.
	PolicyAborted struct{}
	// Timeout says that a timer started by StartTimer ran out.
	Timeout struct{ Timer Timer }
	// Lend says that the far side of another call is being asked to take the user's place in this one, or (off) no longer is.
	Lend struct{ On bool }
	// Picture says that the user's wish for video differs from what the core was told: it is to be offered anew.
	Picture struct{}
	// End is the session's own order to end the call: logout, lost browser, drain, a fault.
	End struct{ Cause Cause }
)

func (Start) kind() inputKind         { return kStart }
func (Incoming) kind() inputKind      { return kIncoming }
func (Alerting) kind() inputKind      { return kAlerting }
func (Answer) kind() inputKind        { return kAnswer }
func (Reject) kind() inputKind        { return kReject }
func (Hangup) kind() inputKind        { return kHangup }
func (Hold) kind() inputKind          { return kHold }
func (Resume) kind() inputKind        { return kResume }
func (Digits) kind() inputKind        { return kDigits }
func (Update) kind() inputKind        { return kUpdate }
func (MediaOpened) kind() inputKind   { return kMediaOpened }
func (MediaRefused) kind() inputKind  { return kMediaRefused }
func (AccessUp) kind() inputKind      { return kAccessUp }
func (AccessLost) kind() inputKind    { return kAccessLost }
func (CoreLost) kind() inputKind      { return kCoreLost }
func (AccessFailed) kind() inputKind  { return kAccessFailed }
func (DigitHeard) kind() inputKind    { return kDigitHeard }
func (Provisional) kind() inputKind   { return kProvisional }
func (Accepted) kind() inputKind      { return kAccepted }
func (Failed) kind() inputKind        { return kFailed }
func (CoreOffer) kind() inputKind     { return kCoreOffer }
func (CoreAnswer) kind() inputKind    { return kCoreAnswer }
func (OfferRejected) kind() inputKind { return kOfferRejected }
func (CoreEnded) kind() inputKind     { return kCoreEnded }
func (PolicyAnswer) kind() inputKind  { return kPolicyAnswer }
func (PolicyAborted) kind() inputKind { return kPolicyAborted }
func (Timeout) kind() inputKind       { return kTimeout }
func (Resources) kind() inputKind     { return kResources }
func (Confirmed) kind() inputKind     { return kConfirmed }
func (Transfer) kind() inputKind      { return kTransfer }
func (ReferTaken) kind() inputKind    { return kReferTaken }
func (ReferProgress) kind() inputKind { return kReferProgress }
func (ReferDone) kind() inputKind     { return kReferDone }
func (ReferFailed) kind() inputKind   { return kReferFailed }
func (Referred) kind() inputKind      { return kReferred }
func (Lend) kind() inputKind          { return kLend }
func (Picture) kind() inputKind       { return kPicture }
func (End) kind() inputKind           { return kEnd }
