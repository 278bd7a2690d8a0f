package messaging

import (
	"strings"
	"sync"
	"sync/atomic"
)

// Agent knows which Box a report is for. It is safe for concurrent use.
type Agent struct {
	config Config
	stats  struct{ sent, received, reports, refused atomic.Uint64 }

	mu     sync.Mutex // guards the following
	waits  map[string]*sent
	counts map[string]*counters // of short messages, by IMPU
	told   [toldKept]string     // notifications given lately, so that two browsers of a user do not both give them
	next   int
}

const (
	// toldKept is how many notifications are remembered.
	toldKept = 1024
	// maxUsers bounds the numbering of short messages; beyond it a user's starts anew, which at worst loses a report.
	maxUsers = 50_000
)

// counters number a user's short messages: a centre tells them apart by it (TS 23.040 9.2.3.6, TS 24.011 8.2.3).
type counters struct{ relay, transfer, long byte }

// New makes an agent.
func New(config Config) *Agent {
	return &Agent{config: config, waits: map[string]*sent{}, counts: map[string]*counters{}}
}

// Stats counts since the start.
type Stats struct {
	Sent     uint64 // messages of pages that the network took
	Received uint64 // messages given to pages
	Reports  uint64 // reports given to pages
	Refused  uint64 // messages of the core that were refused, or could not be read
}

// Stats returns the counters.
func (a *Agent) Stats() Stats {
	return Stats{Sent: a.stats.sent.Load(), Received: a.stats.received.Load(), Reports: a.stats.reports.Load(), Refused: a.stats.refused.Load()}
}

// The keys of waits.
func byID(id string) string     { return "id " + id }     // imdn.Message-ID
func byCall(call string) string { return "call " + call } // Call-ID of the MESSAGE with an RP-DATA
func byRelay(impu string, reference byte) string { // RP-Message-Reference, for centres that leave In-Reply-To out
	return "relay " + impu + string(rune(reference))
}
func byTransfer(impu string, reference byte) string { // TP-Message-Reference
	return "transfer " + impu + string(rune(reference))
}

// expect notes that reports under a key are for a message. A key that is there already changes hands: references come round.
func (a *Agent) expect(m *sent, key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waits[key] = m
	m.keys = append(m.keys, key)
}

// forget takes a message's keys out.
func (a *Agent) forget(m *sent) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, key := range m.keys {
		if a.waits[key] == m {
			delete(a.waits, key)
		}
	}
	m.keys = nil
}

// whose finds the message that a report is about, nil if nobody here waits for it.
func (a *Agent) whose(keys ...string) *sent {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, key := range keys {
		if m := a.waits[key]; m != nil {
			return m
		}
	}
	return nil
}

// number counts one up for a user.
func (a *Agent) number(impu string, which func(*counters) *byte) byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.counts[impu]
	if c == nil {
		if len(a.counts) >= maxUsers {
			clear(a.counts)
		}
		c = &counters{}
		a.counts[impu] = c
	}
	n := which(c)
	*n++
	return *n
}

// once reports whether a notification has yet to be given.
func (a *Agent) once(parts ...string) bool {
	key := strings.Join(parts, " ")
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, t := range a.told {
		if t == key {
			return false
		}
	}
	a.told[a.next%toldKept], a.next = key, a.next+1
	return true
}
