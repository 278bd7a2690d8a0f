package session

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"causeway/diameter/rx"
	"causeway/media"
	"causeway/signaling/auth"
	"causeway/signaling/b2bua"
	"causeway/signaling/call"
	"causeway/signaling/ims"
	"causeway/signaling/sip/digest"
	"causeway/signaling/sip/pidf"
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
func (l *fakeLine) EmergencyRouted() bool        { return true }
func (l *fakeLine) EmergencyNumbers() []string   { return []string{"112"} }
func (l *fakeLine) Messages() (int, bool)        { return 8192, false }

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

// fakeDialog records what the session tells SIP.
type fakeDialog struct {
	notify        func(ims.CallEvent)
	offer, target string
	mu            sync.Mutex
	said          []string
	sdp           string
	cause         call.Cause
	extras        ims.Extras
	position      *pidf.Position
	wish          *ims.Wish
}

func (d *fakeDialog) say(word string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.said = append(d.said, word)
}

func (d *fakeDialog) heard() []string {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.said)
}

func (d *fakeDialog) ID() string                      { return "sip-call-id" }
func (d *fakeDialog) ICID() string                    { return "icid" }
func (d *fakeDialog) SetNotify(f func(ims.CallEvent)) { d.notify = f }
func (d *fakeDialog) Progress(string)                 { d.say("progress") }
func (d *fakeDialog) Ring(_ string, waiting bool) {
	if waiting {
		d.say("ring waiting")
		return
	}
	d.say("ring")
}
func (d *fakeDialog) Accept(_ string, e ims.Extras) error {
	d.mu.Lock()
	d.extras = e
	d.mu.Unlock()
	d.say("accept")
	return nil
}
func (d *fakeDialog) Hangup(c call.Cause)      { d.cause = c; d.say("hangup") }
func (d *fakeDialog) Reoffer(sdp string) error { d.sdp = sdp; d.say("reoffer"); return nil }
func (d *fakeDialog) AnswerOffer(sdp string)   { d.sdp = sdp; d.say("answer") }
func (d *fakeDialog) RejectOffer(int)          { d.say("reject") }
func (d *fakeDialog) SendPictureFastUpdate() error {
	d.say("key frame")
	return nil
}

func (d *fakeDialog) SendInfoDTMF(r rune, _ time.Duration) error {
	d.say("info " + string(r))
	return nil
}

func (d *fakeDialog) Key() string                      { return fmt.Sprintf("%p", d) }
func (d *fakeDialog) Place(give func(ims.Place, bool)) { give(ims.Place{}, true) }
func (d *fakeDialog) Refer(p ims.ReferParams) error {
	if p.Target == "112" {
		return &call.Cause{Side: call.Gateway, Kind: call.Emergency}
	}
	if p.Place != nil {
		p.Target = "the other call"
	}
	d.say("refer to " + p.Target)
	return nil
}
func (d *fakeDialog) TakeRefer()             { d.say("take refer") }
func (d *fakeDialog) RefuseRefer(status int) { d.say(fmt.Sprint("refuse refer ", status)) }
func (d *fakeDialog) ReportRefer(status int) { d.say(fmt.Sprint("report ", status)) }

// fakeMedia opens streams that record what they are told.
type fakeMedia struct {
	mu      sync.Mutex
	refuse  error
	streams []*fakeStream
}

func (m *fakeMedia) NewSession(c media.SessionConfig) (b2bua.Stream, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuse != nil {
		return nil, m.refuse
	}
	s := &fakeStream{notify: c.Notify, late: c.LateAccess}
	m.streams = append(m.streams, s)
	return s, nil
}

func (m *fakeMedia) stream() *fakeStream {
	synctest.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.streams[len(m.streams)-1]
}

type fakeStream struct {
	packets atomic.Uint64 // from the browser

	notify func(media.Event)
	mu     sync.Mutex
	access []media.AccessRemote
	core   []media.CoreRemote
	hold   [2]bool
	digits string
	closed bool
	noDTMF bool

	late     bool // the page takes our description late
	expected int  // how often it was told that the page has it
}

func (s *fakeStream) AccessLocal() media.AccessLocal {
	return media.AccessLocal{UFrag: "abcd", Pwd: "0123456789012345678901", Lite: true, SSRC: 7, CNAME: "c",
		Fingerprint: media.Fingerprint{Hash: "sha-256", Value: "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99"},
		Candidates:  []media.Candidate{{Foundation: "1", Transport: "udp", Component: 1, Priority: 1, Address: netip.MustParseAddrPort("198.51.100.1:4478"), Type: "host"}}}
}

func (s *fakeStream) CoreLocal() media.CoreLocal {
	return media.CoreLocal{RTP: netip.MustParseAddrPort("198.51.100.2:20000"), RTCP: netip.MustParseAddrPort("198.51.100.2:20001")}
}

func (s *fakeStream) SetAccess(r media.AccessRemote) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.access = append(s.access, r)
	return nil
}

func (s *fakeStream) SetCore(r media.CoreRemote) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.core = append(s.core, r)
	return nil
}

func (s *fakeStream) ExpectAccess() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expected++
}

func (s *fakeStream) OpenVideo() (media.VideoLocal, error) {
	at := netip.MustParseAddr("192.0.2.1")
	return media.VideoLocal{RTP: netip.AddrPortFrom(at, 40010), RTCP: netip.AddrPortFrom(at, 40011), AccessSSRC: 77, AccessRepair: 78}, nil
}

func (s *fakeStream) ShowPicture() {}

func (s *fakeStream) AddCandidates([]media.Candidate) {}

func (s *fakeStream) SetHold(local, remote bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hold = [2]bool{local, remote}
}

func (s *fakeStream) SendDTMF(digits string, _, _ time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.noDTMF {
		return media.ErrNoEvents
	}
	s.digits += digits
	return nil
}

func (s *fakeStream) AccessPeer() (local, remote netip.AddrPort, ok bool) {
	return netip.MustParseAddrPort("198.51.100.1:4478"), netip.MustParseAddrPort("203.0.113.9:51000"), true
}

func (s *fakeStream) AccessTCP() bool { return false }

func (s *fakeStream) Stats() media.Stats {
	return media.Stats{Access: media.LegStats{PacketsReceived: s.packets.Load()}}
}

func (s *fakeStream) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

func (s *fakeStream) view() (access []media.AccessRemote, core []media.CoreRemote, hold [2]bool, digits string, closed bool) {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.access, s.core, s.hold, s.digits, s.closed
}

// fakePolicy answers every question with one outcome.
type fakePolicy struct {
	mu         sync.Mutex
	outcome    rx.Outcome
	asked      int
	terminated int
	notify     func(rx.Event)
}

func (p *fakePolicy) Open(s rx.SessionParams) b2bua.Authorization {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notify = s.Notify
	return p
}

func (p *fakePolicy) Authorize(context.Context, rx.Service) (rx.Result, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	return rx.Result{Outcome: p.outcome, Text: "the subscription does not allow it"}, nil
}

func (p *fakePolicy) Terminate(rx.TerminationCause) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.terminated++
}

func (p *fakePolicy) counts() (asked, terminated int) {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked, p.terminated
}
