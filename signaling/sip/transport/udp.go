package transport

import (
	"bytes"
	"errors"
	"net"
	"time"
)

// readUDP is the one reader of the UDP socket: messages go up in the order the kernel delivers them.
func (l *Layer) readUDP() {
	buf := make([]byte, 65536)
	for {
		n, from, err := l.udp.ReadFromUDPAddrPort(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			l.log.Warn("sip socket read failed", "error", err)
			select {
			case <-l.ctx.Done():
				return
			case <-time.After(10 * time.Millisecond): // no spinning on an error that stays
			}
			continue
		}
		from = unmap(from)
		if !l.Peer(from.Addr()) {
			l.stats.notPeer.Add(1)
			continue
		}
		l.datagram(buf[:n], Source{Network: UDP, Remote: from, Local: l.bound[UDP]})
	}
}

// datagram takes one datagram from a peer.
func (l *Layer) datagram(data []byte, src Source) {
	data = bytes.TrimLeft(data, "\r\n")
	if len(data) < 4 { // keep-alive
		return
	}
	l.watch(false, UDP, src.Remote, data)
	if len(data) > l.cfg.MaxMessage {
		l.stats.malformed.Add(1)
		return
	}
	h, body, bad := splitWhole(data)
	l.receive(&h, bad, body, src)
}
