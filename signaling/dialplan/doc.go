// Package dialplan turns what a user dials into a Request-URI (RFC 3966, RFC 3261 19.1.6, RFC 4967), and knows which of it is a
// call for help (TS 24.229 5.2.1, RFC 5031).
//
//	"+1 (555) 01-01"  --> Normalise --> tel:+15550101                        a global number
//	"0301234"         --> Normalise --> tel:0301234;phone-context=home       a local one
//	"*21#"            --> Normalise --> sip:*21%23;phone-context=home@home;user=dialstring
//	"bob@x.example"   --> Normalise --> sip:bob@x.example                    parameters dropped, but user=phone
//	"112"             --> Normalise --> call.Emergency --> Service --> urn:service:sos
//
// Nothing a user typed reaches a SIP message in any other way: the parts are checked one by one and written anew, and
// emergency numbers are recognised before anything else. One call, walked: ims asks Normalise for the target of call.start;
// the URI becomes Request-URI and To of the INVITE, or the cause goes back to the page before anything was sent.
package dialplan
