//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"causeway/test/browser"
	"causeway/test/lab"
	"causeway/test/lab/diameter"
	"causeway/test/lab/handset"
	"causeway/test/rig"
)

// otherPhone is a second phone with video.
const otherPhone = "+15550132"

// videoPhones starts a lab with phones of these scripts, each with video; what they leave open is filled in.
func videoPhones(t *testing.T, env []string, scripts ...handset.Script) *rig.Bed {
	t.Helper()
	for i := range scripts {
		s := &scripts[i]
		s.Name, s.Codecs, s.Source, s.ToneHz, s.Ring = "video", []string{"AMR-WB"}, "tone", handsetHz, 200e6
		if s.Video == nil {
			s.Video = &handset.Video{Mode: 1, Orientation: true}
		}
	}
	return rig.Start(t, rig.Options{Env: env, Lab: func(c *lab.Config) { c.Scripts = scripts }})
}

// videoWith begins a call with video and waits until both see each other.
func videoWith(t *testing.T, b *rig.Bed, p *rig.Page, number string) handset.CallInfo {
	t.Helper()
	p.JS(`void window.causeway.phone.call("`+number+`", {video: true})`, nil)
	p.State("active")
	seesIn(t, p)
	return b.HandsetCall(number, "the page's picture", mirrored)
}

// seesIn waits until the page's only call shows pictures that move.
func seesIn(t *testing.T, p *rig.Page) {
	t.Helper()
	p.Until("one call with video in the page", `window.causeway.phone.calls.length === 1 && window.causeway.phone.calls[0].remoteVideo`)
	p.JS(watch, nil)
	sees(t, p, 20)
}

// hangsUp ends the page's call.
func hangsUp(t *testing.T, b *rig.Bed, p *rig.Page) {
	t.Helper()
	p.JS(`window.causeway.phone.calls[0].hangup()`, nil)
	p.Until("no call in the page", `window.causeway.phone.calls.length === 0`)
	settled(t, b)
}

// more waits until a handset's call, which is still the same one, has got more frames.
func more(t *testing.T, b *rig.Bed, before handset.CallInfo) {
	t.Helper()
	var first uint64
	b.HandsetCall(before.Number, "more pictures in the same call", func(c handset.CallInfo) bool {
		if c.ID != before.ID || c.State != "up" || !c.Video.On || c.Video.Says != "sendrecv" {
			return false
		}
		if first == 0 {
			first = c.Video.Seen.Frames
		}
		return c.Video.Seen.Frames > first+20
	})
}

// TestVideoForked: two phones behind one number answer early, each with pictures of its own form; the second one picks up, and it is
// the one that is seen and sees.
func TestVideoForked(t *testing.T) {
	b := videoPhones(t, nil, handset.Script{Number: videoPhone, Provisional: handset.Provisional{Fork: true}})
	p := b.Open(browser.Chromium, pageHz)
	p.JS(`void window.causeway.phone.call("`+videoPhone+`", {video: true})`, nil)
	p.State("active")
	seesIn(t, p)
	c := b.HandsetCall(videoPhone, "the page's picture at the second phone", mirrored)
	if c.Video.Seen.Fragments+c.Video.Seen.Aggregate > 0 || !strings.Contains(c.Video.Format, "packetization-mode=0") {
		t.Errorf("the second phone, of mode 0, got %+v as %s", c.Video.Seen, c.Video.Format)
	}
	b.HandsetCall(videoPhone, "the end of the first phone's part", func(c handset.CallInfo) bool { return c.State == "ended" })
	p.HearsTone(440)
	hangsUp(t, b, p)
}

