//go:build interop

package kamailio

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/template"
	"time"

	"causeway/test/lab"
	"causeway/test/rig"
)

//go:embed testdata
var files embed.FS

const (
	home     = lab.HomeDomain
	scscfURI = "sip:" + scscfIP + ":5060"
)

// core is Kamailio as P-, I- and S-CSCF, and the HSS.
type core struct {
	hss                 *hss
	pcscf, icscf, scscf *process
}

// Users of the home network besides the lab's, whom the gateway lets in by token.
var (
	alice   = subscriber{number: "+15550001"}
	baresip = subscriber{number: "+15550201", password: "baresip-knows-it"}
	sipp    = subscriber{number: "+15550202", password: "sipp-knows-it"}
)

func startCore(t *testing.T, more ...subscriber) *core {
	t.Helper()
	rig.Needs(t, "kamailio", "sqlite3", "ip", "tcpdump", "tshark")
	c := &core{hss: startHSS(t, append([]subscriber{alice, baresip, sipp}, more...)...)}
	dir := t.TempDir()
	values := map[string]string{"Home": home, "PCSCF": pcscfIP, "ICSCF": icscfIP, "SCSCF": scscfIP, "HSS": hssIP, "SCSCFURI": scscfURI, "Trusted": gatewayIP, "Dir": dir}
	for _, name := range []string{"pcscf.cfg", "icscf.cfg", "scscf.cfg"} {
		render(t, name, filepath.Join(dir, name), values)
	}
	for name, self := range map[string]string{"icscf.xml": icscfIP, "scscf.xml": scscfIP} {
		values["Self"] = self
		render(t, "cdp.xml", filepath.Join(dir, name), values)
	}
	databases(t, dir)
	until(t, "the ports of the last test's core", rig.Patience, func() bool {
		return !listening(pcscfIP) && !listening(icscfIP) && !listening(scscfIP)
	})
	c.scscf, c.icscf, c.pcscf = kamailio(t, dir, "scscf"), kamailio(t, dir, "icscf"), kamailio(t, dir, "pcscf")
	until(t, "both CSCFs at the HSS", rig.Patience, func() bool {
		for _, p := range []*process{c.scscf, c.icscf, c.pcscf} {
			p.alive(t)
		}
		return c.hss.connected() == 2 && listening(pcscfIP) && listening(icscfIP) && listening(scscfIP)
	})
	return c
}

// listening says whether a CSCF has its TCP socket; it opens UDP before that.
func listening(ip string) bool {
	out, err := exec.Command("ss", "-Hltn", "src", ip+":5060").Output()
	return err == nil && len(bytes.TrimSpace(out)) > 0
}

func render(t *testing.T, name, path string, values any) {
	t.Helper()
	tmpl, err := template.New(name).Option("missingkey=error").ParseFS(files, "testdata/"+name)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := tmpl.Execute(&b, values); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.Bytes())
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// databases makes what the I-CSCF reads at its start, and what the S-CSCF's presence module wants to see.
func databases(t *testing.T, dir string) {
	t.Helper()
	const shipped = "/usr/share/kamailio/db_sqlite/"
	sql(t, filepath.Join(dir, "icscf.db"), `
CREATE TABLE version (table_name VARCHAR(32) NOT NULL, table_version INTEGER NOT NULL DEFAULT 0);
CREATE TABLE nds_trusted_domains (id INTEGER PRIMARY KEY, trusted_domain VARCHAR(83) NOT NULL);
CREATE TABLE s_cscf (id INTEGER PRIMARY KEY, name VARCHAR(83) NOT NULL, s_cscf_uri VARCHAR(83) NOT NULL);
CREATE TABLE s_cscf_capabilities (id INTEGER PRIMARY KEY, id_s_cscf INTEGER NOT NULL, capability INTEGER NOT NULL);
INSERT INTO nds_trusted_domains VALUES (1, '`+gatewayIP+`');
INSERT INTO s_cscf VALUES (1, 'S-CSCF', '`+scscfURI+`');
INSERT INTO s_cscf_capabilities VALUES (1, 1, 0);`)
	for _, name := range []string{"standard-create.sql", "presence-create.sql"} {
		text, err := os.ReadFile(shipped + name)
		if err != nil {
			rig.Missing(t, err.Error())
		}
		sql(t, filepath.Join(dir, "scscf.db"), string(text))
	}
}

