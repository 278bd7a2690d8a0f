// Package sipp plays every call of an IMS network against the whole gateway, with SIPp as the core and its handsets.
//
//	scripted page --causeway.v1, ICE, DTLS-SRTP--> causeway (a process) --SIP, RTP--> SIPp, one for each scenario
//	  test/load/client                               test/rig                         far sockets in this process
//	                                                     '--REGISTER--> SIPp, the registrar
//
// A scene is one call: a SIPp scenario of testdata and the script of a page. It holds when SIPp ends well, which says that every
// message came in its order and with the headers asked for; when the page was told exactly the story that the scene says; and
// when the RTP of the page arrives where the SDP said. What tshark thinks of all of it is asked at the end.
//
// Every user's number ends in a port: the registrar's Service-Route leads the user's calls to the SIPp that waits there. So
// scenes run beside each other on one gateway.
//
// TestStorm attacks for ten seconds; STORM=1m makes it a minute.
//
// The tests run in a network namespace of their own. They need root, sip-tester, tcpdump and tshark.
package sipp
