package session

import (
	"testing"
	"testing/synctest"

	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/wire"
)

// TestEndedCallsKeepNoDescriptions: of calls that have ended a session keeps what a page that comes back has to know, without the
// descriptions; a request that is repeated is still known.
func TestEndedCallsKeepNoDescriptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.page()
		p.outgoing(t)
		login, start := p.answer(1)["result"].(map[string]any), p.nextID
		seen := p.last(wire.EventRegistration)["seq"]
		s := b.manager.all()[0]
		d := &fakeDialog{}
		s.post(func() {
			s.ring(d, ims.IncomingCall{SDP: coreOffer(), Remote: ims.RemoteParty{Number: "+15550103"}, Called: "sip:alice@ims.example"})
		})
		name := p.last(wire.EventIncoming)["call"].(string)
		kept := func() (octets int) {
			synctest.Wait()
			for _, e := range s.out.events {
				octets += len(e.frame)
			}
			for _, a := range s.out.answers {
				octets += len(a.frame)
			}
			return octets
		}
		during := kept()
		gone := call.Cause{Side: call.Core, Kind: call.Normal}
		d.notify(ims.Ended{Cause: gone})
		b.line.last().dialog().notify(ims.Ended{Cause: gone})
		if n := len(p.events(wire.EventEnded)); n != 2 {
			t.Fatalf("%d calls ended", n)
		}
		if after := kept(); after > during/2 {
			t.Errorf("%d octets are kept of calls that have ended, %d while they went on", after, during)
		}
		p.link.Closed()

		q := b.page()
		if a := q.ask(wire.MethodLogin, map[string]any{"token": "alice", "instance": instance,
			"resume": map[string]any{"session": login["session"], "secret": login["secret"], "after": seen}}); a["result"] == nil {
			t.Fatal(a)
		}
		if e := q.events(wire.EventIncoming); len(e) != 1 || e[0]["call"] != name || e[0]["sdp"] != "" || e[0]["called"] != "sip:alice@ims.example" {
			t.Errorf("the call that was missed: %v", e)
		}
		if n := len(q.events(wire.EventEnded)); n != 2 {
			t.Errorf("%d ends were told to the page that came back", n)
		}
		a := q.askAs(start, wire.MethodStart, map[string]any{"call": "c1", "target": "+15550101", "sdp": read(t, "chromium-offer-audio.sdp")})
		if errorName(a) != "call_unknown" {
			t.Errorf("the repeated start of a call that has ended: %v", a)
		}
		if n := len(b.line.last().dialogs); n != 1 {
			t.Errorf("%d calls were made of one request", n)
		}
	})
}
