package netsim

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

func listen(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
	return c
}

func local(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

func TestRebind(t *testing.T) {
	target, client := listen(t), listen(t)
	r, err := New(local(target), Conditions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b := make([]byte, 100)
	ask := func() netip.AddrPort {
		t.Helper()
		if _, err := client.WriteToUDPAddrPort([]byte("ask"), r.Addr()); err != nil {
			t.Fatal(err)
		}
		_, from, err := target.ReadFromUDPAddrPort(b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := target.WriteToUDPAddrPort([]byte("reply"), from); err != nil {
			t.Fatal(err)
		}
		if n, err := client.Read(b); err != nil || string(b[:n]) != "reply" {
			t.Fatal(string(b[:n]), err)
		}
		return from
	}
	first := ask()
	if again := ask(); again != first {
		t.Errorf("binding moved from %v to %v", first, again)
	}
	r.Rebind()
	if later := ask(); later == first {
		t.Error("binding survived")
	}
}

func TestDice(t *testing.T) {
	throw := func() Counts {
		r, err := New(netip.MustParseAddrPort("127.0.0.1:9"), Conditions{Loss: 0.2, Duplicate: 0.1, Jitter: time.Millisecond, Seed: 5})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		for range 2000 {
			r.throw()
		}
		return r.Counts()
	}
	a, b := throw(), throw()
	if a != b {
		t.Errorf("one seed, two runs: %+v and %+v", a, b)
	}
	if a.Lost < 340 || a.Lost > 460 || a.Duplicated < 110 || a.Duplicated > 210 {
		t.Errorf("%+v", a)
	}
}
