package pcrf

import (
	"bufio"
	"errors"
	"io"
	"net"
	"time"

	"causeway/test/lab/diameter"
)

// rxApplication is Rx's application id (TS 29.214 5.1).
const rxApplication = 16777236

// Result codes in use (RFC 6733 7.1).
const (
	success             = 2001
	commandUnsupported  = 3001
	unknownSession      = 5002
	missingAVP          = 5005
	noCommonApplication = 5010
)

// peer is one connection; its reader goroutine is the only one besides those
// that call write under the PCRF's mutex.
type peer struct {
	pcrf   *PCRF
	conn   *net.TCPConn
	host   string
	realm  string
	nextID uint32
}

// write sends one message; the PCRF's mutex is held.
func (p *peer) write(m *diameter.Message) error {
	p.pcrf.log("out", m)
	_ = p.conn.SetWriteDeadline(time.Now().Add(2 * time.Second))
	_, err := p.conn.Write(m.Bytes())
	return err
}

func (p *peer) serve() {
	defer p.pcrf.wg.Done()
	defer p.conn.Close()
	r := bufio.NewReader(p.conn)
	for {
		m, err := diameter.Read(r)
		p.pcrf.mu.Lock()
		if err != nil {
			delete(p.pcrf.peers, p)
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && p.pcrf.ctx.Err() == nil {
				p.pcrf.violate("connection", "%v", err)
			}
			p.pcrf.mu.Unlock()
			return
		}
		p.received(m)
		p.pcrf.mu.Unlock()
	}
}

// received serves one message; the PCRF's mutex is held.
func (p *peer) received(m *diameter.Message) {
	p.pcrf.log("in", m)
	for _, text := range diameter.Check(m.AVPs) {
		p.pcrf.violate(name(m), "%s", text)
	}
	if m.Flags&diameter.FlagRequest == 0 {
		p.answered(m)
		return
	}
	if p.host == "" && m.Command != diameter.CapabilitiesExchange {
		p.pcrf.violate(name(m), "before the capabilities exchange (RFC 6733 5.6)")
		_ = p.conn.Close()
		return
	}
	switch m.Command {
	case diameter.CapabilitiesExchange:
		p.capabilities(m)
	case diameter.DeviceWatchdog:
		p.answer(m, success)
	case diameter.DisconnectPeer:
		p.answer(m, success)
		_ = p.conn.CloseWrite()
	case diameter.AA:
		p.authorise(m)
	case diameter.SessionTermination:
		p.terminate(m)
	default:
		p.pcrf.violate(name(m), "command %d on Rx", m.Command)
		p.answer(m, commandUnsupported)
	}
}

// answered takes ASA and RAA.
func (p *peer) answered(m *diameter.Message) {
	if code := result(m); code != success && code != unknownSession {
		p.pcrf.violate(name(m), "answered %d", code)
	}
}

// reply starts an answer (RFC 6733 6.2).
func (p *peer) reply(m *diameter.Message) *diameter.Message {
	a := &diameter.Message{Flags: m.Flags & diameter.FlagProxiable, Command: m.Command, App: m.App, HopByHop: m.HopByHop, EndToEnd: m.EndToEnd}
	if id, ok := diameter.Find(m.AVPs, 263, 0); ok {
		a.AVPs = append(a.AVPs, id)
	}
	if m.App != 0 {
		a.AVPs = append(a.AVPs, diameter.Number(258, rxApplication))
	}
	a.AVPs = append(a.AVPs, diameter.Text(264, p.pcrf.cfg.Host), diameter.Text(296, p.pcrf.cfg.Realm))
	for _, x := range m.AVPs { // Proxy-Info goes back as it came
		if x.Code == 284 && x.Vendor == 0 {
			a.AVPs = append(a.AVPs, x)
		}
	}
	return a
}

func (p *peer) answer(m *diameter.Message, code uint32, more ...diameter.AVP) {
	a := p.reply(m)
	a.AVPs = append(append(a.AVPs, diameter.Number(268, code), diameter.Number(278, p.pcrf.state)), more...)
	if code/1000 == 3 {
		a.Flags |= diameter.FlagError
	}
	_ = p.write(a)
}

// experimental answers with a 3GPP result (TS 29.214 5.5).
func (p *peer) experimental(m *diameter.Message, code uint32, more ...diameter.AVP) {
	a := p.reply(m)
	a.AVPs = append(append(a.AVPs, diameter.Group(297, diameter.Number(266, diameter.Vendor3GPP), diameter.Number(298, code)),
		diameter.Number(278, p.pcrf.state)), more...)
	_ = p.write(a)
}

