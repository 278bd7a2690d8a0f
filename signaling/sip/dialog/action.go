package dialog

import "github.com/emiago/sipgo/sip"

// Action is one thing the owner of a Session has to do, in the order returned.
type Action interface{ action() }

// Send starts a client transaction. Its responses come back through Session.Response with the same Tx. The Via is added
// by whoever sends (RFC 3261 8.1.1.7).
type Send struct {
	Tx      uint64
	Request *sip.Request
}

// Ack sends an ACK for a 2xx straight to the transport: it belongs to no transaction (RFC 3261 13.2.2.4, 17).
type Ack struct{ Request *sip.Request }

// Cancel cancels the INVITE client transaction Tx (RFC 3261 9.1). Reason is a Reason header value or "" (RFC 3326).
type Cancel struct {
	Tx     uint64
	Reason string
}

// Respond answers the server transaction Tx. Reliable provisionals and 2xx of an INVITE are given again for each
// retransmission (RFC 3262 3, RFC 3261 13.3.1.4).
type Respond struct {
	Tx       uint64
	Response *sip.Response
}

// Emit tells the user of the call what happened.
type Emit struct{ Event Event }

// Finish says that the machine will never ask for anything again: forget it.
type Finish struct{}

func (Send) action()    {}
func (Ack) action()     {}
func (Cancel) action()  {}
func (Respond) action() {}
func (Emit) action()    {}
func (Finish) action()  {}

// Event is something the user of the call has to know. After Refused or Ended no further event comes.
type Event interface{ event() }

// Trying: the next hop has the INVITE (100, or the first provisional of any kind).
type Trying struct{}

// Provisional is a 101 to 199 of one early dialog. SDP is set when the response brought a description that changes the
// dialog's remote one.
type Provisional struct {
	Dialog   string // To tag
	SDP      string
	Response *sip.Response
}

// Accepted is the first 2xx of the INVITE. SDP is the winning dialog's remote description, also when it came earlier in
// a reliable provisional.
type Accepted struct {
	Dialog   string
	SDP      string
	Response *sip.Response
}

// Confirmed: the far end has acknowledged our 2xx.
type Confirmed struct{}

// Refused: the INVITE we sent came to nothing. Response is nil on a timeout or transport error, which Err tells.
type Refused struct {
	Status   int // 300 to 699; 408 or 503 of our own when Response is nil
	Response *sip.Response
	Err      error
}

// Offered is an offer of the far end in a re-INVITE, UPDATE or PRACK; answer it with Answer or RefuseOffer.
type Offered struct {
	Dialog string
	SDP    string
}

// Answered is the far end's answer to our last offer; also the answer to an offer that an offerless INVITE made us send.
type Answered struct {
	Dialog string
	SDP    string
}

// OfferRefused: our offer was not taken; the session goes on as before (RFC 3261 14.1).
type OfferRefused struct {
	Status   int
	Response *sip.Response // nil when nothing was received
}

// Info is an INFO request of the legacy kind (RFC 6086 appendix A). It has been answered.
type Info struct {
	ContentType string
	Body        []byte
}

// Why is the reason of an Ended event that no message of the far end explains.
type Why uint8

// The ways a session ends.
const (
	ByRemote     Why = iota // BYE, or CANCEL before the answer
	ByCancel                // the caller cancelled (we are the callee)
	ByLocal                 // Hangup or Reject of ours
	ByTimer                 // the session timer expired (RFC 4028 10)
	ByLostDialog            // 481 or 408 to a request of ours (RFC 3261 12.2.1.2)
	ByNoAck                 // no ACK for our 2xx in 64*T1 (RFC 3261 13.3.1.4)
	ByNoPrack               // no PRACK for our reliable provisional in 64*T1 (RFC 3262 3)
	ByNoAnswer              // an answer that had to come did not (RFC 3264 4), or nobody answered in time
)

// String returns the reason in two or three words.
func (w Why) String() string {
	names := [...]string{"remote hang-up", "cancelled by caller", "local hang-up", "session timer expired",
		"dialog lost", "no ACK", "no PRACK", "no answer"}
	if int(w) >= len(names) {
		return "unknown"
	}
	return names[w]
}

// Ended: the session is over. Reason is the far end's Reason header value, "" if none came.
type Ended struct {
	Why    Why
	Reason string
}

func (Trying) event()       {}
func (Provisional) event()  {}
func (Accepted) event()     {}
func (Confirmed) event()    {}
func (Refused) event()      {}
func (Offered) event()      {}
func (Answered) event()     {}
func (OfferRefused) event() {}
func (Info) event()         {}
func (Ended) event()        {}
