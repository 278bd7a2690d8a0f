package wire

import "time"

// The methods a browser may call.
const (
	MethodLogin      = "session.login"
	MethodLogout     = "session.logout"
	MethodToken      = "session.token"
	MethodPing       = "session.ping"
	MethodProve      = "session.prove"
	MethodStart      = "call.start"
	MethodRinging    = "call.ringing"
	MethodAnswer     = "call.answer"
	MethodReject     = "call.reject"
	MethodHangup     = "call.hangup"
	MethodHold       = "call.hold"
	MethodResume     = "call.resume"
	MethodDTMF       = "call.dtmf"
	MethodCandidates = "call.candidates"
	MethodUpdate     = "call.update"
	MethodTransfer   = "call.transfer"
	// MethodRefuseRefer refuses a call.refer; call.start with its id follows one.
	MethodRefuseRefer = "call.refuseRefer"
)

// Params is the decoded and checked parameters of one method: one of the ...Params structs of this file.
type Params interface{ params() }

// CallParams is the Params of a method that is for a running call.
type CallParams interface {
	Params
	CallID() string // the browser's id of the call
}

// The schemes of session.login.
const (
	SchemeToken  = "token"
	SchemeDigest = "digest"
)

// LoginParams are those of session.login.
type LoginParams struct {
	Scheme   string  // SchemeToken when absent, or SchemeDigest
	Token    string  // SchemeToken: bearer token, 1 to 16384 bytes; never logged
	IMPI     string  // SchemeDigest: private identity, user@domain
	IMPU     string  // SchemeDigest: public identity, sip:user@domain
	Instance string  // UUID of the browser profile (RFC 5626 4.1), lower case
	Client   Client  // what the page says it is; for logs and statistics only
	Resume   *Resume // nil for a fresh session
}

// Client names the program behind the connection; both may be empty.
type Client struct {
	Name    string // at most 64 bytes
	Version string // at most 64 bytes
}

// Resume asks to take up a session again after the socket was lost.
type Resume struct {
	Session string // as given by the login's result
	Secret  string // as given by the login's result; never logged
	After   uint64 // seq of the last event seen; later ones are sent again
}

// LogoutParams are those of session.logout (none).
type LogoutParams struct{}

// TokenParams are those of session.token.
type TokenParams struct{ Token string }

// ProveParams are those of session.prove: the digest that answers a session.challenge (RFC 7616 3.4).
type ProveParams struct {
	Challenge string // id of the event session.challenge
	Response  string // hexadecimal, lower case; never logged
	CNonce    string // the page's random number
	Count     string // the nonce count that was hashed, 8 hexadecimal digits; empty for 00000001
}

// PingParams are those of session.ping (none).
type PingParams struct{}

// StartParams are those of call.start.
type StartParams struct {
	Call       string            // id chosen by the client
	Target     string            // number as dialled, tel: or sip: URI; 1 to 256 bytes, no control characters; "" with Refer
	Refer      string            // the wish of a call.refer that is followed: whom to call is what that says; "" for none
	SDP        string            // the browser's offer
	From       string            // one of the session's identities; empty for the default one
	Anonymous  bool              // ask the network to withhold the number (TS 24.607)
	UserToUser *UserToUser       // nil for none
	Headers    map[string]string // of the operator's list, at most 16
	Position   *Position         // where the browser is, for emergency calls; nil when not given
	LateAnswer bool              // the page takes the result's sdp only when the call is accepted: it may make no audio before
}

// Position is a place, WGS 84: degrees, and metres of uncertainty (0: unknown).
type Position struct{ Latitude, Longitude, Accuracy float64 }

// RingingParams are those of call.ringing.
type RingingParams struct{ Call string }

// AnswerParams are those of call.answer.
type AnswerParams struct {
	Call       string
	SDP        string            // the browser's answer to the offer of call.incoming
	UserToUser *UserToUser       // nil for none
	Headers    map[string]string // of the operator's list, at most 16
}

// The reasons of call.reject.
const (
	RejectBusy        = "busy"
	RejectDeclined    = "declined"
	RejectUnavailable = "unavailable"
)

// RejectParams are those of call.reject.
type RejectParams struct {
	Call   string
	Reason string // RejectBusy, RejectDeclined or RejectUnavailable; also a name of the catalogue
}

