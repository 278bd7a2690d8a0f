package client

import "testing"

// TestLastWords: what the gateway said before it closed the socket is heard, also by who looks afterwards.
func TestLastWords(t *testing.T) {
	gone := make(chan struct{})
	close(gone)
	b := &Browser{messages: make(chan Message, 1), calls: map[string]*Call{}, change: make(chan struct{}, 1), socket: &socket{gone: gone}}
	for range 100 {
		b.messages <- Message{Kind: "received"}
		if m, err := b.Notified(t.Context()); err != nil || m.Kind != "received" {
			t.Fatalf("%+v, %v", m, err)
		}
		c := newCall(b, "c1")
		b.calls[c.id] = c
		c.event("call.accepted", event{})
		c.event("call.ended", event{})
		if err := c.Wait(t.Context(), "the answer", c.Accepted); err != nil {
			t.Fatal(err)
		}
		if err := c.Hears(t.Context(), "ended"); err != nil {
			t.Fatal(err)
		}
		if err := c.Hears(t.Context(), "hold"); err == nil {
			t.Fatal("a word was heard that was never said")
		}
	}
}
