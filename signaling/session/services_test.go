package session

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/media"
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/sdp"
	"causeway/signaling/wire"
)

// TestCallWaiting: a user in a call is offered a second one, whose caller is told; at the limit, or without the service, it is busy.
func TestCallWaiting(t *testing.T) {
	for _, waiting := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			b := newBed(t, func(c *Config) { c.MaxCalls, c.CallWaiting = 2, waiting })
			p := b.page()
			first, _ := p.outgoing(t)
			first.notify(ims.Accepted{SDP: coreAnswer(t, first.offer, "sendrecv")})
			s := b.manager.all()[0]
			second, third := &fakeDialog{}, &fakeDialog{}
			s.post(func() {
				s.ring(second, ims.IncomingCall{SDP: coreOffer(), Remote: ims.RemoteParty{Number: "+15550103", Verified: "failed"},
					Diverted: &ims.Diversion{By: ims.RemoteParty{Number: "+15550105"}, Reason: "busy"}})
			})
			if !waiting {
				if said := second.heard(); second.cause.Kind != call.Busy {
					t.Errorf("without call waiting: %v %v", said, second.cause)
				}
				return
			}
			e := p.last(wire.EventIncoming)
			if by, _ := e["divertedBy"].(map[string]any); e["waiting"] != true || by["number"] != "+15550105" || by["reason"] != "busy" || e["remote"].(map[string]any)["verified"] != "failed" {
				t.Errorf("incoming %v", e)
			}
			p.ask(wire.MethodRinging, map[string]any{"call": e["call"]})
			if said := second.heard(); !slices.Equal(said, []string{"ring waiting"}) {
				t.Errorf("the second caller hears %v", said)
			}
			s.post(func() { s.ring(third, ims.IncomingCall{SDP: coreOffer()}) })
			if third.heard(); third.cause.Kind != call.Busy {
				t.Errorf("the third caller hears %v", third.cause)
			}
			p.ask(wire.MethodHold, map[string]any{"call": "c1"}) // swap: hold the first, answer the second
			p.ask(wire.MethodAnswer, map[string]any{"call": e["call"], "sdp": read(t, "chromium-answer-audio.sdp")})
			first.notify(ims.Answer{SDP: coreAnswer(t, first.sdp, "recvonly")})
			if said := second.heard(); !slices.Equal(said, []string{"ring waiting", "accept"}) || len(p.events(wire.EventHold)) != 1 {
				t.Errorf("after the swap: %v", said)
			}
		})
	}
}

// TestExtrasAreChecked: what a page may not add is refused before there is a call, and what it may comes through both ways.
func TestExtrasAreChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.page()
		p.login("alice")
		ask := func(headers map[string]any) map[string]any {
			return p.ask(wire.MethodStart, map[string]any{"call": "c1", "target": "+15550101", "sdp": read(t, "chromium-offer-audio.sdp"),
				"userToUser": map[string]any{"data": "0a", "encoding": "hex"}, "headers": headers})
		}
		if a := ask(map[string]any{"P-Asserted-Identity": "<sip:evil@h>"}); errorName(a) != "header_refused" || len(b.manager.all()[0].calls) != 0 {
			t.Fatalf("%v", a)
		}
		if a := ask(map[string]any{"X-Case": "4711"}); a["result"] == nil {
			t.Fatalf("%v", a)
		}
		d := b.line.last().dialog()
		if d.extras.UserToUser.Data != "0a" || len(d.extras.Headers) != 1 {
			t.Errorf("%+v", d.extras)
		}
		d.notify(ims.Provisional{Status: 181, Dialog: "a", Diverted: &ims.Diversion{To: ims.RemoteParty{Number: "+15550102"}}})
		if e := p.last(wire.EventProgress); e["state"] != "diverted" || e["divertedTo"].(map[string]any)["number"] != "+15550102" {
			t.Errorf("%v", e)
		}
		d.notify(ims.Provisional{Status: 180, Dialog: "a", Waiting: true})
		if e := p.last(wire.EventProgress); e["state"] != "ringing" || e["waiting"] != true {
			t.Errorf("%v", e)
		}
		d.notify(ims.Accepted{Dialog: "a", SDP: coreAnswer(t, d.offer, "sendrecv"), Extras: ims.Extras{Headers: []ims.CustomHeader{{Name: "X-Case", Value: "4712"}}}})
		if e := p.last(wire.EventAccepted); e["headers"].(map[string]any)["X-Case"] != "4712" || e["userToUser"] != nil {
			t.Errorf("%v", e)
		}
		d.notify(ims.Ended{Cause: call.Cause{Side: call.Core, Kind: call.Congestion, SIP: 503, Text: "Circuit busy", Foreign: true, RetryAfter: 7 * time.Second}})
		cause := p.last(wire.EventEnded)["cause"].(map[string]any)
		if cause["retryAfter"] != 7000.0 || cause["reason"] != "Circuit busy" || strings.Contains(cause["message"].(string), "Circuit") {
			t.Errorf("%v", cause)
		}
	})
}

