//go:build interop

package sipp

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"causeway/test/interop/scenario"
	"causeway/test/load/client"
)

// at is a quantile of sorted values.
func at(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(float64(len(sorted)-1)*q)]
}

// limit keeps a datagram within what the loopback takes.
func limit(m []byte) []byte { return m[:min(len(m), 65_000)] }

// line is the attacker's TCP connection: the gateway cuts it when it no longer knows where a message begins, and it comes back.
type line struct {
	storm *storm
	conn  net.Conn
	done  chan struct{}
}

func (l *line) write(m []byte) error {
	for try := 0; ; try++ {
		if l.conn == nil {
			d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(hostileIP)}, Timeout: patience}
			conn, err := d.Dial("tcp", l.storm.SIP.String())
			if err != nil {
				return err
			}
			l.conn, l.done = conn, make(chan struct{})
			go func(done chan struct{}) { defer close(done); _, _ = io.Copy(io.Discard, conn) }(l.done)
		}
		_ = l.conn.SetWriteDeadline(time.Now().Add(2 * time.Second))
		if _, err := l.conn.Write(m); err == nil || try == 3 {
			return nil // one that is cut thrice in a row has had its effect
		}
		l.close()
	}
}

func (l *line) close() {
	if l.conn != nil {
		_ = l.conn.Close()
		<-l.done
		l.conn = nil
	}
}

// socket is the attacker's page: WebSockets of causeway.v1, logged in as a user or not, and of SIP, registered or not.
type socket struct {
	storm *storm
	ctx   context.Context
	conns [8]*websocket.Conn
	reads sync.WaitGroup
}

func (k *socket) write(h *hostile) error {
	i := h.IntN(len(k.conns))
	if k.conns[i] == nil {
		if err := k.open(i); err != nil {
			return err
		}
	}
	text := []byte(nil)
	switch i {
	case sipStranger:
		text = h.message()
	case sipAgent, sipAgentToo:
		text = h.agent(client.SilentOffer(), number(k.storm.mover.port))
	default:
		text = h.frame(client.SilentOffer())
	}
	_ = k.conns[i].SetWriteDeadline(time.Now().Add(2 * time.Second))
	if k.conns[i].WriteMessage(websocket.TextMessage, text) != nil {
		_ = k.conns[i].Close() // the gateway closed it: ten bad frames, too many messages, or too large a one
		k.conns[i] = nil
	}
	return nil
}

// open connects; the sockets but two are logged in.
func (k *socket) open(i int) error {
	protocol := "causeway.v1"
	if i == sipStranger || i == sipAgent || i == sipAgentToo {
		protocol = "sip"
	}
	d := websocket.Dialer{Subprotocols: []string{protocol}, HandshakeTimeout: patience}
	conn, _, err := d.DialContext(k.ctx, "ws"+strings.TrimPrefix(k.storm.URL, "http")+"/ws", http.Header{"Origin": {k.storm.URL}})
	if err != nil {
		return err
	}
	k.reads.Go(func() {
		for {
			_, text, err := conn.ReadMessage()
			if err != nil {
				return
			}
			if bytes.HasPrefix(text, []byte("SIP/2.0 486 ")) {
				k.storm.busy.Add(1)
			}
		}
	})
	k.conns[i] = conn
	if i != sipStranger && i != stranger {
		token, err := client.Token(k.ctx, k.storm.Lab.URL(), name(k.storm.mover.port))
		if err != nil {
			return err
		}
		if protocol == "sip" {
			user := "sip:" + number(k.storm.mover.port) + "@" + scenario.Home
			return conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, "REGISTER sip:%[1]s SIP/2.0\r\nVia: SIP/2.0/WS canary.invalid;branch=z9hG4bKr\r\nFrom: <%[2]s>;tag=1\r\nTo: <%[2]s>\r\nCall-ID: canary\r\nCSeq: 1 REGISTER\r\n"+
				"Contact: <sip:canary@canary.invalid;transport=ws>;reg-id=1;+sip.instance=\"<urn:uuid:7d8a2f0e-4c1b-4e57-9a43-00000000%04[3]d>\"\r\nAuthorization: Bearer %[4]s\r\n\r\n", scenario.Home, user, i, token))
		}
		login := fmt.Sprintf(`{"jsonrpc":"2.0","id":"l","method":"session.login","params":{"token":%q,"instance":"7d8a2f0e-4c1b-4e57-9a43-00000000%04d","client":{"name":"canary","version":"canary"}}}`, token, i)
		return conn.WriteMessage(websocket.TextMessage, []byte(login))
	}
	return nil
}

func (k *socket) close() {
	for _, c := range k.conns {
		if c != nil {
			_ = c.Close()
		}
	}
	k.reads.Wait()
}
