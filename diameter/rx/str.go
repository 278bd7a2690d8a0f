package rx

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"causeway/diameter/dict"
	"causeway/diameter/peer"

	"github.com/fiorix/go-diameter/v4/diam"
)

// Waits between repetitions of an unanswered STR.
const (
	firstRepeat = time.Second
	lastRepeat  = 10 * time.Second
)

// Terminate ends the session (TS 29.214 4.4.4). It does not block: the STR is sent in the background, after the AAR
// that may be on its way, and repeated until it is answered or Config.TerminateFor is over. It is safe to call twice;
// the first cause counts.
func (s *Session) Terminate(cause TerminationCause) {
	s.mu.Lock()
	first := !s.terminating
	if first {
		s.terminating, s.cause = true, cause
	}
	s.mu.Unlock()
	if first {
		s.finish()
	}
}

// finish sends the STR in the background, if one is due.
func (s *Session) finish() {
	if s.client.background(s.terminate) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent {
		s.client.count.abandoned.Add(1)
	}
}

// terminate waits for its turn and sends the STR.
func (s *Session) terminate() {
	<-s.turn
	defer func() { s.turn <- struct{}{} }()
	for s.terminateOnce() {
	}
}

// terminateOnce sends one STR if one is due. It reports true when a late grant has made another one due meanwhile.
func (s *Session) terminateOnce() bool {
	s.mu.Lock()
	s.regranted = false
	due, id, host := s.sent, s.id, s.host
	var msg *diam.Message
	if due {
		msg = s.request(dict.CommandSessionTermination)
		msg.AddAVP(s.cause.AVP())
		msg.AddAVP(dict.OriginStateID(s.client.deps.OriginStateID))
	}
	s.mu.Unlock()
	if due {
		s.repeat(peer.Request{Message: msg, SessionID: id, Host: host})
	}
	s.mu.Lock()
	again := s.regranted
	s.terminated = !again
	s.mu.Unlock()
	if !again {
		s.client.remove(id)
	}
	return again
}

// repeat sends the STR until something final comes back. Each repetition has the same End-to-End id and the T flag,
// so that a PCRF that had it answers as before (RFC 6733 3).
func (s *Session) repeat(r peer.Request) {
	ctx, cancel := context.WithTimeout(s.client.life, s.client.cfg.TerminateFor)
	defer cancel()
	for wait := firstRepeat; ; wait = min(2*wait, lastRepeat) {
		answer, err := s.client.peers.Do(ctx, r)
		if err == nil && final(answer) {
			s.client.count.terminated.Add(1)
			return
		}
		if err == nil || errors.Is(err, peer.ErrTimeout) {
			r.Repeated = true
		}
		select {
		case <-time.After(wait/2 + rand.N(wait/2)):
		case <-ctx.Done():
			s.client.count.abandoned.Add(1)
			s.client.deps.Log.Warn("rx session could not be terminated", "rx_session", r.SessionID)
			return
		}
	}
}

// final says whether an STA ends the matter: everything does but a protocol error (3xxx), which says that the PCRF did
// not take the request. 5002 means that the session is gone, which is what was wanted.
func final(answer *diam.Message) bool {
	code, ok := dict.AVPs(answer.AVP).U32(dict.CodeResultCode, 0)
	return !ok || code/1000 != 3
}
