package rx

import (
	"log/slog"
	"testing"

	"causeway/diameter/dict"
	"causeway/diameter/farend"
)

// FuzzMessages gives arbitrary messages to everything in this package that reads them: as answers and as requests for
// a session of ours. Each request of a command we know gets an answer that decodes.
func FuzzMessages(f *testing.F) {
	cfg := DefaultConfig()
	cfg.OriginHost, cfg.OriginRealm, cfg.DestinationRealm, cfg.Peers = "gw.example", "example", "example", []string{"127.0.0.1:1"}
	c, err := New(cfg, Deps{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	id := []byte("s")
	f.Add([]byte(farend.New(0xc0, 258, 16777236, 1, 2, farend.AVP(263, id), farend.AVP3GPP(513, farend.U32(2)), farend.AVP3GPP(510, append(farend.AVP3GPP(518, farend.U32(1)), farend.AVP3GPP(509, farend.U32(1))...)), farend.AVP3GPP(22, id))), uint16(40), byte(3))
	f.Add([]byte(farend.New(0xc0, 274, 16777236, 1, 2, farend.AVP(263, id), farend.AVP3GPP(500, farend.U32(2)))), uint16(32), byte(0))
	f.Add([]byte(farend.New(0x40, 265, 16777236, 1, 2, farend.AVP(263, id), farend.AVP(297, append(farend.AVP(266, farend.U32(10415)), farend.AVP(298, farend.U32(5063))...)),
		farend.AVP3GPP(526, farend.AVP3GPP(517, farend.AVP3GPP(518, farend.U32(1)))), farend.AVP3GPP(541, farend.U32(9)), farend.AVP3GPP(502, farend.AVP3GPP(503, id)), farend.AVP3GPP(1050, []byte{0, 1, 1, 2, 3, 4}))), uint16(60), byte(255))
	f.Fuzz(func(t *testing.T, b []byte, at uint16, length byte) {
		b = append([]byte(nil), b...)
		if i := int(at) + 7; i < len(b) {
			b[i] = length // the low octet of some AVP's length, often
		}
		if len(b) >= 4 {
			b[0], b[1], b[2], b[3] = 1, byte(len(b)>>16), byte(len(b)>>8), byte(len(b))
		}
		m, err := c.dictionary.Decode(b)
		if err != nil {
			return
		}
		if r := classify(m); r.Text == "" || r.Outcome > NotAvailable || len(r.Acceptable) > maxComponents {
			t.Fatalf("classified as %+v", r)
		}
		s := c.Open(SessionParams{Notify: func(Event) {}})
		if err := c.add("s", s); err != nil {
			t.Fatal(err)
		}
		s.late(s.ID(), m)
		a := c.serve(m)
		if known := m.Header.CommandCode == dict.CommandAbortSession || m.Header.CommandCode == dict.CommandReAuth; (a != nil) != known {
			t.Fatalf("command %d answered %v", m.Header.CommandCode, a)
		}
		for s, _ := c.events.take(); s != nil; s, _ = c.events.take() { // as the mailbox's goroutine would
		}
		if a == nil {
			return
		}
		out, err := a.Serialize()
		if err != nil {
			t.Fatal(err)
		}
		if len(out) > dict.MaxMessage {
			return
		}
		if _, err := c.dictionary.Decode(out); err != nil {
			t.Fatalf("our answer does not decode: %v", err)
		}
	})
}