// TestVideoPreconditions: both m-lines have preconditions; the PCRF is asked for both, and takes the picture's flows back when it goes.
func TestVideoPreconditions(t *testing.T) {
	b := videoPhones(t, nil, handset.Script{Number: videoPhone, Provisional: handset.Provisional{Preconditions: true}})
	p := b.Open(browser.Chromium, pageHz)
	c := videoWith(t, b, p, videoPhone)
	policed := func(what string, ok func(string) bool) {
		t.Helper()
		last := ""
		rig.WaitFor(t, what, rig.Patience, func() bool {
			s := b.Lab.PCRF.State()
			if len(s.Sessions) == 1 {
				last = components(s.Sessions[0].Last)
			}
			return ok(last)
		})
	}
	policed("the AAR with sound and picture", func(s string) bool {
		return strings.Contains(s, "type 0 status 2") && strings.Contains(s, "type 1 status 2")
	})
	p.JS(`window.causeway.phone.calls[0].removeVideo()`, nil)
	b.HandsetCall(videoPhone, "no video", func(c handset.CallInfo) bool { return c.State == "up" && !c.Video.On })
	policed("the AAR that takes the picture back", func(s string) bool {
		return strings.Contains(s, "type 0 status 2") && strings.Contains(s, "type 1 status 4")
	})
	p.JS(`window.causeway.phone.calls[0].addVideo()`, nil)
	more(t, b, c)
	policed("the AAR with the picture again", func(s string) bool { return strings.Contains(s, "type 1 status 2") })
	hangsUp(t, b, p)

	if _, err := b.Lab.Handsets.Call(videoPhone, handset.Outgoing{To: "+15550001", Preconditions: true}); err != nil {
		t.Fatal(err)
	}
	p.Until("an incoming call with video", `window.causeway.phone.calls.length === 1 && window.causeway.phone.calls[0].videoOffered`)
	p.JS(`window.causeway.phone.calls[0].answer({video: true})`, nil)
	seesIn(t, p)
	hangsUp(t, b, p)
	if v := b.Lab.PCRF.State().Violations; len(v) > 0 {
		t.Errorf("the PCRF complains: %+v", v)
	}
}

// components writes media type and Flow-Status (TS 29.214 5.3.11: 2 enabled, 4 removed) of each component of an AAR.
func components(avps []diameter.Described) string {
	out := ""
	for _, a := range avps {
		if list, ok := a.Value.([]diameter.Described); ok && a.Code == 517 {
			kind, status := any(0), any(2)
			for _, in := range list {
				switch in.Name {
				case "Media-Type":
					kind = in.Value
				case "Flow-Status":
					status = in.Value
				}
			}
			out += fmt.Sprintf("type %v status %v\n", kind, status)
		}
	}
	return out
}

// TestVideoTransferred: a call with video is handed on, put through, and follows a far party that hands it on or puts it through.
func TestVideoTransferred(t *testing.T) {
	b := videoPhones(t, nil, handset.Script{Number: videoPhone}, handset.Script{Number: otherPhone})
	p := b.Open(browser.Chromium, pageHz)
	gone := func() {
		t.Helper()
		p.Until("no call in the page", `window.causeway.phone.calls.length === 0`)
		settled(t, b)
	}
	rest := func() {
		t.Helper()
		b.Do(otherPhone, "hangup", "")
		over(b)
		b.Lab.Handsets.Forget()
	}
	t.Run("to a number", func(t *testing.T) {
		videoWith(t, b, p, videoPhone)
		handsOn(p, otherPhone)
		b.HandsetCall(otherPhone, "the call of whom was handed on", talksTo(videoPhone))
		gone()
		rest()
	})
	t.Run("put through", func(t *testing.T) {
		videoWith(t, b, p, videoPhone)
		p.JS(`(async () => { const phone = window.causeway.phone; await phone.calls[0].hold(); phone.call("`+otherPhone+`", {video: true}); })()`, nil)
		p.Until("two calls with video", `window.causeway.phone.calls.length === 2 && window.causeway.phone.calls[1].remoteVideo`)
		p.JS(`(async () => { const [first, second] = window.causeway.phone.calls; await first.transfer(second); })()`, nil)
		b.HandsetCall(otherPhone, "the call of whom was put through", talksTo(videoPhone))
		gone()
		rest()
	})
	t.Run("handed on by the far phone", func(t *testing.T) {
		videoWith(t, b, p, videoPhone)
		b.Do(videoPhone, "transfer", otherPhone)
		p.Click("refer-accept")
		alone(p, otherPhone)
		seesIn(t, p)
		b.HandsetCall(otherPhone, "the page's picture", mirrored)
		hangsUp(t, b, p)
		over(b)
		b.Lab.Handsets.Forget()
	})
	t.Run("the far end changes", func(t *testing.T) {
		if _, err := b.Lab.Handsets.Call(videoPhone, handset.Outgoing{To: "+15550001"}); err != nil {
			t.Fatal(err)
		}
		p.Until("an incoming call with video", `window.causeway.phone.calls.length === 1 && window.causeway.phone.calls[0].videoOffered`)
		p.JS(`window.causeway.phone.calls[0].answer({video: true})`, nil)
		seesIn(t, p)
		b.Do(videoPhone, "hand", otherPhone)
		alone(p, otherPhone)
		seesIn(t, p)
		b.HandsetCall(otherPhone, "the page's picture", mirrored)
		hangsUp(t, b, p)
	})
}

