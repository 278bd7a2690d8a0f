package peer

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestMatrix prints every state with every input and holds the result against testdata/table.golden, which is read by
// people beside RFC 6733 5.6 and RFC 3539 3.4.1.
func TestMatrix(t *testing.T) {
	table := transitions()
	var out strings.Builder
	for s := range states {
		for in := range inputs {
			r := table[s][in]
			if !r.listed {
				fmt.Fprintf(&out, "%-10s %-13s ignored\n", s, in)
				continue
			}
			fmt.Fprintf(&out, "%-10s %-13s %-10s %-8s %v\n", s, in, r.next, r.timer, r.do)
		}
	}
	path := filepath.Join("testdata", "table.golden")
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("the table differs from %s; look at the difference, then run with -update\n%s", path, out.String())
	}
}

// TestRows checks what must hold of every row.
func TestRows(t *testing.T) {
	table := transitions()
	for s := range states {
		for in := range inputs {
			r := table[s][in]
			if !r.listed {
				continue
			}
			name := fmt.Sprintf("%s on %s", s, in)
			connected := s.open() || s == Exchanging || s == Closing || s == Leaving
			if connected && (r.next == Down || r.next == Stopped) && !slices.Contains(r.do, Close) {
				t.Errorf("%s leaves the connection open", name)
			}
			if s.open() && !r.next.open() && !slices.Contains(r.do, Failover) {
				t.Errorf("%s leaves the requests waiting behind", name)
			}
			if s.usable() == 0 && r.next.usable() > 0 && !slices.Contains(r.do, Failback) {
				t.Errorf("%s does not send what waits", name)
			}
			if in == Asked && s.open() && !slices.Contains(r.do, SendDWA) {
				t.Errorf("%s leaves a watchdog unanswered", name)
			}
			if r.next != Stopped && r.timer == never {
				t.Errorf("%s has no way out", name)
			}
			if s == Stopped {
				t.Errorf("%s: nothing happens after the end", name)
			}
		}
		if s != Stopped && s != Closing && !table[s][Stop].listed {
			t.Errorf("%s cannot be stopped", s)
		}
	}
}

// TestWalk feeds machines at random and checks that connections and dials always pair.
func TestWalk(t *testing.T) {
	table := transitions()
	timers := Timers{Watchdog: 30 * time.Second, Dial: 3 * time.Second, Base: 2 * time.Second, MinWait: time.Second, MaxWait: 4 * time.Second}
	given := []Input{Tick, Connected, Refused, Capable, Incapable, Asked, Alive, Heard, Leave, Left, Lost}
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		m, now := Machine{random: seed}, time.Unix(1e9, 0)
		open := false
		for range 500 {
			in := given[rnd.IntN(len(given))]
			if in == Tick {
				if _, at, ok := m.Due(now); ok && at.After(now) {
					now = at
				}
			}
			if in == Connected && m.State == Dialling {
				open = true
			}
			before := m
			var do []Action
			m, do = Step(table, timers, m, in, now)
			for _, a := range do {
				switch a {
				case Dial:
					if open {
						t.Fatalf("seed %d: %v on %v dials beside a connection", seed, before.State, in)
					}
				case Close:
					open = false
				case SendCER, SendDWR, SendDWA, SendDPR, SendDPA:
					if !open {
						t.Fatalf("seed %d: %v on %v sends without a connection", seed, before.State, in)
					}
				case Failover, Failback:
				}
			}
			if m.State == Down && open {
				t.Fatalf("seed %d: %v on %v is down with a connection", seed, before.State, in)
			}
			if _, at, ok := m.Due(now); !ok || at.Sub(now) > 32*time.Second {
				t.Fatalf("seed %d: %v on %v is due %v, %v", seed, before.State, in, at, ok)
			}
		}
		m, _ = Step(table, timers, m, Stop, now)
		for range 2 {
			if _, at, ok := m.Due(now); ok && at.After(now) {
				now = at
			}
			m, _ = Step(table, timers, m, Tick, now)
		}
		if m.State != Stopped {
			t.Fatalf("seed %d: %v after a stop and its time", seed, m.State)
		}
	}
}

// TestReopen follows RFC 3539 3.4.1 through a failure: three watchdog answers make the connection good again, and one
// missed begins the proof anew, two end it.
func TestReopen(t *testing.T) {
	table := transitions()
	timers := Timers{Watchdog: 30 * time.Second, Dial: time.Second, Base: time.Second, MinWait: time.Second, MaxWait: time.Second}
	for _, c := range []struct {
		name   string
		inputs []Input
		want   State
	}{
		{"first connection", []Input{Tick, Connected, Capable}, Okay},
		{"after a refusal", []Input{Tick, Refused, Tick, Connected, Capable}, Okay},
		{"after an orderly end", []Input{Tick, Connected, Capable, Leave, Lost, Tick, Connected, Capable}, Okay},
		{"after a loss", []Input{Tick, Connected, Capable, Lost, Tick, Connected, Capable}, Proving},
		{"two proofs", []Input{Tick, Connected, Capable, Lost, Tick, Connected, Capable, Alive, Tick, Alive}, Reopen},
		{"three proofs", []Input{Tick, Connected, Capable, Lost, Tick, Connected, Capable, Alive, Tick, Alive, Tick, Alive}, Okay},
		{"one missed", []Input{Tick, Connected, Capable, Lost, Tick, Connected, Capable, Alive, Tick, Alive, Tick, Tick, Alive}, Reopen},
		{"one missed, three more", []Input{Tick, Connected, Capable, Lost, Tick, Connected, Capable, Tick, Alive, Tick, Alive, Tick, Alive, Tick, Alive}, Okay},
		{"two missed", []Input{Tick, Connected, Capable, Lost, Tick, Connected, Capable, Tick, Tick}, Down},
		{"silence", []Input{Tick, Connected, Capable, Tick, Tick}, Suspect},
		{"silence and an answer", []Input{Tick, Connected, Capable, Tick, Tick, Alive}, Okay},
		{"silence and a message", []Input{Tick, Connected, Capable, Tick, Tick, Heard}, Probing},
		{"long silence", []Input{Tick, Connected, Capable, Tick, Tick, Tick}, Down},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, now := Machine{}, time.Unix(1e9, 0)
			for _, in := range c.inputs {
				if in == Tick {
					if _, at, _ := m.Due(now); at.After(now) {
						now = at
					}
				}
				m, _ = Step(table, timers, m, in, now)
			}
			if m.State != c.want {
				t.Fatalf("got %v, want %v", m.State, c.want)
			}
		})
	}
}

// TestBackOff checks growth, bound and jitter of the reconnect times.
func TestBackOff(t *testing.T) {
	timers := Timers{MinWait: 250 * time.Millisecond, MaxWait: 4 * time.Second}
	for attempt, longest := range []time.Duration{250e6, 500e6, 1e9, 2e9, 4e9, 4e9, 4e9} {
		seen := make(map[time.Duration]bool)
		for i := range uint64(100) {
			d := timers.after(backOff, attempt, next(i))
			if d < longest/2 || d > longest {
				t.Fatalf("attempt %d waits %v, want %v to %v", attempt, d, longest/2, longest)
			}
			seen[d] = true
		}
		if len(seen) < 90 {
			t.Errorf("attempt %d: %d different waits of 100", attempt, len(seen))
		}
	}
	timers.Watchdog = 30 * time.Second
	for i := range uint64(100) {
		if d := timers.after(watchdog, 0, next(i)); d < 28*time.Second || d > 32*time.Second {
			t.Fatalf("watchdog after %v", d)
		}
	}
}
