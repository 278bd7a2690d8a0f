// Package diameter is the lab's own Diameter codec (RFC 6733 3 and 4): header,
// AVPs, grouped AVPs, and a small dictionary of what Rx uses (TS 29.214),
// enough to print a message as JSON and to check its grammar.
//
//	bytes ─► Read ─► Message{Header, AVPs} ─► Describe ─► JSON for people
//	Message ─► Bytes ─► bytes
package diameter
