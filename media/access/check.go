package access

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// maxAttributes bounds a check; browsers send ten or less.
const maxAttributes = 32

// request is one well-formed binding request; nothing of it is verified yet
// except its FINGERPRINT.
type request struct {
	msg           *stun.Message
	local, remote []byte // the two halves of USERNAME
}

// parseCheck reads a binding request of an ICE agent (RFC 8445 7.2.2, 7.3). It
// wants USERNAME, and as the last two attributes MESSAGE-INTEGRITY and
// FINGERPRINT: what stands behind the integrity attribute is not protected by it
// (RFC 8489 14.5). msg is the caller's scratch and keeps b.
func parseCheck(msg *stun.Message, b []byte) (request, bool) {
	if len(b) < 20 || binary.BigEndian.Uint32(b[4:]) != 0x2112A442 || len(b) != 20+int(binary.BigEndian.Uint16(b[2:])) {
		return request{}, false
	}
	msg.Raw = b
	if msg.Decode() != nil || msg.Type != stun.BindingRequest {
		return request{}, false
	}
	n := len(msg.Attributes)
	if n < 3 || n > maxAttributes ||
		msg.Attributes[n-2].Type != stun.AttrMessageIntegrity ||
		msg.Attributes[n-1].Type != stun.AttrFingerprint ||
		stun.Fingerprint.Check(msg) != nil {
		return request{}, false
	}
	name, err := msg.Get(stun.AttrUsername)
	if err != nil || len(name) > 513 { // RFC 8489 14.3: fewer than 509 octets; ICE: 256 + 1 + 256
		return request{}, false
	}
	local, remote, ok := bytes.Cut(name, []byte{':'})
	if !ok || len(local) == 0 {
		return request{}, false
	}
	return request{msg: msg, local: local, remote: remote}, true
}

// authentic checks MESSAGE-INTEGRITY with the password.
func (r request) authentic(pwd string) bool {
	return stun.NewShortTermIntegrity(pwd).Check(r.msg) == nil
}

// priority is the PRIORITY attribute, 0 when it is missing.
func (r request) priority() uint32 {
	v, err := r.msg.Get(stun.AttrPriority)
	if err != nil || len(v) != 4 {
		return 0
	}
	return binary.BigEndian.Uint32(v)
}

// unknown lists the attributes that must be understood and are not (RFC 8489
// 6.3.1).
func (r request) unknown() (list stun.UnknownAttributes) {
	for _, a := range r.msg.Attributes {
		if a.Type >= 0x8000 {
			continue
		}
		switch a.Type {
		case stun.AttrUsername, stun.AttrMessageIntegrity, stun.AttrPriority, stun.AttrUseCandidate,
			stun.AttrMessageIntegritySHA256:
		default:
			list = append(list, a.Type)
		}
	}
	return list
}

// answer builds the reply to a verified request; conflict makes it a 487. Replies are no longer than some 100 octets, about the request's own
// size, and only go to a holder of the password.
func (r request) answer(pwd string, from netip.AddrPort, conflict bool) (reply *stun.Message, ok bool) {
	reply = new(stun.Message)
	id := stun.NewTransactionIDSetter(r.msg.TransactionID)
	integrity := stun.NewShortTermIntegrity(pwd)
	var err error
	switch list := r.unknown(); {
	case len(list) > 0:
		err = reply.Build(id, stun.BindingError, stun.CodeUnknownAttribute, list, integrity, stun.Fingerprint)
		ok = false
	case conflict:
		err = reply.Build(id, stun.BindingError, stun.CodeRoleConflict, integrity, stun.Fingerprint)
		ok = false
	default:
		addr := from.Addr().As16()
		mapped := &stun.XORMappedAddress{IP: addr[:], Port: int(from.Port())}
		err = reply.Build(id, stun.BindingSuccess, mapped, integrity, stun.Fingerprint)
		ok = true
	}
	if err != nil {
		return nil, false
	}
	return reply, ok
}

// check answers one request for this leg and takes what it says.
func (l *Leg) check(r request, from route, via Writer, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	gen, pwd, remote, ok := l.ice.known(string(r.local))
	if !ok || (remote != "" && string(r.remote) != remote) || !r.authentic(pwd) {
		return false
	}
	// A lite agent cannot take the controlling role, so the peer must (RFC 8445 7.3.1.1).
	conflict := l.checker == nil && r.msg.Contains(stun.AttrICEControlled) || l.checker != nil && l.checker.conflict(l, r, gen)
	reply, good := r.answer(pwd, from.remote, conflict)
	if reply == nil {
		return false
	}
	if good && !l.hold(from, via, now) {
		return false
	}
	if via.WriteTo(reply.Raw, from.remote) != nil || !good {
		return good
	}
	evicted := l.ice.validated(peer{route: from, via: via, last: now, priority: r.priority(), candidate: gen})
	if evicted.remote.IsValid() {
		l.release(evicted)
	}
	if l.checker != nil {
		l.checker.request(l, r, from, gen, now)
		return true
	}
	l.lastCheck.Store(now.UnixNano())
	if r.msg.Contains(stun.AttrUseCandidate) || l.ice.rebound(from, gen, now) {
		l.nominated(from, gen, now)
	}
	l.revive()
	return true
}

// nominated follows one USE-CANDIDATE. The caller holds the lock.
func (l *Leg) nominated(from route, gen uint32, now time.Time) {
	had := l.ice.current() != nil
	changed := l.ice.nominate(from, gen, now)
	if l.ice.settled() {
		l.port.drop(l.ice.prev.UFrag)
		for _, gone := range l.ice.forget() {
			l.release(gone)
		}
	}
	idle := l.path.Load() == nil && !l.shut && !l.failed
	if !changed && !idle {
		return
	}
	l.route()
	if changed && had && l.connected {
		l.owner.AccessEvent(Event{Kind: PeerChanged, Remote: from.remote, Line: from.line})
	}
	l.startDTLS()
}
