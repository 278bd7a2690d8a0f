package demux

import (
	"net/netip"
	"sync/atomic"
	"time"
)

const limiterSlots = 4096 // must be a power of two

// Limiter bounds what datagrams of strangers may cost. The zero value lets nothing through: set Rate and Burst first.
// Sources share slots by hash, so its memory is fixed whatever strangers send;
// an address is an IPv4 address or an IPv6 /64. Each slot packs the time of the
// next free token, in nanoseconds, as a virtual schedule (GCRA). Safe for
// concurrent use.
type Limiter struct {
	Rate  int // datagrams per second and source; above 0
	Burst int // on top, after a pause

	slots [limiterSlots]atomic.Int64
}

// Allow takes one token of the source.
func (l *Limiter) Allow(from netip.Addr, now time.Time) bool {
	step := int64(time.Second) / int64(l.Rate)
	slot := &l.slots[l.index(from)]
	at := now.UnixNano()
	for {
		next := slot.Load()
		if next-at > int64(l.Burst)*step {
			return false
		}
		if slot.CompareAndSwap(next, max(next, at)+step) {
			return true
		}
	}
}

func (l *Limiter) index(from netip.Addr) uint32 {
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
