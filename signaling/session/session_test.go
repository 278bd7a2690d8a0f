package session

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"causeway/media"
	"causeway/signaling/b2bua"
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/sdp"
	"causeway/signaling/wire"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../sdp/testdata/browser/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// coreAnswer is what a handset answers to our offer.
func coreAnswer(t *testing.T, offer, direction string) string {
	t.Helper()
	parsed, err := sdp.ParseCore(offer)
	if err != nil {
		t.Fatal(err)
	}
	text, _, _, err := sdp.CoreAnswer(parsed, sdp.CoreLocal{Address: parsed.Address, RTPPort: 30000, SessionID: 1, Version: 1, Direction: sdp.Direction(direction)}, sdp.DefaultCoreCodecs("AMR-WB"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func coreOffer() string {
	return sdp.CoreOffer(sdp.CoreLocal{Address: (&fakeStream{}).CoreLocal().RTP.Addr(), RTPPort: 30000, SessionID: 1, Version: 1}, sdp.DefaultCoreCodecs("AMR-WB", "PCMA"), sdp.CoreOptions{})
}

// outgoing brings a call of a fresh page to its INVITE.
func (p *page) outgoing(t *testing.T) (*fakeDialog, *fakeStream) {
	t.Helper()
	return p.outgoingWith(t, "opus/48000/2")
}

// outgoingWith is outgoing, with the codec that the page's answer has to have.
func (p *page) outgoingWith(t *testing.T, codec string) (*fakeDialog, *fakeStream) {
	t.Helper()
	p.login("alice")
	a := p.ask(wire.MethodStart, map[string]any{"call": "c1", "target": "+15550101", "sdp": read(t, "chromium-offer-audio.sdp")})
	result, _ := a["result"].(map[string]any)
	if text, _ := result["sdp"].(string); !strings.Contains(text, "a=ice-lite") || !strings.Contains(text, codec) {
		t.Fatalf("call.start: %v", a)
	}
	return p.bed.line.last().dialog(), p.bed.media.stream()
}

func TestOutgoingCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.page()
		d, s := p.outgoing(t)
		if d.target != "+15550101" || !strings.Contains(d.offer, "AMR-WB/16000") || strings.Contains(d.offer, "ice-") {
			t.Fatalf("invite %q with %s", d.target, d.offer)
		}
		answer := coreAnswer(t, d.offer, "sendrecv")
		d.notify(ims.Trying{})
		d.notify(ims.Provisional{Status: 183, SDP: answer, EarlyMedia: true})
		if e := p.last(wire.EventProgress); e["state"] != "early" || e["earlyMedia"] != true {
			t.Errorf("progress %v", e)
		}
		if _, core, _, _, _ := s.view(); len(core) != 1 || core[0].Codecs[0].Name != "AMR-WB" || core[0].Direction != media.SendRecv {
			t.Fatalf("core %+v", core)
		}
		d.notify(ims.Accepted{SDP: answer, Remote: ims.RemoteParty{URI: "sip:+15550101@ims.example", Number: "+15550101", Name: "Echo"}})
		if e := p.last(wire.EventAccepted); e["remote"].(map[string]any)["name"] != "Echo" {
			t.Errorf("accepted %v", e)
		}
		s.notify(media.AccessConnected{})
		if e := p.last(wire.EventMedia); e["state"] != "connected" {
			t.Errorf("media %v", e)
		}
		for i, packets := range []uint64{100, 100, 200} { // the second time nothing came
			s.packets.Store(packets)
			time.Sleep(5100 * time.Millisecond)
			if n := len(p.events(wire.EventQuality)); n != []int{1, 1, 2}[i] {
				t.Errorf("%d quality events after %d packets", n, packets)
			}
		}
		if a := p.ask(wire.MethodDTMF, map[string]any{"call": "c1", "digits": "12#"}); a["result"] == nil {
			t.Errorf("dtmf: %v", a)
		}
		s.notify(media.DTMF{Digit: '7', Duration: 80 * time.Millisecond})
		if e := p.last(wire.EventDTMF); e["digit"] != "7" {
			t.Errorf("digit %v", e)
		}
		d.notify(ims.Ended{Cause: call.Cause{Side: call.Core, Kind: call.Normal, Q850: 16}})
		if e := p.last(wire.EventEnded); e["cause"].(map[string]any)["by"] != "remote" || e["duration"].(float64) < 5000 {
			t.Errorf("ended %v", e)
		}
		if _, _, _, digits, closed := s.view(); digits != "12#" || !closed {
			t.Errorf("digits %q, closed %v", digits, closed)
		}
		st := b.manager.Stats()
		if st.Calls != 0 || st.Ended[b2bua.Outcome{Direction: "outgoing", Cause: "hangup", Side: "remote"}] != 1 {
			t.Errorf("stats %+v", st)
		}
	})
}

