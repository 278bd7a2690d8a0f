//go:build e2e || bench

package load

import (
	"fmt"
	"os"
	"testing"

	"causeway/test/lab"
	"causeway/test/lab/core"
	"causeway/test/netsim"
	"causeway/test/rig"
)

func TestMain(m *testing.M) {
	if os.Getenv("BENCH_WIRE") != "" { // TestBenchWire lays cables: nobody else's network shall notice
		os.Exit(netsim.IsolatedRun(func() int { return rig.Main(m) }))
	}
	os.Exit(rig.Main(m))
}

// user and number are the lab's subscriber i.
func user(i int) string     { return fmt.Sprintf("load%05d", i) }
func number(i int) string   { return fmt.Sprintf("+15559%06d", i) }
func instance(i int) string { return fmt.Sprintf("7d8a2f0e-4c1b-4e57-9a43-%012x", i) }

// subscribers gives the lab n users.
func subscribers(cfg *lab.Config, n int) {
	for i := range n {
		cfg.Subscribers = append(cfg.Subscribers, core.Subscriber{Number: number(i), Name: user(i)})
	}
}