// TestUnauthorisedMediaIsNotHeard: before the answer only what the network authorises reaches the browser (RFC 5009 6); the browser's
// own side runs all the time.
func TestUnauthorisedMediaIsNotHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).page()
		d, s := p.outgoing(t)
		want := func(direction media.Direction) {
			t.Helper()
			synctest.Wait()
			if _, core, _, _, _ := s.view(); len(core) == 0 || core[len(core)-1].Direction != direction {
				t.Fatalf("core %+v, want %v", core, direction)
			}
		}
		answer := coreAnswer(t, d.offer, "sendrecv")
		d.notify(ims.Provisional{Status: 183, Dialog: "a", SDP: answer})
		want(media.SendOnly)
		d.notify(ims.Provisional{Status: 183, Dialog: "a", SDP: answer, EarlyMedia: true})
		want(media.SendRecv)
		d.notify(ims.Provisional{Status: 180, Dialog: "a", SDP: answer})
		want(media.SendOnly)
		d.notify(ims.Offer{Dialog: "a", SDP: coreOffer()})
		want(media.SendOnly)
		d.notify(ims.Accepted{Dialog: "a", SDP: coreOffer()})
		want(media.SendRecv)
		if len(p.events(wire.EventEnded)) != 0 {
			t.Error("the call ended")
		}
	})
}

// TestForkDescriptions: each fork has its own session from our one offer. What one changed by UPDATE is not held against another.
func TestForkDescriptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).page()
		d, s := p.outgoing(t)
		port := func(sdp, port string) string { return strings.Replace(sdp, "m=audio 30000", "m=audio "+port, 1) }
		heardAt := func(want uint16) {
			t.Helper()
			synctest.Wait()
			_, core, _, _, _ := s.view()
			if len(core) == 0 || core[len(core)-1].RTP.Port() != want {
				t.Fatalf("core %+v, want port %d", core, want)
			}
		}
		answer := coreAnswer(t, d.offer, "sendrecv")
		first := strings.Index(answer, "m=audio ")
		answer = answer[:first] + "m=audio 30000" + answer[first+strings.Index(answer[first:], " RTP/AVP"):]
		d.notify(ims.Provisional{Status: 183, Dialog: "a", SDP: answer, EarlyMedia: true})
		heardAt(30000)
		moved := strings.Replace(port(coreOffer(), "30000"), "a=sendrecv", "a=sendonly", 1) // an announcement that does not listen
		d.notify(ims.Offer{Dialog: "a", SDP: moved})
		if said := d.heard(); said[len(said)-1] != "answer" || len(p.events(wire.EventHold)) != 0 {
			t.Fatalf("said %v, hold %v", said, p.events(wire.EventHold))
		}
		d.notify(ims.Provisional{Status: 183, Dialog: "b", SDP: port(answer, "31000"), EarlyMedia: true})
		heardAt(31000)
		d.notify(ims.Offer{Dialog: "a", SDP: coreOffer(), Unheard: true})
		heardAt(31000)
		d.notify(ims.Provisional{Status: 180, Dialog: "a", SDP: coreOffer(), EarlyMedia: true}) // now it is heard, where its UPDATE said
		heardAt(30000)
		if len(p.events(wire.EventEnded)) != 0 {
			t.Fatal("the call ended")
		}
		parsed, err := sdp.ParseCore(d.offer)
		if err != nil {
			t.Fatal(err)
		}
		other, _, _, err := sdp.CoreAnswer(parsed, sdp.CoreLocal{Address: parsed.Address, RTPPort: 32000, SessionID: 3, Version: 1, Direction: sdp.SendRecv}, sdp.DefaultCoreCodecs("PCMA"))
		if err != nil {
			t.Fatal(err)
		}
		d.notify(ims.Accepted{Dialog: "c", SDP: other}) // a third phone, with another codec, answers
		heardAt(32000)
		if _, core, _, _, _ := s.view(); core[len(core)-1].Codecs[0].Name != "PCMA" {
			t.Errorf("codec %+v", core[len(core)-1].Codecs)
		}
		if e := p.last(wire.EventAccepted); e["call"] != "c1" || len(p.events(wire.EventEnded)) != 0 {
			t.Errorf("%v", e)
		}
	})
}
