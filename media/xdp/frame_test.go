package xdp

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
)

func testRoute(from, to string) route {
	return route{
		from: netip.MustParseAddr(from), to: netip.MustParseAddr(to), mtu: 1500,
		here: [6]byte{2, 0, 0, 0, 0, 1}, next: [6]byte{2, 0, 0, 0, 0, 2},
	}
}

// slow is the checksum of RFC 1071 as it is written there.
func slow(parts ...[]byte) uint16 {
	var s uint32
	for _, b := range parts {
		for i := 0; i < len(b); i += 2 {
			w := uint32(b[i]) << 8
			if i+1 < len(b) {
				w |= uint32(b[i+1])
			}
			s += w
			s = s>>16 + s&0xffff
		}
	}
	return ^uint16(s)
}

// judge checks a frame's lengths and checksums.
func judge(t *testing.T, frame []byte, v4 bool) {
	t.Helper()
	ip, udp, pseudo := frame[etherSize:], frame[etherSize+ipv4Size:], []byte(nil)
	if !v4 {
		udp = frame[etherSize+ipv6Size:]
	}
	if v4 {
		if slow(ip[:ipv4Size]) != 0 {
			t.Fatalf("IPv4 checksum of %x", frame)
		}
		if int(binary.BigEndian.Uint16(ip[2:])) != len(ip) {
			t.Fatalf("IPv4 length of %x", frame)
		}
		pseudo = append(append(pseudo, ip[12:20]...), 0, protoUDP)
	} else {
		if int(binary.BigEndian.Uint16(ip[4:])) != len(udp) {
			t.Fatalf("IPv6 length of %x", frame)
		}
		pseudo = append(append(pseudo, ip[8:40]...), 0, protoUDP)
	}
	pseudo = binary.BigEndian.AppendUint16(pseudo, uint16(len(udp)))
	if int(binary.BigEndian.Uint16(udp[4:])) != len(udp) {
		t.Fatalf("UDP length of %x", frame)
	}
	if binary.BigEndian.Uint16(udp[6:]) == 0 || slow(pseudo, udp) != 0 {
		t.Fatalf("UDP checksum of %x", frame)
	}
}

func TestFrame(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, v4 := range []bool{true, false} {
		r := testRoute("192.0.2.1", "198.51.100.77")
		if !v4 {
			r = testRoute("2001:db8::1", "2001:db8:ffff::77")
		}
		h := newHop(nil, r)
		for n := range 2000 {
			payload := make([]byte, n%(h.most+1))
			for i := range payload {
				payload[i] = byte(random.Uint32())
				if n%3 == 0 {
					payload[i] = 0xff // carries everywhere
				}
			}
			from, to := uint16(random.Uint32()), uint16(random.Uint32())
			frame := make([]byte, frameSize)
			frame = frame[:h.write(frame, payload, ends{from, to, uint8(n % 64)})]
			judge(t, frame, v4)
			// What we write a peer's filter would take; sent back, we read the same.
			local, source, got, ok := parse(frame)
			if !ok || local != netip.AddrPortFrom(r.to, to) || source != netip.AddrPortFrom(r.from, from) || !bytes.Equal(got, payload) {
				t.Fatalf("%x is read as %v %v %x %t", frame, local, source, got, ok)
			}
		}
	}
}

// TestFrameGolden is one frame of each kind, as Wireshark reads it without complaint.
func TestFrameGolden(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"192.0.2.1", "198.51.100.77",
			"020000000002 020000000001 0800 45b8 0020 0000 4000 4011 4d93 c0000201 c633644d 4e20 1388 000c 30a9 80000102"},
		{"2001:db8::1", "2001:db8::2",
			"020000000002 020000000001 86dd 6b800000 000c 11 40 20010db8000000000000000000000001 20010db8000000000000000000000002 4e20 1388 000c c1b6 80000102"},
	} {
		frame := make([]byte, frameSize)
		h := newHop(nil, testRoute(c.from, c.to))
		n := h.write(frame, []byte{0x80, 0, 1, 2}, ends{20000, 5000, 46})
		if got := hex.EncodeToString(frame[:n]); got != strings.ReplaceAll(c.want, " ", "") {
			t.Errorf("got\n%s, want\n%s", got, strings.ReplaceAll(c.want, " ", ""))
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, r := range []route{testRoute("192.0.2.1", "198.51.100.77"), testRoute("2001:db8::1", "2001:db8::2")} {
		frame := make([]byte, frameSize)
		f.Add(frame[:newHop(nil, r).write(frame, []byte("\x80payload"), ends{1, 2, 0})])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		local, from, payload, ok := parse(b)
		if ok && (!local.IsValid() || !from.IsValid() || len(payload) > len(b)) {
			t.Fatalf("%x: %v %v %x", b, local, from, payload)
		}
	})
}

func FuzzNetlink(f *testing.F) {
	to := netip.MustParseAddr("192.0.2.1")
	f.Add(routeRequest(1, to, to))
	f.Add(request(28, 0, 1, []byte("\x02\x00\x00\x00\x02\x00\x00\x00\x02\x00\x00\x01\x08\x00\x01\x00\x0a\x09\x00\x02\x0a\x00\x02\x00\x02\x00\x00\x00\x00\x02\x00\x00")))
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = messages(b, func(_ uint16, body []byte) {
			if n, err := parseNeighbour(body, false); err == nil && !n.key.addr.IsValid() {
				t.Fatalf("%x: %+v", body, n)
			}
			if p, err := parseRoute(body, to); err == nil && p.next == (netip.Addr{}) {
				t.Fatalf("%x: %+v", body, p)
			}
		})
	})
}

// TestWriteAllocatesNothing: the path of a packet makes no garbage.
func TestWriteAllocatesNothing(t *testing.T) {
	h := newHop(nil, testRoute("192.0.2.1", "198.51.100.77"))
	frame, payload := make([]byte, frameSize), make([]byte, 172)
	n := 0
	if allocs := testing.AllocsPerRun(100, func() {
		n = h.write(frame, payload, ends{1, 2, 46})
		_, _, _, _ = parse(frame[:n])
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func BenchmarkWrite(b *testing.B) {
	h := newHop(nil, testRoute("192.0.2.1", "198.51.100.77"))
	frame, payload := make([]byte, frameSize), make([]byte, 172)
	for b.Loop() {
		h.write(frame, payload, ends{1, 2, 46})
	}
}