// HangupParams are those of call.hangup.
type HangupParams struct{ Call string }

// HoldParams are those of call.hold.
type HoldParams struct{ Call string }

// ResumeParams are those of call.resume.
type ResumeParams struct{ Call string }

// The bounds of call.dtmf. RFC 4733 2.5.1.3 leaves the duration to the sender; ETSI ES 201 235-2 asks for 40 ms.
const (
	MinDTMFDuration     = 40 * time.Millisecond
	MaxDTMFDuration     = 6000 * time.Millisecond
	DefaultDTMFDuration = 100 * time.Millisecond
	MinDTMFGap          = 30 * time.Millisecond
	MaxDTMFGap          = 6000 * time.Millisecond
	DefaultDTMFGap      = 70 * time.Millisecond
	MaxDigits           = 32
)

// DTMFParams are those of call.dtmf.
type DTMFParams struct {
	Call     string
	Digits   string        // 1 to 32 of 0-9 A-D * # and the comma, which is a pause
	Duration time.Duration // of one digit; set to the default when absent
	Gap      time.Duration // between two digits; set to the default when absent
}

// Candidate is one ICE candidate of the browser (RFC 8839 5.1); an empty Candidate ends the list.
type Candidate struct {
	Candidate string // at most 512 bytes
	SDPMid    string // at most 16 bytes
}

// CandidatesParams are those of call.candidates.
type CandidatesParams struct {
	Call       string
	Candidates []Candidate // 1 to 64
}

// UpdateParams are those of call.update.
type UpdateParams struct {
	Call string
	SDP  string // a new offer: ICE restart or changed codecs
}

// TransferParams are those of call.transfer: exactly one of Target and With is set.
type TransferParams struct {
	Call   string
	Target string // whom the far party is to call: as in StartParams
	With   string // another call of the session, whose far party is to speak with this one's
}

// RefuseReferParams are those of call.refuseRefer.
type RefuseReferParams struct{ Refer string }

func (LoginParams) params()      {}
func (LogoutParams) params()     {}
func (TokenParams) params()      {}
func (PingParams) params()       {}
func (ProveParams) params()      {}
func (StartParams) params()      {}
func (RingingParams) params()    {}
func (AnswerParams) params()     {}
func (RejectParams) params()     {}
func (HangupParams) params()     {}
func (HoldParams) params()       {}
func (ResumeParams) params()     {}
func (DTMFParams) params()       {}
func (CandidatesParams) params() {}
func (UpdateParams) params()     {}
func (TransferParams) params()   {}

func (RefuseReferParams) params() {}

// Decode checks and decodes the parameters of the request's method. The error's sentence names the parameter and
// says what it must be; it never repeats what was sent.
func (r Request) Decode() (Params, *Error) {
	d := newDecoder(r.Params)
	var p Params
	switch r.Method {
	case MethodLogin:
		p = decodeLogin(d)
	case MethodLogout:
		p = LogoutParams{}
	case MethodToken:
		p = TokenParams{Token: d.token()}
	case MethodPing:
		p = PingParams{}
	case MethodProve:
		p = ProveParams{Challenge: d.line("challenge", 1, maxSession), Response: d.hash("response"), CNonce: d.optionalLine("cnonce", maxCNonce), Count: d.count("nc")}
	case MethodStart:
		p = decodeStart(d)
	case MethodRinging:
		p = RingingParams{Call: d.call()}
	case MethodAnswer:
		p = AnswerParams{Call: d.call(), SDP: d.sdp(), UserToUser: d.userToUser(), Headers: d.headers()}
	case MethodReject:
		p = RejectParams{Call: d.call(), Reason: d.choice("reason", RejectBusy, RejectDeclined, RejectUnavailable)}
	case MethodHangup:
		p = HangupParams{Call: d.call()}
	case MethodHold:
		p = HoldParams{Call: d.call()}
	case MethodResume:
		p = ResumeParams{Call: d.call()}
	case MethodDTMF:
		p = DTMFParams{Call: d.call(), Digits: d.digits(),
			Duration: d.millis("duration", MinDTMFDuration, MaxDTMFDuration, DefaultDTMFDuration),
			Gap:      d.millis("gap", MinDTMFGap, MaxDTMFGap, DefaultDTMFGap)}
	case MethodCandidates:
		p = CandidatesParams{Call: d.call(), Candidates: d.candidates()}
	case MethodUpdate:
		p = UpdateParams{Call: d.call(), SDP: d.sdp()}
	case MethodPull:
		p = PullParams{Call: d.call(), Session: d.line("session", 1, maxSession), From: d.callNamed("from"), SDP: d.sdp()}
	case MethodICE:
		p = ICEParams{}
	case MethodAway:
		p = AwayParams{Within: d.millis("within", 0, MaxAway, 0)}
	case MethodTransfer:
		p = decodeTransfer(d)
	case MethodRefuseRefer:
		p = RefuseReferParams{Refer: d.line("refer", 1, maxSession)}
	case MethodRefuseVideo:
		p = RefuseVideoParams{Call: d.call()}
	case MethodSend:
		p = d.send()
	case MethodDisplayed:
		p = DisplayedParams{Message: d.message()}
	default:
		return nil, NewError(NameMethodUnknown)
	}
	if d.fault != nil {
		return nil, d.fault
	}
	return p, nil
}

