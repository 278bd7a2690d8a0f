package pair

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/pion/rtp"

	"causeway/media"
)

// Far is a handset as the gateway sees it: one RTP and one RTCP socket.
type Far struct {
	RTP, RTCP *net.UDPConn
	In        chan *rtp.Packet // packets received, the newest dropped when full
	Reports   chan []byte      // RTCP received, likewise
}

// NewFar opens a far end on loopback and reads from it until Close.
func NewFar() (*Far, error) {
	f, err := openFar()
	if err != nil {
		return nil, err
	}
	go f.readRTP()
	go f.readRTCP()
	return f, nil
}

// openFar opens the sockets and reads nothing.
func openFar() (*Far, error) {
	a, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("open RTP socket: %w", err)
	}
	b, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("open RTCP socket: %w", err)
	}
	return &Far{RTP: a, RTCP: b, In: make(chan *rtp.Packet, 512), Reports: make(chan []byte, 64)}, nil
}

func (f *Far) readRTP() {
	b := make([]byte, 2048)
	for {
		n, _, err := f.RTP.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		p := &rtp.Packet{}
		if p.Unmarshal(append([]byte(nil), b[:n]...)) != nil {
			continue
		}
		select {
		case f.In <- p:
		default:
		}
	}
}

func (f *Far) readRTCP() {
	b := make([]byte, 2048)
	for {
		n, _, err := f.RTCP.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		select {
		case f.Reports <- append([]byte(nil), b[:n]...):
		default:
		}
	}
}

// Remote is the far end's description.
func (f *Far) Remote(codecs, dtmf []media.Codec) media.CoreRemote {
	return media.CoreRemote{
		RTP: addr(f.RTP), RTCP: addr(f.RTCP), Codecs: codecs, DTMF: dtmf,
		RTCPBandwidthRS: -1, RTCPBandwidthRR: -1,
	}
}

// Send sends one packet to the gateway.
func (f *Far) Send(p *rtp.Packet, to netip.AddrPort) error {
	b, err := p.Marshal()
	if err != nil {
		return fmt.Errorf("marshal: %w", err)
	}
	_, err = f.RTP.WriteToUDPAddrPort(b, to)
	return err
}

func addr(c *net.UDPConn) netip.AddrPort {
	a := c.LocalAddr().(*net.UDPAddr).AddrPort() //nolint:forcetypeassert // a UDP socket
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// Close closes both sockets.
func (f *Far) Close() {
	_ = f.RTP.Close()
	_ = f.RTCP.Close()
}
