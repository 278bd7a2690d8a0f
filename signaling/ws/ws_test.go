package ws

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// echo answers each frame and reports what it saw.
type echo struct {
	conn   *Conn
	frames chan string
	closed chan struct{}
}

func (e *echo) Frame(data []byte) { e.frames <- string(data); e.conn.Send(data) }
func (e *echo) Closed()           { close(e.closed) }

type bed struct {
	server *Server
	http   *httptest.Server
	conns  chan *echo
}

func newBed(t *testing.T, change func(*Config)) *bed {
	t.Helper()
	c := DefaultConfig()
	c.Origins = []string{"https://phone.example"}
	if change != nil {
		change(&c)
	}
	b := &bed{conns: make(chan *echo, 10)}
	accept := func(conn *Conn) Handler {
		e := &echo{conn: conn, frames: make(chan string, 1000), closed: make(chan struct{})}
		b.conns <- e
		return e
	}
	b.server = New(c, slog.New(slog.DiscardHandler), Protocol{Name: Subprotocol, Accept: accept}, Protocol{Name: SubprotocolSIP, Binary: true, Accept: accept})
	b.http = httptest.NewServer(b.server)
	t.Cleanup(b.http.Close)
	t.Cleanup(b.server.Close)
	return b
}

func (b *bed) dial(t *testing.T, origin string, protocols ...string) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	h := http.Header{}
	if origin != "" {
		h.Set("Origin", origin)
	}
	d := websocket.Dialer{Subprotocols: protocols, HandshakeTimeout: 30 * time.Second}
	conn, res, err := d.DialContext(t.Context(), "ws"+strings.TrimPrefix(b.http.URL, "http"), h)
	if err == nil {
		t.Cleanup(func() { _ = conn.Close() })
		_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	}
	return conn, res, err
}

func (b *bed) mustDial(t *testing.T) *websocket.Conn {
	t.Helper()
	conn, _, err := b.dial(t, "https://phone.example", Subprotocol)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestHandshake(t *testing.T) {
	b := newBed(t, nil)
	tests := []struct {
		name, origin string
		protocols    []string
		want         int
	}{
		{"listed origin", "https://phone.example", []string{"other", Subprotocol}, 101},
		{"foreign origin", "https://evil.example", []string{Subprotocol}, 403},
		{"other scheme", "http://phone.example", []string{Subprotocol}, 403},
		{"other port", "https://phone.example:444", []string{Subprotocol}, 403},
		{"longer host", "https://phone.example.evil", []string{Subprotocol}, 403},
		{"null origin", "null", []string{Subprotocol}, 403},
		{"no origin", "", []string{Subprotocol}, 403},
		{"no subprotocol", "https://phone.example", nil, 400},
		{"other subprotocol", "https://phone.example", []string{"xmpp"}, 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn, res, err := b.dial(t, tt.origin, tt.protocols...)
			if res == nil || res.StatusCode != tt.want {
				t.Fatalf("response %v, err %v; want %d", res, err, tt.want)
			}
			if tt.want == 101 && conn.Subprotocol() != Subprotocol {
				t.Errorf("subprotocol %q", conn.Subprotocol())
			}
		})
	}
	if s := b.server.Stats(); s.RefusedOrigin != 6 || s.RefusedOther != 2 {
		t.Errorf("stats %+v", s)
	}
}

// TestSubprotocols: which protocol is spoken is agreed in the handshake, with the same checks of the origin; SIP's messages
// may be binary (RFC 7118 5.2), causeway.v1's may not.
func TestSubprotocols(t *testing.T) {
	b := newBed(t, nil)
	if _, res, _ := b.dial(t, "https://evil.example", SubprotocolSIP); res == nil || res.StatusCode != 403 {
		t.Errorf("a foreign origin with sip: %v", res)
	}
	conn, _, err := b.dial(t, "https://phone.example", SubprotocolSIP)
	if err != nil || conn.Subprotocol() != SubprotocolSIP {
		t.Fatalf("%v, %v", conn, err)
	}
	e := <-b.conns
	if e.conn.Port() == 0 {
		t.Error("the browser's port is not known")
	}
	if err := conn.WriteMessage(websocket.BinaryMessage, []byte("OPTIONS")); err != nil {
		t.Fatal(err)
	}
	if got := <-e.frames; got != "OPTIONS" {
		t.Errorf("got %q", got)
	}
	both, _, err := b.dial(t, "https://phone.example", SubprotocolSIP, Subprotocol)
	if err != nil || both.Subprotocol() != Subprotocol {
		t.Errorf("with both offered: %v, %v", both, err)
	}
}

