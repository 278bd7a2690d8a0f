// Package b2bua is a call's execution: it carries out what the call table says on the three sides of one call.
//
//	            Host (session: queue, browser, binding)
//	              |  requests            ^ Tell, Answer, Refuse, Ended
//	              v                      |
//	[ Call:  Start, Ring, Serve --> call.Step --> actions --> media | core | policy | tell ]
//	              ^                                             |      |       |
//	              '---- inputs: results and events, posted -----'------'-------'
//	                            media.Session        ims.Call (a SIP dialog)     rx.Session
//
// A Call holds what was agreed with either side (accessLeg, coreLeg), and nothing else decides: what happens next is a row
// of signaling/call. Everything of a call runs in its host's queue; results of other goroutines come back by Host.Post and
// find nobody once the call is over.
//
// # One call, walked
//
// The host notes a NewCall and calls Start. OpenMedia: parse the browser's offer (sdp), open a media session (media),
// answer with the gateway's own description. SendInvite: write the core offer (sdp) and let the host's binding send it
// (ims). Events of SIP become inputs, and Step's actions connect media, ask policy (in a goroutine of its own whose answer
// is an input with its attempt number) and tell the browser. Forget is the one exit: all three sides have been let go, one
// line is logged, and Host.Ended takes the call off the books.
package b2bua
