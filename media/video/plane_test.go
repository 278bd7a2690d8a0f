package video

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"causeway/media/packet"
)

func TestPassingKeepsPayloadAndClock(t *testing.T) {
	r := newRig(t, browser, handset, nil)
	r.up(t, 108, 1000, false, 0x41, 1)
	r.up(t, 108, 1000, true, 0x41, 2)
	r.up(t, 108, 4000, true, 0x41, 3)
	sent := r.core.take()
	if len(sent) != 3 {
		t.Fatalf("%d packets", len(sent))
	}
	a, b, c := parse(t, sent[0]), parse(t, sent[1]), parse(t, sent[2])
	if a.PayloadType != 99 || a.SSRC != toCore || b.Sequence != a.Sequence+1 || c.Sequence != b.Sequence+1 {
		t.Errorf("%+v %+v %+v", a, b, c)
	}
	if a.Timestamp != b.Timestamp || c.Timestamp-b.Timestamp != 3000 || a.Marker || !b.Marker {
		t.Errorf("%+v %+v %+v", a, b, c)
	}
	r.down(t, 99, 50, true, 0x41, 9)
	if h := parse(t, r.access.take()[0]); h.PayloadType != 108 || h.SSRC != ours {
		t.Errorf("%+v", h)
	}
}

func TestOrientationIsMappedPerLeg(t *testing.T) {
	r := newRig(t, browser, handset, nil)
	b := rtp(108, camera, 1, 1, true, 2, []byte{0x41, 1})
	r.FromAccess(b, parse(t, b), r.now)
	sent := r.core.take()[0]
	if v := packet.Extension(sent, 4); len(v) != 1 || v[0] != 2 {
		t.Errorf("orientation %x in %x", v, sent)
	}
	plain := handset
	plain.Orientation = 0
	r = newRig(t, browser, plain, nil)
	b = rtp(108, camera, 1, 1, true, 2, []byte{0x41, 1})
	r.FromAccess(b, parse(t, b), r.now)
	if sent := r.core.take()[0]; sent[0] != 0x80 {
		t.Errorf("a peer without it got %x", sent)
	}
}

func TestParameterSetsGoBeforeAKeyFrameThatHasNone(t *testing.T) {
	sps, pps := []byte{0x67, 1, 2, 3}, []byte{0x68, 4, 5}
	sets := "sprop-parameter-sets=" + base64.StdEncoding.EncodeToString(sps) + "," + base64.StdEncoding.EncodeToString(pps)
	core := handset
	core.Codecs = []packet.Codec{h264(99, "1", sets)}
	core.Parameters = ParameterSets(core.Codecs[0])
	r := newRig(t, browser, core, nil)
	r.down(t, 99, 100, true, 0x65, 7) // IDR alone
	got := payloads(t, r.access.sent)
	if len(got) != 3 || !slices.Equal(got[0], sps) || !slices.Equal(got[1], pps) || got[2][0] != 0x65 {
		t.Fatalf("%x", got)
	}
	first, last := parse(t, r.access.sent[0]), parse(t, r.access.sent[2])
	if first.Marker || !last.Marker || first.Timestamp != last.Timestamp || last.Sequence != first.Sequence+2 {
		t.Errorf("%+v %+v", first, last)
	}
	for name, frames := range map[string][][]byte{
		"own sets":          {sps, pps, {0x65, 1}},
		"an aggregate":      {{24, 0, 4, 0x67, 1, 2, 3, 0, 2, 0x65, 1}},
		"a fragment's rest": {{28, 0x05, 1}, {28, 0x45, 2}},
	} {
		r.access.take()
		r.seq[phone]++ // a hole, so that nothing is known of the frame before
		r.now = r.now.Add(time.Second)
		for i, p := range frames {
			r.down(t, 99, uint32(9000+len(name)), i == len(frames)-1, p...)
		}
		r.now = r.now.Add(time.Second)
		r.Tick(r.now)
		if got := payloads(t, r.access.take()); len(got) != len(frames) {
			t.Errorf("%s: %x", name, got)
		}
	}
}

