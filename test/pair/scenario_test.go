package pair

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"causeway/media"
)

func TestHold(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	c := dial(t, p, narrow())
	c.exchange(t, 0, 5)
	before := lastSequence(t, c, 5)

	c.Session.SetHold(true, false)
	c.up(t, 6)
	c.down(t, 6)
	c.taken(t, 7, 6)
	none(t, c.Far.In, 50*time.Millisecond)
	none(t, c.Browser.In, 10*time.Millisecond)

	c.Session.SetHold(false, true) // the far end's hold: its music still comes
	c.up(t, 7)
	c.down(t, 7)
	next(t, c.Browser.In)
	c.taken(t, 8, 7)
	none(t, c.Far.In, 50*time.Millisecond)

	c.Session.SetHold(false, false)
	c.up(t, 2000) // the browser's numbers went on during the hold
	got := next(t, c.Far.In)
	if got.SequenceNumber != before+1 {
		t.Fatalf("sequence after hold %d, want %d", got.SequenceNumber, before+1)
	}
	c.exchange(t, 2001, 5)
}

// taken waits until the gateway has judged so many packets of the browser and of the far end: what it did with them was done by the
// rules of now.
func (c *Call) taken(t *testing.T, up, down uint64) {
	t.Helper()
	eventually(t, func() bool {
		st := c.Session.Stats()
		return st.Access.PacketsReceived >= up && st.Core.PacketsReceived >= down
	})
}

// lastSequence sends packet i up and returns its number at the far end.
func lastSequence(t *testing.T, c *Call, i int) uint16 {
	t.Helper()
	c.up(t, i)
	return next(t, c.Far.In).SequenceNumber
}

func TestForkSwitch(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	s := narrow()
	c := dial(t, p, s)
	c.exchange(t, 0, 3)
	before := lastSequence(t, c, 3)

	second, err := NewFar()
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if err := c.Session.SetCore(second.Remote([]media.Codec{pcmu(99)}, nil)); err != nil {
		t.Fatal(err)
	}
	c.up(t, 4)
	got := next(t, second.In)
	if got.SequenceNumber != before+1 || got.PayloadType != 99 {
		t.Fatalf("second fork got %v after sequence %d", got.Header, before)
	}
	c.down(t, 4) // the first fork is a stranger now
	none(t, c.Browser.In, 50*time.Millisecond)
	if err := second.Send(sound(99, 5, 50000), c.Session.CoreLocal().RTP); err != nil {
		t.Fatal(err)
	}
	next(t, c.Browser.In)
	if st := c.Session.Stats(); st.CoreRejected.Strangers != 0 {
		t.Fatalf("strangers %d, want 0: the connected socket keeps them out", st.CoreRejected.Strangers)
	}
}

func TestICERestart(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	c := dial(t, p, narrow())
	c.exchange(t, 0, 3)
	old := c.Session.AccessLocal()
	_, before, _ := c.Session.AccessPeer()
	offer, err := c.Browser.Offer(true)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Session.SetAccess(c.Browser.Remote(offer)); err != nil {
		t.Fatal(err)
	}
	if _, kept, ok := c.Session.AccessPeer(); !ok || kept != before {
		t.Fatalf("old pair %s not kept: %s", before, kept)
	}
	// It still serves: what comes from the core is sent there. (pion itself forgets
	// its pairs with its own offer and hears nothing until one is nominated.)
	sent := c.Session.Stats().Access.PacketsSent
	c.down(t, 3)
	eventually(t, func() bool { return c.Session.Stats().Access.PacketsSent > sent })
	if err := c.Browser.Accept(c.Session.AccessLocal()); err != nil {
		t.Fatal(err)
	}
	now := c.Session.AccessLocal()
	if now.UFrag == old.UFrag || now.Pwd == old.Pwd {
		t.Fatal("credentials did not change")
	}
	if now.Fingerprint != old.Fingerprint || now.SSRC != old.SSRC {
		t.Fatal("restart changed more than ICE")
	}
	i := c.settle(t, 8)
	c.exchange(t, i, 5)
	if _, after, _ := c.Session.AccessPeer(); after != before {
		if e, err := Wait[media.AccessPeerChanged](c); err != nil || e.Remote != after {
			t.Fatalf("pair changed to %s without its event: %v", after, err)
		}
	}
}

