// Package identity reads and checks what names people and hosts in SIP: URIs, numbers, display names.
//
//	P-Asserted-Identity: "Bob" <sip:+15550101@ims.example;user=phone>
//	                      Text  Assertable, Number --> +15550101
//	ims.core_address:    pcscf.ims.example:5060 --> SplitHost
//
// Everything is a pure function over text that came from outside; what passes a check can be written into a header as it
// is. One caller, walked: ims takes the value of P-Asserted-Identity, asks Assertable whether the URI may be used, Number for
// what a page shows, Text for the name beside it.
package identity
