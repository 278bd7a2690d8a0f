//go:build interop

package kamailio

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway/test/rig"
	"causeway/test/tone"
)

const (
	baresipSIP   = 5090
	baresipMedia = 40000 // first RTP port it may choose
	baresipCtrl  = 4444
)

// phone is a running baresip, commanded over its ctrl_tcp module.
type phone struct {
	*process
	dir  string
	conn net.Conn

	mu     sync.Mutex
	events []string // types: REGISTER_OK, CALL_INCOMING ...
}

// startPhone registers a baresip that says v whenever it is in a call, and records what it hears.
func startPhone(t *testing.T, v voice) *phone {
	t.Helper()
	rig.Needs(t, "baresip")
	p := &phone{dir: t.TempDir()}
	var modules string
	for _, dir := range []string{"/usr/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/modules", "/usr/lib/aarch64-linux-gnu/baresip/modules"} {
		if _, err := os.Stat(dir + "/amr.so"); err == nil {
			modules = dir
		}
	}
	if modules == "" {
		rig.Missing(t, "baresip's AMR module is not installed (make deps-test)")
	}
	values := map[string]any{"Listen": fmt.Sprintf("%s:%d", gatewayIP, baresipSIP), "Voice": v.file, "Dir": p.dir, "Ports": fmt.Sprintf("%d-%d", baresipMedia, baresipMedia+100),
		"Ctrl": fmt.Sprintf("127.0.0.1:%d", baresipCtrl), "Modules": modules}
	render(t, "baresip.config", filepath.Join(p.dir, "config"), values)
	write(t, filepath.Join(p.dir, "accounts"), []byte(fmt.Sprintf("<%s>;auth_user=%s;auth_pass=%s;outbound=\"sip:%s:5060\";regint=600;answermode=auto;audio_codecs=AMR-WB/16000/1\n",
		baresip.impu(), baresip.impi(), baresip.password, pcscfIP)))
	for _, empty := range []string{"contacts", "current_contact"} {
		write(t, filepath.Join(p.dir, empty), nil)
	}
	p.process = start(t, "baresip", "baresip", "-4", "-f", p.dir, "-v")
	until(t, "baresip's control socket", rig.Patience, func() bool {
		p.alive(t)
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", baresipCtrl))
		p.conn = c
		return err == nil
	})
	done := make(chan struct{})
	go func() { defer close(done); p.read() }()
	t.Cleanup(func() { _ = p.conn.Close(); <-done })
	until(t, "baresip's registration", rig.Patience, func() bool {
		p.alive(t)
		return p.count("REGISTER_OK") > 0 || strings.Contains(p.said(), "200 OK")
	})
	return p
}

// read takes events off the control socket: netstrings of JSON.
func (p *phone) read() {
	r := bufio.NewReader(p.conn)
	for {
		var n int
		if _, err := fmt.Fscanf(r, "%d:", &n); err != nil || n < 0 || n > 1<<20 {
			return
		}
		b := make([]byte, n+1)
		if _, err := io.ReadFull(r, b); err != nil {
			return
		}
		var e struct {
			Event bool   `json:"event"`
			Type  string `json:"type"`
			OK    bool   `json:"ok"`
			Data  string `json:"data"`
		}
		if err := json.Unmarshal(b[:n], &e); err == nil && e.Event {
			p.mu.Lock()
			p.events = append(p.events, e.Type)
			p.mu.Unlock()
		}
	}
}

func (p *phone) count(event string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, e := range p.events {
		if e == event {
			n++
		}
	}
	return n
}

