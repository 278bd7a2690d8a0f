//go:build bench

package load

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"text/template"
	"time"

	"causeway/test/load/client"
	"causeway/test/rig"
)

// figures of one server under the same load.
type figures struct {
	regPerSecond, regCPU float64 // registrations over wss, sixty-four at a time; ms
	idle                 float64 // kB of memory for each
	back                 float64 // seconds until all are registered again after a restart
	setupPerSecond       float64
	callCPU              float64 // ms, signalling alone
	p50, p99             float64 // ms of post-dial delay at 100 calls a second
}

// crowd is many clients of one server.
type crowd struct {
	join func(ctx context.Context, i int) (leave func(), err error)
	cpu  func() time.Duration
	dead <-chan struct{} // closed when the server has ended; nil: it does not
}

func (c crowd) fallen() bool {
	select {
	case <-c.dead:
		return true
	default:
		return false
	}
}

// all registers users first to last at once, as many at a time as workers, each trying again until it is in. It returns how long that
// took and how to let go of them.
func (c crowd) all(ctx context.Context, t *testing.T, first, last, workers int) (time.Duration, func()) {
	t.Helper()
	began := time.Now()
	leave := make([]func(), last-first)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(leave); i = int(next.Add(1)) - 1 {
				for leave[i] == nil && ctx.Err() == nil && !c.fallen() {
					var err error
					if leave[i], err = c.join(ctx, first+i); err != nil {
						time.Sleep(20 * time.Millisecond) // a browser waits longer; this one wants to know when
					}
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	if c.fallen() {
		t.Skip("SKIPPED, NOT MEASURED: the server fell over")
	}
	if err := ctx.Err(); err != nil {
		t.Fatalf("not all came in: %v", err)
	}
	return took, func() {
		for _, f := range leave {
			f()
		}
	}
}

// TestBenchSignalling measures the signalling plane: registrations over wss, memory of those who do nothing, the return of all after a
// restart, calls, and the post-dial delay; where Kamailio's WebSocket server does the same work, it does it in the same run.
func TestBenchSignalling(t *testing.T) {
	n := setting("BENCH_REGISTERED", 10000)
	ours := gatewayFigures(t, n)
	others := min(n, 5000) // with 10 000 its TLS module brings it down
	var theirs figures
	for range 3 { // with fewer it may fall over as well
		if theirs = kamailioFigures(t, others); theirs.p99 > 0 {
			break
		}
	}
	fmt.Printf("| browsers over wss | causeway: %d | kamailio as a proxy: %d |\n|---|---|---|\n", n, others)
	for _, row := range []struct {
		name string
		f    func(figures) float64
	}{
		{"registrations/s, 64 at a time", func(f figures) float64 { return f.regPerSecond }},
		{"CPU ms per login and registration, TLS included", func(f figures) float64 { return f.regCPU }},
		{"memory kB per idle registered browser", func(f figures) float64 { return f.idle }},
		{"s until all are back after a crash, one core", func(f figures) float64 { return f.back }},
		{"CPU ms per call, signalling alone", func(f figures) float64 { return f.callCPU }},
		{"call set-ups/s (the gateway: with media)", func(f figures) float64 { return f.setupPerSecond }},
		{"post-dial delay at 100 calls/s, p50 ms", func(f figures) float64 { return f.p50 }},
		{"post-dial delay at 100 calls/s, p99 ms", func(f figures) float64 { return f.p99 }},
	} {
		peer := "-"
		if v := row.f(theirs); v > 0 {
			peer = fmt.Sprintf("%.4g", v)
		}
		fmt.Printf("| %s | %.4g | %s |\n", row.name, row.f(ours), peer)
	}
	fmt.Printf("load average %.1f\n", neighbours(t))
	fmt.Printf("bench-signalling: reg_per_s=%.0f reg_ms=%.3f setup_per_s=%.0f call_ms=%.3f idle_kb=%.1f back_s=%.2f pdd_p99_ms=%.2f\n",
		ours.regPerSecond, ours.regCPU, ours.setupPerSecond, ours.callCPU, ours.idle, ours.back, ours.p99)
}

func gatewayFigures(t *testing.T, n int) (f figures) {
	t.Run("idle", func(t *testing.T) { f.idle = idle(t, n, "wss") })
	t.Run("registrations", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		b := newBench(t, n+50, true)
		c := b.crowd(t, n+50)
		_, warm := c.all(ctx, t, n, n+50, 16)
		before := c.cpu()
		took, leave := c.all(ctx, t, 0, n, 64)
		f.regPerSecond, f.regCPU = float64(n)/took.Seconds(), (c.cpu()-before).Seconds()*1000/float64(n)
		warm()
		b.Gateway.Stop(syscall.SIGKILL)
		leave()
		f.back = b.comeback(ctx, t, c, n)
	})
	t.Run("calls", func(t *testing.T) {
		const browsers = 400
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		b := newBench(t, browsers, false)
		list, kinds := b.login(t, 0, browsers), media(t)
		l := &load{browsers: browsers}
		l.with(list, kinds["with media"])
		l.closed(ctx, 16, 300)
		l.take(t)
		var costs, rates []float64
		for range 3 {
			l.with(list, kinds["signalling only"])
			before := b.process.cpu(t)
			l.closed(ctx, 16, setting("BENCH_SETUPS", 1500))
			costs = append(costs, (b.process.cpu(t)-before).Seconds()*1000/float64(len(l.take(t))))
			l.with(list, kinds["with media"])
			took := l.closed(ctx, 16, setting("BENCH_SETUPS", 1500))
			rates = append(rates, float64(len(l.take(t)))/took.Seconds())
		}
		f.callCPU, _, _ = median(costs)
		f.setupPerSecond, _, _ = median(rates)
		l.with(list, kinds["signalling only"])
		l.open(ctx, 100, 100*setting("BENCH_SECONDS", 5)*2)
		f.p50, f.p99 = percentiles(l.take(t))
	})
	return f
}

func percentiles(sorted []time.Duration) (p50, p99 float64) {
	return quantile(sorted, 0.5).Seconds() * 1000, quantile(sorted, 0.99).Seconds() * 1000
}

// crowd is the gateway's browsers; their tokens are made before.
func (b *bench) crowd(t *testing.T, n int) crowd {
	t.Helper()
	tokens := make([]string, n)
	for i := range tokens {
		var err error
		if tokens[i], err = b.Lab.Token(user(i)); err != nil {
			t.Fatal(err)
		}
	}
	return crowd{cpu: func() time.Duration { return b.process.cpu(t) }, join: func(ctx context.Context, i int) (func(), error) {
		p, err := client.Login(ctx, client.Options{Gateway: b.web, Origin: b.URL, Secure: b.secure, Buffer: 512}, tokens[i], instance(i))
		if err != nil {
			return nil, err
		}
		return p.Close, nil
	}}
}

// comeback starts the gateway again, on one core, and measures until all of its browsers are registered again. Somebody calls all the
// time, and may not be refused.
func (b *bench) comeback(ctx context.Context, t *testing.T, c crowd, n int) float64 {
	p := rig.Run(t, "taskset", []string{"-c", "0", rig.Program(), "serve", "-c", "../../configs/demo.yaml"}, append(b.env, "GOMAXPROCS=1"))
	defer p.Stop(syscall.SIGKILL) // before its browsers: nobody waits for 10 000 goodbyes
	began := time.Now()
	b.Ready()
	caller := b.login(t, n, 1)[0]
	calling, stop := context.WithCancel(ctx)
	var calls, refused atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for calling.Err() == nil {
			if _, err := oneCall(ctx, caller, client.Silent{}); err != nil {
				refused.Add(1)
			}
			calls.Add(1)
		}
	}()
	_, leave := c.all(ctx, t, 0, n, 256)
	took := time.Since(began)
	stop()
	<-done
	fmt.Printf("while %d came back in %.1f s, %d calls were made and %d refused\n", n, took.Seconds(), calls.Load(), refused.Load())
	p.Stop(syscall.SIGKILL)
	leave()
	return took.Seconds()
}

