// Package service reads and writes the headers of supplementary services as values, pure and without state:
//
//	verstat.go    verification of the caller's number (TS 24.229 7.2A.20, RFC 8224)       PAI, From  -> Verified
//	diversion.go  communication diversion (TS 24.604, RFC 7044, RFC 5806, RFC 4458)        History-Info, Diversion -> Diversion
//	waiting.go    communication waiting (TS 24.615, RFC 7462)                              Alert-Info
//	userdata.go   user-to-user information (RFC 7433)                                      User-to-User <-> UserData
//	custom.go     headers of an application, by the operator's list                        X-..., P-... <-> names and values
//
// Everything read here was written by a stranger or came through one: sizes and counts are bounded, what does not fit is
// left out, and nothing is ever an identity to act with. What is written was checked here, character by character.
package service
