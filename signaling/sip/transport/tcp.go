package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// conn is one TCP or TLS connection, made or accepted. One goroutine reads it, one writes it (and dials it first). Whoever
// sends only appends to the bounded queue.
type conn struct {
	l        *Layer
	remote   Target
	accepted bool
	queue    chan outgoing
	active   atomic.Int64 // unix nanoseconds of the last message either way
	need     int          // owned by the reader: no message is complete before the buffer holds so many bytes

	mu       sync.Mutex // guards the following
	nc       net.Conn   // nil while dialling
	closed   chan struct{}
	cause    error      // set before closed is closed
	proved   bool       // something was read: the peer has accepted us
	unproved []outgoing // written before that, on a TLS connection that we made
}

// outgoing is one message waiting for the writer of a connection.
type outgoing struct {
	data     []byte
	datagram []byte // the same for UDP, if it may go that way should the connection not come about
	done     func(Result)
	last     error // instead of a message: end the connection, for this reason
}

func (o outgoing) finish(l *Layer, r Result) {
	l.count(r)
	if o.done != nil {
		o.done(r)
	}
}

// accept is the one acceptor. Strangers are closed at once, unanswered.
func (l *Layer) accept(network string, listener net.Listener) {
	for {
		nc, err := listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			l.log.Warn("sip accept failed", "error", err)
			select {
			case <-l.ctx.Done():
				return
			case <-time.After(10 * time.Millisecond): // out of descriptors: wait for some to be closed
			}
			continue
		}
		remote := unmap(nc.RemoteAddr().(*net.TCPAddr).AddrPort())
		if !l.Peer(remote.Addr()) {
			l.stats.notPeer.Add(1)
			nc.Close()
			continue
		}
		if network == TLS {
			nc = tls.Server(nc, l.tlsConfig(""))
		}
		c, err := l.addConn(Target{Network: network, Addr: remote}, nc)
		if err != nil {
			l.log.Warn("sip connection refused", "error", err)
			nc.Close()
			continue
		}
		l.wg.Go(c.write)
		l.wg.Go(func() {
			if c.shake() {
				c.read()
			}
		})
	}
}

// connected reports whether a connection to exactly this address exists or is being made.
func (l *Layer) connected(dst Target) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conns[dst.flow()] != nil
}

func (t Target) flow() flow { return flow{t.Network, t.Addr} }

// enqueue gives a message to the connection with addr, making one if there is none or if it ends just now. It never
// waits.
func (l *Layer) enqueue(dst Target, o outgoing) error {
	l.mu.Lock()
	c := l.conns[dst.flow()]
	l.mu.Unlock()
	if c != nil {
		if err := c.push(o); !errors.Is(err, ErrConnection) {
			return err
		}
	}
	c, err := l.addConn(dst, nil)
	if err != nil {
		return err
	}
	return c.push(o)
}

// addConn enters a connection into the tables, within the limits. Without nc its writer dials; two callers that race
// for the same address share one.
func (l *Layer) addConn(dst Target, nc net.Conn) (*conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, ErrClosed
	}
	key, host := dst.flow(), dst.Addr.Addr()
	if c := l.conns[key]; c != nil && nc == nil {
		return c, nil
	}
	if len(l.conns) >= l.cfg.MaxConnections || l.perPeer[host] >= l.cfg.MaxConnectionsPerPeer || l.conns[key] != nil {
		return nil, ErrTooMany
	}
	c := &conn{
		l: l, remote: dst, accepted: nc != nil, nc: nc,
		queue: make(chan outgoing, l.cfg.SendQueue), closed: make(chan struct{}),
	}
	c.active.Store(time.Now().UnixNano())
	l.conns[key] = c
	l.perPeer[host]++
	if nc == nil {
		l.wg.Go(c.write)
	}
	return c, nil
}

// forget takes the connection out of the tables; a later message to the address makes a new one.
func (l *Layer) forget(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key, host := c.remote.flow(), c.remote.Addr.Addr()
	if l.conns[key] != c {
		return
	}
	delete(l.conns, key)
	if l.perPeer[host]--; l.perPeer[host] <= 0 {
		delete(l.perPeer, host)
	}
}

// push queues a message. A full queue means a peer that does not read. The lock keeps a message from being queued
// after the writer has emptied the queue for the last time.
func (c *conn) push(o outgoing) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return fmt.Errorf("%w: %w", ErrConnection, c.cause)
	}
	select {
	case c.queue <- o:
		return nil
	default:
		return ErrQueueFull
	}
}

