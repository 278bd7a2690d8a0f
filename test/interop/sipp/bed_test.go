//go:build interop

package sipp

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"causeway/test/capture"
	"causeway/test/interop/scenario"
	"causeway/test/lab"
	"causeway/test/lab/core"
	"causeway/test/load/client"
	"causeway/test/rig"
)

// patience is how long one scenario may take, unless it waits for a timer on purpose. It only says when to give up.
const patience = time.Minute

// users is how many users, and ports for SIPp, a bed has; the registrar has the port behind them.
const users = 100

// bed is a gateway whose core is SIPp: one that registers everybody, and one for each scenario.
type bed struct {
	*rig.Bed
	network string
	first   int // port of the first user's SIPp
	taken   atomic.Int32
	log     string // the registrar's
	peers   *client.Peers
	record  *capture.Recording
}

// newBed starts a gateway and its registrar. Beds that live at the same time need different first ports, outside of those that a system
// gives to sockets which ask for none (from 32768), and of rig.FreePorts.
func newBed(t *testing.T, network string, first int, env ...string) *bed {
	t.Helper()
	return newBedWith(t, network, first, map[string]string{"network": network}, env...)
}

// newBedWith is newBed with values for the registrar's scenario.
func newBedWith(t *testing.T, network string, first int, values map[string]string, env ...string) *bed {
	t.Helper()
	rig.Needs(t, "sipp", "ip", "tcpdump", "tshark")
	b := &bed{network: network, first: first}
	var err error
	if b.peers, err = client.NewPeers(); err != nil {
		t.Fatal(err)
	}
	b.log = b.registrar(t, values)
	registrar := fmt.Sprintf("%s:%d", gatewayIP, first+users)
	b.Bed = rig.Start(t, rig.Options{
		Lab: func(c *lab.Config) {
			c.NoCore, c.NoHandsets, c.NoPCRF = true, true, true
			c.Subscribers = []core.Subscriber{}
			for i := range users {
				c.Subscribers = append(c.Subscribers, core.Subscriber{Number: number(first + i), Name: name(first + i)})
			}
		},
		Env: append([]string{
			"CAUSEWAY_IMS_CORE_ADDRESS=" + registrar, "CAUSEWAY_IMS_CORE_TRANSPORT=" + network,
			"CAUSEWAY_LOG_LEVEL=INFO", "CAUSEWAY_MEDIA_QUARANTINE=1s",
			"CAUSEWAY_SESSION_REQUESTS_PER_SECOND=1000", "CAUSEWAY_SESSION_REQUEST_BURST=1000",
		}, env...),
		Last: func(r *rig.Bed, env *[]string) {
			*env = append(*env, fmt.Sprintf("CAUSEWAY_MEDIA_ACCESS_ADDRESS=127.0.0.1:%d", r.Media.Port()))
		},
	})
	return b
}

// listens records all SIP of the bed from here on.
func (b *bed) listens(t *testing.T) *bed {
	t.Helper()
	// A page's media may come from a port of the range, too: the system chooses it.
	b.record = capture.Start(t, "lo", fmt.Sprintf("(portrange %d-%d or port %d) and not port %d", b.first, b.first+users, b.SIP.Port(), b.Media.Port()))
	return b
}

// judge has tshark read all SIP of the bed: nothing malformed, no expert error, and from the gateway neither WebRTC nor an identity
// that is not its user's.
func (b *bed) judge(t *testing.T) {
	t.Helper()
	b.Gateway.Stop(os.Interrupt) // the last messages belong to it
	file := b.record.Stop(t)
	rules := b.rules()
	problems, err := capture.Check(t.Context(), file, rules)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
	messages, err := capture.Messages(t.Context(), file, rules)
	if err != nil {
		t.Fatal(err)
	}
	if len(messages) < 4*int(b.taken.Load()) {
		t.Errorf("only %d SIP messages were recorded", len(messages))
	}
}

// rules tell tshark what is SIP, and which messages are the gateway's.
func (b *bed) rules() capture.Rules {
	r := capture.Rules{Identities: []string{fmt.Sprintf("sip:%s", b.SIP)}} // its own, for SUBSCRIBE
	for _, network := range []string{"udp", "tcp"} {
		r.DecodeAs = append(r.DecodeAs, fmt.Sprintf("%s.port==%d-%d,sip", network, b.first, b.first+users), fmt.Sprintf("%s.port==%d,sip", network, b.SIP.Port()))
	}
	for i := range users {
		r.Identities = append(r.Identities, "sip:"+number(b.first+i)+"@"+scenario.Home, "tel:"+number(b.first+i))
	}
	r.Ours = func(m capture.Message) bool {
		via := slices.IndexFunc(m.Headers, func(h string) bool { return strings.HasPrefix(h, "Via:") })
		return m.Source.Port() == b.SIP.Port() || !strings.HasPrefix(m.Line, "SIP/") && via >= 0 && strings.Contains(m.Headers[via], b.SIP.String())
	}
	return r
}

