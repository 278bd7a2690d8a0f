package client

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// SIP is the least of a browser that speaks SIP over WebSocket (RFC 7118): it registers without a password and calls. It exists to
// measure a foreign WebSocket server beside the gateway. One request at a time.
type SIP struct {
	conn   *websocket.Conn
	domain string
	user   string
	host   string // of Via and Contact, of no meaning by design (RFC 7118 5)

	mu       sync.Mutex // one request at a time
	seq      int
	received chan string
	gone     chan struct{}
}

// SIPRegister opens a socket at url (ws:// or wss://) and registers user@domain.
func SIPRegister(ctx context.Context, url, user, domain string, secure *tls.Config) (*SIP, error) {
	d := websocket.Dialer{Subprotocols: []string{"sip"}, ReadBufferSize: 512, WriteBufferSize: 512, HandshakeTimeout: 20 * time.Second, TLSClientConfig: secure}
	conn, _, err := d.DialContext(ctx, url, nil)
	if err != nil {
		return nil, fmt.Errorf("open the SIP socket: %w", err)
	}
	s := &SIP{conn: conn, domain: domain, user: user, host: strings.ToLower(rand.Text()[:12]) + ".invalid", received: make(chan string, 16), gone: make(chan struct{})}
	go s.read()
	err = s.do(ctx, func() error {
		s.seq++
		id := rand.Text()
		if err := s.send("REGISTER sip:"+domain, id, "REGISTER", "<"+s.uri()+">", "Contact: <sip:"+user+"@"+s.host+";transport=ws>", "Expires: 600", "Supported: path, outbound"); err != nil {
			return err
		}
		_, err := s.final(ctx, "REGISTER", nil)
		return err
	})
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *SIP) uri() string { return "sip:" + s.user + "@" + s.domain }

// do runs one exchange.
func (s *SIP) do(_ context.Context, f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return f()
}

func (s *SIP) read() {
	defer close(s.gone)
	for {
		_, b, err := s.conn.ReadMessage()
		if err != nil {
			return
		}
		select {
		case s.received <- string(b):
		default: // nobody waits
		}
	}
}

// send writes a request; the last of more may be a body after an empty line.
func (s *SIP) send(line, callID, method, to string, more ...string) error {
	body := ""
	if n := len(more); n > 0 && strings.HasPrefix(more[n-1], "v=0") {
		body, more = more[n-1], more[:n-1]
	}
	lines := append([]string{line + " SIP/2.0", "Via: SIP/2.0/WSS " + s.host + ";branch=z9hG4bK" + rand.Text(), "Max-Forwards: 70",
		"From: <" + s.uri() + ">;tag=load", "To: " + to, "Call-ID: " + callID, fmt.Sprintf("CSeq: %d %s", s.seq, method)}, more...)
	if body != "" {
		lines = append(lines, "Content-Type: application/sdp")
	}
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)), "", body)
	return s.conn.WriteMessage(websocket.TextMessage, []byte(strings.Join(lines, "\r\n")))
}

// final waits for the final response to a method and tells of a 180 on the way.
func (s *SIP) final(ctx context.Context, method string, ringing func()) (string, error) {
	for {
		select {
		case m := <-s.received:
			if !strings.HasPrefix(m, "SIP/2.0 ") || !strings.Contains(header(m, "cseq"), method) {
				continue
			}
			status := m[8:11]
			switch {
			case status == "180" && ringing != nil:
				ringing()
			case status[0] == '2':
				return m, nil
			case status[0] > '2':
				return "", fmt.Errorf("%s: %s", method, m[8:max(8, strings.IndexByte(m, '\r'))])
			}
		case <-s.gone:
			return "", ErrClosed
		case <-ctx.Done():
			return "", fmt.Errorf("wait for the answer to %s: %w", method, ctx.Err())
		}
	}
}

// header is the first value of a header.
func header(message, name string) string {
	for line := range strings.SplitSeq(message, "\r\n") {
		if n, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(n, name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// Call sets a call to target up and takes it down. It returns how long the ringing took to arrive.
func (s *SIP) Call(ctx context.Context, target string) (time.Duration, error) {
	var ringing time.Duration
	err := s.do(ctx, func() error {
		s.seq++
		began, id := time.Now(), rand.Text()
		offer, err := Silent{}.Offer()
		if err != nil {
			return err
		}
		contact := "Contact: <sip:" + s.user + "@" + s.host + ";transport=ws>"
		to := "<sip:" + target + "@" + s.domain + ">"
		if err := s.send("INVITE sip:"+target+"@"+s.domain, id, "INVITE", to, contact, offer); err != nil {
			return err
		}
		answer, err := s.final(ctx, "INVITE", func() { ringing = time.Since(began) })
		if err != nil {
			return err
		}
		remote := strings.Trim(header(answer, "contact"), "<>")
		if remote == "" || ringing == 0 {
			return errors.New("INVITE: no ringing or no Contact came back")
		}
		var routes []string
		for line := range strings.SplitSeq(answer, "\r\n") {
			if n, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(n, "record-route") {
				routes = append([]string{"Route:" + v}, routes...)
			}
		}
		if err := s.send("ACK "+remote, id, "ACK", header(answer, "to"), routes...); err != nil {
			return err
		}
		s.seq++
		if err := s.send("BYE "+remote, id, "BYE", header(answer, "to"), routes...); err != nil {
			return err
		}
		_, err = s.final(ctx, "BYE", nil)
		return err
	})
	return ringing, err
}

// Close cuts the socket.
func (s *SIP) Close() {
	_ = s.conn.Close()
	<-s.gone
}
