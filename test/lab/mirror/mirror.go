// Package mirror is a handset's video: it sends back the pictures it gets.
//
//	far end ──RTP──▶ Mirror ──same payload, own SSRC and numbers──▶ far end
//	        ◀─RTCP── a key frame is asked of the far end when it asks for one, and once at the start
//
// It looks at nothing but headers, the kind of NAL unit and feedback, by code of its own.
package mirror

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
)

// Far is where the far end wants its video, and what it understands.
type Far struct {
	RTP, RTCP   netip.AddrPort
	PayloadType uint8
	PLI         bool // it takes PLI; else FIR if FIR, else nothing is asked
	FIR         bool
	Orientation uint8 // id of urn:3gpp:video-orientation, 0 for none
	Back        bool  // it wants to be sent to
}

// Seen is what a mirror has seen.
type Seen struct {
	Packets   uint64 `json:"packets"`
	Frames    uint64 `json:"frames"`    // markers
	KeyFrames uint64 `json:"keyFrames"` // IDR slices or their first fragments
	Fragments uint64 `json:"fragments"` // FU-A
	Aggregate uint64 `json:"aggregates"`
	Asked     uint64 `json:"asked"` // PLI and FIR from the far end
	Turned    uint64 `json:"turned"`
	Strangers uint64 `json:"strangers"`
	Reports   uint64 `json:"reports"` // SR and RR
}

// Mirror is one video endpoint. Safe for concurrent use.
type Mirror struct {
	rtp, rtcp *net.UDPConn
	ssrc      uint32
	done      sync.WaitGroup

	mu   sync.Mutex // guards the following
	far  *Far
	seen Seen
	seq  uint16
	from uint32 // SSRC of the far end
	fir  uint8
}

// New opens an even port and the next one on host.
func New(host netip.Addr) (*Mirror, error) {
	for range 50 {
		a, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(host, 0)))
		if err != nil {
			return nil, fmt.Errorf("open video port: %w", err)
		}
		port := a.LocalAddr().(*net.UDPAddr).AddrPort().Port()
		if port%2 == 0 && port < 65535 {
			if b, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(host, port+1))); err == nil {
				m := &Mirror{rtp: a, rtcp: b, ssrc: rand.Uint32(), seq: uint16(rand.N(1 << 15))}
				m.done.Go(func() { m.read(m.rtp, m.picture) })
				m.done.Go(func() { m.read(m.rtcp, m.control) })
				return m, nil
			}
		}
		_ = a.Close()
	}
	return nil, fmt.Errorf("open video ports: no even port with its neighbour is free")
}

// Port is the even one.
func (m *Mirror) Port() uint16 { return m.rtp.LocalAddr().(*net.UDPAddr).AddrPort().Port() }

// Set puts a far end in force; nil is nobody.
func (m *Mirror) Set(f *Far) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.far = f
}

// Seen returns the counters.
func (m *Mirror) Seen() Seen {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen
}

// Close ends it and waits.
func (m *Mirror) Close() {
	_ = m.rtp.Close()
	_ = m.rtcp.Close()
	m.done.Wait()
}

func (m *Mirror) read(c *net.UDPConn, take func([]byte, netip.AddrPort)) {
	buf := make([]byte, 2048)
	for {
		n, from, err := c.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		take(buf[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
	}
}

func (m *Mirror) picture(b []byte, from netip.AddrPort) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(b) < 13 || b[0]>>6 != 2 {
		return
	}
	if m.far == nil || from != m.far.RTP {
		m.seen.Strangers++
		return
	}
	at := 12 + 4*int(b[0]&15)
	if b[0]&0x10 != 0 && len(b) >= at+4 {
		list := b[at+4:]
		if len(list) > 1 && m.far.Orientation != 0 && list[0]>>4 == m.far.Orientation {
			m.seen.Turned++
		}
		at += 4 + 4*int(binary.BigEndian.Uint16(b[at+2:]))
	}
	if at >= len(b) {
		return
	}
	m.count(b[at:], b[1]&0x80 != 0)
	if ssrc := binary.BigEndian.Uint32(b[8:]); ssrc != m.from {
		m.from = ssrc
		m.ask()
	}
	if !m.far.Back {
		return
	}
	m.seq++
	b[1] = b[1]&0x80 | m.far.PayloadType
	binary.BigEndian.PutUint16(b[2:], m.seq)
	binary.BigEndian.PutUint32(b[8:], m.ssrc)
	_, _ = m.rtp.WriteToUDPAddrPort(b, m.far.RTP)
}

func (m *Mirror) count(payload []byte, marker bool) {
	m.seen.Packets++
	if marker {
		m.seen.Frames++
	}
	kind := payload[0] & 31
	switch {
	case kind == 28 && len(payload) > 1:
		m.seen.Fragments++
		if payload[1]&0x80 == 0 {
			return
		}
		kind = payload[1] & 31
	case kind == 24:
		m.seen.Aggregate++
	}
	if kind == 5 {
		m.seen.KeyFrames++
	}
}

// ask asks the far end for a key frame (RFC 4585 6.3.1, RFC 5104 4.3.1) behind an empty report.
func (m *Mirror) ask() {
	b := []byte{0x80, 201, 0, 1}
	b = binary.BigEndian.AppendUint32(b, m.ssrc)
	switch {
	case m.far.PLI:
		b = append(b, 0x81, 206, 0, 2)
		b = binary.BigEndian.AppendUint32(b, m.ssrc)
		b = binary.BigEndian.AppendUint32(b, m.from)
	case m.far.FIR:
		m.fir++
		b = append(b, 0x84, 206, 0, 4)
		b = binary.BigEndian.AppendUint32(b, m.ssrc)
		b = binary.BigEndian.AppendUint32(b, 0)
		b = binary.BigEndian.AppendUint32(b, m.from)
		b = append(b, m.fir, 0, 0, 0)
	default:
		return
	}
	_, _ = m.rtcp.WriteToUDPAddrPort(b, m.far.RTCP)
}

func (m *Mirror) control(b []byte, from netip.AddrPort) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.far == nil || from != m.far.RTCP {
		m.seen.Strangers++
		return
	}
	for len(b) >= 4 {
		size := 4 + 4*int(binary.BigEndian.Uint16(b[2:]))
		if size > len(b) {
			return
		}
		switch format := b[0] & 31; {
		case b[1] == 206 && (format == 1 || format == 4):
			m.seen.Asked++
			m.ask()
		case b[1] == 200 || b[1] == 201:
			m.seen.Reports++
		}
		b = b[size:]
	}
}
