package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"causeway/test/lab"
	"causeway/test/lab/handset"
)

// program is the gateway's binary, built once by Main.
var program string

// Main builds the gateway, runs the tests of a package and removes the binary: func TestMain(m *testing.M) { os.Exit(rig.Main(m)) }.
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "causeway-rig-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program = filepath.Join(dir, "causeway")
	build := exec.Command("go", "build", "-o", program, "causeway/cmd/causeway")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// Program is the gateway's binary.
func Program() string { return program }

// Bed is a lab in this process and a gateway as a process of its own.
type Bed struct {
	t       *testing.T
	Lab     *lab.Lab
	Gateway *Process
	URL     string         // of the page, http://127.0.0.1:PORT
	Admin   string         // of /metrics, /healthz and /readyz
	SIP     netip.AddrPort // the gateway's SIP sockets
	Media   netip.AddrPort // the gateway's access address
}

// Options change a bed before it starts.
type Options struct {
	Env  []string              // more settings of the gateway
	Lab  func(*lab.Config)     // changes of the lab
	Last func(*Bed, *[]string) // last word on the gateway's environment, once the lab runs
}

// Start starts a lab, then a gateway beside it on free ports, and stops both at the test's end.
func Start(t *testing.T, opt Options) *Bed {
	t.Helper()
	b := &Bed{t: t}
	cfg := lab.Config{HomeDomain: lab.HomeDomain}
	b.SIP = netip.MustParseAddrPort(fmt.Sprintf("127.0.0.1:%d", FreePort(t, "udp")))
	cfg.Gateway = b.SIP
	if opt.Lab != nil {
		opt.Lab(&cfg)
	}
	l, err := lab.Start(context.Background(), cfg) // the test's own context ends before the gateway stops
	if err != nil {
		t.Fatal(err)
	}
	b.Lab = l
	t.Cleanup(l.Close)
	front, admin := FreePort(t, "tcp"), FreePort(t, "tcp")
	b.URL, b.Admin = fmt.Sprintf("http://127.0.0.1:%d", front), fmt.Sprintf("http://127.0.0.1:%d", admin)
	b.Media = netip.AddrPortFrom(MediaAddress(t), uint16(FreePort(t, "udp")))
	env := append([]string{
		"CAUSEWAY_HTTP_LISTEN=" + strings.TrimPrefix(b.URL, "http://"),
		"CAUSEWAY_HTTP_ADMIN_LISTEN=" + strings.TrimPrefix(b.Admin, "http://"),
		"CAUSEWAY_LOG_LEVEL=DEBUG",
		"CAUSEWAY_WEBSOCKET_ORIGINS=[\"" + b.URL + "\"]",
		"CAUSEWAY_AUTH_ISSUER=" + l.URL(), "CAUSEWAY_AUTH_JWKS_URL=" + l.URL() + "/.well-known/jwks.json",
		fmt.Sprintf("CAUSEWAY_IMS_SIP_LISTEN=[\"udp:%s\", \"tcp:%s\"]", b.SIP, b.SIP),
		"CAUSEWAY_MEDIA_ACCESS_ADDRESS=" + b.Media.String(),
		"CAUSEWAY_WEB_TOKEN_URL=" + l.URL() + "/token", "CAUSEWAY_WEB_CONTACTS_URL=" + l.URL() + "/handsets",
	}, opt.Env...)
	if l.Core != nil {
		env = append(env, "CAUSEWAY_IMS_CORE_ADDRESS="+l.CoreAddr().String())
	}
	if l.PCRF != nil {
		env = append(env, "CAUSEWAY_RX_PEERS=[\""+l.PCRFAddr().String()+"\"]")
	} else {
		env = append(env, "CAUSEWAY_RX_PEERS=[]", "CAUSEWAY_SESSION_POLICY=off")
	}
	if opt.Last != nil {
		opt.Last(b, &env)
	}
	b.Gateway = Run(t, program, []string{"serve", "-c", filepath.Join(root(t), "configs", "demo.yaml")}, env)
	b.Ready()
	return b
}

// root is the checkout's top folder.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	for ; err == nil && dir != "/"; dir = filepath.Dir(dir) {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir
		}
	}
	t.Fatal("no go.mod above the test")
	return ""
}

