//go:build interop

package kamailio

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"causeway/test/lab/diameter"
	"causeway/test/rig"
)

// Cx (TS 29.228, 29.229): application, commands, AVPs and results in use.
const (
	cx = 16777216

	userAuthorization        = 300
	serverAssignment         = 301
	locationInfo             = 302
	multimediaAuth           = 303
	registrationTermination  = 304
	gpp                      = diameter.Vendor3GPP
	avpPublicIdentity        = 601
	avpServerName            = 602
	avpUserData              = 606
	avpAuthItems             = 607
	avpAuthScheme            = 608
	avpAuthDataItem          = 612
	avpItemNumber            = 613
	avpAssignmentType        = 614
	avpDeregistrationReason  = 615
	avpReasonCode            = 616
	avpSIPDigestAuthenticate = 635
	avpDigestHA1             = 121
	avpDigestRealm           = 104
	avpDigestQoP             = 110

	success                = 2001
	unableToComply         = 5012
	firstRegistration      = 2001 // experimental
	subsequentRegistration = 2002 // experimental
	userUnknown            = 5001 // experimental
	identityNotRegistered  = 5003 // experimental
)

// subscriber is a user of the home network.
type subscriber struct {
	number   string // +15550001
	password string // of SIP digest; "" = none fits
}

func (s subscriber) impi() string { return strings.TrimPrefix(s.number, "+") + "@" + home }
func (s subscriber) impu() string { return "sip:" + s.number + "@" + home }

// hss is a home subscriber server: who may register, where a user is registered, passwords and profiles.
type hss struct {
	listen net.Listener
	wg     sync.WaitGroup

	mu     sync.Mutex
	peers  map[string]net.Conn // by Origin-Host
	users  []subscriber
	server map[string]string // number -> S-CSCF
	log    []string          // "SAR +15550001 1 -> 2001"
	faults []string
	next   uint32
}

func startHSS(t *testing.T, users ...subscriber) *hss {
	t.Helper()
	l, err := net.Listen("tcp", hssIP+":3868")
	if err != nil {
		t.Fatal(err)
	}
	h := &hss{listen: l, peers: map[string]net.Conn{}, users: users, server: map[string]string{}, next: 1}
	h.wg.Add(1)
	go h.accept()
	t.Cleanup(func() {
		h.close()
		if t.Failed() {
			t.Logf("the HSS was asked:\n%s", strings.Join(h.said(""), "\n"))
		}
	})
	return h
}

func (h *hss) accept() {
	defer h.wg.Done()
	for {
		c, err := h.listen.Accept()
		if err != nil {
			return
		}
		h.wg.Add(1)
		go h.serve(c)
	}
}

func (h *hss) close() {
	_ = h.listen.Close()
	h.mu.Lock()
	for _, c := range h.peers {
		_ = c.Close()
	}
	h.mu.Unlock()
	h.wg.Wait()
}

func (h *hss) serve(c net.Conn) {
	defer h.wg.Done()
	defer func() { _ = c.Close() }()
	for {
		m, err := diameter.Read(c)
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
				h.fault("read: " + err.Error())
			}
			return
		}
		h.mu.Lock()
		answer := h.answer(c, m)
		if answer != nil {
			if _, err := c.Write(answer.Bytes()); err != nil {
				h.faults = append(h.faults, "write: "+err.Error())
			}
		}
		h.mu.Unlock()
		if m.Command == diameter.DisconnectPeer {
			return
		}
	}
}

func (h *hss) fault(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.faults = append(h.faults, text)
}

// said lists what was asked and answered so far, of one kind.
func (h *hss) said(prefix string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(h.log), func(s string) bool { return !strings.HasPrefix(s, prefix) })
}

func (h *hss) connected() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.peers)
}

func text(m *diameter.Message, code, vendor uint32) string {
	a, _ := diameter.Find(m.AVPs, code, vendor)
	return string(a.Data)
}

