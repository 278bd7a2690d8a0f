package access

import (
	"crypto/rand"
	"encoding/base64"
	"net/netip"
	"slices"
	"time"

	"causeway/media/demux"
)

// Limits of ours.
const (
	maxPeers     = 8                // validated addresses of one leg
	claimHold    = 10 * time.Second // how long after its last check an address cannot be taken over
	dampNominate = time.Second      // see agent.nominate
	rebindAfter  = 6 * time.Second  // see agent.rebound; browsers check each 2.5 to 6 s
)

// Credentials of one ICE generation (RFC 8445 5.3).
type Credentials struct{ UFrag, Pwd string }

// newCredentials draws an 8-character fragment (RFC 8839 5.4: at least 4) and a
// 24-character password (at least 22), 48 and 144 bits.
func newCredentials() Credentials {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	text := base64.RawStdEncoding.EncodeToString(b[:])
	return Credentials{UFrag: text[:8], Pwd: text[8:32]}
}

// Writer sends a datagram; *udp.Socket is one.
type Writer interface {
	WriteTo(b []byte, to netip.AddrPort) error
}

// route names a way to a browser: its address as we see it, and which of our lines it comes to. Two browsers may have one
// address where a NAT gives it out anew for each destination.
type route struct {
	remote netip.AddrPort
	line   uint8
}

func hashRoute(r route) uint8 { return demux.HashAddr(r.remote) ^ r.line }

// peer is one route that passed a check.
type peer struct {
	route
	via       Writer
	last      time.Time // last valid check
	used      time.Time // last valid check with USE-CANDIDATE
	priority  uint32
	candidate uint32 // generation of the credentials it was checked with
}

// agent is the ICE-lite side of one leg: always controlled (RFC 8445 6.1.1),
// answers checks, follows nomination. It is a value without clock, socket or
// lock; the leg's lock guards it.
//
//	no pair ──check──▶ validated ──USE-CANDIDATE──▶ nominated ──▶ (another nominated)
//	                                                    │
//	     restart: new credentials, old pair stays ◀─────┘ until one is nominated
//	                                                      with the new ones
type agent struct {
	cur, prev   Credentials // prev is valid during a restart only
	remote      string      // browser's ufrag, "" until its description came
	prevRemote  string
	generation  uint32
	peers       []peer
	nominated   route
	nominatedAs uint32 // generation it was nominated with
}

// known tells which generation a local ufrag belongs to and its password.
func (a *agent) known(local string) (gen uint32, pwd, remote string, ok bool) {
	switch {
	case local == a.cur.UFrag:
		return a.generation, a.cur.Pwd, a.remote, true
	case a.prev.UFrag != "" && local == a.prev.UFrag:
		return a.generation - 1, a.prev.Pwd, a.prevRemote, true
	}
	return 0, "", "", false
}

// restart begins a new generation (RFC 8445 9). A restart within a restart drops
// the middle generation's credentials but not the nominated pair.
func (a *agent) restart(remote string) {
	a.prev, a.prevRemote = a.cur, a.remote
	a.cur, a.remote = newCredentials(), remote
	a.generation++
}

func (a *agent) find(r route) *peer {
	for i := range a.peers {
		if a.peers[i].route == r {
			return &a.peers[i]
		}
	}
	return nil
}

// current is the nominated peer, nil before nomination.
func (a *agent) current() *peer {
	if !a.nominated.remote.IsValid() {
		return nil
	}
	return a.find(a.nominated)
}

// validated notes a valid check. When the list is full the least recently
// checked address other than the nominated one makes room; evicted is then set.
func (a *agent) validated(p peer) (evicted peer) {
	if old := a.find(p.route); old != nil {
		p.used = old.used
		p.candidate = max(p.candidate, old.candidate)
		*old = p
		return peer{}
	}
	if len(a.peers) >= maxPeers {
		oldest := -1
		for i := range a.peers {
			if a.peers[i].route != a.nominated && (oldest < 0 || a.peers[i].last.Before(a.peers[oldest].last)) {
				oldest = i
			}
		}
		evicted = a.peers[oldest]
		a.peers[oldest] = p
		return evicted
	}
	a.peers = append(a.peers, p)
	return peer{}
}

// nominate follows USE-CANDIDATE and reports whether the pair changed. The
// latest one wins, because a browser that moved may nominate a pair of lower
// priority, except while the present pair is being nominated too: an agent that
// puts USE-CANDIDATE on every check (aggressive nomination, RFC 5245) means the
// pair of highest priority.
func (a *agent) nominate(r route, gen uint32, now time.Time) bool {
	p := a.find(r)
	if p == nil {
		return false
	}
	p.used = now
	if gen < a.nominatedAs {
		return false // the old generation cannot take back a restarted pair
	}
	cur := a.current()
	switch {
	case cur == nil || gen > a.nominatedAs:
	case cur == p:
		return false
	case now.Sub(cur.used) < dampNominate && p.priority < cur.priority:
		return false
	}
	changed := a.nominated != r
	a.nominated, a.nominatedAs = r, gen
	return changed
}

// rebound reports that a check by route r, though it nominates nothing, shows that
// a NAT gave the nominated pair another address: the pair's own address fell
// silent while the same agent goes on checking. Not every browser repeats
// USE-CANDIDATE, and one that was moved by its router does not know of it.
func (a *agent) rebound(r route, gen uint32, now time.Time) bool {
	cur := a.current()
	return cur != nil && cur.route != r && gen == a.nominatedAs && now.Sub(cur.last) > rebindAfter
}

// settled reports that the newest generation has its pair, so the old
// credentials can go.
func (a *agent) settled() bool {
	return a.prev.UFrag != "" && a.nominatedAs == a.generation
}

// drop forgets a route that is no more. The nominated one is kept as one not heard of for long: see rebound.
func (a *agent) drop(r route) {
	switch p := a.find(r); {
	case p == nil:
	case r == a.nominated:
		p.last = time.Time{}
	default:
		a.peers = slices.DeleteFunc(a.peers, func(p peer) bool { return p.route == r })
	}
}

// forget drops the routes only older generations validated and returns them.
func (a *agent) forget() (gone []peer) {
	kept := a.peers[:0]
	for _, p := range a.peers {
		if p.candidate < a.generation && p.route != a.nominated {
			gone = append(gone, p)
			continue
		}
		kept = append(kept, p)
	}
	a.peers = kept
	a.prev, a.prevRemote = Credentials{}, ""
	return gone
}