func TestModeZeroGetsSingleUnits(t *testing.T) {
	core := handset
	core.Codecs = []packet.Codec{h264(97, "0")}
	one := browser
	one.Codecs = browser.Codecs[:1] // the browser has not been asked for mode 0 yet
	r := newRig(t, one, core, nil)
	r.up(t, 108, 1, false, 24, 0, 2, 0x67, 1, 0, 3, 0x68, 2, 2)
	r.up(t, 108, 1, false, 28|0x60, 0x85, 7, 7)
	r.up(t, 108, 1, true, 28|0x60, 0x45, 8)
	got := payloads(t, r.core.sent)
	if len(got) != 3 || !slices.Equal(got[0], []byte{0x67, 1}) || !slices.Equal(got[1], []byte{0x68, 2, 2}) || !slices.Equal(got[2], []byte{0x65, 7, 7, 8}) {
		t.Fatalf("%x", got)
	}
	if h := parse(t, r.core.sent[2]); !h.Marker || h.PayloadType != 97 {
		t.Errorf("%+v", h)
	}
	big := make([]byte, 1100)
	big[0], big[1] = 28|0x60, 0x85
	end := slices.Clone(big)
	end[1] = 0x45
	r.core.take()
	r.up(t, 108, 2, false, big...)
	r.up(t, 108, 2, true, end...)
	if got := r.core.take(); len(got) != 0 {
		t.Errorf("a unit that fits no packet was sent: %d packets", len(got))
	}
	if up, _ := r.Stats(); up.Unfit == 0 {
		t.Error("it was not counted")
	}
}

func TestLossIsAskedForAndRepaired(t *testing.T) {
	r := newRig(t, browser, handset, nil)
	r.upAs(t, 65534, 108, 1, false, 0x41, 0)
	r.upAs(t, 1, 108, 1, true, 0x41, 3) // 65535 and 0 are missing
	if n := r.access.asked(packet.TypeRTPFB, packet.FormatNACK); n != 1 {
		t.Fatalf("%d NACKs", n)
	}
	if got := r.core.take(); len(got) != 1 {
		t.Fatalf("%d packets before the repair", len(got))
	}
	b := rtp(109, camera+1, 700, 1, false, -1, []byte{0xff, 0xff, 0x41, 1}) // RFC 4588: the number, then the payload
	r.FromAccess(b, parse(t, b), r.now)
	r.upAs(t, 0, 108, 1, false, 0x41, 2)
	got := payloads(t, r.core.sent)
	if len(got) != 3 || got[0][1] != 1 || got[1][1] != 2 || got[2][1] != 3 {
		t.Fatalf("%x", got)
	}
	if a, c := parse(t, r.core.sent[0]), parse(t, r.core.sent[2]); c.Sequence != a.Sequence+2 || c.PayloadType != 99 {
		t.Errorf("%+v %+v", a, c)
	}
	r.core.take()
	r.upAs(t, 3, 108, 2, true, 0x41, 5) // 2 never comes
	r.now = r.now.Add(patientFor + time.Millisecond)
	r.upAs(t, 4, 108, 3, true, 0x41, 6)
	sent := r.core.take()
	if len(sent) != 2 {
		t.Fatalf("%d packets after giving up", len(sent))
	}
	if up, _ := r.Stats(); up.Lost != 1 || up.Recovered != 1 {
		t.Errorf("%+v", up)
	}
}

func TestNACKIsAnsweredOnTheAccessLeg(t *testing.T) {
	for name, peer := range map[string]Peer{"rtx": browser, "plain": {Codecs: browser.Codecs, NACK: true}} {
		r := newRig(t, peer, handset, nil)
		r.down(t, 99, 1, true, 0x41, 1, 2)
		first := r.access.take()[0]
		h := parse(t, first)
		nack := packet.AppendNACK(nil, camera, ours, []uint16{h.Sequence, h.Sequence + 7})
		r.AccessFeedback(nack, r.now)
		if len(r.access.take()) != 0 {
			t.Errorf("%s: repeated while it was on its way", name)
		}
		r.now = r.now.Add(time.Second)
		r.AccessFeedback(nack, r.now)
		sent := r.access.take()
		if len(sent) != 1 {
			t.Fatalf("%s: %d repetitions", name, len(sent))
		}
		g := parse(t, sent[0])
		if name == "plain" {
			if !slices.Equal(sent[0], first) {
				t.Errorf("%x is not %x", sent[0], first)
			}
			continue
		}
		if g.SSRC != again || g.PayloadType != 109 || g.Timestamp != h.Timestamp || binary.BigEndian.Uint16(sent[0][g.Offset:]) != h.Sequence {
			t.Errorf("%x", sent[0])
		}
	}
}

