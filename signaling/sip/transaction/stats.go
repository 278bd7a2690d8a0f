package transaction

import "sync/atomic"

// Stats are counters since the start, and the transactions alive.
type Stats struct {
	Clients, Servers             int    // alive now
	ClientsStarted               uint64 // client transactions since the start
	ServersStarted               uint64 // server transactions since the start
	Retransmissions              uint64 // messages this side sent again by timer or on a repeated message
	Absorbed                     uint64 // repeated messages of the far side that went no further
	Timeouts, TransportErrors    uint64
	StrayResponses, StrayCancels uint64
	Merged, Refused              uint64 // 482 (RFC 3261 8.2.2.2) and 503 sent
	Panics                       uint64 // in the user's handlers
}

type counters struct {
	clients, servers, retransmissions, absorbed, timeouts, transportErrors atomic.Uint64
	strayResponses, strayCancels, merged, refused, panics                  atomic.Uint64
}

// Stats returns the counters.
func (l *Layer) Stats() Stats {
	l.mu.Lock()
	clients, servers := len(l.clients), len(l.servers)
	l.mu.Unlock()
	c := &l.stats
	return Stats{
		Clients: clients, Servers: servers, ClientsStarted: c.clients.Load(), ServersStarted: c.servers.Load(),
		Retransmissions: c.retransmissions.Load(), Absorbed: c.absorbed.Load(), Timeouts: c.timeouts.Load(),
		TransportErrors: c.transportErrors.Load(), StrayResponses: c.strayResponses.Load(), StrayCancels: c.strayCancels.Load(),
		Merged: c.merged.Load(), Refused: c.refused.Load(), Panics: c.panics.Load(),
	}
}
