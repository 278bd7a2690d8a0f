package packet

import "time"

// Constants of RFC 3550 A.1.
const (
	maxDropout  = 3000
	maxMisorder = 100
)

// Reception accounts for one received RTP stream as RFC 3550 A.1, A.3 and A.8
// want. Not safe for concurrent use.
type Reception struct {
	SSRC   uint32
	Octets uint64 // payload octets

	began            bool
	maxSeq           uint16
	cycles, base     uint32
	received         uint32
	expectedP, recvP uint32 // at the last report
	earlierLost      int64  // of streams before this SSRC
	earlierRecv      uint64
	badSeq           uint32
	transit          int64
	haveTransit      bool
	jitter           float64
	lastClock        uint32
	lastTS           uint32 // of the newest packet measured
	lastAt           time.Time
	epoch            time.Time
}

// Packet counts one packet of size payload octets. clock is the RTP clock of
// its payload type, 0 when unknown (no jitter then).
func (r *Reception) Packet(h RTP, clock uint32, now time.Time) {
	if !r.began || h.SSRC != r.SSRC {
		r.restart(h, now)
	}
	r.sequence(h.Sequence)
	r.Octets += uint64(h.End - h.Offset) //nolint:gosec // never negative after ParseRTP
	r.measure(h.Timestamp, clock, now)
}

// restart begins a new source, keeping the totals of the ones before.
func (r *Reception) restart(h RTP, now time.Time) {
	r.earlierLost += r.currentLost()
	r.earlierRecv += uint64(r.received)
	r.SSRC, r.began = h.SSRC, true
	r.epoch = now
	r.resync(h.Sequence)
	r.haveTransit, r.jitter = false, 0
}

// resync starts sequence accounting at seq (init_seq of RFC 3550 A.1).
func (r *Reception) resync(seq uint16) {
	r.base, r.maxSeq, r.cycles = uint32(seq), seq-1, 0
	if seq == 0 {
		// The first packet will count a wrap from 65535; take it back here.
		r.maxSeq = 0
	}
	r.badSeq = 1 << 17
	r.received, r.expectedP, r.recvP = 0, 0, 0
}

func (r *Reception) sequence(seq uint16) {
	delta := seq - r.maxSeq
	switch {
	case delta < maxDropout:
		if seq < r.maxSeq {
			r.cycles += 1 << 16
		}
		r.maxSeq = seq
	case delta <= (1<<16-1)-maxMisorder:
		// A very large jump: two in a row mean that the far end began anew.
		if uint32(seq) != r.badSeq {
			r.badSeq = uint32(seq + 1)
			return
		}
		r.earlierLost += r.currentLost()
		r.earlierRecv += uint64(r.received)
		r.resync(seq)
		r.maxSeq = seq
	}
	r.received++
}

// measure updates the interarrival jitter (RFC 3550 A.8). Of the packets that share a timestamp (a key's, a picture's) the first one counts:
// they are sent when there is something to send, not when it was sampled.
func (r *Reception) measure(ts, clock uint32, now time.Time) {
	if clock == 0 {
		return
	}
	if clock != r.lastClock {
		r.lastClock, r.haveTransit, r.jitter = clock, false, 0
	}
	if r.haveTransit && ts == r.lastTS {
		return
	}
	arrival := int64(now.Sub(r.epoch)) * int64(clock) / int64(time.Second)
	transit := arrival - int64(ts)
	if r.haveTransit {
		d := int64(int32(transit - r.transit)) //nolint:gosec // the timestamp wraps at 32 bits
		if d < 0 {
			d = -d
		}
		// A second of difference is a restart of the talk spurt's clock, not jitter.
		if d < int64(clock) {
			r.jitter += (float64(d) - r.jitter) / 16
		}
	}
	r.transit, r.haveTransit = transit, true
	r.lastTS, r.lastAt = ts, now
}

func (r *Reception) expected() uint32 {
	if !r.began || r.received == 0 {
		return 0
	}
	return r.cycles + uint32(r.maxSeq) - r.base + 1
}

func (r *Reception) currentLost() int64 {
	return int64(r.expected()) - int64(r.received)
}

// Received is the number of packets of all sources so far.
func (r *Reception) Received() uint64 { return r.earlierRecv + uint64(r.received) }

// Lost is the number of packets lost so far, never negative.
func (r *Reception) Lost() uint64 {
	return uint64(max(r.earlierLost+r.currentLost(), 0)) //nolint:gosec // clamped
}

// Jitter is the interarrival jitter as a time.
func (r *Reception) Jitter() time.Duration {
	if r.lastClock == 0 {
		return 0
	}
	return time.Duration(r.jitter / float64(r.lastClock) * float64(time.Second))
}

// Block is the report about this stream for the next RTCP packet; it closes the
// interval the loss fraction is counted over. ok is false before the first
// packet.
func (r *Reception) Block() (b ReportBlock, ok bool) {
	if !r.began || r.received == 0 {
		return ReportBlock{}, false
	}
	expected := r.expected()
	exp, got := expected-r.expectedP, r.received-r.recvP
	r.expectedP, r.recvP = expected, r.received
	b = ReportBlock{SSRC: r.SSRC, Highest: r.cycles + uint32(r.maxSeq), Jitter: uint32(r.jitter)}
	if lost := int64(exp) - int64(got); exp > 0 && lost > 0 {
		b.Fraction = uint8(min(lost*256/int64(exp), 255)) //nolint:gosec // clamped
	}
	b.Lost = int32(min(max(r.currentLost(), -1<<23), 1<<23-1)) //nolint:gosec // clamped to 24 bits
	return b, true
}
