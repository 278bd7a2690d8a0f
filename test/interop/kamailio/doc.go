// Package kamailio plays calls of a real browser through a foreign IMS core to foreign handsets.
//
//	Chromium --WebSocket, DTLS-SRTP--> causeway --SIP--> I-CSCF --SIP--> S-CSCF --SIP--> P-CSCF --SIP--> baresip, SIPp
//	   |           (test/rig)             |                 \             /          (Kamailio, a plain proxy)     |
//	   |                                  |                  \--Cx--> HSS <--(a hundred lines of this test)        |
//	   '--------- recorded speech --------'------------------ AMR-WB over plain RTP ------------------------------'
//
// The cores are Debian's Kamailio 5.6 with its ims_icscf, ims_auth, ims_registrar_scscf and cdp modules; the handsets are
// baresip (octet-aligned AMR-WB) and SIPp (AMR-WB from a capture file). Only the HSS, which no distribution has, is ours,
// and it shares no line with the gateway. Everything runs in one network namespace that the test makes for itself, at fixed
// addresses: no traffic of the machine gets into the captures, and nothing gets out. tcpdump records each scene, tshark
// judges it (test/capture).
//
// One call: the page dials, the gateway sends INVITE along the Service-Route to the S-CSCF, which asks the I-CSCF for the
// called user's home; the HSS names the same S-CSCF, which finds the handset's binding and its Path, the P-CSCF.
// Speech recorded by people goes in at both ends, and what comes out at the other is compared with it by its band energies.
//
// The tests need the build tag interop, root (the namespace) and the peers. What is missing is skipped loudly, and fails
// where CI is set.
package kamailio
