package access

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/pion/dtls/v3"
)

// A connection of pion keeps four goroutines and some 35 kB for as long as a call lasts, and after the handshake all it is there for is one
// close_notify. So an association rests once it is sure that the peer needs none of our flights again: what is kept is its state (a
// kilobyte), from which a connection is made again when a record comes, and to say goodbye.
//
//	handshake ──▶ up ──(2 s, and something the peer protected came)──▶ resting ──Close──▶ goodbye
//	               ▲                                                    │
//	               └──────────────(a record of epoch 1 or later)────────┘
//
// Whoever could send records from the peer's address could wake it every two seconds, and would gain what a handshake's tenth costs.

// linger is how long a connection is kept after the handshake or the last wake.
const linger = 2 * time.Second

// patience bounds what an awakened connection may take to be there again; nothing is exchanged for it.
const patience = time.Second

// plain reports that a datagram begins with a record of epoch 0: of a handshake that is long over (RFC 6347 4.1).
func plain(b []byte) bool { return len(b) < recordHeader || binary.BigEndian.Uint16(b[3:]) == 0 }

// settle lets an association rest when it may. The caller holds the lock.
func (l *Leg) settle(now time.Time) {
	a, k := l.assoc, l.keys.Load()
	if a == nil || !a.up || a.conn == nil || k == nil || !k.in.heard || now.Sub(a.since) < linger {
		return
	}
	state, ok := a.conn.ConnectionState()
	if !ok || !a.feed.hush() {
		return // over already
	}
	a.state, a.conn = &state, nil
	_ = a.feed.Close() // ends the goroutine
}

// wake makes a connection of a resting association. The caller holds the lock.
func (l *Leg) wake(a *association) {
	state, before := a.state, a.done
	a.state = nil
	a.feed, a.done = newFeed(l.writeDTLS), make(chan struct{})
	go l.resumeDTLS(a, a.feed, state, before, a.done)
}

// resumeDTLS serves an awakened association until it ends or rests again.
func (l *Leg) resumeDTLS(a *association, f *feed, state *dtls.State, before <-chan struct{}, done chan<- struct{}) {
	defer close(done)
	defer l.guard()
	<-before
	conn, err := a.resume(l.port.identity, f, state)
	if err != nil {
		l.log.Debug("access DTLS not resumed", "error", err)
		l.rest(a, state)
		return
	}
	f.open()
	if !l.awake(a, conn) {
		_ = conn.Close()
		return
	}
	l.read(a, conn)
}

// resume makes a connection of a state. The feed must not be open yet: pion takes a close_notify that overtakes the end of its handshake,
// which is a formality here, for a failure of it.
func (a *association) resume(id *Identity, f *feed, state *dtls.State) (*dtls.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := dtls.ResumeWithOptions(state, f, nowhere(), a.options(id)...)
	if err != nil {
		return nil, err
	}
	if err := conn.HandshakeContext(ctx); err != nil { // nothing is exchanged
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// awake notes the connection of an awakened association; false when it is wanted no more.
func (l *Leg) awake(a *association, conn *dtls.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.assoc != a {
		return false
	}
	a.conn, a.since = conn, time.Now()
	return true
}

// rest puts an association to rest again that could not be awakened; the next record tries once more.
func (l *Leg) rest(a *association, state *dtls.State) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = a.feed.Close()
	if l.assoc == a {
		a.state = state
	}
}

// goodbye sends the close_notify of a resting association.
func (l *Leg) goodbye(a *association, state *dtls.State) {
	if conn, err := a.resume(l.port.identity, newFeed(l.writeDTLS), state); err == nil {
		_ = conn.Close()
	}
}
