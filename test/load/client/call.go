package client

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Media is a call's media on the browser's side. A caller's gets Offer, then Accept; a callee's gets Answer.
type Media interface {
	// Offer makes the description for call.start.
	Offer() (string, error)
	// Accept takes the gateway's answer and starts to connect.
	Accept(ctx context.Context, answer string) error
	// Answer takes the gateway's offer, starts to connect and makes the description for call.answer.
	Answer(ctx context.Context, offer string) (string, error)
	// Close ends it; safe twice.
	Close()
}

// event is the union of the notifications' parameters that are used.
type event struct {
	Call       string `json:"call"`
	State      string `json:"state"`
	SDP        string `json:"sdp"`
	SIP        int    `json:"sip"`
	EarlyMedia bool   `json:"earlyMedia"`
	Local      bool   `json:"local"`
	Digit      string `json:"digit"`
	Reason     string `json:"reason"` // of session.closing
	services
	transfers
	Remote json.RawMessage `json:"remote"` // of call.hold a truth value, else whom we speak with
	Cause  struct {
		Name string `json:"name"`
		By   string `json:"by"`
		SIP  int    `json:"sip"`
		Q850 int    `json:"q850"`
	} `json:"cause"`
}

// transfers is what transfers add to events.
type transfers struct {
	Refer      string          `json:"refer"`
	Target     *party          `json:"target"`
	ReferredBy *party          `json:"referredBy"`
	Replaces   json.RawMessage `json:"replaces"` // of call.incoming a call's id, of call.refer a truth value
	Follow     bool            `json:"follow"`
}

// services is what supplementary services add to events.
type services struct {
	Waiting    bool                             `json:"waiting"`
	DivertedTo *party                           `json:"divertedTo"`
	DivertedBy *party                           `json:"divertedBy"`
	UserToUser *struct{ Data, Encoding string } `json:"userToUser"`
	Headers    map[string]string                `json:"headers"`
}

// party is a far party of an event.
type party struct {
	Number, Reason, Verified string
	Anonymous                bool
}

// words are the parts of a story's line that only supplementary services bring.
func (s services) words(remote json.RawMessage) string {
	out := ""
	if s.Waiting {
		out += " waiting"
	}
	var far party
	if json.Unmarshal(remote, &far) == nil && far.Verified != "" {
		out += " verified=" + far.Verified
	}
	if s.DivertedTo != nil {
		out += " to=" + s.DivertedTo.Number
	}
	if s.DivertedBy != nil {
		out += " by=" + s.DivertedBy.Number + " " + s.DivertedBy.Reason
	}
	if s.UserToUser != nil {
		out += " uui=" + s.UserToUser.Data
	}
	for _, name := range slices.Sorted(maps.Keys(s.Headers)) {
		out += " " + name + "=" + s.Headers[name]
	}
	return out
}

// Call is one call of a browser. Its channels are closed once each.
type Call struct {
	Ringing   chan struct{} // the far side alerts
	Accepted  chan struct{} // both sides have answered
	Connected chan struct{} // the gateway says that the browser's media is connected
	Ended     chan struct{}

	// RingingAt and AcceptedAt are set when the channel is closed.
	RingingAt, AcceptedAt time.Time

	browser *Browser
	id      string
	offer   string // of an incoming call
	media   Media
	cause   string
	wish    string        // id of the newest call.refer; under the browser's lock
	story   []string      // the same
	more    chan struct{} // closed and replaced when the story grows
}

func newCall(b *Browser, id string) *Call {
	return &Call{Ringing: make(chan struct{}), Accepted: make(chan struct{}), Connected: make(chan struct{}), Ended: make(chan struct{}),
		browser: b, id: id, more: make(chan struct{})}
}

// event runs under the browser's lock.
func (c *Call) event(method string, e event) {
	if line := e.line(method); line != "" {
		c.story = append(c.story, line)
		close(c.more)
		c.more = make(chan struct{})
	}
	switch {
	case method == "call.refer":
		c.wish = e.Refer
	case method == "call.progress" && e.State == "ringing":
		if once(c.Ringing) {
			c.RingingAt = time.Now()
			close(c.Ringing)
		}
	case method == "call.accepted":
		c.AcceptedAt = time.Now()
		close(c.Accepted) // comes exactly once
	case method == "call.media" && e.State == "connected":
		if once(c.Connected) {
			close(c.Connected)
		}
	case method == "call.ended":
		c.cause = e.Cause.Name
		delete(c.browser.calls, c.id)
		close(c.Ended)
	}
}

func once(ch chan struct{}) bool {
	select {
	case <-ch:
		return false
	default:
		return true
	}
}

// Wait waits for one of the call's channels. It fails when the call ends first, unless its end is what is waited for.
func (c *Call) Wait(ctx context.Context, what string, ch <-chan struct{}) error {
	var err error
	select {
	case <-ch:
		return nil
	case <-c.browser.socket.gone:
		err = fmt.Errorf("call %s, waiting for %s: %w", c.id, what, ErrClosed)
	case <-ctx.Done():
		err = fmt.Errorf("call %s, waiting for %s: %w", c.id, what, ctx.Err())
	case <-c.Ended:
		err = fmt.Errorf("call %s, waiting for %s: the call ended: %s", c.id, what, c.cause)
	}
	select {
	case <-ch: // it came before
		return nil
	default:
		return err
	}
}

// Cause is the name of why the call ended; valid after Ended.
func (c *Call) Cause() string { return c.cause }

// Answer alerts and answers an incoming call with m.
func (c *Call) Answer(ctx context.Context, m Media) error {
	if err := c.Do(ctx, "call.ringing"); err != nil {
		return err
	}
	return c.PickUp(ctx, m)
}

// PickUp answers an incoming call with m; more are further parameters, name and value in turn.
func (c *Call) PickUp(ctx context.Context, m Media, more ...any) error {
	c.media = m
	answer, err := m.Answer(ctx, c.offer)
	if err != nil {
		return err
	}
	return c.Do(ctx, "call.answer", append(more, "sdp", answer)...)
}

// Hangup ends the call, waits for its end and closes its media.
func (c *Call) Hangup(ctx context.Context) error {
	if err := c.browser.socket.request(ctx, "call.hangup", map[string]string{"call": c.id}, nil); err != nil {
		return err
	}
	if err := c.Wait(ctx, "its end", c.Ended); err != nil {
		return err
	}
	c.media.Close()
	return nil
}
