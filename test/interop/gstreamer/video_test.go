//go:build interop && cgo

package gstreamer

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"causeway/transcode/video"
)

// The scene of these tests.
const (
	width, height = 320, 240
	pictureSize   = width * height * 3 / 2 // I420
	pictures      = 60
)

// convertVideo sends GStreamer's packets in a file through a converter and writes ours to another. It
// returns the timestamps of the pictures that went in and of those that came out.
func convertVideo(t *testing.T, from, to video.Format, in, out string) (said, heard []uint32) {
	t.Helper()
	conv, err := video.NewConverter(from, to, video.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer conv.Close()
	b, err := os.ReadFile(in)
	if err != nil {
		t.Fatal(err)
	}
	var list []sent
	room := make([]byte, video.MaxMTU)
	for now := time.Unix(0, 0); len(b) >= 14; {
		n := int(binary.BigEndian.Uint16(b))
		p := b[2 : 2+n]
		ts, marker := binary.BigEndian.Uint32(p[4:]), p[1]&0x80 != 0
		conv.Push(binary.BigEndian.Uint16(p[2:]), ts, marker, p[12:], now)
		if marker {
			said, now = append(said, ts), now.Add(time.Second/30)
		}
		for packet, ok := conv.Pull(room); ok; packet, ok = conv.Pull(room) {
			list = append(list, sent{uint16(len(list)), packet.Timestamp, packet.Marker, bytes.Clone(packet.Payload)})
			if packet.Marker {
				heard = append(heard, packet.Timestamp)
			}
			if to.Codec == video.H264 && to.PacketizationMode == 0 && packet.Payload[0]&0x1f > 23 {
				t.Fatalf("packet type %d in packetization-mode 0", packet.Payload[0]&0x1f)
			}
		}
		b = b[2+n:]
	}
	framed(t, out, list)
	return said, heard
}

// TestVideoThroughGStreamer: what GStreamer's encoders and payloaders send, converted, is decoded by GStreamer without an error to
// the pictures that its test source drew, each at its time.
func TestVideoThroughGStreamer(t *testing.T) {
	h264 := func(mode int) video.Format {
		return video.Format{Codec: video.H264, PacketizationMode: mode, ProfileLevelID: "42e01f"}
	}
	vp8 := video.Format{Codec: video.VP8}
	for name, c := range map[string]struct {
		from, to video.Format
		encode   []string
	}{
		"VP8 to H264 mode 1": {vp8, h264(1), []string{"vp8enc deadline=1 target-bitrate=800000", "rtpvp8pay pt=97 picture-id-mode=2"}},
		"VP8 to H264 mode 0": {vp8, h264(0), []string{"vp8enc deadline=1 target-bitrate=800000 error-resilient=1 token-partitions=2", "rtpvp8pay pt=97 picture-id-mode=1 mtu=600"}},
		"H264 baseline, FU-A, to VP8": {h264(1), vp8, []string{"x264enc tune=zerolatency bitrate=800", "video/x-h264,profile=constrained-baseline",
			"rtph264pay pt=97 mtu=500 config-interval=-1"}},
		"H264 main, STAP-A, to VP8": {h264(1), vp8, []string{"x264enc bframes=0 tune=zerolatency bitrate=800 cabac=true", "video/x-h264,profile=main",
			"rtph264pay pt=97 config-interval=-1 aggregate-mode=zero-latency"}},
		"H264 main with B pictures to VP8": {h264(1), vp8, []string{"x264enc bframes=2 b-adapt=false bitrate=800 rc-lookahead=3 sync-lookahead=0", "video/x-h264,profile=main",
			"rtph264pay pt=97 config-interval=-1"}},
		"H264 high to H264 mode 0": {h264(1), h264(0), []string{"x264enc tune=zerolatency bitrate=800 dct8x8=true", "video/x-h264,profile=high",
			"rtph264pay pt=97 config-interval=-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			drawn, theirs, ours, shown := filepath.Join(dir, "drawn"), filepath.Join(dir, "theirs"), filepath.Join(dir, "ours"), filepath.Join(dir, "shown")
			source := []string{fmt.Sprintf("videotestsrc num-buffers=%d pattern=zone-plate kx2=6 ky2=6 kt=3", pictures),
				fmt.Sprintf("video/x-raw,format=I420,width=%d,height=%d,framerate=30/1", width, height)}
			launch(t, append(source, "filesink location="+drawn)...)
			launch(t, append(append(source, c.encode...), "rtpstreampay", "filesink location="+theirs)...)
			said, heard := convertVideo(t, c.from, c.to, theirs, ours)
			caps := fmt.Sprintf("application/x-rtp-stream,media=(string)video,payload=(int)97,clock-rate=(int)90000,encoding-name=(string)%s", c.to.Codec)
			decode := []string{"rtpvp8depay", "vp8dec"}
			if c.to.Codec == video.H264 {
				caps += fmt.Sprintf(",packetization-mode=(string)%d", c.to.PacketizationMode)
				decode = []string{"rtph264depay", "h264parse", "avdec_h264"}
			}
			launch(t, append(append([]string{"filesrc location=" + ours, caps, "rtpstreamdepay"}, decode...), "videoconvert", "video/x-raw,format=I420", "filesink location="+shown)...)
			want, got := planes(t, drawn), planes(t, shown)
			if len(said) != pictures || len(heard) < pictures*9/10 || len(got) != len(heard) {
				t.Fatalf("%d pictures drawn, %d sent to us, %d sent by us, %d decoded", len(want), len(said), len(heard), len(got))
			}
			worst, sum := 99.0, 0.0
			for i, p := range got {
				n := int(heard[i]-said[0]) / 3000
				q := psnr(want[n], p)
				worst, sum = min(worst, q), sum+q
			}
			t.Logf("%d pictures, PSNR mean %.1f dB, worst %.1f dB", len(got), sum/float64(len(got)), worst)
			if worst < 28 {
				t.Errorf("PSNR mean %.1f dB, worst %.1f dB", sum/float64(len(got)), worst)
			}
		})
	}
}

// planes reads the luma of raw pictures.
func planes(t *testing.T, path string) (all [][]byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for ; len(b) >= pictureSize; b = b[pictureSize:] {
		all = append(all, b[:width*height])
	}
	return all
}

func psnr(a, b []byte) float64 {
	sum := 1
	for i := range a {
		d := int(a[i]) - int(b[i])
		sum += d * d
	}
	return 10 * math.Log10(255*255*float64(len(a))/float64(sum))
}
