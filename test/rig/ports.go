package rig

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
)

// Ports are given from here: below those that a system gives to sockets which ask for none, so that no such socket takes a port between
// now and the program that is to have it, beside media.core_ports of the samples, and none that browsers refuse (10080).
const (
	firstPort = 10_100
	lastPort  = 15_999
)

// FreePorts are n ports of the machine, each free for UDP and for TCP on every address.
func FreePorts(t *testing.T, n int) []int {
	t.Helper()
	var held []io.Closer // until all are found: none is given twice
	defer func() {
		for _, c := range held {
			_ = c.Close()
		}
	}()
	var out []int
	for range 1000 {
		if len(out) == n {
			return out
		}
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		u, err := net.ListenPacket("udp", fmt.Sprintf(":%d", port))
		if err != nil {
			continue
		}
		held = append(held, u)
		l, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
		if err != nil {
			continue
		}
		held = append(held, l)
		out = append(out, port)
	}
	t.Fatalf("%d free ports were not found", n)
	return nil
}

// FreePort is one free port. Who needs several takes FreePorts.
func FreePort(t *testing.T) int {
	t.Helper()
	return FreePorts(t, 1)[0]
}

// MediaAddress is an address of this machine that browsers take for media: Firefox uses no loopback against ICE-lite.
func MediaAddress(t *testing.T) netip.Addr {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		p, err := netip.ParsePrefix(a.String())
		if err == nil && p.Addr().Is4() && !p.Addr().IsLoopback() && !p.Addr().IsLinkLocalUnicast() {
			return p.Addr()
		}
	}
	t.Skip("SKIPPED, THIS MACHINE HAS NO ADDRESS BUT THE LOOPBACK: browsers need another one for media")
	return netip.Addr{}
}