func gppText(code uint32, s string) diameter.AVP { return diameter.Text(code, s).Of(gpp) }
func gppNumber(code, n uint32) diameter.AVP      { return diameter.Number(code, n).Of(gpp) }
func experimental(code uint32) []diameter.AVP {
	return []diameter.AVP{diameter.Group(297, diameter.Number(266, gpp), diameter.Number(298, code))}
}
func plain(code uint32) []diameter.AVP { return []diameter.AVP{diameter.Number(268, code)} }

func application() diameter.AVP {
	return diameter.Group(260, diameter.Number(266, gpp), diameter.Number(258, cx))
}

func origin() []diameter.AVP {
	return []diameter.AVP{diameter.Text(264, hssIP), diameter.Text(296, home)}
}

// answer is called under the lock.
func (h *hss) answer(c net.Conn, m *diameter.Message) *diameter.Message {
	if m.Flags&diameter.FlagRequest == 0 {
		h.log = append(h.log, fmt.Sprintf("answer %d %s", m.Command, result(m)))
		return nil
	}
	out := &diameter.Message{Flags: m.Flags & diameter.FlagProxiable, Command: m.Command, App: m.App, HopByHop: m.HopByHop, EndToEnd: m.EndToEnd}
	switch m.Command {
	case diameter.CapabilitiesExchange:
		h.peers[text(m, 264, 0)] = c
		out.AVPs = append(append(plain(success), origin()...), diameter.Address(257, netip.MustParseAddr(hssIP)), diameter.Number(266, gpp),
			diameter.AVP{Code: 269, Data: []byte("hss")}, diameter.Number(265, gpp), application())
		return out
	case diameter.DeviceWatchdog, diameter.DisconnectPeer:
		out.AVPs = append(plain(success), origin()...)
		return out
	}
	session, _ := diameter.Find(m.AVPs, 263, 0)
	out.AVPs = append([]diameter.AVP{session, application(), diameter.Number(277, 1)}, origin()...)
	number := digits(text(m, avpPublicIdentity, gpp))
	user, ok := h.find(number)
	var more []diameter.AVP
	name := ""
	switch m.Command {
	case userAuthorization:
		name, more = "UAR", h.authorize(user, ok)
	case multimediaAuth:
		name, more = "MAR", h.vector(user, ok, text(m, 1, 0))
	case serverAssignment:
		kind, _ := diameter.Find(m.AVPs, avpAssignmentType, gpp)
		n, _ := kind.Uint32()
		name, more = "SAR", h.assign(user, ok, n, text(m, avpServerName, gpp), text(m, 1, 0))
		number = fmt.Sprintf("%s %d", number, n)
	case locationInfo:
		name, more = "LIR", h.locate(user, ok)
	default:
		h.faults = append(h.faults, fmt.Sprintf("command %d", m.Command))
		more = plain(unableToComply)
	}
	out.AVPs = append(out.AVPs, more...)
	h.log = append(h.log, name+" "+number+" -> "+result(out))
	return out
}

func result(m *diameter.Message) string {
	if a, ok := diameter.Find(m.AVPs, 268, 0); ok {
		n, _ := a.Uint32()
		return fmt.Sprint(n)
	}
	a, _ := diameter.Find(m.AVPs, 297, 0)
	b, _ := diameter.Find(a.Members(), 298, 0)
	n, _ := b.Uint32()
	return fmt.Sprintf("experimental %d", n)
}

// digits takes the number out of tel:+1..., sip:+1...@home;user=phone.
func digits(uri string) string {
	_, rest, _ := strings.Cut(uri, ":")
	end := strings.IndexAny(rest, "@;")
	if end < 0 {
		end = len(rest)
	}
	return rest[:end]
}

func (h *hss) find(number string) (subscriber, bool) {
	i := slices.IndexFunc(h.users, func(s subscriber) bool { return s.number == number })
	if i < 0 {
		return subscriber{}, false
	}
	return h.users[i], true
}

