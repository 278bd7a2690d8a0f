//go:build bench

package load

import (
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"causeway/test/lab"
	"causeway/test/rig"
)

// maxStart is what a start may take: the one figure here that is judged, besides allocations.
const maxStart = 150 * time.Millisecond

// TestBenchStart measures from the start of the process until /healthz answers, and what the gateway itself logs.
func TestBenchStart(t *testing.T) {
	l, err := lab.Start(t.Context(), lab.Config{NoCore: true, NoHandsets: true, NoPCRF: true})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var list []float64
	for range setting("BENCH_STARTS", 11) {
		list = append(list, float64(startOnce(t, l).Microseconds())/1000)
	}
	mid, low, high := median(list)
	fmt.Printf("Start to serving: median %.0f ms, %.0f to %.0f, of %d starts\n", mid, low, high, len(list))
	if limit := float64(maxStart.Milliseconds()); mid > limit {
		t.Errorf("a start takes %.0f ms, more than %.0f", mid, limit)
	}
	report(t, "start", "ms", mid, "low", low, "high", high)
}

func startOnce(t *testing.T, l *lab.Lab) time.Duration {
	front, admin, sip := rig.FreePort(t), rig.FreePort(t), rig.FreePort(t)
	began := time.Now()
	p := rig.Run(t, rig.Program(), []string{"serve", "-c", "../../configs/demo.yaml"}, []string{
		fmt.Sprintf("CAUSEWAY_HTTP_LISTEN=127.0.0.1:%d", front), fmt.Sprintf("CAUSEWAY_HTTP_ADMIN_LISTEN=127.0.0.1:%d", admin),
		"CAUSEWAY_AUTH_ISSUER=" + l.URL(), "CAUSEWAY_AUTH_JWKS_URL=" + l.URL() + "/.well-known/jwks.json",
		fmt.Sprintf(`CAUSEWAY_IMS_SIP_LISTEN=["udp:127.0.0.1:%d", "tcp:127.0.0.1:%d"]`, sip, sip),
		fmt.Sprintf("CAUSEWAY_MEDIA_ACCESS_ADDRESS=127.0.0.1:%d", rig.FreePort(t)),
		"CAUSEWAY_RX_PEERS=[]", "CAUSEWAY_SESSION_POLICY=off",
	})
	defer p.Stop(os.Interrupt)
	for time.Since(began) < 10*time.Second {
		res, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/healthz", admin))
		if err == nil {
			_ = res.Body.Close()
			return time.Since(began)
		}
		time.Sleep(time.Millisecond) // the poll's grain is the figure's
	}
	t.Fatalf("no start in 10 s:\n%s", p.Log())
	return 0
}

// TestBenchIdle measures the gateway's memory for each browser that is logged in and registered and does nothing.
func TestBenchIdle(t *testing.T) {
	n := setting("BENCH_BROWSERS", 2000)
	fmt.Printf("| idle browsers: %d | resident kB each | live heap kB each | goroutines each | descriptors each |\n|---|---|---|---|---|\n", n)
	for _, name := range []string{"ws", "wss"} {
		t.Run(name, func(t *testing.T) { idle(t, n, name) })
	}
}

// idle returns the resident memory in kB for each of n browsers.
func idle(t *testing.T, n int, name string) float64 {
	b := newBench(t, n+50, name == "wss", "GOGC=10")
	b.login(t, n, 50) // pools and tables
	live, resident := b.collected()
	routines, files := b.Metric("go_goroutines"), b.Metric("process_open_fds")
	b.login(t, 0, n)
	live2, resident2 := b.collected()
	each := func(before, after float64) float64 { return (after - before) / float64(n) }
	r, l := each(resident, resident2)/1024, each(live, live2)/1024
	g, f := each(routines, b.Metric("go_goroutines")), each(files, b.Metric("process_open_fds"))
	fmt.Printf("| %s | %.1f | %.1f | %.2f | %.2f |\n", name, r, l, g, f)
	report(t, "idle_"+name, "resident_kb", r, "live_kb", l, "goroutines", g, "files", f)
	return r
}
