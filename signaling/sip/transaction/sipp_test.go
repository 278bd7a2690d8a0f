//go:build interop

package transaction

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/transport"
)

// sipp runs SIPp, a foreign peer, to its end. It fails the test unless every call of it succeeded.
func sipp(t *testing.T, ctx context.Context, args ...string) <-chan error {
	t.Helper()
	path, err := exec.LookPath("sipp")
	if err != nil {
		t.Fatal("package sip-tester is not installed")
	}
	cmd := exec.CommandContext(ctx, path, append(args, "-nostdin", "-i", "127.0.0.1", "-timeout", "120s", "-timeout_error")...)
	cmd.Dir = t.TempDir()
	done := make(chan error, 1)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { done <- cmd.Wait() }()
	return done
}

// TestSIPpCalls: 200 calls of SIPp's built-in caller, by UDP and TCP.
func TestSIPpCalls(t *testing.T) {
	for network, mode := range map[string]string{transport.UDP: "u1", transport.TCP: "t1"} {
		t.Run(network, func(t *testing.T) {
			var mu sync.Mutex
			acks := map[string]bool{} // by call: a 200 that SIPp has got twice has two
			p := newPeer(t, func(l *Layer) {
				l.OnAck(func(m *sip.Request, _ transport.Source) {
					mu.Lock()
					defer mu.Unlock()
					acks[m.CallID().Value()] = true
				})
				l.OnRequest(func(s *Server) {
					contact := &sip.ContactHeader{Address: sip.Uri{Scheme: "sip", Host: "127.0.0.1", Port: int(s.Source().Local.Port())}}
					if s.Request().Method != sip.INVITE {
						s.answer(200, "OK")
						return
					}
					ringing := sip.NewResponseFromRequest(s.Request(), 180, "Ringing", nil)
					ringing.AppendHeader(contact)
					ok := sip.NewResponseFromRequest(s.Request(), 200, "OK", nil)
					ok.To().Params.Add("tag", ringing.To().Params.GetOr("tag", ""))
					ok.AppendHeader(contact)
					for _, res := range []*sip.Response{ringing, ok} {
						if err := s.Respond(res); err != nil {
							t.Error(err)
						}
					}
				})
			})
			if err := <-sipp(t, t.Context(), p.tr.Local(network).String(), "-sn", "uac", "-t", mode, "-m", "200", "-r", "200", "-d", "50"); err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if n := len(acks); n != 200 {
				t.Errorf("%d calls were acknowledged, want 200", n)
			}
			if s := p.tr.Stats(); s.Malformed+s.Refused+s.Foreign != 0 {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

// listening waits until SIPp has its port: an INVITE repeated because the first one found nobody is no fault of either side,
// but SIPp sometimes counts it as one.
func listening(t *testing.T, network string, port uint16) {
	t.Helper()
	entry := fmt.Sprintf(":%04X ", port)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); runtime.Gosched() {
		table, err := os.ReadFile("/proc/net/" + network)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(table), entry) {
			return
		}
	}
	t.Fatal("SIPp does not listen")
}

// TestCallSIPp: 100 calls to SIPp's built-in callee, by UDP and TCP; each is acknowledged and hung up.
func TestCallSIPp(t *testing.T) {
	for network, mode := range map[string]string{transport.UDP: "u1", transport.TCP: "t1"} {
		t.Run(network, func(t *testing.T) {
			pc, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			to := transport.Target{Network: network, Addr: pc.LocalAddr().(*net.UDPAddr).AddrPort()}
			pc.Close()
			p := newPeer(t, func(*Layer) {})
			// -nr: it never repeats its 200, as a machine that stalls would have it do; it counts the second ACK as a failed call.
			done := sipp(t, t.Context(), "-sn", "uas", "-nr", "-t", mode, "-m", "100", "-p", fmt.Sprint(to.Addr.Port()))
			listening(t, network, to.Addr.Port())
			over := make(chan error, 100)
			for i := range 110 {
				if i < 100 {
					c := &caller{p: p, to: to, id: fmt.Sprint("s", i), over: over}
					c.invite()
				}
				if i < 10 {
					continue
				}
				select {
				case err := <-over:
					if err != nil {
						t.Fatal(err)
					}
				case <-time.After(time.Minute):
					t.Fatal("a call did not end")
				}
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		})
	}
}

// caller makes one call: INVITE, ACK, BYE.
type caller struct {
	p     *peer
	to    transport.Target
	id    string
	tries int
	over  chan<- error
}

func (c *caller) request(method sip.RequestMethod, cseq uint32, toTag string) *sip.Request {
	req := newRequest(method, c.id)
	req.CSeq().SeqNo = cseq
	req.Recipient = sip.Uri{Scheme: "sip", User: "service", Host: "127.0.0.1", Port: int(c.to.Addr.Port())}
	req.AppendHeader(&sip.ContactHeader{Address: sip.Uri{Scheme: "sip", Host: "127.0.0.1", Port: int(c.p.tr.Local(transport.UDP).Port())}})
	if toTag != "" {
		req.To().Params.Add("tag", toTag)
	}
	return req
}

func (c *caller) invite() {
	if _, err := c.p.Request(c.request(sip.INVITE, 1, ""), c.to, c); err != nil {
		c.over <- err
	}
}

func (c *caller) Response(res *sip.Response) {
	switch {
	case res.StatusCode < 200:
	case res.StatusCode != 200:
		c.over <- fmt.Errorf("status %d", res.StatusCode)
	case res.CSeq().MethodName == sip.BYE:
		c.over <- nil
	default:
		tag := res.To().Params.GetOr("tag", "")
		if err := c.p.Ack(c.request(sip.ACK, 1, tag), c.to, nil); err != nil {
			c.over <- err
		}
		if _, err := c.p.Request(c.request(sip.BYE, 2, tag), c.to, c); err != nil {
			c.over <- err
		}
	}
}

// Failed tries again while SIPp is still starting: a refused TCP connection.
func (c *caller) Failed(err error) {
	if c.tries++; c.tries < 50 {
		time.AfterFunc(100*time.Millisecond, c.invite)
		return
	}
	c.over <- err
}