func sql(t *testing.T, file, text string) {
	t.Helper()
	cmd := exec.Command("sqlite3", file)
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("sqlite3: %v: %s", err, out)
	}
}

// subscribed waits until the S-CSCF has the n-th subscription to a registration: what ends it earlier is told to nobody.
func (c *core) subscribed(t *testing.T, n int) {
	t.Helper()
	until(t, "the subscription to the registration", rig.Patience, func() bool { return strings.Count(c.scscf.said(), "SUBSCRIBED to") >= n })
}

func kamailio(t *testing.T, dir, name string) *process {
	t.Helper()
	return start(t, name, "kamailio", "-DD", "-E", "-f", filepath.Join(dir, name+".cfg"), "-Y", dir, "-w", dir, "-m", "64", "-M", "8")
}

// process is a foreign program that the test started; it is stopped by its pid, and its words are shown when the test failed.
type process struct {
	name string
	cmd  *exec.Cmd
	dead chan struct{}

	mu  sync.Mutex
	out bytes.Buffer
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

func start(t *testing.T, name, program string, args ...string) *process {
	t.Helper()
	p := &process{name: name, cmd: exec.Command(program, args...), dead: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p, p
	p.cmd.Dir = t.TempDir()
	p.cmd.WaitDelay = 5 * time.Second
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Kamailio is many processes, and all of them have to go
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.dead) }()
	t.Cleanup(func() {
		p.stop(syscall.SIGTERM)
		if t.Failed() {
			s := p.said()
			t.Logf("%s said:\n%s", name, s[max(0, len(s)-8000):])
		}
	})
	return p
}

// stop signals the program and waits; what does not end is killed.
func (p *process) stop(s syscall.Signal) {
	select {
	case <-p.dead:
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // what it left behind, if anything
		return
	default:
	}
	_ = p.cmd.Process.Signal(s)
	select {
	case <-p.dead:
	case <-time.After(10 * time.Second):
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.dead
}

// alive fails the test when the program has ended by itself.
func (p *process) alive(t *testing.T) {
	t.Helper()
	select {
	case <-p.dead:
		t.Fatalf("%s ended: %s", p.name, p.said())
	default:
	}
}

// done waits for the program's own end and fails unless it was a good one.
func (p *process) done(t *testing.T, limit time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	select {
	case <-p.dead:
		if code := p.cmd.ProcessState.ExitCode(); code != 0 {
			t.Fatalf("%s ended with %d", p.name, code)
		}
	case <-ctx.Done():
		t.Fatalf("%s does not end within %v", p.name, limit)
	}
}

func until(t *testing.T, what string, limit time.Duration, ok func() bool) {
	t.Helper()
	rig.WaitFor(t, what, limit, ok)
}

// bed starts a gateway in front of the core. It is at the trusted address unless another one is given.
func (c *core) bed(t *testing.T, sip string, env ...string) *rig.Bed {
	t.Helper()
	t.Chdir("..") // the rig's sample configuration is two folders up from where it is used
	return rig.Start(t, rig.Options{
		Lab: func(cfg *lab.Config) { cfg.NoCore, cfg.NoHandsets, cfg.NoPCRF = true, true, true },
		Env: append([]string{
			fmt.Sprintf(`CAUSEWAY_IMS_SIP_LISTEN=["udp:%s:5060", "tcp:%s:5060"]`, sip, sip),
			"CAUSEWAY_IMS_CORE_ADDRESS=" + icscfIP + ":5060", "CAUSEWAY_IMS_HOME_DOMAIN=" + home,
			"CAUSEWAY_MEDIA_CORE_ADDRESS=" + gatewayIP,
			// The S-CSCF is another machine than the configured I-CSCF: it notifies, calls, and is called by its Service-Route.
			fmt.Sprintf(`CAUSEWAY_IMS_SIP_PEERS=["%s/32", "%s/32"]`, icscfIP, scscfIP),
		}, env...),
	})
}
