package sipws

import (
	"bytes"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/pace"
	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/transaction"
	"causeway/signaling/sip/transport"
	"causeway/signaling/wire"
)

// What one connection may do. A call's set-up is a dozen messages.
const (
	messagesPerSecond = 20
	messageBurst      = 100
	maxBad            = 10  // messages that are no SIP, in a connection's life
	maxOver           = 200 // messages over the rate, in a connection's life
	maxMessage        = wire.MaxFrame
)

// host is what we call ourselves in Via and Contact. It is nobody's name: whoever has our Contact has the connection too
// (RFC 7118 5, RFC 5626).
const host = "causeway.invalid"

// Flow is one connection (RFC 5626): it reads and writes SIP messages and runs their transactions. Frame and Closed are called
// by the socket's one reader.
type Flow struct {
	server *Server
	conn   Conn
	log    *slog.Logger
	remote netip.AddrPort
	tx     *transaction.Layer
	agent  atomic.Pointer[agent] // whose connection it is; another one when a user agent comes back

	bucket  pace.Bucket
	bad     int
	over    int
	handler func(sip.Message, transport.Source)
	closed  sync.Once
}

func newFlow(s *Server, c Conn) *Flow {
	f := &Flow{server: s, conn: c, log: s.deps.Log.With("front", "sip"), remote: netip.AddrPortFrom(c.Remote(), c.Port())}
	f.tx = s.layer.Beside(f)
	f.tx.OnRequest(f.request)
	f.tx.OnAck(func(ack *sip.Request, _ transport.Source) {
		a := f.agent.Load()
		a.post(func() { a.ack(ack) })
	})
	a := newAgent(s, f)
	f.agent.Store(a)
	a.post(a.sit)
	return f
}

// OnMessage implements transaction.Transport.
func (f *Flow) OnMessage(h func(msg sip.Message, src transport.Source)) { f.handler = h }

// Post implements transaction.Transport: everything goes by this connection, wherever it is addressed to.
func (f *Flow) Post(msg sip.Message, _ transport.Target, _ func(transport.Result)) (transport.Result, bool) {
	if req, ok := msg.(*sip.Request); ok && req.Via() != nil {
		via := req.Via()
		via.ProtocolName, via.ProtocolVersion, via.Transport, via.Host, via.Port = "SIP", "2.0", f.transport(), host, 0
	}
	data, err := transport.Write(msg, maxMessage)
	if err == nil {
		f.conn.Send(data)
	}
	return transport.Result{Network: transport.WS, Err: err}, true
}

// transport is the Via's word for the connection (RFC 7118 5.2).
func (f *Flow) transport() string {
	if f.conn.Secure() {
		return "WSS"
	}
	return "WS"
}

// Frame takes one WebSocket message: a SIP message or a keep-alive (RFC 7118 6, RFC 5626 4.4.1).
func (f *Flow) Frame(data []byte) {
	if len(data) <= 4 && len(bytes.Trim(data, "\r\n")) == 0 {
		if len(data) == 4 {
			f.conn.Send([]byte("\r\n"))
		}
		return
	}
	msg, src, refusal := transport.Read(data, f.remote)
	if msg == nil {
		if refusal != nil {
			f.Post(refusal, transport.Target{}, nil)
		}
		if f.bad++; f.bad >= maxBad {
			f.log.Info("socket closed", "reason", "too many messages that are no SIP")
			f.conn.Close(wire.CloseBadFrames, "too many messages that are no SIP")
		}
		return
	}
	if wait, ok := f.bucket.Take(time.Now(), messagesPerSecond, messageBurst); !ok {
		f.slowDown(msg, wait)
		return
	}
	if res, ok := msg.(*sip.Response); ok && (len(res.GetHeaders("via")) != 1 || !strings.EqualFold(res.Via().Host, host)) {
		return // not an answer to us (RFC 3261 8.1.3.3, 18.1.2)
	}
	f.handler(msg, src)
}

// slowDown refuses a request over the rate without keeping anything for it.
func (f *Flow) slowDown(msg sip.Message, wait time.Duration) {
	if f.over++; f.over >= maxOver {
		f.log.Info("socket closed", "reason", "too many SIP messages")
		f.conn.Close(wire.CloseRate, "too many SIP messages")
		return
	}
	if req, ok := msg.(*sip.Request); ok && req.Method != sip.ACK {
		f.Post(dialog.NewResponse(req, 503, newToken(), "", retryAfter(wait)), transport.Target{}, nil)
	}
}

// request gives a new transaction to the agent. It runs on the socket's reader.
func (f *Flow) request(tx *transaction.Server) {
	a := f.agent.Load()
	var c *call // of a new INVITE, once the agent has taken it
	if tx.Request().Method == sip.INVITE {
		tx.OnCancel(func(cancel *sip.Request) {
			a.post(func() {
				if c != nil {
					c.cancelled(cancel)
				}
			})
		})
	}
	a.post(func() { c = a.request(tx) })
}

// Closed is called when the connection is gone.
func (f *Flow) Closed() {
	f.closed.Do(func() {
		f.tx.Close()
		a := f.agent.Load()
		a.post(func() { a.lost(f) })
	})
}

// retryAfter says when to come again, in whole seconds (RFC 3261 20.33).
func retryAfter(wait time.Duration) dialog.Header {
	return dialog.Header{Name: "Retry-After", Value: strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second)))}
}
