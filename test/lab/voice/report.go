package voice

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"causeway/test/lab/rtp"
)

// report sends one RTCP compound packet (RFC 3550 6.4).
func (s *Stream) report(bye bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terms == nil || !s.terms.RTCP.IsValid() {
		return
	}
	now := time.Now()
	r := rtp.Report{SSRC: s.out.ssrc, CNAME: s.out.cname, Bye: bye}
	if s.out.packets > 0 {
		r.Sender, r.NTP, r.RTPTime, r.Packets, r.Octets = true, rtp.NTP(now), s.out.timestamp, s.out.packets, s.out.octets
	}
	if s.in.seq.known {
		r.Blocks = []rtp.Block{s.in.block(now)}
	}
	_, _ = s.rtcp.WriteToUDPAddrPort(r.Bytes(), s.terms.RTCP)
}

// block is our reception report on the far side's source (RFC 3550 A.3).
func (r *receiver) block(now time.Time) rtp.Block {
	s := &r.seq
	expected := int(s.highest-s.base) + 1
	lost := expected - s.prior[0] - (s.received - s.prior[1])
	b := rtp.Block{SSRC: s.ssrc, Lost: uint32(s.lost()), HighestSeq: s.highest, Jitter: uint32(s.jitter)}
	if n := expected - s.prior[0]; n > 0 && lost > 0 {
		b.FractionLost = uint8(min(255, 256*lost/n))
	}
	s.prior = [2]int{expected, s.received}
	if r.report.Sender {
		b.LastSR = uint32(r.report.NTP >> 16)
		b.Delay = uint32(now.Sub(r.reportAt).Seconds() * 65536)
	}
	return b
}

func (s *Stream) receiveReports() {
	defer s.wg.Done()
	buf := make([]byte, 2048)
	for {
		n, from, err := s.rtcp.ReadFromUDPAddrPort(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue
		}
		s.mu.Lock()
		s.reported(buf[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
		s.mu.Unlock()
	}
}

func (s *Stream) reported(data []byte, from netip.AddrPort) {
	if s.terms != nil && from != s.terms.RTCP {
		s.in.foreign("foreign_source_rtcp", from)
		return
	}
	r, err := rtp.ParseReport(data)
	if err != nil {
		s.in.fault("malformed_rtcp")
		return
	}
	if r.CNAME == "" {
		s.in.fault("rtcp_without_cname")
	}
	s.in.reports++
	s.in.report, s.in.reportAt = r, time.Now()
}
