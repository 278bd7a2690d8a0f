package b2bua

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"causeway/diameter/rx"
	"causeway/media"
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/wire"
)

// Host is the browser session a call belongs to. Its methods are called in its queue, Post from anywhere.
type Host interface {
	// Post runs f in the queue, after everything posted before. It does not block.
	Post(f func())
	// Tell notifies the browser; Answer and Refuse give a request its one answer.
	Tell(method string, params any)
	Answer(id wire.ID, result any)
	Refuse(id wire.ID, e *wire.Error)
	// Invite sends an INVITE from the session's binding; its error carries a call.Cause.
	Invite(ims.InviteParams) (Dialog, error)
	// Browser is where the browser's socket comes from; false while none is attached.
	Browser() (netip.Addr, bool)
	// IMPU is the user's public identity.
	IMPU() string
	// Log is the session's logger.
	Log() *slog.Logger
	// Call is another call of the session, nil if it has none of that name.
	Call(name string) *Call
	// Wish shows the browser what the far side of a call asks for, and keeps it until the page follows or refuses it.
	Wish(call string, w *ims.Wish, follow bool)
	// Ended takes the call of this name off the session's books.
	Ended(name string, o Outcome)
}

// Outcome labels one ended call.
type Outcome struct {
	Direction string // wire.Outgoing or wire.Incoming
	Cause     string // call.Kind's name
	Side      string // call.Side's word
}

// Dialog is the SIP side of a call; *ims.Call is one.
type Dialog interface {
	ID() string
	ICID() string
	SetNotify(func(ims.CallEvent))
	Progress(sdp string)
	Ring(offer string, waiting bool)
	Accept(sdp string, extras ims.Extras) error
	Hangup(call.Cause)
	Reoffer(sdp string) error
	AnswerOffer(sdp string)
	RejectOffer(status int)
	SendInfoDTMF(digit rune, duration time.Duration) error
	SendPictureFastUpdate() error
	Key() string
	Place(give func(ims.Place, bool))
	Refer(ims.ReferParams) error
}

// Media opens media sessions.
type Media interface {
	NewSession(media.SessionConfig) (Stream, error)
}

// Stream is the media of one call; *media.Session is one.
type Stream interface {
	AccessLocal() media.AccessLocal
	CoreLocal() media.CoreLocal
	OpenVideo() (media.VideoLocal, error)
	ShowPicture()
	SetAccess(media.AccessRemote) error
	ExpectAccess()
	SetCore(media.CoreRemote) error
	AddCandidates([]media.Candidate)
	SetHold(local, remote bool)
	SendDTMF(digits string, duration, gap time.Duration) error
	AccessPeer() (local, remote netip.AddrPort, ok bool)
	AccessTCP() bool
	Stats() media.Stats
	Close()
}

// Policy opens Rx sessions; nil in Deps when policy is off.
type Policy interface {
	Open(rx.SessionParams) Authorization
}

// Authorization is one Rx session; *rx.Session is one.
type Authorization interface {
	Authorize(ctx context.Context, service rx.Service) (rx.Result, error)
	Terminate(cause rx.TerminationCause)
}
