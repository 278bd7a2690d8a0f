//go:build bench

package load

import (
	"encoding/binary"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway/transcode"
)

// parley is one call through rtpengine, plain RTP on both sides: a speaks Opus, b the core's codec.
type parley struct {
	a, b     *net.UDPConn
	toA, toB *net.UDPAddr // where rtpengine takes what a and b send
	corePT   int
}

const parleyOpus = 111

// parley sets a call up. core is the format of b's side, rates the bit rates in bit/s that rtpengine's encoders are given.
func (r *rtpengine) parley(t *testing.T, id string, core transcode.Format, opusRate, coreRate int) *parley {
	t.Helper()
	p := &parley{}
	for _, c := range []**net.UDPConn{&p.a, &p.b} {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadBuffer(1 << 20)
		t.Cleanup(func() { _ = conn.Close() })
		*c = conn
	}
	sdp := func(c *net.UDPConn, pt int, rtpmap, fmtp string) string {
		return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP %d\r\na=rtpmap:%d %s\r\n%sa=ptime:20\r\na=sendrecv\r\n",
			c.LocalAddr().(*net.UDPAddr).Port, pt, pt, rtpmap, fmtp)
	}
	offered := fmt.Sprintf("%s/%d/1/%d", core.Name, core.ClockRate, coreRate)
	if core.FMTP != "" {
		offered += "//" + core.FMTP
	}
	out, err := r.ask(map[string]any{"command": "offer", "call-id": id, "from-tag": "a", "replace": []any{"origin"}, "rtcp-mux": []any{"demux"}, "ICE": "remove",
		"sdp":   sdp(p.a, parleyOpus, "opus/48000/2", "a=fmtp:111 useinbandfec=1\r\n"),
		"codec": map[string]any{"mask": []any{"all"}, "transcode": []any{offered}, "set": []any{fmt.Sprintf("opus/48000/2/%d", opusRate)}}})
	if err != nil {
		t.Fatal(err)
	}
	pt, port := mediaLine(t, out["sdp"])
	p.corePT = pt
	p.toB = &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
	fmtp := ""
	if core.FMTP != "" {
		fmtp = fmt.Sprintf("a=fmtp:%d %s\r\n", pt, core.FMTP)
	}
	out, err = r.ask(map[string]any{"command": "answer", "call-id": id, "from-tag": "a", "to-tag": "b", "replace": []any{"origin"}, "ICE": "remove",
		"sdp": sdp(p.b, pt, fmt.Sprintf("%s/%d", core.Name, core.ClockRate), fmtp)})
	if err != nil {
		t.Fatal(err)
	}
	if _, port = mediaLine(t, out["sdp"]); !strings.Contains(out["sdp"], "opus/48000/2") {
		t.Fatalf("rtpengine does not transcode:\n%s", out["sdp"])
	}
	p.toA = &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
	return p
}

// mediaLine is the first payload type and the port of a description.
func mediaLine(t *testing.T, sdp string) (pt, port int) {
	t.Helper()
	for line := range strings.SplitSeq(sdp, "\r\n") {
		if f := strings.Fields(line); strings.HasPrefix(line, "m=audio ") && len(f) > 3 {
			port, _ = strconv.Atoi(f[1])
			pt, _ = strconv.Atoi(f[3])
			return pt, port
		}
	}
	t.Fatalf("no audio in\n%s", sdp)
	return 0, 0
}

// play sends both streams in real time and returns what came out at the other ends, in the order of the senders' numbers.
func (p *parley) play(up, down []timed, opus, core transcode.Format) (heardB, heardA []timed) {
	var wg sync.WaitGroup
	stop := make(chan struct{})
	var gotA, gotB map[uint32]timed
	wg.Go(func() { gotA = gather(p.a, stop) })
	wg.Go(func() { gotB = gather(p.b, stop) })
	var send sync.WaitGroup
	begin := time.Now()
	send.Go(func() { sendStream(p.a, p.toA, parleyOpus, up, opus, begin) })
	send.Go(func() { sendStream(p.b, p.toB, p.corePT, down, core, begin) })
	send.Wait()
	time.Sleep(300 * time.Millisecond) // what is still on its way
	close(stop)
	wg.Wait()
	return inOrder(gotB), inOrder(gotA)
}

// sendStream sends packets at their times.
func sendStream(c *net.UDPConn, to *net.UDPAddr, pt int, list []timed, f transcode.Format, begin time.Time) {
	b := make([]byte, 0, 1500)
	for _, m := range list {
		seq := m.ts / uint32(f20(f))
		time.Sleep(time.Until(begin.Add(time.Duration(seq) * 20 * time.Millisecond)))
		b = append(b[:0], 0x80, byte(pt))
		b = binary.BigEndian.AppendUint16(b, uint16(seq))
		b = binary.BigEndian.AppendUint32(b, m.ts)
		b = append(binary.BigEndian.AppendUint32(b, 4711), m.payload...)
		_, _ = c.WriteToUDP(b, to)
	}
}

// gather collects RTP until told to stop, by extended sequence number.
func gather(c *net.UDPConn, stop chan struct{}) map[uint32]timed {
	out, b, high := map[uint32]timed{}, make([]byte, 2048), uint32(0)
	for {
		_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		n, _, err := c.ReadFromUDP(b)
		select {
		case <-stop:
			if err != nil {
				return out
			}
		default:
		}
		if err != nil || n < 13 {
			continue
		}
		seq := uint32(binary.BigEndian.Uint16(b[2:]))
		if len(out) > 0 {
			seq = high + uint32(int32(int16(uint16(seq)-uint16(high))))
		} else {
			seq += 1 << 16
		}
		high = max(high, seq)
		out[seq] = timed{binary.BigEndian.Uint32(b[4:]), slices.Clone(b[12:n])}
	}
}

func inOrder(got map[uint32]timed) (out []timed) {
	for _, seq := range slices.Sorted(maps.Keys(got)) {
		out = append(out, got[seq])
	}
	return out
}
