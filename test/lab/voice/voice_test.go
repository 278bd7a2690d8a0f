package voice

import (
	"log/slog"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"causeway/test/lab/amr"
	"causeway/test/lab/leaktest"
	"causeway/test/lab/rtp"
	"causeway/test/lab/sdp"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Main(m)) }

// TestMode: the sender stays within the mode-set and obeys requests.
func TestMode(t *testing.T) {
	wide := amr.Form{Wideband: true}
	for _, test := range []struct {
		cmr   int
		modes []int
		want  int
	}{{-1, nil, 8}, {2, nil, 2}, {-1, []int{0, 1, 2}, 2}, {8, []int{0, 1, 2}, 2}, {1, []int{0, 2}, 0}, {0, []int{2, 4}, 2}} {
		s := sender{cmr: test.cmr}
		if got := s.mode(&Terms{Modes: test.modes}, wide); got != test.want {
			t.Errorf("%+v: %d", test, got)
		}
	}
}

// TestEventFaults: what a wrong telephone-event is called (RFC 4733 2.5).
func TestEventFaults(t *testing.T) {
	type p struct {
		marker bool
		ts     uint32
		event  rtp.Event
	}
	for want, list := range map[string][]p{
		"":              {{true, 1, rtp.Event{Code: 5, Duration: 160}}, {false, 1, rtp.Event{Code: 5, Duration: 320, End: true}}, {false, 1, rtp.Event{Code: 5, Duration: 320, End: true}}},
		"dtmf_marker":   {{false, 1, rtp.Event{Code: 5, Duration: 160, End: true}}},
		"dtmf_duration": {{true, 1, rtp.Event{Code: 5, Duration: 160}}, {false, 1, rtp.Event{Code: 5, Duration: 80, End: true}}},
		"dtmf_end":      {{true, 1, rtp.Event{Code: 5, Duration: 160}}, {true, 2, rtp.Event{Code: 5, Duration: 80, End: true}}},
		"dtmf_event":    {{true, 1, rtp.Event{Code: 200}}},
	} {
		r := receiver{faults: map[string]int{}, untimely: map[uint8]untimely{}, events: sdp.Codec{Clock: 16000}}
		for _, x := range list {
			r.telephoneEvent(rtp.Packet{Marker: x.marker, Timestamp: x.ts, Payload: x.event.Bytes()})
		}
		if want == "" && len(r.faults) != 0 || want != "" && (len(r.faults) != 1 || r.faults[want] != 1) {
			t.Errorf("%q: %v", want, r.faults)
		}
	}
}

// TestEventLost: an event without an end is missed once, after two seconds of ticks.
func TestEventLost(t *testing.T) {
	r := receiver{faults: map[string]int{}, untimely: map[uint8]untimely{}, events: sdp.Codec{Clock: 16000}}
	r.telephoneEvent(rtp.Packet{Marker: true, Timestamp: 1, Payload: rtp.Event{Code: 5, Duration: 160}.Bytes()})
	var missed []int
	for tick := range 300 {
		if tick == 50 {
			r.telephoneEvent(rtp.Packet{Timestamp: 1, Payload: rtp.Event{Code: 5, Duration: 320}.Bytes()})
		}
		if r.digits.lost() {
			missed = append(missed, tick)
		}
	}
	if len(missed) != 1 || missed[0] != 150 {
		t.Errorf("missed at %v", missed)
	}
}

// TestReception: loss, a late packet, and another source.
func TestReception(t *testing.T) {
	r := receiver{faults: map[string]int{}}
	for i, seq := range []uint16{65534, 65535, 1, 0, 3} {
		r.count(rtp.Packet{Sequence: seq, Timestamp: uint32(i) * 320, SSRC: 7}, 16000, time.Unix(0, int64(i)*20e6))
	}
	if r.seq.lost() != 1 || r.seq.received != 5 || r.seq.highest != 65534+5 || len(r.faults) != 0 {
		t.Errorf("%+v %v", r.seq, r.faults)
	}
	if b := r.block(time.Unix(1, 0)); b.Lost != 1 || b.FractionLost != 42 || b.HighestSeq != 65539 {
		t.Errorf("%+v", b)
	}
	r.count(rtp.Packet{SSRC: 8}, 16000, time.Unix(1, 0))
	if r.faults["ssrc_change"] != 1 {
		t.Error(r.faults)
	}
}

// TestSourceCheck: packets from elsewhere are faults, until an answer names
// where they came from.
func TestSourceCheck(t *testing.T) {
	s, err := New(netip.MustParseAddr("127.0.0.1"), Say{Kind: "silence"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Addr().Port()%2 != 0 {
		t.Error("odd RTP port")
	}
	peer, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	here := peer.LocalAddr().(*net.UDPAddr).AddrPort()
	pcmu := sdp.Codec{Name: "PCMU", Clock: 8000, Channels: 1}
	terms := func(a netip.AddrPort) *Terms {
		return &Terms{Codec: pcmu, Accepted: []sdp.Codec{pcmu}, Direction: "recvonly", RTP: a, RTCP: netip.AddrPortFrom(a.Addr(), a.Port()+1)}
	}
	s.Set(terms(netip.MustParseAddrPort("127.0.0.1:9")))
	now := time.Now()
	arrive := func(pt uint8) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.arrived(rtp.Packet{PayloadType: pt, Payload: make([]byte, 160)}.Append(nil), here, now)
	}
	arrive(0)
	if _, _, faults := s.Heard(); faults["foreign_source"] != 1 {
		t.Error(faults)
	}
	s.Set(terms(here))
	arrive(0)
	audio, _, faults := s.Heard()
	if len(faults) != 0 || audio.Received != 1 {
		t.Error(audio, faults)
	}
	arrive(77)
	arrive(8) // our offer has it, and the answer that takes it is still on its way
	if _, _, faults := s.Heard(); faults["payload_type"] != 2 {
		t.Error(faults)
	}
	changed := terms(here)
	changed.Accepted = append(changed.Accepted, sdp.Codec{Name: "PCMA", PayloadType: 8, Clock: 8000})
	s.Set(changed)
	if _, _, faults := s.Heard(); faults["payload_type"] != 1 {
		t.Error(faults)
	}
	again := *changed
	again.Events = sdp.Codec{Name: "telephone-event", PayloadType: 9, Clock: 8000}
	s.Set(&again)
	arrive(9) // no keypad tone: our next offer has a codec of this number, and its answer is still on its way
	s.Set(&again)
	if _, _, faults := s.Heard(); faults["dtmf_event"] != 1 {
		t.Error(faults)
	}
	answer := again
	answer.Events.PayloadType = 101
	answer.Accepted = append(answer.Accepted, sdp.Codec{Name: "G722", PayloadType: 9, Clock: 8000})
	s.Set(&answer)
	if _, _, faults := s.Heard(); faults["dtmf_event"] != 0 || faults["payload_type"] != 1 {
		t.Error(faults)
	}
}
