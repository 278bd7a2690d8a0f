package video

// pace leaves pictures out when the machine is too slow: first those behind which others wait already,
// then, when that goes on, regularly every second or three of four, which looks better.
type pace struct {
	divisor int // every which picture is encoded

	count    int // pictures since the last look
	behind   int // of them with others waiting
	calm     int // looks in a row without any
	patience int // calm looks before a higher rate is tried
	phase    int
}

// look is after how many pictures the divisor is thought over, tolerated how many of them may have
// others waiting, and maxDivisor the most that is left out.
const (
	look       = 30
	tolerated  = 3
	maxDivisor = 4
	patient    = 4
	stubborn   = 64
)

func newPace() pace { return pace{divisor: 1, patience: patient} }

// take reports whether a picture is to be encoded; waiting says that others are behind it.
func (p *pace) take(waiting bool) bool {
	p.phase++
	if p.count++; waiting {
		p.behind++
	}
	if p.count >= look {
		p.think()
	}
	return !waiting && p.phase%p.divisor == 0
}

func (p *pace) think() {
	switch {
	case p.behind > tolerated && p.divisor < maxDivisor:
		p.divisor *= 2
		if p.calm > 0 || p.patience < stubborn { // a higher rate was tried in vain: wait longer next time
			p.patience = min(2*p.patience, stubborn)
		}
		p.calm = 0
	case p.behind > 0:
		p.calm = 0
	case p.divisor > 1:
		if p.calm++; p.calm >= p.patience {
			p.divisor /= 2
			p.calm = 0
		}
	}
	p.count, p.behind = 0, 0
}
