package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// Codecs that a Peer offers, as a browser does. Opus comes first.
func codecs() []webrtc.RTPCodecParameters {
	codec := func(name string, clock uint32, channels uint16, fmtp string, pt webrtc.PayloadType) webrtc.RTPCodecParameters {
		return webrtc.RTPCodecParameters{PayloadType: pt, RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: "audio/" + name, ClockRate: clock, Channels: channels, SDPFmtpLine: fmtp}}
	}
	return []webrtc.RTPCodecParameters{
		codec("opus", 48000, 2, "minptime=10;useinbandfec=1", 111), codec("G722", 8000, 0, "", 9), codec("PCMA", 8000, 0, "", 8),
		codec("PCMU", 8000, 0, "", 0), codec("telephone-event", 48000, 0, "", 110), codec("telephone-event", 8000, 0, "", 101),
	}
}

// Peers makes PeerConnections; one serves any number of them.
type Peers struct{ api *webrtc.API }

// NewPeers prepares connections on IPv4, loopback included.
func NewPeers() (*Peers, error) {
	engine := &webrtc.MediaEngine{}
	for _, c := range codecs() {
		if err := engine.RegisterCodec(c, webrtc.RTPCodecTypeAudio); err != nil {
			return nil, fmt.Errorf("register %s: %w", c.MimeType, err)
		}
	}
	set := webrtc.SettingEngine{}
	set.SetIncludeLoopbackCandidate(true)
	set.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	set.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	reports := &interceptor.Registry{}
	if err := webrtc.ConfigureRTCPReports(reports); err != nil {
		return nil, fmt.Errorf("configure reports: %w", err)
	}
	return &Peers{api: webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithSettingEngine(set), webrtc.WithInterceptorRegistry(reports))}, nil
}

// Peer is a Media with pion's PeerConnection: everything that a browser does to the gateway, by code that is not the gateway's.
// It sends one Opus packet of silence every 20 ms from the moment that it is connected.
type Peer struct {
	conn     *webrtc.PeerConnection
	track    *webrtc.TrackLocalStaticRTP
	received atomic.Int64
	up, done chan struct{}
	once     [2]sync.Once
	wg       sync.WaitGroup
}

// New makes a Peer.
func (p *Peers) New() (*Peer, error) {
	conn, err := p.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, fmt.Errorf("make a peer connection: %w", err)
	}
	m := &Peer{conn: conn, up: make(chan struct{}), done: make(chan struct{})}
	m.track, err = webrtc.NewTrackLocalStaticRTP(codecs()[0].RTPCodecCapability, "audio", "load")
	if err == nil {
		_, err = conn.AddTrack(m.track)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	conn.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			m.once[0].Do(func() { close(m.up) })
		}
	})
	conn.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			if _, _, err := t.ReadRTP(); err != nil {
				return
			}
			m.received.Add(1)
		}
	})
	return m, nil
}

// Offer implements Media.
func (m *Peer) Offer() (string, error) {
	offer, err := m.conn.CreateOffer(nil)
	if err != nil {
		return "", fmt.Errorf("create the offer: %w", err)
	}
	return m.local(offer)
}

// local sets the description and waits until its candidates are there: the loopback's take no time.
func (m *Peer) local(d webrtc.SessionDescription) (string, error) {
	gathered := webrtc.GatheringCompletePromise(m.conn)
	if err := m.conn.SetLocalDescription(d); err != nil {
		return "", fmt.Errorf("set the local description: %w", err)
	}
	<-gathered
	return m.conn.LocalDescription().SDP, nil
}

// Accept implements Media.
func (m *Peer) Accept(_ context.Context, answer string) error {
	if err := m.conn.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return fmt.Errorf("set the gateway's answer: %w", err)
	}
	m.wg.Go(m.talk)
	return nil
}

// Answer implements Media.
func (m *Peer) Answer(_ context.Context, offer string) (string, error) {
	if err := m.conn.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", fmt.Errorf("set the gateway's offer: %w", err)
	}
	answer, err := m.conn.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("create the answer: %w", err)
	}
	text, err := m.local(answer)
	if err == nil {
		m.wg.Go(m.talk)
	}
	return text, err
}

// talk sends until Close.
func (m *Peer) talk() {
	select {
	case <-m.up:
	case <-m.done:
		return
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	// RFC 6716 3.1: CELT, fullband, 20 ms, mono; the two octets are silence.
	p := &rtp.Packet{Header: rtp.Header{Version: 2, Marker: true}, Payload: []byte{0xf8, 0xff, 0xfe}}
	for {
		if m.track.WriteRTP(p) != nil {
			return
		}
		p.Marker = false
		p.SequenceNumber++
		p.Timestamp += 960
		select {
		case <-tick.C:
		case <-m.done:
			return
		}
	}
}

// Up is closed when ICE and DTLS are done on the browser's side.
func (m *Peer) Up() <-chan struct{} { return m.up }

// Received is how many RTP packets came.
func (m *Peer) Received() int64 { return m.received.Load() }

// Close implements Media.
func (m *Peer) Close() {
	m.once[1].Do(func() {
		close(m.done)
		_ = m.conn.Close()
	})
	m.wg.Wait()
}
