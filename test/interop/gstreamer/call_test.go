//go:build interop

package gstreamer

import (
	"fmt"
	"image"
	_ "image/png"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"causeway/test/browser"
	"causeway/test/lab"
	"causeway/test/lab/handset"
	"causeway/test/rig"
)

func TestMain(m *testing.M) { os.Exit(rig.Main(m)) }

// pixels reads colours of the page's picture, at fractions of its size.
const pixels = `(async () => {
	const el = document.getElementById("watch"), c = document.createElement("canvas");
	c.width = el.videoWidth; c.height = el.videoHeight;
	const x = c.getContext("2d");
	x.drawImage(el, 0, 0);
	return [[1, 5], [3, 5], [5, 5], [9, 5], [11, 5]].map(([a, b]) => [...x.getImageData(c.width * a / 14, c.height * b / 14, 1, 1).data.slice(0, 3)]);
})()`

// inPage is what the page's own counters say: pictures decoded and encoded, and key frames asked of it.
type inPage struct{ Decoded, Encoded, Asked int }

func statistics(p *rig.Page) (s inPage) {
	p.JS(`(async () => { const s = await window.causeway.phone.calls[0].getStats(), out = {Decoded: 0, Encoded: 0, Asked: 0}; s.forEach(r => {
		if (r.type === "inbound-rtp" && r.kind === "video") out.Decoded += r.framesDecoded || 0;
		if (r.type === "outbound-rtp" && r.kind === "video") { out.Encoded += r.framesEncoded || 0; out.Asked += (r.pliCount || 0) + (r.firCount || 0); }
	}); return out; })()`, &s)
	return s
}

// TestVideoCallWithGStreamer: a page and a GStreamer endpoint over plain RTP see each other, in both packetization modes. Chromium's
// H.264 passes through; Firefox has none here and sends VP8, which the gateway converts both ways. Pictures are counted at both ends and
// looked at: the page shows GStreamer's colour bars, and turns them when told to; GStreamer begins to look late, and gets a key frame
// because it asks for one.
func TestVideoCallWithGStreamer(t *testing.T) {
	program(t, "gst-launch-1.0")
	for _, kind := range []browser.Kind{browser.Chromium, browser.Firefox} {
		for mode := range 2 {
			t.Run(fmt.Sprintf("%s mode %d", kind, mode), func(t *testing.T) { callGStreamer(t, kind, mode) })
		}
	}
}

func callGStreamer(t *testing.T, kind browser.Kind, mode int) {
	e := newEndpoint(t)
	const number = "+15550131"
	b := rig.Start(t, rig.Options{Lab: func(c *lab.Config) {
		c.Scripts = []handset.Script{{Number: number, Name: "gstreamer", Codecs: []string{"AMR-WB"}, Source: "silence", Ring: 200e6,
			Video: &handset.Video{Mode: mode, Orientation: true, At: e.rtp.LocalAddr().(*net.UDPAddr).AddrPort()}}}
	}})
	e.draws(t, mode)
	p := b.Open(kind, 440)
	p.JS(`void window.causeway.phone.call("`+number+`", {video: true})`, nil)
	p.State("active")
	c := b.HandsetCall(number, "video", func(c handset.CallInfo) bool { return c.State == "up" && c.Video.On })
	to, err := netip.ParseAddrPort(c.Video.Remote)
	if err != nil {
		t.Fatal(err)
	}
	pt, err := strconv.Atoi(strings.Fields(c.Video.Format)[0])
	if err != nil || !strings.Contains(c.Video.Format, fmt.Sprintf("packetization-mode=%d", mode)) {
		t.Fatalf("%v: not mode %d: %s", err, mode, c.Video.Format)
	}
	e.pt.Store(int32(pt))
	e.gateway.Store(&to)

	pageSees(t, e, p, kind, mode)
	phoneSees(t, e, p, kind, mode)
	convert := kind == browser.Firefox
	p.Until("the conversion in the figures", fmt.Sprintf(`window.causeway.phone.calls[0].quality?.video?.transcoding === %t`, convert))
	p.JS(`window.causeway.phone.calls[0].hangup()`, nil)
	p.Until("no call in the page", `window.causeway.phone.calls.length === 0`)
	b.Clean()
}

