package access

import (
	"net/netip"
	"time"

	"causeway/media/packet"
)

// Reason says in a few words why a leg failed or was lost; it is shown to
// operators and put into call records.
type Reason string

// The reasons of this package.
const (
	ReasonICETimeout  Reason = "no ICE pair was nominated in time"
	ReasonDTLS        Reason = "DTLS handshake failed"
	ReasonFingerprint Reason = "certificate does not match the offered fingerprint"
	ReasonProfile     Reason = "no common SRTP profile"
	ReasonConsent     Reason = "no connectivity check for too long"
	ReasonClosed      Reason = "browser closed the connection"
	ReasonRenewed     Reason = "browser came back with another certificate"
	ReasonInternal    Reason = "internal fault"
)

// Kind is what happened to a leg.
type Kind uint8

// The kinds of event.
const (
	Connected   Kind = iota // ICE and DTLS are up, media may flow
	Failed                  // it never will; once per leg
	Lost                    // it did and does not now
	Restored                // it does again
	PeerChanged             // another pair was nominated
)

// Event is one change of a leg.
type Event struct {
	Kind   Kind
	Reason Reason         // Failed and Lost
	Remote netip.AddrPort // Connected and PeerChanged
	Line   uint8          // the same: the number of the access address it came to
}

// Listener is an owner that serves feedback (RFC 4585), too.
type Listener interface {
	// AccessFeedback takes one authenticated compound of the browser. b is the owner's until the call returns. Called on a packet
	// thread, without locks.
	AccessFeedback(b []byte, now time.Time)
}

// Owner is the session a leg belongs to.
type Owner interface {
	// AccessRTP takes one authenticated packet, decrypted in place. b is the
	// owner's until the call returns. Called on a packet thread, without locks.
	AccessRTP(b []byte, h packet.RTP, now time.Time)
	// AccessEvent takes a change of state. It is called with the leg locked, must
	// not block and must not call the leg.
	AccessEvent(e Event)
}
