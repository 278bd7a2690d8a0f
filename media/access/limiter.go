package access

import (
	"net/netip"
	"sync/atomic"
	"time"
)

// Choices of ours: a browser sends at most 20 checks a second while it starts
// (RFC 8445 14.2: one each 50 ms); a NAT may hide some dozens of browsers.
const (
	limiterSlots = 4096 // must be a power of two
	limiterRate  = 1000 // checks per second and slot that cost a look-up
	limiterBurst = 500
)

// limiter bounds what checks from addresses that validated nothing may cost.
// Sources share slots by hash, so its memory is fixed whatever strangers send;
// an address is an IPv4 address or an IPv6 /64. Each slot packs the time of the
// next free token, in nanoseconds, as a virtual schedule (GCRA). Safe for
// concurrent use.
type limiter struct {
	slots [limiterSlots]atomic.Int64
}

// allow takes one token of the source.
func (l *limiter) allow(from netip.Addr, now time.Time) bool {
	const step = int64(time.Second) / limiterRate
	slot := &l.slots[l.index(from)]
	at := now.UnixNano()
	for {
		next := slot.Load()
		if next-at > limiterBurst*step {
			return false
		}
		if slot.CompareAndSwap(next, max(next, at)+step) {
			return true
		}
	}
}

func (l *limiter) index(from netip.Addr) uint32 {
	b := from.As16()
	part := b[:8]
	if from.Is4() || from.Is4In6() {
		part = b[12:]
	}
	h := uint32(0x811c9dc5)
	for _, x := range part {
		h = (h ^ uint32(x)) * 0x01000193
	}
	return (h ^ h>>16) & (limiterSlots - 1)
}
