package media

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"causeway/media/access"
	"causeway/media/ice"
	"causeway/media/relay"
	"causeway/media/tcp"
	"causeway/media/udp"
)

// ways are all by which browsers' media comes in.
type ways struct {
	lines      []line          // the access addresses
	shared     []*udp.Shared   // their sockets, in the same order
	streams    []*tcp.Listener // of all lines, with ICE.TCP
	candidates []Candidate     // of all lines
	turn       *relay.Server   // nil without
	issuer     relay.Issuer
	reflexive  map[uint8]*ice.Reflexive // by line, with ICE.Mode full
}

// openStreams serves ICE-TCP beside the UDP sockets.
func (g *Gateway) openStreams() error {
	if !g.cfg.ICE.TCP {
		return nil
	}
	for i := range g.lines {
		l := &g.lines[i]
		port := g.cfg.ICE.TCPPort
		if port == 0 {
			port = l.bound.Port()
		}
		listener, err := g.port.Listen(netip.AddrPortFrom(l.bound.Addr(), port), uint8(i), g.cfg.DSCP) //nolint:gosec // at most maxLines
		if err != nil {
			return fmt.Errorf("open access port: %w (media.ice.tcp: false does without)", err)
		}
		g.streams = append(g.streams, listener)
		l.tcp = listener.Local().Port()
	}
	return nil
}

// Checks of a full agent are paced at 50 ms (RFC 8445 14.2); a lite one has none.
const paceTick = 25 * time.Millisecond

// pacer ticks for a full agent's checks; a lite one's never does.
func (g *Gateway) pacer() *time.Ticker {
	if g.cfg.ICE.Mode != "full" {
		t := time.NewTicker(time.Hour)
		t.Stop()
		return t
	}
	return time.NewTicker(paceTick)
}

// openFull makes the legs full agents.
func (g *Gateway) openFull() {
	if g.cfg.ICE.Mode != "full" {
		return
	}
	full := access.Full{Allow: g.cfg.checkable, Reflexive: map[uint8]*ice.Reflexive{}}
	for i, l := range g.lines {
		for _, c := range g.candidates {
			if c.Transport == "udp" && c.Address == netip.AddrPortFrom(l.told[0], l.bound.Port()) {
				six := !l.bound.Addr().Unmap().Is4()
				full.Lines = append(full.Lines, ice.Line{Number: uint8(i), Six: six, Priority: c.Priority}) //nolint:gosec // at most maxLines
				if l.bound.Addr() == netip.IPv6Unspecified() {
					full.Lines = append(full.Lines, ice.Line{Number: uint8(i), Priority: c.Priority}) //nolint:gosec // the same
				}
			}
		}
		for _, s := range g.cfg.ICE.STUNServers {
			if s.Addr().Is4() == l.bound.Addr().Is4() && full.Reflexive[uint8(i)] == nil { //nolint:gosec // the same
				full.Reflexive[uint8(i)] = ice.NewReflexive(s) //nolint:gosec // the same
			}
		}
	}
	g.reflexive = full.Reflexive
	g.port.Probe(full)
}

// checkable reports whether a check may be sent to an address a browser names (a page could name anybody's).
func (c Config) checkable(a netip.AddrPort) bool {
	ip := a.Addr().Unmap()
	within := func(list []netip.Prefix) bool {
		return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(ip) })
	}
	own := func(kind func(netip.Addr) bool) bool {
		return slices.ContainsFunc(c.accessAddresses(), func(m netip.AddrPort) bool { return kind(m.Addr()) })
	}
	switch {
	case !a.IsValid() || a.Port() < 1024 || ip.IsUnspecified() || ip.IsMulticast() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return false
	case ip.IsLoopback() && !own(netip.Addr.IsLoopback), ip.IsLinkLocalUnicast() && !own(netip.Addr.IsLinkLocalUnicast):
		return false
	case within(c.ICE.Deny):
		return false
	}
	return len(c.ICE.Allow) == 0 || within(c.ICE.Allow)
}

