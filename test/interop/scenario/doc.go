//go:build interop

// Package scenario is what the tests with SIPp have in common.
//
//	testdata/mo-forks.xml --Script.Render--> a SIPp scenario, to a core's face (Script.Self empty) or to a handset's behind one
//	Far <--RTP--> the gateway's core leg, where the scenario's SDP says
//
// One scene, walked: a test renders mo-forks with the ports of two Far sockets, starts SIPp with it, lets a page dial, and asks
// the Far of the fork that answered whether it hears the page. It imports nothing of the gateway.
package scenario
