package ims

import (
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/call"
	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/hop"
	"causeway/signaling/sip/identity"
	"causeway/signaling/sip/service"
)

// Identity is whom a binding registers: the two identities of TS 23.003 13.
type Identity struct {
	IMPI string // private identity, "15550001@ims.example"; at most 255 bytes
	IMPU string // public identity, a sip URI, "sip:+15550001@ims.example"
}

// BindParams is what one browser session registers with.
type BindParams struct {
	Identity Identity
	Instance string             // urn:uuid:..., stable per browser profile (RFC 5626 4.1)
	Notify   func(BindingEvent) // called in order, never under a lock, must not block
	Digest   *Digest            // the user proves a password of its own; nil: the gateway vouches for the user (TNA)
}

// AssociatedIdentity is one entry of P-Associated-URI (RFC 7315 4.1): a name the user may call with.
type AssociatedIdentity struct {
	URI     string // sip or tel URI
	Display string // display name, "" if none
	Default bool   // the first entry: used when the page names none
}

// BindingEvent is one of Registered, RegistrationFailed, Deregistered, Challenged, IncomingCall, IncomingMessage.
type BindingEvent interface{ bindingEvent() }

// Registered: the core has accepted the registration, for the first time, again after a failure, or with new identities.
type Registered struct {
	Identities []AssociatedIdentity // never empty
	Expires    time.Duration        // granted
}

// RegistrationFailed: the user is not registered. If Final, nothing is tried again until a new Bind; otherwise the next
// try comes in about RetryAfter.
type RegistrationFailed struct {
	Cause      call.Cause
	RetryAfter time.Duration
	Final      bool
	Auth       AuthFailure // set when the user's proof was the reason
}

// Deregistered: the network ended the registration (RFC 3680). Renewing means that the binding registers again on its
// own; otherwise it is over.
type Deregistered struct {
	Cause    call.Cause
	Renewing bool
}

// IncomingCall is a call for this binding. Its Call sends nothing to the caller but 100 until it is told to.
type IncomingCall struct {
	Call   *Call
	Remote RemoteParty
	Called string // the public identity that was called (P-Called-Party-ID), a URI
	SDP    string // the caller's offer; "" if the gateway has to offer
	// Preconditions: the caller's handset still waits for resources (RFC 3312). Give the answer by Progress at once and
	// alert on ResourcesReady; Ring and Accept wait for it on their own.
	Preconditions bool
	Waiting       bool       // the network says that the user is in another call (TS 24.615)
	Diverted      *Diversion // nil unless the call was meant for another phone
	Extras        Extras
	// Replaces is the Key of the running call whose place this one takes: end that one when this one is answered (RFC 3891). "" for none.
	Replaces string
}

func (Registered) bindingEvent()         {}
func (RegistrationFailed) bindingEvent() {}
func (Deregistered) bindingEvent()       {}
func (IncomingCall) bindingEvent()       {}

// RemoteParty is whom the core says we speak with.
type RemoteParty = service.Party

// CallEvent is one of the types below. After Failed or Ended no further event comes.
type CallEvent interface{ callEvent() }

// Trying: the core has the INVITE.
type Trying struct{}

// Provisional is a 101 to 199 of one early dialog.
type Provisional struct {
	Status     int
	Reason     string // reason phrase
	SDP        string // the dialog's description when it is new or changed
	EarlyMedia bool   // the network authorises early media on this dialog (RFC 5009)
	Dialog     string // To tag: each fork has its own
	Waiting    bool   // the called user is in another call (TS 24.615)
	Diverted   *Diversion
}

// Accepted: the call is answered. SDP is the answering dialog's description, also when it came earlier.
type Accepted struct {
	SDP    string
	Remote RemoteParty
	Dialog string
	Extras Extras
}

// Confirmed: the caller of a call that takes another one's place has our answer.
type Confirmed struct{}

// Failed: an outgoing call came to nothing.
type Failed struct{ Cause call.Cause }

// Offer is an offer of the far end inside the call; AnswerOffer or RejectOffer has to follow within Config.OfferTimeout.
type Offer struct {
	SDP     string
	Dialog  string
	Unheard bool // another early dialog is heard: answer it, but leave the media where it is
}

// Answer is the far end's answer to Reoffer, or to the offer that an offerless INVITE made us send.
type Answer struct{ SDP string }

// OfferRejected: the far end did not take our Reoffer; the call goes on as before.
type OfferRejected struct {
	Status int // SIP status, 0 if the offer could not be sent
	Cause  call.Cause
}

