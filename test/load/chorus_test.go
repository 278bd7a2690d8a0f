//go:build bench

package load

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"golang.org/x/sys/unix"

	"causeway/test/load/client"
)

// The chorus is the generator for calls whose sound is converted: every voice speaks prepared payloads of real codecs, and what comes
// back is another codec's, so that nothing can be stamped into it. Which packet it was is told by its timestamp: the first packet that
// comes after a pause is the first that was sent.

// way is one direction of a voice.
type way struct {
	fd      int
	words   [][]byte // payloads to send, over and over
	pt      uint8
	tick    uint32 // of the codec sent, in 20 ms
	outTick uint32 // of the codec that comes out

	seq  uint16
	ts   uint32
	next int // of words
	last time.Time

	sentAt []int64 // in this run, by packet
	begun  bool    // something came out in this run
	first  uint32  // with this timestamp
	heard  []heard
	keep   bool // heard is wanted
}

// heard is one packet that came out.
type heard struct {
	index   int // counted from the first of the run
	payload []byte
}

// voice is one call's two ends.
type voice struct {
	light    *client.Light
	up, down way // up is sent by the browser and comes out at the core's end
	in, out  rtp.Header
}

type chorus struct {
	voices []*voice
	ends   map[int32]*voice
	poll   int

	mu             sync.Mutex // guards the following, and the ways
	counting       bool
	sent, received int
	broken         int
	delays         []int32 // microseconds
}

func newChorus(t *testing.T) *chorus {
	t.Helper()
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	c := &chorus{ends: map[int32]*voice{}, poll: poll}
	t.Cleanup(func() {
		for fd := range c.ends {
			_ = unix.Close(int(fd))
		}
		_ = unix.Close(poll)
	})
	return c
}

// add makes a voice of a connected light client and an RTP socket, whose gateway's end is to.
func (c *chorus) add(l *client.Light, far *net.UDPConn, to netip.AddrPort, up, down way) error {
	v := &voice{light: l, up: up, down: down}
	var err error
	if v.up.fd, err = raw(l.Conn, l.Peer); err != nil {
		return err
	}
	if v.down.fd, err = raw(far, to); err != nil {
		return err
	}
	for _, fd := range []int{v.up.fd, v.down.fd} {
		c.ends[int32(fd)] = v
		if err := unix.EpollCtl(c.poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}); err != nil {
			return fmt.Errorf("watch a socket: %w", err)
		}
	}
	for _, w := range []*way{&v.up, &v.down} {
		w.keep = len(c.voices) == 0
		w.next = len(c.voices) * 37 % len(w.words) // no two say the same at once
	}
	c.voices = append(c.voices, v)
	return nil
}

// run speaks for warm and then for d; only what happens in d is counted, and counting is called at its beginning.
func (c *chorus) run(warm, d time.Duration, counting func()) {
	c.mu.Lock()
	c.delays, c.sent, c.received, c.counting = c.delays[:0], 0, 0, false
	for i, v := range c.voices {
		for _, w := range []*way{&v.up, &v.down} {
			w.begun, w.sentAt, w.heard = false, w.sentAt[:0], w.heard[:0]
			w.next = i * 37 % len(w.words)
		}
	}
	c.mu.Unlock()
	stop := make(chan struct{})
	var readers sync.WaitGroup
	readers.Go(func() { c.read(stop) })
	time.Sleep(100 * time.Millisecond) // what is left of the run before
	c.speak(warm, d, counting)
	time.Sleep(100 * time.Millisecond) // what is under way
	close(stop)
	readers.Wait()
}

// speak paces in steps of a millisecond.
func (c *chorus) speak(warm, d time.Duration, counting func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b := make([]byte, 2048)
	began := time.Now()
	for step := int64(0); ; step++ {
		at := time.Duration(step) * time.Millisecond
		if at >= warm+d {
			return
		}
		if wait := at - time.Since(began); wait > 0 {
			ts := unix.NsecToTimespec(int64(wait))
			_ = unix.Nanosleep(&ts, nil)
		}
		if at == warm {
			counting()
			c.mu.Lock()
			c.counting = true
			c.mu.Unlock()
		}
		for i := int(step % 20); i < len(c.voices); i += 20 {
			v := c.voices[i]
			c.say(v, &v.up, b, 4711)
			c.say(v, &v.down, b, 4712)
		}
	}
}

