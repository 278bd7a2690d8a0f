package access

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"causeway/media/packet"

	"github.com/pion/dtls/v3"
)

// Remote is what the browser's description says of the transport.
type Remote struct {
	UFrag, Pwd   string
	Fingerprints []Fingerprint
	Client       bool           // we are the DTLS client (the browser's a=setup:passive)
	Clocks       *packet.Clocks // RTP clock per payload type of sound; keys have none: browsers give them the sound's timestamps on a clock of their own
	Video        *packet.Clocks // the same of the payload types of video, but for retransmissions; nil without video
	Repair       *[128]bool     // payload types of retransmissions; nil without any
	Lite         bool           // the browser only answers checks
	Answer       bool           // it answers our description: a full agent controls (RFC 8445 6.1.1)
	Candidates   []Candidate    // for a full agent
}

// ErrClosed is returned by calls on a closed leg.
var ErrClosed = errors.New("access leg is closed")

// path is where packets go now; replaced, never edited.
type path struct {
	via    Writer
	remote netip.AddrPort
}

type legCounts struct {
	authFailed, unparsed, dtlsDropped, controlFailed uint64
}

// types are the payload types of a leg: the RTP clocks of sound and picture, and what is a retransmission. Replaced, never edited.
type types struct {
	clocks, video packet.Clocks
	repair        [128]bool
}

// Leg is one browser's leg. Safe for concurrent use.
type Leg struct {
	port  *Port
	owner Owner
	log   *slog.Logger

	lastCheck atomic.Int64 // Unix nanoseconds of the last valid check
	path      atomic.Pointer[path]
	keys      atomic.Pointer[keys]
	types     atomic.Pointer[types]

	mu      sync.Mutex // guards the following
	ice     agent
	checker *checker // nil for a lite agent
	assoc   *association
	control packet.Control
	video   packet.Control // of the picture, in the same RTCP session; SSRC 0 without
	counts  legCounts
	life
}

// life is how far a leg has come.
type life struct {
	since     time.Time // when the browser's description came, and the browser had ours
	late      bool      // it does not have ours yet
	connected bool      // was, at least once
	lost      bool
	shut      bool // the browser closed DTLS
	failed    bool
	closed    bool
}

// NewLeg registers a leg with fresh credentials. ssrc and cname are those of the
// stream sent to the browser; interval is the mean time between RTCP reports.
func (p *Port) NewLeg(owner Owner, ssrc uint32, cname string, interval time.Duration, log *slog.Logger) *Leg {
	l := &Leg{port: p, owner: owner, log: log}
	l.control = packet.Control{SSRC: ssrc, CNAME: cname, Interval: interval}
	l.types.Store(new(types))
	l.ice.cur = newCredentials()
	for !p.enlist(l.ice.cur.UFrag, l) {
		l.ice.cur = newCredentials()
	}
	l.checker = p.newChecker(l)
	return l
}

// Local returns the credentials for our next description.
func (l *Leg) Local() Credentials {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ice.cur
}

// Defer tells that the browser will get our description later than it is written. Until Expect the leg waits without a limit.
func (l *Leg) Defer() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.late = true
}

// Expect tells that the browser has our description: from now on it has its time to nominate a pair. It does nothing for a leg
// that was not deferred.
func (l *Leg) Expect(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.late {
		l.late, l.since = false, now
	}
}

// SetRemote takes the browser's description. The first call lets ICE and DTLS
// run; a new ufrag and pwd later is an ICE restart (RFC 8445 9), after which
// Local returns new credentials and the old pair serves until another is
// nominated; another fingerprint is a new DTLS association (RFC 8842 4).
func (l *Leg) SetRemote(r Remote, now time.Time) error {
	if len(r.UFrag) < 4 || len(r.UFrag) > 256 || len(r.Pwd) < 22 || len(r.Pwd) > 256 {
		return errors.New("ICE user fragment or password has a wrong length (RFC 8839 5.4)")
	}
	prints, err := trust(r.Fingerprints)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	l.learn(r)
	restart := l.ice.remote != "" && l.ice.remote != r.UFrag
	switch {
	case l.ice.remote == "":
		if l.ice.remote = r.UFrag; !l.late {
			l.since = now
		}
	case l.ice.remote != r.UFrag:
		if err := l.restartICE(r.UFrag); err != nil {
			return err
		}
		l.since = now
	}
	if l.checker != nil {
		l.checker.begin(l, r, restart, l.assoc == nil || !l.assoc.is(prints))
	}
	l.associate(r.Client, prints)
	l.startDTLS()
	return nil
}

// learn notes the payload types of a description.
func (l *Leg) learn(r Remote) {
	t := new(types)
	if r.Clocks != nil {
		t.clocks = *r.Clocks
	}
	if r.Video != nil {
		t.video = *r.Video
	}
	if r.Repair != nil {
		t.repair = *r.Repair
	}
	l.types.Store(t)
}

