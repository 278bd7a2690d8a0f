package transaction

import (
	"fmt"
	"time"
)

// Timers are the three values every timer of RFC 3261 17 is made of, and the limits of our own choosing.
type Timers struct {
	T1 time.Duration `yaml:"t1"` // round-trip estimate; RFC 3261 Table 4: 500 ms
	T2 time.Duration `yaml:"t2"` // longest interval between retransmissions; 4 s
	T4 time.Duration `yaml:"t4"` // how long a message may stay in the network; 5 s

	// Trying is how long the user may take to answer an INVITE before 100 is sent for it (RFC 3261 17.2.1: 200 ms).
	Trying time.Duration `yaml:"trying"`
	// MaxTransactions bounds the transactions alive. Above it a new request outside a dialog gets 503 with Retry-After;
	// requests inside dialogs may use a quarter more, so that calls in progress are not hurt.
	MaxTransactions int `yaml:"max_transactions"`
	// RetryAfter is what that 503 says, rounded up to seconds.
	RetryAfter time.Duration `yaml:"retry_after"`
}

// DefaultTimers returns the values of RFC 3261 Table 4 as TS 24.229 7.7 keeps them between core elements.
func DefaultTimers() Timers {
	return Timers{
		T1: 500 * time.Millisecond, T2: 4 * time.Second, T4: 5 * time.Second,
		Trying:          200 * time.Millisecond,
		MaxTransactions: 100_000,
		RetryAfter:      5 * time.Second,
	}
}

// Validate reports the first value that cannot work.
func (t Timers) Validate() error {
	switch {
	case t.T1 <= 0 || t.T1 > 10*time.Second:
		return fmt.Errorf("t1: %v is not between 0 and 10s", t.T1)
	case t.T2 < t.T1:
		return fmt.Errorf("t2: %v is shorter than t1", t.T2)
	case t.T4 <= 0 || t.T4 > time.Minute:
		return fmt.Errorf("t4: %v is not between 0 and 1m", t.T4)
	case t.Trying <= 0 || t.Trying > time.Minute:
		return fmt.Errorf("trying: %v is not between 0 and 1m", t.Trying)
	case t.MaxTransactions < 1:
		return fmt.Errorf("max_transactions: must be above zero")
	case t.RetryAfter < time.Second:
		return fmt.Errorf("retry_after: must be at least 1s")
	}
	return nil
}
