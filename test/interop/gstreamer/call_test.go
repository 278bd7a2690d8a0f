//go:build interop

package gstreamer

import (
	"encoding/binary"
	"fmt"
	"image"
	_ "image/jpeg"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"causeway/test/browser"
	"causeway/test/lab"
	"causeway/test/lab/handset"
	"causeway/test/rig"
)

func TestMain(m *testing.M) { os.Exit(rig.Main(m)) }

// endpoint is the phone's video: one announced port pair whose packets GStreamer makes and takes. It stands between because gst-launch
// cannot send from the port it listens on, which is the only source the gateway accepts.
type endpoint struct {
	rtp, rtcp *net.UDPConn
	gateway   atomic.Pointer[netip.AddrPort] // where it wants RTP
	in        netip.AddrPort                 // GStreamer's port for what comes
	pt        atomic.Int32                   // payload type of the gateway's offer
	turned    atomic.Int32                   // video orientation of what is sent, -1 for none
	toPhone   atomic.Int64                   // packets
	fragments atomic.Int64                   // FU-A and STAP-A among them
	plis      atomic.Int64                   // key frames asked of the phone
	source    atomic.Uint32                  // SSRC of what comes
	done      sync.WaitGroup
}

func listen(t *testing.T, port int) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func port(c *net.UDPConn) int { return c.LocalAddr().(*net.UDPAddr).Port }

// newEndpoint opens the pair and the port that GStreamer sends to; what comes goes to GStreamer's port in.
func newEndpoint(t *testing.T, in int) (e *endpoint, out int) {
	t.Helper()
	e = &endpoint{in: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(in))}
	e.turned.Store(-1)
	base := rig.FreePort(t, "udp") &^ 1
	e.rtp, e.rtcp = listen(t, base), listen(t, base+1)
	from := listen(t, 0)
	e.done.Go(func() { read(e.rtp, e.arrived) })
	e.done.Go(func() { read(e.rtcp, e.control) })
	e.done.Go(func() { read(from, e.leave) })
	t.Cleanup(func() { _ = e.rtp.Close(); _ = e.rtcp.Close(); _ = from.Close(); e.done.Wait() })
	return e, port(from)
}

func read(c *net.UDPConn, take func([]byte)) {
	for buf := make([]byte, 2048); ; {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		take(buf[:n:n])
	}
}

// arrived hands a packet of the gateway to GStreamer.
func (e *endpoint) arrived(b []byte) {
	if len(b) < 13 {
		return
	}
	e.toPhone.Add(1)
	e.source.Store(binary.BigEndian.Uint32(b[8:]))
	at := 12
	if b[0]&0x10 != 0 {
		at += 4 + 4*int(binary.BigEndian.Uint16(b[14:]))
	}
	if kind := b[at] & 31; kind >= 24 {
		e.fragments.Add(1)
	}
	_, _ = e.rtp.WriteToUDPAddrPort(b, e.in)
}

// leave hands a packet of GStreamer to the gateway, turned where the test says so (TS 26.114 7.4.5).
func (e *endpoint) leave(b []byte) {
	to := e.gateway.Load()
	if to == nil || len(b) < 13 {
		return
	}
	b[1] = b[1]&0x80 | byte(e.pt.Load())
	if v := e.turned.Load(); v >= 0 {
		c := append([]byte{b[0] | 0x10}, b[1:12]...)
		b = append(append(c, 0xbe, 0xde, 0, 1, 4<<4, byte(v), 0, 0), b[12:]...)
	}
	_, _ = e.rtp.WriteToUDPAddrPort(b, *to)
}

func (e *endpoint) control(b []byte) {
	for len(b) >= 4 {
		if b[1] == 206 && b[0]&31 == 1 {
			e.plis.Add(1)
		}
		size := 4 + 4*int(binary.BigEndian.Uint16(b[2:]))
		if size > len(b) {
			return
		}
		b = b[size:]
	}
}

// ask asks the gateway for a key frame: the phone has just begun to look.
func (e *endpoint) ask() {
	b := binary.BigEndian.AppendUint32([]byte{0x80, 201, 0, 1}, 77)
	b = binary.BigEndian.AppendUint32(append(b, 0x81, 206, 0, 2), 77)
	b = binary.BigEndian.AppendUint32(b, e.source.Load())
	to := *e.gateway.Load()
	_, _ = e.rtcp.WriteToUDPAddrPort(b, netip.AddrPortFrom(to.Addr(), to.Port()+1))
}

