package client

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// Options of a browser.
type Options struct {
	Gateway  string      // http:// or https:// base URL of the gateway
	Origin   string      // of the page; "" = Gateway
	Secure   *tls.Config // for https
	Buffer   int         // of the socket, bytes; 0 = gorilla's 4096
	Incoming int         // incoming calls that may wait; 0 = 4
}

// Browser is a page that is logged in: one session on one socket.
type Browser struct {
	Incoming chan *Call // calls that wait for Answer; the newest is dropped when full

	messages chan Message // notifications about messages; the newest is dropped when full

	socket  *socket
	mu      sync.Mutex // guards the following
	calls   map[string]*Call
	next    int
	state   string // of the registration
	closing string // why the gateway closes the session
	change  chan struct{}
}

// Token asks the lab's issuer (its base URL) for a user's token.
func Token(ctx context.Context, issuer, user string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, issuer+"/token?user="+user, nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", fmt.Errorf("get a token: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil || res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("get a token: %s: %w", res.Status, err)
	}
	var answer struct{ Token string }
	if err := json.Unmarshal(text, &answer); err != nil {
		return "", fmt.Errorf("get a token: %w", err)
	}
	return answer.Token, nil
}

// registration is what session.registration and the login's result say.
type registration struct {
	State string `json:"state"`
}

// Login opens a socket, logs in with a token and waits until the core has registered the user. instance is a UUID.
func Login(ctx context.Context, opt Options, token, instance string) (*Browser, error) {
	if opt.Origin == "" {
		opt.Origin = opt.Gateway
	}
	if opt.Incoming == 0 {
		opt.Incoming = 4
	}
	b := &Browser{Incoming: make(chan *Call, opt.Incoming), messages: make(chan Message, 64), calls: map[string]*Call{}, change: make(chan struct{}, 1)}
	var err error
	url := "ws" + strings.TrimPrefix(opt.Gateway, "http") + "/ws"
	if b.socket, err = connect(ctx, url, opt.Origin, opt.Buffer, opt.Secure, b.event); err != nil {
		return nil, err
	}
	var result struct {
		Registration registration `json:"registration"`
	}
	params := map[string]any{"token": token, "instance": instance, "client": map[string]string{"name": "load", "version": "1"}}
	if err := b.socket.request(ctx, "session.login", params, &result); err != nil {
		b.Close()
		return nil, err
	}
	b.mu.Lock()
	if b.state == "" { // an event may have been faster
		b.state = result.Registration.State
	}
	b.mu.Unlock()
	if err := b.registered(ctx); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

func (b *Browser) registered(ctx context.Context) error {
	for last := false; ; {
		b.mu.Lock()
		state := b.state
		b.mu.Unlock()
		switch state {
		case "registered":
			return nil
		case "failed", "ended":
			return fmt.Errorf("registration %s", state)
		}
		if last {
			return ErrClosed
		}
		select {
		case <-b.change:
		case <-b.socket.gone:
			last = true // its last words may be the ones
		case <-ctx.Done():
			return fmt.Errorf("wait for the registration: %w", ctx.Err())
		}
	}
}

// event takes one notification; it runs on the socket's reader.
func (b *Browser) event(method string, params json.RawMessage) {
	if strings.HasPrefix(method, "message.") {
		b.message(method, params)
		return
	}
	var e event
	if json.Unmarshal(params, &e) != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch method {
	case "session.closing":
		b.closing = e.Reason
	case "session.registration":
		b.state = e.State
		select {
		case b.change <- struct{}{}:
		default:
		}
	case "call.incoming":
		c := newCall(b, e.Call)
		c.offer, c.story = e.SDP, []string{e.line(method)}
		b.calls[e.Call] = c
		select {
		case b.Incoming <- c:
		default:
		}
	default:
		if c := b.calls[e.Call]; c != nil {
			c.event(method, e)
		}
	}
}

// Call makes an offer with m, starts a call and gives m the gateway's answer. The call may not have been answered yet. more are
// further parameters, name and value in turn.
func (b *Browser) Call(ctx context.Context, target string, m Media, more ...any) (*Call, error) {
	offer, err := m.Offer()
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	b.next++
	c := newCall(b, fmt.Sprintf("c%d", b.next))
	c.media = m
	b.calls[c.id] = c
	b.mu.Unlock()
	var result struct{ SDP string }
	if err := b.socket.request(ctx, "call.start", parameters(c.id, append(more, "target", target, "sdp", offer)), &result); err != nil {
		b.forget(c)
		return nil, err
	}
	return c, m.Accept(ctx, result.SDP)
}

func (b *Browser) forget(c *Call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.calls, c.id)
}

// Logout ends the session in the gateway, then the socket.
func (b *Browser) Logout(ctx context.Context) error {
	err := b.socket.request(ctx, "session.logout", struct{}{}, nil)
	b.Close()
	return err
}

// Close cuts the socket without a word, as a lost network does.
func (b *Browser) Close() { b.socket.close() }
