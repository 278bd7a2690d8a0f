package peer

// State is where the connection to one peer stands: RFC 6733 5.6's initiator states with RFC 3539 3.4's refined by
// whether a watchdog request is unanswered.
type State uint8

// The states.
const (
	Down       State = iota // no connection; the next attempt is due at the deadline (Closed; DOWN, INITIAL)
	Dialling                // TCP connection being made (Wait-Conn-Ack)
	Exchanging              // CER sent (Wait-I-CEA)
	Okay                    // usable (I-Open; OKAY, Pending false)
	Probing                 // usable, DWR unanswered (I-Open; OKAY, Pending true)
	Suspect                 // DWR unanswered for Tw: requests have moved elsewhere (I-Open; SUSPECT)
	Reopen                  // back after a failure, must prove itself; a last resort (I-Open; REOPEN, Pending false)
	Proving                 // the same with a DWR unanswered (I-Open; REOPEN, Pending true)
	Closing                 // DPR sent (Closing)
	Leaving                 // the peer's DPR is answered, it is about to close
	Stopped                 // for good
	states                  // number of states; keep last
)

// String returns the state's name in lower case, as logs and metrics use it.
func (s State) String() string {
	return [...]string{"down", "dialling", "exchanging", "okay", "probing", "suspect", "reopen", "proving", "closing",
		"leaving", "stopped", "invalid"}[min(s, states)]
}

// usable says whether requests may be sent: 2 gladly, 1 when no other peer is (see doc of the table), 0 not at all.
func (s State) usable() int {
	switch s {
	case Okay, Probing:
		return 2
	case Reopen, Proving:
		return 1
	default:
		return 0
	}
}

// open says whether there is a connection past the capabilities exchange.
func (s State) open() bool { return s.usable() > 0 || s == Suspect }

// Input is something that happened to a peer.
type Input uint8

// The inputs. Those marked "derived" are made by Step out of the one before, never given to it.
const (
	Tick         Input = iota // the deadline has passed
	Overdue                   // derived from Tick: the second deadline without a DWA while proving
	Connected                 // TCP is up
	Refused                   // TCP did not come up
	Capable                   // CEA 2001 with a common application
	CapableAgain              // derived from Capable: the connection before this one failed
	Incapable                 // CEA with an error, without Rx or malformed
	Asked                     // DWR
	Alive                     // DWA
	Proven                    // derived from Alive: the third one since the connection was reopened
	Heard                     // any other message
	Leave                     // DPR
	Left                      // DPA
	Lost                      // the connection is gone or has been found unusable
	Stop                      // we go
	inputs                    // number of inputs; keep last
)

// String returns the input's name in lower case.
func (i Input) String() string {
	return [...]string{"tick", "overdue", "connected", "refused", "capable", "capable-again", "incapable", "asked",
		"alive", "proven", "heard", "leave", "left", "lost", "stop", "invalid"}[min(i, inputs)]
}

// Action is something the loop has to do after a transition, in the order given.
type Action uint8

// The actions.
const (
	Dial Action = iota
	SendCER
	SendDWR
	SendDWA
	SendDPR
	SendDPA
	Failover // move the requests waiting for this peer to another, or let them wait for one
	Failback // the peer may be given requests: send those that wait
	Close    // close the connection
)

// String returns the action's name in lower case.
func (a Action) String() string {
	return [...]string{"dial", "cer", "dwr", "dwa", "dpr", "dpa", "failover", "failback", "close"}[a]
}