// authorize answers whether a user may register, and where (TS 29.228 6.1.1).
func (h *hss) authorize(u subscriber, ok bool) []diameter.AVP {
	if !ok {
		return experimental(userUnknown)
	}
	if s := h.server[u.number]; s != "" {
		return append(experimental(subsequentRegistration), gppText(avpServerName, s))
	}
	return append(experimental(firstRegistration), gppText(avpServerName, scscfURI))
}

// vector answers with the hash of the password (TS 29.228 6.3.1, SIP Digest).
func (h *hss) vector(u subscriber, ok bool, impi string) []diameter.AVP {
	if !ok {
		return experimental(userUnknown)
	}
	password := u.password
	if password == "" {
		password = "nobody knows this one"
	}
	sum := md5.Sum([]byte(u.impi() + ":" + home + ":" + password))
	ha1 := hex.EncodeToString(sum[:])
	digest := diameter.Group(avpSIPDigestAuthenticate, diameter.Text(avpDigestRealm, home), diameter.Text(avpDigestQoP, "auth"), diameter.Text(avpDigestHA1, ha1)).Of(gpp)
	item := diameter.Group(avpAuthDataItem, gppNumber(avpItemNumber, 1), gppText(avpAuthScheme, "SIP Digest"), digest).Of(gpp)
	return append(plain(success), diameter.Text(1, impi), gppText(avpPublicIdentity, u.impu()), gppNumber(avpAuthItems, 1), item)
}

// assign stores the S-CSCF and answers with the user's profile (TS 29.228 6.1.2, annex B).
func (h *hss) assign(u subscriber, ok bool, kind uint32, server, impi string) []diameter.AVP {
	if !ok {
		return experimental(userUnknown)
	}
	switch kind {
	case 1, 2, 3: // REGISTRATION, RE_REGISTRATION, UNREGISTERED_USER
		h.server[u.number] = server
	default:
		delete(h.server, u.number)
		return append(plain(success), diameter.Text(1, impi))
	}
	profile := `<?xml version="1.0" encoding="UTF-8"?><IMSSubscription><PrivateID>` + u.impi() + `</PrivateID><ServiceProfile>` +
		`<PublicIdentity><Identity>` + u.impu() + `</Identity></PublicIdentity>` +
		`<PublicIdentity><Identity>tel:` + u.number + `</Identity></PublicIdentity></ServiceProfile></IMSSubscription>`
	return append(plain(success), diameter.Text(1, u.impi()), gppText(avpUserData, profile))
}

// locate answers where a called user is registered (TS 29.228 6.1.4).
func (h *hss) locate(u subscriber, ok bool) []diameter.AVP {
	if !ok {
		return experimental(userUnknown)
	}
	s := h.server[u.number]
	if s == "" {
		return experimental(identityNotRegistered)
	}
	return append(plain(success), gppText(avpServerName, s))
}

// terminate ends a registration (TS 29.228 6.1.3) and waits for the S-CSCF's answer.
func (h *hss) terminate(t *testing.T, number string) {
	t.Helper()
	h.mu.Lock()
	u, _ := h.find(number)
	c := h.peers[scscfIP]
	h.next++
	m := &diameter.Message{Flags: diameter.FlagRequest | diameter.FlagProxiable, Command: registrationTermination, App: cx, HopByHop: h.next, EndToEnd: h.next,
		AVPs: append([]diameter.AVP{diameter.Text(263, fmt.Sprintf("%s;1;%d", hssIP, h.next)), application(), diameter.Number(277, 1)},
			append(origin(), diameter.Text(293, scscfIP), diameter.Text(283, home), diameter.Text(1, u.impi()), gppText(avpPublicIdentity, u.impu()),
				diameter.Group(avpDeregistrationReason, gppNumber(avpReasonCode, 0)).Of(gpp))...)}
	delete(h.server, number)
	_, err := c.Write(m.Bytes())
	h.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the S-CSCF's answer to RTR", rig.Patience, func() bool {
		return slices.Contains(h.said("answer"), fmt.Sprintf("answer %d %d", registrationTermination, success))
	})
}
