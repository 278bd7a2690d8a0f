package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Message is one notification about messages: its method without "message." and its parameters.
type Message struct {
	Kind string // received, report, composing
	// ID is the gateway's id of a received message, the page's of a report.
	ID, Text, Via, Status string
	Number, Name          string // of the sender
	Error                 string // why a message failed
	Display, Incomplete   bool
}

// Send sends a text and returns how many parts it became. more are further parameters, name and value in turn.
func (b *Browser) Send(ctx context.Context, id, target, text string, more ...any) (parts int, err error) {
	params := parameters("", append(more, "message", id, "target", target, "text", text))
	delete(params, "call")
	var result struct{ Parts int }
	err = b.socket.request(ctx, "message.send", params, &result)
	return result.Parts, err
}

// Displayed tells that a received message has been read.
func (b *Browser) Displayed(ctx context.Context, id string) error {
	return b.socket.request(ctx, "message.displayed", map[string]string{"message": id}, nil)
}

// ErrorName is the catalogue's name of the error that answered a request, "" for other errors.
func ErrorName(err error) string {
	var e *RPCError
	if errors.As(err, &e) {
		return e.Data.Name
	}
	return ""
}

// Notified waits for the next notification about messages.
func (b *Browser) Notified(ctx context.Context) (Message, error) {
	select {
	case m := <-b.messages:
		return m, nil
	case <-b.socket.gone:
		select {
		case m := <-b.messages: // the last one before the end
			return m, nil
		default:
			return Message{}, ErrClosed
		}
	case <-ctx.Done():
		return Message{}, fmt.Errorf("wait for a message: %w", ctx.Err())
	}
}

// message takes a notification; the newest is dropped when too many wait.
func (b *Browser) message(method string, params json.RawMessage) {
	var e struct {
		Message, Text, Via, Status string
		Display, Incomplete        bool
		Remote                     struct{ Number, Name string }
		Error                      struct{ Name string }
	}
	if json.Unmarshal(params, &e) != nil {
		return
	}
	m := Message{Kind: strings.TrimPrefix(method, "message."), ID: e.Message, Text: e.Text, Via: e.Via, Status: e.Status, Number: e.Remote.Number, Name: e.Remote.Name,
		Error: e.Error.Name, Display: e.Display, Incomplete: e.Incomplete}
	select {
	case b.messages <- m:
	default:
	}
}
