package session

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"causeway/diameter/rx"
	"causeway/media"
	"causeway/signaling/auth"
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/sip/digest"
)

// Socket is a browser's connection. Send and Close do not block.
type Socket interface {
	Send(frame []byte)
	Close(code int, reason string)
	Remote() netip.Addr
}

// Verifier checks tokens; *auth.Verifier is one.
type Verifier interface {
	Verify(ctx context.Context, token string) (auth.Identity, error)
}

// Line binds identities to this gateway in the core (TS 24.229 5.2.2).
type Line interface {
	Bind(ims.BindParams) (Binding, error)
	// Emergency reports whether what was dialled asks for an emergency service, EmergencyRouted whether such calls are carried, and
	// EmergencyNumbers which digits they are.
	Emergency(target string) bool
	EmergencyRouted() bool
	EmergencyNumbers() []string
}

// Binding is one registered contact.
type Binding interface {
	Unbind(ctx context.Context) error
	CheckExtras(ims.Extras) error
	Invite(ims.InviteParams) (Dialog, error)
}

// Prover is a Binding of a user who proves a password of its own (SIP digest); *ims.Binding is one.
type Prover interface {
	Prove(c ims.Challenged, a digest.Answer) bool
	Rebind(secure bool)
}

// Lender lends identities of a pool to users whose token names none; *auth.Verifier is one.
type Lender interface {
	Lend(id auth.Identity, instance string) (auth.Identity, func(), error)
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
}

// Media opens media sessions.
type Media interface {
	NewSession(media.SessionConfig) (Stream, error)
}

// Stream is the media of one call; *media.Session is one.
type Stream interface {
	AccessLocal() media.AccessLocal
	CoreLocal() media.CoreLocal
	SetAccess(media.AccessRemote) error
	SetCore(media.CoreRemote) error
	AddCandidates([]media.Candidate)
	SetHold(local, remote bool)
	SendDTMF(digits string, duration, gap time.Duration) error
	AccessPeer() (local, remote netip.AddrPort, ok bool)
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

// Deps are the neighbours a Manager works with. Codecs are the names of the audio codecs this build has.
type Deps struct {
	Verifier Verifier
	Lender   Lender     // nil: every token names its identities
	Door     *auth.Door // nil: no passwords
	Line     Line
	Media    Media
	Policy   Policy
	Codecs   []string
	Log      *slog.Logger
}
