package pair

import (
	"bytes"
	"runtime/pprof"
	"testing"

	"github.com/pion/webrtc/v4"

	"causeway/media"
)

// serving counts the DTLS connections of the gateway that goroutines wait for.
func serving() int {
	var b bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&b, 2)
	return bytes.Count(b.Bytes(), []byte("causeway/media/access.(*Leg).read("))
}

// TestRest: some seconds into a call nothing of the gateway waits for DTLS any more, whichever side the browser took, and all the same
// the browser's close_notify is heard, the gateway's is said, and noise in between changes nothing.
func TestRest(t *testing.T) {
	p := start(t, Config(), media.Deps{})
	for name, passive := range map[string]bool{"server": false, "client": true} {
		s := narrow()
		s.Browser.Passive = passive
		t.Run(name+", the browser leaves", func(t *testing.T) {
			c := dial(t, p, s)
			c.exchange(t, 0, 3)
			eventually(t, func() bool { return serving() == 0 })
			c.exchange(t, 3, 3)
			if err := c.Browser.Close(); err != nil {
				t.Fatal(err)
			}
			lost, err := Wait[media.AccessLost](c)
			if err != nil {
				t.Fatal(err)
			}
			if lost.Reason != "browser closed the connection" {
				t.Fatalf("reason %q", lost.Reason)
			}
			eventually(t, func() bool { return serving() == 0 })
		})
		t.Run(name+", the gateway leaves", func(t *testing.T) {
			c := dial(t, p, s)
			c.exchange(t, 0, 3)
			eventually(t, func() bool { return serving() == 0 })
			transport := c.Browser.Conn.GetSenders()[0].Transport()
			c.Session.Close()
			eventually(t, func() bool { return transport.State() == webrtc.DTLSTransportStateClosed })
		})
	}
}
