package session

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/sdp"
	"causeway/signaling/wire"
)

// seeing is a far side's answer that takes the video of an offer.
func seeing(t *testing.T, offer string) string {
	t.Helper()
	return seeingAs(t, offer, sdp.DefaultVideoCodecs(false))
}

// seeingAs is one of a far side that has some formats only.
func seeingAs(t *testing.T, offer string, codecs []sdp.Codec) string {
	t.Helper()
	parsed, err := sdp.ParseCore(offer)
	if err != nil {
		t.Fatal(err)
	}
	text, _, _, err := sdp.CoreAnswer(parsed, sdp.CoreLocal{Address: parsed.Address, RTPPort: 30000, SessionID: 1, Version: 1, Direction: sdp.SendRecv,
		Video: &sdp.CoreVideoLocal{RTPPort: 30002, Codecs: codecs}}, sdp.DefaultCoreCodecs("AMR-WB"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// count is how often a word was said.
func count(said []string, word string) int {
	n := 0
	for _, s := range said {
		if s == word {
			n++
		}
	}
	return n
}

// filming is a page that calls with sound and picture, the dialog of it, and the description that the page made.
func filming(t *testing.T) (p *page, d *fakeDialog, both string) {
	t.Helper()
	p = newBed(t, nil).page()
	p.login("alice")
	both = read(t, "chromium-offer-audio-video.sdp")
	if a := p.ask(wire.MethodStart, map[string]any{"call": "c1", "target": "+15550101", "sdp": both}); a["result"] == nil {
		t.Fatal(a)
	}
	return p, p.bed.line.last().dialog(), both
}

// TestARefusedChangeOfVideoIsNotAskedForAgain: a far side that takes no re-INVITE keeps what was agreed. It is asked once for each wish of
// the user's, not for ever.
func TestARefusedChangeOfVideoIsNotAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, d, both := filming(t)
		d.notify(ims.Accepted{SDP: seeing(t, d.offer)})
		if e := p.last(wire.EventVideo); e["state"] != wire.VideoOn {
			t.Fatalf("video: %v", e)
		}
		head, media, _ := strings.Cut(both, "m=video")
		wish := func(direction string, reoffers int) {
			t.Helper()
			offer := head + "m=video" + strings.Replace(media, "a=sendrecv", "a="+direction, 1)
			if a := p.ask(wire.MethodUpdate, map[string]any{"call": "c1", "sdp": offer}); a["result"] == nil {
				t.Fatal(a)
			}
			for range 3 {
				if n := count(d.heard(), "reoffer"); n != reoffers {
					t.Fatalf("%s: %d offers, want %d: %v", direction, n, reoffers, d.heard())
				}
				d.notify(ims.OfferRejected{Status: 488, Cause: call.FromSIP(488, 0, "")})
			}
		}
		wish("recvonly", 1)
		wish("inactive", 2)
		wish("recvonly", 3)
		if e := p.events(wire.EventEnded); len(e) != 0 || slices.Contains(d.heard(), "hangup") {
			t.Errorf("the call ended: %v", e)
		}
	})
}

// TestVideoThatComesBackIsAQuestion: the far side takes its video away and wants it again before the page has given its camera back. The
// user is asked, and nothing is shown to the far side until the answer.
func TestVideoThatComesBackIsAQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, d, both := filming(t)
		head, media, _ := strings.Cut(both, "m=video")
		none := head + "m=video" + strings.Replace(media, "a=sendrecv", "a=inactive", 1)
		with := seeing(t, d.offer)
		d.notify(ims.Accepted{SDP: with})
		says := func(want string, direction sdp.Direction, reoffers int) {
			t.Helper()
			if e := p.last(wire.EventVideo); e["state"] != want {
				t.Errorf("the page was told %v, want %s", e, want)
			}
			said := count(d.heard(), "reoffer")
			if now, _ := sdp.VideoDirection(d.sdp); now != direction || said != reoffers {
				t.Errorf("the far side was told %q for video in %d offers, want %q in %d", now, said, direction, reoffers)
			}
		}
		update := func(text string) {
			t.Helper()
			if a := p.ask(wire.MethodUpdate, map[string]any{"call": "c1", "sdp": text}); a["result"] == nil {
				t.Fatal(a)
			}
		}
		d.notify(ims.Offer{SDP: coreOffer()})
		says(wire.VideoOff, "", 0)
		d.notify(ims.Offer{SDP: with})
		says(wire.VideoOffered, sdp.Inactive, 0)
		update(none)
		says(wire.VideoOffered, sdp.Inactive, 0)
		update(both)
		says(wire.VideoOffered, sdp.SendRecv, 1)
		d.notify(ims.Answer{SDP: with})
		says(wire.VideoOn, sdp.SendRecv, 1)
	})
}

// TestVideoOfAnotherForm: the far side's H.264 is of one packetization mode, then, as of another fork or phone, of the other. A browser
// that has both is asked each time to send the one that is wanted, though its last answer named the other alone.
func TestVideoOfAnotherForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, d, both := filming(t)
		forms := sdp.DefaultVideoCodecs(false)
		asked := 0
		for i, form := range []sdp.Codec{forms[1], forms[0], forms[1], forms[1]} {
			text := seeingAs(t, d.offer, []sdp.Codec{form})
			if i == 0 {
				d.notify(ims.Accepted{SDP: text})
			} else {
				d.notify(ims.Offer{SDP: text})
			}
			if i < 3 {
				asked++
			}
			n := 0
			for _, e := range p.events(wire.EventMedia) {
				if e["state"] == wire.MediaRenegotiate {
					n++
				}
			}
			if n != asked {
				t.Fatalf("the page was asked %d times, want %d", n, asked)
			}
			a := p.ask(wire.MethodUpdate, map[string]any{"call": "c1", "sdp": both})
			result, _ := a["result"].(map[string]any)
			answer, _ := result["sdp"].(string)
			if _, video, _ := strings.Cut(answer, "m=video"); !strings.Contains(video, form.FMTP[:len("level-asymmetry-allowed=1;packetization-mode=1")]) {
				t.Fatalf("answer %d: %v", i, a)
			}
		}
	})
}