// ResourcesReady: the caller's preconditions are met, so the user may be alerted (RFC 3312 6).
type ResourcesReady struct{}

// Ended: the call is over. It is also the last event after Hangup and Reject.
type Ended struct{ Cause call.Cause }

// InfoDTMF is a digit that came in an INFO (application/dtmf-relay).
type InfoDTMF struct {
	Digit    rune // 0-9 * # A-D
	Duration time.Duration
}

// PictureFastUpdate is an INFO that asks for a key frame (RFC 5168).
type PictureFastUpdate struct{}

func (PictureFastUpdate) callEvent() {}

func (Trying) callEvent()         {}
func (Provisional) callEvent()    {}
func (Accepted) callEvent()       {}
func (Confirmed) callEvent()      {}
func (Failed) callEvent()         {}
func (Offer) callEvent()          {}
func (Answer) callEvent()         {}
func (OfferRejected) callEvent()  {}
func (ResourcesReady) callEvent() {}
func (Ended) callEvent()          {}
func (InfoDTMF) callEvent()       {}

// What the dialog machine says becomes call events here, and SIP's words for an end become causes.

// event hands one event of the machine to the user.
func (k *Call) event(e dialog.Event) {
	switch e := e.(type) {
	case dialog.Trying:
		k.tell(Trying{})
	case dialog.Provisional:
		k.provisional(e)
	case dialog.Accepted:
		k.client.stats.answered.Add(1)
		k.log.Debug("sip call answered")
		k.media.forks = nil // early media is over
		far := service.PartyOf(e.Response, "")
		k.answeredBy(far)
		k.tell(Accepted{SDP: e.SDP, Dialog: e.Dialog, Remote: far, Extras: k.client.extras(e.Response)})
	case dialog.Confirmed:
		k.client.stats.answered.Add(1)
		k.log.Debug("sip call answered")
		if k.taking {
			k.tell(Confirmed{})
		}
	case dialog.Refused:
		k.ended(refusedCause(e), true)
	case dialog.Offered:
		if k.gate.heard(e.SDP) {
			k.unmet()
			return
		}
		k.media.offered = earlyDialog{dialog: e.Dialog, sdp: e.SDP}
		k.tell(Offer{SDP: e.SDP, Dialog: e.Dialog, Unheard: k.media.playing() && k.media.current != e.Dialog})
	case dialog.Answered:
		if k.gate.confirming {
			k.confirmNext()
			k.tell(k.media.described(e.Dialog, e.SDP))
			return
		}
		k.tell(Answer{SDP: e.SDP})
	case dialog.OfferRefused:
		if k.gate.confirming {
			k.confirmNext()
			return
		}
		q850, text := reason(e.Response)
		k.tell(OfferRejected{Status: e.Status, Cause: call.FromSIP(e.Status, q850, text)})
	case dialog.Info:
		if digit, duration, ok := service.Relay(e.Body); ok && e.ContentType != service.MediaControl {
			k.tell(InfoDTMF{Digit: digit, Duration: duration})
		}
		if e.ContentType == service.MediaControl && service.PictureFastUpdate(e.Body) {
			k.tell(PictureFastUpdate{})
		}
	case dialog.Ended:
		k.ended(k.endedCause(e), false)
	default:
		k.referEvent(e)
	}
}

// provisional hands a 101-199 to the user, and confirms resources if the far end asks to be told.
func (k *Call) provisional(e dialog.Provisional) {
	if e.Response.StatusCode == 199 {
		if p, told := k.media.over(e.Dialog, e.Response); told {
			k.tell(p)
		}
		return
	}
	told := k.media.heard(e.Dialog, e.SDP, e.Response)
	told.Waiting, told.Diverted = service.Waits(e.Response), diverted(e.Response)
	k.tell(told)
	k.follows.Report(e.Response.StatusCode)
	if preconditions(e.SDP).Failed() {
		k.unmet()
		return
	}
	k.confirm(e.Dialog, e.SDP)
}

// ended tells the end, once. The call's one closing line in the log is its user's to write.
func (k *Call) ended(cause call.Cause, failed bool) {
	if k.over.Swap(true) {
		return
	}
	k.client.stats.callEnded(cause.Kind)
	k.follows.Report(cause.Status())
	k.log.Debug("sip call ended", "cause", cause.Kind.String(), "by", cause.Side.String(), "status", cause.SIP, "q850", cause.Q850)
	if failed {
		k.tell(Failed{Cause: cause})
	} else {
		k.tell(Ended{Cause: cause})
	}
	if k.notify != nil { // SIP's timers keep this side for 32 s more: what the user built for the call must not wait for them
		k.notify = func(CallEvent) {}
	}
}

