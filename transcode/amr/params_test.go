package amr

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"causeway/transcode"
)

func format(b Band, fmtp string) transcode.Format {
	return transcode.Format{Name: b.Name(), ClockRate: b.Rate(), Channels: 1, FMTP: fmtp}
}

func TestParseParams(t *testing.T) {
	all := func(b Band) uint16 { return 1<<b.Modes() - 1 }
	for _, c := range []struct {
		band Band
		fmtp string
		want Params
	}{
		{Wide, "", Params{Form{Wide, false}, all(Wide), 1, false}},
		{Narrow, "mode-change-capability=2; max-red=220", Params{Form{Narrow, false}, all(Narrow), 1, false}},
		{Wide, "mode-change-capability=2;max-red=0;octet-align=1", Params{Form{Wide, true}, all(Wide), 1, false}},
		{Wide, "Mode-Set=0,1,2; mode-change-period=2; MODE-CHANGE-NEIGHBOR=1; octet-align=0", Params{Form{Wide, false}, 7, 2, true}},
		{Narrow, "mode-set= 0, 2 ,4,7;crc=0;robust-sorting=0", Params{Form{Narrow, false}, 0x95, 1, false}},
		{Wide, "unknown;x=y;;=;octet-align=1;", Params{Form{Wide, true}, all(Wide), 1, false}},
	} {
		got, err := ParseParams(c.band, format(c.band, c.fmtp))
		if err != nil || got != c.want {
			t.Errorf("%q: %+v, %v", c.fmtp, got, err)
		}
	}
	for _, fmtp := range []string{
		"crc=1", "octet-align=1; robust-sorting=1", "interleaving=30", "interleaving", "octet-align=2", "octet-align=yes",
		"mode-set=9", "mode-set=", "mode-set=0,,1", "mode-set=-1", "mode-change-period=3", "mode-change-period=",
		"mode-change-neighbor=x", "crc=on", strings.Repeat("a", 600),
	} {
		if _, err := ParseParams(Wide, format(Wide, fmtp)); !errors.Is(err, transcode.ErrUnsupported) {
			t.Errorf("%.40q: %v", fmtp, err)
		}
	}
	if _, err := ParseParams(Narrow, format(Narrow, "mode-set=8")); err == nil {
		t.Error("AMR has no mode 8")
	}
	two := format(Wide, "")
	two.Channels = 2
	if _, err := ParseParams(Wide, two); !errors.Is(err, transcode.ErrUnsupported) {
		t.Errorf("two channels: %v", err)
	}
}

// TestModes plays requests against mode sets and lists the mode of each frame.
func TestModes(t *testing.T) {
	for _, c := range []struct {
		name     string
		fmtp     string
		wish     int
		requests map[int]int // before frame i, mode
		want     []int
	}{
		{"default", "", 2, nil, []int{2, 2, 2}},
		{"set below the default", "mode-set=0,1", 2, nil, []int{1, 1}},
		{"set above the default", "mode-set=5,8", 2, nil, []int{5, 5}},
		{"request obeyed at once", "", 2, map[int]int{1: 8, 2: 0}, []int{2, 8, 0, 0}},
		{"request outside the set ignored", "mode-set=0,1,2", 2, map[int]int{1: 8, 2: 1}, []int{2, 2, 1}},
		{"nonsense ignored", "", 2, map[int]int{0: -1, 1: 15, 2: 99}, []int{2, 2, 2}},
		{"period 2", "mode-change-period=2", 2, map[int]int{1: 8}, []int{2, 2, 8, 8, 8}},
		{"period 2, changed mind", "mode-change-period=2", 2, map[int]int{0: 8, 1: 0}, []int{8, 8, 0, 0}},
		{"neighbour up", "mode-set=0,2,8;mode-change-neighbor=1", 0, map[int]int{1: 8}, []int{0, 2, 8, 8}},
		{"neighbour down, period 2", "mode-set=0,2,5;mode-change-neighbor=1;mode-change-period=2", 5, map[int]int{1: 0}, []int{5, 5, 2, 2, 0, 0}},
	} {
		p, err := ParseParams(Wide, format(Wide, c.fmtp))
		if err != nil {
			t.Fatal(err)
		}
		m := newModes(p, c.wish)
		var got []int
		for i := range c.want {
			if mode, ok := c.requests[i]; ok {
				m.request(mode)
			}
			got = append(got, m.next())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestConfig(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	for _, c := range []Config{{NarrowMode: 8}, {WideMode: 9}, {NarrowMode: -1}} {
		if _, err := CodecsWith(c); err == nil {
			t.Errorf("%+v passed", c)
		}
	}
}

func FuzzParams(f *testing.F) {
	f.Add("mode-set=0,1,2; mode-change-period=2; octet-align=1")
	f.Fuzz(func(t *testing.T, fmtp string) {
		for _, b := range []Band{Narrow, Wide} {
			p, err := ParseParams(b, format(b, fmtp))
			if err != nil {
				continue
			}
			m := newModes(p, 2)
			for i := range 20 {
				m.request(i % 16)
				if mode := m.next(); mode < 0 || mode >= b.Modes() || p.Modes>>mode&1 == 0 {
					t.Fatalf("%q: mode %d", fmtp, mode)
				}
			}
		}
	})
}
