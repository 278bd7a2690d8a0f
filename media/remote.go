package media

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"causeway/media/bridge"
)

// Limits of a negotiated description.
const (
	maxCodecs = 32
	maxClock  = 192000
)

// side checks the codecs of a description.
func side(codecs, events []Codec) (bridge.Side, error) {
	if len(codecs) > maxCodecs || len(events) > maxCodecs {
		return bridge.Side{}, fmt.Errorf("more than %d payload types", maxCodecs)
	}
	if len(codecs) == 0 {
		return bridge.Side{}, errors.New("no codec")
	}
	var used [128]bool
	for _, list := range [][]Codec{codecs, events} {
		for _, c := range list {
			switch {
			case c.Name == "" || c.PayloadType > 127:
				return bridge.Side{}, fmt.Errorf("payload type %d is not usable", c.PayloadType)
			case used[c.PayloadType]:
				return bridge.Side{}, fmt.Errorf("payload type %d is used twice", c.PayloadType)
			case c.PayloadType >= 64 && c.PayloadType <= 95:
				// RFC 5761 4: they would look like RTCP on the shared port.
				return bridge.Side{}, fmt.Errorf("payload type %d cannot be told from RTCP", c.PayloadType)
			case c.ClockRate < 1000 || c.ClockRate > maxClock:
				return bridge.Side{}, fmt.Errorf("payload type %d has a clock of %d Hz", c.PayloadType, c.ClockRate)
			}
			used[c.PayloadType] = true
		}
	}
	return bridge.Side{Codecs: codecs, Events: events}, nil
}

// reachable refuses addresses media must not be sent to: SDP is the far end's
// word, and a packet sent somewhere on its word is somebody's packet.
// The unspecified address (RFC 2543 hold) means nowhere and is fine.
func (c Config) reachable(addrs ...netip.AddrPort) error {
	for _, a := range addrs {
		ip := a.Addr().Unmap()
		switch {
		case !a.IsValid():
			return errors.New("no address to send media to")
		case ip.IsUnspecified():
			continue
		case ip.Is4() != c.CoreAddress.Unmap().Is4():
			return fmt.Errorf("address %s is not of the core leg's IP version", ip)
		case ip.IsMulticast() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
			return fmt.Errorf("address %s is not unicast", ip)
		case ip.IsLoopback() && !c.CoreAddress.IsLoopback():
			return fmt.Errorf("address %s is this machine's own", ip)
		case a.Port() < 1024:
			return fmt.Errorf("port %d is not a media port", a.Port())
		case !c.peer(ip):
			return fmt.Errorf("address %s is outside core_peers", ip)
		}
	}
	return nil
}

func (c Config) peer(ip netip.Addr) bool {
	for _, p := range c.CorePeers {
		if p.Contains(ip) {
			return true
		}
	}
	return len(c.CorePeers) == 0
}

// Figures of RFC 3550 6.2 and RFC 3556.
const (
	minInterval = 5 * time.Second
	maxInterval = 30 * time.Second
	reportBits  = 8 * (28 + 28 + 24 + 32) // IP, UDP, SR, one block, SDES
)

// reportInterval is the mean time between our reports to the core: five seconds,
// or longer where b=RS or b=RR allow less; 0, none, where both forbid.
func reportInterval(r CoreRemote) time.Duration {
	rate := r.RTCPBandwidthRS
	if rate <= 0 {
		rate = r.RTCPBandwidthRR
	}
	switch {
	case r.RTCPBandwidthRS == 0 && r.RTCPBandwidthRR == 0:
		return 0
	case rate <= 0:
		return minInterval
	}
	return min(max(time.Duration(reportBits)*time.Second/time.Duration(rate), minInterval), maxInterval)
}
