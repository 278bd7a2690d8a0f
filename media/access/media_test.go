package access

import (
	"encoding/binary"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/pion/stun/v3"

	"causeway/media/packet"
)

// keyed gives a leg SRTP contexts without a handshake and returns the browser's.
func keyed(t testing.TB, l *Leg, p srtp.ProtectionProfile) *srtp.Context {
	t.Helper()
	n, _ := p.KeyLen()
	m, _ := p.SaltLen()
	key, salt := make([]byte, n), make([]byte, m)
	make1 := func(opts ...srtp.ContextOption) *srtp.Context {
		c, err := srtp.CreateContext(key, salt, p, opts...)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	l.keys.Store(&keys{in: inbound{ctx: make1(srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))},
		out: outbound{ctx: make1()}})
	return make1()
}

func sealed(t testing.TB, c *srtp.Context, ssrc uint32, seq uint16) []byte {
	t.Helper()
	b, err := (&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: ssrc, SequenceNumber: seq}, Payload: make([]byte, 160)}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if b, err = c.EncryptRTP(nil, b, nil); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSRTPIn(t *testing.T) {
	p := testPort(t)
	l, o := testLeg(t, p)
	w, now := &wire{}, time.Unix(1000, 0)
	p.feed(check(l.Local(), "x", true, 1), at(1), w, now)
	browser := keyed(t, l, srtp.ProtectionProfileAeadAes128Gcm)
	first := sealed(t, browser, 1, 1)
	p.feed(first, at(1), w, now)
	p.feed(first, at(1), w, now) // replayed
	broken := sealed(t, browser, 1, 2)
	broken[40] ^= 1
	p.feed(broken, at(1), w, now)
	p.feed(sealed(t, browser, 1, 3), at(2), w, now) // from elsewhere
	for ssrc := uint32(2); ssrc < maxSources+12; ssrc++ {
		p.feed(sealed(t, browser, ssrc, 1), at(1), w, now)
	}
	if o.packets != maxSources {
		t.Errorf("%d packets came through", o.packets)
	}
	if st := l.Stats(); st.AuthFailed != 2+11 || st.PacketsReceived != maxSources {
		t.Errorf("%+v", st)
	}
	if st := p.Stats(); st.Strangers != 1 {
		t.Errorf("%+v", st)
	}
	for _, e := range o.events {
		t.Errorf("event %+v", e)
	}
}

// TestManySources: browsers draw another SSRC for picture and retransmissions each time the camera is switched on, and for sound after a
// hold. What an hour of that brings is heard, and an old packet is still known as one.
func TestManySources(t *testing.T) {
	p := testPort(t)
	l, o := testLeg(t, p)
	w, now := &wire{}, time.Unix(1000, 0)
	p.feed(check(l.Local(), "x", true, 1), at(1), w, now)
	browser := keyed(t, l, srtp.ProtectionProfileAeadAes128Gcm)
	first := sealed(t, browser, 1, 1)
	p.feed(first, at(1), w, now)
	for ssrc := uint32(2); ssrc <= 200; ssrc++ {
		p.feed(sealed(t, browser, ssrc, 1), at(1), w, now)
	}
	p.feed(first, at(1), w, now) // replayed
	if o.packets != 200 {
		t.Errorf("%d packets came through, want 200", o.packets)
	}
}

// TestPoison makes the session panic on a packet: its leg fails, others go on.
func TestPoison(t *testing.T) {
	p := testPort(t)
	bad, o := testLeg(t, p)
	other, o2 := testLeg(t, p)
	w, now := &wire{}, time.Unix(1000, 0)
	p.feed(check(bad.Local(), "x", true, 1), at(1), w, now)
	p.feed(check(other.Local(), "x", true, 1), at(2), w, now)
	a := keyed(t, bad, srtp.ProtectionProfileAeadAes128Gcm)
	b := keyed(t, other, srtp.ProtectionProfileAeadAes128Gcm)
	o.panics = true
	p.feed(sealed(t, a, 1, 1), at(1), w, now)
	if len(o.events) != 1 || o.events[0] != (Event{Kind: Failed, Reason: ReasonInternal}) {
		t.Fatalf("events %v", o.events)
	}
	p.feed(sealed(t, a, 1, 2), at(1), w, now)
	p.feed(sealed(t, b, 1, 1), at(2), w, now)
	if o.packets != 1 || o2.packets != 1 {
		t.Fatalf("%d and %d packets", o.packets, o2.packets)
	}
}

func FuzzCheck(f *testing.F) {
	c := Credentials{"abcdefgh", strings.Repeat("p", 24)}
	f.Add(check(c, "them", true, 5))
	f.Add(stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw)
	p := testPort(f)
	l, _ := testLeg(f, p)
	f.Add(check(l.Local(), "x", false, 5))
	f.Fuzz(func(_ *testing.T, b []byte) {
		if len(b) > packet.MaxDatagram {
			return
		}
		p.feed(b, at(1), &wire{}, time.Now())
		r, ok := parseCheck(new(stun.Message), b)
		if ok {
			r.priority()
			r.authentic(c.Pwd)
			r.answer(c.Pwd, at(1), false)
		}
	})
}

// FuzzRecords throws what looks like DTLS at a leg that is up.
func FuzzRecords(f *testing.F) {
	f.Add([]byte{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0})
	f.Fuzz(func(_ *testing.T, b []byte) { forged(b) })
}

func benchLeg(tb testing.TB, profile srtp.ProtectionProfile) (*Port, *srtp.Context) {
	p := testPort(tb)
	o := &owner{}
	l := p.NewLeg(o, 1, "c", time.Second, slog.New(slog.DiscardHandler))
	tb.Cleanup(l.Close)
	p.feed(check(l.Local(), "x", true, 1), at(1), &wire{}, time.Now())
	return p, keyed(tb, l, profile)
}

// BenchmarkIn is demultiplexing, authentication and decryption of one packet, the
// browser's encryption included.
func BenchmarkIn(b *testing.B) {
	for name, profile := range map[string]srtp.ProtectionProfile{
		"GCM": srtp.ProtectionProfileAeadAes128Gcm, "SHA1": srtp.ProtectionProfileAes128CmHmacSha1_80,
	} {
		b.Run(name, func(b *testing.B) {
			p, browser := benchLeg(b, profile)
			var head rtp.Header
			buf := make([]byte, packet.BufferSize)
			msg, w, now := new(stun.Message), &wire{}, time.Now()
			seq := uint16(0)
			b.ReportAllocs()
			for b.Loop() {
				seq++
				clear(buf[:172])
				buf[0] = 0x80
				binary.BigEndian.PutUint16(buf[2:], seq)
				out, err := browser.EncryptRTP(buf[:0], buf[:172], &head)
				if err != nil {
					b.Fatal(err)
				}
				p.datagram(msg, out, route{remote: at(1)}, w, now)
			}
		})
	}
}
