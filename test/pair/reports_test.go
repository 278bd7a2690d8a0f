package pair

import (
	"net"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"causeway/media"
)

// TestReports: the gateway's report tells what was sent and heard, and what the far end says of it is kept.
func TestReports(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	c := dial(t, p, narrow())
	c.exchange(t, 0, 10)
	rtcpTo := net.UDPAddrFromAddrPort(c.Session.CoreLocal().RTCP)
	list, sr := c.reportOf(t, 10)
	if sr.SSRC != c.Session.CoreLocal().SSRC || sr.PacketCount != 10 || sr.OctetCount != 1600 || len(sr.Reports) != 1 || sr.Reports[0].SSRC != 77 {
		t.Fatalf("report %v", list[0])
	}
	if d, ok := list[1].(*rtcp.SourceDescription); !ok || d.Chunks[0].Items[0].Text != c.Session.CoreLocal().CNAME {
		t.Fatalf("description %v", list[1])
	}
	reply, err := (&rtcp.ReceiverReport{SSRC: 77, Reports: []rtcp.ReceptionReport{{
		SSRC: sr.SSRC, TotalLost: 3, FractionLost: 64, LastSenderReport: uint32(sr.NTPTime >> 16), Delay: 0,
	}}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Far.RTCP.WriteTo(reply, rtcpTo); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return c.Session.Stats().Core.RemoteLost == 3 })
	if rtt, most := c.Session.Stats().Core.RTT, time.Since(fromNTP(sr.NTPTime))+time.Millisecond; rtt <= 0 || rtt > most {
		t.Fatalf("RTT %v, it was at most %v", rtt, most)
	}
}

// reportOf is the first report that comes to the far end and counts so many packets; what counts fewer was sent before.
func (c *Call) reportOf(t *testing.T, packets uint32) ([]rtcp.Packet, *rtcp.SenderReport) {
	t.Helper()
	limit := time.After(patience)
	for {
		select {
		case b := <-c.Far.Reports:
			list, err := rtcp.Unmarshal(b)
			if err != nil {
				t.Fatal(err)
			}
			if sr, ok := list[0].(*rtcp.SenderReport); ok && sr.PacketCount >= packets {
				return list, sr
			}
		case <-limit:
			t.Fatalf("no report of %d packets", packets)
		}
	}
}

// TestKeysLeaveTheReportsAlone: browsers send keys on a clock of their own (telephone-event/8000 beside Opus), with the sound's timestamps.
// They say nothing of the network, and take nothing back that the sound has said.
func TestKeysLeaveTheReportsAlone(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	s := narrow()
	s.Browser.DTMF = []media.Codec{event(110, 48000)}
	c := dial(t, p, s)
	const n = 40
	for i := range n {
		c.up(t, i) // all at once: each is 20 ms early
	}
	heard := func(want uint64) media.LegStats {
		t.Helper()
		eventually(t, func() bool { return c.Session.Stats().Access.PacketsReceived == want })
		return c.Session.Stats().Access
	}
	before := heard(n)
	key := sound(110, 1, n)
	key.Payload = []byte{5, 0x80, 0, 160}
	if err := c.Browser.Track.WriteRTP(key); err != nil {
		t.Fatal(err)
	}
	if after := heard(n + 1); before.Jitter < 5*time.Millisecond || after.Jitter != before.Jitter {
		t.Errorf("jitter %v before the key, %v after it", before.Jitter, after.Jitter)
	}
}