// pageSees looks at what GStreamer draws.
func pageSees(t *testing.T, e *endpoint, p *rig.Page, kind browser.Kind, mode int) {
	t.Helper()
	p.Until("video in the page", `window.causeway.phone.calls[0].remoteVideo`)
	p.JS(`void (() => { const el = Object.assign(document.createElement("video"), {id: "watch", muted: true, autoplay: true}); el.style = "position:fixed;right:0;bottom:0;width:480px;z-index:9";
		document.body.append(el); el.srcObject = window.causeway.phone.calls[0].remoteVideo; })()`, nil)
	p.Until("GStreamer's picture", `document.getElementById("watch").videoWidth === 320`)
	var seen [][3]int
	t.Cleanup(func() { t.Logf("colours %v", seen) })
	rig.WaitFor(t, "colour bars", rig.Patience, func() bool {
		p.JS(pixels, &seen)
		// 75 % bars: grey, yellow, cyan, magenta, red.
		for i, want := range [][3]int{{191, 191, 191}, {191, 191, 0}, {0, 191, 191}, {191, 0, 191}, {191, 0, 0}} {
			for k := range want {
				if d := seen[i][k] - want[k]; d > 40 || d < -40 {
					return false
				}
			}
		}
		return true
	})
	p.Shot(fmt.Sprintf("gstreamer-%s-mode-%d", kind, mode))
	// The packets up to the answer were lost, and with them the only key frame that comes unasked.
	if e.asked.Load() == 0 || e.fromPhone.keys.Load() == 0 {
		t.Errorf("%d key frames were asked of the phone, %d came", e.asked.Load(), e.fromPhone.keys.Load())
	}
	if mode == 1 && e.fromPhone.pieces.Load() == 0 || mode == 0 && e.fromPhone.pieces.Load() > 0 {
		t.Errorf("GStreamer sent %d fragments in mode %d", e.fromPhone.pieces.Load(), mode)
	}
	before, sent := statistics(p), e.fromPhone.frames.Load()
	got, of := 0, 0
	t.Cleanup(func() { t.Logf("the page decoded %d of %d pictures", got, of) })
	rig.WaitFor(t, "45 more pictures in the page, and two thirds of all", rig.Patience, func() bool { // a page that stalls is behind for a while
		got, of = statistics(p).Decoded-before.Decoded, int(e.fromPhone.frames.Load()-sent)
		return got >= 45 && got*3 >= of*2-30
	})
	if kind == browser.Chromium { // Firefox has no urn:3gpp:video-orientation
		e.turned.Store(1) // 90 degrees
		p.Until("the turned picture", `document.getElementById("watch").videoWidth === 240 && document.getElementById("watch").videoHeight === 320`)
	}
}

// phoneSees looks at what GStreamer decodes. It begins to look now: it needs a key frame, and asks for one by itself.
func phoneSees(t *testing.T, e *endpoint, p *rig.Page, kind browser.Kind, mode int) {
	t.Helper()
	dir := t.TempDir()
	rig.WaitFor(t, "a stream that goes by", rig.Patience, func() bool { return e.toPhone.frames.Load() > 30 })
	keys, asks, page := e.toPhone.keys.Load(), e.asks.Load(), statistics(p)
	e.looks(t, mode, dir)
	pictures := func() int {
		list, _ := filepath.Glob(filepath.Join(dir, "*.png"))
		return len(list)
	}
	rig.WaitFor(t, "GStreamer to look", rig.Patience, func() bool { return pictures() > 0 })
	if e.asks.Load() == asks || e.toPhone.keys.Load() == keys {
		t.Errorf("GStreamer asked %d times for a key frame and got %d", e.asks.Load()-asks, e.toPhone.keys.Load()-keys)
	}
	// Chromium says with each key frame how its picture is turned (TS 26.114 7.4.5); Firefox has not agreed to.
	if n := e.oriented.Load(); kind == browser.Chromium && n == 0 || kind == browser.Firefox && n > 0 {
		t.Errorf("%d packets say how the page's picture is turned", n)
	}
	if kind == browser.Chromium { // its figures are some time old
		rig.WaitFor(t, "the page's count of key frames asked for", rig.Patience, func() bool { return statistics(p).Asked > page.Asked })
	}
	first, sent, encoded := pictures(), e.toPhone.frames.Load(), statistics(p).Encoded
	got, of := 0, 0
	t.Cleanup(func() { t.Logf("GStreamer decoded %d of %d pictures, the page encoded %d", got, of, encoded) })
	rig.WaitFor(t, "GStreamer to decode 45 more pictures, and two thirds of all", rig.Patience, func() bool {
		got, of = pictures()-first, int(e.toPhone.frames.Load()-sent)
		return got > 45 && got*3 >= of*2-30
	})
	encoded = statistics(p).Encoded - encoded
	if n := e.toPhone.pieces.Load(); mode == 0 && n > 0 || mode == 1 && n == 0 {
		t.Errorf("a phone of mode %d got %d packets that are fragments or aggregates", mode, n)
	}
	picture(t, filepath.Join(dir, "00020.png"), kind, mode)
}

// picture looks at one of the pictures GStreamer decoded: the browsers' fake cameras are a field of one colour with something small on
// it. Chromium's is green.
func picture(t *testing.T, path string, kind browser.Kind, mode int) {
	t.Helper()
	if shots := os.Getenv("E2E_SHOTS"); shots != "" {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_ = os.WriteFile(filepath.Join(shots, fmt.Sprintf("gstreamer-saw-%s-mode-%d.png", kind, mode)), raw, 0o600)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	size := img.Bounds().Size()
	if size.X < 160 || size.X*3 != size.Y*4 {
		t.Errorf("the picture is %v", size)
	}
	field, all := 0, 0
	r0, g0, b0, _ := img.At(size.X/20, size.Y/20).RGBA()
	for y := 0; y < size.Y; y += 8 {
		for x := 0; x < size.X; x += 8 {
			r, g, b, _ := img.At(x, y).RGBA()
			all++
			near := func(a, b uint32) bool { return max(a, b)-min(a, b) < 24<<8 }
			if kind == browser.Chromium && g > 2*r && g > 2*b || kind == browser.Firefox && near(r, r0) && near(g, g0) && near(b, b0) {
				field++
			}
		}
	}
	if field*2 < all || max(r0, g0, b0)-min(r0, g0, b0) < 24<<8 {
		t.Errorf("%d of %d points are of the field's colour, which is %d %d %d", field, all, r0>>8, g0>>8, b0>>8)
	}
}
