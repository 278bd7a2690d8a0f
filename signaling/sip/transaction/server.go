package transaction

import (
	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/transport"
)

// Server is one server transaction (RFC 3261 17.2).
type Server struct{}

// Request returns the request that started the transaction. Its top Via carries received and rport already.
func (s *Server) Request() *sip.Request { return nil }

// Source returns where the request came from.
func (s *Server) Source() transport.Source { return transport.Source{} }

// Respond sends a response: any number of provisional ones, then one final one (ErrAnswered for more). After a 2xx to
// an INVITE further 2xx are sent too, since repeating it until the ACK is the user's (RFC 3261 13.3.1.4, RFC 6026).
// The response is not to be changed afterwards. A failure to send is reported to the OnFailed hook.
func (s *Server) Respond(res *sip.Response) error { return nil }

// OnCancel sets the hook for a CANCEL of this INVITE that came before its final response. The CANCEL is answered 200
// already; sending 487 to the INVITE is the user's (RFC 3261 9.2).
func (s *Server) OnCancel(h func(cancel *sip.Request)) {}

// OnFailed sets the hook for what went wrong after Respond: ErrTransport (the transaction lives on, RFC 6026 8.4) or
// ErrNoAck (it is over).
func (s *Server) OnFailed(h func(err error)) {}

// OnAck sets the hook for the ACK of a non-2xx final response. Not needed for correctness.
func (s *Server) OnAck(h func(ack *sip.Request)) {}
