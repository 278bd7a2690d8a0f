// Package dict is the vocabulary of the Rx reference point (3GPP TS 29.214) on Diameter (RFC 6733): a dictionary of our
// own, typed AVPs with their flags, and a decoder that believes nothing it is told.
//
//	 typed value                         wire                          typed value
//	MediaComponent{...}.AVP()  ──►  *diam.AVP ─► bytes ─►  Decode  ──►  AVPs.U32(code, vendor)
//	SessionID("...")                (go-diameter)            │          AVPs.Group(code, vendor)
//	                                                         │ checked: version, lengths, padding, depth, count,
//	                                                         └          size of every fixed-size AVP
//
// One AAR, walked through. The rx package builds a [diam.Message] of the functions and types here; go-diameter
// serialises it. The answer's bytes come back through [Dictionary.Decode]: first the header, then every AVP in turn. An
// AVP whose code is in rx.xml becomes a typed value, a group is entered (at most [MaxDepth] deep), anything else stays
// opaque. Reading is by (code, vendor), never by name, and an absent AVP is a false, never a zero.
//
// Why not the library's own dictionary and decoder: its built-in Rx part gives several AVPs the wrong vendor, type or
// flags, and its decoder (v4.3.0) panics on a grouped AVP with a member of a bad length and turns an Unsigned32 of
// three octets silently into 0. Its message and AVP types, its data types and its serialiser are used as they are.
package dict
