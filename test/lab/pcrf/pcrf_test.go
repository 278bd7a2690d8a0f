package pcrf_test

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"causeway/test/lab/diameter"
	"causeway/test/lab/pcrf"
)

const realm = "ims.example"

// af is a raw application function.
type af struct {
	t    *testing.T
	conn net.Conn
	next uint32
}

func connect(t *testing.T, p *pcrf.PCRF) *af {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &af{t: t, conn: c}
}

func start(t *testing.T) *pcrf.PCRF {
	t.Helper()
	p, err := pcrf.New(pcrf.Config{Address: netip.MustParseAddrPort("127.0.0.1:0"), Realm: realm, SlowBy: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func (a *af) write(command uint32, app uint32, avps ...diameter.AVP) {
	a.t.Helper()
	a.next++
	m := &diameter.Message{Flags: diameter.FlagRequest, Command: command, App: app, HopByHop: a.next, EndToEnd: a.next, AVPs: avps}
	if app != 0 {
		m.Flags |= diameter.FlagProxiable
	}
	if _, err := a.conn.Write(m.Bytes()); err != nil {
		a.t.Fatal(err)
	}
}

func (a *af) read() *diameter.Message {
	a.t.Helper()
	_ = a.conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	m, err := diameter.Read(a.conn)
	if err != nil {
		a.t.Fatal(err)
	}
	return m
}

func (a *af) result() uint32 {
	a.t.Helper()
	m := a.read()
	if m.HopByHop != a.next {
		a.t.Fatalf("answer to %d, wanted %d", m.HopByHop, a.next)
	}
	list := m.AVPs
	code := uint32(268)
	if e, ok := diameter.Find(list, 297, 0); ok {
		list, code = e.Members(), 298
	}
	v, _ := diameter.Find(list, code, 0)
	n, _ := v.Uint32()
	return n
}

func (a *af) hello() {
	a.t.Helper()
	a.write(diameter.CapabilitiesExchange, 0, diameter.Text(264, "gw."+realm), diameter.Text(296, realm), diameter.Address(257, netip.MustParseAddr("127.0.0.1")),
		diameter.Number(266, 10415), diameter.AVP{Code: 269, Data: []byte("af")}, diameter.Number(265, 10415),
		diameter.Group(260, diameter.Number(266, 10415), diameter.Number(258, 16777236)))
	if code := a.result(); code != 2001 {
		a.t.Fatalf("CEA %d", code)
	}
}

const rx = 16777236

func head(id string) []diameter.AVP {
	return []diameter.AVP{diameter.Text(263, id), diameter.Number(258, rx), diameter.Text(264, "gw."+realm), diameter.Text(296, realm), diameter.Text(283, realm)}
}

func aar(id, number, flow string) []diameter.AVP {
	v := func(a diameter.AVP) diameter.AVP { return a.Of(10415) }
	return append(head(id), diameter.AVP{Code: 8, Mandatory: true, Data: []byte{192, 0, 2, 1}},
		diameter.Group(443, diameter.Number(450, 0), diameter.Text(444, number)), v(diameter.Text(505, "icid-1")),
		v(diameter.Group(517, v(diameter.Number(518, 1)), v(diameter.Number(520, 0)),
			v(diameter.Text(524, "uplink\noffer\nm=audio 9 RTP/SAVPF 111\na=rtpmap:111 opus/48000/2\n")),
			v(diameter.Group(519, v(diameter.Number(509, 1)), v(diameter.Text(507, flow)))))))
}

const goodFlow = "permit in 17 from 192.0.2.1 to 198.51.100.1 4478"

func TestSession(t *testing.T) {
	p := start(t)
	a := connect(t, p)
	a.hello()
	a.write(diameter.DeviceWatchdog, 0, diameter.Text(264, "gw."+realm), diameter.Text(296, realm))
	if a.result() != 2001 {
		t.Error("DWA")
	}
	a.write(diameter.AA, rx, aar("gw;1;1", "15550001", goodFlow)...)
	if a.result() != 2001 {
		t.Error("AAA")
	}
	a.write(diameter.AA, rx, aar("gw;1;1", "15550001", goodFlow)...)
	if a.result() != 2001 {
		t.Error("second AAA")
	}
	s := p.State()
	if len(s.Sessions) != 1 || s.Sessions[0].User != "+15550001" || s.Sessions[0].Charging != "icid-1" || s.Sessions[0].Updates != 1 {
		t.Fatalf("%+v", s.Sessions)
	}
	if err := p.Abort("+15550001", 0); err != nil {
		t.Fatal(err)
	}
	asr := a.read()
	if id, _ := diameter.Find(asr.AVPs, 263, 0); asr.Command != diameter.AbortSession || asr.Flags&diameter.FlagRequest == 0 || string(id.Data) != "gw;1;1" {
		t.Errorf("%+v", asr)
	}
	if err := p.Notify("gw;1;1", 2); err != nil || a.read().Command != diameter.ReAuth {
		t.Error("no RAR", err)
	}
	a.write(diameter.SessionTermination, rx, append(head("gw;1;1"), diameter.Number(295, 1))...)
	if a.result() != 2001 {
		t.Error("STA")
	}
	a.write(diameter.SessionTermination, rx, append(head("gw;1;1"), diameter.Number(295, 1))...)
	if a.result() != 5002 {
		t.Error("second STA")
	}
	if err := p.Abort("", 0); err != pcrf.ErrNoSession {
		t.Error(err)
	}
	a.write(diameter.DisconnectPeer, 0, diameter.Text(264, "gw."+realm), diameter.Text(296, realm), diameter.Number(273, 0))
	if a.result() != 2001 {
		t.Error("DPA")
	}
	if v := p.State().Violations; len(v) != 0 {
		t.Errorf("%+v", v)
	}
}

func TestPolicies(t *testing.T) {
	p := start(t)
	a := connect(t, p)
	a.hello()
	for i, test := range []struct {
		policy string
		want   uint32
	}{{pcrf.Reject5063, 5063}, {pcrf.Reject5065, 5065}, {pcrf.Slow, 2001}, {pcrf.Grant, 2001}} {
		if err := p.SetPolicy("+15550002", test.policy); err != nil {
			t.Fatal(err)
		}
		a.write(diameter.AA, rx, aar("gw;2;"+string(rune('0'+i)), "15550002", goodFlow)...)
		if got := a.result(); got != test.want {
			t.Errorf("%s: %d", test.policy, got)
		}
	}
	_ = p.SetPolicy("", pcrf.Silent)
	a.write(diameter.AA, rx, aar("gw;3;1", "15550009", goodFlow)...)
	a.write(diameter.DeviceWatchdog, 0, diameter.Text(264, "gw."+realm), diameter.Text(296, realm))
	if a.result() != 2001 { // the watchdog's answer is the first thing that comes
		t.Error("DWA")
	}
	if p.SetPolicy("", "maybe") == nil {
		t.Error("unknown policy accepted")
	}
}

func TestViolations(t *testing.T) {
	for want, flow := range map[string]string{
		"not permit": "deny in 17 from any to any", "options": "permit in 17 from any to any 5 frag", "source is no address": "permit in 17 from !any to any",
		"port is no single": "permit out 17 from 1.2.3.4 1-5 to any", "protocol": "permit in udp from any to any", "no to": "permit in 17 from any 5 6 7",
	} {
		p := start(t)
		a := connect(t, p)
		a.hello()
		a.write(diameter.AA, rx, aar("gw;1;1", "1", flow)...)
		a.result()
		if v := p.State().Violations; len(v) != 1 || !strings.Contains(v[0].Text, want) {
			t.Errorf("%s: %+v", want, v)
		}
	}
	p := start(t)
	a := connect(t, p)
	a.write(diameter.AA, rx, aar("gw;1;1", "1", goodFlow)...)
	if _, err := diameter.Read(a.conn); err == nil {
		t.Error("an AAR before the CER was answered")
	}
	b := connect(t, p)
	b.write(diameter.CapabilitiesExchange, 0, diameter.Text(264, "x"), diameter.Text(296, "y"))
	if b.result() != 5010 {
		t.Error("no common application")
	}
}
