package main

import "testing"

func TestGarbagePercent(t *testing.T) {
	for _, tt := range []struct {
		live uint64
		want int
	}{
		{0, 400}, {1 << 20, 400}, {16 << 20, 400}, {32 << 20, 200}, {64 << 20, 100}, {128 << 20, 50}, {256 << 20, 25}, {4 << 30, 25},
	} {
		if got := garbagePercent(tt.live); got != tt.want {
			t.Errorf("%d MB live: %d per cent, want %d", tt.live>>20, got, tt.want)
		}
	}
}
