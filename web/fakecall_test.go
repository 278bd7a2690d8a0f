package web

import (
	"math"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
)

// fakeCall is the gateway's end of one call.
type fakeCall struct {
	pc   *webrtc.PeerConnection
	stop chan struct{}

	mu   sync.Mutex
	tone float64 // Hz heard over the last packets, 0 for silence
}

func (c *fakeCall) close() {
	select {
	case <-c.stop:
	default:
		close(c.stop)
	}
	c.pc.Close()
}

// newCall makes the gateway's end of a call: PCMU, on loopback, sending 700 Hz.
func (g *fakeGateway) newCall(id string) *fakeCall {
	var engine webrtc.MediaEngine
	if err := engine.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMU, ClockRate: 8000}, PayloadType: 0},
		webrtc.RTPCodecTypeAudio); err != nil {
		g.t.Errorf("codec: %v", err)
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(&engine), webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		g.t.Fatalf("peer connection: %v", err)
	}
	c := &fakeCall{pc: pc, stop: make(chan struct{})}
	track, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMU, ClockRate: 8000}, "audio", "gateway")
	if err == nil {
		_, err = pc.AddTrack(track)
	}
	if err != nil {
		g.t.Errorf("track: %v", err)
	}
	g.done.Add(1)
	go func() {
		defer g.done.Done()
		c.send(track)
	}()
	pc.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { c.hear(remote) })
	g.calls[id] = c
	return c
}

func (g *fakeGateway) negotiate(c *fakeCall, offer string) string {
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		g.t.Errorf("offer of the page: %v", err)
		return ""
	}
	answer, err := c.pc.CreateAnswer(nil)
	if err != nil {
		g.t.Errorf("answer: %v", err)
		return ""
	}
	gathered := webrtc.GatheringCompletePromise(c.pc)
	if err := c.pc.SetLocalDescription(answer); err != nil {
		g.t.Errorf("answer: %v", err)
	}
	<-gathered
	return c.pc.LocalDescription().SDP
}

// send plays 700 Hz in G.711 mu-law until the call stops.
func (c *fakeCall) send(track *webrtc.TrackLocalStaticSample) {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	frame := make([]byte, 160)
	for n := 0; ; {
		select {
		case <-c.stop:
			return
		case <-ticker.C:
		}
		for i := range frame {
			frame[i] = mulaw(int16(8000 * math.Sin(2*math.Pi*700*float64(n)/8000)))
			n++
		}
		_ = track.WriteSample(media.Sample{Data: frame, Duration: 20 * time.Millisecond})
	}
}

// hear counts zero crossings over half a second, which names a clean tone well enough.
func (c *fakeCall) hear(remote *webrtc.TrackRemote) {
	var crossings, samples int
	var last, peak int16
	for {
		packet, _, err := remote.ReadRTP()
		if err != nil {
			return
		}
		for _, b := range packet.Payload {
			s := linear(b)
			if (s >= 0) != (last >= 0) {
				crossings++
			}
			last, peak, samples = s, max(peak, s), samples+1
		}
		if samples < 4000 {
			continue
		}
		hz := float64(crossings) / 2 / (float64(samples) / 8000)
		if peak < 200 {
			hz = 0
		}
		c.mu.Lock()
		c.tone = hz
		c.mu.Unlock()
		crossings, samples, peak = 0, 0, 0
	}
}

func (c *fakeCall) heard() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tone
}

// mulaw and linear are ITU-T G.711.
func mulaw(s int16) byte {
	v, sign := int(s), byte(0)
	if v < 0 {
		v, sign = -v, 0x80
	}
	v = min(v+132, 32767)
	exp := 7
	for mask := 0x4000; v&mask == 0 && exp > 0; mask >>= 1 {
		exp--
	}
	return ^(sign | byte(exp<<4) | byte(v>>(exp+3)&0x0f))
}

func linear(b byte) int16 {
	b = ^b
	v := ((int(b&0x0f) << 3) + 132) << (b >> 4 & 7)
	if b&0x80 != 0 {
		return int16(132 - v)
	}
	return int16(v - 132)
}
