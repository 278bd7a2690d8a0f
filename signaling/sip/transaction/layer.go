package transaction

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

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
type Layer struct {
	tr     Transport
	timers Timers
	log    *slog.Logger

	clientInvite, clientOther, serverInvite, serverOther *table // never changed

	onRequest func(*Server)                         // set before the transport starts
	onAck     func(*sip.Request, transport.Source)  // likewise
	onStray   func(*sip.Response, transport.Source) // likewise
	stats     counters
	wg        sync.WaitGroup // deliveries that could not run on the caller's goroutine

	mu      sync.Mutex // guards the following; a core's lock may be held while taking it, never the other way round
	closed  bool
	clients map[clientKey]*Client
	servers map[serverKey]*Server
	merges  map[mergeKey]*Server
}

// New makes a layer on top of tr and takes over its message hook. Set the hooks below before the transport starts.
func New(tr Transport, timers Timers, log *slog.Logger) (*Layer, error) {
	if err := timers.Validate(); err != nil {
		return nil, fmt.Errorf("sip timers: %w", err)
	}
	tables := &Layer{timers: timers, log: log, clientInvite: clientInvite(), clientOther: clientOther(), serverInvite: serverInvite(), serverOther: serverOther()}
	return tables.Beside(tr), nil
}

// Beside makes a layer of its own on top of another transport, with the same settings. The two share nothing that changes; where
// there are many, each a connection's, they share the machines' tables.
func (l *Layer) Beside(tr Transport) *Layer {
	l = &Layer{
		tr: tr, timers: l.timers, log: l.log,
		clientInvite: l.clientInvite, clientOther: l.clientOther, serverInvite: l.serverInvite, serverOther: l.serverOther,
		onAck:   func(*sip.Request, transport.Source) {},
		onStray: func(*sip.Response, transport.Source) {},
		clients: make(map[clientKey]*Client),
		servers: make(map[serverKey]*Server),
		merges:  make(map[mergeKey]*Server),
	}
	// Without a user every request is refused rather than left to time out.
	l.onRequest = func(s *Server) { s.answer(503, "Service Unavailable") }
	tr.OnMessage(l.message)
	return l
}

// OnRequest sets the receiver of new server transactions, called in wire order on the transport's reader. The hooks of
// the Server are to be set inside the call. Every request but ACK and CANCEL comes this way, unknown methods included.
func (l *Layer) OnRequest(h func(*Server)) { l.onRequest = h }

// OnAck sets the receiver of ACKs that belong to no transaction of a non-2xx response: those for a 2xx
// (RFC 3261 13.3.1.4), to be matched to a dialog by the receiver.
func (l *Layer) OnAck(h func(ack *sip.Request, src transport.Source)) { l.onAck = h }

// OnStray sets the receiver of responses that match no transaction, such as a 2xx repeated after its transaction ended.
func (l *Layer) OnStray(h func(res *sip.Response, src transport.Source)) { l.onStray = h }

// Request starts a client transaction. The request needs From, To, Call-ID, CSeq and a Request-URI; Via (with a fresh
// branch unless it brings its own), Max-Forwards and Content-Length are added. The request then belongs to the
// transaction and must not be changed. h may hear of a response before Request returns; if Request returns an error,
// h hears nothing.
func (l *Layer) Request(req *sip.Request, dst transport.Target, h ClientHandler) (*Client, error) {
	if req.From() == nil || req.To() == nil || req.CallID() == nil || req.CSeq() == nil {
		return nil, ErrIncomplete
	}
	complete(req)
	branch, _ := req.Via().Params.Get("branch")
	c := &Client{req: req, key: clientKey{branch, req.Method}, handler: h, target: dst}
	if req.Method == sip.INVITE {
		c.start(l, c, l.clientInvite, Calling)
	} else {
		c.start(l, c, l.clientOther, Trying)
	}
	if err := l.addClient(c); err != nil {
		return nil, err
	}
	if err := c.begin(); err != nil {
		return nil, err
	}
	return c, nil
}

