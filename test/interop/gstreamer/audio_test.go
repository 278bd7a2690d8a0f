//go:build interop && cgo

package gstreamer

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"causeway/test/lab/amr"
	"causeway/test/lab/codec"
	"causeway/transcode"
	ours "causeway/transcode/amr"
	"causeway/transcode/codectest"
	"causeway/transcode/g711"
	"causeway/transcode/g722"
	"causeway/transcode/jitter"
	"causeway/transcode/opus"
	"causeway/transcode/resample"
)

// program finds a foreign program; without it the test skips loudly, and fails in CI.
func program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED, NOT TESTED: ", err, " (make deps-test installs it)")
	}
	return path
}

// launch runs one GStreamer pipeline to its end.
func launch(t testing.TB, elements ...string) {
	t.Helper()
	args := []string{"-q"}
	for i, e := range elements {
		if i > 0 {
			args = append(args, "!")
		}
		args = append(args, strings.Fields(e)...)
	}
	cmd := exec.CommandContext(t.Context(), program(t, "gst-launch-1.0"), args...)
	out, err := cmd.CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("ERROR")) {
		t.Fatalf("gst-launch-1.0 %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func registry(t testing.TB, dtx bool) *transcode.Registry {
	t.Helper()
	config := ours.DefaultConfig()
	config.DTX = dtx
	speech, err := ours.CodecsWith(config)
	if err != nil {
		t.Fatal(err)
	}
	return transcode.NewRegistry(slices.Concat(g711.Codecs(), g722.Codecs(), opus.Codecs(), speech)...).Plug(transcode.Parts{
		NewWindow:    func(hold time.Duration) transcode.Window { return jitter.New(hold) },
		NewResampler: resample.New,
	})
}

// sent is one packet of ours.
type sent struct {
	seq     uint16
	ts      uint32
	marker  bool
	payload []byte
}

// convert sends speech with a pause in it as Opus through a pipeline to format to and returns the packets. The modes walk through all
// that the codec has.
func convert(t testing.TB, to transcode.Format, dtx bool) (out []sent) {
	t.Helper()
	r := registry(t, dtx)
	from := transcode.Format{Name: "opus", ClockRate: 48000, Channels: 2}
	c, _ := r.Lookup("opus")
	enc, err := c.NewEncoder(from, 16000)
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	p, err := transcode.NewPipeline(r, from, to, transcode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	pcm := slices.Concat(codectest.Speech(16000, 48000), make([]int16, 32000), codectest.Speech(16000, 16000))
	payload, dst, now := make([]byte, transcode.MaxPayload), make([]byte, transcode.MaxPayload), time.Unix(0, 0)
	for i := 0; len(pcm) >= 320; i++ {
		n, err := enc.Encode(payload, pcm[:320])
		if err != nil {
			t.Fatal(err)
		}
		pcm = pcm[320:]
		p.RequestMode(i / 3 % 9)
		p.AskMode(i/5%10 - 1)
		p.Push(uint16(i), uint32(i)*960, i == 0, payload[:n], now)
		for packet, ok := p.Pull(now, dst); ok; packet, ok = p.Pull(now, dst) {
			out = append(out, sent{uint16(len(out)), packet.Timestamp, packet.Marker, bytes.Clone(packet.Payload)})
		}
		now = now.Add(20 * time.Millisecond)
	}
	return out
}

// rtp is the packet with its header, payload type 97.
func (s sent) rtp() []byte {
	b := make([]byte, 12, 12+len(s.payload))
	b[0], b[1] = 0x80, 97
	if s.marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], s.seq)
	binary.BigEndian.PutUint32(b[4:], s.ts)
	binary.BigEndian.PutUint32(b[8:], 0x5EED)
	return append(b, s.payload...)
}

// framed writes the packets as RFC 4571 frames them, which GStreamer reads from a file.
func framed(t testing.TB, path string, list []sent) {
	t.Helper()
	var b []byte
	for _, s := range list {
		p := s.rtp()
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(p))), p...)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// unframed is the reverse, for what GStreamer wrote.
func unframed(t testing.TB, path string) (payloads [][]byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for len(b) >= 2 {
		n := int(binary.BigEndian.Uint16(b))
		if n < 12 || len(b) < 2+n || b[2] != 0x80 {
			t.Fatalf("no RTP packet of %d octets", n)
		}
		payloads = append(payloads, b[14:2+n])
		b = b[2+n:]
	}
	return payloads
}

func samples(t testing.TB, path string) []int16 {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, len(b)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return pcm
}

// caps is the stream as SDP would describe it to GStreamer.
func caps(name string, rate int, more ...string) string {
	return strings.Join(append([]string{fmt.Sprintf("application/x-rtp-stream,media=(string)audio,payload=(int)97,clock-rate=(int)%d,encoding-name=(string)%s", rate, name)}, more...), ",")
}

// amrCaps: GStreamer knows the octet-aligned form alone (its rtpamrdepay accepts nothing else); the other form is TestTsharkReadsBothForms's.
func amrCaps(name string, rate int) string {
	return caps(name, rate, "encoding-params=(string)1", "octet-align=(string)1", "crc=(string)0", "robust-sorting=(string)0", "interleaving=(string)0")
}