// TestLateAnswer: a page that takes our description only at the answer has its time to connect from then on.
func TestLateAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.page()
		p.login("alice")
		if a := p.ask(wire.MethodStart, map[string]any{"call": "c1", "target": "+15550101", "sdp": read(t, "chromium-offer-audio.sdp"), "lateAnswer": true}); a["result"] == nil {
			t.Fatal(a)
		}
		d, s := b.line.last().dialog(), b.media.stream()
		expected := func() int {
			synctest.Wait()
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.expected
		}
		d.notify(ims.Provisional{Status: 180})
		if !s.late || expected() != 0 {
			t.Fatalf("late %v, the page's time began %d times while it rang", s.late, expected())
		}
		d.notify(ims.Accepted{SDP: coreAnswer(t, d.offer, "sendrecv")})
		if expected() != 1 {
			t.Errorf("the page's time began %d times", expected())
		}
	})
}

func TestHoldByEitherSide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).page()
		d, s := p.outgoing(t)
		d.notify(ims.Accepted{SDP: coreAnswer(t, d.offer, "sendrecv")})
		if a := p.ask(wire.MethodHold, map[string]any{"call": "c1"}); a != nil {
			t.Fatalf("hold answered before the far side did: %v", a)
		}
		if !strings.Contains(d.sdp, "a=sendonly") || !strings.Contains(d.sdp, " 2 IN IP4") {
			t.Fatalf("re-offer %s", d.sdp)
		}
		d.notify(ims.Answer{SDP: coreAnswer(t, d.sdp, "recvonly")})
		if a := p.answer(p.nextID); a["result"] == nil {
			t.Fatalf("hold: %v", a)
		}
		if _, core, hold, _, _ := s.view(); hold != [2]bool{true, false} || core[len(core)-1].Direction != media.SendOnly {
			t.Errorf("hold %v, direction %v", hold, core[len(core)-1].Direction)
		}
		d.notify(ims.Offer{SDP: strings.Replace(coreOffer(), "a=sendrecv", "a=sendonly", 1)})
		if e := p.last(wire.EventHold); e["local"] != true || e["remote"] != true {
			t.Errorf("hold event %v", e)
		}
		if !strings.Contains(d.sdp, "a=inactive") {
			t.Errorf("answer while both hold: %s", d.sdp)
		}
		d.notify(ims.Offer{SDP: coreOffer()})
		if e := p.last(wire.EventHold); e["remote"] != false {
			t.Errorf("hold event %v", e)
		}
		p.ask(wire.MethodResume, map[string]any{"call": "c1"})
		d.notify(ims.OfferRejected{Status: 488, Cause: call.FromSIP(488, 0, "")})
		if a := p.answer(p.nextID); errorName(a) != "media_incompatible" {
			t.Errorf("refused resume: %v", a)
		}
		d.notify(ims.Offer{SDP: "v=0\r\nrubbish"})
		if said := d.heard(); said[len(said)-1] != "reject" {
			t.Errorf("a bad re-offer was not refused: %v", said)
		}
		if len(p.events(wire.EventEnded)) != 0 {
			t.Error("the call ended")
		}
	})
}

func TestTerminatingCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.page()
		p.login("alice")
		d := &fakeDialog{}
		s := b.manager.all()[0]
		s.post(func() {
			s.ring(d, ims.IncomingCall{SDP: coreOffer(), Remote: ims.RemoteParty{Number: "+15550103"}, Called: "sip:alice@ims.example"})
		})
		e := p.last(wire.EventIncoming)
		offer := e["sdp"].(string)
		if !strings.Contains(offer, "a=setup:actpass") || !strings.Contains(offer, "opus/48000/2") || e["called"] != "sip:alice@ims.example" {
			t.Fatalf("incoming %v", e)
		}
		name := e["call"].(string)
		p.ask(wire.MethodRinging, map[string]any{"call": name})
		p.ask(wire.MethodAnswer, map[string]any{"call": name, "sdp": read(t, "chromium-answer-audio.sdp")})
		if said := d.heard(); !slices.Equal(said, []string{"ring", "accept"}) {
			t.Errorf("said %v: %v", said, p.answer(p.nextID))
		}
		if _, core, _, _, _ := b.media.stream().view(); len(core) != 1 || core[0].Codecs[0].Name != "AMR-WB" {
			t.Errorf("core %+v", core)
		}
		if a := p.ask(wire.MethodHangup, map[string]any{"call": name}); a["result"] == nil {
			t.Errorf("hangup %v", a)
		}
		if d.cause.Kind != call.Normal || len(p.events(wire.EventEnded)) != 1 {
			t.Errorf("cause %v", d.cause)
		}
	})
}

// TestPreconditions: a caller that reserves resources gets our answer at once, and the page hears of it when they are there.
func TestPreconditions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.page()
		p.login("alice")
		d := &fakeDialog{}
		s := b.manager.all()[0]
		s.post(func() { s.ring(d, ims.IncomingCall{SDP: coreOffer(), Preconditions: true}) })
		if said := d.heard(); !slices.Equal(said, []string{"progress"}) || len(p.events(wire.EventIncoming)) != 0 {
			t.Fatalf("said %v, the page heard %v", said, p.events(wire.EventIncoming))
		}
		d.notify(ims.ResourcesReady{})
		if e := p.last(wire.EventIncoming); e["sdp"] == nil {
			t.Errorf("the page heard %v", e)
		}
	})
}

func TestCodecsThatDoNotMeetAreRefusedBeforeAnybodyIsAlerted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, nil)
		p := b.page()
		p.login("alice")
		d := &fakeDialog{}
		s := b.manager.all()[0]
		text := "v=0\r\no=- 1 1 IN IP4 198.51.100.9\r\ns=-\r\nc=IN IP4 198.51.100.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 97\r\na=rtpmap:97 EVS/16000\r\n"
		s.post(func() { s.ring(d, ims.IncomingCall{SDP: text}) })
		if said := d.heard(); !slices.Equal(said, []string{"hangup"}) || d.cause.Status() != 488 {
			t.Errorf("said %v, status %d", said, d.cause.Status())
		}
		if len(p.events(wire.EventIncoming)) != 0 || b.manager.Stats().Calls != 0 {
			t.Error("the page was told")
		}
	})
}

func TestACodecBothSidesHaveIsPassedThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).page()
		d, s := p.outgoing(t)
		parsed, err := sdp.ParseCore(d.offer)
		if err != nil {
			t.Fatal(err)
		}
		answer, _, _, err := sdp.CoreAnswer(parsed, sdp.CoreLocal{Address: parsed.Address, RTPPort: 30000, SessionID: 1, Version: 1}, sdp.DefaultCoreCodecs("PCMA"))
		if err != nil {
			t.Fatal(err)
		}
		d.notify(ims.Accepted{SDP: answer})
		if e := p.last(wire.EventMedia); e["state"] != "renegotiate" {
			t.Fatalf("media %v", e)
		}
		a := p.ask(wire.MethodUpdate, map[string]any{"call": "c1", "sdp": read(t, "chromium-offer-audio.sdp")})
		result, _ := a["result"].(map[string]any)
		if text, _ := result["sdp"].(string); !strings.Contains(text, "SAVPF 8 ") {
			t.Fatalf("call.update: %v", a)
		}
		if access, _, _, _, _ := s.view(); access[len(access)-1].Codecs[0].Name != "PCMA" {
			t.Errorf("access codecs %+v", access[len(access)-1].Codecs)
		}
		d.notify(ims.Offer{SDP: coreOffer()}) // AMR-WB now: Opus is the better one again
		if n := len(p.events(wire.EventMedia)); n != 2 {
			t.Errorf("%d media events, want another renegotiate", n)
		}
	})
}

