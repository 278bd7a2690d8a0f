package sipws

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"causeway/signaling/wire"
)

// bed is a server with a faked session room. It runs in a synctest bubble.
type bed struct {
	t      *testing.T
	server *Server

	mu    sync.Mutex // guards the following
	links []*fakeLink
}

func newBed(t *testing.T, change func(*Config, *Deps)) *bed {
	t.Helper()
	b := &bed{t: t}
	config := DefaultConfig()
	config.AuthzServer = "https://login.example"
	deps := Deps{Attach: b.attach, Tokens: true, Headers: []string{"X-Case"}, Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&config, &deps)
	}
	if err := config.Validate(); err != nil {
		t.Fatal(err)
	}
	b.server = New(config, deps)
	return b
}

func (b *bed) attach(s Socket) Link {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := &fakeLink{bed: b, socket: s}
	b.links = append(b.links, l)
	return l
}

// link is the newest one.
func (b *bed) link() *fakeLink {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.links[len(b.links)-1]
}

// fakeLink is the session's end: it checks every frame as the session does and remembers it.
type fakeLink struct {
	bed    *bed
	socket Socket

	mu       sync.Mutex // guards the following
	requests []request
	seq      uint64
	closed   bool
}

// request is one that was asked, decoded by the protocol's own rules.
type request struct {
	id     wire.ID
	method string
	params wire.Params
	fault  *wire.Error
}

func (l *fakeLink) Frame(data []byte) {
	req, fault := wire.ParseRequest(data)
	if fault != nil {
		l.bed.t.Errorf("a frame that is none: %s: %v", data, fault)
		return
	}
	params, fault := req.Decode()
	l.mu.Lock()
	l.requests = append(l.requests, request{req.ID, req.Method, params, fault})
	l.mu.Unlock()
	if fault != nil {
		l.socket.Send(wire.ErrorResponse(req.ID, fault))
	}
}

func (l *fakeLink) Closed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

// asked returns the newest request and fails if it is another one.
func (l *fakeLink) asked(method string) request {
	l.bed.t.Helper()
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.requests); n > 0 && l.requests[n-1].method == method {
		return l.requests[n-1]
	}
	var methods []string
	for _, r := range l.requests {
		methods = append(methods, r.method)
	}
	l.bed.t.Fatalf("asked %v, want %s at the end", methods, method)
	return request{}
}

func (l *fakeLink) count() int {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.requests)
}

func (l *fakeLink) answer(r request, result any) {
	l.bed.t.Helper()
	frame, err := wire.Response(r.id, result)
	if err != nil {
		l.bed.t.Fatal(err)
	}
	l.socket.Send(frame)
	synctest.Wait()
}

func (l *fakeLink) refuse(r request, e *wire.Error) {
	l.socket.Send(wire.ErrorResponse(r.id, e))
	synctest.Wait()
}

func (l *fakeLink) tell(method string, params any) {
	l.bed.t.Helper()
	l.mu.Lock()
	l.seq++
	frame, err := wire.Notification(method, l.seq, params)
	l.mu.Unlock()
	if err != nil {
		l.bed.t.Fatal(err)
	}
	l.socket.Send(frame)
	synctest.Wait()
}

// phone is a user agent by hand: it writes text and reads text.
type phone struct {
	t    *testing.T
	bed  *bed
	flow *Flow
	seq  int

	mu    sync.Mutex // guards the following
	heard []string
	code  int
}

func (b *bed) phone() *phone {
	p := &phone{t: b.t, bed: b}
	p.flow = b.server.Accept(p)
	b.t.Cleanup(func() {
		p.flow.Closed()
		synctest.Wait()
	})
	return p
}

func (p *phone) Send(message []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = append(p.heard, string(message))
}

func (p *phone) Close(code int, _ string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.code == 0 {
		p.code = code
	}
}

func (p *phone) Remote() netip.Addr { return netip.MustParseAddr("192.0.2.7") }
func (p *phone) Port() uint16       { return 40000 }
func (p *phone) Secure() bool       { return true }

// next takes the oldest message that was not taken yet.
func (p *phone) next() string {
	p.t.Helper()
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.heard) == 0 {
		p.t.Fatal("no message came")
	}
	m := p.heard[0]
	p.heard = p.heard[1:]
	return m
}

// expect takes the next message and wants its start and its parts.
func (p *phone) expect(start string, parts ...string) string {
	p.t.Helper()
	m := p.next()
	if !strings.HasPrefix(m, start) {
		p.t.Fatalf("got %q, want %s", m, start)
	}
	for _, part := range parts {
		if !strings.Contains(m, part) {
			p.t.Errorf("%q is not in\n%s", part, m)
		}
	}
	return m
}

// silent wants no message to wait.
func (p *phone) silent() {
	p.t.Helper()
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.heard) > 0 {
		p.t.Fatalf("unexpected: %s", p.heard)
	}
}

func (p *phone) closeCode() int {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.code
}

// write sends lines, the last after an empty line as the body.
func (p *phone) write(body string, lines ...string) {
	text := strings.Join(lines, "\r\n") + "\r\n"
	if body != "" {
		text += "Content-Type: application/sdp\r\n"
	}
	p.flow.Frame([]byte(text + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)))
	synctest.Wait()
}

const aor = "sip:+15550001@ims.example"

// request sends a request outside a dialog.
func (p *phone) request(method, uri string, more ...string) {
	p.seq++
	lines := []string{method + " " + uri + " SIP/2.0", fmt.Sprintf("Via: SIP/2.0/WSS abc.invalid;branch=z9hG4bK%d", p.seq), "Max-Forwards: 70",
		"From: <" + aor + ">;tag=ua", "To: <" + aor + ">", "Call-ID: call-" + method, fmt.Sprintf("CSeq: %d %s", p.seq, method)}
	p.write("", append(lines, more...)...)
}

const instance = "7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8aa"

const contact = `Contact: <sip:q7k2@abc.invalid;transport=ws>;+sip.ice;reg-id=1;+sip.instance="<urn:uuid:` + instance + `>";expires=600`

// register logs in with a token and lets the core register the user.
func (p *phone) register() *fakeLink {
	p.t.Helper()
	p.request("REGISTER", "sip:ims.example", contact, "Authorization: Bearer good", "Supported: path,gruu,outbound")
	l := p.bed.link()
	l.answer(l.asked(wire.MethodLogin), loginResult())
	l.answer(l.asked(wire.MethodToken), wire.TokenResult{})
	l.tell(wire.EventRegistration, registered())
	p.expect("SIP/2.0 200 ")
	return l
}

func loginResult() wire.LoginResult {
	return wire.LoginResult{Session: "s1", Secret: "x1", ResumeWindow: 30e9, Registration: wire.Registration{State: wire.Registering}}
}

func registered() wire.Registration {
	return wire.Registration{State: wire.Registered, Identities: []wire.Identity{{URI: "tel:+15550001", Display: "Al", Default: true}, {URI: "sip:alice@ims.example"}}}
}

// header is the first value of a header field.
func header(message, name string) string {
	for line := range strings.SplitSeq(message, "\r\n") {
		if n, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(n, name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func body(message string) string {
	_, b, _ := strings.Cut(message, "\r\n\r\n")
	return b
}

// offer and description are as short as the adaptor, which reads only directions, allows.
const (
	offer       = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=sendrecv\r\n"
	description = "v=0\r\no=- 7 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
)

// text is the JSON of a value.
func text(t *testing.T, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
