//go:build interop

package kamailio

import (
	"os"
	"testing"

	"causeway/test/rig"
)

// Addresses of the namespace. They are fixed: nobody else is there.
const (
	gatewayIP  = "10.99.0.1" // the machine's first address; browsers and baresip, which bind to any, have it as well
	pcscfIP    = "10.99.0.2"
	icscfIP    = "10.99.0.3"
	scscfIP    = "10.99.0.4"
	hssIP      = "10.99.0.5"
	sippIP     = "10.99.0.7"
	strangerIP = "10.99.0.8" // a gateway the core does not know
	callerIP   = "10.99.0.9" // a second SIPp
	network    = "10.99.0.0/24"
)

// TestMain runs the tests in a network namespace of their own.
func TestMain(m *testing.M) {
	os.Exit(rig.Isolated(m, gatewayIP, pcscfIP, icscfIP, scscfIP, hssIP, sippIP, strangerIP, callerIP))
}
