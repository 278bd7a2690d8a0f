// Package leaktest ends a package's tests only when no goroutine of ours is
// left.
//
//	TestMain ─► Main ─► m.Run ─► look at every goroutine's stack ─► exit code
//
// One run: after the tests it reads all stacks, keeps those that mention this
// module outside the test runner, and gives them time to end.
package leaktest

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// grace is how long a goroutine may take to end after the last test; only one that stays makes anybody wait for it.
const grace = 30 * time.Second

// Main runs the tests and returns the exit code for os.Exit.
func Main(m *testing.M) int {
	code := m.Run()
	if code != 0 {
		return code
	}
	deadline := time.After(grace)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		left := ours()
		if len(left) == 0 {
			return 0
		}
		select {
		case <-tick.C:
		case <-deadline:
			fmt.Fprintf(os.Stderr, "goroutines left after the tests:\n%s\n", strings.Join(left, "\n\n"))
			return 1
		}
	}
}

// ours lists the stacks of goroutines that run code of this module, except the
// one that asks.
func ours() []string {
	buf := make([]byte, 1<<20)
	var left []string
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(g, "causeway/") && !strings.Contains(g, "leaktest.Main") {
			left = append(left, g)
		}
	}
	return left
}
