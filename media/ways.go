package media

import (
	"fmt"
	"net/netip"
	"time"

	"causeway/media/access"
	"causeway/media/relay"
)

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
