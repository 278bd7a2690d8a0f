package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/gorilla/websocket"
)

// bidi is a small WebDriver BiDi client (W3C WebDriver BiDi): commands with an id, answers with the same
// id, and events. One reader goroutine owns the socket's receiving side.
type bidi struct {
	conn    *websocket.Conn
	onEvent func(method string, params json.RawMessage) // called by the reader; must not block
	done    chan struct{}                               // closed when the reader has ended

	mu      sync.Mutex // guards what follows and the sending side
	next    uint64
	waiting map[uint64]chan bidiMessage
}

// bidiMessage is an answer or an event.
type bidiMessage struct {
	Type    string          `json:"type"` // "success", "error" or "event"
	ID      uint64          `json:"id"`
	Result  json.RawMessage `json:"result"`
	Error   string          `json:"error"`
	Message string          `json:"message"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
}

// maxBidiMessage bounds one answer: a screenshot is the largest.
const maxBidiMessage = 64 << 20

var errBidiClosed = errors.New("the control socket is closed")

func dialBidi(ctx context.Context, url string, onEvent func(string, json.RawMessage)) (*bidi, error) {
	conn, res, err := websocket.DefaultDialer.DialContext(ctx, url, nil)
	if res != nil && res.Body != nil {
		_ = res.Body.Close() // empty after an upgrade
	}
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", url, err)
	}
	conn.SetReadLimit(maxBidiMessage)
	b := &bidi{conn: conn, onEvent: onEvent, done: make(chan struct{}), waiting: map[uint64]chan bidiMessage{}}
	go b.read()
	return b, nil
}

// read hands answers to who waits for them, until the socket ends.
func (b *bidi) read() {
	defer close(b.done)
	for {
		var m bidiMessage
		if err := b.conn.ReadJSON(&m); err != nil {
			return
		}
		if m.Type == "event" {
			b.onEvent(m.Method, m.Params)
			continue
		}
		b.mu.Lock()
		answer := b.waiting[m.ID]
		delete(b.waiting, m.ID)
		b.mu.Unlock()
		if answer != nil {
			answer <- m // buffered, one message: does not block
		}
	}
}

// call sends a command and decodes its result into out (nil: dropped).
func (b *bidi) call(ctx context.Context, method string, params, out any) error {
	answer := make(chan bidiMessage, 1)
	b.mu.Lock()
	b.next++
	id := b.next
	b.waiting[id] = answer
	err := b.conn.WriteJSON(map[string]any{"id": id, "method": method, "params": params})
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.waiting, id)
		b.mu.Unlock()
	}()
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case m := <-answer:
		if m.Type == "error" {
			return fmt.Errorf("%s: %s: %s", method, m.Error, m.Message)
		}
		if out == nil {
			return nil
		}
		if err := json.Unmarshal(m.Result, out); err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		return nil
	case <-b.done:
		return fmt.Errorf("%s: %w", method, errBidiClosed)
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, ctx.Err())
	}
}

// close ends the socket and waits for the reader.
func (b *bidi) close() {
	_ = b.conn.Close() // the browser is killed next: nothing can be lost
	<-b.done
}
