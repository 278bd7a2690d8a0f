package ws

import (
	"errors"
	"io"
	"net/netip"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// writeTimeout bounds one write to a browser's socket.
	writeTimeout = 10 * time.Second
	// closeGrace is how long a closed connection waits for the browser's close frame.
	closeGrace = 2 * time.Second
	// farewellLimit is how much of a frame that is too large is dropped, octets; a browser that goes on after that is cut.
	farewellLimit = 1 << 20
)

// Conn is one browser's socket. Send and Close may be called from any goroutine and never block.
type Conn struct {
	server *Server
	socket *websocket.Conn
	remote netip.Addr
	port   uint16
	secure bool

	mu      sync.Mutex // guards the following
	queue   []frame
	queued  int // bytes in queue
	writing bool
	closing bool

	ping *time.Timer
}

// frame is one message or, with code set, the closing handshake.
type frame struct {
	data   []byte
	ping   bool
	code   int
	reason string
}

func newConn(s *Server, socket *websocket.Conn, remote netip.Addr) *Conn {
	c := &Conn{server: s, socket: socket, remote: remote}
	socket.SetReadLimit(int64(s.config.MaxFrame))
	socket.SetPongHandler(func(string) error { return c.alive() })
	return c
}

// Remote is the browser's address as the gateway sees it (through trusted proxies).
func (c *Conn) Remote() netip.Addr { return c.remote }

// Port is the browser's TCP port, 0 where a proxy stands between.
func (c *Conn) Port() uint16 { return c.port }

// Secure reports whether the browser's connection is encrypted (by us, or by a trusted proxy that says so).
func (c *Conn) Secure() bool { return c.secure }

// Send queues a text frame; data must not change from then on. When the queue is full, the browser does not read:
// the connection is cut and what waits is dropped; the browser's session is resumed by its next connection.
func (c *Conn) Send(data []byte) {
	c.mu.Lock()
	if c.closing {
		c.mu.Unlock()
		return
	}
	if c.queued+len(data) > c.server.config.SendQueue {
		c.mu.Unlock()
		c.server.count(func(t *Stats) { t.Slow++ })
		c.abort()
		return
	}
	c.push(frame{data: data})
	c.mu.Unlock()
}

// Close starts the closing handshake after everything already queued, with a close code (RFC 6455 7.4) and a reason
// of at most 120 bytes. The handler's Closed follows.
func (c *Conn) Close(code int, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	c.closing = true
	if len(reason) > 120 {
		reason = reason[:120]
	}
	c.push(frame{code: code, reason: reason})
}

// push adds to the queue and starts a writer if none runs. The caller holds mu.
func (c *Conn) push(f frame) {
	c.queue = append(c.queue, f)
	c.queued += len(f.data)
	if c.writing {
		return
	}
	c.writing = true
	c.server.wg.Add(1)
	go c.write()
}

// write empties the queue and ends.
func (c *Conn) write() {
	defer c.server.wg.Done()
	for {
		c.mu.Lock()
		if len(c.queue) == 0 {
			c.writing, c.queue = false, nil
			c.mu.Unlock()
			return
		}
		f := c.queue[0]
		c.queue = c.queue[1:]
		c.queued -= len(f.data)
		c.mu.Unlock()
		if err := c.writeFrame(f); err != nil {
			_ = c.socket.NetConn().Close() // the reader ends and reports
			return                         // writing stays set: nobody writes any more
		}
	}
}

func (c *Conn) writeFrame(f frame) error {
	deadline := time.Now().Add(writeTimeout)
	switch {
	case f.code != 0:
		err := c.socket.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(f.code, f.reason), deadline)
		_ = c.socket.SetReadDeadline(time.Now().Add(closeGrace))
		return err
	case f.ping:
		return c.socket.WriteControl(websocket.PingMessage, nil, deadline)
	default:
		_ = c.socket.SetWriteDeadline(deadline)
		return c.socket.WriteMessage(websocket.TextMessage, f.data)
	}
}

// abort cuts the socket: whoever is there no longer reads, so no close frame would arrive.
func (c *Conn) abort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	c.closing = true
	c.queue, c.queued = nil, 0
	_ = c.socket.NetConn().Close() // also ends a blocked write; WebSocket-level calls are the writer's alone
}

// alive extends the read deadline: two pings may stay without an answer.
func (c *Conn) alive() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return nil
	}
	return c.socket.SetReadDeadline(time.Now().Add(2*c.server.config.PingInterval + writeTimeout))
}

// read gives frames to the handler until the socket ends. It is the only reader. Frames are handled on a goroutine of their
// own, one at a time: what handles them needs a large stack for a moment, and this goroutine would keep such a stack for as long
// as the browser stays. That is 4 kB for each of thousands of idle browsers.
func (c *Conn) read(h Handler, p Protocol) {
	_ = c.alive()
	c.mu.Lock()
	c.ping = time.AfterFunc(c.server.config.PingInterval, c.sendPing)
	c.mu.Unlock()
	defer c.ping.Stop()
	defer func() { _ = c.socket.Close() }()
	handled := make(chan struct{})
	for {
		kind, data, err := c.socket.ReadMessage()
		if err != nil {
			if errors.Is(err, websocket.ErrReadLimit) {
				c.farewell()
			}
			c.abort()
			return
		}
		if kind != websocket.TextMessage && !p.Binary {
			c.Close(websocket.CloseUnsupportedData, p.Name+" frames are text")
			continue
		}
		c.mu.Lock()
		closing := c.closing
		c.mu.Unlock()
		if !closing {
			go handle(h, data, handled)
			<-handled
		}
	}
}

// farewell waits for the browser's end after a frame that was too large: the close frame has been sent, and the rest of that frame is
// dropped as it comes. Were it left unread, the system would reset the connection, and the browser might never learn why.
func (c *Conn) farewell() {
	c.mu.Lock()
	c.closing = true
	c.queue, c.queued = nil, 0
	c.mu.Unlock()
	conn := c.socket.NetConn()
	_ = conn.SetReadDeadline(time.Now().Add(closeGrace))
	if half, ok := conn.(interface{ CloseWrite() error }); ok { // TCP and TLS
		_ = half.CloseWrite()
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(conn, farewellLimit))
}

func handle(h Handler, data []byte, done chan<- struct{}) {
	defer func() { done <- struct{}{} }()
	h.Frame(data)
}

func (c *Conn) sendPing() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	c.push(frame{ping: true})
	c.ping.Reset(c.server.config.PingInterval)
}
