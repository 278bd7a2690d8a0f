//go:build interop

package sipp

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"causeway/test/capture"
	"causeway/test/load/client"
)

const (
	hostileIP = "127.0.0.20" // a peer gone bad: it is listed, so everything it sends is looked at
	stormRate = 1000         // messages a second, in all
)

// storm is an attack with legitimate traffic beside it.
type storm struct {
	*bed
	t      *testing.T
	length time.Duration
	seed   uint64

	victim, mover *actor // is called by attackers and by the probe; attacks by its own page
	sent          [4]atomic.Int64
	probes, inner atomic.Int64
	busy          atomic.Int64    // calls of SIP user agents that reached the core
	mu            sync.Mutex      // guards the following
	waits         []time.Duration // of the probes
}

// stormLength is ten seconds, or STORM=1m.
func stormLength(t *testing.T) time.Duration {
	text := os.Getenv("STORM")
	if text == "" {
		return 10 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestStorm: torture, mutated, smuggling, oversize and misleading messages at 1000 a second by UDP, TCP and WebSocket. Meanwhile every
// probe of a legitimate peer is answered; nothing is ever sent to anybody who is no peer; no header that the gateway did not build
// reaches the core; afterwards nothing is kept. STORM=1m makes it a minute.
func TestStorm(t *testing.T) {
	inTurn(t)
	names := newNames(t)
	b := newBed(t, "udp", 32400, `CAUSEWAY_IMS_DNS_SERVERS=["`+names.addr+`"]`, `CAUSEWAY_IMS_SIP_PEERS=["`+gatewayIP+`/32", "`+hostileIP+`/32"]`, "CAUSEWAY_IMS_TIMERS_T1=100ms", "CAUSEWAY_IMS_SIP_IDLE_TIMEOUT=2s",
		"CAUSEWAY_SESSION_RESUME_WINDOW=2s", `CAUSEWAY_IMS_CALLS_CUSTOM_HEADERS=["`+shopHeader+`"]`, "CAUSEWAY_SESSION_MAX_SESSIONS_PER_USER=100", "CAUSEWAY_LOG_LEVEL=WARN")
	s := &storm{bed: b, t: t, length: stormLength(t), seed: uint64(time.Now().UnixNano())}
	t.Logf("seed %d", s.seed)
	ctx, cancel := context.WithTimeout(t.Context(), s.length+5*patience)
	defer cancel()
	s.victim, s.mover = s.page(ctx), s.page(ctx)
	core := b.sink(t, s.mover.port)
	abroad := capture.Start(t, "far0", "ip or arp")
	canary := capture.Start(t, "lo", fmt.Sprintf("dst host %s or (udp and dst host %s)", canaryIP, strangerIP))
	outside := capture.Start(t, "lo", fmt.Sprintf("dst port %d and src host %s", s.mover.port, gatewayIP))
	before := s.footprint()
	peak := s.rage(ctx)
	slices.Sort(s.waits)
	t.Logf("%d calls with faults inside, %d calls of SIP user agents", s.inner.Load(), s.busy.Load())
	t.Logf("%d UDP, %d stranger's, %d TCP, %d WebSocket messages in %v; %d probes, p50 %v, p99 %v, slowest %v; resident %.1f MB before, %.1f at most",
		s.sent[0].Load(), s.sent[1].Load(), s.sent[2].Load(), s.sent[3].Load(), s.length, s.probes.Load(),
		at(s.waits, 0.5), at(s.waits, 0.99), at(s.waits, 1), before.resident/1e6, peak/1e6)
	if s.inner.Load() < 5 {
		t.Error("no attacker came into a call")
	}
	if s.busy.Load() < 5 {
		t.Errorf("%d calls of SIP user agents reached the core", s.busy.Load())
	}
	if total := s.total(); total < s.enough() {
		t.Errorf("only %d messages were sent: no storm", total)
	}
	if limit := 1.5*before.resident + 64e6; peak > limit {
		t.Errorf("resident memory %.0f MB, limit %.0f MB", peak/1e6, limit/1e6)
	}
	s.settles(before)
	core.judge(t)
	t.Logf("%d messages of its page reached the core, %d with headers it may send; %d questions of names in routes", core.seen, core.said, names.asked.Load())
	s.silence(abroad.Stop(t), canary.Stop(t))
	problems, err := capture.Check(ctx, outside.Stop(t), s.rules())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
	b.play(t, scene{name: "mo-early-reliable", script: talk(1), story: []string{trying, "progress early 183 heard", "progress early 180 heard", answered, hungUp}})
}

// page logs a user in.
func (s *storm) page(ctx context.Context) *actor {
	a := &actor{t: s.t, ctx: ctx, bed: s.bed, port: s.first + int(s.taken.Add(1)) - 1}
	a.login()
	return a
}

// footprint is what a storm must not leave behind.
type footprint struct{ goroutines, files, resident float64 }

func (s *storm) footprint() footprint {
	return footprint{s.Metric("go_goroutines"), s.Metric("process_open_fds"), s.Metric("process_resident_memory_bytes")}
}

// total is how many messages attackers have sent, and enough how many make a storm.
func (s *storm) total() int64 {
	return s.sent[0].Load() + s.sent[1].Load() + s.sent[2].Load() + s.sent[3].Load()
}

func (s *storm) enough() int64 { return int64(s.length.Seconds() * stormRate * 0.8) }

// rage runs everything at once, longer where the machine is too slow for a storm, and returns the highest resident memory.
func (s *storm) rage(ctx context.Context) (peak float64) {
	until, stop := context.WithTimeout(ctx, s.length+patience)
	defer stop()
	var all sync.WaitGroup
	user, token := number(s.victim.port), s.token(s.t, s.victim.port)
	var mine sync.WaitGroup
	answering, enough := context.WithCancel(ctx)
	mine.Go(func() { s.answer(answering) })
	attack := func(kind int, rate int, one func(*hostile) error) {
		h := newHostile(s.t, s.seed+uint64(kind), user, token, s.SIP.String())
		all.Go(func() { s.pace(until, kind, rate, func() error { return one(h) }) })
	}
	bad, stranger := s.socket(hostileIP), s.socket(strangerIP)
	attack(0, stormRate*40/100, func(h *hostile) error { _, err := bad.Write(limit(h.message())); return err })
	attack(1, stormRate*10/100, func(h *hostile) error { _, err := stranger.Write(limit(h.message())); return err })
	line := &line{storm: s}
	attack(2, stormRate*25/100, func(h *hostile) error { return line.write(h.message()) })
	socket := &socket{storm: s, ctx: ctx}
	attack(3, stormRate*25/100, func(h *hostile) error { return socket.write(h) })
	inner := s.dialWire(s.t, "udp", hostileIP)
	all.Go(func() { s.within(until, inner, newHostile(s.t, s.seed+9, user, token, s.SIP.String())) })
	for _, network := range []string{"udp", "tcp"} {
		w := s.dialWire(s.t, network, gatewayIP)
		all.Go(func() { s.probe(until, ctx, w, user, token) })
	}
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); until.Err() == nil && (time.Since(began) < s.length || s.total() < s.enough()); <-tick.C {
		peak = max(peak, s.Metric("process_resident_memory_bytes"))
	}
	stop()
	all.Wait()
	line.close()
	socket.close()
	enough()
	mine.Wait()
	return peak
}

// socket is a UDP socket of an address, connected to the gateway. What comes back is dropped.
func (s *storm) socket(from string) net.Conn {
	s.t.Helper()
	d := net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(from)}}
	conn, err := d.DialContext(s.t.Context(), "udp", s.SIP.String())
	if err != nil {
		s.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _, _ = io.Copy(io.Discard, conn) }()
	s.t.Cleanup(func() { _ = conn.Close(); <-done })
	return conn
}

