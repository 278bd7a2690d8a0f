package amr

import (
	"slices"
	"testing"
)

// TestLimitedModes: what is sent is neither above what the far side asked for nor above our own limit, within the mode-set and its rules.
func TestLimitedModes(t *testing.T) {
	p, err := ParseParams(Wide, format(Wide, "mode-set=0,2,4,8;mode-change-neighbor=1;mode-change-period=2"))
	if err != nil {
		t.Fatal(err)
	}
	m, got := newModes(p, 8), []int(nil)
	run := func(frames int) {
		for range frames {
			if mode := m.next(); len(got) == 0 || got[len(got)-1] != mode {
				got = append(got, mode)
			}
		}
	}
	run(4)
	m.bound(3) // none of the set: the next lower
	run(8)
	m.request(4)
	run(8)
	m.bound(-1)
	run(8)
	m.request(0)
	m.bound(8)
	run(8)
	if want := []int{8, 4, 2, 4, 2, 0}; !slices.Equal(got, want) {
		t.Errorf("modes %v, want %v", got, want)
	}
	m.bound(0)
	if m = newModes(Params{Modes: 1<<5 | 1<<6, Period: 1}, 6); m.next() != 6 {
		t.Error("the highest of the set first")
	}
	if m.bound(1); m.next() != 5 {
		t.Error("a limit below the set takes its lowest")
	}
}

// TestLadder: the modes to adapt between.
func TestLadder(t *testing.T) {
	for _, c := range []struct {
		band Band
		fmtp string
		want []int
	}{
		{Wide, "", []int{0, 1, 2, 8}},
		{Narrow, "", []int{0, 2, 4, 7}},
		{Wide, "mode-set=0,1,2", []int{0, 1, 2}},
		{Wide, "mode-set=3,4,8", []int{3, 4, 8}},
		{Wide, "mode-set=2", []int{2}},
		{Narrow, "mode-change-neighbor=1", []int{0, 1, 2, 3, 4, 5, 6, 7}},
	} {
		p, err := ParseParams(c.band, format(c.band, c.fmtp))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.ladder(c.band); !slices.Equal(got, c.want) {
			t.Errorf("%s %q: %v, want %v", c.band.Name(), c.fmtp, got, c.want)
		}
	}
}
