package voice

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"causeway/test/lab/amr"
	"causeway/test/lab/codec"
	"causeway/test/lab/rtp"
	"causeway/test/lab/sdp"
)

const (
	frameTime    = 20 * time.Millisecond
	changeGrace  = 2 * time.Second // payload types of earlier terms may still come
	reportPeriod = 2 * time.Second // RTCP; short, so that tests see reports
)

// Stream is one call's RTP: three goroutines (sender, RTP reader, RTCP reader)
// that end with Close.
type Stream struct {
	log  *slog.Logger
	addr netip.AddrPort
	rtp  *net.UDPConn
	rtcp *net.UDPConn

	mu    sync.Mutex // guards what follows
	terms *Terms     // nil: nothing is sent, what arrives is counted
	out   sender
	in    receiver

	done chan struct{}
	once sync.Once
	wg   sync.WaitGroup
}

// New binds an even RTP port and the odd one above it (RFC 3550 11).
func New(host netip.Addr, say Say, log *slog.Logger) (*Stream, error) {
	src, err := newSource(say)
	if err != nil {
		return nil, err
	}
	for range 50 {
		a, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(host, 0)))
		if err != nil {
			return nil, err
		}
		port := a.LocalAddr().(*net.UDPAddr).AddrPort().Port()
		if port%2 == 0 {
			b, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(host, port+1)))
			if err == nil {
				s := &Stream{log: log, addr: netip.AddrPortFrom(host, port), rtp: a, rtcp: b, done: make(chan struct{})}
				s.out = sender{source: src, ssrc: random32(), timestamp: random32(), sequence: uint16(random32()), cname: "h" + cname()}
				s.in = receiver{faults: map[string]int{}, strangers: map[netip.AddrPort]int{}, untimely: map[uint8]untimely{}, modeRequest: -1}
				s.wg.Add(3)
				go s.send()
				go s.receive()
				go s.receiveReports()
				return s, nil
			}
		}
		_ = a.Close()
	}
	return nil, errors.New("no free RTP port pair")
}

func random32() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails, crypto/rand
	return binary.BigEndian.Uint32(b[:])
}

func cname() string { return strings.ToLower(rand.Text()[:12]) }

// Set puts new terms in force; the codec state is rebuilt only when the codec
// changes.
func (s *Stream) Set(t *Terms) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.terms
	s.terms = t
	if err := s.out.use(t); err != nil {
		s.log.Warn("no encoder", "codec", t.Codec.Name, "err", err)
	}
	if old != nil { // what is on its way was right when it was sent (RFC 3264 8.3.2)
		s.in.change, s.in.changed = time.Now().Add(changeGrace), []uint8{old.Events.PayloadType}
		for _, c := range old.Accepted {
			s.in.changed = append(s.in.changed, c.PayloadType)
		}
	}
	if s.in.remote != t.RTP { // another sender: another fork, another port
		s.in.seq = sequence{}
		if old != nil { // what still comes from the old one is late, not wrong
			s.in.former = append(s.in.former, s.in.remote, old.RTCP)
		}
	}
	s.in.remote, s.in.events = t.RTP, t.Events
	s.in.forgive("foreign_source", t.RTP)
	s.in.forgive("foreign_source_rtcp", t.RTCP)
	if t.Events.Name != "" && s.in.untimely[t.Events.PayloadType].kind == "payload_type" {
		s.in.welcome(t.Events.PayloadType)
	}
	for _, c := range t.Accepted {
		s.in.welcome(c.PayloadType)
	}
}

// Close ends the stream and waits; a BYE goes out by RTCP first.
func (s *Stream) Close() {
	s.once.Do(func() {
		s.report(true)
		close(s.done)
		_ = s.rtp.Close()
		_ = s.rtcp.Close()
		s.wg.Wait()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.out.close()
		s.in.close()
	})
}

// send is the handset's 20 ms clock.
func (s *Stream) send() {
	defer s.wg.Done()
	tick := time.NewTicker(frameTime)
	defer tick.Stop()
	report := time.NewTicker(reportPeriod)
	defer report.Stop()
	for {
		select {
		case <-tick.C:
			s.tick()
		case <-report.C:
			s.report(false)
		case <-s.done:
			return
		}
	}
}