// complete adds what every request must carry and its maker left to us.
func complete(req *sip.Request) {
	via := req.Via()
	if via == nil {
		via = &sip.ViaHeader{}
		req.PrependHeader(via)
	}
	if branch, _ := via.Params.Get("branch"); branch == "" {
		via.Params.Add("branch", magicCookie+rand.Text())
	}
	if req.MaxForwards() == nil {
		hops := sip.MaxForwardsHeader(70)
		req.AppendHeader(&hops)
	}
	if req.ContentLength() == nil {
		req.SetBody(req.Body())
	}
}

// Ack sends the ACK for a 2xx: outside any transaction, with a fresh branch when it is first sent
// (RFC 3261 13.2.2.4). To answer a repeated 2xx call it again with the same request: its Via is kept.
// done hears of a failure found only later; it may be nil.
func (l *Layer) Ack(ack *sip.Request, dst transport.Target, done func(error)) error {
	complete(ack)
	r, known := l.tr.Post(ack, dst, func(r transport.Result) {
		if r.Err != nil && done != nil {
			done(fmt.Errorf("%w: %w", ErrTransport, r.Err))
		}
	})
	if known && r.Err != nil {
		return fmt.Errorf("%w: %w", ErrTransport, r.Err)
	}
	return nil
}

// sendCancel runs the transaction of a CANCEL. Its outcome tells nothing the INVITE's own response does not.
func (l *Layer) sendCancel(cancel *sip.Request, dst transport.Target) {
	if _, err := l.Request(cancel, dst, ignore{}); err != nil {
		l.log.Warn("sip CANCEL not sent", "error", err)
	}
}

// ignore is a ClientHandler for what nobody waits for.
type ignore struct{}

func (ignore) Response(*sip.Response) {}
func (ignore) Failed(error)           {}

// message is the transport's hook: everything that comes in.
func (l *Layer) message(msg sip.Message, src transport.Source) {
	switch m := msg.(type) {
	case *sip.Response:
		l.mu.Lock()
		c := l.clients[keyOfResponse(m)]
		l.mu.Unlock()
		if c == nil {
			l.stray(m, src)
			return
		}
		c.response(m)
	case *sip.Request:
		switch m.Method {
		case sip.ACK:
			l.ack(m, src)
		case sip.CANCEL:
			l.cancel(m, src)
		default:
			l.request(m, src)
		}
	}
}

func (l *Layer) stray(res *sip.Response, src transport.Source) {
	l.stats.strayResponses.Add(1)
	l.onStray(res, src)
}

func (l *Layer) server(key serverKey) *Server {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.servers[key]
}

// ack gives an ACK to the INVITE transaction it matches (RFC 3261 17.2.3), else up.
func (l *Layer) ack(ack *sip.Request, src transport.Source) {
	if s := l.server(keyOfRequest(ack, sip.INVITE)); s != nil {
		s.feed(Ack, ack)
		return
	}
	l.onAck(ack, src)
}

// cancel runs the CANCEL's own transaction, which answers 200 or 481, and tells the INVITE's (RFC 3261 9.2). A CANCEL
// for another method is answered 481: it could have no effect.
func (l *Layer) cancel(cancel *sip.Request, src transport.Source) {
	key := keyOfRequest(cancel, sip.CANCEL)
	if s := l.server(key); s != nil {
		s.feed(Repeat, cancel)
		return
	}
	inviteKey := key
	inviteKey.method = sip.INVITE
	invite := l.server(inviteKey)
	if invite == nil {
		l.stats.strayCancels.Add(1)
		if l.full(true) { // nothing may be kept for it
			l.tr.Post(sip.NewResponseFromRequest(cancel, 481, "Call/Transaction Does Not Exist", nil), src.Reply(), nil)
			return
		}
	}
	own := l.newServer(cancel, src, key)
	own.inner = true
	if !l.addServer(own) {
		return
	}
	own.begin()
	if invite == nil {
		own.answer(481, "Call/Transaction Does Not Exist")
		return
	}
	own.answerAs(invite.tag(), 200, "OK")
	invite.feed(Cancel, cancel)
}

