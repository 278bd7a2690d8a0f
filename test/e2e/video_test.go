//go:build e2e

package e2e

import (
	"testing"

	"causeway/test/browser"
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
	rig.WaitFor(t, "decoded frames", 20e9, func() bool {
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
	p.Until("a picture of the camera's shape", `document.getElementById("watch").videoWidth === 640`)
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
