package bridge

import "slices"

// Figures of the speech adaptation (TS 26.114 10.2), in periods of Adapt unless said; the loss rates and the hold are those of the
// example in its annex C, the others of our choosing.
const (
	lossHigh  = 0.03 // more is answered by a lower mode
	lossLow   = 0.01 // less, for a while, by a higher one
	lossBurst = 0.10 // more is answered by two steps at once
	lossCount = 50   // packets that a rate is taken from
	holdUp    = 5    // good periods before a higher mode is tried
	holdMost  = 40   // ... after tries that failed
	holdDown  = 1    // periods a change is given to take effect
)

// FarLoss is what the far end's newest report says of our packets.
type FarLoss struct {
	Fraction float64 // 0..1, since the report before
	Reports  uint64  // how many there were
}

// adapter lowers the modes of AMR, AMR-WB and EVS AMR-WB IO on a core leg that loses packets, and raises them again: less bits where a link is full, more room
// for it where it is weak. What we receive is lowered by request (CMR), what we send by a limit of our own, under whatever the far end
// asks for.
type adapter struct {
	pipes    [2]*pipe // up, down: what the rest belongs to
	ask, own ratchet
	lost     uint64 // of the down pipeline when last looked at
	pushed   uint64
	reports  uint64
}

// ratchet is one direction's place on the ladder of modes: down at once, up slowly.
type ratchet struct {
	base  int // the lowest rung that is not below the mode in use when loss began
	rung  int // the one wished for now, -1 for no wish
	calm  int // good periods in a row
	hold  int // how many of them a step up takes
	rest  int // periods in which nothing is judged
	tried bool
}

func newRatchet() ratchet { return ratchet{rung: -1, hold: holdUp} }

// period judges the loss of one period, at mode. It returns the mode to wish for, -1 for none, and whether that is new.
func (r *ratchet) period(loss float64, mode int, ladder []int) (wish int, changed bool) {
	before := r.rung
	switch {
	case r.rest > 0:
		r.rest--
	case loss >= lossHigh:
		r.down(loss, mode, ladder)
	case loss <= lossLow:
		r.up()
	default:
		r.calm = 0
	}
	if r.rung < 0 {
		return -1, before >= 0
	}
	return ladder[r.rung], before != r.rung
}

func (r *ratchet) down(loss float64, mode int, ladder []int) {
	if r.tried {
		r.hold = min(2*r.hold, holdMost) // the step up before this was one too many
	}
	r.calm, r.tried = 0, false
	if r.rung < 0 {
		if r.base, _ = slices.BinarySearch(ladder, mode); r.base == 0 {
			return // the lowest already
		}
		r.rung = r.base
	}
	steps := 1
	if loss >= lossBurst {
		steps = 2
	}
	r.rung, r.rest = max(r.rung-steps, 0), holdDown
}

// up goes one step after enough good periods; on the step it came from the wish is withdrawn. A step that holds for as long again was right.
func (r *ratchet) up() {
	if r.rung < 0 && !r.tried {
		return
	}
	if r.calm++; r.calm < r.hold {
		return
	}
	if r.tried {
		r.tried, r.hold = false, max(r.hold/2, holdUp)
	}
	if r.calm = 0; r.rung < 0 {
		return
	}
	r.rest, r.tried = holdDown, true
	if r.rung++; r.rung >= r.base {
		r.rung = -1
	}
}

// Adapt judges the loss on the core leg since the call before; call it every two seconds. It does nothing for codecs without modes, or
// where the operator wants none of it (Pipeline.Ladder).
func (b *Bridge) Adapt(far FarLoss) {
	a, up, down := &b.adapter, b.up.conversion.live.Load(), b.down.conversion.live.Load()
	if up == nil {
		return
	}
	ladder := up.Ladder()
	if len(ladder) < 2 {
		return
	}
	if a.pipes != [2]*pipe{up, down} { // an encoder begins without wishes
		*a = adapter{pipes: [2]*pipe{up, down}, ask: newRatchet(), own: newRatchet(), reports: far.Reports}
		if down != nil {
			s := down.Stats()
			a.lost, a.pushed = s.Lost, s.Pushed
		}
		up.AskMode(-1)
		up.LimitMode(-1)
		return
	}
	if down != nil {
		in, _ := down.Modes()
		s := down.Stats()
		if lost, all := s.Lost-a.lost, s.Lost-a.lost+s.Pushed-a.pushed; all >= lossCount && in >= 0 {
			a.lost, a.pushed = s.Lost, s.Pushed
			if wish, changed := a.ask.period(float64(lost)/float64(all), in, ladder); changed {
				up.AskMode(wish)
			}
		}
	}
	if _, out := up.Modes(); far.Reports != a.reports && out >= 0 {
		a.reports = far.Reports
		if wish, changed := a.own.period(far.Fraction, out, ladder); changed {
			up.LimitMode(wish)
		}
	}
}
