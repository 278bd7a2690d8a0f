package session

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"causeway/signaling/auth"
	"causeway/signaling/b2bua"
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/sip/digest"
	"causeway/signaling/wire"
)

// bed is a manager with faked neighbours.
type bed struct {
	t       *testing.T
	manager *Manager
	line    *fakeLine
	media   *fakeMedia
	policy  *fakePolicy
}

func newBed(t *testing.T, change func(*Config)) *bed {
	t.Helper()
	b := &bed{t: t, line: &fakeLine{}, media: &fakeMedia{}, policy: &fakePolicy{}}
	config := DefaultConfig()
	if change != nil {
		change(&config)
	}
	m, err := NewManager(config, Deps{
		Verifier: fakeVerifier{}, Line: b.line, Media: b.media, Policy: b.policy,
		Codecs: []string{"opus", "AMR-WB", "AMR", "G722", "PCMA", "PCMU"}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	b.manager = m
	t.Cleanup(func() { m.Close(context.Background()) })
	return b
}

// page is a browser: it sends requests and collects what comes.
type page struct {
	bed    *bed
	link   *Link
	mu     sync.Mutex
	frames []map[string]any
	closed int
	nextID int
}

func (b *bed) page() *page {
	p := &page{bed: b}
	p.link = b.manager.Attach(p)
	return p
}

func (p *page) Remote() netip.Addr { return netip.MustParseAddr("192.0.2.7") }

func (p *page) Send(frame []byte) {
	var m map[string]any
	if err := json.Unmarshal(frame, &m); err != nil {
		p.bed.t.Errorf("frame %s: %v", frame, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frames = append(p.frames, m)
}

func (p *page) Close(code int, _ string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed == 0 {
		p.closed = code
	}
}

func (p *page) closeCode() int {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// ask sends a request and returns its answer once everything has settled; nil when there is none yet.
func (p *page) ask(method string, params map[string]any) map[string]any {
	p.bed.t.Helper()
	p.nextID++
	return p.askAs(p.nextID, method, params)
}

func (p *page) askAs(id int, method string, params map[string]any) map[string]any {
	p.bed.t.Helper()
	p.send(id, method, params)
	return p.answer(id)
}

// send sends a request and waits for nothing.
func (p *page) send(id int, method string, params map[string]any) {
	p.bed.t.Helper()
	frame, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
	if err != nil {
		p.bed.t.Fatal(err)
	}
	p.link.Frame(frame)
}

func (p *page) answer(id int) map[string]any {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range slices.Backward(p.frames) {
		if n, ok := f["id"].(float64); ok && int(n) == id {
			return f
		}
	}
	return nil
}

// events returns the notifications of a method.
func (p *page) events(method string) []map[string]any {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []map[string]any
	for _, f := range p.frames {
		if f["method"] == method {
			out = append(out, f["params"].(map[string]any))
		}
	}
	return out
}

func (p *page) last(method string) map[string]any {
	p.bed.t.Helper()
	all := p.events(method)
	if len(all) == 0 {
		p.bed.t.Fatalf("no %s", method)
	}
	return all[len(all)-1]
}

func errorName(answer map[string]any) string {
	e, _ := answer["error"].(map[string]any)
	d, _ := e["data"].(map[string]any)
	name, _ := d["name"].(string)
	return name
}

const instance = "7d8a2f0e-4c1b-4e57-9a43-2f60c1d9b8aa"

// login logs in and lets the core register the user.
func (p *page) login(user string) map[string]any {
	p.bed.t.Helper()
	a := p.ask(wire.MethodLogin, map[string]any{"token": user, "instance": instance})
	if a["result"] == nil {
		p.bed.t.Fatalf("login: %v", a)
	}
	p.bed.line.last().notify(ims.Registered{Identities: []ims.AssociatedIdentity{{URI: "sip:+1555@ims.example", Default: true}}, Expires: time.Hour})
	synctest.Wait()
	return a["result"].(map[string]any)
}

// fakeVerifier takes a user's name as a token.
type fakeVerifier struct{}

func (fakeVerifier) Verify(_ context.Context, token string) (auth.Identity, error) {
	switch token {
	case "expired":
		return auth.Identity{}, &auth.Error{Kind: auth.Expired, Err: context.DeadlineExceeded}
	case "short":
		return auth.Identity{IMPI: "short@ims.example", IMPU: "sip:short@ims.example", Expires: time.Now().Add(time.Minute)}, nil
	}
	return auth.Identity{Subject: token, IMPI: token + "@ims.example", IMPU: "sip:" + token + "@ims.example", Expires: time.Now().Add(24 * time.Hour)}, nil
}

// fakeLine is a core that takes every registration and remembers the calls.
type fakeLine struct {
	mu       sync.Mutex
	bindings []*fakeBinding
	proving  bool // users prove passwords
}

func (l *fakeLine) Bind(p ims.BindParams) (Binding, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := &fakeBinding{notify: p.Notify, identity: p.Identity}
	l.bindings = append(l.bindings, b)
	if l.proving {
		return fakeProver{b}, nil
	}
	return b, nil
}

func (l *fakeLine) Emergency(target string) bool { return target == "112" }

func (l *fakeLine) EmergencyRouted() bool { return true }

func (l *fakeLine) EmergencyNumbers() []string { return []string{"112"} }

func (l *fakeLine) Messages() (int, bool) { return 8192, false }

func (l *fakeLine) last() *fakeBinding {
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bindings[len(l.bindings)-1]
}

// fakeProver takes answers to challenges that have the right form.
type fakeProver struct{ *fakeBinding }

func (fakeProver) Prove(c ims.Challenged, a digest.Answer) bool { return c.Challenge.Fits(a) }

func (b fakeProver) Rebind(bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rebinds++
}

func (b *fakeBinding) rebound() int {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rebinds
}

type fakeBinding struct {
	identity ims.Identity
	rebinds  int
	notify   func(ims.BindingEvent)
	mu       sync.Mutex
	unbound  bool
	refuse   error
	dialogs  []*fakeDialog
	letters  []ims.Content
}

func (b *fakeBinding) Envelope(target, from string, _ bool) (ims.Envelope, error) {
	return ims.Envelope{From: b.identity.IMPU, To: "tel:" + target, CallID: "c1"}, nil
}

func (b *fakeBinding) Reply(to, from string) (ims.Envelope, error) {
	return ims.Envelope{From: from, To: to, CallID: "c2"}, nil
}

func (b *fakeBinding) SMS() (ims.SMSConfig, bool) { return ims.SMSConfig{}, false }

// Send is a core that takes every message.
func (b *fakeBinding) Send(_ ims.Envelope, c ims.Content, done func(*call.Cause)) error {
	b.mu.Lock()
	b.letters = append(b.letters, c)
	b.mu.Unlock()
	done(nil)
	return nil
}

func (b *fakeBinding) Unbind(context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unbound = true
	return nil
}

func (b *fakeBinding) isUnbound() bool {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.unbound
}

func (b *fakeBinding) Invite(p ims.InviteParams) (b2bua.Dialog, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse != nil {
		return nil, b.refuse
	}
	d := &fakeDialog{notify: p.Notify, offer: p.SDP, target: p.Target, extras: p.Extras, position: p.Position, wish: p.Wish}
	b.dialogs = append(b.dialogs, d)
	return d, nil
}

// CheckExtras refuses a header that the fake operator has not listed.
func (b *fakeBinding) CheckExtras(e ims.Extras) error {
	for _, h := range e.Headers {
		if h.Name != "X-Case" {
			return &call.Cause{Kind: call.HeaderRefused, Text: "it is not listed"}
		}
	}
	return nil
}

func (b *fakeBinding) dialog() *fakeDialog {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dialogs[len(b.dialogs)-1]
}