// kamailio is a WebSocket server in front of a simple core.
type kamailio struct {
	t      *testing.T
	dir    string
	url    string
	secure *tls.Config
	p      *rig.Process
}

func kamailioFigures(t *testing.T, n int) (f figures) {
	t.Run("kamailio", func(t *testing.T) {
		if _, err := exec.LookPath("kamailio"); err != nil {
			t.Skip("SKIPPED, NOT MEASURED: kamailio is not installed (.ci/install bench)")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		k := newKamailio(t)
		k.start()
		c := crowd{cpu: k.cpu, dead: k.p.Done(), join: func(ctx context.Context, i int) (func(), error) {
			s, err := client.SIPRegister(ctx, k.url, user(i), "bench.example", k.secure)
			if err != nil {
				return nil, err
			}
			return s.Close, nil
		}}
		_, warm := c.all(ctx, t, n, n+50, 16)
		memory, before := k.memory(), k.cpu()
		took, leave := c.all(ctx, t, 0, n, 64)
		f.regPerSecond, f.regCPU = float64(n)/took.Seconds(), (k.cpu()-before).Seconds()*1000/float64(n)
		f.idle = (k.memory() - memory) / 1024 / float64(n)
		warm()
		k.p.Stop(syscall.SIGTERM)
		leave()
		began := time.Now()
		k.start("taskset", "-c", "0")
		c.dead = k.p.Done()
		_, leave = c.all(ctx, t, 0, n, 256)
		f.back = time.Since(began).Seconds()
		leave()
		k.p.Stop(syscall.SIGTERM)
		k.start()
		k.calls(ctx, &f)
		k.p.Stop(syscall.SIGTERM)
	})
	return f
}

func newKamailio(t *testing.T) *kamailio {
	t.Helper()
	k := &kamailio{t: t, dir: t.TempDir()}
	k.secure = secureConfig(certificateFiles(t, k.dir))
	secure := fmt.Sprintf("127.0.0.1:%d", rig.FreePort(t))
	k.url = "wss://" + secure
	text, err := template.ParseFiles("testdata/websocket.cfg")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(k.dir, "kamailio.cfg"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if err := text.Execute(file, map[string]any{"Core": fmt.Sprintf("127.0.0.1:%d", rig.FreePort(t)), "Secure": secure, "Next": newCore(t).addr(), "Dir": k.dir}); err != nil {
		t.Fatal(err)
	}
	return k
}

// start runs Kamailio, under a command if one is given, and waits for its socket.
func (k *kamailio) start(under ...string) {
	args := append(under, "kamailio", "-DD", "-E", "-f", filepath.Join(k.dir, "kamailio.cfg"), "-Y", k.dir, "-w", k.dir, "-m", "3072", "-M", "64", "-x", "fm")
	k.p = rig.Run(k.t, args[0], args[1:], nil)
	rig.WaitFor(k.t, "kamailio", 15*time.Second, func() bool {
		c, err := net.Dial("tcp", strings.TrimPrefix(k.url, "wss://"))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

func (k *kamailio) calls(ctx context.Context, f *figures) {
	const browsers = 400
	list := make([]*client.SIP, browsers)
	for i := range list {
		var err error
		if list[i], err = client.SIPRegister(ctx, k.url, user(i), "bench.example", k.secure); err != nil {
			k.t.Fatal(err)
		}
		defer list[i].Close()
	}
	l := &load{browsers: browsers, place: func(ctx context.Context, i int) (time.Duration, error) {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		return list[i].Call(ctx, "15560000000")
	}}
	l.closed(ctx, 16, 300)
	l.take(k.t)
	before := k.cpu()
	took := l.closed(ctx, 16, setting("BENCH_SETUPS", 1500)*2)
	done := float64(len(l.take(k.t)))
	f.callCPU, f.setupPerSecond = (k.cpu()-before).Seconds()*1000/done, done/took.Seconds()
	l.open(ctx, 100, 100*setting("BENCH_SECONDS", 5)*2)
	f.p50, f.p99 = percentiles(l.take(k.t))
}

// processes are Kamailio's main process and its children.
func (k *kamailio) processes() []target {
	out := []target{target(k.p.Pid())}
	list, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range list {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if parent, _ := strconv.Atoi(fields[1]); parent == k.p.Pid() {
			pid, _ := strconv.Atoi(strings.Split(name, "/")[2])
			out = append(out, target(pid))
		}
	}
	return out
}

func (k *kamailio) cpu() (sum time.Duration) {
	for _, p := range k.processes() {
		sum += p.cpu(k.t)
	}
	return sum
}

// memory is what all processes together hold, shared pages once, in bytes (proportional set size).
func (k *kamailio) memory() (sum float64) {
	for _, p := range k.processes() {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if v, ok := strings.CutPrefix(line, "Pss:"); ok {
				kb, _ := strconv.Atoi(strings.Fields(v)[0])
				sum += float64(kb) * 1024
			}
		}
	}
	return sum
}
