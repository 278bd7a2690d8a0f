//go:build interop

package gstreamer

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"causeway/test/rig"
)

// endpoint is the phone's video: one announced port pair whose packets two GStreamer programs make and take, one that draws and one that
// looks, each with its own RTCP. The endpoint stands between because gst-launch cannot send from the port it listens on, which is the only
// source the gateway accepts. It gives payload types their negotiated numbers, and else changes nothing.
type endpoint struct {
	rtp, rtcp *net.UDPConn
	gateway   atomic.Pointer[netip.AddrPort] // where it wants RTP
	pt        atomic.Int32                   // payload type of the gateway's offer
	turned    atomic.Int32                   // video orientation of what is sent, -1 for none
	ports     ports
	done      sync.WaitGroup

	toPhone, fromPhone flow
	oriented           atomic.Int64 // packets to the phone that say how the picture is turned
	asked              atomic.Int64 // key frames that the gateway asked of the phone
	asks               atomic.Int64 // that GStreamer asked of the gateway
	reports            atomic.Int64 // sender reports of the gateway
}

// ports are GStreamer's, on loopback: of what comes, its RTCP, the RTCP of what goes; out and control are where it sends.
type ports struct{ in, inControl, outControl, out, control int }

// flow counts one direction.
type flow struct{ packets, pieces, frames, keys atomic.Int64 }

// payloadType is what GStreamer calls H.264.
const payloadType = 99

func listen(t *testing.T, port int) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// pair opens an even port and the odd one above it.
func pair(t *testing.T) (even, odd *net.UDPConn) {
	t.Helper()
	for range 1000 {
		even = listen(t, 0)
		if port(even)%2 == 0 {
			if odd, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(loopback(port(even)+1))); err == nil {
				t.Cleanup(func() { _ = odd.Close() })
				return even, odd
			}
		}
		_ = even.Close()
	}
	t.Fatal("no pair of ports is free")
	return nil, nil
}

func port(c *net.UDPConn) int { return c.LocalAddr().(*net.UDPAddr).Port }

func loopback(port int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
}