func number(port int) string { return fmt.Sprintf("+1555%d", port) }
func name(port int) string   { return fmt.Sprintf("u%d", port) }

// registrar starts the SIPp that answers every REGISTER, and returns its log.
func (b *bed) registrar(t *testing.T, values map[string]string) string {
	s := &scenario.Script{Dir: "testdata", Host: gatewayIP, Network: b.network, Values: values}
	log := filepath.Join(t.TempDir(), "registrar.log")
	p := b.sipp(t, s.Render(t, "registrar"), b.first+users, "", "-deadcall_wait", "0", "-trace_logs", "-log_file", log)
	t.Cleanup(func() {
		if text, _ := os.ReadFile(p.errors); len(text) > 0 && t.Failed() {
			t.Logf("registrar: %.2000s", text)
		}
	})
	return log
}

// token is the user part of a user's Contact, as the registrar saw it last.
func (b *bed) token(t *testing.T, port int) string {
	t.Helper()
	text, err := os.ReadFile(b.log)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(fmt.Sprintf(`registered %d (\S+)`, port)).FindAllSubmatch(text, -1)
	if len(found) == 0 {
		t.Fatalf("the registrar has not seen user %d", port)
	}
	return string(found[len(found)-1][1])
}

// peer is a running SIPp.
type peer struct {
	file, errors string
	messages     string // what was sent and received
	done         chan struct{}
	err          error

	mu  sync.Mutex
	out bytes.Buffer // its words
}

// Write takes SIPp's words.
func (p *peer) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

// sipp starts a scenario on a port. remote is empty where SIPp waits to be called; then it listens when sipp returns.
func (b *bed) sipp(t *testing.T, file string, port int, remote string, more ...string) *peer {
	t.Helper()
	dir := t.TempDir()
	p := &peer{file: file, errors: filepath.Join(dir, "errors"), messages: filepath.Join(dir, "messages"), done: make(chan struct{})}
	args := append([]string{"-sf", file, "-i", gatewayIP, "-p", fmt.Sprint(port), "-t", map[string]string{"udp": "u1", "tcp": "t1"}[b.network],
		"-nostdin", "-trace_err", "-error_file", p.errors, "-trace_msg", "-message_file", p.messages}, more...)
	if remote != "" {
		args = append(args, remote)
	}
	cmd := exec.Command("sipp", args...)
	cmd.Stdout, cmd.Stderr = p, p
	cmd.Dir = filepath.Dir(file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.err = cmd.Wait(); close(p.done) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-p.done })
	if remote == "" {
		p.listening(t, b.network, port)
	}
	return p
}

// listening waits until SIPp has its port: what comes earlier would have to be repeated, and SIPp counts that.
func (p *peer) listening(t *testing.T, network string, port int) {
	t.Helper()
	// Local address, no far one, and the state: a connection of a former SIPp may still be listed.
	entry := regexp.MustCompile(fmt.Sprintf(`:%04X 00000000:0000 %s `, port, map[string]string{"udp": "07", "tcp": "0A"}[network]))
	deadline := time.Now().Add(patience)
	for tick := time.NewTicker(5 * time.Millisecond); time.Now().Before(deadline); <-tick.C {
		table, err := os.ReadFile("/proc/self/net/" + network)
		if err != nil {
			t.Fatal(err)
		}
		if entry.Match(table) {
			return
		}
		select {
		case <-p.done:
			t.Fatalf("SIPp ended: %v\n%s", p.err, p.report())
		default:
		}
	}
	t.Fatal("SIPp does not listen")
}

// report is what a reader needs when a scenario failed.
func (p *peer) report() string {
	errs, _ := os.ReadFile(p.errors)
	messages, _ := os.ReadFile(p.messages)
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf("%.3000s\n%s\nmessages:\n%s", errs, tail(p.out.String(), 300), tail(string(messages), 9000))
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// wait waits for the scenario's end; only a SIPp whose calls all went by the scenario ends well.
func (p *peer) wait(ctx context.Context) error {
	select {
	case <-p.done:
		if p.err != nil {
			return fmt.Errorf("SIPp: %w\n%s", p.err, p.report())
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("SIPp did not come to its end\n%s", p.report())
	}
}