func TestNoOriginAllowed(t *testing.T) {
	b := newBed(t, func(c *Config) { c.AllowNoOrigin = true })
	if _, _, err := b.dial(t, "", Subprotocol); err != nil {
		t.Error(err)
	}
	if _, _, err := b.dial(t, "https://evil.example", Subprotocol); err == nil {
		t.Error("a foreign origin was let in")
	}
}

func TestFramesKeepTheirOrder(t *testing.T) {
	b := newBed(t, nil)
	conn := b.mustDial(t)
	const n = 500
	go func() {
		for i := range n {
			if conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, "m%d", i)) != nil {
				return
			}
		}
	}()
	for i := range n {
		_, data, err := conn.ReadMessage()
		if err != nil || string(data) != fmt.Sprintf("m%d", i) {
			t.Fatalf("frame %d = %q, %v", i, data, err)
		}
	}
}

func closeCode(t *testing.T, conn *websocket.Conn) int {
	t.Helper()
	for {
		_, _, err := conn.ReadMessage()
		if e, ok := err.(*websocket.CloseError); ok { //nolint:errorlint // gorilla returns it unwrapped
			return e.Code
		}
		if err != nil {
			t.Fatalf("no close frame: %v", err)
		}
	}
}

func TestCloses(t *testing.T) {
	t.Run("too big", func(t *testing.T) {
		b := newBed(t, func(c *Config) { c.MaxFrame = 1024 })
		conn := b.mustDial(t)
		if err := conn.WriteMessage(websocket.TextMessage, make([]byte, 1025)); err != nil {
			t.Fatal(err)
		}
		if code := closeCode(t, conn); code != websocket.CloseMessageTooBig {
			t.Errorf("closed with %d", code)
		}
		<-(<-b.conns).closed
	})
	t.Run("too big and still on its way", func(t *testing.T) { // a reset in place of an end would take the close frame with it
		b := newBed(t, func(c *Config) { c.MaxFrame = 1024 })
		conn := b.mustDial(t)
		raw := conn.NetConn()
		part := make([]byte, 30_000)
		if _, err := raw.Write(append([]byte{0x81, 0x80 | 126, 0xea, 0x60, 0, 0, 0, 0}, part...)); err != nil { // 60000 octets of text
			t.Fatal(err)
		}
		if code := closeCode(t, conn); code != websocket.CloseMessageTooBig {
			t.Errorf("closed with %d", code)
		}
		if _, err := raw.Write(part); err != nil {
			t.Errorf("the rest: %v", err)
		}
		if _, err := raw.Read(part); !errors.Is(err, io.EOF) {
			t.Errorf("after the close frame: %v, not an orderly end", err)
		}
		_ = conn.Close()
		<-(<-b.conns).closed
	})
	t.Run("binary", func(t *testing.T) {
		b := newBed(t, nil)
		conn := b.mustDial(t)
		if err := conn.WriteMessage(websocket.BinaryMessage, []byte{1}); err != nil {
			t.Fatal(err)
		}
		if code := closeCode(t, conn); code != websocket.CloseUnsupportedData {
			t.Errorf("closed with %d", code)
		}
	})
	t.Run("by the handler", func(t *testing.T) {
		b := newBed(t, nil)
		conn := b.mustDial(t)
		e := <-b.conns
		e.conn.Send([]byte("last words"))
		e.conn.Close(4401, strings.Repeat("x", 200))
		e.conn.Send([]byte("too late"))
		if _, data, err := conn.ReadMessage(); err != nil || string(data) != "last words" {
			t.Fatalf("%q, %v", data, err)
		}
		if code := closeCode(t, conn); code != 4401 {
			t.Errorf("closed with %d", code)
		}
		<-e.closed
	})
	t.Run("by the server", func(t *testing.T) {
		b := newBed(t, nil)
		conn := b.mustDial(t)
		e := <-b.conns // the server has it: the client's handshake ends earlier
		go b.server.Close()
		if code := closeCode(t, conn); code != websocket.CloseGoingAway {
			t.Errorf("closed with %d", code)
		}
		<-e.closed
	})
}

func TestABrowserThatNeverReadsIsClosed(t *testing.T) {
	b := newBed(t, nil)
	_ = b.mustDial(t)
	e := <-b.conns
	for b.server.Stats().Slow == 0 {
		e.conn.Send(make([]byte, 60<<10))
	}
	<-e.closed
}

func TestLimits(t *testing.T) {
	b := newBed(t, func(c *Config) { c.MaxConnections, c.MaxPerAddress = 3, 2 })
	first, _ := b.mustDial(t), b.mustDial(t)
	_, res, err := b.dial(t, "https://phone.example", Subprotocol)
	if err == nil || res == nil || res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
		t.Fatalf("third of one address: %v, %v", res, err)
	}
	e := <-b.conns
	_ = first.Close()
	<-e.closed // its place is free before Closed is called
	if _, _, err := b.dial(t, "https://phone.example", Subprotocol); err != nil {
		t.Errorf("after one left: %v", err)
	}
}

