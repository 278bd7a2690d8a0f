package transaction

import (
	"strings"
	"time"
)

// State is a state of one of the four machines. Not every machine has every state.
type State uint8

// The states of RFC 3261 17 and RFC 6026 (Accepted).
const (
	Calling State = iota // client INVITE, before any response
	Trying               // non-INVITE, before any response
	Proceeding
	Completed
	Confirmed // server INVITE, after the ACK of a non-2xx
	Accepted  // INVITE, after a 2xx (RFC 6026)
	Terminated
	states
)

// String returns the name the RFCs use.
func (s State) String() string {
	return [...]string{"Calling", "Trying", "Proceeding", "Completed", "Confirmed", "Accepted", "Terminated", "?"}[min(s, states)]
}

// Input is what can happen to a machine.
type Input uint8

// The inputs. Responses and requests come from the far side, the Say ones from the user, the Due ones from the clock.
const (
	Sent          Input = iota // the transport took our message, on an unreliable network
	SentReliable               // the same on a reliable one
	SendFailed                 // the transport did not
	Res1xx                     // client: a provisional response
	Res2xx                     // client: a 2xx
	ResFinal                   // client: a final response from 300 on
	Cancel                     // client: the user gives up; server: a CANCEL came
	Repeat                     // server: the request came again
	Ack                        // server: an ACK came
	Say1xx                     // server: the user sends a provisional response
	Say2xx                     // server: the user sends a 2xx
	SayFinal                   // server: the user sends a final response from 300 on
	TryingDue                  // server: nothing was said for Timers.Trying
	RetransmitDue              // timers A, E, G
	TimeoutDue                 // timers B, D, F, H, I, J, K, L, M
	inputs
)

// String returns the name of the constant.
func (i Input) String() string {
	return [...]string{
		"Sent", "SentReliable", "SendFailed", "Res1xx", "Res2xx", "ResFinal", "Cancel", "Repeat", "Ack",
		"Say1xx", "Say2xx", "SayFinal", "TryingDue", "RetransmitDue", "TimeoutDue", "?",
	}[min(i, inputs)]
}

// Action is a set of things to do. The low ones are for the runner, the high ones set the machine's own clocks.
type Action uint32

// What the runner does.
const (
	DoSend         Action = 1 << iota // the request again, or the response the user gave
	DoResend                          // the last response, if there was one
	DoTrying                          // send 100
	DoAck                             // client: build or repeat the ACK of a non-2xx
	DoCancel                          // client: send the CANCEL
	DoHold                            // client: keep the CANCEL until a provisional response
	DoPass                            // give the message to the user
	DoStray                           // give it to the layer's hook for messages without a transaction
	DoCancelled                       // server: tell the user of the CANCEL
	TellTimeout                       // timers B and F
	TellNoAck                         // timer H
	TellError                         // transport error
	DoAbsorb                          // count a repetition that goes no further
	setRetransmit                     // A, E, G at T1; not on a reliable network
	doubleUncapped                    // A
	doubleToT2                        // E, G
	atT2                              // E in Proceeding
	stopRetransmit
	set64T1 // B, F, H, L, M
	setD    // D: 64*T1, or 0 on a reliable network; J is the same
	setT4   // I, K: T4, or 0 on a reliable network
	stopTimeout
	setTrying
	stopTrying
)

// String lists the actions, for tests and debug lines.
func (a Action) String() string {
	names := [...]string{
		"send", "resend", "100", "ack", "cancel", "hold", "pass", "stray", "cancelled", "timeout!", "noack!", "error!", "absorb",
		"retransmit=T1", "retransmit*2", "retransmit*2<T2", "retransmit=T2", "retransmit=off",
		"timer=64T1", "timer=64T1|0", "timer=T4|0", "timer=off", "trying=on", "trying=off",
	}
	var out []string
	for i, name := range names {
		if a&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return strings.Join(out, " ")
}

// row is one cell of a table: where to go and what to do. An unlisted pair has ok unset and changes nothing.
type row struct {
	next State
	do   Action
	ok   bool
}

// table is one machine. It is built once per Layer and never changed.
type table [states][inputs]row

// on lists a pair; twice is a programming error found by the test that builds every table.
func (t *table) on(s State, in Input, next State, do Action) {
	if t[s][in].ok {
		panic("transaction table lists " + s.String() + " " + in.String() + " twice")
	}
	t[s][in] = row{next, do, true}
}

// machine is the state of one transaction: a value that is stepped with inputs and the time.
type machine struct {
	table    *table
	timers   *Timers
	state    State
	reliable bool
	interval time.Duration // of the last retransmission

	retransmitAt, timeoutAt, tryingAt time.Time // zero: off
}

// step takes one input. It returns what the runner has to do; ok is false if the table does not list the pair.
func (m *machine) step(in Input, now time.Time) (do Action, ok bool) {
	r := m.table[m.state][in]
	if !r.ok {
		return 0, false
	}
	if in == SentReliable {
		m.reliable = true
	}
	m.state = r.next
	m.clocks(r.do, now)
	if m.state == Terminated {
		m.retransmitAt, m.timeoutAt, m.tryingAt = time.Time{}, time.Time{}, time.Time{}
	}
	return r.do & (setRetransmit - 1), true
}

// clocks applies the actions on the machine's own timers.
func (m *machine) clocks(do Action, now time.Time) {
	switch {
	case do&setTrying != 0:
		m.tryingAt = now.Add(m.timers.Trying)
	case do&stopTrying != 0:
		m.tryingAt = time.Time{}
	}
	switch {
	case do&setRetransmit != 0 && !m.reliable && m.interval == 0: // the first sending only, not a repetition's success
		m.retransmit(now, m.timers.T1)
	case do&doubleUncapped != 0:
		m.retransmit(now, 2*m.interval)
	case do&doubleToT2 != 0:
		m.retransmit(now, min(2*m.interval, m.timers.T2))
	case do&atT2 != 0:
		m.retransmit(now, m.timers.T2)
	case do&stopRetransmit != 0:
		m.retransmitAt = time.Time{}
	}
	switch {
	case do&stopTimeout != 0:
		m.timeoutAt = time.Time{}
	case do&set64T1 != 0:
		m.timeoutAt = now.Add(64 * m.timers.T1)
	case do&setD != 0:
		m.timeoutAt = now.Add(m.unlessReliable(64 * m.timers.T1))
	case do&setT4 != 0:
		m.timeoutAt = now.Add(m.unlessReliable(m.timers.T4))
	}
}

func (m *machine) retransmit(now time.Time, after time.Duration) {
	m.interval, m.retransmitAt = after, now.Add(after)
}

func (m *machine) unlessReliable(d time.Duration) time.Duration {
	if m.reliable {
		return 0
	}
	return d
}

// due returns the input of a clock that has run out, and stops that clock. The end of the transaction comes first.
func (m *machine) due(now time.Time) (Input, bool) {
	for _, c := range [...]struct {
		at *time.Time
		in Input
	}{{&m.timeoutAt, TimeoutDue}, {&m.retransmitAt, RetransmitDue}, {&m.tryingAt, TryingDue}} {
		if !c.at.IsZero() && !c.at.After(now) {
			*c.at = time.Time{}
			return c.in, true
		}
	}
	return 0, false
}

// next returns when due has to be asked again; zero: never.
func (m *machine) next() time.Time {
	var at time.Time
	for _, t := range [...]time.Time{m.timeoutAt, m.retransmitAt, m.tryingAt} {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	return at
}
