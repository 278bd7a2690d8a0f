package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"causeway/configs"
)

// lines is a log that may be read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// port is a free TCP and UDP port of 127.0.0.1.
func port(t *testing.T) int {
	t.Helper()
	for range 50 {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		n := l.Addr().(*net.TCPAddr).Port
		u, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: n})
		_ = l.Close()
		if err == nil {
			_ = u.Close()
			return n
		}
	}
	t.Fatal("no free port")
	return 0
}

// loopback is a configuration on free ports, without a core that answers.
func loopback(t *testing.T) configs.Config {
	t.Helper()
	c, err := configs.Load("../../configs/demo.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	sip := port(t)
	c.HTTP.Listen, c.HTTP.AdminListen = fmt.Sprintf("127.0.0.1:%d", port(t)), fmt.Sprintf("127.0.0.1:%d", port(t))
	c.IMS.SIP.Listen = []string{fmt.Sprintf("udp:127.0.0.1:%d", sip), fmt.Sprintf("tcp:127.0.0.1:%d", sip)}
	c.IMS.CoreAddress = fmt.Sprintf("127.0.0.1:%d", port(t))
	c.Media.AccessAddress = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port(t)))
	c.Rx.Peers = []string{fmt.Sprintf("127.0.0.1:%d", port(t))}
	return c
}

