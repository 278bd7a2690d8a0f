package session

import (
	"log/slog"
	"net/netip"

	"causeway/signaling/b2bua"
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/messaging"
	"causeway/signaling/wire"
)

// host is what a session's calls and messages see of it.
type host struct{ *Session }

func (h host) Post(f func())                    { h.post(f) }
func (h host) Answer(id wire.ID, result any)    { h.answer(id, result) }
func (h host) Refuse(id wire.ID, e *wire.Error) { h.refuse(id, e) }
func (h host) IMPU() string                     { return h.identity.IMPU }
func (h host) Log() *slog.Logger                { return h.log }

func (h host) Tell(method string, params any) {
	h.tell(method, params)
	if method == wire.EventAccepted || method == wire.EventVideo {
		h.publish()
	}
}

func (h host) Invite(p ims.InviteParams) (b2bua.Dialog, error) {
	if h.binding == nil {
		return nil, call.Cause{Side: call.Gateway, Kind: call.Deregistered}
	}
	return h.binding.Invite(p)
}

func (h host) Attached() bool { return h.link != nil }

func (h host) Line() messaging.Line {
	if h.binding == nil {
		return nil
	}
	return h.binding
}

func (h host) Browser() (netip.Addr, bool) {
	if h.link == nil {
		return netip.Addr{}, false
	}
	return h.link.socket.Remote(), true
}

func (h host) Call(name string) *b2bua.Call { return h.calls[name] }

func (h host) Wish(call string, w *ims.Wish, follow bool) { h.wish(call, w, follow) }

func (h host) Ended(name string, o b2bua.Outcome) {
	delete(h.calls, name)
	h.out.forget(name)
	h.publish()
	h.manager.leave(o)
}

// newCall notes a call that has yet to begin.
func (s *Session) newCall(name, direction string) *b2bua.Call {
	c := s.manager.agent.NewCall(host{s}, name, direction)
	s.calls[name] = c
	return c
}