// TestAMRHeardByGStreamer: GStreamer's depayloader and decoders make of our octet-aligned packets, one to four frames long, in all
// modes, with mode requests and pauses, exactly the sound that the codec library makes of the frames in them.
func TestAMRHeardByGStreamer(t *testing.T) {
	for _, c := range []struct {
		band    ours.Band
		decoder string
	}{{ours.Wide, "amrwbdec"}, {ours.Narrow, "amrnbdec"}} {
		for _, frames := range []int{1, 2, 4} {
			t.Run(fmt.Sprintf("%s/%d", c.band.Name(), frames), func(t *testing.T) {
				dir := t.TempDir()
				list := convert(t, transcode.Format{Name: c.band.Name(), ClockRate: c.band.Rate(), FMTP: "octet-align=1",
					PTime: time.Duration(frames) * 20 * time.Millisecond}, false)
				framed(t, filepath.Join(dir, "in"), list)
				launch(t, "filesrc location="+filepath.Join(dir, "in"), amrCaps(c.band.Name(), c.band.Rate()), "rtpstreamdepay", "rtpamrdepay", c.decoder,
					"filesink location="+filepath.Join(dir, "out"))
				got, want := samples(t, filepath.Join(dir, "out")), heardByLibrary(t, c.band == ours.Wide, true, payloads(list))
				if !slices.Equal(got, want) || len(got) < 5*c.band.Rate() {
					t.Errorf("GStreamer heard %d samples, the library %d", len(got), len(want))
				}
			})
		}
	}
}

func payloads(list []sent) (out [][]byte) {
	for _, s := range list {
		out = append(out, s.payload)
	}
	return out
}

// heardByLibrary decodes payloads with the lab's unpacker and the codec library.
func heardByLibrary(t testing.TB, wide, aligned bool, payloads [][]byte) (pcm []int16) {
	t.Helper()
	form := amr.Form{Wideband: wide, OctetAlign: aligned}
	dec, err := codec.NewDecoder(map[bool]string{true: "AMR-WB", false: "AMR"}[wide])
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	for i, payload := range payloads {
		_, frames, err := form.Unpack(payload)
		if err != nil {
			t.Fatalf("packet %d, %x: %v", i, payload, err)
		}
		for _, f := range frames {
			sound, err := dec.Decode(f.Storage())
			if err != nil {
				t.Fatal(err)
			}
			pcm = append(pcm, sound...)
		}
	}
	return pcm
}

// TestAMRSaidByGStreamer: what GStreamer encodes and packs is decoded by ours to exactly what the library hears in it.
func TestAMRSaidByGStreamer(t *testing.T) {
	for _, c := range []struct {
		band    ours.Band
		encoder string
	}{{ours.Wide, "voamrwbenc band-mode=8"}, {ours.Wide, "voamrwbenc band-mode=0"}, {ours.Narrow, "amrnbenc band-mode=7"}, {ours.Narrow, "amrnbenc band-mode=0"}} {
		t.Run(c.encoder, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			launch(t, "audiotestsrc num-buffers=200 samplesperbuffer=160 wave=ticks freq=300", fmt.Sprintf("audio/x-raw,rate=%d,channels=1", c.band.Rate()), c.encoder,
				"rtpamrpay pt=97", "rtpstreampay", "filesink location="+out)
			list := unframed(t, out)
			want := heardByLibrary(t, c.band == ours.Wide, true, list)
			codec, _ := registry(t, false).Lookup(c.band.Name())
			dec, err := codec.NewDecoder(transcode.Format{Name: c.band.Name(), ClockRate: c.band.Rate(), FMTP: "octet-align=1"}, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer dec.Close()
			var got []int16
			pcm := make([]int16, 4000)
			for _, payload := range list {
				n, err := dec.Decode(pcm, payload)
				if err != nil {
					t.Fatalf("%x: %v", payload, err)
				}
				got = append(got, pcm[:n]...)
			}
			if !slices.Equal(got, want) || len(got) < c.band.Rate() {
				t.Errorf("%d samples, the library heard %d", len(got), len(want))
			}
		})
	}
}

// TestOthersHeardByGStreamer: Opus and G.711 of ours, heard by GStreamer, are the speech that went in.
func TestOthersHeardByGStreamer(t *testing.T) {
	for _, c := range []struct {
		format   transcode.Format
		caps     string
		elements []string
		rate     int
	}{
		{transcode.Format{Name: "PCMU", ClockRate: 8000, PTime: 40 * time.Millisecond}, caps("PCMU", 8000), []string{"rtppcmudepay", "mulawdec"}, 8000},
		{transcode.Format{Name: "PCMA", ClockRate: 8000, PTime: 60 * time.Millisecond}, caps("PCMA", 8000), []string{"rtppcmadepay", "alawdec"}, 8000},
		{transcode.Format{Name: "opus", ClockRate: 48000, Channels: 2, PTime: 60 * time.Millisecond}, caps("OPUS", 48000),
			[]string{"rtpopusdepay", "opusdec", "audioconvert", "audioresample", "audio/x-raw,rate=16000,channels=1,format=S16LE"}, 16000},
	} {
		t.Run(c.format.Name, func(t *testing.T) {
			dir := t.TempDir()
			framed(t, filepath.Join(dir, "in"), convert(t, c.format, false))
			elements := append([]string{"filesrc location=" + filepath.Join(dir, "in"), c.caps, "rtpstreamdepay"}, c.elements...)
			launch(t, append(elements, "filesink location="+filepath.Join(dir, "out"))...)
			got, best := samples(t, filepath.Join(dir, "out")), 0.0
			want := codectest.Bands(codectest.Speech(16000, 48000), 16000, 3300)
			for shift := range 16 { // the codecs' delay, 2.5 ms at a time
				best = max(best, codectest.Correlation(want, codectest.Bands(got[shift*c.rate/400:], c.rate, 3300)))
			}
			if len(got) < 5*c.rate || best < 0.9 {
				t.Errorf("%d samples, band correlation %.3f", len(got), best)
			}
		})
	}
}
