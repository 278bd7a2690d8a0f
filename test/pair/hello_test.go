package pair

import (
	"crypto/rand"
	"encoding/binary"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/dtls/v3"

	"causeway/media"
)

// TestFragmentedHello: a ClientHello that comes in several datagrams, as browsers with post-quantum key shares send it, is put together.
func TestFragmentedHello(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	far, cert := quietFar(t), certificate(t)
	for _, mtu := range []int{100, 150, 600} {
		light, err := NewLight(cert, []media.Codec{pcmu(0)})
		if err != nil {
			t.Fatal(err)
		}
		light.MTU = mtu
		c := &lightCall{far: far, farAddr: addr(far.RTP), light: light}
		if c.session, err = p.Gateway.NewSession(media.SessionConfig{}); err != nil {
			t.Fatal(err)
		}
		if err = c.session.SetAccess(light.Remote()); err != nil {
			t.Fatal(err)
		}
		if err = c.session.SetCore(far.Remote([]media.Codec{pcmu(0)}, nil)); err != nil {
			t.Fatal(err)
		}
		if err = light.Connect(c.session.AccessLocal(), cert, dtls.SRTP_AEAD_AES_128_GCM); err != nil {
			t.Fatalf("datagrams of %d octets: %v", mtu, err)
		}
		c.coreAddr = c.session.CoreLocal().RTP
		c.settle(t)
		c.up(t)
		c.down(t)
		c.session.Close()
		light.Close()
	}
}

// plausible is what looks like a ClientHello: a record, a handshake header and noise.
func plausible() []byte {
	b := make([]byte, 13+12+160)
	b[0], b[1], b[2] = 22, 0xfe, 0xfd
	binary.BigEndian.PutUint16(b[11:], uint16(len(b)-13))
	b[13] = 1
	b[16], b[24] = 160, 160
	_, _ = rand.Read(b[25:])
	return b
}

// TestHelloRace: strangers send ClientHellos as fast as they can while calls are set up: none reaches a handshake, each call comes up, and
// nobody is answered.
func TestHelloRace(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	bad := stranger(t)
	to := net.UDPAddrFromAddrPort(p.Gateway.AccessAddr())
	stop := make(chan struct{})
	var sent atomic.Int64
	var spray sync.WaitGroup
	spray.Go(func() {
		tick := time.NewTicker(2 * time.Millisecond) // 500 a second
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				_, _ = bad.WriteTo(plausible(), to)
				sent.Add(1)
			}
		}
	})
	far, cert := quietFar(t), certificate(t)
	const calls = 100
	for range calls {
		c := newLightCall(t, p, far, cert, dtls.SRTP_AEAD_AES_128_GCM)
		c.settle(t)
		c.session.Close()
		c.light.Close()
	}
	close(stop)
	spray.Wait()
	_ = bad.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, _, err := bad.ReadFrom(make([]byte, 2000)); err == nil {
		t.Errorf("a stranger got %d octets", n)
	}
	eventually(t, func() bool { return p.Gateway.Stats().Access.Strangers >= uint64(sent.Load()) })
}
