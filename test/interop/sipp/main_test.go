//go:build interop

package sipp

import (
	"flag"
	"os"
	"sync"
	"testing"

	"causeway/test/rig"
)

// Addresses. SIP and RTP go over the loopback; far0 exists for what must never leave.
const (
	machineIP  = "10.98.0.1"
	gatewayIP  = "127.0.0.1"
	strangerIP = "127.0.0.30" // sends to the gateway and is no peer of it
	canaryIP   = "127.0.0.66" // is named in messages and must never hear anything
)

// TestMain runs the tests in a network namespace of their own: ports are fixed there, and nobody else is heard.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil { // the waiting ones wait at the same time
		panic(err)
	}
	os.Exit(rig.Isolated(m, machineIP))
}

// turns is held by the test that makes load.
var turns sync.Mutex

// inTurn lets a test run beside TestPatience, which does nothing but wait, and not beside another one.
func inTurn(t *testing.T) {
	t.Parallel()
	turns.Lock()
	t.Cleanup(turns.Unlock)
}