// poisoned ends a call in whose handling something panicked: no other call is touched. A last attempt is made to hang up.
func (k *Call) poisoned(v any) {
	k.log.Error("call failed inside", "panic", v, "stack", string(debug.Stack()))
	cause := call.Cause{Side: call.Gateway, Kind: call.Internal, Text: "the gateway failed"}
	defer func() {
		if recover() != nil {
			k.log.Error("call could not be hung up")
		}
		if !k.over.Load() {
			k.ended(cause, false)
		}
		k.finish()
	}()
	if k.machine != nil {
		k.setCause(cause)
		k.step(func(m *dialog.Session, now time.Time) []dialog.Action { return m.Hangup(now, cause.Reason()) })
	}
}

// refusedCause classifies the failure of an outgoing call.
func refusedCause(e dialog.Refused) call.Cause {
	switch {
	case e.Response != nil && e.Status >= 300:
		q850, text := reason(e.Response)
		cause := call.FromSIP(e.Status, q850, text)
		cause.RetryAfter = hop.RetryAfter(e.Response)
		if e.Response.StatusCode/100 == 2 {
			cause.SIP, cause.Text, cause.Foreign = 0, "the far end answered without a description of its media", false
		}
		return cause
	case e.Err != nil:
		return call.Cause{Side: call.Core, Kind: call.CoreUnreachable, Text: "the core does not answer", Err: e.Err}
	default:
		return call.Cause{Side: call.Gateway, Kind: call.NoAnswer, Text: "nobody answered in time"}
	}
}

// endedCause classifies the end of a call.
func (k *Call) endedCause(e dialog.Ended) call.Cause {
	if k.cause != nil && e.Why == dialog.ByLocal {
		return *k.cause
	}
	r := parseReason(e.Reason)
	cause := call.Cause{Side: call.Core, Q850: r.q850, Text: r.text, Foreign: r.text != ""}
	switch e.Why {
	case dialog.ByRemote:
		cause.Kind = call.Normal
	case dialog.ByCancel:
		cause.Kind = call.Cancelled
		if r.sip == 200 {
			cause.Kind = call.AnsweredElsewhere
		}
	case dialog.ByLocal:
		return call.Cause{Side: call.Gateway, Kind: call.Normal}
	case dialog.ByTimer, dialog.ByLostDialog, dialog.ByNoAck, dialog.ByNoPrack:
		cause.Kind, cause.Text, cause.Foreign = call.Unavailable, e.Why.String(), false
	case dialog.ByNoAnswer:
		cause = call.Cause{Side: call.Gateway, Kind: call.NoAnswer, Text: "nobody answered in time"}
	}
	return cause
}

// reasonValue is a Reason header (RFC 3326).
type reasonValue struct {
	sip, q850 int
	text      string
}

// parseReason reads Reason values, comma-separated.
func parseReason(value string) (r reasonValue) {
	for _, v := range dialog.SplitList(value) {
		protocol := strings.ToLower(firstWord(v))
		text, _ := dialog.Param(v, "cause")
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > 699 {
			continue
		}
		switch {
		case protocol == "sip":
			r.sip = n
		case protocol == "q.850" && n <= 127:
			r.q850 = n
		default:
			continue
		}
		if t, ok := dialog.Param(v, "text"); ok && r.text == "" {
			r.text = identity.Text(t)
		}
	}
	return r
}

// reason reads the Reason of a response.
func reason(res *sip.Response) (q850 int, text string) {
	if res == nil {
		return 0, ""
	}
	r := parseReason(strings.Join(dialog.Values(res, "reason"), ", "))
	return r.q850, r.text
}

// finalStatus is the status that refuses an incoming call for a cause: 400 to 699.
func finalStatus(cause call.Cause) int {
	if s := cause.Status(); s >= 400 && s <= 699 {
		return s
	}
	return 480
}

// refusalHeaders go with a refusal of an incoming call.
func (k *Call) refusalHeaders(cause call.Cause) []dialog.Header {
	if finalStatus(cause) == 503 {
		return []dialog.Header{{Name: "Retry-After", Value: "10"}}
	}
	return nil
}
