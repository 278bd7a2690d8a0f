package ims

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"strings"
	"testing"

	"causeway/signaling/call"
	"causeway/signaling/sip/pidf"
)

// withECSCF gives a client an E-CSCF of its own, scripted like the core.
func withECSCF(t *testing.T) (*rig, *peer) {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	w := &udpWire{conn: conn, seen: map[string]bool{}}
	r := onUDP(t, func(c *Config) {
		c.EmergencyRoute, c.Calls.Max, c.SIP.UDPLimit = w.address(), 1, 0
		c.AccessNetworkInfo = "IEEE-802.11"
	})
	w.to = net.UDPAddrFromAddrPort(r.client.link.Local("udp"))
	return r, &peer{t: t, wire: w}
}

// TestEmergencyCall: past the Service-Route to the E-CSCF, with who calls and where from; no limit stops it.
func TestEmergencyCall(t *testing.T) {
	r, ecscf := withECSCF(t)
	b, _ := r.register()
	r.invite(b) // the one call that the limit allows
	k, err := b.Invite(InviteParams{Target: "112", Anonymous: true, SDP: ourSDP, Notify: r.hear, Position: &pidf.Position{Latitude: 48.1374, Longitude: 11.5755, Accuracy: 30}})
	if err != nil {
		t.Fatal(err)
	}
	m := ecscf.next("INVITE urn:service:sos SIP/2.0")
	for name, want := range map[string]string{
		"To": "<urn:service:sos>", "P-Asserted-Identity": "<sip:+15550001@ims.example>, <tel:+15550001>", "Priority": "emergency", "Resource-Priority": "esnet.0",
		"Geolocation-Routing": "yes", "Privacy": "", "P-Access-Network-Info": "IEEE-802.11;network-provided", "Supported": head(m, "Supported"),
	} {
		if got := head(m, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if route := head(m, "Route"); route != r.client.emergencyRoute() || strings.Contains(route, "scscf") {
		t.Errorf("Route: %s", route)
	}
	kind, params, err := mime.ParseMediaType(head(m, "Content-Type"))
	if err != nil || kind != "multipart/mixed" {
		t.Fatalf("%s %v", kind, err)
	}
	parts := multipart.NewReader(strings.NewReader(body(m)), params["boundary"])
	first, err := parts.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(first); err != nil || first.Header.Get("Content-Type") != "application/sdp" || string(text) != ourSDP {
		t.Errorf("%v %s %q", err, first.Header, text)
	}
	second, err := parts.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(second)
	if err != nil || !strings.Contains(string(text), "<gml:pos>48.13740 11.57550</gml:pos>") || "<cid:"+strings.Trim(second.Header.Get("Content-ID"), "<>")+">" != head(m, "Geolocation") {
		t.Errorf("%v %s %s", err, second.Header, text)
	}
	ecscf.reply(m, 200, "psap", theirSDP, "Contact: <sip:psap@"+ecscf.wire.address()+">")
	ecscf.next("ACK")
	said[Accepted](r)
	k.Hangup(call.Cause{Side: call.Browser, Kind: call.Normal})
	bye := ecscf.next("BYE")
	ecscf.reply(bye, 200, "", "")
	said[Ended](r)
}

// TestEmergencyWithoutRegistration: nothing is asserted for whom the core does not know, and the call is made all the same.
func TestEmergencyWithoutRegistration(t *testing.T) {
	r, ecscf := withECSCF(t)
	b := r.bind()
	r.peer.reply(r.peer.next("REGISTER"), 403, "no", "")
	heard[RegistrationFailed](r)
	if _, err := b.Invite(InviteParams{Target: "urn:service:sos.ambulance", SDP: ourSDP, Notify: r.hear}); err != nil {
		t.Fatal(err)
	}
	m := ecscf.next("INVITE urn:service:sos.ambulance SIP/2.0")
	if head(m, "P-Asserted-Identity") != "" || !strings.HasPrefix(head(m, "From"), `"Anonymous" <sip:anonymous@anonymous.invalid>`) || head(m, "Content-Type") != "application/sdp" || head(m, "Geolocation") != "" {
		t.Error(m)
	}
	ecscf.reply(m, 486, "psap", "")
	ecscf.next("ACK")
	said[Failed](r)
	// Without an E-CSCF it is refused.
	plain := onUDP(t)
	bound, _ := plain.register()
	var cause *call.Cause
	if _, err := bound.Invite(InviteParams{Target: "112", SDP: ourSDP, Notify: plain.hear}); !errors.As(err, &cause) || cause.Kind != call.Emergency {
		t.Errorf("%v", err)
	}
}