// get asks once; a listener that is not there gives status 0.
func get(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	res, err := client.Get(url)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// started runs serve and waits until it answers. stop ends it and returns its error.
func started(t *testing.T, c configs.Config, client *http.Client) (log *lines, terminate chan<- os.Signal, stop func() error) {
	t.Helper()
	log = &lines{}
	signals, done := make(chan os.Signal, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { done <- serve(ctx, c, signals, log) }()
	var once sync.Once
	var result error
	stop = func() error {
		once.Do(func() {
			cancel()
			select {
			case result = <-done:
			case <-time.After(time.Minute):
				result = fmt.Errorf("serve does not end")
			}
			client.CloseIdleConnections()
		})
		return result
	}
	t.Cleanup(func() { _ = stop() })
	deadline := time.Now().Add(30 * time.Second)
	for {
		if status, _ := get(t, client, "http://"+c.HTTP.AdminListen+"/healthz"); status == http.StatusOK {
			return log, signals, stop
		}
		if time.Now().After(deadline) {
			t.Fatalf("does not serve:\n%s", log)
		}
		select {
		case err := <-done:
			done <- err
			t.Fatalf("ended: %v\n%s", err, log)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// TestServe: TLS pages, health, metrics as JSON lines say; a drain is not ready and ends by itself.
func TestServe(t *testing.T) {
	c := loopback(t)
	certFile, keyFile := pairFiles(t, t.TempDir(), "localhost", time.Now())
	c.HTTP.TLSCertificate, c.HTTP.TLSKey = certFile, keyFile
	text, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost"}}}
	log, terminate, stop := started(t, c, client)

	if status, page := get(t, client, "https://"+c.HTTP.Listen+"/"); status != http.StatusOK || !strings.Contains(page, "<html") {
		t.Errorf("page: %d %.80s", status, page)
	}
	status, ready := get(t, client, "http://"+c.HTTP.AdminListen+"/readyz")
	if status != http.StatusOK && !strings.Contains(ready, "core") {
		t.Errorf("readyz: %d %s", status, ready)
	}
	checkMetrics(t, client, c)

	terminate <- syscall.SIGTERM // no calls: the drain is over at once
	if err := stop(); err != nil {
		t.Errorf("serve ended with %v", err)
	}
	for _, want := range []string{"serving", "stopped"} {
		if !strings.Contains(log.String(), `"msg":"`+want+`"`) {
			t.Errorf("the log has no line %q", want)
		}
	}
	for line := range strings.Lines(log.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}

// checkMetrics: what is served is what the code declares, and nothing else of ours.
func checkMetrics(t *testing.T, client *http.Client, c configs.Config) {
	t.Helper()
	status, text := get(t, client, "http://"+c.HTTP.AdminListen+"/metrics")
	if status != http.StatusOK {
		t.Fatalf("metrics: %d %s", status, text)
	}
	names, open := declared(t)
	var served []string
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "# TYPE causeway_"); ok {
			name, _, _ := strings.Cut(rest, " ")
			served = append(served, "causeway_"+name)
		}
	}
	for _, name := range served {
		if !slices.Contains(names, name) {
			t.Errorf("%s is served, and not declared in metrics.go", name)
		}
	}
	for _, name := range names {
		if !slices.Contains(served, name) && !slices.Contains(open, name) {
			t.Errorf("%s is declared in metrics.go, and not served", name)
		}
	}
	if !strings.Contains(text, `causeway_rx_peer_up{peer="`+c.Rx.Peers[0]+`"} 0`) || !strings.Contains(text, "go_goroutines") {
		t.Errorf("metrics lack the PCRF or the runtime:\n%s", text)
	}
}

// declared reads the names from metrics.go; those whose label values are open have no sample before their first event.
func declared(t *testing.T) (names, open []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "metrics.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		kind, ok := call.Fun.(*ast.Ident)
		if !ok || (kind.Name != "gauge" && kind.Name != "counter" && kind.Name != "histogram") {
			return true
		}
		name := "causeway_" + strings.Trim(call.Args[0].(*ast.BasicLit).Value, `"`)
		if kind.Name == "counter" {
			name += "_total"
		}
		names = append(names, name)
		if len(call.Args) > 2 {
			open = append(open, name)
		}
		return true
	})
	slices.Sort(names)
	return names, open
}

// TestMetricNames: the names are the operator's interface; a change of this list is a change of the changelog.
func TestMetricNames(t *testing.T) {
	const golden = "testdata/metrics.txt"
	names, _ := declared(t)
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(names, "\n") + "\n"; got != string(want) {
		t.Errorf("the metrics are\n%s%s says\n%s", got, golden, want)
	}
}

func TestReadiness(t *testing.T) {
	g, err := build(loopback(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer g.media.Close()
	g.draining.Store(true)
	if err := g.ready(); err == nil || !strings.Contains(err.Error(), "draining") {
		t.Errorf("ready while it drains: %v", err)
	}
}

// TestStartFails: what keeps the gateway from serving is an error of the start that names its key or address.
func TestStartFails(t *testing.T) {
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	tests := []struct {
		name, want string
		spoil      func(*configs.Config)
	}{
		{"http port taken", "http: listen tcp", func(c *configs.Config) { c.HTTP.Listen = taken.Addr().String() }},
		{"admin port taken", "http: listen tcp", func(c *configs.Config) { c.HTTP.AdminListen = taken.Addr().String() }},
		{"no certificate", "http.tls_certificate", func(c *configs.Config) { c.HTTP.TLSCertificate, c.HTTP.TLSKey = "absent.pem", "absent.pem" }},
		{"foreign media address", "media:", func(c *configs.Config) { c.Media.AccessAddress = netip.MustParseAddrPort("192.0.2.1:4478") }},
		{"foreign SIP address", "ims:", func(c *configs.Config) { c.IMS.SIP.Listen = []string{"udp:192.0.2.1:5060"} }},
		{"no key file", "auth.key_files", func(c *configs.Config) { c.Auth.JWKSURL, c.Auth.KeyFiles = "", []string{"absent.pem"} }},
		{"no PCRF", "session.policy", func(c *configs.Config) { c.Rx.Peers = nil }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := loopback(t)
			tt.spoil(&c)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			err := serve(ctx, c, make(chan os.Signal), io.Discard)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("err = %v, want %q", err, tt.want)
			}
		})
	}
}

// TestCheckTriesTheFiles: config check finds what serve would stumble over, and config print gives a file that loads.
func TestCheckTriesTheFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	const base = "websocket: {origins: [\"https://phone.example\"]}\n"
	keys := "auth: {issuer: \"https://login.example\", jwks_url: \"https://login.example/jwks\"}\n"
	tests := []struct{ name, text, want string }{
		{"certificate", base + keys + "http: {tls_certificate: /absent.pem, tls_key: /absent.pem}\n", "http.tls_certificate"},
		{"relay certificate", base + keys + "media: {turn: {tls: [\"192.0.2.1:443\"], tls_certificate: /absent.pem, tls_key: /absent.pem}}\n", "media.turn.tls_certificate"},
		{"relay secret", base + keys + "media: {turn: {udp: [\"192.0.2.1:3478\"], secret_file: /absent}}\n", "turn.secret_file"},
		{"key", base + "auth: {issuer: \"https://login.example\", key_files: [/absent.pem]}\n", "auth.key_files"},
		{"policy", base + keys + "session: {policy: required}\n", "session.policy asks for a PCRF"},
	}
	for _, tt := range tests {
		if out, err := try(t, "config", "check", "-c", write(tt.name, tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %q, %v", tt.name, out, err)
		}
	}
	first, err := try(t, "config", "print", "-c", "../../configs/demo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	again, err := try(t, "config", "print", "-c", write("printed", first))
	if err != nil || again != first {
		t.Errorf("a printed configuration reads differently: %v\n%s\n%s", err, first, again)
	}
}