// Type preference and local preference of a server-reflexive candidate (RFC 8445 5.1.2.2).
const preferReflexive = 100

// known are the candidates a browser is told now: those of the lines, and what a STUN server has seen of them.
func (g *Gateway) known() []Candidate {
	list := slices.Clone(g.candidates)
	for i := range g.lines {
		r := g.reflexive[uint8(i)] //nolint:gosec // at most maxLines
		if r == nil {
			continue
		}
		mapped := r.Mapped()
		if !mapped.IsValid() || slices.ContainsFunc(list, func(c Candidate) bool { return c.Transport == "udp" && c.Address == mapped }) {
			continue
		}
		list = append(list, Candidate{
			Foundation: fmt.Sprint(2*maxLines*maxLines + i + 1), Transport: "udp", Component: 1, Type: "srflx",
			Priority: preferReflexive<<24 | uint32(65535-i)<<8 | 255, Address: mapped, //nolint:gosec // a handful
		})
	}
	return list
}

// checked are the browser's candidates that a full agent may check: those over UDP.
func checked(list []Candidate) (out []access.Candidate) {
	for _, c := range list {
		if c.Transport == "udp" && c.Component == 1 {
			out = append(out, access.Candidate{Address: c.Address, Priority: c.Priority})
		}
	}
	return out
}

// openTURN starts the built-in TURN server, if it is on, and what makes credentials for it and for others.
func (g *Gateway) openTURN(deps Deps) (err error) {
	if !g.cfg.TURN.Enabled() {
		return nil
	}
	told := func(a netip.Addr) netip.Addr { return g.cfg.told(a)[0] }
	if g.issuer, err = relay.NewIssuer(g.cfg.TURN, told); err != nil || !g.cfg.TURN.Serves() {
		return err
	}
	lines := map[netip.AddrPort]uint8{}
	for i, l := range g.lines {
		for _, a := range l.told {
			lines[netip.AddrPortFrom(a, l.bound.Port())] = uint8(i) //nolint:gosec // at most maxLines
		}
	}
	g.turn, err = relay.New(g.cfg.TURN, g.issuer, relay.Deps{
		Access: relayed{g.port}, Lines: lines, Pool: g.pool, Certificate: deps.Certificate,
	})
	return err
}

// CheckFiles reads the files the configuration names.
func (c Config) CheckFiles() error {
	if !c.TURN.Enabled() {
		return nil
	}
	_, err := relay.NewIssuer(c.TURN, func(a netip.Addr) netip.Addr { return a })
	return err
}

// relayed is the access port as the relay sees it.
type relayed struct{ port *access.Port }

func (r relayed) Relayed(b []byte, from netip.AddrPort, line uint8, back relay.Writer, now time.Time) {
	r.port.Relayed(b, from, line, back, now)
}

// TURNStats are the figures of the built-in TURN server.
type TURNStats = relay.Stats

// TURNServers is what a browser needs to reach the TURN servers: URLs is empty where there are none.
type TURNServers = relay.Servers

// TURNServers makes a credential for a session; it ends at Expires, and calls that use it then go on.
func (g *Gateway) TURNServers(session string, now time.Time) TURNServers {
	if !g.cfg.TURN.Enabled() {
		return TURNServers{}
	}
	return g.issuer.Issue(session, now)
}

// seen is the pair of a route as the network sees it: the address the browser was told of the line in use, or, through the built-in
// relay, the two ends of the browser's connection to that.
func (g *Gateway) seen(number uint8, remote netip.AddrPort) (local, browser netip.AddrPort, tcp bool) {
	if number&access.RelayLine != 0 {
		if from, to, stream, ok := g.turn.Client(remote); ok {
			return netip.AddrPortFrom(g.cfg.told(to.Addr())[0], to.Port()), from, stream
		}
	}
	return advertised(g.lines, number, remote), remote, number&access.StreamLine != 0
}
