package peer

import "time"

// The machine of one peer (RFC 6733 5.6, the initiator's half; RFC 3539 3.4.1):
//
//	        tick                connected               capable
//	 ┌────► Down ───────► Dialling ───────► Exchanging ─────────► Okay ◄──────────── Probing
//	 │       ▲  ▲            │ refused,         │ │   ▲            │  tick: DWR ─────►  │ │ alive
//	 │ lost, │  └────────────┘ tick             │ │   └ incapable, └────────────────────┘ │
//	 │ tick  │                                  │ │     heard, tick: down                 │ tick: failover
//	 │       │              capable-again: DWR  │ └────────────────────────┐              ▼
//	 │    Suspect ◄─────────────────────────────┼──────────────────────────┼────────── Suspect
//	 │       │ alive, heard: failback, Okay     ▼   tick: DWR              │
//	 │       └──────────────────────────────► Proving ◄──────── Reopen     │
//	 │                                          │  └─ alive ──────► ▲      │
//	 │                                          │ proven: Okay      │      │
//	 └──── lost, overdue ───────────────────────┘                          │
//	 any open state: leave ─► DPA, Leaving ─► (closed) Down;  stop ─► DPR, Closing ─► left, lost, tick ─► Stopped
//
// RFC 3539 gives no requests to a peer that is being reopened. Here it gets them when no other peer is usable: with
// one PCRF the rule would leave calls without policy for two watchdog periods after every reconnect.

// row is one transition. A row that is not listed leaves everything as it is: the input is late or means nothing there.
type row struct {
	listed bool
	next   State
	timer  timer
	do     []Action
}

func to(next State, t timer, do ...Action) row { return row{true, next, t, do} }

// transitions returns the table. It is a function so that nobody can change it; each Machine's owner builds it once.
func transitions() *[states][inputs]row {
	lost := to(Down, backOff, Failover, Close)
	stop := to(Closing, baseReply, Failover, SendDPR)
	leave := to(Leaving, baseReply, Failover, SendDPA)
	return &[states][inputs]row{
		Down: {
			Tick: to(Dialling, dialling, Dial),
			Stop: to(Stopped, never),
		},
		Dialling: {
			Connected: to(Exchanging, baseReply, SendCER),
			Refused:   to(Down, backOff),
			Tick:      to(Down, backOff, Close),
			Stop:      to(Stopped, never, Close),
		},
		Exchanging: exchanging(),
		Okay: {
			Tick:  to(Probing, watchdog, SendDWR),
			Asked: to(Okay, watchdog, SendDWA), Alive: to(Okay, watchdog), Heard: to(Okay, watchdog),
			Leave: leave, Lost: lost, Stop: stop,
		},
		Probing: {
			Tick:  to(Suspect, watchdog, Failover),
			Asked: to(Probing, watchdog, SendDWA), Alive: to(Okay, watchdog), Heard: to(Probing, watchdog),
			Leave: leave, Lost: lost, Stop: stop,
		},
		Suspect: {
			Tick:  to(Down, backOff, Failover, Close),
			Asked: to(Probing, watchdog, SendDWA, Failback), Alive: to(Okay, watchdog, Failback),
			Heard: to(Probing, watchdog, Failback),
			Leave: leave, Lost: lost, Stop: stop,
		},
		Reopen: {
			Tick:  to(Proving, watchdog, SendDWR),
			Asked: to(Reopen, keep, SendDWA), Alive: to(Reopen, keep), Heard: to(Reopen, keep),
			Proven: to(Okay, watchdog, Failback),
			Leave:  leave, Lost: lost, Stop: stop,
		},
		Proving: {
			Tick:    to(Proving, watchdog),
			Overdue: to(Down, backOff, Failover, Close),
			Asked:   to(Proving, keep, SendDWA), Alive: to(Reopen, keep), Heard: to(Proving, keep),
			Proven: to(Okay, watchdog, Failback),
			Leave:  leave, Lost: lost, Stop: stop,
		},
		Closing: {
			Left: to(Stopped, never, Close), Lost: to(Stopped, never, Close), Tick: to(Stopped, never, Close),
			// Both sides may say goodbye at once; a watchdog that crosses the DPR is still answered.
			Leave: to(Closing, keep, SendDPA), Asked: to(Closing, keep, SendDWA),
		},
		Leaving: {
			Lost: to(Down, backOff, Close), Tick: to(Down, backOff, Close), Stop: to(Stopped, never, Close),
			Asked: to(Leaving, keep, SendDWA),
		},
		Stopped: {},
	}
}

