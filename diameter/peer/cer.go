package peer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"causeway/diameter/dict"

	"github.com/fiorix/go-diameter/v4/diam"
)

// product is the Product-Name of our CER (RFC 6733 5.3.7).
const product = "Causeway"

// sendCER opens the capabilities exchange (RFC 6733 5.3.1).
func (l *loop) sendCER(p *peerState) {
	r := l.baseRequest(dict.CommandCapabilitiesExchange)
	r.AddAVP(dict.HostIPAddress(localAddress(p.link.conn)))
	r.AddAVP(dict.VendorID(0)) // no enterprise number of our own (RFC 6733 5.3.3)
	r.AddAVP(dict.ProductName(product))
	r.AddAVP(dict.OriginStateID(l.m.deps.OriginStateID))
	r.AddAVP(dict.SupportedVendorID(dict.Vendor3GPP))
	r.AddAVP(dict.SupportedVendorID(dict.VendorETSI)) // Reservation-Priority
	r.AddAVP(dict.VendorSpecificApplicationID(dict.Vendor3GPP, dict.ApplicationRx))
	l.sendBase(p, r)
}

// localAddress returns our end of the connection.
func localAddress(c net.Conn) netip.Addr {
	if a, ok := c.LocalAddr().(*net.TCPAddr); ok && a.AddrPort().Addr().IsValid() {
		return a.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.IPv4Unspecified()
}

// capabilities judges the CEA (RFC 6733 5.3.2).
func (l *loop) capabilities(p *peerState, msg *diam.Message, now time.Time) {
	identity, err := checkCEA(msg)
	if err != nil {
		l.complain(p, "diameter peer refused", err)
		l.step(p, Incapable, nil, now)
		return
	}
	p.identity = identity
	l.step(p, Capable, nil, now)
}

// checkCEA returns the peer's identity, or why the connection is of no use: the peer said no (5010 and others), or
// offers neither Rx nor relaying.
func checkCEA(msg *diam.Message) (string, error) {
	list := dict.AVPs(msg.AVP)
	code, ok := list.U32(dict.CodeResultCode, 0)
	if !ok {
		return "", errors.New("capabilities answer without a result")
	}
	if code != dict.ResultSuccess {
		return "", fmt.Errorf("capabilities answer with result %d", code)
	}
	identity, _ := list.Text(dict.CodeOriginHost, 0)
	if identity == "" {
		return "", errors.New("capabilities answer without an origin host")
	}
	offers := list.U32s(dict.CodeAuthApplicationID, 0)
	for g := range list.Groups(dict.CodeVendorSpecificApplicationID, 0) {
		offers = append(offers, g.U32s(dict.CodeAuthApplicationID, 0)...)
	}
	for _, id := range offers {
		if id == dict.ApplicationRx || id == dict.ApplicationRelay {
			return identity, nil
		}
	}
	return "", errors.New("capabilities answer offers neither rx nor relaying")
}

// baseRequest makes a request of the base protocol with our origin in it; not proxiable (RFC 6733 6.1).
func (l *loop) baseRequest(command uint32) *diam.Message {
	r := l.m.deps.Dictionary.Request(command, 0, 0, l.m.e2e.Add(1))
	l.origin(r)
	return r
}

// origin adds our identity to a message.
func (l *loop) origin(msg *diam.Message) {
	msg.AddAVP(dict.OriginHost(l.m.cfg.OriginHost))
	msg.AddAVP(dict.OriginRealm(l.m.cfg.OriginRealm))
}

// sendBase puts a base request on the connection and remembers its Hop-by-Hop id: its answer is for the machine, not
// for an exchange.
func (l *loop) sendBase(p *peerState, r *diam.Message) {
	frame, err := r.Serialize()
	if err != nil {
		l.m.deps.Log.Error("cannot serialise diameter request", "command", r.Header.CommandCode, "err", err)
		return
	}
	p.request = l.book.nextID()
	binary.BigEndian.PutUint32(frame[12:], p.request)
	l.put(p, frame)
}

// sendAnswer puts an answer on the connection it was asked on.
func (l *loop) sendAnswer(p *peerState, a *diam.Message) {
	frame, err := a.Serialize()
	if err != nil {
		l.m.deps.Log.Error("cannot serialise diameter answer", "command", a.Header.CommandCode, "err", err)
		return
	}
	l.put(p, frame)
}