func (p *phone) command(t *testing.T, name, params string) {
	t.Helper()
	b, err := json.Marshal(map[string]string{"command": name, "params": params, "token": "test"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(p.conn, "%d:%s,", len(b), b); err != nil {
		t.Fatal(err)
	}
}

// hearing is what baresip has heard of a call so far.
func (p *phone) hearing() []int16 {
	found, _ := filepath.Glob(filepath.Join(p.dir, "dump-*dec.wav"))
	if len(found) == 0 {
		return nil
	}
	b, _ := os.ReadFile(found[len(found)-1])
	const header = 44 // it says how long the recording is when that is closed
	return samples(b[min(header, len(b)):])
}

// heard is what baresip's sndfile module wrote of its decoder's output in the last call.
func (p *phone) heard(t *testing.T) []int16 {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(p.dir, "dump-*dec.wav"))
	if err != nil || len(found) == 0 {
		t.Fatalf("baresip recorded nothing in %s (%v)", p.dir, err)
	}
	file := found[len(found)-1]
	until(t, "baresip to have closed its recording", rig.Patience, func() bool { // it tells of the call's end before
		fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.cmd.Process.Pid))
		return !slices.ContainsFunc(fds, func(fd string) bool { name, _ := os.Readlink(fd); return name == file })
	})
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pcm, hz, err := tone.ReadWAV(bytes.NewReader(b))
	if err != nil || hz != rate {
		t.Fatalf("baresip's recording: %d Hz, %v", hz, err)
	}
	for _, name := range found {
		_ = os.Remove(name) // the next call's is found alone
	}
	return pcm
}

// callsBothWays has the page call baresip, then baresip the page. Both speak, one hangs up, and what each recorded of the other is listened to.
func callsBothWays(t *testing.T, p *rig.Page, far *phone, woman, other voice) {
	t.Helper()
	talk := func(t *testing.T, name string, hangup func()) {
		t.Helper()
		p.State("active")
		listen(p)
		heardByPage := recorded(t, p, other, func() bool { return woman.good(far.hearing()) })
		hangup()
		p.Until("no call in the page", `window.causeway.phone.calls.length === 0`)
		until(t, "the end at baresip", rig.Patience, func() bool { return far.count("CALL_CLOSED") > 0 })
		other.same(t, name+" in the page", heardByPage, woman)
		woman.same(t, name+" in baresip", far.heard(t), other)
		far.mu.Lock()
		far.events = nil
		far.mu.Unlock()
	}
	t.Run("originating", func(t *testing.T) {
		p.Dial(baresip.number)
		talk(t, "originating", func() { p.Click("hangup") })
	})
	t.Run("terminating", func(t *testing.T) {
		far.command(t, "dial", alice.impu())
		p.Click("answer")
		talk(t, "terminating", func() { far.command(t, "hangup", "") })
	})
}

// TestBaresip: recorded speech through Kamailio's core, to a VoLTE-like handset and from one, octet-aligned AMR-WB.
func TestBaresip(t *testing.T) {
	woman, other := speak(t, "demo-congrats", 0), speak(t, "demo-abouttotry", 2*time.Second)
	c := startCore(t)
	record := scene(t)
	b := c.bed(t, gatewayIP)
	far := startPhone(t, other)
	p := open(t, b, woman)

	callsBothWays(t, p, far, woman, other)
	settled(t, b)
	p.Close()
	file := judge(t, c, record, []string{"REGISTER", "INVITE", "ACK", "BYE"})
	woman.same(t, "on the wire to baresip", onTheWire(t, file, mediaOf(t, file, baresipSIP), true), other)
}

// settled waits until nothing of a call is left in the gateway, and wants no warning of it.
func settled(t *testing.T, b *rig.Bed) {
	t.Helper()
	until(t, "the calls' end in the gateway", rig.Patience, func() bool {
		return b.Metric("causeway_calls") == 0 && b.Metric("causeway_media_sessions") == 0
	})
	for line := range strings.SplitSeq(b.Gateway.Log(), "\n") {
		if strings.Contains(line, `"level":"ERROR"`) || strings.Contains(line, `"level":"WARN"`) {
			t.Errorf("the gateway warns: %s", line)
		}
	}
}