// gst starts a pipeline that runs until the test ends.
func gst(t *testing.T, elements ...string) {
	t.Helper()
	cmd := exec.Command(program(t, "gst-launch-1.0"), append([]string{"-q"}, elements...)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
}

// pixels reads colours of the page's picture, at fractions of its size.
const pixels = `(async () => {
	const el = document.getElementById("watch"), c = document.createElement("canvas");
	c.width = el.videoWidth; c.height = el.videoHeight;
	const x = c.getContext("2d");
	x.drawImage(el, 0, 0);
	return [[1, 5], [3, 5], [5, 5], [9, 5], [11, 5]].map(([a, b]) => [...x.getImageData(c.width * a / 14, c.height * b / 14, 1, 1).data.slice(0, 3)]);
})()`

// TestVideoCallWithGStreamer: Chromium and a GStreamer endpoint over plain RTP see each other, in both packetization modes; the page
// shows GStreamer's colour bars, and turns them when told to; GStreamer joins late and gets a key frame.
func TestVideoCallWithGStreamer(t *testing.T) {
	program(t, "gst-launch-1.0")
	for mode := range 2 {
		t.Run(fmt.Sprintf("mode %d", mode), func(t *testing.T) { callGStreamer(t, mode) })
	}
}

func callGStreamer(t *testing.T, mode int) {
	in := rig.FreePort(t, "udp")
	e, out := newEndpoint(t, in)
	const number = "+15550131"
	b := rig.Start(t, rig.Options{Lab: func(c *lab.Config) {
		c.Scripts = []handset.Script{{Number: number, Name: "gstreamer", Codecs: []string{"AMR-WB"}, Source: "silence", Ring: 200e6,
			Video: &handset.Video{Mode: mode, Orientation: true, At: e.rtp.LocalAddr().(*net.UDPAddr).AddrPort()}}}
	}})
	slices := "slice-max-size=1100" // mode 0: one NAL unit to a packet
	if mode == 1 {
		slices = "slice-max-size=0"
	}
	gst(t, "videotestsrc", "is-live=true", "pattern=smpte75", "!", "video/x-raw,width=320,height=240,framerate=15/1", "!",
		"x264enc", "tune=zerolatency", "speed-preset=ultrafast", "bitrate=400", "key-int-max=30", "option-string="+slices, "!", "video/x-h264,profile=constrained-baseline", "!",
		"rtph264pay", "pt=99", "mtu=1200", "config-interval=-1", "aggregate-mode=none", "!", "udpsink", "host=127.0.0.1", fmt.Sprintf("port=%d", out))

	p := b.Open(browser.Chromium, 440)
	p.JS(`void window.causeway.phone.call("`+number+`", {video: true})`, nil)
	p.State("active")
	c := b.HandsetCall(number, "video", func(c handset.CallInfo) bool { return c.State == "up" && c.Video.On })
	to, err := netip.ParseAddrPort(c.Video.Remote)
	if err != nil {
		t.Fatal(err)
	}
	pt, err := strconv.Atoi(strings.Fields(c.Video.Format)[0])
	if err != nil {
		t.Fatal(err)
	}
	e.pt.Store(int32(pt))
	e.gateway.Store(&to)
	p.Until("video in the page", `window.causeway.phone.calls[0].remoteVideo`)
	p.JS(`void (() => { const el = Object.assign(document.createElement("video"), {id: "watch", muted: true, autoplay: true}); el.style = "position:fixed;right:0;bottom:0;width:480px;z-index:9";
		document.body.append(el); el.srcObject = window.causeway.phone.calls[0].remoteVideo; })()`, nil)
	p.Until("GStreamer's picture", `document.getElementById("watch").videoWidth === 320`)
	var seen [][3]int
	t.Cleanup(func() { t.Logf("colours %v", seen) })
	rig.WaitFor(t, "colour bars", 10e9, func() bool {
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
	p.Shot(fmt.Sprintf("gstreamer-mode-%d", mode))
	if e.plis.Load() == 0 {
		t.Error("nobody asked the phone for a key frame")
	}

	e.turned.Store(1) // 90 degrees
	p.Until("the turned picture", `document.getElementById("watch").videoWidth === 240 && document.getElementById("watch").videoHeight === 320`)

	// GStreamer begins to look now: it needs a key frame, and asks for one.
	dir := t.TempDir()
	gst(t, "udpsrc", fmt.Sprintf("port=%d", in), "caps="+fmt.Sprintf("application/x-rtp,media=video,clock-rate=90000,encoding-name=H264,packetization-mode=(string)%d", mode),
		"!", "rtpjitterbuffer", "latency=100", "!", "rtph264depay", "!", "h264parse", "!", "avdec_h264", "!", "videoconvert", "!", "jpegenc", "!", "multifilesink", "location="+filepath.Join(dir, "%05d.jpg"))
	rig.WaitFor(t, "GStreamer to listen and decode 30 frames", 30e9, func() bool {
		list, _ := filepath.Glob(filepath.Join(dir, "*.jpg"))
		if len(list) == 0 {
			e.ask()
		}
		return len(list) > 30
	})
	picture(t, dir, mode)
	if n := e.fragments.Load(); mode == 0 && n > 0 {
		t.Errorf("a phone of mode 0 got %d packets that are fragments or aggregates", n)
	}
	p.JS(`window.causeway.phone.calls[0].hangup()`, nil)
	p.Until("no call in the page", `window.causeway.phone.calls.length === 0`)
	b.Clean()
}

// picture looks at one of the frames GStreamer decoded: Chromium's fake camera is a green field with a disc on it.
func picture(t *testing.T, dir string, mode int) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "00020.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	if shots := os.Getenv("E2E_SHOTS"); shots != "" {
		_ = os.WriteFile(filepath.Join(shots, fmt.Sprintf("gstreamer-saw-mode-%d.jpg", mode)), raw, 0o600)
	}
	f, err := os.Open(filepath.Join(dir, "00020.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if s := img.Bounds().Size(); s.X < 320 || s.X*3 != s.Y*4 {
		t.Errorf("the picture is %v", s)
	}
	green, all := 0, 0
	for y := 0; y < img.Bounds().Dy(); y += 8 {
		for x := 0; x < img.Bounds().Dx(); x += 8 {
			r, g, b, _ := img.At(x, y).RGBA()
			all++
			if g > 2*r && g > 2*b {
				green++
			}
		}
	}
	if green*2 < all {
		t.Errorf("%d of %d points are green", green, all)
	}
}
