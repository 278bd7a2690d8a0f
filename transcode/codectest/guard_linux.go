package codectest

import (
	"testing"

	"golang.org/x/sys/unix"
)

// Guard is memory that ends at a page nobody may touch: a library that reads beyond a frame put there
// ends the test with a fault, instrumented or not.
type Guard struct{ b []byte }

// NewGuard makes room for frames of at most size octets, until the test ends.
func NewGuard(t testing.TB, size int) *Guard {
	t.Helper()
	page := unix.Getpagesize()
	room := (size + page - 1) / page * page
	all, err := unix.Mmap(-1, 0, room+page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(all) })
	if err := unix.Mprotect(all[room:], unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	return &Guard{all[:room:room]}
}

// Put copies a frame to the very end of the memory.
func (g *Guard) Put(frame []byte) []byte {
	frame = frame[:min(len(frame), len(g.b))]
	at := g.b[len(g.b)-len(frame):]
	copy(at, frame)
	return at
}
