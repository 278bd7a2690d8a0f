package transport

import (
	"bytes"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/emiago/sipgo/sip"
)

func seeds(f *testing.F) [][]byte {
	f.Helper()
	files, err := filepath.Glob("testdata/rfc4475/*.dat")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	var out [][]byte
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		out = append(out, data)
	}
	return append(out, volteInvite())
}

// FuzzMessage: no panic, and whatever is accepted is written so that it is read back the same.
func FuzzMessage(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if endOfHead(data) < 0 {
			return
		}
		_, msg, res := judge(t, data)
		if res != nil { // what is answered must itself be well-formed
			if text := []byte(res.String()); bytes.Count(text, []byte("\n")) != len(res.Headers())+2 {
				t.Fatalf("answer with a forged line: %q", text)
			}
		}
		if msg == nil {
			return
		}
		again := reparse(t, msg)
		if a, b := again.String(), msg.String(); a != b {
			t.Fatalf("not stable:\n%q\n%q", b, a)
		}
	})
}

// FuzzStream: however a stream is cut into reads, it yields the same messages and the same end.
func FuzzStream(f *testing.F) {
	var all []byte
	for _, seed := range seeds(f) {
		f.Add(append(append([]byte("\r\n"), seed...), seed...), uint8(7))
		all = append(all, seed...)
	}
	f.Add(all, uint8(200))
	f.Fuzz(func(t *testing.T, data []byte, step uint8) {
		whole, endWhole := stream(t, data, len(data)+1)
		cut, endCut := stream(t, data, int(step)+1)
		if len(whole) != len(cut) || (endWhole == nil) != (endCut == nil) {
			t.Fatalf("%d messages (%v) in one piece, %d (%v) in pieces of %d", len(whole), endWhole, len(cut), endCut, int(step)+1)
		}
		for i := range whole {
			if whole[i] != cut[i] {
				t.Fatalf("message %d differs", i)
			}
		}
	})
}

// stream feeds data to a connection's framing in pieces and returns what came out.
func stream(t *testing.T, data []byte, step int) ([]string, error) {
	l, err := New(DefaultConfig(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	l.bound[TCP] = netip.MustParseAddrPort("127.0.0.1:5060")
	var out []string
	l.OnMessage(func(msg sip.Message, _ Source) { out = append(out, msg.String()) })
	// The pongs and refusals of one input fit the queue, which nobody reads.
	c := &conn{l: l, remote: Target{Network: TCP, Addr: netip.MustParseAddrPort("127.0.0.1:9")}, queue: make(chan outgoing, len(data)+1), closed: make(chan struct{})}
	var buf []byte
	for len(data) > 0 {
		n := min(step, len(data))
		buf, data = append(buf, data[:n]...), data[n:]
		rest, err := c.consume(buf)
		if err != nil {
			return out, err
		}
		buf = append([]byte(nil), rest...)
	}
	return out, nil
}

// FuzzAddresses: what is read is written so that it is read back the same.
func FuzzAddresses(f *testing.F) {
	for _, s := range []string{`"A, \"B\"" <sip:b@c;lr>;x="y z";q=1 , <tel:+15550100>`, "sip:a@[::1]:5060;x", "urn:service:sos", "x <sips:a:b@c?d=e>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := ParseAddresses(s)
		if err != nil {
			return
		}
		for _, a := range list {
			text := a.URI.String()
			again, err := ParseURI(text)
			if err != nil || again.String() != text {
				t.Fatalf("%q is read as %q, %v", text, again.String(), err)
			}
		}
	})
}
