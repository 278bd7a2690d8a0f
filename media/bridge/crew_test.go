package bridge

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"causeway/media/packet"
)

// chain is a conversion of PCMA to PCMU and its plan.
func chain(t *testing.T, k *Crew, out Sender) (*conversion, *plan) {
	c := newConversion(Config{Registry: registry(), Crew: k, Pool: packet.NewPool(), Stumble: func(r any, _ bool) { t.Error(r) }}, NewStream(1, out))
	r := plotter{registry: registry()}.plot(Side{Codecs: []packet.Codec{codec("PCMA", 8, 8000)}}, Side{Codecs: []packet.Codec{codec("PCMU", 0, 8000)}}, Gates{true, true})
	return c, r.up.hop(8).plan
}

// TestCrewRests: one call is served at once; of forty, each packet within a rest, and the leader naps instead of being woken. When
// their number falls it is woken again.
func TestCrewRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var naps atomic.Int32
		k := NewCrew(CrewOptions{Most: 1, Rest: 4 * time.Millisecond, Nap: func(d time.Duration) { naps.Add(1); time.Sleep(d) }})
		defer k.Close()
		out := locked{make(chan packet.RTP, 100)}
		var list []*conversion
		var how *plan
		for range 40 {
			c, p := chain(t, k, out)
			how, list = p, append(list, c)
		}
		seq := 0
		talk := func(n, packets int) (worst time.Duration) {
			for range packets {
				seq++
				began := time.Now()
				for _, c := range list[:n] {
					b, h := input160(1, uint16(seq), uint32(seq)*160)
					c.push(how, b, h, false, began)
				}
				for range n {
					<-out.ch
					worst = max(worst, time.Since(began))
				}
				time.Sleep(20*time.Millisecond - time.Since(began))
			}
			return worst
		}
		if worst := talk(1, 50); worst > 0 || naps.Load() > 0 {
			t.Errorf("one call waited %v, %d naps", worst, naps.Load())
		}
		worst := talk(40, 50)
		if worst > 4*time.Millisecond || naps.Load() < 100 {
			t.Errorf("forty calls waited %v, %d naps", worst, naps.Load())
		}
		for _, c := range list[1:] {
			c.quiet() // else sound is made up for them
		}
		talk(1, 20)
		naps.Store(0)
		if worst := talk(1, 20); worst > 0 || naps.Load() > 0 {
			t.Errorf("the last call waited %v, %d naps", worst, naps.Load())
		}
		for _, c := range list {
			c.close()
		}
		for _, c := range list {
			c.wait()
		}
		if len(k.all) != 0 {
			t.Errorf("%d directions are left", len(k.all))
		}
	})
}

// slow takes a while for each packet and counts how many do so at one time.
type slow struct{ at, most chan int }

func (s slow) SendRTP([]byte) error {
	n := <-s.at + 1
	s.at <- n
	if m := <-s.most; m < n {
		s.most <- n
	} else {
		s.most <- m
	}
	time.Sleep(2 * time.Millisecond)
	s.at <- <-s.at - 1
	return nil
}

// TestCrewHelps: where the work takes long, as many as may work at one time do.
func TestCrewHelps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := NewCrew(CrewOptions{Most: 3})
		defer k.Close()
		out := slow{make(chan int, 1), make(chan int, 1)}
		out.at <- 0
		out.most <- 0
		var list []*conversion
		for range 40 {
			c, how := chain(t, k, out)
			list = append(list, c)
			b, h := input160(1, 1, 160)
			c.push(how, b, h, false, time.Now())
		}
		time.Sleep(100 * time.Millisecond) // 40 packets of 2 ms by three
		for _, c := range list {
			c.close()
		}
		for _, c := range list {
			c.wait()
		}
		if most := <-out.most; most != 3 {
			t.Errorf("%d worked at one time", most)
		}
	})
}

// TestCrewGone: what is given to a crew that has ended is done by the giver, so nobody waits for ever.
func TestCrewGone(t *testing.T) {
	k := NewCrew(CrewOptions{})
	k.Close()
	out := locked{make(chan packet.RTP, 10)}
	c, how := chain(t, k, out)
	b, h := input160(1, 1, 160)
	c.push(how, b, h, false, time.Now())
	c.close()
	c.wait()
	if len(out.ch) != 1 {
		t.Errorf("%d packets", len(out.ch))
	}
}

// TestConvertAllocatesNothing, once the pipeline is there: not in the ring, not in the queue, not on the way out.
func TestConvertAllocatesNothing(t *testing.T) {
	k := crew(t)
	out := locked{make(chan packet.RTP, 1)}
	c, how := chain(t, k, out)
	seq := 0
	one := func() {
		seq++
		b, h := input160(1, uint16(seq), uint32(seq)*160)
		c.push(how, b, h, false, time.Now())
		<-out.ch
	}
	for range 20 { // a sender two seconds ahead of the clock would not be served, so there are few
		one()
	}
	input := testing.AllocsPerRun(200, func() { input160(1, 1, 160) })
	if n := testing.AllocsPerRun(60, one); n > input+0.5 {
		t.Errorf("%.1f allocations for each packet, %.1f of them the test's own", n, input)
	}
	c.close()
	c.wait()
}
