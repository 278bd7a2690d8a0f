package hop

import "time"

// State of a breaker.
type State uint8

// The states. Traffic goes to Closed only; to HalfOpen goes one trial.
const (
	Closed State = iota
	Open
	HalfOpen
	states // number of states; keep last
)

// String names the state as metrics and logs do.
func (s State) String() string { return [states]string{"closed", "open", "half-open"}[s] }

// Input is what happened to a hop.
type Input uint8

// The inputs.
const (
	Succeeded Input = iota // any answer but 503
	Failed                 // silence, or no connection
	Refused                // 503
	Due                    // the time to wait is over
	inputs                 // number of inputs; keep last
)

// Choices of ours; no RFC gives numbers.
const (
	threshold = 2                // failures in a row that open a breaker
	firstWait = 5 * time.Second  // then doubling
	lastWait  = 60 * time.Second // longest wait after failures
	longest   = time.Hour        // longest Retry-After that is obeyed
)

// Breaker is the state of one hop. The zero value is Closed.
type Breaker struct {
	State    State
	Until    time.Time // Open: when it may be tried again
	Asked    bool      // Open because the hop itself asked for it (Retry-After): nothing at all goes there until then
	failures int
	wait     time.Duration
}

// row gives the next breaker for an input. after is the Retry-After of Refused, 0 if there was none.
type row func(b Breaker, after time.Duration, now time.Time) Breaker

// behaviour lists every pair.
var behaviour = [states][inputs]row{
	Closed:   {Succeeded: clear, Failed: count, Refused: rest, Due: same},
	Open:     {Succeeded: clear, Failed: same, Refused: rest, Due: trial},
	HalfOpen: {Succeeded: clear, Failed: open, Refused: rest, Due: same},
}

// Step gives a breaker one input. It is pure. Due counts only once the time has come.
func Step(b Breaker, in Input, after time.Duration, now time.Time) Breaker {
	return behaviour[b.State][in](b, after, now)
}

func clear(Breaker, time.Duration, time.Time) Breaker { return Breaker{} }

func same(b Breaker, _ time.Duration, _ time.Time) Breaker { return b }

func count(b Breaker, after time.Duration, now time.Time) Breaker {
	if b.failures++; b.failures < threshold {
		return b
	}
	return open(b, after, now)
}

func open(b Breaker, _ time.Duration, now time.Time) Breaker {
	b.wait = min(max(2*b.wait, firstWait), lastWait)
	b.State, b.Until, b.Asked = Open, now.Add(b.wait), false
	return b
}

// rest obeys Retry-After; a 503 without one is a failure like any other.
func rest(b Breaker, after time.Duration, now time.Time) Breaker {
	if after <= 0 {
		if b.State == HalfOpen {
			return open(b, after, now)
		}
		if b.State == Open {
			return b
		}
		return count(b, after, now)
	}
	until := now.Add(min(after, longest))
	if b.State == Open && b.Until.After(until) {
		until = b.Until
	}
	b.State, b.Until, b.Asked = Open, until, true
	return b
}

func trial(b Breaker, _ time.Duration, now time.Time) Breaker {
	if now.Before(b.Until) {
		return b
	}
	b.State = HalfOpen
	return b
}
