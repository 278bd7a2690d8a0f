package transaction

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/transport"
)

// FuzzLayer plays a string of events against one layer: each byte is a message of the far side, a call of the user's or
// the passing of time. Nothing may panic or overlap, and an hour later nothing may be left but ringing calls.
func FuzzLayer(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
	f.Add([]byte{16, 17, 33, 49, 65, 81, 97, 113, 129, 145, 161, 177, 193, 209, 225, 241})
	f.Add([]byte{8, 9, 10, 24, 25, 26, 40, 11, 12, 15, 31, 47, 13, 14})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 200 {
			return
		}
		synctest.Test(t, func(t *testing.T) {
			fk := &fake{start: time.Now()}
			l, err := New(fk, DefaultTimers(), discard())
			if err != nil {
				t.Fatal(err)
			}
			play(t, l, fk, script)
			pass(time.Hour)
			s := l.Stats()
			if s.Panics != 0 {
				t.Errorf("a callback failed: %+v", s)
			}
			for _, c := range l.clients {
				if c.m.state != Proceeding {
					t.Errorf("client left in %v", c.m.state)
				}
			}
			for _, srv := range l.servers {
				if srv.m.state != Proceeding || srv.req.Method != sip.INVITE {
					t.Errorf("server of %s left in %v", srv.req.Method, srv.m.state)
				}
			}
			l.Close()
			synctest.Wait()
		})
	})
}

// play interprets the script: the low four bits are the event, the high ones choose the call and the network.
func play(t *testing.T, l *Layer, fk *fake, script []byte) {
	var servers []*Server
	l.OnRequest(func(s *Server) { servers = append(servers, s) })
	var clients []*Client
	var sent []*sip.Request // theirs
	methods := []sip.RequestMethod{sip.INVITE, sip.BYE, sip.MESSAGE, sip.REGISTER}
	for _, b := range script {
		n := int(b >> 4)
		id := string(rune('a' + n/4))
		src, dst := udpSource(), udpTarget
		if n&1 != 0 {
			src, dst = tcpSource(), tcpTarget
		}
		switch e := b & 15; e {
		case 0, 1, 2:
			fk.handler(incoming(methods[e], id), src)
		case 3:
			fk.handler(ackOf(incoming(sip.INVITE, id)), src)
		case 4:
			fk.handler(cancelFor(incoming(sip.INVITE, id), nil), src)
		case 5, 6, 7:
			if len(servers) > 0 {
				s := servers[n%len(servers)]
				// ErrAnswered is a legal outcome of any order of events.
				_ = s.Respond(answerTo(s.Request(), []int{183, 200, 486}[e-5], "us"))
			}
		case 8, 9:
			if c, err := l.Request(newRequest(methods[e-8], id), dst, &listener{}); err == nil {
				clients, sent = append(clients, c), append(sent, c.Request())
			}
		case 10, 11, 12:
			if len(clients) > 0 {
				fk.handler(answerTo(sent[n%len(sent)], []int{180, 200, 500}[e-10], id), src)
			}
		case 13:
			if len(clients) > 0 {
				_ = clients[n%len(clients)].Cancel() // ErrNotInvite and ErrFinished are legal
			}
		case 14:
			fk.mu.Lock()
			fk.later = n&2 != 0
			fk.err = nil
			if n&4 != 0 {
				fk.err = transport.ErrQueueFull
			}
			fk.mu.Unlock()
		case 15:
			pass(time.Duration(1<<n) * 10 * time.Millisecond)
		}
	}
}
