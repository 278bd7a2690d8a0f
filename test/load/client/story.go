package client

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// line is an event as one line of a call's story; "" for those that come by the clock or from media alone.
func (e event) line(method string) string {
	switch method {
	case "call.incoming":
		out := "incoming" + e.words(e.Remote)
		if len(e.Replaces) > 0 {
			out += " replaces"
		}
		return out
	case "call.transferring":
		out := "transfer " + e.State
		if e.SIP != 0 {
			out += fmt.Sprintf(" %d", e.SIP)
		}
		if e.Cause.Name != "" {
			out += " " + e.Cause.Name
		}
		return out
	case "call.refer":
		out := "refer to=" + e.Target.Number
		if e.ReferredBy != nil {
			out += " by=" + e.ReferredBy.Number
		}
		if string(e.Replaces) == "true" {
			out += " replaces"
		}
		if e.Follow {
			out += " follow"
		}
		return out
	case "call.progress":
		out := fmt.Sprintf("progress %s %d", e.State, e.SIP)
		if e.EarlyMedia {
			out += " heard"
		}
		return out + e.words(nil)
	case "call.accepted":
		return "accepted" + e.words(e.Remote)
	case "call.hold":
		return fmt.Sprintf("hold local=%t remote=%s", e.Local, e.Remote)
	case "call.dtmf":
		return "digit " + e.Digit
	case "call.ended":
		out := fmt.Sprintf("ended %s by %s", e.Cause.Name, e.Cause.By)
		if e.Cause.SIP != 0 {
			out += fmt.Sprintf(" sip=%d", e.Cause.SIP)
		}
		if e.Cause.Q850 != 0 {
			out += fmt.Sprintf(" q850=%d", e.Cause.Q850)
		}
		return out
	}
	return ""
}

// Wish is the id of what the far side asked for last (call.refer), "" if it did not.
func (c *Call) Wish() string {
	c.browser.mu.Lock()
	defer c.browser.mu.Unlock()
	return c.wish
}

// ID is the page's name for the call.
func (c *Call) ID() string { return c.id }

// Ask sends a request that is about no call of its own, and waits for its answer.
func (b *Browser) Ask(ctx context.Context, method string, params map[string]any) error {
	return b.socket.request(ctx, method, params, nil)
}

// Story is what the page was told of the call so far, in order, one line for each event.
func (c *Call) Story() []string {
	c.browser.mu.Lock()
	defer c.browser.mu.Unlock()
	return slices.Clone(c.story)
}

// Hears waits until a line of the call's story begins with prefix.
func (c *Call) Hears(ctx context.Context, prefix string) error {
	for last := false; ; {
		c.browser.mu.Lock()
		story, more := c.story, c.more
		c.browser.mu.Unlock()
		if slices.ContainsFunc(story, func(s string) bool { return strings.HasPrefix(s, prefix) }) {
			return nil
		}
		if last {
			return fmt.Errorf("call %s, waiting for %q after %q: %w", c.id, prefix, story, ErrClosed)
		}
		select {
		case <-more:
		case <-c.browser.socket.gone:
			last = true // its last words may be the ones
		case <-ctx.Done():
			return fmt.Errorf("call %s, waiting for %q after %q: %w", c.id, prefix, story, ctx.Err())
		}
	}
}

// Do sends a request about the call, with more parameters as name and value in turn, and waits for its answer.
func (c *Call) Do(ctx context.Context, method string, more ...any) error {
	return c.browser.socket.request(ctx, method, parameters(c.id, more), nil)
}

// parameters are those of a request about a call, from names and values in turn.
func parameters(call string, more []any) map[string]any {
	params := map[string]any{"call": call}
	for i := 0; i+1 < len(more); i += 2 {
		params[fmt.Sprint(more[i])] = more[i+1]
	}
	return params
}

// Closing is why the gateway said that it closes the session; "" if it did not.
func (b *Browser) Closing() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closing
}

// Gone is closed when the socket has ended.
func (b *Browser) Gone() <-chan struct{} { return b.socket.gone }
