package transport

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// The port of a sent-by or URI that names none (RFC 3261 18.2.2, 19.1.2).
const (
	defaultPort    = 5060
	defaultTLSPort = 5061
)

func appendVias(msg sip.Message, value string) *malformed {
	parts, err := splitList(value)
	if err != nil {
		return badRequest("Malformed Via")
	}
	for _, part := range parts {
		via, ok := parseVia(part)
		if !ok {
			return badRequest("Malformed Via")
		}
		msg.AppendHeader(via)
	}
	return nil
}

// parseVia reads sent-protocol LWS sent-by *( ";" via-params ) with white space around the slashes (RFC 3261 20.42).
func parseVia(s string) (*sip.ViaHeader, bool) {
	name, rest, ok1 := strings.Cut(s, "/")
	version, rest, ok2 := strings.Cut(rest, "/")
	rest = strings.TrimLeft(rest, " \t")
	blank := strings.IndexAny(rest, " \t")
	if !ok1 || !ok2 || blank < 0 {
		return nil, false
	}
	via := &sip.ViaHeader{
		ProtocolName:    strings.ToUpper(strings.Trim(name, " \t")),
		ProtocolVersion: strings.Trim(version, " \t"),
		Transport:       rest[:blank],
	}
	if !isToken(via.ProtocolName) || !isToken(via.ProtocolVersion) || !isToken(via.Transport) {
		return nil, false
	}
	sentBy, params := strings.Trim(rest[blank:], " \t"), ""
	if semi := strings.IndexByte(sentBy, ';'); semi >= 0 {
		sentBy, params = strings.TrimRight(sentBy[:semi], " \t"), sentBy[semi:]
	}
	host, port, err := splitHostPort(sentBy)
	if err != nil {
		return nil, false
	}
	// The library writes the brackets of an IPv6 literal itself.
	via.Host, via.Port = strings.Trim(host, "[]"), port
	if err := parseParams(params, &via.Params); err != nil {
		return nil, false
	}
	return via, true
}

// receive completes the top Via of a received request (RFC 3261 18.2.1, RFC 3581 4) and returns where its responses go.
// A received or rport value brought along is overwritten: only we know where the request came from. maddr is ignored:
// a peer is answered where it sent from, and nowhere else.
func receive(via *sip.ViaHeader, network string, remote netip.AddrPort) netip.AddrPort {
	addr := remote.Addr()
	_, asked := via.Params.Get("rport")
	via.Params.Remove("received")
	if asked {
		via.Params.Add("rport", strconv.Itoa(int(remote.Port())))
	}
	if sent, err := netip.ParseAddr(via.Host); asked || err != nil || sent.Unmap() != addr {
		via.Params.Add("received", addr.String())
	}
	if asked || network != UDP {
		return remote
	}
	return netip.AddrPortFrom(addr, viaPort(via))
}

func viaPort(via *sip.ViaHeader) uint16 {
	if via.Port == 0 && strings.EqualFold(via.Transport, TLS) {
		return defaultTLSPort
	}
	if via.Port == 0 {
		return defaultPort
	}
	return uint16(via.Port)
}

// stamp writes our own sent-by and transport into the top Via of a request to be sent (RFC 3261 18.1.1) and asks for
// rport (RFC 3581 3).
func (l *Layer) stamp(via *sip.ViaHeader, network string) {
	host, port := l.sentBy(network)
	via.ProtocolName, via.ProtocolVersion, via.Transport = "SIP", "2.0", strings.ToUpper(network)
	via.Host, via.Port = host, port
	if !via.Params.Has("rport") {
		via.Params.Add("rport", "")
	}
}

// sentBy is how we name ourselves on a network.
func (l *Layer) sentBy(network string) (string, int) {
	local := l.bound[network]
	if l.cfg.Advertise != "" {
		return l.cfg.Advertise, int(local.Port())
	}
	return local.Addr().String(), int(local.Port())
}

// ours reports whether the top Via of a response names us; if not the response is dropped (RFC 3261 18.1.2).
func (l *Layer) ours(via *sip.ViaHeader) bool {
	for network := range l.bound {
		host, port := l.sentBy(network)
		if port == int(viaPort(via)) && (strings.EqualFold(host, via.Host) || sameAddr(host, via.Host)) {
			return true
		}
	}
	return false
}

// sameAddr compares two spellings of an IPv6 address.
func sameAddr(a, b string) bool {
	x, errX := netip.ParseAddr(a)
	y, errY := netip.ParseAddr(b)
	return errX == nil && errY == nil && x == y
}

// lostConnection returns where a response goes whose TCP connection is gone: the address it was received from, or the
// literal of its sent-by, and the sent-by port (RFC 3261 18.2.2).
func lostConnection(via *sip.ViaHeader) (netip.AddrPort, bool) {
	host, ok := via.Params.Get("received")
	if !ok {
		host = via.Host
	}
	addr, err := netip.ParseAddr(host)
	return netip.AddrPortFrom(addr.Unmap(), viaPort(via)), err == nil
}
