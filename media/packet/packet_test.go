package packet

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

func TestParseRTP(t *testing.T) {
	full := rtp.Packet{
		Header: rtp.Header{Version: 2, Marker: true, PayloadType: 111, SequenceNumber: 65535, Timestamp: 7, SSRC: 9,
			CSRC: []uint32{1, 2}, Extension: true, ExtensionProfile: 0xBEDE},
		Payload: []byte("sound"), PaddingSize: 4,
	}
	if err := full.SetExtension(1, []byte{1, 2}); err != nil {
		t.Fatal(err)
	}
	full.Padding = true
	b, err := full.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	h, err := ParseRTP(b)
	if err != nil {
		t.Fatal(err)
	}
	if string(b[h.Offset:h.End]) != "sound" || h.PayloadType != 111 || !h.Marker || h.Sequence != 65535 || h.Timestamp != 7 || h.SSRC != 9 {
		t.Fatalf("%+v payload %q", h, b[h.Offset:h.End])
	}
	h.PayloadType, h.Sequence, h.Marker = 0, 3, false
	var got rtp.Packet
	if err := got.Unmarshal(h.Put(b)); err != nil {
		t.Fatal(err)
	}
	if got.Extension || len(got.CSRC) != 0 || got.Padding || string(got.Payload) != "sound" || got.SequenceNumber != 3 || got.Marker {
		t.Fatalf("put %v", got)
	}
	for name, bad := range map[string][]byte{
		"empty": {}, "short": b[:11], "version": append([]byte{0x40}, b[1:]...),
		"csrc beyond": {0x8f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "extension beyond": {0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9},
		"padding zero": {0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "padding beyond": {0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2},
	} {
		if _, err := ParseRTP(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzParseRTP(f *testing.F) {
	f.Add([]byte{0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 42})
	f.Add([]byte{0xb1, 0x80, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 5, 0xbe, 0xde, 0, 1, 0, 0, 0, 0, 1, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ParseRTP(b)
		if err != nil {
			return
		}
		if h.Offset < HeaderSize || h.Offset > h.End || h.End > len(b) {
			t.Fatalf("payload %d:%d of %d", h.Offset, h.End, len(b))
		}
		want := bytes.Clone(b[h.Offset:h.End])
		again, err := ParseRTP(h.Put(b))
		if err != nil || again.Sequence != h.Sequence || again.SSRC != h.SSRC || again.Offset != HeaderSize {
			t.Fatalf("%+v became %+v (%v)", h, again, err)
		}
		if !bytes.Equal(b[h.Offset:h.End], want) {
			t.Fatal("payload changed")
		}
	})
}

func FuzzRTCP(f *testing.F) {
	f.Add(AppendSDES(AppendSR(nil, 1, SenderInfo{NTP: 1}, &ReportBlock{SSRC: 2}), 1, "me"))
	f.Add([]byte{0xa0, 201, 0, 1, 0, 0, 0, 4})
	f.Add([]byte{0x80, 207, 0, 4, 0, 0, 0, 9, 4, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Add([]byte{0x80, 204, 0, 3, 0, 0, 0, 9, '3', 'G', 'M', '7', 0x21, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		c := Control{SSRC: 2}
		c.Received(b, time.Unix(1, 0))
		if out := c.Append(nil, SenderInfo{}, time.Unix(2, 0)); len(out)%4 != 0 || len(out) > 128 {
			t.Fatalf("a report of %d octets", len(out))
		}
		for {
			p, rest, ok := NextRTCP(b)
			if !ok {
				return
			}
			if len(rest) >= len(b) {
				t.Fatal("no progress")
			}
			b = rest
			for i := range int(p.Count) + 1 {
				p.Block(i)
			}
		}
	})
}

// TestReportsRead holds what is written against another reader.
func TestReportsRead(t *testing.T) {
	now := time.Unix(1700000000, 500_000_000)
	c := Control{SSRC: 5, CNAME: "name"}
	for i := range 10 {
		if i != 4 {
			c.In.Packet(RTP{Sequence: uint16(65530 + i), Timestamp: uint32(i * 160), SSRC: 8, End: 160}, 8000, now.Add(time.Duration(i)*20*time.Millisecond))
		}
	}
	sr := AppendSR(nil, 8, SenderInfo{NTP: NTP(now)}, nil)
	c.Received(sr, now)
	list, err := rtcp.Unmarshal(c.Append(nil, SenderInfo{RTP: 1600, Packets: 10, Octets: 1600}, now.Add(time.Second)))
	if err != nil {
		t.Fatal(err)
	}
	want := &rtcp.SenderReport{SSRC: 5, NTPTime: NTP(now.Add(time.Second)), RTPTime: 1600, PacketCount: 10, OctetCount: 1600,
		Reports: []rtcp.ReceptionReport{{SSRC: 8, FractionLost: 25, TotalLost: 1, LastSequenceNumber: 1<<16 + 3,
			LastSenderReport: uint32(NTP(now) >> 16), Delay: 65536}}}
	got, ok := list[0].(*rtcp.SenderReport)
	if !ok {
		t.Fatalf("first is %T", list[0])
	}
	got.ProfileExtensions = nil
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v\nwant %v", got, want)
	}
	bye, err := rtcp.Unmarshal(AppendBYE(AppendRR(nil, 5, nil), 5))
	if err != nil || len(bye) != 2 {
		t.Fatal(bye, err)
	}
}

func TestReception(t *testing.T) {
	at := time.Unix(0, 0)
	packets := func(r *Reception, ssrc uint32, seqs ...uint16) {
		for _, s := range seqs {
			r.Packet(RTP{Sequence: s, SSRC: ssrc, End: 10}, 8000, at)
		}
	}
	for name, c := range map[string]struct {
		seqs           []uint16
		received, lost uint64
	}{
		"in order":      {[]uint16{1, 2, 3}, 3, 0},
		"from zero":     {[]uint16{0, 1}, 2, 0},
		"wrap":          {[]uint16{65534, 65535, 0, 1}, 4, 0},
		"loss":          {[]uint16{1, 5}, 2, 3},
		"reordered":     {[]uint16{1, 3, 2}, 3, 0},
		"lone wild one": {[]uint16{1, 20000, 2}, 2, 0},
		"restart":       {[]uint16{1, 2, 20000, 20001, 20002}, 4, 0},
		"duplicates":    {[]uint16{1, 1, 1}, 3, 0},
	} {
		var r Reception
		packets(&r, 1, c.seqs...)
		if r.Received() != c.received || r.Lost() != c.lost {
			t.Errorf("%s: received %d lost %d, want %d and %d", name, r.Received(), r.Lost(), c.received, c.lost)
		}
	}
	var r Reception
	packets(&r, 1, 1, 3)
	packets(&r, 2, 500, 501)
	if r.Received() != 4 || r.Lost() != 1 {
		t.Errorf("two sources: received %d lost %d", r.Received(), r.Lost())
	}
}

// TestJitterOfKeys: all packets of a key, and of a picture, have one timestamp (RFC 4733 2.3.1), so they say nothing about the network.
func TestJitterOfKeys(t *testing.T) {
	var r Reception
	at, began := time.Unix(0, 0), uint32(0)
	for i := range uint32(400) {
		ts := i * 160
		if i%100 < 50 { // a key of a second
			if i%100 == 0 {
				began = ts
			}
			ts = began
		}
		r.Packet(RTP{Sequence: uint16(i), Timestamp: ts, SSRC: 1}, 8000, at.Add(time.Duration(i)*20*time.Millisecond))
		if j := r.Jitter(); j != 0 {
			t.Fatalf("packet %d: jitter %v on a network without", i, j)
		}
	}
}

func TestJitter(t *testing.T) {
	var r Reception
	at := time.Unix(0, 0)
	for i := range 400 {
		late := time.Duration(i%2) * 10 * time.Millisecond
		r.Packet(RTP{Sequence: uint16(i), Timestamp: uint32(i * 320), SSRC: 1}, 16000, at.Add(time.Duration(i)*20*time.Millisecond+late))
	}
	if j := r.Jitter(); j < 9*time.Millisecond || j > 10*time.Millisecond {
		t.Fatalf("jitter %v, want about 10 ms", j)
	}
}

func TestRoundTrip(t *testing.T) {
	c := Control{SSRC: 5}
	sent := time.Unix(1700000000, 0)
	block := ReportBlock{SSRC: 5, Fraction: 128, Lost: 7, LSR: uint32(NTP(sent) >> 16), DLSR: 65536 / 2}
	if !c.Received(AppendRR(nil, 9, &block), sent.Add(580*time.Millisecond)).Report {
		t.Fatal("not a report")
	}
	q := c.Quality()
	if q.RTT < 79*time.Millisecond || q.RTT > 81*time.Millisecond || q.RemoteLost != 7 || q.RemoteFraction != 0.5 {
		t.Fatalf("%+v", q)
	}
	block.LSR += 1 << 24 // a report from the future says nothing
	c.Received(AppendRR(nil, 9, &block), sent.Add(time.Second))
	if c.Quality().RTT != q.RTT {
		t.Fatal("impossible report believed")
	}
}

func TestEvents(t *testing.T) {
	for code := range uint8(16) {
		r, ok := Digit(code)
		if !ok {
			t.Fatal(code)
		}
		if back, ok := EventCode(r); !ok || back != code {
			t.Fatalf("%d is %c is %d", code, r, back)
		}
		e := Event{Code: code, End: code%2 == 0, Volume: 10, Duration: 800}
		var b [4]byte
		e.Put(b[:])
		if got, ok := ParseEvent(b[:]); !ok || got != e {
			t.Fatalf("%+v became %+v", e, got)
		}
	}
	for _, r := range "eX,é☎" {
		if _, ok := EventCode(r); ok {
			t.Errorf("%c is an event", r)
		}
	}
	if _, ok := Digit(16); ok {
		t.Error("16 is a digit")
	}
	if _, ok := ParseEvent([]byte{1, 2, 3}); ok {
		t.Error("three octets are an event")
	}
}

func TestPasses(t *testing.T) {
	amr := func(fmtp string) Codec { return Codec{Name: "AMR-WB", ClockRate: 16000, FMTP: fmtp} }
	for _, c := range []struct {
		a, b Codec
		want bool
	}{
		{Codec{Name: "pcmu", ClockRate: 8000}, Codec{Name: "PCMU", ClockRate: 8000, Channels: 1}, true},
		{Codec{Name: "PCMU", ClockRate: 8000}, Codec{Name: "PCMA", ClockRate: 8000}, false},
		{Codec{Name: "opus", ClockRate: 48000, Channels: 2}, Codec{Name: "opus", ClockRate: 48000}, false},
		{amr("octet-align=1"), amr("mode-change-capability=2; octet-align=1"), true},
		{amr("octet-align=0"), amr(""), true},
		{amr("octet-align=1"), amr(""), false},
		{amr(""), amr("mode-set=0,1,2"), false},
	} {
		if got := c.a.Passes(c.b); got != c.want {
			t.Errorf("%v to %v: %t", c.a, c.b, got)
		}
	}
}

func TestPool(t *testing.T) {
	p := NewPool()
	b, ok := p.Copy([]byte("abc"))
	if !ok || string(b.Bytes()) != "abc" || cap(b.Bytes()) < BufferSize {
		t.Fatal(b, ok)
	}
	if _, ok := p.Copy(make([]byte, MaxDatagram+1)); ok {
		t.Fatal("too long a datagram was taken")
	}
	b.Release()
	defer func() {
		if recover() == nil {
			t.Fatal("second release went unnoticed")
		}
	}()
	b.Release()
}
