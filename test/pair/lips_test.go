package pair

import (
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/dtls/v3"

	"causeway/media"
)

// TestLipSync plays the scene both ways.
func TestLipSync(t *testing.T) {
	r := registry()
	op := media.Codec{Name: "opus", ClockRate: 48000, Channels: 2, PayloadType: 111, FMTP: "minptime=10;useinbandfec=1"}
	wb := media.Codec{Name: "AMR-WB", ClockRate: 16000, PayloadType: 98, FMTP: "mode-change-capability=2"}
	vp8 := func(pt uint8) media.Codec { return media.Codec{Name: "VP8", ClockRate: 90000, PayloadType: pt} }
	avc := media.Codec{Name: "H264", ClockRate: 90000, PayloadType: 99, FMTP: "packetization-mode=1;profile-level-id=42e01f"}
	for name, c := range map[string]struct{ sound, farSound, farPicture media.Codec }{
		"passed":            {pcmu(0), pcmu(0), vp8(97)},
		"sound converted":   {op, wb, vp8(97)},
		"picture converted": {pcmu(0), pcmu(0), avc},
		"both converted":    {op, wb, avc},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.sound.Name != c.farSound.Name && !r.CanTranscode(form(c.sound), form(c.farSound)) || c.farPicture.Name == avc.Name && !converts {
				t.Skip("this build lacks a codec")
			}
			p := start(t, Config(), media.Deps{Registry: r, Video: pictures{}})
			browser, far := &actor{sound: c.sound, picture: vp8(96), clock: -37 * time.Second}, &actor{sound: c.farSound, picture: c.farPicture, clock: 5 * time.Hour}
			stage(t, p, browser, far)
			mine, theirs := browser.script(t, r), far.script(t, r)
			begin := time.Now()
			var both sync.WaitGroup
			both.Go(func() { play(t, mine, begin) })
			both.Go(func() { play(t, theirs, begin) })
			both.Wait()
			browser.judge(t, r, far, begin)
			far.judge(t, r, browser, begin)
		})
	}
}

// stage makes the call.
func stage(t *testing.T, p *Pair, browser, far *actor) {
	t.Helper()
	cert := certificate(t)
	light, err := NewLight(cert, []media.Codec{browser.sound})
	if err != nil {
		t.Fatal(err)
	}
	session, err := p.Gateway.NewSession(media.SessionConfig{ID: "lips"})
	if err != nil {
		t.Fatal(err)
	}
	local, err := session.OpenVideo()
	if err != nil {
		t.Fatal(err)
	}
	sound, picture := quietFar(t), quietFar(t)
	remote, core := light.Remote(), sound.Remote([]media.Codec{far.sound}, nil)
	remote.Video = &media.VideoRemote{Codecs: []media.Codec{browser.picture}, Feedback: media.VideoFeedback{PLI: true}}
	core.Video = &media.VideoRemote{RTP: addr(picture.RTP), RTCP: addr(picture.RTCP), Codecs: []media.Codec{far.picture},
		Feedback: media.VideoFeedback{PLI: true}, RTCPBandwidthRS: -1, RTCPBandwidthRR: -1}
	if err := session.SetAccess(remote); err != nil {
		t.Fatal(err)
	}
	if err := session.SetCore(core); err != nil {
		t.Fatal(err)
	}
	if err := light.Connect(session.AccessLocal(), cert, dtls.SRTP_AEAD_AES_128_GCM); err != nil {
		t.Fatal(err)
	}
	browser.packet = func(_ bool, b []byte) error { return light.Send(b) }
	browser.report = func(_ bool, b []byte) error { return light.SendRTCP(b) }
	at := session.CoreLocal()
	far.packet = func(video bool, b []byte) error {
		if video {
			return write(picture.RTP.WriteToUDPAddrPort, b, local.RTP)
		}
		return write(sound.RTP.WriteToUDPAddrPort, b, at.RTP)
	}
	far.report = func(video bool, b []byte) error {
		if video {
			return write(picture.RTCP.WriteToUDPAddrPort, b, local.RTCP)
		}
		return write(sound.RTCP.WriteToUDPAddrPort, b, at.RTCP)
	}
	eventually(t, func() bool { return session.Stats().AccessConnected })
	_ = light.Conn.SetReadDeadline(time.Time{}) // the handshake's
	listen(t, session, light, browser, far, sound, picture)
}

func write(to func([]byte, netip.AddrPort) (int, error), b []byte, addr netip.AddrPort) error {
	_, err := to(b, addr)
	return err
}

// listen gives the actors what comes, until the test ends.
func listen(t *testing.T, session *media.Session, light *Light, browser, far *actor, sound, picture *Far) {
	var all sync.WaitGroup
	all.Go(func() {
		for {
			b, report, err := light.ReceiveBoth()
			if err != nil {
				return
			}
			browser.take(b, report)
		}
	})
	for _, f := range []*Far{sound, picture} {
		for i, conn := range []interface {
			ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
		}{f.RTP, f.RTCP} {
			all.Go(func() {
				b := make([]byte, 2048)
				for {
					n, _, err := conn.ReadFromUDPAddrPort(b)
					if err != nil {
						return
					}
					far.take(slices.Clone(b[:n]), i == 1)
				}
			})
		}
	}
	t.Cleanup(func() {
		session.Close()
		light.Close()
		sound.Close()
		picture.Close()
		all.Wait()
	})
}