// decodeStart decodes call.start: a number, or a wish that says whom to call.
func decodeStart(d *decoder) StartParams {
	p := StartParams{Call: d.call(), Refer: d.optionalLine("refer", maxSession)}
	if p.Refer == "" {
		p.Target = d.line("target", 1, maxTarget)
	}
	p.SDP, p.From, p.Anonymous = d.sdp(), d.optionalLine("from", maxTarget), d.boolean("anonymous")
	p.UserToUser, p.Headers, p.Position, p.LateAnswer = d.userToUser(), d.headers(), d.position(), d.boolean("lateAnswer")
	return p
}

// decodeTransfer decodes call.transfer: to a number, or to another call.
func decodeTransfer(d *decoder) TransferParams {
	p := TransferParams{Call: d.call()}
	switch target, with := d.get("target") != nil, d.get("with") != nil; {
	case target == with:
		d.must("target", "given, or params.with, and not both")
	case target:
		p.Target = d.line("target", 1, maxTarget)
	default:
		p.With = d.callNamed("with")
	}
	return p
}

// decodeLogin decodes session.login, the one method with nested parameters.
func decodeLogin(d *decoder) LoginParams {
	p := LoginParams{Scheme: SchemeToken}
	if d.get("scheme") != nil {
		p.Scheme = d.choice("scheme", SchemeToken, SchemeDigest)
	}
	if p.Scheme == SchemeDigest {
		p.IMPI, p.IMPU = d.line("impi", 3, maxIdentity), d.line("impu", 5, maxIdentity)
	} else {
		p.Token = d.token()
	}
	p.Instance = d.uuid("instance")
	if c := d.object("client"); c != nil {
		p.Client = Client{Name: c.optionalLine("name", maxClient), Version: c.optionalLine("version", maxClient)}
		d.fail(c.fault)
	}
	if r := d.object("resume"); r != nil {
		p.Resume = &Resume{Session: r.line("session", 1, maxSession), Secret: r.line("secret", 1, maxSession), After: r.counter("after")}
		d.fail(r.fault)
	}
	return p
}

// CallID names the call that the request is for.
func (p RingingParams) CallID() string { return p.Call }

// CallID names the call that the request is for.
func (p AnswerParams) CallID() string { return p.Call }

// CallID names the call that the request is for.
func (p RejectParams) CallID() string { return p.Call }

// CallID names the call that the request is for.
func (p HangupParams) CallID() string { return p.Call }

// CallID names the call that the request is for.
func (p HoldParams) CallID() string { return p.Call }

// CallID names the call that the request is for.
func (p ResumeParams) CallID() string { return p.Call }

// CallID names the call that the request is for.
func (p DTMFParams) CallID() string { return p.Call }

// CallID names the call that the request is for.
func (p CandidatesParams) CallID() string { return p.Call }

// CallID names the call that the request is for.
func (p UpdateParams) CallID() string { return p.Call }

// CallID names the call that the request is for.
func (p TransferParams) CallID() string { return p.Call }
