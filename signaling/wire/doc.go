// Package wire is the browser protocol causeway.v1 as values: one JSON-RPC 2.0 object per WebSocket text frame.
//
//	frame ──► ParseRequest ──► Request{ID, Method, Params} ──► Decode ──► LoginParams | StartParams | ...
//	           │ size, UTF-8, one object, depth, width,           │ exact names, bounds, characters
//	           │ duplicate members, jsonrpc, id, method           │
//	           └────────────► *Error (id kept) ◄──────────────────┘
//	                              │
//	frame ◄── ErrorResponse ◄─────┘
//	frame ◄── Response(id, LoginResult{...})
//	frame ◄── Notification(EventProgress, seq, CallProgress{...})
//
// One call through it: the page's call.start arrives as a frame; ParseRequest finds the id and the method, Decode gives
// StartParams with the browser's offer; the session answers Response(id, StartResult{SDP: answer}) and then reports with
// Notification: call.progress, call.media, call.accepted, call.quality, call.ended.
//
// errors.json is the one catalogue of errors: Go embeds it, the TypeScript SDK is generated from it, and the error table
// of docs/protocol.md is tested against it. schema/causeway.v1.json is the published JSON Schema; the frames in testdata
// are valid under it, one for each method, result, notification and error.
//
// Nothing here keeps state, starts a goroutine or touches a socket. Nothing read from a browser appears in an error's
// sentence, so that no token, identity or session description can reach a log by that way.
package wire
