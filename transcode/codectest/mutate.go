package codectest

import (
	"bytes"
	"math/rand/v2"
	"os"
	"strconv"
)

// Rounds is how many mutated frames a decoder is fed: the given number, or that of the environment
// variable MUTATIONS, by which make asan asks for more.
func Rounds(usual int) int {
	if n, err := strconv.Atoi(os.Getenv("MUTATIONS")); err == nil && n > 0 {
		return n
	}
	return usual
}

// Mutate returns a copy of a frame as a hostile sender would send it: bits and octets changed, parts cut
// out, doubled, moved, cut short or made longer. other is material to mix in. The first keep octets stay.
func Mutate(r *rand.Rand, frame, other []byte, keep int) []byte {
	b := bytes.Clone(frame)
	for range 1 + r.IntN(4) {
		if len(b) <= keep {
			return b
		}
		at := keep + r.IntN(len(b)-keep)
		size := 1 + r.IntN(min(64, len(b)-at))
		switch r.IntN(9) {
		case 0, 1:
			b[at] ^= 1 << r.IntN(8)
		case 2:
			b[at] = byte(r.IntN(256))
		case 3:
			b[at] = []byte{0, 0xff, 0x7f, 0x80}[r.IntN(4)]
		case 4: // cut out
			b = append(b[:at], b[at+size:]...)
		case 5: // double
			b = append(b[:at+size], bytes.Clone(b[at:])...)
		case 6: // cut short
			b = b[:at]
		case 7: // a run of one value
			v := byte(r.IntN(256))
			for i := at; i < at+size; i++ {
				b[i] = v
			}
		default: // a piece of another frame
			if len(other) > 0 {
				from := r.IntN(len(other))
				copy(b[at:], other[from:min(from+size, len(other))])
			}
		}
	}
	return b
}
