//go:build e2e || bench

package load

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"causeway/test/lab"
	"causeway/test/load/client"
	"causeway/test/rig"
)

// setting is a number from the environment: BENCH_BROWSERS=500 make bench.
func setting(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return otherwise
}

// report prints the machine-readable last line of a benchmark: name, then key=value.
func report(t *testing.T, name string, pairs ...any) {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(&b, " %v=%.4g", pairs[i], pairs[i+1])
	}
	fmt.Printf("RESULT %s%s\n", name, b.String())
	if t.Failed() {
		fmt.Printf("RESULT %s failed=1\n", name)
	}
}

// target is a program under test, by its process id.
type target int

// newest finds the newest process below this one that runs a binary; others may run the same.
func newest(t *testing.T, binary string) target {
	t.Helper()
	binary, err := filepath.EvalSymlinks(binary)
	if err != nil {
		t.Fatal(err)
	}
	list, _ := filepath.Glob("/proc/[0-9]*/exe")
	found := 0
	for _, l := range list {
		if exe, err := os.Readlink(l); err != nil || exe != binary {
			continue
		}
		if pid, _ := strconv.Atoi(strings.Split(l, "/")[2]); pid > found && below(pid) {
			found = pid
		}
	}
	if found == 0 {
		t.Fatal("no process runs " + binary)
	}
	return target(found)
}

// below reports whether a process is this one's child, or a child's child.
func below(pid int) bool {
	for pid > 1 {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return false
		}
		f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if pid, err = strconv.Atoi(f[1]); err != nil || pid == os.Getpid() {
			return err == nil
		}
	}
	return false
}

// cpu is the processor time of the whole process, utime and stime, to 10 ms (proc_pid_stat(5)).
func (p target) cpu(t *testing.T) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	utime, _ := strconv.Atoi(f[11])
	stime, _ := strconv.Atoi(f[12])
	return time.Duration(utime+stime) * 10 * time.Millisecond
}

// neighbours is the system's load average of the last minute, this benchmark's own included: what to trust a figure by.
func neighbours(t *testing.T) float64 {
	t.Helper()
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), " ")
	v, err := strconv.ParseFloat(first, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// resident is the resident memory in bytes.
func (p target) resident(t *testing.T) float64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p))
	if err != nil {
		t.Fatal(err)
	}
	pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
	return float64(pages * os.Getpagesize())
}

// bench is a gateway beside a core that costs nothing.
type bench struct {
	*rig.Bed
	process target
	core    *simpleCore
	secure  *tls.Config
	web     string // base URL for the browsers
	env     []string
	address string // of the media; "" is loopback
}

// newBench starts a gateway with users subscribers; secure makes it speak TLS itself.
func newBench(t *testing.T, users int, secure bool, env ...string) *bench {
	t.Helper()
	return newBenchAt(t, "", users, secure, env...)
}

