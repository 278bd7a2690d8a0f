package session

import (
	"time"

	"causeway/signaling/b2bua"
	"causeway/signaling/call"
	"causeway/signaling/wire"
)

// The browsers of one user see each other's calls (session.elsewhere) and take them over (call.pull). Two sessions never wait for one
// another: each step is a function in one's queue that posts the next into the other's.

// pull asks the session that has the call to let go of it.
func (s *Session) pull(id wire.ID, p wire.PullParams) {
	if fault := s.mayCall(p.Call, false); fault != nil {
		s.refuse(id, fault)
		return
	}
	from := s.manager.find(p.Session)
	if from == nil || from == s || !from.identity.Same(s.identity) || !from.admitted() {
		s.refuse(id, wire.NewError(wire.NameCallUnknown))
		return
	}
	s.arriving[p.Call] = true
	from.post(func() { from.release(s, id, p) })
}

// release gives a call to another session of the user.
func (s *Session) release(to *Session, id wire.ID, p wire.PullParams) {
	refuse := func(fault *wire.Error) {
		to.post(func() {
			delete(to.arriving, p.Call)
			to.refuse(id, fault)
		})
	}
	c := s.calls[p.From]
	if c == nil || s.ended.Load() {
		refuse(wire.NewError(wire.NameCallUnknown))
		return
	}
	answer, fault := c.Pull(p.SDP)
	if fault != nil {
		refuse(fault)
		return
	}
	left := c.Snapshot()
	delete(s.calls, p.From)
	s.tell(wire.EventEnded, wire.CallEnded{Call: p.From, Cause: wire.NewCause(wire.NameMoved, "local"), Duration: wire.Millis(time.Since(left.StartedAt.Time))})
	s.publish()
	c.Move(host{to}, p.Call, func() { to.receive(id, p.Call, c, answer) })
}

// receive takes a call of another session.
func (s *Session) receive(id wire.ID, name string, c *b2bua.Call, answer string) {
	delete(s.arriving, name)
	s.calls[name] = c
	if s.ended.Load() {
		c.End(call.Cause{Side: call.Browser, Kind: call.SessionEnded, Text: "the browser that took the call over is gone"})
		return
	}
	s.answer(id, wire.PullResult{Snapshot: c.Snapshot(), SDP: answer})
	s.publish()
}

// publish shows this session's answered calls to the user's other browsers.
func (s *Session) publish() {
	var own []wire.ElsewhereCall
	for name, c := range s.calls {
		if shot := c.Snapshot(); shot.State == wire.CallActive {
			own = append(own, wire.ElsewhereCall{Session: s.id, Call: name, Direction: shot.Direction, Remote: shot.Remote, StartedAt: shot.StartedAt, Video: shot.Video})
		}
	}
	s.manager.show(s, own)
}

// show notes what a session has and tells the user's others.
func (m *Manager) show(s *Session, own []wire.ElsewhereCall) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(own) == 0 && len(s.shown) == 0 {
		return
	}
	s.shown = own
	for _, other := range m.users[s.identity.IMPU] {
		if other != s {
			m.showTo(other)
		}
	}
}

// showTo tells a session of the calls in the user's other browsers. The caller holds mu.
func (m *Manager) showTo(s *Session) {
	e := wire.SessionElsewhere{Calls: []wire.ElsewhereCall{}}
	for _, other := range m.users[s.identity.IMPU] {
		if other != s && other.identity.Same(s.identity) {
			e.Calls = append(e.Calls, other.shown...)
		}
	}
	s.post(func() {
		if !s.ended.Load() {
			s.tell(wire.EventElsewhere, e)
		}
	})
}

// look tells a session that has just begun what its user's other browsers have.
func (m *Manager) look(s *Session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, other := range m.users[s.identity.IMPU] {
		if other != s && len(other.shown) > 0 {
			m.showTo(s)
			return
		}
	}
}
