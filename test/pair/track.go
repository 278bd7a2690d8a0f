package pair

import (
	"errors"
	"sync"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// Track sends exactly the packets it is given, payload type included; pion's own
// track knows one payload type only. The SSRC is the sender's.
type Track struct {
	mu   sync.Mutex // guards the following
	out  webrtc.TrackLocalWriter
	ssrc uint32
}

// Bind implements webrtc.TrackLocal.
func (t *Track) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(c.CodecParameters()) == 0 {
		return webrtc.RTPCodecParameters{}, errors.New("no codec negotiated")
	}
	t.out, t.ssrc = c.WriteStream(), uint32(c.SSRC())
	return c.CodecParameters()[0], nil
}

// Unbind implements webrtc.TrackLocal.
func (t *Track) Unbind(webrtc.TrackLocalContext) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.out = nil
	return nil
}

// ID implements webrtc.TrackLocal.
func (*Track) ID() string { return "audio" }

// RID implements webrtc.TrackLocal.
func (*Track) RID() string { return "" }

// StreamID implements webrtc.TrackLocal.
func (*Track) StreamID() string { return "browser" }

// Kind implements webrtc.TrackLocal.
func (*Track) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeAudio }

// WriteRTP sends p with the sender's SSRC. Before the browser is connected it is
// lost.
func (t *Track) WriteRTP(p *rtp.Packet) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.out == nil {
		return errors.New("track is not bound")
	}
	h := p.Header
	h.SSRC = t.ssrc
	_, err := t.out.WriteRTP(&h, p.Payload)
	return err
}