// newBenchAt is newBench with the media at an address of this machine.
func newBenchAt(t *testing.T, address string, users int, secure bool, env ...string) *bench {
	t.Helper()
	c := newCore(t)
	b := &bench{core: c, address: address}
	env = append([]string{
		"CAUSEWAY_LOG_LEVEL=INFO", "CAUSEWAY_HTTP_PROFILES=true", "CAUSEWAY_IMS_CORE_ADDRESS=" + c.addr().String(), "CAUSEWAY_IMS_REG_EVENT=false",
		"CAUSEWAY_IMS_SIP_UDP_LIMIT=0", "CAUSEWAY_WEBSOCKET_MAX_PER_ADDRESS=50000", "CAUSEWAY_MEDIA_QUARANTINE=1s",
		"CAUSEWAY_MEDIA_CONSENT_TIMEOUT=5m", "CAUSEWAY_MEDIA_MEDIA_TIMEOUT=30m", // held calls fall silent between the rounds
	}, env...)
	if secure {
		dir := t.TempDir()
		pool := certificateFiles(t, dir)
		b.secure = secureConfig(pool)
		env = append(env, "CAUSEWAY_HTTP_TLS_CERTIFICATE="+dir+"/cert.pem", "CAUSEWAY_HTTP_TLS_KEY="+dir+"/key.pem")
	}
	b.Bed = rig.Start(t, rig.Options{Env: env,
		Lab: func(l *lab.Config) {
			l.NoCore, l.NoHandsets, l.NoPCRF = true, true, true
			subscribers(l, users)
		},
		Last: func(bed *rig.Bed, env *[]string) {
			*env = append(*env, fmt.Sprintf("CAUSEWAY_MEDIA_ACCESS_ADDRESS=%s:%d", cmp.Or(b.address, "127.0.0.1"), bed.Media.Port()))
			b.env = *env
		}})
	b.process, b.web = newest(t, rig.Program()), b.URL
	if secure {
		b.web = "https" + strings.TrimPrefix(b.URL, "http")
	}
	b.Until("the gateway to be ready", rig.Patience, func() bool { return b.Metric("causeway_ready") == 1 })
	return b
}

// secureConfig is the generator's TLS. Post-quantum key exchange (X25519MLKEM768), which the gateway prefers when a browser offers it, is
// left out: what Kamailio's OpenSSL cannot do would not be the same work.
func secureConfig(pool *x509.CertPool) *tls.Config {
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12, CurvePreferences: []tls.CurveID{tls.X25519}}
}

// certificateFiles writes cert.pem and key.pem for 127.0.0.1.
func certificateFiles(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(cert)
	return pool
}

// login logs users first to first+n in, sixteen at a time.
func (b *bench) login(t *testing.T, first, n int) []*client.Browser {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	out, errs := make([]*client.Browser, n), make([]error, n)
	var wg sync.WaitGroup
	slots := make(chan struct{}, 16)
	for i := range n {
		token, err := b.Lab.Token(user(first + i))
		if err != nil {
			t.Fatal(err)
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			out[i], errs[i] = client.Login(ctx, client.Options{Gateway: b.web, Origin: b.URL, Secure: b.secure, Buffer: 512}, token, instance(first+i))
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, p := range out {
			p.Close()
		}
	})
	return out
}

// profile runs something and, where BENCH_PROFILE names a folder, keeps there what the gateway's processor time went to meanwhile.
func (b *bench) profile(t *testing.T, name string, run func()) {
	t.Helper()
	dir := os.Getenv("BENCH_PROFILE")
	if dir == "" {
		return
	}
	done := make(chan error, 1)
	go func() {
		res, err := http.Get(b.Admin + "/debug/pprof/profile?seconds=4")
		if err == nil {
			defer func() { _ = res.Body.Close() }()
			var text []byte
			if text, err = io.ReadAll(res.Body); err == nil {
				err = os.WriteFile(filepath.Join(dir, name+".prof"), text, 0o600)
			}
		}
		done <- err
	}()
	for {
		run()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("profile: %v", err)
			}
			return
		default:
		}
	}
}

// collected reads the live heap and stacks in bytes and the resident memory, after two whole collections.
func (b *bench) collected() (live, resident float64) {
	const collections = "go_gc_duration_seconds_count"
	first := b.Metric(collections)
	b.Until("two collections", 5*time.Minute, func() bool {
		for range 200 {
			if b.Metric(collections) >= first+2 {
				return true
			}
		}
		return false
	})
	return b.Metric("go_memstats_next_gc_bytes") / 1.1, b.Metric("process_resident_memory_bytes") // GOGC=10
}

// quantile of a sorted list.
func quantile[T any](sorted []T, q float64) T {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// median of a list, and its lowest and highest.
func median(list []float64) (mid, low, high float64) {
	s := slices.Sorted(slices.Values(list))
	return s[len(s)/2], s[0], s[len(s)-1]
}
