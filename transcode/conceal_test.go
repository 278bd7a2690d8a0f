package transcode_test

import (
	"fmt"
	"math"
	"testing"

	"causeway/transcode"
	"causeway/transcode/codectest"
)

// TestConcealerContinuesTone: the first 10 ms after a loss look like the tone went on, without a
// step at either end; after 60 ms there is only noise at the level of the background.
func TestConcealerContinuesTone(t *testing.T) {
	for _, rate := range []int{8000, 16000} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			c := transcode.NewConcealer(rate)
			tone := codectest.Tone(rate, rate, 150, 8000)
			frame := rate / 50
			for i := range 20 {
				c.Good(tone[i*frame:][:frame:frame])
			}
			lost := make([]int16, frame)
			c.Conceal(lost)
			step := 2 * math.Pi * 150 / float64(rate) * 8000 * 2 // twice the tone's steepest
			last := tone[20*frame-1]
			for i, s := range lost[:frame/2] {
				if d := math.Abs(float64(s) - float64(last)); d > step {
					t.Fatalf("step of %.0f at sample %d", d, i)
				}
				last = s
				if d := math.Abs(float64(s) - float64(tone[20*frame+i])); d > 2500 {
					t.Fatalf("sample %d is %d, the tone %d", i, s, tone[20*frame+i])
				}
			}
			next := append([]int16(nil), tone[21*frame:][:frame]...)
			last = lost[frame-1]
			c.Good(next)
			for i, s := range next {
				if d := math.Abs(float64(s) - float64(last)); d > step+8000/float64(rate/250) {
					t.Fatalf("coming back: step of %.0f at sample %d", d, i)
				}
				last = s
			}
			for range 4 {
				c.Conceal(lost)
			}
			if r := codectest.RMS(lost); r > 200 {
				t.Errorf("RMS %.0f after 80 ms", r)
			}
			c.Reset()
			c.Conceal(lost)
			if r := codectest.RMS(lost); r > 10 {
				t.Errorf("RMS %.0f after Reset", r)
			}
		})
	}
}

// TestConcealerKnowsBackground: what is made up in the end is about as loud as the quiet parts were.
func TestConcealerKnowsBackground(t *testing.T) {
	c := transcode.NewConcealer(8000)
	for i := range 100 {
		c.Good(codectest.Noise(160, 60, uint64(i)))
	}
	lost := make([]int16, 160)
	for range 10 {
		c.Conceal(lost)
	}
	if r := codectest.RMS(lost); r < 20 || r > 50 {
		t.Errorf("noise of RMS %.1f for a background of 35", r)
	}
	if a := testing.AllocsPerRun(20, func() { c.Conceal(lost); c.Good(lost) }); a != 0 {
		t.Errorf("%v allocations", a)
	}
}
