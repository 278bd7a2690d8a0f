// Package farend is the other end of Diameter's tests: a node that writes and reads octets by RFC 6733 3 and 4.1 and shares no code with
// what is tested. Nothing but tests imports it.
//
//	diameter/peer, diameter/rx ─ Deps.Dial ─► Node.Dial ─ pipe ─► Message ─► Behaviour ─► octets or silence
//	       tests ─► Behaves, Refuses, Cut, Write, Asks          Last, Count, Seen ─► tests
//
// One exchange: the manager under test dials, its CER arrives and is kept, Behave answers with a CEA that has Rx, and the test looks at
// what came by Last(257). To see a fault, the test gives the node another Behaviour: half an answer, a wrong identifier, nothing.
package farend
