package media

import (
	"log/slog"
	"net/netip"
	"time"

	"causeway/media/access"
	"causeway/media/packet"
)

// Codec is one negotiated payload format. PTime is the packet duration to send, 0
// for 20 ms.
type Codec = packet.Codec

// Fingerprint of a DTLS certificate (RFC 8122): Hash "sha-256", Value "AB:CD:...".
type Fingerprint = access.Fingerprint

// Direction of a leg, as the gateway's own local description of it says
// (RFC 3264 6.1).
type Direction uint8

// The four directions.
const (
	SendRecv Direction = iota
	SendOnly
	RecvOnly
	Inactive
)

// String is the SDP attribute's name.
func (d Direction) String() string {
	switch d {
	case SendOnly:
		return "sendonly"
	case RecvOnly:
		return "recvonly"
	case Inactive:
		return "inactive"
	default:
		return "sendrecv"
	}
}

func (d Direction) sends() bool    { return d == SendRecv || d == SendOnly }
func (d Direction) receives() bool { return d == SendRecv || d == RecvOnly }

// Candidate is one ICE candidate (RFC 8839 5.1).
type Candidate struct {
	Foundation string
	Transport  string // "udp" or "tcp"
	Component  int    // 1; RTCP shares it (RFC 5761)
	Priority   uint32
	Address    netip.AddrPort
	Type       string // "host", "srflx", "prflx", "relay"
}

// AccessLocal is what our description for the browser must hold.
type AccessLocal struct {
	UFrag, Pwd  string
	Fingerprint Fingerprint
	Candidates  []Candidate // all there will ever be
	SSRC        uint32      // of the stream to the browser
	CNAME       string
	Lite        bool // a=ice-lite
}

// AccessRemote is what the browser's description held and the negotiation made
// of it.
type AccessRemote struct {
	UFrag, Pwd   string
	Fingerprints []Fingerprint
	// Setup is the browser's a=setup as finally agreed: "active" makes us the DTLS
	// server, "passive" the client.
	Setup string
	// Lite: the other side is ICE-lite. No browser is.
	Lite bool
	// Answer: the description answers ours, so that a full agent here has the controlling role (RFC 8445 6.1.1).
	Answer bool
	// Candidates are not used by an ICE-lite gateway, which waits for checks.
	Candidates []Candidate
	// Codecs are the negotiated ones in order of preference; any of them may be
	// sent to the browser and may come.
	Codecs    []Codec
	DTMF      []Codec // telephone-event payload types, one per clock
	Direction Direction
	Video     *VideoRemote // nil without video; needs Session.OpenVideo
}

// CoreLocal is what our description for the core must hold.
type CoreLocal struct {
	RTP, RTCP netip.AddrPort
	SSRC      uint32
	CNAME     string
}

// CoreRemote is what the far end's description held and the negotiation made of
// it.
type CoreRemote struct {
	RTP, RTCP netip.AddrPort // where to send, and the only source accepted
	Codecs    []Codec        // [0] is sent; any may come
	DTMF      []Codec        // telephone-event payload types
	Direction Direction
	// RTCPBandwidthRS and RR are b=RS and b=RR in bit/s, -1 when absent; both 0
	// turn RTCP off (RFC 3556 2).
	RTCPBandwidthRS, RTCPBandwidthRR int
	Video                            *VideoRemote // nil without video; needs Session.OpenVideo
}

// SessionConfig of one session.
type SessionConfig struct {
	ID string // for logs
	// Notify gets the session's events, in order, from a goroutine of media's and
	// never under a lock. It must not block and must not call Session.Close.
	Notify func(Event)
	Log    *slog.Logger // nil uses the gateway's
	// LateAccess: the browser gets our description later than it is written, when the far side answers. Config.ICETimeout then
	// runs from ExpectAccess.
	LateAccess bool
}

// Event is one of the event types below.
type Event interface{ event() }

// Reason says in a few words why; for operators and call records.
type Reason = access.Reason

// AccessConnected: ICE and DTLS are up, media may flow.
type AccessConnected struct{}

// AccessFailed: the access leg never came up or ended by a fault; it will not
// recover without a new description.
type AccessFailed struct{ Reason Reason }

// AccessLost: the browser is gone, for now or for good; nothing is sent to it.
type AccessLost struct{ Reason Reason }

// AccessRestored ends AccessLost.
type AccessRestored struct{}

// AccessPeerChanged: the browser nominated another pair.
type AccessPeerChanged struct{ Local, Remote netip.AddrPort }

// CoreLost: the far end sends neither RTP nor RTCP any more.
type CoreLost struct{ Reason Reason }

// CoreRestored ends CoreLost.
type CoreRestored struct{}

// DTMF is one key the far end pressed, reported once, when it was released.
type DTMF struct {
	Digit    rune
	Duration time.Duration
}

// DTMFUnsent is one key the browser pressed by telephone-event that the core leg has no way for: no telephone-event, and no G.711 to
// carry the sound.
type DTMFUnsent struct {
	Digit    rune
	Duration time.Duration
}

// ReasonSilent is the reason of CoreLost.
const ReasonSilent Reason = "no RTP or RTCP from the far end"

func (AccessConnected) event()   {}
func (AccessFailed) event()      {}
func (AccessLost) event()        {}
func (AccessRestored) event()    {}
func (AccessPeerChanged) event() {}
func (CoreLost) event()          {}
func (CoreRestored) event()      {}
func (DTMF) event()              {}
func (DTMFUnsent) event()        {}
