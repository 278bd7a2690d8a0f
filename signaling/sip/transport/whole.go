package transport

import (
	"bytes"
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// WS is the network of messages that come by WebSocket, each as one of its messages (RFC 7118 5.1). The layer has no listener
// for it: whoever has the socket reads and writes by Read and Write.
const WS = "ws"

// Read reads one message that came whole over a reliable network and completes its top Via (RFC 3261 18.2.1, RFC 3581 4). The
// limits and checks are those of the sockets. Where Content-Length is missing the body is the rest (RFC 7118 5.1 leaves it out).
//
// msg is nil for what is malformed; refusal is then the answer to it, nil where there is none to give. A remote port of 0 is one
// that is not known.
func Read(data []byte, remote netip.AddrPort) (msg sip.Message, src Source, refusal *sip.Response) {
	src = Source{Network: WS, Remote: unmap(remote)}
	data = bytes.TrimLeft(data, "\r\n")
	h, body, bad := splitWhole(data)
	if bad == nil {
		msg, bad = h.message(body)
	}
	if bad != nil {
		return nil, src, wholeRefusal(&h, bad, &src)
	}
	if _, ok := msg.(*sip.Request); ok {
		receive(msg.Via(), WS, src.Remote)
		hidePort(msg.Via(), src)
	}
	src.reply = src.Remote
	msg.SetSource(src.Remote.String())
	msg.SetTransport(strings.ToUpper(WS))
	return msg, src, nil
}

// wholeRefusal is refusal for a message of Read.
func wholeRefusal(h *head, bad *malformed, src *Source) *sip.Response {
	res := refusal(h, bad, src)
	if res != nil {
		hidePort(res.Via(), *src)
	}
	return res
}

// hidePort takes the value of rport away again where the port is not known.
func hidePort(via *sip.ViaHeader, src Source) {
	if src.Remote.Port() == 0 && via.Params.Has("rport") {
		via.Params.Add("rport", "")
	}
}

// Write writes a message out, at most limit bytes. It refuses one whose header fields hold line breaks: however such a value
// came about, it would forge header fields. Errors: ErrNoVia, ErrTooLarge, ErrLineBreak.
func Write(msg sip.Message, limit int) ([]byte, error) {
	var buf bytes.Buffer
	buf.Grow(2048)
	if msg.ContentLength() == nil {
		msg.SetBody(msg.Body())
	}
	if msg.Via() == nil {
		return nil, ErrNoVia
	}
	fields := 0
	switch m := msg.(type) {
	case *sip.Request:
		fields = len(m.Headers())
		m.StringWrite(&buf)
	case *sip.Response:
		fields = len(m.Headers())
		m.StringWrite(&buf)
	}
	data := buf.Bytes()
	if len(data) > limit {
		return nil, ErrTooLarge
	}
	head := data[:len(data)-len(msg.Body())]
	// One line each for the start line, every field and the empty line.
	lines := bytes.Count(head, []byte("\r\n"))
	if lines != fields+2 || bytes.Count(head, []byte("\n")) != lines || bytes.Count(head, []byte("\r")) != lines {
		return nil, ErrLineBreak
	}
	return data, nil
}
