package session

import (
	"testing"
	"testing/synctest"
	"time"

	"causeway/signaling/ims"
	"causeway/signaling/wire"
)

// TestMessages: a page sends and gets messages; one that comes while it is away waits for it, is not lost, and is not taken before; without
// it, or after the session, it is refused.
func TestMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.page()
		in := p.login("alice")
		if m := in["messages"].(map[string]any); m["bytes"] != 8192.0 || m["sms"] != false {
			t.Errorf("%v", m)
		}
		if a := p.ask(wire.MethodSend, map[string]any{"message": "m1", "target": "+15550101", "text": "Hello"}); a["result"].(map[string]any)["parts"] != 1.0 {
			t.Fatalf("%v", a)
		}
		binding := b.line.last()
		if len(binding.letters) != 1 || string(binding.letters[0].Body) != "Hello" {
			t.Errorf("%+v", binding.letters)
		}
		gets := func(text string) *int {
			status := new(int)
			binding.notify(ims.IncomingMessage{Remote: ims.RemoteParty{Number: "+15550101"}, Called: "sip:+1555@ims.example", Content: ims.Content{Type: "text/plain", Body: []byte(text)},
				Respond: func(s int, _ time.Duration) { *status = s }})
			synctest.Wait()
			return status
		}
		if s := gets("one"); *s != 200 || p.last(wire.EventMessage)["text"] != "one" {
			t.Fatal(*s)
		}
		p.link.Closed()
		synctest.Wait()
		waits := gets("two")
		if *waits != 0 {
			t.Fatalf("answered %d while nobody was there", *waits)
		}
		q := b.page()
		q.ask(wire.MethodLogin, map[string]any{"token": "alice", "instance": instance, "resume": map[string]any{"session": in["session"], "secret": in["secret"], "after": p.last(wire.EventMessage)["seq"]}})
		if *waits != 200 || q.last(wire.EventMessage)["text"] != "two" || len(q.events(wire.EventMessage)) != 1 {
			t.Fatalf("%d, %v", *waits, q.events(wire.EventMessage))
		}
		q.link.Closed()
		synctest.Wait()
		late := gets("three")
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if *late != 480 {
			t.Errorf("nobody came back, and the message was answered %d", *late)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if s := gets("four"); *s != 480 {
			t.Errorf("after the session: %d", *s)
		}
	})
}