func TestKeyFramesAreAskedInThePeersWay(t *testing.T) {
	for name, c := range map[string]struct {
		core            Peer
		kind, format    uint8
		feedback, infos int
	}{
		"PLI":  {handset, packet.TypePSFB, packet.FormatPLI, 1, 0},
		"FIR":  {Peer{Codecs: handset.Codecs, FIR: true}, packet.TypePSFB, packet.FormatFIR, 1, 0},
		"INFO": {Peer{Codecs: handset.Codecs}, packet.TypePSFB, packet.FormatPLI, 0, 1},
	} {
		r := newRig(t, browser, c.core, nil)
		r.down(t, 99, 1, true, 0x41, 1) // now its source is known
		r.now = r.now.Add(2 * time.Second)
		r.Tick(r.now) // what was owed from the beginning
		r.core.fb, r.infos = nil, 0
		r.now = r.now.Add(2 * time.Second)
		for range 20 { // once a second, whatever the browser wants
			r.AccessFeedback(packet.AppendPLI(nil, camera, ours), r.now)
		}
		if n := r.core.asked(c.kind, c.format); n != c.feedback || r.infos != c.infos {
			t.Errorf("%s: %d requests, %d INFOs", name, n, r.infos)
		}
		r.now = r.now.Add(keyFramePause)
		r.Tick(r.now)
		if n := r.core.asked(c.kind, c.format); n != c.feedback {
			t.Errorf("%s: the owed one was asked %d times", name, n)
		}
	}
	r := newRig(t, browser, handset, nil)
	r.up(t, 108, 1, true, 0x41, 1)
	r.now = r.now.Add(2 * time.Second)
	r.Tick(r.now)
	r.access.fb = nil
	r.now = r.now.Add(2 * time.Second)
	r.CoreFeedback(packet.AppendFIR(nil, phone, toCore, 1), r.now)
	r.CoreFeedback(packet.AppendPLI(nil, phone, 12345), r.now) // of somebody else
	if n := r.access.asked(packet.TypePSFB, packet.FormatPLI); n != 1 {
		t.Errorf("the browser was asked %d times", n)
	}
}

func TestAClosedGateOpensWithAKeyFrame(t *testing.T) {
	r := newRig(t, browser, handset, nil)
	r.up(t, 108, 1, true, 0x41, 1)
	r.down(t, 99, 1, true, 0x41, 1)
	r.now = r.now.Add(5 * time.Second)
	r.Tick(r.now)
	r.core.take()
	r.Set(browser, handset, Gates{}, r.now)
	r.up(t, 108, 2, true, 0x41, 1)
	if len(r.core.take()) != 0 {
		t.Fatal("a held call sent a picture")
	}
	before := r.seq[camera]
	r.access.fb, r.core.fb = nil, nil
	r.now = r.now.Add(15 * time.Minute)
	r.Set(browser, handset, Gates{true, true}, r.now)
	if r.access.asked(packet.TypePSFB, packet.FormatPLI) != 1 || r.core.asked(packet.TypePSFB, packet.FormatPLI) != 1 {
		t.Error("nobody was asked for a key frame")
	}
	r.seq[camera] = before + 40000 // SRTP numbers on a leg of ours go on by one
	last := parse(t, r.core.lastOf(t, r, func() { r.up(t, 108, 900, true, 0x65, 1) }))
	next := parse(t, r.core.lastOf(t, r, func() { r.up(t, 108, 901, true, 0x41, 1) }))
	if next.Sequence != last.Sequence+1 {
		t.Errorf("%+v %+v", last, next)
	}
}

func TestRatesAreMapped(t *testing.T) {
	r := newRig(t, browser, handset, nil)
	r.up(t, 108, 1, true, 0x41, 1)
	r.down(t, 99, 1, true, 0x41, 1)
	r.AccessFeedback(packet.AppendREMB(nil, camera, ours, 300_000), r.now)
	r.AccessFeedback(packet.AppendREMB(nil, camera, ours, 100_000), r.now) // too soon
	if n := r.core.asked(packet.TypeRTPFB, packet.FormatTMMBR); n != 1 {
		t.Errorf("%d TMMBRs", n)
	}
	remb := func() uint64 {
		r.access.fb = nil
		r.Pace(r.now)
		p, _, _ := packet.NextRTCP(r.access.fb[0])
		f, _ := p.Feedback()
		bps, _ := f.Estimate()
		return bps
	}
	if bps := remb(); bps < 760_000 || bps > 768_000 {
		t.Errorf("b=AS:768 became %d bit/s", bps)
	}
	r.CoreFeedback(packet.AppendTMMBR(nil, phone, toCore, 200_000, 40), r.now)
	if n := r.core.asked(packet.TypeRTPFB, packet.FormatTMMBN); n != 1 {
		t.Errorf("%d TMMBNs", n)
	}
	if bps := remb(); bps < 190_000 || bps > 200_000 {
		t.Errorf("TMMBR 200000 became %d bit/s", bps)
	}
	r.CoreFeedback(packet.AppendTMMBR(nil, phone, toCore, 1, 40), r.now)
	if bps := remb(); bps < leastRate*9/10 {
		t.Errorf("a far end silences the browser: %d bit/s", bps)
	}
}

