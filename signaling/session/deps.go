package session

import (
	"context"
	"log/slog"
	"net/netip"

	"causeway/signaling/auth"
	"causeway/signaling/b2bua"
	"causeway/signaling/ims"
	"causeway/signaling/messaging"
	"causeway/signaling/sip/digest"
	"causeway/signaling/wire"
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
	// Messages tells how many bytes the text of a message may have, and whether short messages are sent.
	Messages() (bytes int, short bool)
}

// Binding is one registered contact.
type Binding interface {
	Unbind(ctx context.Context) error
	CheckExtras(ims.Extras) error
	Invite(ims.InviteParams) (b2bua.Dialog, error)
	messaging.Line
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

// Deps are the neighbours a Manager works with. Codecs are the names of the audio codecs this build has.
type Deps struct {
	Verifier Verifier
	Lender   Lender     // nil: every token names its identities
	Door     *auth.Door // nil: no passwords
	Line     Line
	Media    b2bua.Media
	Policy   b2bua.Policy                  // nil: no PCRF is asked
	ICE      func(session string) wire.ICE // the ICE servers of a session; nil: none
	Codecs   []string
	Log      *slog.Logger
}
