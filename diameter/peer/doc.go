// Package peer keeps a Diameter client's connections to its peers alive and gets each request answered once
// (RFC 6733, RFC 3539). It knows the base protocol; what the requests mean is the business of package rx.
//
//	Do(ctx, Request)                      one goroutine owns everything below              Serve(request)
//	     │                            ┌──────────────────────────────────────┐                  ▲
//	     └───────── submit ─────────► │ Manager loop                         │ ─── RAR, ASR ────┘
//	                                  │   exchanges by Hop-by-Hop id         │
//	Dial goroutine ── connected ────► │   one Machine per peer (table.go)    │
//	link reader ───── message ──────► │   one timer for the earliest deadline│
//	link reader ───── lost ─────────► └───┬──────────────────────────────────┘
//	                                      │ frames, bounded queue
//	                                      ▼
//	                                  link writer ──► TCP ──► peer
//
// The machine of one connection is a pure table, (state, input, now) -> (state, actions), in table.go, where it is
// also drawn; each procedure has its file: cer.go, dwr.go, dpr.go. The loop turns what happens into inputs and carries
// the actions out. Nothing in the loop blocks: writing and dialling have goroutines of their own, and a peer that does
// not read what we write loses its connection when the queue is full.
//
// One request, walked through. Do serialises the message, and posts it. The loop picks the first usable peer in the
// order configured (or the one the request names as its host), gives the frame a fresh Hop-by-Hop id, notes the
// exchange under it and queues the frame. The answer comes up from the link's reader, decoded and checked; the loop
// finds the exchange by Hop-by-Hop id, compares peer, End-to-End id, command and Session-Id, and hands the answer to
// Do. An answer that fits nothing is counted and dropped. When no answer comes in half the time allowed, or the
// connection dies, the request goes to another peer under the same End-to-End id with the T flag set (RFC 6733
// 5.5.4); when there is no other, it waits for this one to come back until its time is up. An answer later than that
// is still recognised for a while and given to the request's Late function, because it may have created state at the
// far end that somebody must undo.
//
// What a peer sends is hostile: a header that cannot be true, a message beyond 64 KiB, an answer with a malformed AVP
// or a message that stops half-way ends the connection, and a new one is made; a malformed request is answered 5014;
// unknown commands and applications are answered 3001 and 3007, and the connection lives on.
package peer