// TestALimitEndsWithItsFarEnd: what a far end allowed by TMMBR does not bind the one after it, whether signalling names another or another
// sends; the browser, which keeps to the last word, is told so.
func TestALimitEndsWithItsFarEnd(t *testing.T) {
	plain := handset
	plain.Bitrate = 0
	for name, c := range map[string]struct {
		core   Peer
		change func(r *rig)
		least  uint64
	}{
		"transfer":            {handset, func(r *rig) { r.FarChanged(r.now) }, 760_000},
		"no bound of its own": {plain, func(r *rig) { r.FarChanged(r.now) }, mostRate / 2},
		"another one's stream": {plain, func(r *rig) {
			r.FromCore(rtp(99, 0x777, 5, 9, true, -1, []byte{0x41, 1}), parse(t, rtp(99, 0x777, 5, 9, true, -1, []byte{0x41, 1})), r.now)
		}, mostRate / 2},
	} {
		r := newRig(t, browser, c.core, nil)
		r.up(t, 108, 1, true, 0x41, 1)
		r.down(t, 99, 1, true, 0x41, 1)
		r.CoreFeedback(packet.AppendTMMBR(nil, phone, toCore, 200_000, 40), r.now)
		r.AccessFeedback(packet.AppendREMB(nil, camera, ours, 300_000), r.now)
		if got := r.Plane.up.worker.bitrate.Load(); got < 190_000 || got > 200_000 {
			t.Errorf("%s: %d bit/s for the encoder before", name, got)
		}
		r.core.fb = nil
		c.change(r)
		r.access.fb = nil
		r.Pace(r.now)
		if len(r.access.fb) == 0 {
			t.Fatalf("%s: the browser is told nothing", name)
		}
		p, _, _ := packet.NextRTCP(r.access.fb[0])
		f, _ := p.Feedback()
		if bps, _ := f.Estimate(); bps < c.least {
			t.Errorf("%s: the browser is told %d bit/s", name, bps)
		}
		if got := r.Plane.up.worker.bitrate.Load(); got != int64(c.core.Bitrate) {
			t.Errorf("%s: %d bit/s for the encoder", name, got)
		}
		r.AccessFeedback(packet.AppendREMB(nil, camera, ours, 300_000), r.now)
		if n := r.core.asked(packet.TypeRTPFB, packet.FormatTMMBR); n != 1 && name != "another one's stream" {
			t.Errorf("%s: the new far end is told %d times what the browser takes", name, n)
		}
	}
}

func TestAPacketCostsNoAllocation(t *testing.T) {
	r := newRig(t, browser, handset, nil)
	b := rtp(108, camera, 0, 0, false, 1, append([]byte{28, 0x85}, make([]byte, 1000)...))
	down := rtp(99, phone, 0, 0, false, -1, append([]byte{0x41}, make([]byte, 1000)...))
	room := make([]byte, packet.BufferSize)
	n := uint16(0)
	one := func(b []byte, give func([]byte, packet.RTP, time.Time)) {
		c := room[:copy(room, b)]
		binary.BigEndian.PutUint16(c[2:], n)
		h, _ := packet.ParseRTP(c)
		give(c, h, r.now)
	}
	quiet := &silent{}
	r.Plane.up.out.to, r.Plane.down.out.to = quiet, quiet
	run := func() {
		n++
		one(b, r.FromAccess)
		one(down, r.FromCore)
	}
	for range 2 * keptPackets {
		run()
	}
	if allocs := testing.AllocsPerRun(1000, run); allocs > 0 {
		t.Errorf("%v allocations per packet", allocs)
	}
	if quiet.n < 2000 {
		t.Errorf("only %d packets were sent", quiet.n)
	}
}

type silent struct{ n int }

func (s *silent) SendRTP([]byte) error { s.n++; return nil }

func FuzzPlane(f *testing.F) {
	f.Add(uint8(108), uint16(1), uint32(1), []byte{24, 0, 2, 0x67, 1, 0, 3, 0x68, 2, 2})
	f.Add(uint8(109), uint16(1), uint32(1), []byte{0, 9, 28, 0x85, 1})
	f.Add(uint8(114), uint16(40000), uint32(1<<31), []byte{28, 0x45})
	core := handset
	core.Codecs = []packet.Codec{h264(97, "0"), h264(99, "1")}
	f.Fuzz(func(t *testing.T, pt uint8, seq uint16, ts uint32, payload []byte) {
		if len(payload) > 1500 {
			return
		}
		r := newRig(t, browser, core, nil)
		for i := range uint16(5) {
			for _, n := range []uint16{seq + i*seq, i} {
				b := rtp(pt&127, camera, n, ts+uint32(i), i == 4, int(i)-2, payload)
				if h, err := packet.ParseRTP(b); err == nil {
					r.FromAccess(b, h, r.now)
					r.FromCore(slices.Clone(b), h, r.now)
				}
			}
			r.AccessFeedback(payload, r.now)
			r.CoreFeedback(payload, r.now)
			r.now = r.now.Add(100 * time.Millisecond)
			r.Tick(r.now)
		}
		for _, b := range append(r.core.take(), r.access.take()...) {
			if len(b) > packet.MaxDatagram {
				t.Fatalf("a packet of %d octets", len(b))
			}
		}
	})
}
