package rig

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// Patience is how long a test waits for what comes at once where the machine has time: it only says when to give up, and machines that
// run tests stall for seconds.
const Patience = 45 * time.Second

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
	ports := FreePorts(t, 4)
	b.SIP = netip.MustParseAddrPort(fmt.Sprintf("127.0.0.1:%d", ports[0]))
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
	b.URL, b.Admin = fmt.Sprintf("http://127.0.0.1:%d", ports[1]), fmt.Sprintf("http://127.0.0.1:%d", ports[2])
	b.Media = netip.AddrPortFrom(MediaAddress(t), uint16(ports[3]))
	env := append([]string{
		"CAUSEWAY_HTTP_LISTEN=" + strings.TrimPrefix(b.URL, "http://"),
		"CAUSEWAY_HTTP_ADMIN_LISTEN=" + strings.TrimPrefix(b.Admin, "http://"),
		"CAUSEWAY_LOG_LEVEL=DEBUG",
		"CAUSEWAY_WEBSOCKET_ORIGINS=[\"" + b.URL + "\"]",
		"CAUSEWAY_AUTH_ISSUER=" + l.URL(), "CAUSEWAY_AUTH_JWKS_URL=" + l.URL() + "/.well-known/jwks.json",
		fmt.Sprintf("CAUSEWAY_IMS_SIP_LISTEN=[\"udp:%s\", \"tcp:%s\"]", b.SIP, b.SIP),
		"CAUSEWAY_MEDIA_ACCESS_ADDRESS=" + b.Media.String(),
		"CAUSEWAY_RX_TIMEOUT=20s", // the PCRF is in this process, which may stall
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
	b.Until("the gateway to serve", Patience, func() bool {
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
	ctx, cancel := context.WithTimeout(b.t.Context(), Patience)
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

// Do has a handset do something (handset.Farm.Do) once its own side of every running call is ready for it: it has heard of the answer,
// and no description of either side is under way. That the page's side is ready says nothing of that.
func (b *Bed) Do(number, what, arg string) {
	b.t.Helper()
	b.Until(number+" to be ready to "+what, Patience, func() bool {
		running := 0
		for _, c := range b.Lab.Calls() {
			if c.Number == number && c.State != "ended" {
				if running++; c.State != "up" || c.Busy {
					return false
				}
			}
		}
		return running > 0
	})
	if err := b.Lab.Handsets.Do(number, what, arg); err != nil {
		b.t.Fatalf("%s: %s %s: %v", number, what, arg, err)
	}
}

// Clean fails if the core or a handset saw a breach of protocol.
func (b *Bed) Clean() {
	b.t.Helper()
	for _, c := range b.Lab.Complaints() {
		b.t.Errorf("the lab complains: %s", c)
	}
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
