package pair

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/dtls/v3"

	"causeway/media"
	"causeway/transcode"
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
			// While a machine stands still, the gateway's sound is made up and its pictures are old: such a scene says nothing.
			for again := range 10 {
				browser, far := &actor{sound: c.sound, picture: vp8(96), clock: -37 * time.Second}, &actor{sound: c.farSound, picture: c.farPicture, clock: 5 * time.Hour}
				wrong, still := scene(t, r, browser, far)
				if len(wrong) == 0 {
					return
				}
				if still < 250*time.Millisecond || again == 9 {
					t.Fatalf("%s (the machine stood still for %v at most)", strings.Join(wrong, "; "), still)
				}
				t.Logf("once more, as the machine stood still for %v: %s", still, strings.Join(wrong, "; "))
			}
		})
	}
}

// scene is played once. It returns what was wrong, and for how long at most the machine let nothing run.
func scene(t *testing.T, r *transcode.Registry, browser, far *actor) (wrong []string, still time.Duration) {
	t.Helper()
	session := stage(t, start(t, Config(), media.Deps{Registry: r, Video: pictures{}}), browser, far)
	mine, theirs := browser.script(t, r), far.script(t, r)
	begin := time.Now()
	var both, watch sync.WaitGroup
	over := make(chan struct{})
	watch.Go(func() { still = stands(over) })
	both.Go(func() { play(t, mine, begin) })
	both.Go(func() { play(t, theirs, begin) })
	known := clocks(t, session)
	both.Wait()
	eventually(t, func() bool { // its reports are seconds apart
		return min(len(browser.reports(false, known)), len(browser.reports(true, known)), len(far.reports(false, known)), len(far.reports(true, known))) > 0
	})
	close(over)
	watch.Wait()
	return append(browser.judge(t, r, far, begin, known), far.judge(t, r, browser, begin, known)...), still
}

// stands is the longest time, until over, in which a goroutine that had something to do did not run.
func stands(over <-chan struct{}) (longest time.Duration) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for last := time.Now(); ; {
		select {
		case <-tick.C:
			now := time.Now()
			longest, last = max(longest, now.Sub(last)), now
		case <-over:
			return longest
		}
	}
}

// clocks waits until the gateway has heard a report of each stream that it receives, and returns when that was.
func clocks(t *testing.T, session *media.Session) time.Time {
	t.Helper()
	eventually(t, func() bool {
		st := session.Stats()
		return min(st.Access.PacketsReceived, st.Core.PacketsReceived, st.Video.Access.PacketsReceived, st.Video.Core.PacketsReceived) > 0
	})
	heard := func() [4]uint64 {
		st := session.Stats()
		return [4]uint64{st.Access.RemoteLost, st.Core.RemoteLost, st.Video.Access.RemoteLost, st.Video.Core.RemoteLost}
	}
	before := heard() // reports of now are taken for what they are: each stream has begun
	eventually(t, func() bool {
		for i, n := range heard() {
			if n <= before[i] {
				return false
			}
		}
		return true
	})
	return time.Now()
}

// stage makes the call.
func stage(t *testing.T, p *Pair, browser, far *actor) *media.Session {
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
	return session
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
