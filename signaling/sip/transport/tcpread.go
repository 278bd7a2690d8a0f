package transport

import (
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// read is the one reader: it cuts the stream into messages by Content-Length (RFC 3261 18.3) and hands each up before
// it looks for the next.
func (c *conn) read() {
	buf := make([]byte, 0, 4096)
	var started time.Time // of the message in buf
	first, proved := c.accepted, false
	for {
		if len(buf) > 0 && !proved {
			proved = true
			c.prove()
		}
		rest, err := c.consume(buf)
		if len(rest) < len(buf) {
			first, started = false, time.Time{}
		}
		if err != nil {
			if c.push(outgoing{last: err}) != nil { // behind the answer that says why
				c.close(err)
			}
			return
		}
		buf = append(buf[:0], rest...)
		if len(buf) > 0 && started.IsZero() {
			started = time.Now()
		}
		if buf, err = c.fill(buf, c.deadline(started, first)); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) && len(buf) == 0 && !first && c.recent() {
				continue // we sent something meanwhile
			}
			c.ended(err)
			c.close(err)
			return
		}
	}
}

// ended logs why a connection ends. A peer that refuses our certificate is the operator's business.
func (c *conn) ended(err error) {
	c.mu.Lock()
	proved := c.proved
	c.mu.Unlock()
	switch {
	case c.remote.Network == TLS && !proved && !errors.Is(err, net.ErrClosed):
		c.l.log.Warn("sip tls connection to a peer failed", "peer", c.remote.Addr.String(), "name", c.remote.Name, "error", err)
	case !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed):
		c.l.log.Debug("sip connection ends", "error", err)
	}
}

// deadline is when the next bytes must be there: soon within a message and before the first one of an accepted
// connection, so that a stranger to the protocol cannot hold it open; else the idle time.
func (c *conn) deadline(started time.Time, first bool) time.Time {
	switch {
	case !started.IsZero():
		return started.Add(c.l.cfg.MessageTimeout)
	case first:
		return time.Unix(0, c.active.Load()).Add(c.l.cfg.MessageTimeout)
	}
	return time.Unix(0, c.active.Load()).Add(c.l.cfg.IdleTimeout)
}

func (c *conn) recent() bool {
	return time.Since(time.Unix(0, c.active.Load())) < c.l.cfg.IdleTimeout
}

// fill reads once, making room first.
func (c *conn) fill(buf []byte, deadline time.Time) ([]byte, error) {
	if len(buf) == cap(buf) {
		grown := make([]byte, len(buf), 2*cap(buf))
		copy(grown, buf)
		buf = grown
	}
	if err := c.nc.SetReadDeadline(deadline); err != nil {
		return buf, err
	}
	n, err := c.nc.Read(buf[len(buf):cap(buf)])
	if n > 0 {
		err = nil // an error comes again with the next read
	}
	return buf[:len(buf)+n], err
}

var errFraming = errors.New("stream cannot be cut into messages")

// consume takes every whole message out of buf and returns what is left. An error means the framing is lost.
func (c *conn) consume(buf []byte) ([]byte, error) {
	for {
		// RFC 3261 7.5: CRLF before a start line is ignored; RFC 5626 4.4.1: CRLF CRLF is a ping, CRLF the pong.
		for len(buf) >= 2 && buf[0] == '\r' && buf[1] == '\n' {
			if len(buf) >= 4 && buf[2] == '\r' && buf[3] == '\n' {
				buf = buf[2:]
				if err := c.push(outgoing{data: []byte("\r\n")}); err != nil {
					return buf, err
				}
			}
			buf = buf[2:]
		}
		if len(buf) < c.need {
			return buf, nil
		}
		end := endOfHead(buf)
		if end < 0 {
			if len(buf) > maxHead {
				return buf, errFraming
			}
			return buf, nil
		}
		src := Source{Network: c.remote.Network, Remote: c.remote.Addr, Local: c.l.bound[c.remote.Network]}
		h, bad := splitHead(buf[:end+2])
		if h.length < 0 {
			if bad == nil {
				bad = badRequest("Missing Content-Length")
			}
			c.l.refuse(&h, bad, src)
			return buf, errFraming
		}
		if end+4+h.length > c.l.cfg.MaxMessage {
			c.l.refuse(&h, &malformed{513, "Message Too Large"}, src)
			return buf, errFraming
		}
		if c.need = end + 4 + h.length; len(buf) < c.need {
			return buf, nil
		}
		c.need = 0
		c.active.Store(time.Now().UnixNano())
		c.l.watch(false, c.remote.Network, c.remote.Addr, buf[:end+4+h.length])
		c.l.receive(&h, bad, buf[end+4:end+4+h.length], src)
		buf = buf[end+4+h.length:]
	}
}
