//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"causeway/test/browser"
	"causeway/test/lab"
	"causeway/test/lab/handset"
	"causeway/test/rig"
)

// videoEcho is a handset that sends pictures back.
const videoEcho = "+15550121"

// watch shows the far party's picture in an element of the test's own and counts what is decoded.
const watch = `(async () => {
	const call = window.causeway.phone.calls[0];
	let el = document.getElementById("watch");
	if (!el) {
		el = Object.assign(document.createElement("video"), {id: "watch", muted: true, autoplay: true});
		el.style = "position:fixed;right:0;bottom:0;width:480px;z-index:9";
		document.body.append(el);
	}
	el.srcObject = call.remoteVideo;
	void el.play().catch(() => undefined);
})()`

// decoded is how many frames the page has decoded, and sent the number it has encoded.
const (
	decoded = `(async () => { const s = await window.causeway.phone.calls[0].getStats(); let n = 0;
		s.forEach(r => { if (r.type === "inbound-rtp" && r.kind === "video") n = r.framesDecoded; }); return n; })()`
	keyAsked = `(async () => { const s = await window.causeway.phone.calls[0].getStats(); let n = 0;
		s.forEach(r => { if (r.type === "outbound-rtp" && r.kind === "video") n = r.pliCount + r.firCount; }); return n; })()`
)

// sees waits until the page has decoded that many more frames.
func sees(t *testing.T, p *rig.Page, more int) {
	t.Helper()
	before := 0
	p.JS(decoded, &before)
	rig.WaitFor(t, "decoded frames", rig.Patience, func() bool {
		now := 0
		p.JS(decoded, &now)
		return now >= before+more
	})
}

func mirrored(c handset.CallInfo) bool {
	return c.State == "up" && c.Video != nil && c.Video.On && c.Video.Seen.KeyFrames > 0 && c.Video.Seen.Frames > 20
}

// TestVideoCall: a page calls with video; its own picture comes back. Hold and resume, then video goes and comes again.
func TestVideoCall(t *testing.T) {
	b := rig.Start(t, rig.Options{})
	p := b.Open(browser.Chromium, pageHz)
	p.JS(`void (window.states = [], window.causeway.phone.call("`+videoEcho+`", {video: true}).on("video", s => window.states.push(s)))`, nil)
	p.State("active")
	p.Until("video in the page", `window.causeway.phone.calls[0].remoteVideo`)
	p.JS(watch, nil)
	sees(t, p, 30)
	// A browser with little of a processor sends a smaller picture of the same shape.
	p.Until("a picture of the camera's shape", `(() => {
		const far = document.getElementById("watch"), own = window.causeway.phone.calls[0].localVideo.getVideoTracks()[0].getSettings();
		return far.videoHeight >= 120 && own.width === 640 && Math.abs(far.videoWidth / far.videoHeight - own.width / own.height) < 0.02;
	})()`)
	c := b.HandsetCall(videoEcho, "the page's picture", mirrored)
	if len(c.Faults) != 0 {
		t.Errorf("the handset complains: %v", c.Faults)
	}
	b.HandsetCall(videoEcho, "the page's tone", hears(pageHz))
	p.Shot("video-active")

	p.JS(`window.causeway.phone.calls[0].hold()`, nil)
	b.HandsetCall(videoEcho, "hold", func(c handset.CallInfo) bool { return c.Hold.Remote && c.Video.Says == "sendonly" })
	p.JS(`window.causeway.phone.calls[0].resume()`, nil)
	b.HandsetCall(videoEcho, "resume", func(c handset.CallInfo) bool { return !c.Hold.Remote && c.Video.Says == "sendrecv" })
	sees(t, p, 30)

	p.JS(`window.causeway.phone.calls[0].removeVideo()`, nil)
	b.HandsetCall(videoEcho, "no video", func(c handset.CallInfo) bool { return c.State == "up" && !c.Video.On })
	p.Until("no video in the page", `window.causeway.phone.calls[0].video.state === "off" && !window.causeway.phone.calls[0].localVideo`)
	p.HearsTone(pageHz)
	p.JS(`window.causeway.phone.calls[0].addVideo()`, nil)
	b.HandsetCall(videoEcho, "video again", func(c handset.CallInfo) bool { return c.Video.On })
	p.Until("video in the page again", `window.causeway.phone.calls[0].remoteVideo`)
	p.JS(watch, nil)
	sees(t, p, 30)
	p.JS(`window.causeway.phone.calls[0].hangup()`, nil)
	p.Until("no call in the page", `window.causeway.phone.calls.length === 0`)
	settled(t, b)
}

