package sdp_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"causeway/signaling/sdp"
)

// chosenFor answers a browser sample with Opus and returns both sides' audio.
func chosenFor(t *testing.T, name string) (chosen, ours sdp.AccessMedia) {
	t.Helper()
	for _, s := range samples(t, "browser") {
		if s.name != name {
			continue
		}
		offer, err := sdp.ParseAccess(s.text)
		if err != nil {
			t.Fatal(err)
		}
		text, chosen, err := sdp.AccessAnswer(offer, local(), sdp.DefaultAccessCodecs("opus"))
		if err != nil {
			t.Fatal(err)
		}
		return chosen, *audio(t, text)
	}
	t.Fatalf("no sample %s", name)
	return chosen, ours
}

func TestFlows(t *testing.T) {
	ue, gw := netip.MustParseAddrPort("203.0.113.7:51000"), netip.MustParseAddrPort("192.0.2.10:30000")
	chosen, ours := chosenFor(t, "chromium-offer-audio-video")
	parts := sdp.Flows(chosen, ue, gw, sdp.FlowOptions{Local: ours, BrowserOffered: true, Removed: []int{1}})
	if len(parts) != 2 {
		t.Fatalf("%d components", len(parts))
	}
	a := parts[0]
	flow := sdp.Flow{Number: 1, UE: ue, Gateway: gw, Status: sdp.FlowEnabled}
	if a.Number != 1 || a.Type != sdp.MediaAudio || a.Status != sdp.FlowEnabled || len(a.Flows) != 1 || a.Flows[0] != flow {
		t.Errorf("audio: %+v", a)
	}
	if a.UplinkBps != 52000 || a.DownlinkBps != 52000 { // (20+8+12+80+10)*8*50
		t.Errorf("bandwidth up %d, down %d, want 52000", a.UplinkBps, a.DownlinkBps)
	}
	if parts[1].Number != 2 || parts[1].Status != sdp.FlowRemoved {
		t.Errorf("video: %+v", parts[1])
	}
	if len(a.CodecData) != 2 || !strings.HasPrefix(a.CodecData[0], "uplink\noffer\nm=audio 51000 UDP/TLS/RTP/SAVPF 111") ||
		!strings.HasPrefix(a.CodecData[1], "downlink\nanswer\nm=audio 30000 UDP/TLS/RTP/SAVPF 111") || !strings.Contains(a.CodecData[1], "maxaveragebitrate=32000") {
		t.Errorf("codec data: %q", a.CodecData)
	}
	for _, secret := range []string{"ice-", "fingerprint", "candidate", "cname", "sendrecv", "b=", "\r"} {
		if strings.Contains(strings.Join(a.CodecData, ""), secret) {
			t.Errorf("%q goes to the PCRF: %q", secret, a.CodecData)
		}
	}
}

func TestFlowsOfATerminatingCallOverIPv6(t *testing.T) {
	ue, gw := netip.MustParseAddrPort("[2001:db8::7]:51000"), netip.MustParseAddrPort("[2001:db8::10]:30000")
	chosen, _ := chosenFor(t, "firefox-offer-audio")
	part := sdp.Flows(chosen, ue, gw, sdp.FlowOptions{TagBytes: 16})[0]
	if part.UplinkBps != 62400 { // (40+8+12+80+16)*8*50
		t.Errorf("bandwidth %d, want 62400", part.UplinkBps)
	}
	heads := []string{strings.SplitN(part.CodecData[0], "\nm=", 2)[0], strings.SplitN(part.CodecData[1], "\nm=", 2)[0]}
	if !slices.Equal(heads, []string{"downlink\noffer", "uplink\nanswer"}) {
		t.Errorf("codec data starts %q", heads)
	}
}

func TestFlowStatusFollowsDirectionWithoutMux(t *testing.T) {
	chosen, _ := chosenFor(t, "firefox-offer-audio")
	for d, want := range map[sdp.Direction]sdp.FlowStatus{
		sdp.SendRecv: sdp.FlowEnabled, sdp.SendOnly: sdp.FlowEnabledUplink, sdp.RecvOnly: sdp.FlowEnabledDownlink, sdp.Inactive: sdp.FlowDisabled,
	} {
		for _, mux := range []bool{true, false} {
			chosen.Direction, chosen.RTCPMux = d, mux
			w := want
			if mux {
				w = sdp.FlowEnabled // TS 29.514 B.2: a closed gate would stop RTCP
			}
			if got := sdp.Flows(chosen, netip.AddrPort{}, netip.AddrPort{}, sdp.FlowOptions{})[0].Status; got != w {
				t.Errorf("%s, mux %v: status %d, want %d", d, mux, got, w)
			}
		}
	}
	chosen.Rejected = true
	if got := sdp.Flows(chosen, netip.AddrPort{}, netip.AddrPort{}, sdp.FlowOptions{})[0].Status; got != sdp.FlowRemoved {
		t.Errorf("a refused line has status %d", got)
	}
}
