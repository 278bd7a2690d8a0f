package pair

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"causeway/media"
)

// BrowserOptions shape a browser.
type BrowserOptions struct {
	Codecs   []media.Codec                // in order of preference, with payload types
	DTMF     []media.Codec                // telephone-event payload types
	Profiles []dtls.SRTPProtectionProfile // nil offers all of pion's
	Passive  bool                         // let the gateway be the DTLS client
	Network  []webrtc.NetworkType         // ways it may take; nil is IPv4 by UDP
	Lite     bool                         // it only answers checks
}

// Browser is a PeerConnection with one audio track that sends what it is given.
type Browser struct {
	Conn  *webrtc.PeerConnection
	Track *Track
	In    chan *rtp.Packet // packets received, the newest dropped when full

	opt  BrowserOptions
	up   chan struct{} // closed when the browser is connected
	once sync.Once
}

// NewBrowser makes a browser on loopback.
func NewBrowser(opt BrowserOptions) (*Browser, error) {
	api, err := newAPI(opt)
	if err != nil {
		return nil, err
	}
	conn, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, fmt.Errorf("make peer connection: %w", err)
	}
	b := &Browser{Conn: conn, opt: opt, In: make(chan *rtp.Packet, 512), up: make(chan struct{})}
	b.Track = &Track{}
	_, err = conn.AddTrack(b.Track)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	conn.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			b.once.Do(func() { close(b.up) })
		}
	})
	conn.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			p, _, err := t.ReadRTP()
			if err != nil {
				return
			}
			select {
			case b.In <- p:
			default:
			}
		}
	})
	return b, nil
}

func newAPI(opt BrowserOptions) (*webrtc.API, error) {
	engine := &webrtc.MediaEngine{}
	for _, c := range append(append([]media.Codec{}, opt.Codecs...), opt.DTMF...) {
		err := engine.RegisterCodec(webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: "audio/" + c.Name, ClockRate: uint32(c.ClockRate), Channels: channels(c), SDPFmtpLine: c.FMTP, //nolint:gosec // test values
			},
			PayloadType: webrtc.PayloadType(c.PayloadType),
		}, webrtc.RTPCodecTypeAudio)
		if err != nil {
			return nil, fmt.Errorf("register %s: %w", c.Name, err)
		}
	}
	set := webrtc.SettingEngine{}
	set.SetIncludeLoopbackCandidate(true)
	set.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	set.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	set.SetLite(opt.Lite)
	if opt.Network != nil {
		set.SetNetworkTypes(opt.Network)
	}
	set.SetICETimeouts(4*time.Second, 8*time.Second, 200*time.Millisecond)
	if opt.Profiles != nil {
		set.SetSRTPProtectionProfiles(opt.Profiles...)
	}
	registry := &interceptor.Registry{}
	if err := webrtc.ConfigureRTCPReports(registry); err != nil {
		return nil, fmt.Errorf("configure reports: %w", err)
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithSettingEngine(set),
		webrtc.WithInterceptorRegistry(registry)), nil
}

func channels(c media.Codec) uint16 {
	if c.Channels > 1 {
		return uint16(c.Channels) //nolint:gosec // test values
	}
	return 0
}

// Offer makes the browser's offer and returns its text.
func (b *Browser) Offer(restart bool) (string, error) {
	offer, err := b.Conn.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	if err != nil {
		return "", fmt.Errorf("create offer: %w", err)
	}
	done := webrtc.GatheringCompletePromise(b.Conn)
	if err := b.Conn.SetLocalDescription(offer); err != nil {
		return "", fmt.Errorf("set offer: %w", err)
	}
	<-done
	return b.Conn.LocalDescription().SDP, nil
}

// Remote reads the offer as the gateway's signalling would.
func (b *Browser) Remote(offer string) media.AccessRemote {
	setup := "active"
	if b.opt.Passive {
		setup = "passive"
	}
	hash, value, _ := strings.Cut(find(offer, `a=fingerprint:(.*)`), " ")
	return media.AccessRemote{
		UFrag: find(offer, `a=ice-ufrag:(.*)`), Pwd: find(offer, `a=ice-pwd:(.*)`),
		Fingerprints: []media.Fingerprint{{Hash: hash, Value: value}},
		Setup:        setup, Codecs: b.opt.Codecs, DTMF: b.opt.DTMF, Lite: b.opt.Lite, Candidates: hosts(offer),
	}
}

// hosts reads the candidates over UDP.
func hosts(offer string) (list []media.Candidate) {
	for _, m := range regexp.MustCompile(`a=candidate:(\S+) 1 udp (\d+) (\S+) (\d+) typ (\S+)`).FindAllStringSubmatch(offer, -1) {
		addr, err := netip.ParseAddrPort(m[3] + ":" + m[4])
		priority, err2 := strconv.ParseUint(m[2], 10, 32)
		if err == nil && err2 == nil {
			list = append(list, media.Candidate{Foundation: m[1], Transport: "udp", Component: 1, Priority: uint32(priority), Address: addr, Type: m[5]})
		}
	}
	return list
}

// Accept gives the browser the gateway's answer.
func (b *Browser) Accept(local media.AccessLocal) error {
	return b.Conn.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: b.answer(local)})
}

func (b *Browser) answer(l media.AccessLocal) string {
	setup := "passive"
	if b.opt.Passive {
		setup = "active"
	}
	var pts, maps strings.Builder
	for _, c := range append(append([]media.Codec{}, b.opt.Codecs...), b.opt.DTMF...) {
		fmt.Fprintf(&pts, " %d", c.PayloadType)
		fmt.Fprintf(&maps, "a=rtpmap:%d %s/%d", c.PayloadType, c.Name, c.ClockRate)
		if c.Channels > 1 {
			fmt.Fprintf(&maps, "/%d", c.Channels)
		}
		maps.WriteString("\r\n")
		if c.FMTP != "" {
			fmt.Fprintf(&maps, "a=fmtp:%d %s\r\n", c.PayloadType, c.FMTP)
		}
	}
	var s strings.Builder
	lite := ""
	if l.Lite {
		lite = "a=ice-lite\r\n"
	}
	fmt.Fprintf(&s, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n%sa=group:BUNDLE 0\r\n", lite)
	fmt.Fprintf(&s, "m=audio 9 UDP/TLS/RTP/SAVPF%s\r\nc=IN IP4 127.0.0.1\r\na=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\n", pts.String())
	fmt.Fprintf(&s, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:%s %s\r\na=setup:%s\r\n",
		l.UFrag, l.Pwd, l.Fingerprint.Hash, l.Fingerprint.Value, setup)
	s.WriteString(maps.String())
	fmt.Fprintf(&s, "a=ssrc:%d cname:%s\r\na=msid:gateway audio\r\n", l.SSRC, l.CNAME)
	for _, c := range l.Candidates {
		fmt.Fprintf(&s, "a=candidate:%s %d %s %d %s %d typ %s",
			c.Foundation, c.Component, c.Transport, c.Priority, c.Address.Addr(), c.Address.Port(), c.Type)
		if c.Transport == "tcp" {
			s.WriteString(" tcptype passive")
		}
		s.WriteString("\r\n")
	}
	s.WriteString("a=end-of-candidates\r\n")
	return s.String()
}

// find is the first group of the first match.
func find(text, pattern string) string {
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return strings.TrimSpace(m[1])
}

// Connected waits until the browser's own side is up.
func (b *Browser) Connected() error {
	select {
	case <-b.up:
		return nil
	case <-time.After(patience):
		return errors.New("browser did not connect")
	}
}

// Close ends the browser.
func (b *Browser) Close() error { return b.Conn.Close() }