// TestVideoReload: a page that is reloaded in a call with video finds both again.
func TestVideoReload(t *testing.T) {
	each(t, func(t *testing.T, kind browser.Kind) {
		b := videoPhones(t, nil, handset.Script{Number: videoPhone})
		p := b.Open(kind, pageHz)
		before := videoWith(t, b, p, videoPhone)
		p.Reload()
		p.Until("the page again", `!window.old && window.causeway && window.causeway.phone && window.causeway.phone.calls.length === 1`)
		p.State("active")
		seesIn(t, p)
		more(t, b, before)
		p.HearsTone(handsetHz)
		p.Shot(string(kind) + "-video-reloaded")
		hangsUp(t, b, p)
	})
}

// TestVideoPull: a call with video moves to another browser, which has other codecs, and back; the phone stays in its call.
func TestVideoPull(t *testing.T) {
	b := videoPhones(t, nil, handset.Script{Number: videoPhone})
	first, second := b.Open(browser.Chromium, pageHz), b.Open(browser.Firefox, pageHz+110)
	before := videoWith(t, b, first, videoPhone)
	second.Click("pull")
	second.State("active")
	seesIn(t, second)
	more(t, b, before)
	second.Until("the conversion in the figures", `window.causeway.phone.calls[0].quality?.video?.transcoding`)
	first.Until("the first page to let go", `window.causeway.phone.calls.length === 0`)
	first.Click("pull")
	first.State("active")
	seesIn(t, first)
	more(t, b, before)
	first.Until("no conversion in the figures", `window.causeway.phone.calls[0].quality?.video?.transcoding === false`)
	b.Until("no conversion held for a call that needs none", rig.Patience, func() bool { return b.Metric("causeway_media_video_conversions") == 0 })
	hangsUp(t, b, first)
}

// TestVideoNotConverted: as many videos are converted as may be. The next page is told so in words and keeps its sound; once there is
// room, the camera button brings the picture.
func TestVideoNotConverted(t *testing.T) {
	b := videoPhones(t, []string{"CAUSEWAY_MEDIA_VIDEO_CONVERSIONS=2"}, handset.Script{Number: videoPhone}, handset.Script{Number: otherPhone})
	first := b.Open(browser.Firefox, pageHz)
	videoWith(t, b, first, videoPhone)
	if now, most, calls := b.Metric("causeway_media_video_conversions"), b.Metric("causeway_media_video_conversions_limit"), b.Metric("causeway_media_video_sessions"); now != 2 || most != 2 || calls != 1 {
		t.Errorf("%v of %v conversions in %v calls", now, most, calls)
	}
	b.Until("pictures and key frames in the metrics", rig.Patience, func() bool {
		return b.Metric(`causeway_media_video_pictures_total{event="sent"}`) > 0 && b.Metric("causeway_media_video_key_frames_asked_total") > 0
	})
	second := b.Open(browser.Firefox, pageHz+110)
	second.JS(`void window.causeway.phone.call("`+otherPhone+`", {video: true})`, nil)
	second.State("active")
	second.Until("the reason", `window.causeway.phone.calls[0].video?.reason === "busy" && !window.causeway.phone.calls[0].localVideo`)
	second.Until("the reason in words", `[...document.querySelectorAll('[data-testid="video-note"]')].some(n => !n.hidden && n.innerText.includes("Too many video calls"))`)
	second.Shot("video-busy")
	b.HandsetCall(otherPhone, "sound alone", func(c handset.CallInfo) bool { return c.State == "up" && !c.Video.On && hears(pageHz+110)(c) })
	second.HearsTone(handsetHz)
	b.Until("the refusal in the metrics", rig.Patience, func() bool { return b.Metric("causeway_media_video_conversions_refused_total") > 0 })
	first.JS(`window.causeway.phone.calls[0].removeVideo()`, nil)
	b.Until("room for conversions", rig.Patience, func() bool { return b.Metric("causeway_media_video_conversions") == 0 })
	second.Click("camera")
	seesIn(t, second)
	b.HandsetCall(otherPhone, "the page's picture", mirrored)
	first.JS(`window.causeway.phone.calls[0].hangup()`, nil)
	hangsUp(t, b, second)
}
