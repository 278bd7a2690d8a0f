//go:build interop

package sipp

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"causeway/test/interop/scenario"
)

// wire is a SIP peer that writes what it is told, as fast as it is told, and sorts what comes by Call-ID. It is for what SIPp cannot do:
// send a second request before the first is answered.
type wire struct {
	network string
	conn    net.Conn
	done    chan struct{}

	mu    sync.Mutex // guards the following
	calls map[string]chan string
}

// dialWire connects an address of ours, with any port, to the gateway.
func (b *bed) dialWire(t *testing.T, network, from string) *wire {
	t.Helper()
	var local net.Addr = &net.UDPAddr{IP: net.ParseIP(from)}
	if network == "tcp" {
		local = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	d := net.Dialer{LocalAddr: local}
	conn, err := d.DialContext(t.Context(), network, b.SIP.String())
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{network: network, conn: conn, done: make(chan struct{}), calls: map[string]chan string{}}
	go w.read()
	t.Cleanup(w.close)
	return w
}

func (w *wire) close() {
	_ = w.conn.Close()
	<-w.done
}

var (
	lengthLine = regexp.MustCompile(`(?im)^(?:content-length|l)\s*:\s*(\d+)`)
	callLine   = regexp.MustCompile(`(?im)^(?:call-id|i)\s*:\s*(\S+)`)
)

func (w *wire) read() {
	defer close(w.done)
	in := bufio.NewReaderSize(w.conn, 1<<16)
	datagram := make([]byte, 1<<16)
	for {
		var text string
		if w.network == "udp" {
			n, err := w.conn.Read(datagram)
			if err != nil {
				return
			}
			text = string(datagram[:n])
		} else if err := stream(in, &text); err != nil {
			return
		}
		id := callLine.FindStringSubmatch(text)
		if id == nil {
			continue
		}
		w.mu.Lock()
		ch := w.calls[id[1]]
		w.mu.Unlock()
		select {
		case ch <- text: // a nil channel takes nothing
		default:
		}
	}
}

// stream reads one message off a connection.
func stream(in *bufio.Reader, text *string) error {
	*text = ""
	for !strings.HasSuffix(*text, "\r\n\r\n") {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		if *text += line; *text == "\r\n" { // a keep-alive
			*text = ""
		}
	}
	if m := lengthLine.FindStringSubmatch(*text); m != nil {
		n, _ := strconv.Atoi(m[1])
		body := make([]byte, n)
		if _, err := io.ReadFull(in, body); err != nil {
			return err
		}
		*text += string(body)
	}
	return nil
}

// dialogue is one call of a wire.
type dialogue struct {
	w     *wire
	id    string
	token string // of the gateway's user, in its Contact and Path
	gw    string
	user  string
	tag   string // To tag, once known
	heard chan string
	seq   int
}

// dialogue starts one; id is the Call-ID and the From tag.
func (w *wire) dialogue(b *bed, id, user, token string) *dialogue {
	d := &dialogue{w: w, id: id, token: token, gw: b.SIP.String(), user: user, heard: make(chan string, 64)}
	w.mu.Lock()
	w.calls[id] = d.heard
	w.mu.Unlock()
	return d
}

func (d *dialogue) over() {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	delete(d.w.calls, d.id)
}

// text writes a request; seq 0 is the next number.
func (d *dialogue) text(method string, seq int, body string, headers ...string) string {
	if seq == 0 {
		d.seq++
		seq = d.seq
	}
	branch := fmt.Sprintf("z9hG4bK%s.%d", d.id, seq)
	to, more := "", ""
	switch {
	case d.tag != "" && method != "CANCEL":
		to = ";tag=" + d.tag
	case method == "INVITE":
		more = fmt.Sprintf("Route: <sip:mt-%s@%s;lr>\r\nP-Asserted-Identity: <sip:+15550101@%s>\r\n", d.token, d.gw, scenario.Home)
	}
	if method == "ACK" && to != "" && !strings.Contains(strings.Join(headers, ""), "same-branch") {
		branch += "a"
	}
	for _, h := range headers {
		if h != "same-branch" {
			more += h + "\r\n"
		}
	}
	if body != "" {
		more += "Content-Type: application/sdp\r\n"
	}
	return fmt.Sprintf("%s sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=%s;rport\r\nMax-Forwards: 70\r\nFrom: <sip:+15550101@%s>;tag=%s\r\n"+
		"To: <sip:%s@%s>%s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:far@%s;transport=%s>\r\n%sContent-Length: %d\r\n\r\n%s",
		method, d.token, d.gw, strings.ToUpper(d.w.network), d.w.conn.LocalAddr(), branch, scenario.Home, d.id, d.user, scenario.Home, to, d.id, seq, method,
		d.w.conn.LocalAddr(), d.w.network, more, len(body), body)
}

// send writes a request at once.
func (d *dialogue) send(method string, seq int, body string, headers ...string) error {
	_, err := d.w.conn.Write([]byte(d.text(method, seq, body, headers...)))
	return err
}

// next is the next message but a 100, as status or method and CSeq: "200 BYE".
func (d *dialogue) next(ctx context.Context) (what, text string, err error) {
	for {
		select {
		case text = <-d.heard:
		case <-ctx.Done():
			return "", "", fmt.Errorf("call %s heard nothing more: %w", d.id, ctx.Err())
		case <-d.w.done:
			select {
			case text = <-d.heard: // its last word
			default:
				return "", "", fmt.Errorf("call %s: the connection has ended", d.id)
			}
		}
		if strings.HasPrefix(text, "SIP/2.0 100") {
			continue
		}
		if m := regexp.MustCompile(`(?im)^to:.*;tag=([^;\r\n]+)`).FindStringSubmatch(text); m != nil && d.tag == "" {
			d.tag = m[1]
		}
		if !strings.HasPrefix(text, "SIP/2.0 ") {
			what, _, _ = strings.Cut(text, " ")
			return what, text, nil
		}
		method := regexp.MustCompile(`(?im)^cseq:\s*\d+\s+(\S+)`).FindStringSubmatch(text)
		if method == nil {
			return "", text, fmt.Errorf("no CSeq in %q", text)
		}
		return text[8:11] + " " + method[1], text, nil
	}
}

// header is a header's first value.
func header(text, name string) string {
	m := regexp.MustCompile(`(?im)^` + name + `:\s*([^\r\n]*)`).FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return m[1]
}

// offer is a description for calls without media.
const offer = "v=0\r\no=far 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 101\r\n" +
	"a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