// newEndpoint opens the pair and the ports that GStreamer sends to.
func newEndpoint(t *testing.T) *endpoint {
	t.Helper()
	e := &endpoint{}
	e.turned.Store(-1)
	e.rtp, e.rtcp = pair(t)
	from, control := listen(t, 0), listen(t, 0)
	free := rig.FreePorts(t, 3)
	e.ports = ports{free[0], free[1], free[2], port(from), port(control)}
	e.done.Go(func() { read(e.rtp, e.arrived) })
	e.done.Go(func() { read(e.rtcp, e.heard) })
	e.done.Go(func() { read(from, e.leave) })
	e.done.Go(func() { read(control, e.say) })
	t.Cleanup(func() { _ = e.rtp.Close(); _ = e.rtcp.Close(); _ = from.Close(); _ = control.Close(); e.done.Wait() })
	return e
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

// count looks at one packet of H.264 (RFC 6184 5).
func (f *flow) count(b []byte) {
	at := 12
	if b[0]&0x10 != 0 && len(b) > 16 {
		at += 4 + 4*int(binary.BigEndian.Uint16(b[14:]))
	}
	if at+1 >= len(b) {
		return
	}
	f.packets.Add(1)
	if b[1]&0x80 != 0 {
		f.frames.Add(1)
	}
	kind := b[at] & 31
	if kind >= 24 {
		f.pieces.Add(1)
	}
	if kind == 5 || kind == 28 && b[at+1]&0x80 != 0 && b[at+1]&31 == 5 {
		f.keys.Add(1)
	}
}

// arrived hands a packet of the gateway to GStreamer.
func (e *endpoint) arrived(b []byte) {
	if len(b) < 13 {
		return
	}
	e.toPhone.count(b)
	if b[0]&0x10 != 0 && len(b) > 17 && binary.BigEndian.Uint16(b[12:]) == 0xbede && b[16] == 4<<4 {
		e.oriented.Add(1)
	}
	b[1] = b[1]&0x80 | payloadType
	_, _ = e.rtp.WriteToUDPAddrPort(b, loopback(e.ports.in))
}

// leave hands a packet of GStreamer to the gateway, turned where the test says so (TS 26.114 7.4.5).
func (e *endpoint) leave(b []byte) {
	to := e.gateway.Load()
	if to == nil || len(b) < 13 {
		return
	}
	e.fromPhone.count(b)
	b[1] = b[1]&0x80 | byte(e.pt.Load())
	if v := e.turned.Load(); v >= 0 {
		c := append([]byte{b[0] | 0x10}, b[1:12]...)
		b = append(append(c, 0xbe, 0xde, 0, 1, 4<<4, byte(v), 0, 0), b[12:]...)
	}
	_, _ = e.rtp.WriteToUDPAddrPort(b, *to)
}

// heard hands RTCP of the gateway to both programs.
func (e *endpoint) heard(b []byte) {
	each(b, func(kind, format byte) {
		switch {
		case kind == 206 && (format == 1 || format == 4):
			e.asked.Add(1)
		case kind == 200:
			e.reports.Add(1)
		}
	})
	_, _ = e.rtcp.WriteToUDPAddrPort(b, loopback(e.ports.inControl))
	_, _ = e.rtcp.WriteToUDPAddrPort(b, loopback(e.ports.outControl))
}

// say hands RTCP of either program to the gateway.
func (e *endpoint) say(b []byte) {
	to := e.gateway.Load()
	if to == nil {
		return
	}
	each(b, func(kind, format byte) {
		if kind == 206 && (format == 1 || format == 4) {
			e.asks.Add(1)
		}
	})
	_, _ = e.rtcp.WriteToUDPAddrPort(b, netip.AddrPortFrom(to.Addr(), to.Port()+1))
}

// each goes through the packets of a compound.
func each(b []byte, see func(kind, format byte)) {
	for len(b) >= 4 {
		see(b[1], b[0]&31)
		size := 4 + 4*int(binary.BigEndian.Uint16(b[2:]))
		if size > len(b) {
			return
		}
		b = b[size:]
	}
}

// gst starts a pipeline that runs until the test ends.
func gst(t *testing.T, elements string) {
	t.Helper()
	cmd := exec.Command(program(t, "gst-launch-1.0"), append([]string{"-q"}, strings.Fields(elements)...)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
}

// draws starts GStreamer's colour bars. After the first there is a key frame only when one is asked for.
func (e *endpoint) draws(t *testing.T, mode int) {
	t.Helper()
	slices, mtu := "slice-max-size=1100", 1200 // mode 0: one NAL unit to a packet
	if mode == 1 {
		slices, mtu = "slice-max-size=0", 300
	}
	gst(t, fmt.Sprintf(`videotestsrc is-live=true pattern=smpte75 ! video/x-raw,width=320,height=240,framerate=15/1 ! x264enc tune=zerolatency
		speed-preset=ultrafast bitrate=400 key-int-max=100000 option-string=%s ! video/x-h264,profile=constrained-baseline !
		rtph264pay pt=%d mtu=%d config-interval=-1 aggregate-mode=none ! bin.send_rtp_sink_0 rtpbin name=bin rtp-profile=avpf
		bin.send_rtp_src_0 ! udpsink host=127.0.0.1 port=%d bin.send_rtcp_src_0 ! udpsink host=127.0.0.1 port=%d sync=false async=false
		udpsrc port=%d ! application/x-rtcp ! bin.recv_rtcp_sink_0`, slices, payloadType, mtu, e.ports.out, e.ports.control, e.ports.outControl))
}

// looks starts GStreamer's screen, which asks for a key frame by itself; it leaves every picture in a file of dir.
func (e *endpoint) looks(t *testing.T, mode int, dir string) {
	t.Helper()
	gst(t, fmt.Sprintf(`rtpbin name=bin rtp-profile=avpf latency=100
		udpsrc port=%d caps=application/x-rtp,media=video,clock-rate=90000,encoding-name=H264,payload=%d,packetization-mode=(string)%d,rtcp-fb-nack-pli=(boolean)true
		! bin.recv_rtp_sink_0 udpsrc port=%d ! application/x-rtcp ! bin.recv_rtcp_sink_0
		bin.send_rtcp_src_0 ! udpsink host=127.0.0.1 port=%d sync=false async=false
		bin. ! rtph264depay request-keyframe=true wait-for-keyframe=true ! h264parse ! avdec_h264 ! videoconvert ! pngenc compression-level=1 !
		multifilesink location=%s`, e.ports.in, payloadType, mode, e.ports.inControl, e.ports.control, filepath.Join(dir, "%05d.png")))
}