// settle sends both ways from packet i until the last one sent has come through both ways, so that nothing is under way any more, and
// returns the next number.
func (c *Call) settle(t *testing.T, i int) int {
	t.Helper()
	begin := time.Now()
	for wait := 20 * time.Millisecond; time.Since(begin) < patience; i++ {
		c.up(t, i)
		c.down(t, i)
		last, round := fmt.Sprintf("packet %06d", i), time.After(wait)
		for up, down, over := false, false, false; !over; {
			select {
			case p := <-c.Far.In:
				up = up || strings.HasPrefix(string(p.Payload), last)
			case p := <-c.Browser.In:
				down = down || strings.HasPrefix(string(p.Payload), last)
			case <-round:
				over = true
			}
			if up && down {
				return i + 1
			}
		}
		wait += wait / 4 // a slow machine takes longer
	}
	t.Fatal("nothing came through")
	return 0
}

func TestWrongFingerprint(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	for _, passive := range []bool{false, true} {
		s := narrow()
		s.Browser.Passive = passive
		s.Change = func(r *media.AccessRemote) {
			b := []byte(r.Fingerprints[0].Value)
			b[0] ^= 1 // another hexadecimal digit
			if b[0] < '0' || (b[0] > '9' && b[0] < 'A') || b[0] > 'F' {
				b[0] = '0'
			}
			r.Fingerprints[0].Value = string(b)
		}
		c, err := p.Start(s)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		_, err = Wait[media.AccessConnected](c)
		if err == nil || err.Error() != string("certificate does not match the offered fingerprint") {
			t.Fatalf("gateway as client %t: %v", passive, err)
		}
		c.down(t, 1)
		none(t, c.Browser.In, 50*time.Millisecond)
		if st := c.Session.Stats(); st.Access.PacketsSent != 0 || st.Core.PacketsSent != 0 {
			t.Fatalf("media went: %+v", st)
		}
	}
}

func TestSecondFingerprintMatches(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	s := narrow()
	s.Change = func(r *media.AccessRemote) {
		other := p.Gateway.Fingerprint()
		r.Fingerprints = append([]media.Fingerprint{{Hash: "sha-1", Value: "00:11"}, other}, r.Fingerprints...)
	}
	dial(t, p, s).exchange(t, 0, 3)
}

func TestBrowserLeaves(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	c := dial(t, p, narrow())
	c.exchange(t, 0, 3)
	if err := c.Browser.Close(); err != nil {
		t.Fatal(err)
	}
	lost, err := Wait[media.AccessLost](c)
	if err != nil {
		t.Fatal(err)
	}
	if lost.Reason != "browser closed the connection" {
		t.Fatalf("reason %q", lost.Reason)
	}
}

func TestReload(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	for _, passive := range []bool{false, true} {
		s := narrow()
		s.Browser.Passive = passive
		c := dial(t, p, s)
		c.exchange(t, 0, 3)
		before := lastSequence(t, c, 3)
		if err := c.Reload(s.Browser); err != nil {
			t.Fatal(err)
		}
		if _, err := Wait[media.AccessRestored](c); err != nil {
			t.Fatal(err)
		}
		if got := lastSequence(t, c, 4); got != before+1 {
			t.Errorf("sequence %d after %d", got, before)
		}
		c.exchange(t, 5, 3)
	}
}

