package ims

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// update rewrites the golden files from what goes over the wire now.
var update = flag.Bool("update", false, "rewrite testdata")

const (
	ourSDP   = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
	theirSDP = "v=0\r\no=- 9 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 50000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
	instance = "urn:uuid:00000000-0000-4000-8000-000000000001"
	patience = 30 * time.Second
)

// peer is the scripted core: it reads and writes raw text with helpers of its own, none of the gateway's.
type peer struct {
	t     *testing.T
	wire  wire
	trace strings.Builder
	unget []string
}

// next returns the next message whose start line contains want; others that the script does not care about (OPTIONS,
// SUBSCRIBE) are put aside.
func (p *peer) next(want string) string {
	p.t.Helper()
	for i, m := range p.unget {
		if strings.Contains(firstLine(m), want) {
			p.unget = append(p.unget[:i:i], p.unget[i+1:]...)
			return m
		}
	}
	for {
		m, ok := p.wire.receive()
		if !ok {
			p.t.Fatalf("no %q came; trace:\n%s\nput aside: %q", want, p.trace.String(), p.unget)
		}
		p.trace.WriteString("\n<== " + m)
		if strings.Contains(firstLine(m), want) {
			return m
		}
		p.unget = append(p.unget, m)
	}
}

func firstLine(m string) string { line, _, _ := strings.Cut(m, "\r\n"); return line }