// say sends the next packet of one way.
func (c *chorus) say(v *voice, w *way, b []byte, ssrc uint32) {
	c.mu.Lock()
	now, first := time.Now(), len(w.sentAt) == 0
	if first && !w.last.IsZero() { // its clock went on in the pause
		w.ts += w.tick * uint32(now.Sub(w.last)/(20*time.Millisecond)-1) //nolint:gosec // seconds
	}
	w.last = now
	w.sentAt = append(w.sentAt, now.UnixNano())
	if c.counting {
		c.sent++
	}
	word := w.words[w.next]
	w.next = (w.next + 1) % len(w.words)
	w.seq++
	w.ts += w.tick
	b[0], b[1] = 0x80, w.pt
	if first {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], w.seq)
	binary.BigEndian.PutUint32(b[4:], w.ts)
	binary.BigEndian.PutUint32(b[8:], ssrc)
	c.mu.Unlock()
	n := 12 + copy(b[12:], word)
	if w == &v.up {
		sealed, err := v.light.Out.EncryptRTP(b[:0], b[:n], &v.out)
		if err != nil {
			return
		}
		_, _ = unix.Write(w.fd, sealed)
		return
	}
	_, _ = unix.Write(w.fd, b[:n])
}

// read takes everything that comes until stop.
func (c *chorus) read(stop <-chan struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	events, b := make([]unix.EpollEvent, 256), make([]byte, 2048)
	for {
		n, err := unix.EpollWait(c.poll, events, 20)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		for _, e := range events[:max(n, 0)] {
			for {
				n, err := unix.Read(int(e.Fd), b)
				if err != nil {
					break
				}
				c.arrived(c.ends[e.Fd], int(e.Fd), b[:n])
			}
		}
		select {
		case <-stop:
			return
		default:
		}
	}
}

// arrived takes one datagram: RTP is counted, RTCP passed over, a check answered.
func (c *chorus) arrived(v *voice, fd int, b []byte) {
	now := time.Now().UnixNano()
	switch {
	case len(b) < 12 || b[1] >= 192 && b[1] <= 223:
		return
	case b[0] < 4:
		if res, ok := v.light.Response(b, v.light.Peer); ok {
			_, _ = unix.Write(fd, res)
		}
		return
	}
	w, err := &v.up, error(nil) // what the browser said comes out at the core's end
	if fd == v.up.fd {
		w = &v.down
		b, err = v.light.In.DecryptRTP(b[:0], b, &v.in)
	}
	var h rtp.Header
	size := 0
	if err == nil {
		size, err = h.Unmarshal(b)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.broken++
		return
	}
	c.placed(w, h.Timestamp, b[size:], now)
}

// placed finds out which packet it was.
func (c *chorus) placed(w *way, ts uint32, payload []byte, now int64) {
	if len(w.sentAt) == 0 {
		return // made up while nobody spoke
	}
	if !w.begun {
		w.begun, w.first = true, ts
	}
	index := int(int32(ts-w.first)) / int(w.outTick) //nolint:gosec // wraps by design
	if index < 0 || index >= len(w.sentAt) {
		return
	}
	if w.keep {
		w.heard = append(w.heard, heard{index, slices.Clone(payload)})
	}
	if c.counting {
		c.received++
		c.delays = append(c.delays, int32((now-w.sentAt[index])/1000)) //nolint:gosec // seconds at most
	}
}

// quantiles of the time between a packet and the one made of it, in milliseconds.
func (c *chorus) quantiles() (p50, p99 float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.delays) == 0 {
		return 0, 0
	}
	slices.Sort(c.delays)
	return float64(quantile(c.delays, 0.5)) / 1000, float64(quantile(c.delays, 0.99)) / 1000
}