// request gives a repeated request to its transaction and starts one for a new request, within the limits.
func (l *Layer) request(req *sip.Request, src transport.Source) {
	key := keyOfRequest(req, req.Method)
	if s := l.server(key); s != nil {
		s.feed(Repeat, req)
		return
	}
	if l.full(inDialog(req)) {
		l.unavailable(req, src)
		return
	}
	s := l.newServer(req, src, key)
	s.merge, s.merged = mergeable(req)
	if s.merged {
		l.mu.Lock()
		s.inner = l.merges[s.merge] != nil
		l.mu.Unlock()
	}
	if !l.addServer(s) {
		return
	}
	s.begin()
	if s.inner {
		l.stats.merged.Add(1)
		s.answer(482, "Loop Detected")
	}
}

// unavailable refuses a request without keeping anything (RFC 3261 21.5.4).
func (l *Layer) unavailable(req *sip.Request, src transport.Source) {
	l.stats.refused.Add(1)
	res := sip.NewResponseFromRequest(req, 503, "Service Unavailable", nil)
	seconds := int((l.timers.RetryAfter + time.Second - 1) / time.Second)
	res.AppendHeader(sip.NewHeader("Retry-After", strconv.Itoa(seconds)))
	l.tr.Post(res, src.Reply(), nil)
}

func (l *Layer) newServer(req *sip.Request, src transport.Source, key serverKey) *Server {
	s := &Server{req: req, src: src, key: key}
	if req.Method == sip.INVITE {
		s.start(l, s, l.serverInvite, Proceeding)
	} else {
		s.start(l, s, l.serverOther, Trying)
	}
	s.m.reliable = src.Network != transport.UDP
	return s
}

// full reports whether no further transaction may start; those inside dialogs may use a quarter more.
func (l *Layer) full(inside bool) bool {
	limit := l.timers.MaxTransactions
	if inside {
		limit += limit / 4
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.clients)+len(l.servers) >= limit
}

func (l *Layer) addClient(c *Client) error {
	// What ends or completes a call that exists must get out.
	if c.req.Method != sip.CANCEL && l.full(inDialog(c.req)) {
		return ErrTooMany
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return ErrClosed
	case l.clients[c.key] != nil:
		return ErrDuplicate
	}
	l.clients[c.key] = c
	l.stats.clients.Add(1)
	return nil
}

func (l *Layer) removeClient(c *Client) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.clients[c.key] == c {
		delete(l.clients, c.key)
	}
}

// addServer enters a server transaction. It fails after Close, and if another reader was faster with the same request.
func (l *Layer) addServer(s *Server) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.servers[s.key] != nil {
		return false
	}
	l.servers[s.key] = s
	if s.merged && !s.inner {
		l.merges[s.merge] = s
	}
	l.stats.servers.Add(1)
	return true
}

func (l *Layer) removeServer(s *Server) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.servers[s.key] == s {
		delete(l.servers, s.key)
	}
	if s.merged && l.merges[s.merge] == s {
		delete(l.merges, s.merge)
	}
}

// Close stops every timer and forgets every transaction without a further callback, but for one already running.
// Safe twice. It must not be called from a callback.
func (l *Layer) Close() {
	l.mu.Lock()
	l.closed = true
	cores := make([]*core, 0, len(l.clients)+len(l.servers))
	for _, c := range l.clients {
		cores = append(cores, &c.core)
	}
	for _, s := range l.servers {
		cores = append(cores, &s.core)
	}
	clear(l.clients)
	clear(l.servers)
	clear(l.merges)
	l.mu.Unlock()
	for _, c := range cores {
		c.stop()
	}
	l.wg.Wait()
}

// now is the clock of the machines.
func (l *Layer) now() time.Time { return time.Now() }