func TestDigitsGoByInfoWhereTheFarSideTakesNoEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBed(t, nil).page()
		d, s := p.outgoing(t)
		s.noDTMF = true
		d.notify(ims.Accepted{SDP: coreAnswer(t, d.offer, "sendrecv")})
		if a := p.ask(wire.MethodDTMF, map[string]any{"call": "c1", "digits": "1,2"}); a["result"] == nil {
			t.Fatalf("dtmf: %v", a)
		}
		if said := d.heard(); !slices.Equal(said, []string{"info 1"}) {
			t.Errorf("at once: %v", said)
		}
		time.Sleep(3 * time.Second)
		if said := d.heard(); !slices.Equal(said, []string{"info 1", "info 2"}) {
			t.Errorf("after the pause: %v", said)
		}
	})
}

func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, func(c *Config) { c.MaxCalls = 1 })
		p := b.page()
		if a := p.ask(wire.MethodHangup, map[string]any{"call": "x"}); errorName(a) != "login_required" {
			t.Errorf("before login: %v", a)
		}
		p.ask(wire.MethodLogin, map[string]any{"token": "alice", "instance": instance})
		offer := read(t, "chromium-offer-audio.sdp")
		start := func(call, sdp string) string {
			return errorName(p.ask(wire.MethodStart, map[string]any{"call": call, "target": "+1", "sdp": sdp}))
		}
		if name := start("c1", offer); name != "not_registered" {
			t.Errorf("before the core answered: %q", name)
		}
		b.line.last().notify(ims.Registered{Expires: time.Hour})
		if name := start("c1", "v=0\r\nrubbish"); name != "sdp_invalid" {
			t.Errorf("bad SDP: %q", name)
		}
		b.media.refuse = media.ErrNoPorts
		if name := start("c1", offer); name != "media_resources" {
			t.Errorf("no ports: %q", name)
		}
		b.media.refuse = nil
		b.line.last().refuse = call.Cause{Side: call.Gateway, Kind: call.NumberInvalid, Text: "not a number"}
		if name := start("c1", offer); name != "" {
			t.Errorf("bad number: %q", name)
		}
		if e := p.last(wire.EventEnded); e["cause"].(map[string]any)["name"] != "number_invalid" {
			t.Errorf("bad number: %v", e)
		}
		b.line.last().refuse = nil
		if name := start("c2", offer); name != "" {
			t.Fatalf("good call: %q", name)
		}
		if name := start("c2", offer); name != "call_exists" {
			t.Errorf("same name: %q", name)
		}
		if name := start("c3", offer); name != "too_many_calls" {
			t.Errorf("one more: %q", name)
		}
		for method, want := range map[string]string{wire.MethodHold: "call_state", wire.MethodResume: "call_state"} {
			if a := p.ask(method, map[string]any{"call": "c2"}); errorName(a) != want {
				t.Errorf("%s while calling: %v", method, a)
			}
		}
		if a := p.ask(wire.MethodHangup, map[string]any{"call": "nobody"}); errorName(a) != "call_unknown" {
			t.Errorf("unknown call: %v", a)
		}
		if a := p.ask(wire.MethodLogin, map[string]any{"token": "alice", "instance": instance}); errorName(a) != "already_logged_in" {
			t.Errorf("second login: %v", a)
		}
		if n := b.manager.Stats().Calls; n != 1 {
			t.Errorf("%d calls counted", n)
		}
	})
}

func TestEveryCauseHasAFace(t *testing.T) {
	for _, kind := range call.Kinds() {
		if _, ok := wire.Lookup(kind.String()); !ok {
			t.Errorf("the error catalogue lacks %s", kind)
		}
	}
}
