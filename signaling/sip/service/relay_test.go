package service

import "testing"

// TestRelay reads application/dtmf-relay.
func TestRelay(t *testing.T) {
	for body, want := range map[string]rune{"Signal=5\r\nDuration=160\r\n": '5', "signal = * ": '*', "Signal=11\n": '#', "Signal=a": 'A', "Signal=12": 0, "Signal=x": 0, "": 0, "Duration=5": 0} {
		if digit, _, ok := Relay([]byte(body)); digit != want || ok != (want != 0) {
			t.Errorf("%q: %q %t", body, digit, ok)
		}
	}
}
