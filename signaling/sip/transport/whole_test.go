package transport

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

func whole(lines ...string) []byte { return []byte(strings.Join(lines, "\r\n")) }

// TestRead: a message that came whole, as in a WebSocket message.
func TestRead(t *testing.T) {
	known := netip.MustParseAddrPort("192.0.2.7:40000")
	head := []string{"OPTIONS sip:ims.example SIP/2.0", "Via: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks;rport", "From: <sip:alice@ims.example>;tag=1",
		"To: <sip:ims.example>", "Call-ID: a", "CSeq: 1 OPTIONS"}
	with := func(more ...string) []byte { return whole(append(append([]string{}, head...), more...)...) }
	tests := []struct {
		name   string
		data   []byte
		remote netip.AddrPort
		via    string // of the message
		body   string
		status int // of the refusal; 0 for none
	}{
		{"without Content-Length", with("", "body"), known, "SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks;rport=40000;received=192.0.2.7", "body", 0},
		{"more than Content-Length", with("Content-Length: 2", "", "body"), known, "SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks;rport=40000;received=192.0.2.7", "bo", 0},
		{"port behind a proxy", with("", ""), netip.MustParseAddrPort("192.0.2.7:0"), "SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks;rport;received=192.0.2.7", "", 0},
		{"less than Content-Length", with("Content-Length: 20", "", "body"), known, "", "", 400},
		{"no empty line", with("X: y"), known, "", "", 400},
		{"no CSeq", whole(append(append([]string{}, head[:5]...), "", "")...), known, "", "", 400},
		{"no Via to answer to", whole("OPTIONS sip:ims.example SIP/2.0", "CSeq: 1 OPTIONS", "", ""), known, "", "", 0},
		{"a bad response", whole(append([]string{"SIP/2.0 20 OK"}, append(append([]string{}, head[1:]...), "", "")...)...), known, "", "", 0},
		{"nothing", nil, known, "", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			msg, src, refusal := Read(tt.data, tt.remote)
			switch {
			case (msg != nil) != (tt.via != ""):
				t.Fatalf("message %v", msg)
			case msg != nil && (msg.Via().Value() != tt.via || string(msg.Body()) != tt.body || src.Reply().Network != WS):
				t.Errorf("Via %q, body %q, reply to %v", msg.Via().Value(), msg.Body(), src.Reply())
			case (refusal != nil) != (tt.status != 0) || refusal != nil && refusal.StatusCode != tt.status:
				t.Errorf("refusal %v", refusal)
			}
		})
	}
}

// TestWrite: what would forge a header field or is too long is not written.
func TestWrite(t *testing.T) {
	msg, _, _ := Read(whole("OPTIONS sip:ims.example SIP/2.0", "Via: SIP/2.0/WS a.invalid;branch=z9hG4bK1", "From: <sip:a@b>;tag=1", "To: <sip:b>", "Call-ID: a", "CSeq: 1 OPTIONS", "", ""),
		netip.MustParseAddrPort("192.0.2.7:1"))
	if data, err := Write(msg, 4096); err != nil || !strings.HasSuffix(string(data), "\r\n\r\n") {
		t.Fatalf("%q, %v", data, err)
	}
	if _, err := Write(msg, 100); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	msg.AppendHeader(sip.NewHeader("Subject", "x\r\nP-Asserted-Identity: <sip:boss@ims.example>"))
	if _, err := Write(msg, 4096); !errors.Is(err, ErrLineBreak) {
		t.Errorf("a line break: %v", err)
	}
	bare := sip.NewResponse(200, "OK")
	if _, err := Write(bare, 4096); !errors.Is(err, ErrNoVia) {
		t.Errorf("no Via: %v", err)
	}
}
