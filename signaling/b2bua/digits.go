package b2bua

import (
	"errors"
	"time"

	"causeway/media"
	"causeway/signaling/call"
	"causeway/signaling/wire"
)

func (c *Call) sendDigits(a call.SendDigits) {
	id := c.requests[a.Request]
	delete(c.requests, a.Request)
	err := c.stream.SendDTMF(a.Digits, a.Duration, a.Gap)
	if errors.Is(err, media.ErrNoEvents) && c.fsm.State == call.Active {
		c.sendInfo([]rune(a.Digits), a)
		err = nil
	}
	if err != nil {
		c.log.Info("digits not sent", "err", err)
		c.host.Refuse(id, wire.NewError(wire.NameDTMFUnavailable))
		return
	}
	c.host.Answer(id, nil)
}

// commaPause is what a comma among digits means, as in a dialling string.
const commaPause = 2 * time.Second

// sendInfo sends digits by INFO (application/dtmf-relay) to a far side that took no telephone-event: one after the other,
// at the pace they would have had as sound.
func (c *Call) sendInfo(digits []rune, a call.SendDigits) {
	if len(digits) == 0 {
		return
	}
	wait := commaPause
	if digits[0] != ',' {
		wait = a.Duration + a.Gap
		if err := c.dialog.SendInfoDTMF(digits[0], a.Duration); err != nil {
			c.log.Info("digit not sent", "err", err)
			return
		}
	}
	time.AfterFunc(wait, func() { c.post(func() { c.sendInfo(digits[1:], a) }) })
}

// unsent takes a key that the browser pressed in its media and that the core leg's media cannot carry: it goes by INFO.
func (c *Call) unsent(digit rune, length time.Duration) {
	if c.fsm.State == call.Active {
		c.sendInfo([]rune{digit}, call.SendDigits{Duration: min(max(length, wire.MinDTMFDuration), wire.MaxDTMFDuration)})
	}
}

// sameKey is how far apart a key may arrive by media and by INFO: some exchanges send both.
const sameKey = time.Second

// ear knows the last key heard from the core.
type ear struct {
	digit  rune
	byInfo bool
	at     time.Time
}

// twice reports whether a key is the one that has just come the other way, and takes note of it if it is not.
func (e *ear) twice(digit rune, byInfo bool, now time.Time) bool {
	if e.digit == digit && e.byInfo != byInfo && now.Sub(e.at) < sameKey {
		e.digit = 0
		return true
	}
	*e = ear{digit, byInfo, now}
	return false
}

// heardDigit tells the browser of a key that the core pressed, once.
func (c *Call) heardDigit(digit rune, length time.Duration, byInfo bool) {
	if !c.ear.twice(digit, byInfo, time.Now()) {
		c.input(call.DigitHeard{Digit: digit, Duration: length})
	}
}
