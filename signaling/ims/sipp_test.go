package ims

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"causeway/signaling/call"
)

// sipp starts the foreign peer with a scenario; wait returns its output and error once it has ended. The test is skipped
// where sip-tester is not installed; continuous integration installs it.
func sipp(t *testing.T, network, scenario string, port, calls int, remote string, keys ...string) (wait func() (string, error)) {
	t.Helper()
	path, err := exec.LookPath("sipp")
	if err != nil {
		t.Skip("SKIPPED: the foreign peer sipp (package sip-tester) is not installed")
	}
	args := []string{"-sf", "testdata/sipp/" + scenario + ".xml", "-i", "127.0.0.1", "-p", fmt.Sprint(port), "-t", map[string]string{"udp": "u1", "tcp": "t1"}[network],
		"-m", fmt.Sprint(calls), "-nostdin", "-timeout", "20s", "-timeout_error", "-trace_err", "-error_file", t.TempDir() + "/errors"}
	for i := 0; i+1 < len(keys); i += 2 {
		args = append(args, "-key", keys[i], keys[i+1])
	}
	if remote != "" {
		args = append(args, remote)
	}
	cmd := exec.Command(path, args...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return func() (string, error) {
		err := <-done
		return out.String(), err
	}
}

// freePort finds a port that is free on both networks at this moment.
func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().(*net.TCPAddr).Port
}

// deaf is a wire nobody listens on: sipp is the core.
type deaf struct{ addr string }

func (d deaf) address() string         { return d.addr }
func (d deaf) send(string)             {}
func (d deaf) receive() (string, bool) { return "", false }

// TestSippCore: sipp registers and answers; the gateway calls and hangs up.
func TestSippCore(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			port := freePort(t)
			wait := sipp(t, network, "core", port, 2, "")
			r := start(t, deaf{fmt.Sprintf("127.0.0.1:%d", port)}, network, func(c *Config) { c.RegisterRetry = 50 * time.Millisecond; c.RegisterRetryMax = 50 * time.Millisecond })
			b := r.bind()
			for registered := false; !registered; { // sipp may need a moment to listen
				select {
				case e := <-r.bindings:
					_, registered = e.(Registered)
				case <-time.After(patience):
					t.Fatal("not registered")
				}
			}
			k, err := b.Invite(InviteParams{Target: "+15550101", SDP: ourSDP, Notify: r.hear})
			if err != nil {
				t.Fatal(err)
			}
			said[Trying](r)
			if e := said[Provisional](r); !e.EarlyMedia || !strings.Contains(e.SDP, "50000") {
				t.Fatalf("%+v", e)
			}
			if e := said[Accepted](r); !strings.Contains(e.SDP, "50000") {
				t.Fatalf("%+v", e)
			}
			k.Hangup(call.Cause{Side: call.Browser, Kind: call.Normal})
			said[Ended](r)
			if out, err := wait(); err != nil {
				t.Fatalf("sipp: %v\n%s", err, out)
			}
			r.gone()
		})
	}
}

// TestSippHandset: sipp calls, with compact header names, 100rel, hold and session timer.
func TestSippHandset(t *testing.T) {
	r := onUDP(t)
	_, reg := r.register()
	user, _, _ := strings.Cut(strings.TrimPrefix(head(reg, "Contact"), "<sip:"), "@")
	wait := sipp(t, "udp", "handset", freePort(t), 1, r.client.address(), "user", user)
	e := heard[IncomingCall](r)
	if e.Call.ICID() != "sipp-1" || e.Remote.Number != "+15550101" {
		t.Fatalf("%s %+v", e.Call.ICID(), e.Remote)
	}
	e.Call.SetNotify(r.hear)
	e.Call.Progress(ourSDP) // the 200 waits for the PRACK
	if err := e.Call.Accept(ourSDP, Extras{}); err != nil {
		t.Fatal(err)
	}
	said[Offer](r)
	e.Call.AnswerOffer(ourSDP + "a=recvonly\r\n")
	if x := said[Ended](r); x.Cause.Kind != call.Normal {
		t.Fatalf("%+v", x)
	}
	if out, err := wait(); err != nil {
		t.Fatalf("sipp: %v\n%s", err, out)
	}
	r.gone()
}
