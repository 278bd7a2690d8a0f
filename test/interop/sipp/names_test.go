//go:build interop

package sipp

import (
	"net"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"
)

// names is a name server that leads every name to the canary: a peer may write names into its routes, and looking them up is right
// (RFC 3263 4), but where they lead nothing may be sent.
type names struct {
	addr  string
	asked atomic.Int64
}

func newNames(t *testing.T) *names {
	t.Helper()
	conn, err := net.ListenPacket("udp", gatewayIP+":0")
	if err != nil {
		t.Fatal(err)
	}
	n := &names{addr: conn.LocalAddr().String()}
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		n.asked.Add(1)
		m := new(dns.Msg)
		m.SetReply(q)
		if q.Question[0].Qtype == dns.TypeA {
			m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: net.ParseIP(canaryIP)}}
		}
		_ = w.WriteMsg(m) // who asks no longer does not wait for it
	})}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return n
}
