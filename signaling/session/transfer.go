package session

import (
	"slices"
	"time"

	"causeway/signaling/b2bua"
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/wire"
)

// A far phone's wish that the user call somebody else (REFER) is kept here, not in its call: whoever asked may hang up before the page
// follows.
//
//	b2bua: TellRefer --> wish: call.refer --> call.start with its id --> takeWish: a new call, which reports
//	                                     \--> call.refuseRefer         --> 603
//	                                      \-> nothing in wishTime      --> 480

// wishTime is how long a page has to follow a wish.
const wishTime = time.Minute

// maxWishes bounds the wishes of one session: each call has one at a time, and keeps it for wishTime at most.
const maxWishes = 8

// wished is a wish that waits for the page.
type wished struct {
	wish  *ims.Wish
	timer *time.Timer
}

// wish shows a wish to the page.
func (s *Session) wish(name string, w *ims.Wish, follow bool) {
	if len(s.wishes) >= maxWishes {
		w.Report(603)
		return
	}
	id := newID()
	if s.wishes == nil {
		s.wishes = map[string]*wished{}
	}
	s.wishes[id] = &wished{wish: w, timer: time.AfterFunc(wishTime, func() { s.post(func() { s.takeWish(id).Report(480) }) })}
	e := wire.CallRefer{Call: name, Refer: id, Target: b2bua.Party(w.Target), Replaces: w.Replaces, Follow: follow, Within: wire.Millis(wishTime)}
	if w.By != nil {
		by := b2bua.Party(*w.By)
		e.ReferredBy = &by
	}
	s.tell(wire.EventRefer, e)
}

// takeWish takes a wish off the list; nil if it is not there.
func (s *Session) takeWish(id string) *ims.Wish {
	w := s.wishes[id]
	if w == nil {
		return nil
	}
	w.timer.Stop()
	if delete(s.wishes, id); len(s.wishes) == 0 {
		s.wishes = nil
	}
	return w.wish
}

// refuseWish tells the far phone that the user does not want to.
func (s *Session) refuseWish(id wire.ID, p wire.RefuseReferParams) {
	w := s.takeWish(p.Refer)
	if w == nil {
		s.refuse(id, wire.NewError(wire.NameReferUnknown))
		return
	}
	w.Report(603)
	s.answer(id, nil)
}

// dropWishes ends what nobody will follow any more.
func (s *Session) dropWishes() {
	for id := range s.wishes {
		s.takeWish(id).Report(480)
	}
}

// callOf finds the call of a dialog's key; "" for the key "". false: there is none any more.
func (s *Session) callOf(key string) (name string, ok bool) {
	if key == "" {
		return "", true
	}
	for name, c := range s.calls {
		if c.Key() == key {
			return name, true
		}
	}
	return "", false
}

// ringElsewhere looks for the call to be replaced in the user's other browsers, one after the other: it may have moved there.
func (s *Session) ringElsewhere(d b2bua.Dialog, e ims.IncomingCall) {
	var look func(others []*Session)
	look = func(others []*Session) {
		if len(others) == 0 {
			d.Hangup(call.Cause{Side: call.Gateway, Kind: call.Declined, Text: "the call whose place it was to take is over"})
			return
		}
		next := others[0]
		next.post(func() {
			if _, ok := next.callOf(e.Replaces); ok && !next.ended.Load() {
				next.ring(d, e)
				return
			}
			look(others[1:])
		})
	}
	look(s.manager.others(s))
}

// others are the user's other sessions.
func (m *Manager) others(s *Session) []*Session {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(m.users[s.identity.IMPU]), func(o *Session) bool { return o == s || !o.identity.Same(s.identity) })
}