func TestClientAddress(t *testing.T) {
	s := New(Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, slog.New(slog.DiscardHandler))
	tests := []struct{ peer, forwarded, want string }{
		{"192.0.2.1:5", "", "192.0.2.1"},
		{"192.0.2.1:5", "203.0.113.9", "192.0.2.1"}, // not a trusted proxy: its word counts nothing
		{"10.0.0.1:5", "203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:5", "198.51.100.1, 203.0.113.9", "203.0.113.9"}, // the client wrote the first one
		{"10.0.0.1:5", "203.0.113.9, 10.0.0.2", "203.0.113.9"},
		{"10.0.0.1:5", "rubbish", "10.0.0.1"},
		{"[::ffff:10.0.0.1]:5", "2001:db8::1", "2001:db8::1"},
	}
	for _, tt := range tests {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tt.peer
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if got := s.client(r).String(); got != tt.want {
			t.Errorf("%s via %q = %s, want %s", tt.peer, tt.forwarded, got, tt.want)
		}
	}
}

// TestSecure: encrypted is what came by TLS here, or what a trusted proxy says came by TLS there; nobody else's word counts.
func TestSecure(t *testing.T) {
	s := &Server{config: Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}
	for _, c := range []struct {
		peer  string
		tls   bool
		words []string
		want  bool
	}{
		{"192.0.2.1:1", false, nil, false},
		{"192.0.2.1:1", true, nil, true},
		{"192.0.2.1:1", false, []string{"https"}, false},
		{"10.0.0.1:1", false, []string{"https"}, true},
		{"10.0.0.1:1", false, []string{"WSS"}, true},
		{"10.0.0.1:1", false, []string{"http"}, false},
		{"10.0.0.1:1", false, []string{"http", "https"}, false},
		{"10.0.0.1:1", false, nil, false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		if c.tls {
			r.TLS = &tls.ConnectionState{}
		}
		for _, w := range c.words {
			r.Header.Add("X-Forwarded-Proto", w)
		}
		if got := s.secure(r); got != c.want {
			t.Errorf("%+v: %t", c, got)
		}
	}
}

func TestPings(t *testing.T) {
	b := newBed(t, func(c *Config) { c.PingInterval = 20 * time.Millisecond })
	conn := b.mustDial(t)
	pings := make(chan struct{}, 100)
	conn.SetPingHandler(func(string) error { pings <- struct{}{}; return nil })
	go func() { _, _, _ = conn.ReadMessage() }()
	for range 3 {
		select {
		case <-pings:
		case <-time.After(30 * time.Second):
			t.Fatal("no ping")
		}
	}
}

func TestDeadPeerAtHandshakeCostsNothing(t *testing.T) {
	b := newBed(t, nil)
	raw, err := net.Dial("tcp", strings.TrimPrefix(b.http.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprintf(raw, "GET / HTTP/1.1\r\nHost: x\r\nOrigin: https://phone.example\r\nSec-WebSocket-Protocol: %s\r\n\r\n", Subprotocol)
	buf := make([]byte, 512)
	_ = raw.SetReadDeadline(time.Now().Add(30 * time.Second))
	n, _ := raw.Read(buf)
	if !strings.HasPrefix(string(buf[:n]), "HTTP/1.1 400") {
		t.Errorf("answer %q", buf[:n])
	}
	_ = raw.Close()
	if open := b.server.Stats().Open; open != 0 {
		t.Errorf("%d open", open)
	}
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	if len(b.server.perAddr) != 0 {
		t.Errorf("places left taken: %v", b.server.perAddr)
	}
}

func TestValidate(t *testing.T) {
	good := DefaultConfig()
	good.Origins = []string{"https://phone.example", "http://localhost:8080"}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Origins = nil }, "websocket.origins is empty"},
		{func(c *Config) { c.Origins = []string{"*"} }, `"*" is not an origin`},
		{func(c *Config) { c.Origins = []string{"https://a/b"} }, "is not an origin"},
		{func(c *Config) { c.MaxFrame = 10 }, "websocket.max_frame is 10"},
		{func(c *Config) { c.MaxConnections = -1 }, "cannot be negative"},
		{func(c *Config) { c.PingInterval = 0 }, "websocket.ping_interval is 0s"},
		{func(c *Config) { c.SendQueue = 1 }, "websocket.send_queue is 1"},
	}
	for _, tt := range tests {
		c := good
		tt.change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("err = %v, want %q", err, tt.want)
		}
	}
}
