package transaction

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/transport"
)

// TestMain fails if a test leaves a goroutine behind.
func TestMain(m *testing.M) {
	before := runtime.NumGoroutine()
	code := m.Run()
	if f := flag.Lookup("test.fuzz"); f != nil && f.Value.String() != "" {
		os.Exit(code) // the fuzzer keeps a goroutine of its own
	}
	for end := time.Now().Add(30 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before && code == 0 {
		buf := make([]byte, 1<<16)
		fmt.Fprintf(os.Stderr, "%d goroutines left behind\n%s\n", n-before, buf[:runtime.Stack(buf, true)])
		code = 1
	}
	os.Exit(code)
}

// posted is one message given to the fake transport.
type posted struct {
	at  time.Duration // since the fake was made
	msg sip.Message
	dst transport.Target
}

// fake is a transport that keeps what it is given.
type fake struct {
	start   time.Time
	handler func(sip.Message, transport.Source)

	mu      sync.Mutex // guards the following
	sent    []posted
	network string // reported as used; empty: the target's
	err     error  // reported for every message
	later   bool   // report through done instead of at once
}

func (f *fake) OnMessage(h func(sip.Message, transport.Source)) { f.handler = h }

func (f *fake) Post(msg sip.Message, dst transport.Target, done func(transport.Result)) (transport.Result, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent = append(f.sent, posted{time.Since(f.start), msg, dst})
	r := transport.Result{Network: dst.Network, Err: f.err}
	if f.network != "" {
		r.Network = f.network
	}
	if f.later {
		go done(r)
		return transport.Result{}, false
	}
	return r, true
}

// take returns what was sent since the last call, as "METHOD" or "status", with the seconds it was sent at.
func (f *fake) take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, p := range f.sent {
		what := ""
		switch m := p.msg.(type) {
		case *sip.Request:
			what = string(m.Method)
		case *sip.Response:
			what = fmt.Sprint(m.StatusCode)
		}
		out = append(out, fmt.Sprintf("%s@%v", what, p.at.Seconds()))
	}
	f.sent = nil
	return out
}

func (f *fake) last() sip.Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.sent) == 0 {
		return nil
	}
	return f.sent[len(f.sent)-1].msg
}

// listener is a ClientHandler that keeps what it hears and finds calls that overlap.
type listener struct {
	mu    sync.Mutex
	heard []string
	errs  []error
}

func (h *listener) enter() {
	if !h.mu.TryLock() {
		panic("two callbacks at once")
	}
}

func (h *listener) Response(res *sip.Response) {
	h.enter()
	defer h.mu.Unlock()
	h.heard = append(h.heard, fmt.Sprint(res.StatusCode))
}

func (h *listener) Failed(err error) {
	h.enter()
	defer h.mu.Unlock()
	h.errs = append(h.errs, err)
	switch {
	case errors.Is(err, ErrTimeout):
		h.heard = append(h.heard, "timeout")
	case errors.Is(err, ErrTransport):
		h.heard = append(h.heard, "transport")
	default:
		h.heard = append(h.heard, err.Error())
	}
}

func (h *listener) take() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := h.heard
	h.heard = nil
	return out
}

var (
	udpTarget = transport.Target{Network: transport.UDP, Addr: netip.MustParseAddrPort("192.0.2.1:5060")}
	tcpTarget = transport.Target{Network: transport.TCP, Addr: netip.MustParseAddrPort("192.0.2.1:5060")}
)

func udpSource() transport.Source {
	return transport.Source{Network: transport.UDP, Remote: udpTarget.Addr}
}

func tcpSource() transport.Source {
	return transport.Source{Network: transport.TCP, Remote: tcpTarget.Addr}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// bubble runs a test in virtual time on a fresh layer.
func bubble(t *testing.T, run func(t *testing.T, l *Layer, f *fake)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{start: time.Now()}
		l, err := New(f, DefaultTimers(), discard())
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			l.Close()
			synctest.Wait()
		}()
		run(t, l, f)
	})
}

// pass lets virtual time pass and everything settle.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// newRequest is a request outside a dialog, without Via.
func newRequest(method sip.RequestMethod, id string) *sip.Request {
	req := sip.NewRequest(method, sip.Uri{Scheme: "sip", User: "bob", Host: "example.com"})
	from := &sip.FromHeader{Address: sip.Uri{Scheme: "sip", User: "alice", Host: "example.com"}}
	from.Params.Add("tag", "from-"+id)
	req.AppendHeader(from)
	req.AppendHeader(&sip.ToHeader{Address: sip.Uri{Scheme: "sip", User: "bob", Host: "example.com"}})
	callID := sip.CallIDHeader("call-" + id)
	req.AppendHeader(&callID)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: 7, MethodName: method})
	return req
}

// incoming is the same with a Via as it arrives.
func incoming(method sip.RequestMethod, id string) *sip.Request {
	req := newRequest(method, id)
	via := &sip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "UDP", Host: "192.0.2.1", Port: 5060}
	via.Params.Add("branch", magicCookie+id)
	req.PrependHeader(via)
	req.SetBody(nil)
	return req
}

// answerTo is a response of the far side; tag goes into To.
func answerTo(req *sip.Request, status int, tag string) *sip.Response {
	res := sip.NewResponseFromRequest(req, status, "x", nil)
	if tag != "" {
		res.To().Params.Add("tag", tag)
	}
	return res
}

func expect(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}