// pace calls at a rate until the end; a call that was late is made up for.
func (s *storm) pace(ctx context.Context, kind, rate int, one func() error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	began := time.Now()
	for done := 0; ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for want := int(time.Since(began).Seconds() * float64(rate)); done < want && ctx.Err() == nil; done++ {
			if err := one(); err != nil {
				s.t.Errorf("attack %d: %v", kind, err)
				return
			}
			s.sent[kind].Add(1)
		}
	}
}

// The sockets that speak SIP, and the one of causeway.v1 that is not logged in.
const (
	sipStranger = 0
	sipAgent    = 2
	sipAgentToo = 3
	stranger    = 1
)

// answer is the victim's page: it refuses what comes, and picks up now and then, so that the far end's Contact and routes are used.
func (s *storm) answer(until context.Context) {
	ctx := context.WithoutCancel(until) // what was picked up is hung up
	for n := 0; ; n++ {
		select {
		case c := <-s.victim.browser.Incoming:
			_ = c.Do(ctx, "call.ringing") // the caller may have gone
			if n%3 == 0 {
				_ = c.PickUp(ctx, client.Silent{})
				_ = c.Do(ctx, "call.hangup")
			}
			_ = c.Do(ctx, "call.reject", "reason", "busy")
		case <-until.Done():
			return
		}
	}
}