// exchanging is the table's row while the peer's CEA is awaited.
func exchanging() [inputs]row {
	// Anything but a CEA here is an error of the peer (RFC 6733 5.6, I-Rcv-Non-CEA).
	fault := to(Down, backOff, Close)
	return [inputs]row{
		Capable:      to(Okay, watchdog, Failback),
		CapableAgain: to(Proving, watchdog, SendDWR, Failback),
		Incapable:    fault,
		Asked:        fault, Alive: fault, Heard: fault, Leave: fault, Left: fault, Lost: fault, Tick: fault,
		Stop: to(Stopped, never, Close),
	}
}

// Machine is the state of one peer. It is a value: Step returns the next one. The zero Machine is Down with an attempt
// due at once.
type Machine struct {
	State    State
	Deadline time.Time // when Tick is due; zero for at once in Down, never elsewhere

	failures int       // failed attempts in a row
	since    time.Time // when the capabilities exchange succeeded
	failed   bool      // the connection before this one broke: RFC 3539's DOWN, not INITIAL
	proofs   int       // watchdog answers since the connection was reopened; -1 after one missed
	random   uint64    // state of the jitter's generator
}

// Due says whether a Tick is due, and otherwise when it will be; ok is false when never.
func (m Machine) Due(now time.Time) (due bool, at time.Time, ok bool) {
	if m.State == Stopped || (m.Deadline.IsZero() && m.State != Down) {
		return false, time.Time{}, false
	}
	return !now.Before(m.Deadline), m.Deadline, true
}

// Step is the machine: what happened at now makes the next machine and a list of actions. It is pure.
func Step(table *[states][inputs]row, t Timers, m Machine, in Input, now time.Time) (Machine, []Action) {
	in = derive(m, in)
	r := table[m.State][in]
	if !r.listed {
		return m, nil
	}
	switch {
	case m.State == Proving && in == Tick:
		m.proofs = -1 // one more interval is granted, the proof starts anew (RFC 3539 3.4.1)
	case in == Alive && (m.State == Proving || m.State == Reopen):
		m.proofs++
	case in == Capable || in == CapableAgain:
		m.since, m.proofs = now, 0
	}
	if r.next == Down {
		m = m.fell(now)
	}
	m.State = r.next
	if r.timer != keep {
		m.random = next(m.random)
		m.Deadline = time.Time{}
		if r.timer != never {
			m.Deadline = now.Add(t.after(r.timer, m.failures-1, m.random))
		}
	}
	return m, r.do
}

// derive makes the inputs that depend on more than the state.
func derive(m Machine, in Input) Input {
	switch {
	case in == Tick && m.State == Proving && m.proofs < 0:
		return Overdue
	case in == Capable && m.failed:
		return CapableAgain
	case in == Alive && (m.State == Proving || m.State == Reopen) && m.proofs == reopenProofs-1:
		return Proven
	default:
		return in
	}
}

// fell keeps the books of a connection that ended: a long-lived one starts the back-off anew, an orderly end
// (Leaving) leaves no suspicion behind.
func (m Machine) fell(now time.Time) Machine {
	if (m.State.open() || m.State == Leaving) && now.Sub(m.since) >= stable {
		m.failures = 0
	}
	m.failures++
	switch {
	case m.State == Leaving:
		m.failed = false
	case m.State.open():
		m.failed = true
	}
	return m
}

// next steps the jitter's generator (splitmix64).
func next(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	z := (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}
