package udp

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	p := pace{rest: time.Millisecond}
	now := time.Unix(0, 0)
	serve := func(perSecond int, d time.Duration) {
		for end := now.Add(d); now.Before(end); now = now.Add(time.Millisecond) {
			p.took(perSecond/1000, false, now)
			p.looked(1)
		}
	}
	serve(1000, time.Second)
	if p.resting() {
		t.Error("rests at 1000 packets/s")
	}
	serve(3000, 200*time.Millisecond)
	if !p.resting() {
		t.Error("does not rest at 3000 packets/s")
	}
	p.took(1, true, now)
	if p.resting() {
		t.Error("rests although packets wait")
	}
	p.took(1, false, now)
	for range emptyLooks {
		p.looked(0)
	}
	if p.resting() {
		t.Error("rests although nothing comes")
	}
	serve(3000, 200*time.Millisecond)
	serve(1000, 200*time.Millisecond)
	if p.resting() {
		t.Error("rests although little comes")
	}
	never := pace{}
	for i := range 1000 {
		never.took(100, false, now.Add(time.Duration(i)*time.Millisecond))
	}
	if never.resting() {
		t.Error("rests although it was told not to")
	}
}
