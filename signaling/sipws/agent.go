package sipws

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/pace"
	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/transaction"
	"causeway/signaling/wire"
)

// maxCalls bounds the dialogs of one user agent; the session's own limit is lower.
const maxCalls = 32

// agent is one user agent. Everything below log belongs to its queue.
type agent struct {
	server *Server
	log    *slog.Logger
	prefix string // of the ids of its requests: unique among all agents that may share a session
	work   pace.Queue

	flow    *Flow // nil when the connection is gone
	seat    *seat // nil when there is no page's connection to the session room
	waiting map[string]func(answer)
	nextID  uint64
	seq     uint64 // of the last notification
	reg     registration
	calls   map[string]*call // by the session's id
	dialogs map[string]*call // by our tag
	refused int              // logins of this connection
	name    name             // the last one that was told
	moving  bool             // calls are on their way from an agent whose connection was lost
	behind  [][]byte         // frames that wait for them
}

func newAgent(s *Server, f *Flow) *agent {
	return &agent{
		server: s, log: f.log, prefix: newToken()[:10] + "-", flow: f,
		waiting: map[string]func(answer){}, calls: map[string]*call{}, dialogs: map[string]*call{},
	}
}

// newToken is a random tag, Call-ID or name: at least 128 bits.
func newToken() string { return rand.Text() }

// uuid is the UUID of a +sip.instance (RFC 5626 4.1), a random one where there is none.
func uuid(instance string) string {
	text := strings.Trim(strings.ToLower(instance), `"<>`)
	text = strings.TrimPrefix(text, "urn:uuid:")
	if len(text) == 36 && strings.Trim(text, "0123456789abcdef-") == "" && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-' && strings.Count(text, "-") == 4 {
		return text
	}
	var b [16]byte
	_, _ = rand.Read(b[:])                      // crypto/rand.Read does not fail (it aborts the program)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80 // RFC 9562 5.4
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// post runs f in the agent's queue. A panic in f costs the connection, not the program.
func (a *agent) post(f func()) {
	a.work.Post(func() {
		defer func() {
			if p := recover(); p != nil {
				a.log.Error("panic in a SIP user agent, its connection ends", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				if a.flow != nil {
					a.flow.conn.Close(wire.CloseTryAgain, "internal error")
				}
			}
		}()
		f()
	})
}

// allow lists the methods taken.
func allow() []string {
	return []string{"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "PRACK", "UPDATE", "INFO", "REFER", "MESSAGE", "REGISTER"}
}

// refuse answers a request with a final status; why is shown to whoever reads the trace, "" for nothing.
func refuse(tx *transaction.Server, status int, why string, extra ...dialog.Header) {
	if why != "" {
		extra = append(extra, warning(why))
	}
	_ = tx.Respond(dialog.NewResponse(tx.Request(), status, newToken(), "", extra...)) // the transaction repeats it, or is over
}

// warning is text for people (RFC 3261 20.43); why must be a sentence of ours.
func warning(why string) dialog.Header {
	return dialog.Header{Name: "Warning", Value: `399 ` + host + ` "` + strings.NewReplacer(`\`, ``, `"`, `'`, "\r", " ", "\n", " ").Replace(why) + `"`}
}

// request takes a new request of the user agent; the call is that of a new INVITE.
func (a *agent) request(tx *transaction.Server) *call {
	req := tx.Request()
	tag, within := dialog.Param(dialog.First(req, "to", "t"), "tag")
	switch {
	case req.Method == sip.REGISTER:
		a.register(tx)
	case within:
		c := a.dialogs[tag]
		if c == nil || c.callID != dialog.First(req, "call-id", "i") {
			refuse(tx, 481, "")
			return nil
		}
		c.request(tx)
	case a.reg.as.aor == "":
		refuse(tx, 403, "Register first: nothing else is taken before.")
	case req.Method == sip.INVITE:
		return a.invite(tx)
	case req.Method == sip.MESSAGE:
		a.message(tx)
	case req.Method == sip.OPTIONS:
		refuse(tx, 200, "", dialog.Header{Name: "Allow", Value: strings.Join(allow(), ", ")}, dialog.Header{Name: "Accept", Value: "application/sdp, text/plain"},
			dialog.Header{Name: "Supported", Value: strings.Join(supported(), ", ")})
	case req.Method == sip.BYE, req.Method == sip.NOTIFY, req.Method == sip.PRACK, req.Method == sip.UPDATE, req.Method == sip.INFO:
		refuse(tx, 481, "")
	default:
		refuse(tx, 405, "", dialog.Header{Name: "Allow", Value: strings.Join(allow(), ", ")})
	}
	return nil
}

// ack takes the ACK of a 2xx.
func (a *agent) ack(req *sip.Request) {
	tag, _ := dialog.Param(dialog.First(req, "to", "t"), "tag")
	if c := a.dialogs[tag]; c != nil && c.callID == dialog.First(req, "call-id", "i") {
		c.acked(req)
	}
}

// unseated is told that the session has closed the agent's place.
func (a *agent) unseated(s *seat, code int, reason string) {
	if s != a.seat {
		return
	}
	a.rise()
	if a.flow == nil {
		return
	}
	switch {
	case a.reg.leaving: // our own logout: the connection may be used again
		a.server.park.forget(a.reg.as.key(), a)
		a.reg = registration{}
	case !a.reg.in && code != wire.CloseLoginTimeout && a.refused < maxRefused:
		a.sit() // a refused login: there may be another try, within the session's time limit
	case a.reg.in && code == wire.CloseReplaced: // another connection has taken the session up, or is about to
		a.flow.conn.Close(code, reason)
		a.wait()
	default:
		a.end(`SIP;cause=480;text="the registration has ended"`)
		a.flow.conn.Close(code, reason)
	}
}

// end hangs up what is left of the calls and forgets the registration.
func (a *agent) end(reason string) {
	for _, c := range a.calls {
		c.hangup(480, reason)
	}
	stop(a.reg.timer)
	a.server.park.forget(a.reg.as.key(), a)
	a.reg = registration{}
}

// lost is told that the connection is gone. A registered agent waits for its user agent to come back.
func (a *agent) lost(f *Flow) {
	if f != a.flow {
		return
	}
	a.flow = nil
	if a.reg.tx != nil {
		stop(a.reg.patience)
		a.reg.tx = nil
	}
	// A token shows whose session it is when the user agent comes back; with a password only the network can say that, and asks anew.
	waits := a.reg.in && !a.reg.digest && !a.reg.leaving
	a.rise() // the session's resume window begins
	if waits {
		a.wait()
		return
	}
	a.over()
}

// over lets go of everything.
func (a *agent) over() {
	stop(a.reg.timer)
	a.server.park.forget(a.reg.as.key(), a)
	a.rise()
	for _, c := range a.calls {
		c.forget()
	}
	a.reg = registration{}
}

func stop(t *time.Timer) {
	if t != nil {
		t.Stop()
	}
}