// close ends the connection for both goroutines. The first cause counts.
func (c *conn) close(cause error) {
	c.mu.Lock()
	if c.cause != nil {
		c.mu.Unlock()
		return
	}
	c.cause = cause
	nc, lost := c.nc, c.unproved
	c.unproved = nil
	close(c.closed)
	c.mu.Unlock()
	c.l.forget(c)
	if nc != nil {
		nc.Close()
	}
	for _, o := range lost {
		o.finish(c.l, Result{c.remote.Network, fmt.Errorf("%w: %w", ErrConnection, cause)})
	}
}

// written tells of a message that the kernel has taken. With TLS 1.3 a peer that refuses our certificate says so only after our
// handshake is done and our first messages are written (RFC 8446 4.4.2): until something comes back they do not count as sent.
func (c *conn) written(o outgoing) {
	r := Result{c.remote.Network, nil}
	c.mu.Lock()
	unproved := c.remote.Network == TLS && !c.accepted && !c.proved
	wait := unproved && c.cause == nil && len(c.unproved) < cap(c.queue)
	switch {
	case wait:
		c.unproved = append(c.unproved, o)
	case unproved && c.cause != nil: // the refusal was read while we wrote
		r.Err = fmt.Errorf("%w: %w", ErrConnection, c.cause)
	}
	c.mu.Unlock()
	if !wait {
		o.finish(c.l, r)
	}
}

// prove notes that something was read.
func (c *conn) prove() {
	c.mu.Lock()
	sent := c.unproved
	c.proved, c.unproved = true, nil
	c.mu.Unlock()
	for _, o := range sent {
		o.finish(c.l, Result{c.remote.Network, nil})
	}
}

// write is the one writer: it dials if needed, then writes the queue until the connection ends, then fails what is left.
func (c *conn) write() {
	if c.nc == nil && !c.dial() {
		return
	}
	for {
		select {
		case o := <-c.queue:
			if o.last != nil {
				c.close(o.last)
				continue
			}
			if err := c.writeOne(o.data); err != nil {
				c.close(err)
				o.finish(c.l, Result{c.remote.Network, fmt.Errorf("%w: %w", ErrConnection, err)})
				continue
			}
			c.written(o)
		case <-c.closed:
			c.drain(func(o outgoing) Result {
				return Result{c.remote.Network, fmt.Errorf("%w: %w", ErrConnection, c.cause)}
			})
			return
		}
	}
}

func (c *conn) writeOne(data []byte) error {
	if err := c.nc.SetWriteDeadline(time.Now().Add(c.l.cfg.WriteTimeout)); err != nil {
		return err
	}
	if _, err := c.nc.Write(data); err != nil {
		return err
	}
	c.active.Store(time.Now().UnixNano())
	c.l.watch(true, c.remote.Network, c.remote.Addr, data)
	return nil
}

// drain empties the queue of a closed connection.
func (c *conn) drain(outcome func(outgoing) Result) {
	for {
		select {
		case o := <-c.queue:
			if o.last == nil {
				o.finish(c.l, outcome(o))
			}
		default:
			return
		}
	}
}

// dial makes the connection from our listening address and starts its reader. If it fails, what waits goes by UDP where
// it may, else it fails.
func (c *conn) dial() bool {
	ctx, cancel := context.WithTimeout(c.l.ctx, c.l.cfg.DialTimeout)
	defer cancel()
	nc, err := c.l.dial(ctx, c.remote)
	if err == nil {
		c.mu.Lock()
		if c.cause == nil {
			c.nc = nc
		}
		err = c.cause
		c.mu.Unlock()
		if err == nil {
			c.l.wg.Go(c.read)
			return true
		}
		nc.Close()
	}
	if c.remote.Network == TLS { // what is wrong with a certificate only the operator can mend
		c.l.log.Warn("sip tls connection to a peer failed", "peer", c.remote.Addr.String(), "name", c.remote.Name, "error", err)
	}
	c.close(err)
	c.drain(func(o outgoing) Result {
		if o.datagram == nil {
			return Result{c.remote.Network, fmt.Errorf("%w: %w", ErrConnection, err)}
		}
		c.l.refusedStream(c.remote.Addr)
		return c.l.fallBack(o.datagram, c.remote.Addr)
	})
	return false
}

func (l *Layer) dialStream(ctx context.Context, dst Target) (net.Conn, error) {
	if dst.Network == TLS {
		return l.dialTLS(ctx, dst)
	}
	return l.dialTCP(ctx, dst)
}

// dialTCP connects from our listening address, by which the peers know us.
func (l *Layer) dialTCP(ctx context.Context, dst Target) (net.Conn, error) {
	var dialer net.Dialer
	if local := l.bound[dst.Network].Addr(); local.IsValid() && !local.IsUnspecified() {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(local, 0))
	}
	return dialer.DialContext(ctx, TCP, dst.Addr.String())
}
