package transaction

import (
	"errors"
	"testing"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/transport"
)

// user is the receiver of server transactions in a test: it keeps them and what their hooks hear.
type user struct {
	servers []*Server
	heard   []string
}

func (u *user) attach(l *Layer) {
	l.OnRequest(func(s *Server) {
		u.servers = append(u.servers, s)
		u.heard = append(u.heard, "new "+string(s.Request().Method))
		s.OnCancel(func(*sip.Request) { u.heard = append(u.heard, "cancelled") })
		s.OnAck(func(*sip.Request) { u.heard = append(u.heard, "acked") })
		s.OnFailed(func(err error) {
			for _, known := range []error{ErrNoAck, ErrTransport, ErrTimeout} {
				if errors.Is(err, known) {
					u.heard = append(u.heard, "failed: "+known.Error())
				}
			}
		})
	})
	l.OnAck(func(*sip.Request, transport.Source) { u.heard = append(u.heard, "ack for 2xx") })
}

func (u *user) take() []string {
	out := u.heard
	u.heard = nil
	return out
}

func (u *user) last() *Server { return u.servers[len(u.servers)-1] }

func say(t *testing.T, s *Server, status int) {
	t.Helper()
	if err := s.Respond(answerTo(s.Request(), status, "us")); err != nil {
		t.Fatalf("%d: %v", status, err)
	}
}

// ackOf is the far side's ACK of a non-2xx.
func ackOf(invite *sip.Request) *sip.Request {
	ack := within(invite, sip.ACK)
	ack.AppendHeader(sip.HeaderClone(invite.To()))
	return ack
}

func serving(t *testing.T, run func(t *testing.T, l *Layer, f *fake, u *user)) {
	t.Helper()
	bubble(t, func(t *testing.T, l *Layer, f *fake) {
		u := &user{}
		u.attach(l)
		run(t, l, f, u)
	})
}