// probe is the legitimate peer: OPTIONS ten times a second and a call twice, each of which has to be answered.
func (s *storm) probe(until, ctx context.Context, w *wire, user, token string) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for n := 0; until.Err() == nil; n++ {
		d := w.dialogue(s.bed, fmt.Sprintf("probe%s%d", w.network, n), user, token)
		began := time.Now()
		err := d.asks(ctx, "OPTIONS", "200 OPTIONS")
		if err == nil && n%5 == 0 {
			d.over() // an answer to a question that was repeated may still come
			d = w.dialogue(s.bed, fmt.Sprintf("probe%s%di", w.network, n), user, token)
			err = d.asks(ctx, "INVITE", "180 INVITE", "486 INVITE", "200 INVITE")
		}
		d.over()
		if err != nil {
			s.t.Errorf("a probe by %s: %v", w.network, err)
			return
		}
		s.probes.Add(1)
		s.mu.Lock()
		s.waits = append(s.waits, time.Since(began))
		s.mu.Unlock()
		<-tick.C
	}
}

// asks sends a request, again after 500 ms as RFC 3261 17.1 has it, until one of the answers comes.
func (d *dialogue) asks(ctx context.Context, method string, answers ...string) error {
	body := ""
	if method == "INVITE" {
		body = offer
	}
	d.seq++
	for range 64 {
		if err := d.send(method, d.seq, body); err != nil {
			return err
		}
		wait, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
		what, text, err := d.next(wait)
		cancel()
		if err == nil && !slices.Contains(answers, what) {
			return fmt.Errorf("%s was answered with %q", method, text)
		} else if err == nil {
			return nil
		}
	}
	return fmt.Errorf("%s was not answered", method)
}

// within is an attacker who has a call with the page, and sends what has faults inside it: the dialog's tags and numbers are right.
func (s *storm) within(until context.Context, w *wire, h *hostile) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for n := 0; until.Err() == nil; n++ {
		<-tick.C
		d := w.dialogue(s.bed, fmt.Sprintf("inner%d", n), h.user, h.token)
		if d.send("INVITE", 0, offer, "Supported: 100rel, timer") != nil {
			return
		}
		for over := false; !over; {
			what, text, err := d.next(until)
			switch {
			case err != nil:
				over = true
			case what == "180 INVITE":
				_ = d.send("PRACK", 0, "", "RAck: "+header(text, "RSeq")+" 1 INVITE")
			case what == "200 INVITE":
				_ = d.send("ACK", 1, "")
				for range 12 {
					method := pick(h, "INVITE", "UPDATE", "INFO", "PRACK", "OPTIONS", "NOTIFY", "REFER", "MESSAGE", "BYE", "ACK")
					body := ""
					if method == "INVITE" || method == "UPDATE" {
						body = string(h.mutate([]byte(offer)))
					}
					text := []byte(d.text(method, 0, body, "Supported: timer", "Session-Expires: "+pick(h, "1800", "1", "-1", "99999999999")))
					if h.IntN(2) == 0 {
						text = h.mutate(text)
					}
					if _, err := w.conn.Write(text); err != nil {
						return
					}
				}
				_ = d.send("BYE", 0, "")
			case strings.HasSuffix(what, " INVITE") && what > "300":
				_ = d.send("ACK", 1, "", "same-branch")
				over = d.seq <= 2
			case what == "BYE" || what == "200 BYE" || what == "481 BYE" || what == "500 BYE":
				over = true
			}
		}
		d.over()
		s.inner.Add(1)
	}
}

// settles waits until what the storm cost is given back.
func (s *storm) settles(before footprint) {
	s.t.Helper()
	var now footprint
	deadline := time.Now().Add(patience)
	for tick := time.NewTicker(250 * time.Millisecond); ; <-tick.C {
		now = s.footprint()
		if now.goroutines <= before.goroutines+10 && now.files <= before.files+5 && s.Metric("causeway_calls") == 0 && s.Metric("causeway_media_sessions") == 0 {
			break
		}
		if time.Now().After(deadline) {
			s.t.Errorf("before %+v, a while after %+v, %v calls", before, now, s.Metric("causeway_calls"))
			break
		}
	}
	if n := s.Metric("causeway_panics_total"); n != 0 || strings.Contains(s.Gateway.Log(), `"panic"`) {
		s.t.Errorf("%v panics", n)
	}
}

// silence fails if a recording holds anything.
func (s *storm) silence(files ...string) {
	s.t.Helper()
	for _, f := range files {
		out, err := exec.Command("tshark", "-n", "-r", f).CombinedOutput()
		if err != nil {
			s.t.Fatalf("tshark: %v: %s", err, out)
		}
		for l := range strings.Lines(string(out)) {
			if strings.Contains(l, "→") {
				s.t.Errorf("sent to somebody who is no peer: %s", l)
			}
		}
	}
}
