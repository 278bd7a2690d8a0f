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

// datagram takes one datagram from a peer. Bytes beyond Content-Length are ignored, too few are an error
// (RFC 3261 18.3); without Content-Length the body is the rest.
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
	end := endOfHead(data)
	if end < 0 {
		h, _ := splitHead(data)
		l.refuse(&h, badRequest("Missing Empty Line"), src)
		return
	}
	h, bad := splitHead(data[:end+2])
	body := data[end+4:]
	switch {
	case bad != nil:
	case h.length > len(body):
		bad = badRequest("Content-Length Beyond Message")
	case h.length >= 0:
		body = body[:h.length]
	}
	l.receive(&h, bad, body, src)
}