// head returns the value of the first header of that name, "" if there is none.
func head(m, name string) string {
	top, _, _ := strings.Cut(m, "\r\n\r\n")
	for _, line := range strings.Split(top, "\r\n")[1:] {
		key, value, _ := strings.Cut(line, ":")
		if strings.EqualFold(key, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func body(m string) string { _, b, _ := strings.Cut(m, "\r\n\r\n"); return b }

// say sends start line, headers and body.
func (p *peer) say(start, body string, lines ...string) {
	p.t.Helper()
	if body != "" && !strings.Contains(strings.Join(lines, "\n"), "Content-Type") {
		lines = append(lines, "Content-Type: application/sdp")
	}
	text := start + "\r\n" + strings.Join(lines, "\r\n") + "\r\n" + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
	p.trace.WriteString("\n==> " + text)
	p.wire.send(text)
}

// reply answers a request.
func (p *peer) reply(req string, status int, tag, body string, lines ...string) {
	p.t.Helper()
	to := head(req, "To")
	if tag != "" && !strings.Contains(to, ";tag=") {
		to += ";tag=" + tag
	}
	p.say(fmt.Sprintf("SIP/2.0 %d Fine", status), body, append([]string{"Via: " + head(req, "Via"), "From: " + head(req, "From"), "To: " + to,
		"Call-ID: " + head(req, "Call-ID"), "CSeq: " + head(req, "CSeq")}, lines...)...)
}

// registered are the headers of a 200 to REGISTER.
func registered(req string) []string {
	return []string{"Contact: " + head(req, "Contact") + ";expires=3600", "Service-Route: <sip:orig@scscf.example;lr>",
		`P-Associated-URI: "Alice" <sip:+15550001@ims.example>, <tel:+15550001>`}
}

// rig is a client, its core and what its user hears.
type rig struct {
	t        *testing.T
	client   *Client
	peer     *peer
	bindings chan BindingEvent
	calls    chan CallEvent
}

// config is a configuration for loopback tests.
func config() Config {
	c := DefaultConfig()
	c.HomeDomain = "ims.example"
	c.SIP.Listen = []string{"udp:127.0.0.1:0", "tcp:127.0.0.1:0"}
	c.RegEvent = false
	c.Ping = 0
	return c
}

// onUDP starts a client with a scripted core on a loopback UDP socket.
func onUDP(t *testing.T, change ...func(*Config)) *rig {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	w := &udpWire{conn: conn, seen: map[string]bool{}}
	r := start(t, w, "", change...)
	w.to = net.UDPAddrFromAddrPort(r.client.link.Local("udp"))
	return r
}

// onTCP is the same over TCP.
func onTCP(t *testing.T, change ...func(*Config)) *rig {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &tcpWire{ln: ln}
	t.Cleanup(func() {
		_ = ln.Close()
		if w.conn != nil {
			_ = w.conn.Close()
		}
	})
	return start(t, w, "tcp", change...)
}

// start runs a real client against a wire.
func start(t *testing.T, w wire, network string, change ...func(*Config)) *rig {
	t.Helper()
	cfg := config()
	cfg.CoreAddress, cfg.CoreTransport = w.address(), network
	for _, c := range change {
		c(&cfg)
	}
	client, err := New(cfg, Deps{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return run(t, client, w)
}

// run serves until the test ends.
func run(t *testing.T, client *Client, w wire) *rig {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- client.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	for !client.running.Load() {
		select {
		case err := <-done:
			t.Fatal(err)
		default:
			time.Sleep(time.Millisecond)
		}
	}
	return &rig{t: t, client: client, peer: &peer{t: t, wire: w}, bindings: make(chan BindingEvent, 64), calls: make(chan CallEvent, 64)}
}

// bind starts a registration.
func (r *rig) bind() *Binding {
	r.t.Helper()
	b, err := r.client.Bind(BindParams{
		Identity: Identity{IMPI: "15550001@ims.example", IMPU: "sip:+15550001@ims.example"},
		Instance: instance, Notify: func(e BindingEvent) { r.bindings <- e },
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

// register is bind and the core's 200.
func (r *rig) register() (*Binding, string) {
	r.t.Helper()
	b := r.bind()
	req := r.peer.next("REGISTER")
	r.peer.reply(req, 200, "reg", "", registered(req)...)
	heard[Registered](r)
	return b, req
}

// heard waits for the next binding event, which has to be of a kind.
func heard[E BindingEvent](r *rig) E {
	r.t.Helper()
	select {
	case e := <-r.bindings:
		if want, ok := e.(E); ok {
			return want
		}
		r.t.Fatalf("binding event %#v", e)
	case <-time.After(patience):
		r.t.Fatalf("no binding event; trace:\n%s", r.peer.trace.String())
	}
	panic("unreachable")
}

// said waits for the next call event, which has to be of a kind.
func said[E CallEvent](r *rig) E {
	r.t.Helper()
	select {
	case e := <-r.calls:
		if want, ok := e.(E); ok {
			return want
		}
		r.t.Fatalf("call event %#v", e)
	case <-time.After(patience):
		r.t.Fatalf("no call event; trace:\n%s", r.peer.trace.String())
	}
	panic("unreachable")
}

func (r *rig) hear(e CallEvent) { r.calls <- e }

// invite starts an outgoing call and returns its INVITE.
func (r *rig) invite(b *Binding, change ...func(*InviteParams)) (*Call, string) {
	r.t.Helper()
	p := InviteParams{Target: "+1 555 0101", SDP: ourSDP, Notify: r.hear}
	for _, c := range change {
		c(&p)
	}
	k, err := b.Invite(p)
	if err != nil {
		r.t.Fatal(err)
	}
	return k, r.peer.next("INVITE ")
}

// incoming sends an INVITE for the registered contact and returns the call.
func (r *rig) incoming(register, sdp string, lines ...string) (IncomingCall, string) {
	r.t.Helper()
	contact := strings.Trim(strings.SplitN(head(register, "Contact"), ">", 2)[0], "<")
	route := strings.Trim(head(register, "Path"), "<>")
	start := "INVITE " + contact + " SIP/2.0"
	head := append([]string{"Via: SIP/2.0/UDP " + r.peer.wire.address() + ";branch=z9hG4bKin1", "Route: <" + route + ">", "Max-Forwards: 60",
		"From: \"Bob\" <sip:+15550101@ims.example>;tag=far", "To: <sip:+15550001@ims.example>", "Call-ID: in1@core", "CSeq: 1 INVITE",
		"Contact: <sip:handset@" + r.peer.wire.address() + ">", "Record-Route: <sip:" + r.peer.wire.address() + ";lr>",
		"P-Called-Party-ID: <sip:+15550001@ims.example>", `P-Asserted-Identity: "Bob B" <sip:+15550101@ims.example>, <tel:+15550101>`,
		"P-Charging-Vector: icid-value=\"core-1\";icid-generated-at=192.0.2.9", "Allow: INVITE, ACK, BYE, CANCEL, UPDATE, PRACK"}, lines...)
	r.peer.say(start, sdp, head...)
	e := heard[IncomingCall](r)
	e.Call.SetNotify(r.hear)
	return e, start
}

// inside sends a request inside the incoming call's dialog; res is a response of ours with our tag.
func (r *rig) inside(method, res string, cseq int, sdp string, lines ...string) {
	r.t.Helper()
	contact := strings.Trim(strings.SplitN(head(res, "Contact"), ">", 2)[0], "<")
	r.peer.say(method+" "+contact+" SIP/2.0", sdp, append([]string{"Via: SIP/2.0/UDP " + r.peer.wire.address() + ";branch=z9hG4bKin" + strconv.Itoa(cseq) + method,
		"Max-Forwards: 60", "From: " + head(res, "From"), "To: " + head(res, "To"), "Call-ID: " + head(res, "Call-ID"), fmt.Sprintf("CSeq: %d %s", cseq, method)}, lines...)...)
}

// golden compares messages with a file; random tokens, branches and ports are given stable names first.
func golden(t *testing.T, name string, messages ...string) {
	t.Helper()
	names := map[string]string{}
	rename := func(re *regexp.Regexp, prefix, text string) string {
		return re.ReplaceAllStringFunc(text, func(s string) string {
			if names[prefix+s] == "" {
				n := 1
				for k := range names {
					if strings.HasPrefix(k, prefix) {
						n++
					}
				}
				names[prefix+s] = prefix + strconv.Itoa(n)
			}
			return names[prefix+s]
		})
	}
	text := strings.Join(messages, "\r\n")
	text = rename(regexp.MustCompile(`z9hG4bK[0-9A-Za-z.\-]+`), "BRANCH", text)
	text = rename(regexp.MustCompile(`\b[0-9a-f]{20}\b`), "TOKEN", text)
	text = rename(regexp.MustCompile(`127\.0\.0\.1:\d+`), "ADDRESS", text)
	text = strings.ReplaceAll(text, "\r\n", "\n")
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("the messages differ from %s (run with -update to accept):\n%s", path, text)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// request is a request with one Route.
func request(t *testing.T, route string) *sip.Request {
	t.Helper()
	req := sip.NewRequest(sip.BYE, sip.Uri{Scheme: "sip", Host: "h"})
	req.AppendHeader(sip.NewHeader("Route", route))
	return req
}
