package transaction

import (
	"errors"
	"log/slog"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/transport"
)

// Errors given to ClientHandler.Failed, Server's failure hook and the callers of this package.
var (
	ErrTimeout    = errors.New("no final response in time")                // timers B and F (RFC 3261 17.1)
	ErrNoAck      = errors.New("no ACK for the final response in time")    // timer H (RFC 3261 17.2.1)
	ErrTransport  = errors.New("transport failed")                         // wraps the transport's error
	ErrAnswered   = errors.New("the transaction is already answered")      // Respond after a final response
	ErrTooMany    = errors.New("too many transactions")                    // Timers.MaxTransactions reached
	ErrClosed     = errors.New("transaction layer is closed")              // after Close
	ErrNotInvite  = errors.New("only an INVITE can be cancelled")          // Cancel on another method (RFC 3261 9.1)
	ErrIncomplete = errors.New("request lacks a mandatory header field")   // Request without From, To, Call-ID, CSeq
	ErrDuplicate  = errors.New("a transaction with this branch is alive")  // Request with a branch of its own, used twice
	ErrFinished   = errors.New("the transaction is over")                  // Cancel after the final response
	ErrMismatch   = errors.New("response does not belong to this request") // Respond with another transaction's response
)

// Transport is what this package needs of transport.Layer, which implements it.
type Transport interface {
	OnMessage(h func(msg sip.Message, src transport.Source))
	Post(msg sip.Message, dst transport.Target, done func(transport.Result)) (transport.Result, bool)
}

// ClientHandler is told what happens to one client transaction: strictly in order, never two calls at once, never under
// a lock of this package. Response and failure calls run on the transport's reader or on a timer and must not block;
// they may call back into this package.
type ClientHandler interface {
	// Response gets every provisional response, the final one and, for an INVITE, every further 2xx (retransmitted or
	// from another fork) until 64*T1 after the first (RFC 6026 7.2): each of those is to be acknowledged again.
	Response(res *sip.Response)
	// Failed ends the transaction without a final response: ErrTimeout or ErrTransport. It is called at most once.
	Failed(err error)
}

// Layer matches messages to transactions and runs them. All methods are safe for concurrent use.
type Layer struct{}

// New makes a layer on top of tr and takes over its message hook. Set the hooks below before the transport starts.
func New(tr Transport, timers Timers, log *slog.Logger) (*Layer, error) { return &Layer{}, nil }

// OnRequest sets the receiver of new server transactions, called in wire order on the transport's reader. The hooks of
// the Server are to be set inside the call. Every request but ACK and CANCEL comes this way, unknown methods included.
func (l *Layer) OnRequest(h func(*Server)) {}

// OnAck sets the receiver of ACKs that belong to no transaction of a non-2xx response: those for a 2xx
// (RFC 3261 13.3.1.4), to be matched to a dialog by the receiver.
func (l *Layer) OnAck(h func(ack *sip.Request, src transport.Source)) {}

// OnStray sets the receiver of responses that match no transaction, such as a 2xx repeated after its transaction ended.
func (l *Layer) OnStray(h func(res *sip.Response, src transport.Source)) {}

// Request starts a client transaction. The request needs From, To, Call-ID, CSeq and a Request-URI; Via (with a fresh
// branch unless it brings its own), Max-Forwards and Content-Length are added. The request then belongs to the
// transaction and must not be changed. h hears nothing before Request returns.
func (l *Layer) Request(req *sip.Request, dst transport.Target, h ClientHandler) (*Client, error) {
	return nil, ErrClosed
}

// Ack sends the ACK for a 2xx: outside any transaction, with a fresh branch each time it is first sent
// (RFC 3261 13.2.2.4). To answer a repeated 2xx call it again with the same request: its Via is kept.
// done hears of a failure found only later; it may be nil.
func (l *Layer) Ack(ack *sip.Request, dst transport.Target, done func(error)) error { return ErrClosed }

// Close stops every timer and forgets every transaction without a further callback. Safe twice.
func (l *Layer) Close() {}

// Stats are counters since the start, and the transactions alive.
type Stats struct {
	Clients, Servers             int    // alive now
	ClientsStarted               uint64 // client transactions since the start
	ServersStarted               uint64 // server transactions since the start
	Retransmissions              uint64 // messages this side sent again by timer or on a repeated request
	Absorbed                     uint64 // repeated messages of the far side that went no further
	Timeouts, TransportErrors    uint64
	StrayResponses, StrayCancels uint64
	Merged, Refused              uint64 // 482 (RFC 3261 8.2.2.2) and 503 sent
}

// Stats returns the counters.
func (l *Layer) Stats() Stats { return Stats{} }
