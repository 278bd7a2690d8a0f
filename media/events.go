package media

import "sync"

// maxEvents bounds what waits for a Notify that does block after all.
const maxEvents = 256

// mailbox delivers one session's events in order. Its goroutine lives while
// something waits. Safe for concurrent use.
type mailbox struct {
	notify func(Event)

	mu      sync.Mutex // guards the following
	waiting []Event
	running bool
	closed  bool
	idle    sync.WaitGroup
}

// post queues an event; it never blocks.
func (m *mailbox) post(e Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || m.notify == nil || len(m.waiting) >= maxEvents {
		return
	}
	m.waiting = append(m.waiting, e)
	if !m.running {
		m.running = true
		m.idle.Go(m.run)
	}
}

func (m *mailbox) run() {
	for {
		e, ok := m.next()
		if !ok {
			return
		}
		m.notify(e)
	}
}

func (m *mailbox) next() (Event, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || len(m.waiting) == 0 {
		m.waiting, m.running = nil, false
		return nil, false
	}
	e := m.waiting[0]
	m.waiting = m.waiting[1:]
	return e, true
}

// close drops what waits and waits for the one being delivered.
func (m *mailbox) close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.idle.Wait()
}
