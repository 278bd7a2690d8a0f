// Package web is what a browser loads from the gateway: the phone page and the JavaScript client, both built beforehand
// and embedded, served with the headers that keep a page with a microphone safe.
//
//	sdk/src ──┐                       ┌──► /                      the phone page (pages/index.html)
//	          ├─ bundle ─► dist ──────┼──► /phone.js, /phone.css
//	pages ────┘            (embedded) ├──► /sdk/causeway.js       script, global Causeway; may be loaded from other origins
//	                                  ├──► /sdk/causeway.mjs      ES module, with its .d.ts
//	Config ───────────────────────────┴──► /config.json           where the WebSocket, tokens and contacts are
//
// One page load through it: GET / answers index.html with a Content-Security-Policy that allows this origin's script and
// style, no inline ones, and connections only to the gateway and to the hosts named in Config. The page asks for
// /config.json, gets a token from Config.TokenURL (or from its user), and speaks causeway.v1 with the WebSocket.
// Everything embedded carries an ETag of its content: a reload costs one 304.
//
// The WebSocket is not served here; package signaling/ws does that.
package web

//go:generate go run ./bundle
