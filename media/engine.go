package media

import (
	"fmt"
	"net/netip"

	"causeway/media/udp"
	"causeway/media/xdp"
)

// Engine is how packets are moved.
type Engine string

// The engines.
const (
	EngineSockets Engine = "sockets" // the system's UDP sockets
	EngineXDP     Engine = "xdp"     // AF_XDP, past the system's sockets, where the machine allows it; else sockets
	EngineAuto    Engine = "auto"    // the same, but only where the card's driver runs the program itself
)

// check says what is wrong with an engine's name.
func (e Engine) check() error {
	switch e {
	case EngineSockets, EngineXDP, EngineAuto:
		return nil
	}
	return fmt.Errorf("engine is %q; it must be sockets, xdp or auto", string(e))
}

// bypass is the AF_XDP engine as the packet threads want it.
type bypass struct{ *xdp.Engine }

// Serve implements udp.Bypass.
func (b bypass) Serve(local netip.AddrPort, dscp int) (udp.Way, bool) {
	way, ok := b.Engine.Serve(local, dscp)
	if !ok {
		return nil, false
	}
	return way, true
}

// startBypass tries the AF_XDP engine if it is wanted. Whatever hinders it, calls go by the sockets then, and one line says why.
func (g *Gateway) startBypass() {
	if g.cfg.Engine == EngineSockets {
		return
	}
	addresses := []netip.Addr{g.cfg.CoreAddress}
	for _, a := range g.cfg.accessAddresses() {
		addresses = append(addresses, a.Addr())
	}
	engine, err := xdp.New(xdp.Config{Addresses: addresses, Generic: g.cfg.Engine == EngineXDP})
	if err != nil {
		g.log.Info("media goes by sockets: AF_XDP is not available", "engine", g.cfg.Engine, "err", err)
		return
	}
	g.bypass = engine
	g.log.Info("media goes by AF_XDP", "interfaces", engine.String())
}
