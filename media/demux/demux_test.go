package demux

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
)

func TestClassify(t *testing.T) {
	long := make([]byte, 40)
	for first := range 256 {
		long[0], long[1] = byte(first), 0
		want := Unknown
		switch {
		case first <= 3:
			want = STUN
		case first >= 20 && first <= 63:
			want = DTLS
		case first >= 128 && first <= 191:
			want = RTP
		}
		if got := Classify(long); got != want {
			t.Errorf("first octet %d: %v, want %v", first, got, want)
		}
	}
	for second := range 256 {
		long[0], long[1] = 0x80, byte(second)
		want := RTP
		if second >= 192 && second <= 223 {
			want = RTCP
		}
		if got := Classify(long); got != want {
			t.Errorf("second octet %d: %v, want %v", second, got, want)
		}
	}
	for kind, size := range map[string]int{"\x00": 19, "\x16": 12, "\x80": 11, "\x80\xc8": 7} {
		if got := Classify(append([]byte(kind), make([]byte, size-len(kind))...)); got != Unknown {
			t.Errorf("%d octets of %x: %v", size, kind, got)
		}
	}
}

func FuzzClassify(f *testing.F) {
	f.Add([]byte{0x80, 200, 0, 1, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if k := Classify(b); k != Unknown && len(b) < minRTCP {
			t.Fatalf("%d octets are %v", len(b), k)
		}
	})
}

func TestTable(t *testing.T) {
	table := NewTable[netip.AddrPort, int](HashAddr)
	key := func(i int) netip.AddrPort {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), uint16(1024+i))
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := w; i < 1000; i += 4 {
				table.Update(key(i), func(int, bool) (int, bool) { return i, true })
				if v, ok := table.Load(key(i)); !ok || v != i {
					t.Errorf("%d is %d, %t", i, v, ok)
				}
			}
		})
	}
	wg.Wait()
	if n := table.Len(); n != 1000 {
		t.Fatalf("%d entries", n)
	}
	for i := range 1000 {
		table.Update(key(i), func(old int, ok bool) (int, bool) { return old, false })
	}
	if n := table.Len(); n != 0 {
		t.Fatalf("%d entries left", n)
	}
}

func TestHashSpreads(t *testing.T) {
	var addrs, names [256]int
	for i := range 10000 {
		addrs[HashAddr(netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(10000+i)))]++
		names[HashString(fmt.Sprintf("uf%06d", i))]++
	}
	for i := range 256 {
		if addrs[i] > 120 || names[i] > 120 {
			t.Fatalf("shard %d holds %d addresses and %d names of 10000", i, addrs[i], names[i])
		}
	}
}

func TestLoadAllocatesNothing(t *testing.T) {
	table := NewTable[netip.AddrPort, *int](HashAddr)
	k := netip.MustParseAddrPort("192.0.2.1:5000")
	table.Update(k, func(*int, bool) (*int, bool) { return new(int), true })
	if n := testing.AllocsPerRun(100, func() { table.Load(k) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
