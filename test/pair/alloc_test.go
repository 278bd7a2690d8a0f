package pair

import (
	"crypto/tls"
	"encoding/binary"
	"net/netip"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/selfsign"

	"causeway/media"
)

// lightCall is a session between a light client and a far end without readers.
type lightCall struct {
	session  *media.Session
	light    *Light
	far      *Far
	farAddr  netip.AddrPort
	coreAddr netip.AddrPort
	upSeq    uint16
	downSeq  uint16
	out, in  [2048]byte
}

func certificate(tb testing.TB) tls.Certificate {
	tb.Helper()
	cert, err := selfsign.GenerateSelfSigned()
	if err != nil {
		tb.Fatal(err)
	}
	return cert
}

func newLightCall(tb testing.TB, p *Pair, far *Far, cert tls.Certificate, profile dtls.SRTPProtectionProfile) *lightCall {
	tb.Helper()
	c := &lightCall{far: far, farAddr: addr(far.RTP)}
	var err error
	if c.light, err = NewLight(cert, []media.Codec{pcmu(0)}); err != nil {
		tb.Fatal(err)
	}
	if c.session, err = p.Gateway.NewSession(media.SessionConfig{}); err != nil {
		tb.Fatal(err)
	}
	if err = c.session.SetAccess(c.light.Remote()); err != nil {
		tb.Fatal(err)
	}
	if err = c.session.SetCore(far.Remote([]media.Codec{pcmu(0)}, nil)); err != nil {
		tb.Fatal(err)
	}
	if err = c.light.Connect(c.session.AccessLocal(), cert, profile); err != nil {
		tb.Fatal(err)
	}
	c.coreAddr = c.session.CoreLocal().RTP
	return c
}

// quietFar opens a far end that reads nothing by itself.
func quietFar(tb testing.TB) *Far {
	tb.Helper()
	f, err := openFar()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(f.Close)
	return f
}

// put writes the next packet of a direction into the buffer.
func (c *lightCall) put(seq *uint16) []byte {
	*seq++
	b := c.out[:172]
	b[0], b[1] = 0x80, 0
	binary.BigEndian.PutUint16(b[2:], *seq)
	binary.BigEndian.PutUint32(b[4:], uint32(*seq)*160)
	binary.BigEndian.PutUint32(b[8:], 4711)
	return b
}

// up sends one packet from the client and reads it at the far end.
func (c *lightCall) up(tb testing.TB) {
	if err := c.light.Send(c.put(&c.upSeq)); err != nil {
		tb.Fatal(err)
	}
	if _, _, err := c.far.RTP.ReadFromUDPAddrPort(c.in[:]); err != nil {
		tb.Fatal(err)
	}
}

// down sends one packet from the far end and reads it at the client.
func (c *lightCall) down(tb testing.TB) {
	if _, err := c.far.RTP.WriteToUDPAddrPort(c.put(&c.downSeq), c.coreAddr); err != nil {
		tb.Fatal(err)
	}
	if _, err := c.light.Receive(c.in[:]); err != nil {
		tb.Fatal(err)
	}
}

// settle waits until the gateway's side of the handshake is done too.
func (c *lightCall) settle(tb testing.TB) {
	tb.Helper()
	for !c.session.Stats().AccessConnected {
		runtime.Gosched()
	}
	_ = c.far.RTP.SetReadDeadline(time.Now().Add(time.Minute))
	_ = c.light.Conn.SetReadDeadline(time.Now().Add(time.Minute))
	c.up(tb)
	c.down(tb)
}

func profiles() map[string]dtls.SRTPProtectionProfile {
	return map[string]dtls.SRTPProtectionProfile{
		"GCM": dtls.SRTP_AEAD_AES_128_GCM, "SHA1": dtls.SRTP_AES128_CM_HMAC_SHA1_80,
	}
}

// TestNoAllocation forwards packets over real sockets and real SRTP contexts and
// counts every allocation of the whole process meanwhile.
func TestNoAllocation(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates by itself")
	}
	p := start(t, Config(), media.Deps{})
	cert := certificate(t)
	for name, profile := range profiles() {
		t.Run(name, func(t *testing.T) {
			c := newLightCall(t, p, quietFar(t), cert, profile)
			defer c.light.Close()
			defer c.session.Close()
			c.settle(t)
			if n := testing.AllocsPerRun(2000, func() { c.up(t) }); n != 0 {
				t.Errorf("browser to core: %v allocations per packet", n)
			}
			if n := testing.AllocsPerRun(2000, func() { c.down(t) }); n != 0 {
				t.Errorf("core to browser: %v allocations per packet", n)
			}
		})
	}
}

func BenchmarkForward(b *testing.B) {
	p, err := New(Config(), media.Deps{})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close() //nolint:errcheck // a benchmark
	cert := certificate(b)
	for name, profile := range profiles() {
		c := newLightCall(b, p, quietFar(b), cert, profile)
		c.settle(b)
		// Each figure holds the client's and the far end's own system calls and
		// crypto, about half of it.
		b.Run("up/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.up(b)
			}
		})
		b.Run("down/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.down(b)
			}
		})
		c.session.Close()
		c.light.Close()
	}
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSetup reports the CPU of one call's media set-up and teardown, client
// included; the client's DTLS is about half.
func BenchmarkSetup(b *testing.B) {
	p, err := New(Config(), media.Deps{})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close() //nolint:errcheck // a benchmark
	cert, far := certificate(b), quietFar(b)
	b.ReportAllocs()
	before := cpu()
	for b.Loop() {
		c := newLightCall(b, p, far, cert, dtls.SRTP_AEAD_AES_128_GCM)
		c.session.Close()
		c.light.Close()
	}
	b.ReportMetric(float64(cpu()-before)/float64(b.N)/1000, "cpu-us/call")
}

// BenchmarkMemory reports what one connected session keeps: heap and stacks. The
// client gave its DTLS back by then, its SRTP contexts count.
func BenchmarkMemory(b *testing.B) {
	p, err := New(Config(), media.Deps{})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close() //nolint:errcheck // a benchmark
	cert, far := certificate(b), quietFar(b)
	const n = 300
	for b.Loop() {
		before, routines := memory(), runtime.NumGoroutine()
		list := make([]*lightCall, n)
		for i := range list {
			list[i] = newLightCall(b, p, far, cert, dtls.SRTP_AEAD_AES_128_GCM)
			list[i].settle(b)
		}
		for serving() > 0 { // DTLS comes to rest after two seconds
			time.Sleep(50 * time.Millisecond)
		}
		b.ReportMetric(float64(memory()-before)/n, "B/session")
		b.ReportMetric(float64(runtime.NumGoroutine()-routines)/n, "goroutines/session")
		for _, c := range list {
			c.session.Close()
			c.light.Close()
		}
	}
}

func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(list)
}
