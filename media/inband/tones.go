package inband

import "math"

const rate = 8000 // samples a second

// The keypad of ITU-T Q.23: four low tones for the rows, four high ones for the columns, Hz.
const (
	lows  = 4
	tones = 8
)

func frequency(tone int) float64 {
	return [tones]float64{697, 770, 852, 941, 1209, 1336, 1477, 1633}[tone]
}

// keys are the telephone-event codes of RFC 4733 3.2 by row and column: 10 is *, 11 is #, 12 to 15 are A to D.
func key(row, column int) uint8 {
	return [lows][lows]uint8{{1, 2, 3, 12}, {4, 5, 6, 13}, {7, 8, 9, 14}, {10, 0, 11, 15}}[row][column]
}

// place is the row and column of a code below 16.
func place(code uint8) (row, column int) {
	for r := range lows {
		for c := range lows {
			if key(r, c) == code {
				return r, c
			}
		}
	}
	return lows - 1, 1
}

// dBm0 is the amplitude of a sine of that level: 3.14 dBm0 is the loudest one that G.711 can carry (G.711 table 5).
func dBm0(level float64) float64 { return 32767 * math.Pow(10, (level-3.14)/20) }

// goertzel is the square of the spectrum of pcm at one frequency.
func goertzel(pcm []int16, hz float64) float64 {
	k := 2 * math.Cos(2*math.Pi*hz/rate)
	var s1, s2 float64
	for _, x := range pcm {
		s1, s2 = float64(x)+k*s1-s2, s1
	}
	return s1*s1 + s2*s2 - k*s1*s2
}