func (s *Stream) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terms == nil {
		return
	}
	step := uint32(s.terms.Codec.Clock / 50)
	s.out.timestamp += step
	if s.in.digits.lost() {
		s.in.fault("dtmf_end")
	}
	if !s.terms.sends() {
		s.out.talking = false
		s.out.source.skip()
		return
	}
	if p, ok := s.out.event(s.terms); ok {
		s.write(p)
		return
	}
	payload, err := s.out.payload(s.terms)
	if err != nil {
		s.log.Debug("no frame", "err", err)
	}
	if payload == nil {
		s.out.talking = false // the next packet starts a talkspurt
		return
	}
	p := s.out.packet(s.terms.Codec.PayloadType, payload)
	p.Marker, s.out.talking = !s.out.talking, true
	s.write(p)
}

func (s *Stream) write(p rtp.Packet) {
	s.out.packets++
	s.out.octets += uint32(len(p.Payload))
	_, _ = s.rtp.WriteToUDPAddrPort(p.Append(nil), s.terms.RTP) // a peer that is gone shows as lost packets on its side
}

func (s *Stream) receive() {
	defer s.wg.Done()
	buf := make([]byte, 2048)
	for {
		n, from, err := s.rtp.ReadFromUDPAddrPort(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue
		}
		s.mu.Lock()
		s.arrived(buf[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), time.Now())
		s.mu.Unlock()
	}
}

// arrived takes one datagram of the RTP port.
func (s *Stream) arrived(data []byte, from netip.AddrPort, now time.Time) {
	if s.in.remote.IsValid() && from != s.in.remote {
		s.in.foreign("foreign_source", from)
		return
	}
	if rtp.IsRTCP(data) {
		s.in.fault("rtcp_on_rtp_port")
		return
	}
	p, err := rtp.Parse(data)
	if err != nil {
		s.in.fault("malformed")
		return
	}
	if s.terms == nil {
		s.in.early++
		return
	}
	if s.in.events.Name != "" && p.PayloadType == s.in.events.PayloadType {
		if e, err := rtp.ParseEvent(p.Payload); (err != nil || rtp.Digit(e.Code) == 0 || len(p.Payload) != 4) && !now.After(s.in.change) && slices.Contains(s.in.changed, p.PayloadType) {
			return // sound of the terms before, in which this number was a codec's
		}
		s.in.count(p, s.in.events.Clock, now)
		s.in.telephoneEvent(p)
		return
	}
	for _, c := range s.terms.Accepted {
		if c.PayloadType == p.PayloadType {
			s.in.count(p, c.Clock, now)
			s.audio(c, p)
			return
		}
	}
	if now.After(s.in.change) || !slices.Contains(s.in.changed, p.PayloadType) {
		s.in.premature("payload_type", p.PayloadType)
	}
}

// audio unpacks and decodes one packet.
func (s *Stream) audio(c sdp.Codec, p rtp.Packet) {
	if !s.terms.receives() {
		s.in.onHold++
	}
	frames := [][]byte{append([]byte(nil), p.Payload...)}
	if IsAMR(c.Name) {
		f := FormOf(c)
		cmr, list, err := f.Unpack(p.Payload)
		if err != nil {
			s.in.fault("payload_form")
			return
		}
		if int(cmr) < f.Modes() {
			s.in.modeRequest, s.out.cmr = int(cmr), int(cmr)
		} else if cmr != amr.NoRequest {
			s.in.fault("mode_request")
		}
		frames = frames[:0]
		for _, fr := range list {
			s.in.heardMode(fr, s.terms, f)
			if fr.Type != amr.NoData {
				frames = append(frames, fr.Storage())
			}
		}
	}
	if s.terms.PTime > 0 && s.milliseconds(c, p, len(frames)) != s.terms.PTime {
		s.in.fault("packet_time")
	}
	s.out.source.heard(c, frames)
	for _, fr := range frames {
		s.in.decode(c, fr)
	}
}

// milliseconds is how much sound a packet holds.
func (s *Stream) milliseconds(c sdp.Codec, p rtp.Packet, frames int) int {
	if IsAMR(c.Name) {
		return frames * 20
	}
	return len(p.Payload) / 8 // G.711 and G.722: 64 kbit/s
}

// listen measures what has been heard in the last second.
func (s *Stream) listen(now time.Time) codec.Sound {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.in.meter == nil || now.Sub(s.in.last) > time.Second {
		return codec.Sound{Level: -100}
	}
	return s.in.meter.Listen()
}

// Addr is where the stream receives RTP; RTCP is one port above.
func (s *Stream) Addr() netip.AddrPort { return s.addr }