// videoPhone is a handset whose abilities the test chooses.
const videoPhone = "+15550130"

// videoBed starts a lab with such a handset.
func videoBed(t *testing.T, v handset.Video) *rig.Bed {
	t.Helper()
	return rig.Start(t, rig.Options{Lab: func(c *lab.Config) {
		c.Scripts = []handset.Script{{Number: videoPhone, Name: "video", Codecs: []string{"AMR-WB"}, Source: "tone", ToneHz: handsetHz, Ring: 200e6, Video: &v}}
	}})
}

// TestVideoConverted: Firefox, which has no H.264 here, and a phone of packetization mode 0 whose RTCP takes no feedback: VP8 becomes
// H.264 and comes back as VP8, and key frames are asked for by SIP INFO.
func TestVideoConverted(t *testing.T) {
	b := videoBed(t, handset.Video{Mode: 0, AVP: true, NoFeedback: true})
	p := b.Open(browser.Firefox, pageHz)
	p.JS(`void window.causeway.phone.call("`+videoPhone+`", {video: true})`, nil)
	p.State("active")
	p.Until("video in the page", `window.causeway.phone.calls[0].remoteVideo`)
	p.JS(watch, nil)
	sees(t, p, 30)
	c := b.HandsetCall(videoPhone, "the page's picture and an INFO", func(c handset.CallInfo) bool { return mirrored(c) && c.Video.Infos > 0 })
	if c.Video.Seen.Fragments+c.Video.Seen.Aggregate > 0 {
		t.Errorf("a phone of mode 0 got %+v", c.Video.Seen)
	}
	p.Until("the conversion in the figures", `window.causeway.phone.calls[0].quality?.video?.transcoding`)
	p.Until("a picture", `document.getElementById("watch").videoWidth >= 320`)
	p.Shot("video-converted")
	p.JS(`window.causeway.phone.calls[0].hangup()`, nil)
	p.Until("no call in the page", `window.causeway.phone.calls.length === 0`)
	settled(t, b)
}

// TestVideoModeZero: Chromium and a phone of packetization mode 0: the page is asked to send that mode, and nothing is converted.
func TestVideoModeZero(t *testing.T) {
	b := videoBed(t, handset.Video{Mode: 0})
	p := b.Open(browser.Chromium, pageHz)
	p.JS(`void window.causeway.phone.call("`+videoPhone+`", {video: true})`, nil)
	p.State("active")
	p.Until("video in the page", `window.causeway.phone.calls[0].remoteVideo`)
	p.JS(watch, nil)
	sees(t, p, 30)
	c := b.HandsetCall(videoPhone, "the page's picture", mirrored)
	if c.Video.Seen.Fragments+c.Video.Seen.Aggregate > 0 || !strings.Contains(c.Video.Format, "packetization-mode=0") {
		t.Errorf("a phone of mode 0 got %+v as %s", c.Video.Seen, c.Video.Format)
	}
	p.Until("figures", `window.causeway.phone.calls[0].quality?.video?.transcoding === false`)
	p.JS(`window.causeway.phone.calls[0].hangup()`, nil)
	p.Until("no call in the page", `window.causeway.phone.calls.length === 0`)
	settled(t, b)
}

// TestVideoOfThePhone: the phone adds video to a running call, the user agrees; the phone takes it away. Then it wants it once more, and
// the user does not.
func TestVideoOfThePhone(t *testing.T) {
	b := videoBed(t, handset.Video{Mode: 1, Later: true})
	p := b.Open(browser.Chromium, pageHz)
	p.JS(`void (window.offers = 0, window.causeway.phone.call("`+videoPhone+`").on("videoOffer", () => { window.offers++; }))`, nil)
	p.State("active")
	p.HearsTone(handsetHz)
	do := func(arg string) {
		t.Helper()
		b.Do(videoPhone, "video", arg)
	}
	do("on")
	p.Until("the question", `window.offers === 1`)
	c := b.HandsetCall(videoPhone, "an open line", func(c handset.CallInfo) bool { return c.Video.On })
	if c.Video.Says != "inactive" || c.Video.Seen.Packets != 0 {
		t.Errorf("before the user agreed the phone got %+v", c.Video)
	}
	p.JS(`window.causeway.phone.calls[0].acceptVideo()`, nil)
	p.Until("video in the page", `window.causeway.phone.calls[0].remoteVideo`)
	p.JS(watch, nil)
	sees(t, p, 30)
	b.HandsetCall(videoPhone, "the page's picture", mirrored)
	do("off")
	p.Until("the camera to be given back", `!window.causeway.phone.calls[0].localVideo && window.causeway.phone.calls[0].video.reason === "removed"`)
	do("on")
	p.Until("the second question", `window.offers === 2`)
	p.JS(`window.causeway.phone.calls[0].declineVideo()`, nil)
	b.HandsetCall(videoPhone, "no video", func(c handset.CallInfo) bool { return c.State == "up" && !c.Video.On })
	p.HearsTone(handsetHz)
	p.JS(`window.causeway.phone.calls[0].hangup()`, nil)
	p.Until("no call in the page", `window.causeway.phone.calls.length === 0`)
	settled(t, b)
}

