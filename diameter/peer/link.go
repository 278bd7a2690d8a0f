package peer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"causeway/diameter/dict"

	"github.com/fiorix/go-diameter/v4/diam"
)

// Events of the loop's inbox. generation tells the events of a peer's present connection from those of earlier ones.
type (
	submitted struct{ x *exchange }
	cancelled struct{ x *exchange }
	dialled   struct {
		peer       int
		generation uint64
		conn       net.Conn
		err        error
	}
	arrived struct {
		peer       int
		generation uint64
		message    *diam.Message
		fault      *dict.AVPError // the message could be read only so far
	}
	lost struct {
		peer       int
		generation uint64
		err        error
	}
)

// link is one connection's two goroutines and the queue between them and the loop. The loop owns it: it alone
// enqueues and closes.
type link struct {
	m          *Manager
	peer       int
	generation uint64
	conn       net.Conn
	out        chan []byte
	serving    chan struct{} // one slot for each request read and not yet answered
	done       chan struct{} // closed by close
	full       bool          // the queue was found full; the loop's
}

// errNotReading says that the far end takes nothing more.
var errNotReading = errors.New("peer does not read: the queue of frames to it is full")

// dial makes a connection in a goroutine of its own and reports it.
func (m *Manager) dial(ctx context.Context, peer int, generation uint64) {
	m.work.Go(func() {
		conn, err := m.deps.Dial(ctx, m.cfg.Peers[peer])
		if !m.post(dialled{peer, generation, conn, err}, nil) && err == nil {
			_ = conn.Close() // nobody wants it any more
		}
	})
}

// newLink starts the reader and the writer of a connection.
func (m *Manager) newLink(peer int, generation uint64, conn net.Conn) *link {
	l := &link{m: m, peer: peer, generation: generation, conn: conn,
		out: make(chan []byte, queueFrames), serving: make(chan struct{}, maxServing), done: make(chan struct{})}
	m.work.Go(func() { l.report(l.read()) })
	m.work.Go(func() {
		if err := l.write(); err != nil {
			l.report(err)
		}
	})
	return l
}

func (l *link) report(err error) { l.m.post(lost{l.peer, l.generation, err}, l.done) }

// enqueue gives a frame to the writer, which owns it from then on. It does not block; false means the queue is full.
func (l *link) enqueue(frame []byte) bool {
	select {
	case l.out <- frame:
		return true
	default:
		return false
	}
}

// close ends both goroutines. It is called once.
func (l *link) close() {
	close(l.done)
	_ = l.conn.Close() // whatever was unsent is lost with the connection
}

// read takes messages off the connection until something is wrong with it.
func (l *link) read() error {
	in := bufio.NewReaderSize(l.conn, 16<<10)
	var buffer []byte
	for {
		// Between messages a peer may be silent as long as the watchdog lets it; within one it may not.
		if _, err := in.Peek(1); err != nil {
			return fmt.Errorf("reading: %w", err)
		}
		deadline := false
		if in.Buffered() < 4 {
			deadline = true
			if err := l.conn.SetReadDeadline(time.Now().Add(partial)); err != nil {
				return fmt.Errorf("reading: %w", err)
			}
		}
		head, err := in.Peek(4)
		if err != nil {
			return fmt.Errorf("reading a header: %w", err)
		}
		n, err := dict.FrameLength(head)
		if err != nil {
			l.m.count.peers[l.peer].malformed.Add(1)
			return err
		}
		if n > in.Buffered() && !deadline {
			deadline = true
			if err := l.conn.SetReadDeadline(time.Now().Add(partial)); err != nil {
				return fmt.Errorf("reading: %w", err)
			}
		}
		if cap(buffer) < n {
			buffer = make([]byte, n)
		}
		if _, err := io.ReadFull(in, buffer[:n]); err != nil {
			return fmt.Errorf("reading a message of %d octets: %w", n, err)
		}
		if deadline {
			if err := l.conn.SetReadDeadline(time.Time{}); err != nil {
				return fmt.Errorf("reading: %w", err)
			}
		}
		if err := l.deliver(buffer[:n]); err != nil {
			return err
		}
	}
}

// deliver decodes a frame and posts it. A malformed answer ends the connection; a malformed request goes to the loop
// to be refused.
func (l *link) deliver(frame []byte) error {
	msg, err := l.m.deps.Dictionary.Decode(frame)
	ev := arrived{l.peer, l.generation, msg, nil}
	if err != nil {
		l.m.count.peers[l.peer].malformed.Add(1)
		if !errors.As(err, &ev.fault) || msg.Header.CommandFlags&diam.RequestFlag == 0 {
			return fmt.Errorf("malformed message: %w", err)
		}
	}
	if msg.Header.CommandFlags&diam.RequestFlag != 0 {
		// A peer that asks faster than it reads our answers is read no faster than that.
		select {
		case l.serving <- struct{}{}:
		case <-l.done:
			return nil
		}
	}
	l.m.post(ev, l.done)
	return nil
}

// write puts frames on the connection, as many at once as are waiting. It returns nil when the link was closed.
func (l *link) write() error {
	out := bufio.NewWriterSize(deadlineWriter{l.conn}, 16<<10)
	for {
		select {
		case frame := <-l.out:
			if _, err := out.Write(frame); err != nil {
				return fmt.Errorf("writing: %w", err)
			}
			if frame[4]&diam.RequestFlag == 0 {
				select {
				case <-l.serving:
				default:
				}
			}
			if len(l.out) > 0 {
				continue
			}
			if err := out.Flush(); err != nil {
				return fmt.Errorf("writing: %w", err)
			}
		case <-l.done:
			return nil
		}
	}
}

// deadlineWriter gives each write to the socket its own deadline.
type deadlineWriter struct{ conn net.Conn }

func (w deadlineWriter) Write(b []byte) (int, error) {
	if err := w.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return w.conn.Write(b)
}
