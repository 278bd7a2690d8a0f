package pair

import (
	"fmt"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtp"

	"causeway/media"
)

func pcmu(pt uint8) media.Codec {
	return media.Codec{Name: "PCMU", ClockRate: 8000, Channels: 1, PayloadType: pt}
}

func event(pt uint8, clock int) media.Codec {
	return media.Codec{Name: "telephone-event", ClockRate: clock, PayloadType: pt, FMTP: "0-15"}
}

// start makes a gateway that the test ends.
func start(t *testing.T, cfg media.Config, deps media.Deps) *Pair {
	t.Helper()
	p, err := New(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// dial makes a connected call that the test ends.
func dial(t *testing.T, p *Pair, s Setup) *Call {
	t.Helper()
	c, err := p.Call(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func narrow() Setup {
	return Setup{
		Browser: BrowserOptions{Codecs: []media.Codec{pcmu(0)}, DTMF: []media.Codec{event(126, 8000)}},
		Core:    []media.Codec{pcmu(0)}, CoreDTMF: []media.Codec{event(101, 8000)},
	}
}

// sound is packet i of a stream of distinct 20 ms G.711 packets.
func sound(pt uint8, ssrc uint32, i int) *rtp.Packet {
	payload := make([]byte, 160)
	copy(payload, fmt.Sprintf("packet %06d", i))
	return &rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: pt, SequenceNumber: uint16(i), Timestamp: uint32(i * 160), SSRC: ssrc},
		Payload: payload,
	}
}

// next waits for a packet.
func next(t *testing.T, in chan *rtp.Packet) *rtp.Packet {
	t.Helper()
	select {
	case p := <-in:
		return p
	case <-time.After(patience):
		t.Fatal("no packet came")
		return nil
	}
}

// none fails when a packet comes within d.
func none(t *testing.T, in chan *rtp.Packet, d time.Duration) {
	t.Helper()
	select {
	case p := <-in:
		t.Fatalf("packet %v came", p.Header)
	case <-time.After(d):
	}
}

// up sends packet i from the browser.
func (c *Call) up(t *testing.T, i int) {
	t.Helper()
	if err := c.Browser.Track.WriteRTP(sound(0, 1, i)); err != nil {
		t.Fatal(err)
	}
}

// down sends packet i from the far end.
func (c *Call) down(t *testing.T, i int) {
	t.Helper()
	if err := c.Far.Send(sound(0, 77, i), c.Session.CoreLocal().RTP); err != nil {
		t.Fatal(err)
	}
}

// exchange proves sound both ways: packets i to i+n.
func (c *Call) exchange(t *testing.T, i, n int) {
	t.Helper()
	for k := i; k < i+n; k++ {
		c.up(t, k)
		c.down(t, k)
		want := fmt.Sprintf("packet %06d", k)
		if got := string(next(t, c.Far.In).Payload[:13]); got != want {
			t.Fatalf("far end heard %q, want %q", got, want)
		}
		if got := string(next(t, c.Browser.In).Payload[:13]); got != want {
			t.Fatalf("browser heard %q, want %q", got, want)
		}
	}
}

func TestPassThrough(t *testing.T) {
	profiles := map[string][]dtls.SRTPProtectionProfile{
		"AEAD_AES_128_GCM":       {dtls.SRTP_AEAD_AES_128_GCM},
		"AEAD_AES_256_GCM":       {dtls.SRTP_AEAD_AES_256_GCM},
		"AES128_CM_HMAC_SHA1_80": {dtls.SRTP_AES128_CM_HMAC_SHA1_80},
	}
	p := start(t, Config(), media.Deps{})
	for name, list := range profiles {
		for _, passive := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s gateway is client %t", name, passive), func(t *testing.T) {
				s := narrow()
				s.Browser.Profiles, s.Browser.Passive = list, passive
				c := dial(t, p, s)
				c.exchange(t, 0, 20)
				local := c.Session.CoreLocal()
				c.up(t, 20)
				if got := next(t, c.Far.In); got.SSRC != local.SSRC || got.PayloadType != 0 {
					t.Fatalf("far end got SSRC %d, PT %d", got.SSRC, got.PayloadType)
				}
				st := c.Session.Stats()
				if st.Core.PacketsSent != 21 || st.Access.PacketsSent != 20 || st.Access.PacketsReceived != 21 || st.Core.PacketsReceived != 20 {
					t.Fatalf("counters %+v", st)
				}
				if st.Access.Codec != "PCMU" || st.Transcoding() {
					t.Fatalf("stats %+v", st)
				}
			})
		}
	}
}
