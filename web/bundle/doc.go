// Command bundle builds what the package web embeds. It is run by "go generate ./web" and needs neither Node nor a
// network: esbuild is a Go library.
//
//	signaling/wire/errors.json ──► sdk/src/protocol/errors.ts ─┐
//	sdk/src/**/*.ts ───────────────────────────────────────────┼─ esbuild ─► dist/causeway.js   (script, global Causeway)
//	pages/src/**/*.ts, pages/phone.css ────────────────────────┘             dist/causeway.mjs  (ES module)
//	                                                                         dist/phone.js, dist/phone.css (the page)
//	sdk/src/**/*.ts ──── tsc, when it is installed (flag -types) ──────────► dist/types/**/*.d.ts
//
// The results are committed, so that "go build" on a clean machine gives a whole product; a test of this package holds
// them against their sources. The tests also run the SDK's own tests under Node's test runner and check the types, where
// Node and tsc are installed.
package main