// AddVideo begins the RTCP of video: ssrc and cname are those of the stream sent to the browser.
func (l *Leg) AddVideo(ssrc uint32, cname string, interval time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.video = packet.Control{SSRC: ssrc, CNAME: cname, Interval: interval}
}

func (l *Leg) restartICE(remote string) error {
	if l.ice.prev.UFrag != "" {
		l.port.drop(l.ice.prev.UFrag)
	}
	for range 8 {
		l.ice.restart(remote)
		if l.port.enlist(l.ice.cur.UFrag, l) {
			return nil
		}
		l.ice.cur, l.ice.remote, l.ice.generation = l.ice.prev, l.ice.prevRemote, l.ice.generation-1
	}
	return fmt.Errorf("draw ICE credentials: all taken")
}

// associate makes the DTLS association, or a new one where the certificate
// changes. The caller holds the lock.
func (l *Leg) associate(client bool, prints trusted) {
	old := l.assoc
	if old != nil {
		if old.is(prints) {
			return
		}
		l.stopDTLS(old)
		l.keys.Store(nil) // the old keys mean nothing to the new peer
		if l.connected {
			l.lose(ReasonRenewed)
		}
	}
	a := &association{client: client, trusted: prints, done: make(chan struct{})}
	a.feed = newFeed(l.writeDTLS)
	a.feed.open()
	l.assoc = a
	l.failed, l.shut = false, false
	if l.ice.nominatedAs == l.ice.generation {
		l.route() // the same transport, only another certificate
	}
}

// is reports that a description's fingerprints are those of the association's browser.
func (a *association) is(prints trusted) bool {
	cert := a.peerCert.Load()
	return a.trusted.equal(prints) || cert != nil && prints.match(*cert)
}

// stopDTLS ends an association's goroutines without waiting.
func (l *Leg) stopDTLS(a *association) {
	if a.cancel != nil {
		a.cancel()
	}
	_ = a.feed.Close()
	if !a.running {
		a.running = true
		close(a.done)
	}
}

func (l *Leg) writeDTLS(b []byte) error {
	p := l.path.Load()
	if p == nil {
		return packet.ErrNotReady
	}
	return p.via.WriteTo(b, p.remote)
}

// route publishes the nominated pair. The caller holds the lock.
func (l *Leg) route() {
	if p := l.ice.current(); p != nil && !l.closed {
		l.path.Store(&path{via: p.via, remote: p.remote})
	}
}

// revive ends a loss when checks come again. The caller holds the lock.
func (l *Leg) revive() {
	renewing := l.connected && l.assoc != nil && !l.assoc.up // established says when
	if !l.lost || l.shut || renewing || l.ice.current() == nil {
		return
	}
	l.restore()
}

// restore ends a loss. The caller holds the lock.
func (l *Leg) restore() {
	l.lost = false
	l.route()
	l.owner.AccessEvent(Event{Kind: Restored})
}

// lose stops sending and tells the owner, once. The caller holds the lock.
func (l *Leg) lose(reason Reason) {
	if l.lost || l.failed {
		return
	}
	l.lost = true
	l.path.Store(nil) // nothing is sent without consent (RFC 7675 5.1)
	l.owner.AccessEvent(Event{Kind: Lost, Reason: reason})
}

// fail ends the leg's hopes, once. The caller holds the lock.
func (l *Leg) fail(reason Reason) {
	if l.failed {
		return
	}
	l.failed = true
	l.path.Store(nil)
	l.keys.Store(nil)
	l.owner.AccessEvent(Event{Kind: Failed, Reason: reason})
}

// guard is deferred around everything a packet makes this leg do: a panic ends
// this leg, not the program.
func (l *Leg) guard() {
	r := recover()
	if r == nil {
		return
	}
	l.log.Error("access leg ended by a fault", "fault", fmt.Sprint(r), "stack", string(debug.Stack()))
	l.Fault() // every lock is released by defer, so none is held here
}

// Fault ends the leg with ReasonInternal.
func (l *Leg) Fault() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.fail(ReasonInternal)
	}
}

// Close says goodbye to the browser and waits until nothing of the leg runs.
// Safe to call twice; not from a handler.
func (l *Leg) Close() {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return
	}
	l.closed = true
	a := l.assoc
	l.port.drop(l.ice.cur.UFrag)
	if l.ice.prev.UFrag != "" {
		l.port.drop(l.ice.prev.UFrag)
	}
	var done <-chan struct{}
	var resting *dtls.State
	if a != nil {
		l.stopDTLS(a)
		done, resting = a.done, a.state
	}
	if l.checker != nil {
		l.checker.close(l.port, l)
	}
	peers := slices.Clone(l.ice.peers)
	l.mu.Unlock()
	if a != nil {
		<-done
	}
	if resting != nil {
		l.goodbye(a, resting) // before connections close
	}
	for _, p := range peers {
		l.release(p)
	}
	l.path.Store(nil)
	l.keys.Store(nil)
}
