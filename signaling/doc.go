// Package signaling is the gateway's signalling: the eP-CSCF of TS 23.228 Annex U.
//
//	  browser                                                                IMS core        PCRF
//	     | WebSocket, JSON-RPC                                                  | SIP, Mw       | Diameter Rx
//	+----+-----+   +---------+   +-----------------------------+   +-----+   +--+---+     +-----+------+
//	|    ws    |-->|  wire   |-->|      session --> b2bua      |-->| ims |-->| sip  |     | diameter/rx|
//	| sockets  |   | frames  |   | one queue per browser: auth,|   |     |   |      |     +-----+------+
//	+----------+   +---------+   | call (pure table), sdp      |   +-----+   +------+           ^
//	                             +---------+-------------------+                               |
//	                                       |            '--------------------------------------'
//	                                       v
//	                                    media (the eIMS-AGW)
//
// This root builds the parts in order and plugs them together; it holds no logic of calls.
//
// # One call, walked
//
// A frame arrives at ws, whose reader gives it to the socket's session.Link. wire decodes it; the session's queue takes
// it and hands it to the b2bua.Call it is for. call.Step turns it into actions: media opens the access and the core leg, sdp writes the descriptions, ims sends
// the INVITE through sip. What the core answers climbs back as ims events into the same queue. When SDP has been agreed,
// media is connected and rx asks the PCRF for the access leg's flows. The browser hears of each step by a numbered
// notification. The end of a call is one place in call and one in b2bua.
package signaling
