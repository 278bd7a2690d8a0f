// Package sms reads and writes short messages as they travel over IP (TS 24.341): the relay layer of TS 24.011 with the transfer layer of
// TS 23.040 in it and text in the alphabets of TS 23.038. It is pure: bytes and times in, values out.
//
//	body of application/vnd.3gpp.sms
//	   | ParseRP                                   | RP.Encode
//	   v                                           ^
//	RP: RP-DATA, RP-ACK, RP-ERROR, reference      RP-DATA with an SMS-SUBMIT, RP-ACK, RP-ERROR
//	   | ParseTPDU (of RP-DATA)                    ^ Submit.Encode
//	   v                                           |
//	Deliver | StatusReport                        Split: one text -> parts of 140 octets
//	   | Assembler.Add: parts -> one text
//	   v
//	Message{From, Text, At}
//
// # One message walked
//
// A short message centre sends a long text as two SMS-DELIVERs, each in an RP-DATA. ParseRP takes the reference that the acknowledgement
// repeats; ParseTPDU reads who sent it, when, and the septets behind the user data header; the Assembler keeps the first part, and
// gives the whole text when the second comes. What cannot be read becomes an *Error that carries the causes which an RP-ERROR tells
// the centre, so that it does not try again in vain.
package sms
