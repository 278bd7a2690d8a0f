package transaction

import (
	"fmt"
	"testing"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/transport"
)

// BenchmarkServerCall is what one refused call costs a user agent server above the sockets: INVITE, 183, 180, 486, ACK.
func BenchmarkServerCall(b *testing.B) {
	f := &fake{}
	l, err := New(quiet{f}, DefaultTimers(), discard())
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	l.OnRequest(func(s *Server) {
		for _, status := range []int{183, 180, 486} {
			s.answer(status, "x")
		}
	})
	b.ReportAllocs()
	src := tcpSource() // timer I is 0: nothing stays behind
	i := 0
	for b.Loop() {
		invite := incoming(sip.INVITE, fmt.Sprint(i))
		f.handler(invite, src)
		f.handler(ackOf(invite), src)
		i++
	}
	if n := l.Stats().Servers; n != 0 {
		b.Fatalf("%d transactions left", n)
	}
}

// quiet is a fake that keeps nothing.
type quiet struct{ *fake }

func (quiet) Post(_ sip.Message, dst transport.Target, _ func(transport.Result)) (transport.Result, bool) {
	return transport.Result{Network: dst.Network}, true
}

// BenchmarkLoopbackCall is the same call through two stacks and real UDP sockets, client side included.
func BenchmarkLoopbackCall(b *testing.B) {
	server := newPeer(b, func(l *Layer) {
		l.OnRequest(func(s *Server) {
			for _, status := range []int{183, 180, 486} {
				s.answer(status, "x")
			}
		})
	})
	client := newPeer(b, func(*Layer) {})
	dst := transport.Target{Network: transport.UDP, Addr: server.tr.Local(transport.UDP)}
	done := make(chan []int, 1)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := client.Request(newRequest(sip.INVITE, fmt.Sprint(i)), dst, &ordered{done: done}); err != nil {
			b.Fatal(err)
		}
		<-done
		i++
	}
}