// capabilities serves CER (RFC 6733 5.3).
func (p *peer) capabilities(m *diameter.Message) {
	p.pcrf.need(m, "Origin-Host", 264, "Origin-Realm", 296, "Host-IP-Address", 257, "Vendor-Id", 266, "Product-Name", 269)
	host, _ := diameter.Find(m.AVPs, 264, 0)
	realm, _ := diameter.Find(m.AVPs, 296, 0)
	local := p.pcrf.Addr().Addr()
	about := []diameter.AVP{diameter.Address(257, local), diameter.Number(266, diameter.Vendor3GPP),
		{Code: 269, Data: []byte("causeway-lab")}, diameter.Number(265, diameter.Vendor3GPP), diameter.Number(265, diameter.VendorETSI),
		diameter.Group(260, diameter.Number(266, diameter.Vendor3GPP), diameter.Number(258, rxApplication))}
	if !supportsRx(m) {
		p.answer(m, noCommonApplication, about...)
		_ = p.conn.CloseWrite()
		return
	}
	p.host, p.realm = string(host.Data), string(realm.Data)
	p.answer(m, success, about...)
}

func supportsRx(m *diameter.Message) bool {
	for _, a := range m.AVPs {
		members := []diameter.AVP{a}
		if a.Code == 260 && a.Vendor == 0 {
			members = a.Members()
		}
		if app, ok := diameter.Find(members, 258, 0); ok {
			if n, _ := app.Uint32(); n == rxApplication {
				return true
			}
		}
	}
	return false
}

// authorise serves AAR by the policy of the user.
func (p *peer) authorise(m *diameter.Message) {
	if !p.pcrf.need(m, "Session-Id", 263, "Auth-Application-Id", 258, "Origin-Host", 264, "Origin-Realm", 296, "Destination-Realm", 283) {
		p.answer(m, missingAVP)
		return
	}
	id, _ := diameter.Find(m.AVPs, 263, 0)
	s := p.pcrf.sessions[string(id.Data)]
	p.pcrf.checkAAR(m, s == nil)
	user := userOf(m)
	if s != nil && user == "" {
		user = s.User // an update need not repeat the Subscription-Id
	}
	switch p.pcrf.policy(user) {
	case Reject5063:
		p.experimental(m, 5063, acceptable())
		return
	case Reject5065:
		p.experimental(m, 5065)
		return
	case Silent:
		return
	case Slow:
		p.grantLater(m, s, user)
		return
	}
	p.grant(m, s, user)
}

// acceptable says what would have passed (TS 29.214 5.3.26).
func acceptable() diameter.AVP {
	return diameter.Group(526, diameter.Number(515, 30000).Of(diameter.Vendor3GPP), diameter.Number(516, 30000).Of(diameter.Vendor3GPP)).Of(diameter.Vendor3GPP)
}

func (p *peer) grant(m *diameter.Message, s *session, user string) {
	id, _ := diameter.Find(m.AVPs, 263, 0)
	if s == nil {
		charging, _ := diameter.Find(m.AVPs, 505, diameter.Vendor3GPP)
		host, _ := diameter.Find(m.AVPs, 264, 0)
		realm, _ := diameter.Find(m.AVPs, 296, 0)
		s = &session{peer: p, host: string(host.Data), realm: string(realm.Data),
			Session: Session{ID: string(id.Data), User: user, Charging: string(charging.Data), Started: time.Now()}}
		p.pcrf.sessions[s.ID] = s
	} else {
		s.Updates++
		s.peer = p
	}
	s.Last = diameter.Describe(m.AVPs)
	p.answer(m, success, diameter.Number(1027, 5).Of(diameter.Vendor3GPP)) // IP-CAN-Type 3GPP-EPS
}

// grantLater answers after Config.SlowBy, if the server still runs.
func (p *peer) grantLater(m *diameter.Message, s *session, user string) {
	p.pcrf.wg.Add(1)
	go func() {
		defer p.pcrf.wg.Done()
		select {
		case <-time.After(p.pcrf.cfg.SlowBy):
		case <-p.pcrf.ctx.Done():
			return
		}
		p.pcrf.mu.Lock()
		defer p.pcrf.mu.Unlock()
		p.grant(m, s, user)
	}()
}

// terminate serves STR.
func (p *peer) terminate(m *diameter.Message) {
	if !p.pcrf.need(m, "Session-Id", 263, "Auth-Application-Id", 258, "Origin-Host", 264, "Origin-Realm", 296,
		"Destination-Realm", 283, "Termination-Cause", 295) {
		p.answer(m, missingAVP)
		return
	}
	id, _ := diameter.Find(m.AVPs, 263, 0)
	if _, ok := p.pcrf.sessions[string(id.Data)]; !ok {
		p.answer(m, unknownSession)
		return
	}
	delete(p.pcrf.sessions, string(id.Data))
	p.answer(m, success)
}
