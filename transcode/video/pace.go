package video

import "time"

// pace leaves pictures out when the machine is too slow: those behind which others wait already, and, when
// the codecs are busy nearly all the time, regularly every second or three of four, which looks better.
type pace struct {
	divisor int // every which picture is encoded

	phase          int
	count          int           // pictures since the last look
	decode, encode time.Duration // spent on them
}

// look is after how many pictures the divisor is thought over; the share of the time that the codecs may be
// busy, that they may be expected to be at twice the rate, and the most that is left out.
const (
	look       = 30
	overload   = 0.9
	relief     = 0.65
	maxDivisor = 4
)

// take reports whether a picture is to be encoded; waiting says that others are behind it.
func (p *pace) take(waiting bool) bool {
	p.phase++
	return !waiting && p.phase%p.divisor == 0
}

// spent notes how long a picture took, and thinks the divisor over now and then. fps is how many pictures
// come in a second.
func (p *pace) spent(decode, encode time.Duration, fps float64) {
	p.decode += decode
	p.encode += encode
	if p.count++; p.count < look {
		return
	}
	there := float64(p.count) / fps
	switch {
	case (p.decode+p.encode).Seconds() > overload*there && p.divisor < maxDivisor:
		p.divisor *= 2
	case p.divisor > 1 && (p.decode+2*p.encode).Seconds() < relief*there:
		p.divisor /= 2
	}
	p.count, p.decode, p.encode = 0, 0, 0
}
