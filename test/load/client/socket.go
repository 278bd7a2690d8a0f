package client

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// ErrClosed answers requests on a socket that is gone.
var ErrClosed = errors.New("the socket is closed")

// RPCError is an error answer of the gateway.
type RPCError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    struct {
		Name string `json:"name"`
	} `json:"data"`
}

// Error names the error as the catalogue does.
func (e *RPCError) Error() string { return fmt.Sprintf("%s (%d): %s", e.Data.Name, e.Code, e.Message) }

// frame is one JSON-RPC 2.0 object in either direction.
type frame struct {
	Version string          `json:"jsonrpc"`
	ID      string          `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *RPCError       `json:"error,omitempty"`
}

// socket is one WebSocket: requests by id, events to a function on its one reading goroutine.
type socket struct {
	conn  *websocket.Conn
	event func(method string, params json.RawMessage)
	gone  chan struct{} // closed when the reader has ended

	mu      sync.Mutex // guards the following, and writing
	next    int
	waiting map[string]chan frame
}

// connect opens a WebSocket as a page of origin does. buffer is the size of its read and write buffers in bytes.
func connect(ctx context.Context, url, origin string, buffer int, secure *tls.Config, event func(string, json.RawMessage)) (*socket, error) {
	d := websocket.Dialer{Subprotocols: []string{"causeway.v1"}, ReadBufferSize: buffer, WriteBufferSize: buffer,
		HandshakeTimeout: 20 * time.Second, TLSClientConfig: secure}
	conn, res, err := d.DialContext(ctx, url, http.Header{"Origin": {origin}})
	if err != nil {
		if res != nil {
			err = fmt.Errorf("%w (%s)", err, res.Status)
		}
		return nil, fmt.Errorf("open the socket: %w", err)
	}
	s := &socket{conn: conn, event: event, gone: make(chan struct{}), waiting: map[string]chan frame{}}
	go s.read()
	return s, nil
}

// read takes frames until the socket ends.
func (s *socket) read() {
	defer close(s.gone)
	for {
		var f frame
		if err := s.conn.ReadJSON(&f); err != nil {
			return
		}
		if f.Method != "" {
			s.event(f.Method, f.Params)
			continue
		}
		s.mu.Lock()
		ch := s.waiting[f.ID]
		delete(s.waiting, f.ID)
		s.mu.Unlock()
		if ch != nil {
			ch <- f
		}
	}
}

// request sends a request and waits for its answer.
func (s *socket) request(ctx context.Context, method string, params, result any) error {
	ch := make(chan frame, 1)
	if err := s.send(method, params, ch); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	var f frame
	select {
	case f = <-ch:
	case <-s.gone:
		select {
		case f = <-ch: // the last word before the end
		default:
			return fmt.Errorf("%s: %w", method, ErrClosed)
		}
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, ctx.Err())
	}
	if f.Error != nil {
		return fmt.Errorf("%s: %w", method, f.Error)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(f.Result, result)
}

func (s *socket) send(method string, params any, answer chan frame) error {
	body, err := json.Marshal(params)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next++
	id := strconv.Itoa(s.next)
	s.waiting[id] = answer
	return s.conn.WriteJSON(frame{Version: "2.0", ID: id, Method: method, Params: body})
}

// close ends the socket and waits for its reader.
func (s *socket) close() {
	_ = s.conn.Close()
	<-s.gone
}
