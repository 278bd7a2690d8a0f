//go:build interop

package freediameter

import (
	"bytes"
	"causeway/test/rig"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// need finds a foreign program, or skips the test loudly; in CI its absence is a failure.
func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		return path
	}
	missing(t, program+" is not installed (make deps-test)")
	return ""
}

func missing(t *testing.T, text string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(text)
	}
	t.Skip("SKIPPED, NOT TESTED: " + text)
}

// output collects what a process prints.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// process is a foreign program that the test started, and ends.
type process struct {
	cmd  *exec.Cmd
	out  output
	end  func(syscall.Signal)
	dead chan struct{}
}

func start(t *testing.T, program string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(program, args...), dead: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.dead) }()
	p.end = func(s syscall.Signal) {
		select {
		case <-p.dead:
		default:
			_ = p.cmd.Process.Signal(s)
			<-p.dead
		}
	}
	t.Cleanup(func() { p.end(syscall.SIGKILL) })
	return p
}

// relay is a freeDiameter between the gateway and the PCRF.
type relay struct {
	*process
	port int
}

func newRelay(t *testing.T, name string, far *pcrf) *relay {
	t.Helper()
	program := need(t, "freeDiameterd")
	dir := t.TempDir()
	certificate(t, dir, name)
	r := &relay{port: rig.FreePort(t)}
	var extensions strings.Builder
	for _, e := range []string{"dict_nasreq", "dict_rfc5777", "dict_mip6i", "dict_nas_mipv6", "dict_dcca", "dict_dcca_3gpp"} {
		fmt.Fprintf(&extensions, "LoadExtension = \"%s.fdx\";\n", e)
	}
	conf := fmt.Sprintf(`Identity = "%s"; Realm = "core.example"; Port = %d; SecPort = 0; No_SCTP; No_IPv6;
TLS_Cred = "%[3]s/cert.pem", "%[3]s/key.pem"; TLS_CA = "%[3]s/cert.pem";
LoadExtension = "dbg_msg_dumps.fdx" : "0x0080";
%[4]sLoadExtension = "acl_wl.fdx" : "%[3]s/acl.conf";
ConnectPeer = "pcrf.core.example" { No_TLS; Port = %[5]d; ConnectTo = "127.0.0.1"; };
`, name, r.port, dir, extensions.String(), far.port())
	write(t, filepath.Join(dir, "relay.conf"), conf)
	write(t, filepath.Join(dir, "acl.conf"), "ALLOW_IPSEC gw.core.example\nALLOW_IPSEC pcrf.core.example\n")
	r.process = start(t, program, "-c", filepath.Join(dir, "relay.conf"))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s printed:\n%s", name, r.out.String())
		}
	})
	within(t, patience, "connection of "+name+" to the PCRF", func() bool {
		return strings.Contains(r.out.String(), "STATE_OPEN")
	})
	return r
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// certificate makes the one freeDiameter wants even where it uses no TLS.
func certificate(t *testing.T, dir, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "cert.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, filepath.Join(dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})))
}

// capture records what goes over a TCP port of the loopback interface.
type capture struct {
	*process
	path string
	port int
}

func newCapture(t *testing.T, port int) *capture {
	t.Helper()
	program := need(t, "tcpdump")
	need(t, "tshark")
	c := &capture{path: filepath.Join(t.TempDir(), "rx.pcap"), port: port}
	c.process = start(t, program, "-i", "lo", "-U", "--immediate-mode", "-B", "65536", "-s", "32000", "-Z", "root", "-w", c.path, fmt.Sprintf("tcp port %d", port))
	for deadline := time.After(patience); ; {
		if strings.Contains(c.out.String(), "listening on") {
			return c
		}
		select {
		case <-c.dead:
			missing(t, "capturing is not allowed here: "+c.out.String())
		case <-deadline:
			t.Fatalf("tcpdump does not start: %s", c.out.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// tshark ends the capture and decodes it.
func (c *capture) tshark(t *testing.T, args ...string) string {
	t.Helper()
	c.end(syscall.SIGINT)
	args = append([]string{"-n", "-r", c.path, "-d", fmt.Sprintf("tcp.port==%d,diameter", c.port)}, args...)
	cmd := exec.Command(need(t, "tshark"), args...)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v: %s", err, problems.String())
	}
	return string(out)
}