// TestVideoIncoming: the phone calls with video; the page answers with its camera, then, in another call, with sound alone.
func TestVideoIncoming(t *testing.T) {
	b := videoBed(t, handset.Video{Mode: 1})
	p := b.Open(browser.Chromium, pageHz)
	ring := func() {
		t.Helper()
		if _, err := b.Lab.Handsets.Call(videoPhone, handset.Outgoing{To: "+15550001"}); err != nil {
			t.Fatal(err)
		}
		p.Until("an incoming call with video", `window.causeway.phone.calls.length === 1 && window.causeway.phone.calls[0].videoOffered`)
	}
	ring()
	p.JS(`window.causeway.phone.calls[0].answer({video: true})`, nil)
	p.Until("video in the page", `window.causeway.phone.calls[0].remoteVideo`)
	p.JS(watch, nil)
	sees(t, p, 30)
	b.HandsetCall(videoPhone, "the page's picture", mirrored)
	p.JS(`window.causeway.phone.calls[0].hangup()`, nil)
	p.Until("no call in the page", `window.causeway.phone.calls.length === 0`)
	ring()
	p.JS(`window.causeway.phone.calls[0].answer()`, nil)
	p.State("active")
	b.HandsetCall(videoPhone, "sound alone", func(c handset.CallInfo) bool { return c.State == "up" && !c.Video.On && hears(pageHz)(c) })
	p.JS(`window.causeway.phone.calls[0].hangup()`, nil)
	p.Until("no call in the page", `window.causeway.phone.calls.length === 0`)
	settled(t, b)
}

// TestVideoRefused: a phone without video gets a call with it: sound alone, and the camera is given back.
func TestVideoRefused(t *testing.T) {
	b := rig.Start(t, rig.Options{})
	p := b.Open(browser.Chromium, pageHz)
	p.JS(`void window.causeway.phone.call("`+tonePlayer+`", {video: true})`, nil)
	p.State("active")
	p.HearsTone(handsetHz)
	p.Until("the camera to be given back", `!window.causeway.phone.calls[0].localVideo && window.causeway.phone.calls[0].video.reason === "refused"`)
	b.HandsetCall(tonePlayer, "the page's tone", hears(pageHz))
	p.JS(`window.causeway.phone.calls[0].hangup()`, nil)
	p.Until("no call in the page", `window.causeway.phone.calls.length === 0`)
	settled(t, b)
}

// TestVideoPage: the user's own way, by clicks: a call with video, the pictures, the camera button, and the far party's question.
func TestVideoPage(t *testing.T) {
	b := videoBed(t, handset.Video{Mode: 1})
	p := b.Open(browser.Chromium, pageHz)
	p.Click("with-video")
	p.Dial(videoPhone)
	p.State("active")
	shown := func(id string) string {
		return `(() => { const v = document.querySelector('[data-testid="` + id + `"]'); return !v.hidden && v.videoWidth > 0 && v.getBoundingClientRect().height > 0; })()`
	}
	p.Until("the far party's picture", shown("video-far"))
	p.Until("the camera's picture", shown("video-own"))
	p.Shot("video-page")
	p.Click("camera")
	p.Until("no pictures", `document.querySelector('[data-testid="pictures"]').hidden`)
	b.HandsetCall(videoPhone, "no video", func(c handset.CallInfo) bool { return c.State == "up" && !c.Video.On })
	b.Do(videoPhone, "video", "on")
	p.Until("the question", `!document.querySelector('[data-testid="video-offer"]').hidden`)
	p.Shot("video-question")
	p.Click("video-watch")
	p.Until("the far party's picture line", `window.causeway.phone.calls[0].video.state === "on" && !window.causeway.phone.calls[0].video.send`)
	p.Click("hangup")
	p.Until("no call in the page", `window.causeway.phone.calls.length === 0`)
	settled(t, b)
}