// Ready waits until the gateway serves pages; whether the core is there is the test's business.
func (b *Bed) Ready() {
	b.t.Helper()
	b.Until("the gateway to serve", 15*time.Second, func() bool {
		res, err := http.Get(b.Admin + "/healthz")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
}

// Until polls a condition; the test fails when it does not come.
func (b *Bed) Until(what string, limit time.Duration, ok func() bool) {
	b.t.Helper()
	WaitFor(b.t, what, limit, ok)
}

// WaitFor polls a condition; the test fails when it does not come within limit.
func WaitFor(t *testing.T, what string, limit time.Duration, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", limit, what)
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatalf("stopped while waiting for %s", what)
		}
	}
}

// HandsetCall waits for a call of a handset that fits.
func (b *Bed) HandsetCall(number, what string, ok func(handset.CallInfo) bool) handset.CallInfo {
	b.t.Helper()
	var last handset.CallInfo
	ctx, cancel := context.WithTimeout(b.t.Context(), 20*time.Second)
	defer cancel()
	found, err := b.Lab.WaitCall(ctx, func(c handset.CallInfo) bool {
		if c.Number != number {
			return false
		}
		last = c
		return ok(c)
	})
	if err != nil {
		text, _ := json.MarshalIndent(last, "", " ")
		b.t.Fatalf("waited for %s at %s; it has %s", what, number, text)
	}
	return found
}

// Clean fails if the core or a handset saw a breach of protocol.
func (b *Bed) Clean() {
	b.t.Helper()
	for _, c := range b.Lab.Complaints() {
		b.t.Errorf("the lab complains: %s", c)
	}
}

// MediaAddress is an address of this machine that browsers take for media: Firefox uses no loopback against ICE-lite.
func MediaAddress(t *testing.T) netip.Addr {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		p, err := netip.ParsePrefix(a.String())
		if err == nil && p.Addr().Is4() && !p.Addr().IsLoopback() && !p.Addr().IsLinkLocalUnicast() {
			return p.Addr()
		}
	}
	t.Skip("SKIPPED, THIS MACHINE HAS NO ADDRESS BUT THE LOOPBACK: browsers need another one for media")
	return netip.Addr{}
}

// FreePort is a free port of 127.0.0.1; for "udp" it is free for TCP as well, because SIP listens on both.
func FreePort(t *testing.T, network string) int {
	t.Helper()
	if network == "udp" {
		for range 50 {
			u, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				t.Fatal(err)
			}
			port := u.LocalAddr().(*net.UDPAddr).Port
			l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
			_ = u.Close()
			if err == nil {
				_ = l.Close()
				return port
			}
		}
		t.Fatal("no free port")
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// Process is a started program; it is stopped by pid at the test's end, and its log is shown when the test failed.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	mu   sync.Mutex
	log  bytes.Buffer
}

// Write collects the program's output.
func (p *Process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

// Log is what the program has written so far.
func (p *Process) Log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// Run starts a program with more environment.
func Run(t *testing.T, name string, args, env []string) *Process {
	t.Helper()
	p := &Process{cmd: exec.Command(name, args...), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.done) }()
	t.Cleanup(func() {
		p.Stop(os.Interrupt)
		if t.Failed() {
			t.Logf("log of %s:\n%s", filepath.Base(name), tail(p.Log(), 12_000))
		}
	})
	return p
}

// Signal sends the program a signal.
func (p *Process) Signal(sig os.Signal) { _ = p.cmd.Process.Signal(sig) }

// Wait waits until the program has ended by itself.
func (p *Process) Wait(t *testing.T, limit time.Duration) {
	t.Helper()
	WaitFor(t, "the program's end", limit, func() bool {
		select {
		case <-p.done:
			return true
		default:
			return false
		}
	})
}

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Pid is the program's process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Stop signals the process and waits; one that does not end in time is killed.
func (p *Process) Stop(sig os.Signal) {
	_ = p.cmd.Process.Signal(sig)
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Signal(syscall.SIGKILL)
		<-p.done
	}
}

func tail(s string, n int) string {
	if len(s) > n {
		return "..." + s[len(s)-n:]
	}
	return s
}

// Metric reads one sample of /metrics; 0 when absent.
func (b *Bed) Metric(sample string) float64 {
	b.t.Helper()
	res, err := http.Get(b.Admin + "/metrics")
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, sample+" "); ok {
			var v float64
			if _, err := fmt.Sscan(rest, &v); err != nil {
				b.t.Fatal(err)
			}
			return v
		}
	}
	return 0
}
