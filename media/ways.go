package media

import (
	"fmt"
	"net/netip"
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
