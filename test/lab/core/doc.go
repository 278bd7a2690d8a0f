// Package core is the lab's IMS core: I-CSCF and S-CSCF in one process.
//
//	             REGISTER (TNA)            ┌────────────────────┐
//	gateway ────────────────────────────►  │ registrar          │
//	   ▲   200 Service-Route, P-Assoc-URI  │  bindings by IMPU  │
//	   │                                   ├────────────────────┤
//	   │   NOTIFY reginfo  ◄────────────── │ reg-event          │
//	   │                                   ├────────────────────┤      handset
//	   └── INVITE via Path, Contact ◄───── │ proxy: forks, CANCEL│ ◄──► farm
//	       INVITE via Service-Route ─────► │  Record-Route      │
//	                                       └────────────────────┘
//
// One call: the browser's INVITE comes in on the Service-Route (user "orig"),
// is checked (Checks in check.go), loses that Route, gains Record-Route, and
// goes to the handset that owns the number, or to every binding of a
// registered user by its Path, with P-Called-Party-ID. Responses retrace the
// Vias; the best final answer of a fork wins (RFC 3261 16.7). Later requests
// of the dialog pass by the Route the Record-Route made.
//
// The core is strict on purpose. What a lenient core would swallow is written
// down as a Violation, and tests ask for none.
package core
