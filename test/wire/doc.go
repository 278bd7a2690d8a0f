// Package wire plays whole calls over an Ethernet cable between two network namespaces: what loopback cannot show of the gateway's ways
// to move packets. Browser and far end are at the other end of the cable, where tshark judges what arrives.
//
//	this process, a namespace of its own        the other namespace
//	  media.Gateway ── near0 ═══════ far0 ── test/load/client.Light (access leg), a UDP socket (core leg), tshark
//
// It needs root; without, its tests are skipped, loudly, or fail with CI set.
package wire
