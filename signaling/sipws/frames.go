package sipws

import (
	"encoding/json"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"causeway/signaling/wire"
)

// The agent's side of causeway.v1: requests go out as frames, answers and notifications come back as frames. That a user agent
// is a page and nothing more is what keeps everything it writes away from the core, so the frames are real.

// answer is what a request came to.
type answer struct {
	Result json.RawMessage
	Fault  *fault // nil: it was done
}

// fault is why a request was refused.
type fault struct {
	Message string `json:"message"`
	Data    struct {
		Name       string      `json:"name"`
		RetryAfter wire.Millis `json:"retryAfter"`
	} `json:"data"`
}

// frame is any frame of the session.
type frame struct {
	ID     string          `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *fault          `json:"error"`
}

// params are a request's parameters by name.
type params map[string]any

// seat is an agent's place in the session room: one connection of a page. An agent takes a new one for each login.
type seat struct {
	agent  *agent
	link   Link
	remote netip.Addr
	secure bool
}

// Send implements Socket.
func (s *seat) Send(data []byte) { s.agent.post(func() { s.agent.heard(s, data) }) }

// Close implements Socket.
func (s *seat) Close(code int, reason string) {
	s.agent.post(func() { s.agent.unseated(s, code, reason) })
}

// Remote implements Socket.
func (s *seat) Remote() netip.Addr { return s.remote }

// Secure implements Socket.
func (s *seat) Secure() bool { return s.secure }

// sit takes a place, unless the agent has one.
func (a *agent) sit() {
	if a.seat != nil || a.flow == nil {
		return
	}
	s := &seat{agent: a, remote: a.flow.conn.Remote(), secure: a.flow.conn.Secure()}
	s.link = a.server.deps.Attach(s)
	a.seat = s
}

// rise gives the place up. Whoever waits for an answer hears that there is none.
func (a *agent) rise() {
	s := a.seat
	if s == nil {
		return
	}
	a.seat = nil
	s.link.Closed()
	waiting := a.waiting
	a.waiting = map[string]func(answer){}
	for _, done := range waiting {
		done(failure(wire.NameSessionEnded))
	}
}

// failure is an answer of our own.
func failure(name string) answer {
	f := &fault{Message: wire.NewError(name).Message}
	f.Data.Name = name
	return answer{Fault: f}
}

// ask sends a request; done gets its answer.
func (a *agent) ask(method string, p params, done func(answer)) {
	if a.seat == nil {
		done(failure(wire.NameLoginRequired))
		return
	}
	a.nextID++
	id := a.prefix + strconv.FormatUint(a.nextID, 10)
	data, err := json.Marshal(struct {
		Version string `json:"jsonrpc"`
		ID      string `json:"id"`
		Method  string `json:"method"`
		Params  params `json:"params"`
	}{"2.0", id, method, p})
	if err != nil { // strings, numbers and maps of strings always marshal
		panic(err)
	}
	a.waiting[id] = done
	a.seat.link.Frame(data)
}

// insist sends a request that has to get through: one over the session's rate is sent again when it may.
func (a *agent) insist(method string, p params) {
	a.ask(method, p, func(r answer) {
		if r.Fault != nil && r.Fault.Data.Name == wire.NameRateLimited {
			time.AfterFunc(time.Duration(r.Fault.Data.RetryAfter)+10*time.Millisecond, func() { a.post(func() { a.insist(method, p) }) })
		}
	})
}

// heard takes one frame of the session.
func (a *agent) heard(s *seat, data []byte) {
	switch {
	case s != a.seat:
		return
	case a.moving:
		a.behind = append(a.behind, data)
		return
	}
	var f frame
	if err := json.Unmarshal(data, &f); err != nil {
		a.log.Error("frame of the session not read", "err", err)
		return
	}
	if f.Method == "" {
		done := a.waiting[f.ID]
		delete(a.waiting, f.ID)
		if done != nil {
			done(answer{Result: f.Result, Fault: f.Error})
		}
		return
	}
	if err := a.notified(f.Method, f.Params); err != nil {
		a.log.Error("frame of the session not read", "err", err, "method", f.Method)
	}
}

// notified takes a notification.
func (a *agent) notified(method string, data json.RawMessage) error {
	if method == wire.EventQuality {
		return nil // SIP has no room for it
	}
	var head struct {
		Seq  uint64 `json:"seq"`
		Call string `json:"call"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return err
	}
	a.seq = head.Seq
	switch method {
	case wire.EventRegistration:
		var e wire.Registration
		if err := json.Unmarshal(data, &e); err != nil {
			return err
		}
		a.registered(e)
	case wire.EventChallenge:
		var e wire.SessionChallenge
		if err := json.Unmarshal(data, &e); err != nil {
			return err
		}
		a.challenged(e)
	case wire.EventIncoming:
		var e wire.CallIncomingEvent
		if err := json.Unmarshal(data, &e); err != nil {
			return err
		}
		a.incoming(e)
	case wire.EventMessage:
		var e wire.MessageReceived
		if err := json.Unmarshal(data, &e); err != nil {
			return err
		}
		a.received(e)
	default:
		if c := a.calls[head.Call]; c != nil && strings.HasPrefix(method, "call.") {
			return c.notified(method, data)
		}
	}
	return nil
}
