// Package fork makes one answer of the answers that several phones of a user give to one INVITE, as a forking proxy does
// (RFC 3261 16.7).
//
//	phone 0 --180, 200 --\
//	phone 1 --180 --------> Answers --180, 180, 200--> the caller's transaction
//	phone 2 --486 -------/     '--- withdraw(1): answered elsewhere
//
// One call, walked: the peer's INVITE is for a user with three browsers. Each gets a call of its own with a To tag of its own,
// and answers through its Arm. Provisionals pass. The first 2xx passes and the others are withdrawn; their 487 goes nowhere. A 6xx
// withdraws the others too. Without either, the best of the refusals passes when the last phone has refused.
package fork

import (
	"errors"
	"sync"

	"github.com/emiago/sipgo/sip"
)

// ErrLost: a 2xx came after the call was decided; whoever sent it has no call.
var ErrLost = errors.New("the call was answered elsewhere")

// Answers collects the answers to one INVITE. It is safe for concurrent use.
type Answers struct {
	request  *sip.Request
	send     func(*sip.Response) error
	withdraw func(arm int)

	mu     sync.Mutex // guards the following
	finals []*sip.Response
	left   int
	winner int // -1 until a 2xx or 6xx came
}

// New collects the answers of n phones, 1 or more. send gives the caller an answer; withdraw tells phone number arm, from 0, that
// the call is decided. Neither may call back into Answers before it returns.
func New(request *sip.Request, n int, send func(*sip.Response) error, withdraw func(arm int)) *Answers {
	return &Answers{request: request, send: send, withdraw: withdraw, finals: make([]*sip.Response, n), left: n, winner: -1}
}

// Arm is one phone's end.
type Arm struct {
	answers *Answers
	number  int
}

// Arm returns the end of phone i.
func (a *Answers) Arm(i int) *Arm { return &Arm{a, i} }

// Request is the INVITE.
func (m *Arm) Request() *sip.Request { return m.answers.request }

// Respond takes an answer of this phone. What the caller is not to see any more is dropped; that is an error, ErrLost, for a 2xx only.
func (m *Arm) Respond(res *sip.Response) error {
	a := m.answers
	pass, withdrawn, err := a.take(m.number, res)
	if pass != nil {
		err = a.send(pass)
	}
	for _, i := range withdrawn {
		a.withdraw(i)
	}
	return err
}

// take notes an answer and says what passes, and which phones have to be told that it is over.
func (a *Answers) take(arm int, res *sip.Response) (pass *sip.Response, withdrawn []int, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.winner >= 0 && a.winner != arm:
		if res.StatusCode/100 == 2 {
			err = ErrLost
		}
		return nil, nil, err
	case res.StatusCode < 200, a.winner == arm: // the latter: repeated
		return res, nil, nil
	case res.StatusCode < 300 || res.StatusCode >= 600:
		a.winner = arm
		for i, f := range a.finals {
			if i != arm && f == nil {
				withdrawn = append(withdrawn, i)
			}
		}
		return res, withdrawn, nil
	}
	if a.finals[arm] == nil {
		a.left--
	}
	a.finals[arm] = res
	if a.left > 0 {
		return nil, nil, nil
	}
	a.winner = a.best()
	return a.finals[a.winner], nil, nil
}

// best chooses among refusals: a phone that was reached and refuses (busy, declined) says more than one that was not, and 487 says
// least (RFC 3261 16.7, step 6).
func (a *Answers) best() int {
	rank := func(status int) int {
		switch {
		case status == 486 || status == 480:
			return 0
		case status == 487 || status == 408:
			return 2
		case status >= 500:
			return 3
		default:
			return 1
		}
	}
	best := 0
	for i, f := range a.finals {
		if rank(f.StatusCode) < rank(a.finals[best].StatusCode) {
			best = i
		}
	}
	return best
}
