package amr

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"causeway/transcode"
)

// maxFMTP is the longest fmtp text read; real ones have about a hundred characters.
const maxFMTP = 512

// Params is what an fmtp value of RFC 4867 8.1 says that matters here. Parameters not listed
// (max-red, maxptime, mode-change-capability, and unknown ones) ask nothing of us.
type Params struct {
	Form     Form
	Modes    uint16 // bit m: mode m may be sent; never 0
	Period   int    // mode-change-period: modes change only every so many frames, 1 or 2
	Neighbor bool   // mode-change-neighbor: only to the next mode of the set
}

// ParseParams reads an fmtp value. Errors wrap transcode.ErrUnsupported: for crc, robust-sorting
// and interleaving, which are not supported, and for values that RFC 4867 does not allow.
func ParseParams(b Band, f transcode.Format) (Params, error) {
	p := Params{Form: Form{Band: b}, Modes: 1<<b.Modes() - 1, Period: 1}
	if len(f.FMTP) > maxFMTP {
		return p, fmt.Errorf("%w: %s: fmtp of %d characters", transcode.ErrUnsupported, b.Name(), len(f.FMTP))
	}
	if f.Channels > 1 || f.Channels < 0 || f.ClockRate != b.Rate() {
		return p, fmt.Errorf("%w: %s/%d/%d", transcode.ErrUnsupported, b.Name(), f.ClockRate, f.Channels)
	}
	// Each of these three alone implies octet-align=1 and adds to the payload what we do not read.
	for _, name := range []string{"crc", "robust-sorting"} {
		if on, err := flag(b, f, name); err != nil || on {
			return p, refusal(err, b, name)
		}
	}
	if _, ok := f.Param("interleaving"); ok {
		return p, refusal(nil, b, "interleaving")
	}
	var err error
	if p.Form.Aligned, err = flag(b, f, "octet-align"); err != nil {
		return p, err
	}
	if p.Neighbor, err = flag(b, f, "mode-change-neighbor"); err != nil {
		return p, err
	}
	if v, ok := f.Param("mode-change-period"); ok {
		if v != "1" && v != "2" {
			return p, fmt.Errorf("%w: %s: mode-change-period=%.8q", transcode.ErrUnsupported, b.Name(), v)
		}
		p.Period = int(v[0] - '0')
	}
	if v, ok := f.Param("mode-set"); ok {
		if p.Modes, err = modeSet(b, v); err != nil {
			return p, err
		}
	}
	return p, nil
}

func refusal(err error, b Band, name string) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: %s with %s", transcode.ErrUnsupported, b.Name(), name)
}

func flag(b Band, f transcode.Format, name string) (bool, error) {
	v, ok := f.Param(name)
	if !ok || v == "0" {
		return false, nil
	}
	if v == "1" {
		return true, nil
	}
	return false, fmt.Errorf("%w: %s: %s=%.8q", transcode.ErrUnsupported, b.Name(), name, v)
}

func modeSet(b Band, list string) (uint16, error) {
	var set uint16
	for item := range strings.SplitSeq(list, ",") {
		m, err := strconv.ParseUint(strings.TrimSpace(item), 10, 8)
		if err != nil || int(m) >= b.Modes() {
			return 0, fmt.Errorf("%w: %s: mode-set with %.8q", transcode.ErrUnsupported, b.Name(), item)
		}
		set |= 1 << m
	}
	return set, nil
}

// noLimit is above every mode.
const noLimit = 14

// ladder is the modes to adapt between, rising: those that TS 26.114 5.2.1 lets terminals use (AMR 4.75, 5.9, 7.4, 12.2; AMR-WB 6.6, 8.85,
// 12.65 and 23.85) as far as the mode-set has them; all of the set where that leaves less than two, or where modes change to a
// neighbour only.
func (p Params) ladder(b Band) (list []int) {
	usual := uint16(1<<0 | 1<<2 | 1<<4 | 1<<7)
	if b == Wide {
		usual = 1<<0 | 1<<1 | 1<<2 | 1<<8
	}
	set := p.Modes & usual
	if bits.OnesCount16(set) < 2 || p.Neighbor {
		set = p.Modes
	}
	for mode := range b.Modes() {
		if set>>mode&1 == 1 {
			list = append(list, mode)
		}
	}
	return list
}

// modes decides the mode of each frame we send.
type modes struct {
	allowed  uint16
	period   int
	neighbor bool

	wanted  int // what was asked for last
	limit   int // no higher mode, whatever is asked for
	target  int // what follows from both
	current int
	frame   int // frames since the start, modulo period
}

// newModes starts with the highest allowed mode that is not above wish, or the lowest allowed.
func newModes(p Params, wish int) modes {
	first := bits.TrailingZeros16(p.Modes)
	if below := p.Modes & (1<<(wish+1) - 1); below != 0 {
		first = bits.Len16(below) - 1
	}
	return modes{allowed: p.Modes, period: p.Period, neighbor: p.Neighbor, wanted: first, limit: noLimit, target: first, current: first}
}

// request notes a wish of the far side. A mode outside the set is ignored: it must never be sent.
func (m *modes) request(mode int) {
	if mode >= 0 && mode < 16 && m.allowed>>mode&1 == 1 {
		m.wanted = mode
		m.aim()
	}
}

// bound sets the highest mode to use, negative for none.
func (m *modes) bound(mode int) {
	if m.limit = mode; mode < 0 {
		m.limit = noLimit
	}
	m.aim()
}

// aim chooses the highest allowed mode that is neither above what was asked for nor above the limit, or the lowest allowed.
func (m *modes) aim() {
	m.target = bits.TrailingZeros16(m.allowed)
	if below := m.allowed & (1<<(min(m.wanted, m.limit)+1) - 1); below != 0 {
		m.target = bits.Len16(below) - 1
	}
}

// next is the mode of the next frame.
func (m *modes) next() int {
	if m.frame == 0 && m.current != m.target {
		switch {
		case !m.neighbor:
			m.current = m.target
		case m.target > m.current:
			m.current += 1 + bits.TrailingZeros16(m.allowed>>(m.current+1))
		default:
			m.current = bits.Len16(m.allowed&(1<<m.current-1)) - 1
		}
	}
	m.frame = (m.frame + 1) % m.period
	return m.current
}
