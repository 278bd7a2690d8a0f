package peer

import "time"

// Constants of the specifications.
const (
	minWatchdog    = 6 * time.Second  // Tw must not be lower (RFC 3539 3.4.1)
	defaultTw      = 30 * time.Second // Twinit (RFC 3539 3.4.1)
	watchdogJitter = 2 * time.Second  // Tw is Twinit plus or minus this (RFC 3539 3.4.1)
	reopenProofs   = 3                // watchdog answers that make a failed connection good again (RFC 3539 3.4.1)
)

// Constants of our choosing.
const (
	defaultDial    = 2 * time.Second        // for a TCP connection
	defaultBase    = 2 * time.Second        // for a CEA, a DPA, the peer's close after its DPR
	defaultMinWait = 250 * time.Millisecond // first reconnect
	defaultMaxWait = 3 * time.Second        // with Base, a peer that is back is used within 5 s; RFC 6733 12 says 30 s, and SHOULD
	defaultTimeout = 2 * time.Second        // a call's set-up waits no longer for an answer
	linger         = 60 * time.Second       // a later answer is still recognised
	stable         = 10 * time.Second       // a connection that lived so long starts the back-off anew
	partial        = 3 * time.Second        // for the rest of a message once it has begun
	writeTimeout   = 5 * time.Second        // for one write to the socket
	queueFrames    = 1024                   // frames waiting to be written on one connection
	maxServing     = 256                    // requests of one peer read and not yet answered
	inboxEvents    = 256                    // events waiting for the loop
	defaultPending = 4096                   // requests waiting for an answer
)

// Timers are the durations a Machine works with.
type Timers struct {
	Watchdog time.Duration // Twinit
	Dial     time.Duration
	Base     time.Duration
	MinWait  time.Duration
	MaxWait  time.Duration
}

// timer names what a machine's deadline is set to by a transition.
type timer uint8

const (
	keep      timer = iota // the deadline stays as it is
	watchdog               // Twinit with jitter
	dialling               // Dial
	baseReply              // Base
	backOff                // grows from MinWait to MaxWait with jitter
	never                  // no deadline
)

// String returns the name used in the printed table.
func (t timer) String() string {
	return [...]string{"keep", "watchdog", "dial", "reply", "backoff", "never"}[t]
}

// after returns the duration of the timer. random is 64 random bits; attempt counts failed connections from 0.
func (t Timers) after(k timer, attempt int, random uint64) time.Duration {
	part := float64(random>>11) / (1 << 53) // [0,1)
	switch k {
	case watchdog:
		return t.Watchdog + time.Duration((2*part-1)*float64(watchdogJitter))
	case dialling:
		return t.Dial
	case baseReply:
		return t.Base
	case backOff:
		wait := t.MinWait
		for range min(attempt, 16) {
			wait = min(2*wait, t.MaxWait)
		}
		return wait/2 + time.Duration(part*float64(wait/2)) // never more than wait: the bound on coming back holds
	default:
		return 0
	}
}