func TestPortExhaustion(t *testing.T) {
	cfg := Config()
	cfg.CorePorts = media.PortRange{First: 31200, Last: 31205}
	p := start(t, cfg, media.Deps{})
	var list []*media.Session
	for range 3 {
		s, err := p.Gateway.NewSession(media.SessionConfig{})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	if _, err := p.Gateway.NewSession(media.SessionConfig{}); !errors.Is(err, media.ErrNoPorts) {
		t.Fatalf("fourth session: %v", err)
	}
	for _, s := range list {
		s.Close()
		s.Close()
	}
	if st := p.Gateway.Stats(); st.Ports.InUse != 0 || st.Sessions != 0 {
		t.Fatalf("after close %+v", st)
	}
	s, err := p.Gateway.NewSession(media.SessionConfig{})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}

// digits reads the events the far end gets until n have ended.
func digits(t *testing.T, in chan *rtp.Packet, pt uint8, n int) (codes []uint8, lengths []uint16) {
	t.Helper()
	var ts uint32
	seen := map[uint32]bool{}
	var seq uint16
	for len(codes) < n {
		p := next(t, in)
		if seq != 0 && p.SequenceNumber != seq+1 {
			t.Fatalf("sequence %d after %d", p.SequenceNumber, seq)
		}
		seq = p.SequenceNumber
		if p.PayloadType != pt {
			continue
		}
		if p.Timestamp != ts && !p.Marker {
			t.Fatal("event began without marker")
		}
		ts = p.Timestamp
		if p.Payload[1]&0x80 != 0 && !seen[ts] {
			seen[ts] = true
			codes = append(codes, p.Payload[0])
			lengths = append(lengths, uint16(p.Payload[2])<<8|uint16(p.Payload[3]))
		}
	}
	return codes, lengths
}

func TestSendDTMF(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	s := narrow()
	s.CoreDTMF = []media.Codec{event(100, 16000), event(101, 8000)}
	c := dial(t, p, s)
	c.exchange(t, 0, 2)
	if err := c.Session.SendDTMF("7#", 60*time.Millisecond, 30*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	codes, lengths := digits(t, c.Far.In, 101, 2)
	if codes[0] != 7 || codes[1] != 11 || lengths[0] != 480 || lengths[1] != 480 {
		t.Fatalf("codes %v, lengths %v", codes, lengths)
	}
	if err := c.Session.SendDTMF("x", 0, 0); !errors.Is(err, media.ErrDigits) {
		t.Fatalf("digit x: %v", err)
	}
}

// TestBrowserDTMF plays what browsers really send with Opus: the duration counted
// on another clock and every packet with marker and end bit.
func TestBrowserDTMF(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	c := dial(t, p, narrow())
	c.exchange(t, 0, 2)
	for range 3 {
		err := c.Browser.Track.WriteRTP(&rtp.Packet{
			Header:  rtp.Header{Version: 2, PayloadType: 126, Marker: true, SequenceNumber: 10, Timestamp: 320, SSRC: 1},
			Payload: []byte{5, 0x8a, 960 >> 8, 960 & 0xff},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	codes, lengths := digits(t, c.Far.In, 101, 1)
	if codes[0] != 5 || lengths[0] != 960 {
		t.Fatalf("codes %v, lengths %v", codes, lengths)
	}
}

func TestFarDTMF(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	c := dial(t, p, narrow())
	c.exchange(t, 0, 2)
	send := func(ts uint32, seq int, code, flags byte, length uint16) {
		t.Helper()
		err := c.Far.Send(&rtp.Packet{
			Header:  rtp.Header{Version: 2, PayloadType: 101, SequenceNumber: uint16(seq), Timestamp: ts, SSRC: 77},
			Payload: []byte{code, flags, byte(length >> 8), byte(length)},
		}, c.Session.CoreLocal().RTP)
		if err != nil {
			t.Fatal(err)
		}
	}
	send(1000, 1, 1, 0x0a, 160)
	for i := range 3 {
		send(1000, 2+i, 1, 0x8a, 800)
	}
	send(3000, 5, 10, 0x8a, 400) // the star, of which only the end arrives
	for _, want := range []media.DTMF{{Digit: '1', Duration: 100 * time.Millisecond}, {Digit: '*', Duration: 50 * time.Millisecond}} {
		got, err := Wait[media.DTMF](c)
		if err != nil || got != want {
			t.Fatalf("got %v, want %v (%v)", got, want, err)
		}
	}
}

// eventually waits until ok holds.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for !ok() {
		select {
		case <-deadline:
			t.Fatal("it did not come to pass")
		case <-time.After(5 * time.Millisecond):
		}
	}
}
