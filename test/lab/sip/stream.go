package sip

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Our choice: what a slow TCP peer may leave unread, and how long a dial lasts.
const (
	connQueue   = 64
	dialTimeout = 3 * time.Second
)

// conn is one TCP connection: a reader and a writer goroutine.
type conn struct {
	stack *Stack
	addr  netip.AddrPort
	queue chan outgoing
	done  chan struct{}
	once  sync.Once
}

type outgoing struct {
	data   []byte
	failed func(error)
}

func (s *Stack) newConn(addr netip.AddrPort) *conn {
	return &conn{stack: s, addr: addr, queue: make(chan outgoing, connQueue), done: make(chan struct{})}
}

func (c *conn) close() { c.once.Do(func() { close(c.done) }) }

func (c *conn) isClosed() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

func (s *Stack) accept() {
	defer s.wg.Done()
	for {
		nc, err := s.tcp.AcceptTCP()
		if err != nil {
			return
		}
		addr := nc.RemoteAddr().(*net.TCPAddr).AddrPort()
		c := s.newConn(netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()))
		s.wg.Add(1)
		go func() {
			defer s.wg.Done()
			s.Post(func() { s.conns[c.addr] = c })
			c.run(nc)
		}()
	}
}

// sendTCP uses the connection the message came on, else the one to that
// address, else dials. Loop only.
func (s *Stack) sendTCP(data []byte, to Source, failed func(error)) {
	c := to.conn
	if c == nil || c.isClosed() {
		c = s.conns[to.Addr]
	}
	if c == nil || c.isClosed() {
		c = s.newConn(to.Addr)
		s.conns[to.Addr] = c
		s.wg.Add(1)
		go c.dial()
	}
	select {
	case c.queue <- outgoing{data, failed}:
	default:
		c.close()
		if failed != nil {
			s.After(0, func() { failed(errors.New("the peer does not read")) })
		}
	}
}

func (c *conn) dial() {
	defer c.stack.wg.Done()
	ctx, cancel := context.WithTimeout(c.stack.ctx, dialTimeout)
	defer cancel()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: c.stack.addr.Addr().AsSlice()}}
	nc, err := d.DialContext(ctx, "tcp", c.addr.String())
	if err != nil {
		c.close()
		c.drain(err)
		return
	}
	c.run(nc)
}

// drain tells everyone still queued that the connection is gone.
func (c *conn) drain(err error) {
	c.stack.Post(func() {
		if c.stack.conns[c.addr] == c {
			delete(c.stack.conns, c.addr)
		}
		for {
			select {
			case o := <-c.queue:
				if o.failed != nil {
					o.failed(err)
				}
			default:
				return
			}
		}
	})
}

// run serves the connection until either side ends it.
func (c *conn) run(nc net.Conn) {
	c.stack.wg.Add(1)
	go func() {
		defer c.stack.wg.Done()
		c.read(nc)
		c.close()
	}()
	err := c.write(nc)
	c.close()
	_ = nc.Close()
	c.drain(err)
}

func (c *conn) write(nc net.Conn) error {
	for {
		select {
		case o := <-c.queue:
			if _, err := nc.Write(o.data); err != nil {
				if o.failed != nil {
					c.stack.Post(func() { o.failed(err) })
				}
				return err
			}
		case <-c.done:
			return io.EOF
		case <-c.stack.ctx.Done():
			return context.Cause(c.stack.ctx)
		}
	}
}

// read frames messages by Content-Length (RFC 3261 18.3).
func (c *conn) read(nc net.Conn) {
	r := bufio.NewReaderSize(nc, 4096)
	src := Source{Network: "tcp", Addr: c.addr, conn: c}
	for {
		data, err := readFrame(r)
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.ErrUnexpectedEOF) {
				c.stack.Post(func() { c.stack.handler.Broken(err, src) })
			}
			return
		}
		c.stack.received(data, src)
	}
}

// readFrame reads one message off a stream; keep-alives between messages are
// skipped.
func readFrame(r *bufio.Reader) ([]byte, error) {
	var data []byte
	length := -1
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			if errors.Is(err, bufio.ErrBufferFull) {
				err = errors.New("header line over 4096 bytes")
			}
			return nil, err
		}
		text := strings.TrimRight(string(line), "\r\n")
		if text == "" && len(data) == 0 {
			continue
		}
		data = append(data, line...)
		if len(data) > MaxMessage {
			return nil, errors.New("headers over 65535 bytes")
		}
		if text == "" {
			break
		}
		name, value, ok := strings.Cut(text, ":")
		if ok && strings.EqualFold(longName(strings.TrimSpace(name)), "Content-Length") {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil || length < 0 || length > MaxMessage {
				return nil, errors.New("bad Content-Length")
			}
		}
	}
	if length < 0 {
		return nil, errors.New("no Content-Length on a stream")
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err
	}
	return append(data, body...), nil
}
