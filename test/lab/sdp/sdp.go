package sdp

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Limits of what the lab reads.
const (
	maxText  = 16 << 10
	maxMedia = 16
	maxLines = 400
)

// Session is one description.
type Session struct {
	SessionID, Version uint64
	OriginHost         string
	Address            netip.Addr // session-level c=, may be invalid when every m-line has its own
	Attrs              []Attr
	Media              []Media
}

// Attr is one a= line, Value "" for a flag.
type Attr struct{ Name, Value string }

// Media is one m-line with what belongs to it.
type Media struct {
	Kind, Proto string
	Port        uint16
	Formats     []string
	Address     netip.Addr // media-level c=, else the session's
	Bandwidth   []Attr     // b=: AS, RS, RR
	Attrs       []Attr
}

// Codec is one payload type of an audio m-line.
type Codec struct {
	Name        string
	Clock       int
	Channels    int
	PayloadType uint8
	FMTP        map[string]string // keys lower case
	RawFMTP     string
}

// find returns the value of the first attribute of that name.
func find(attrs []Attr, name string) (string, bool) {
	for _, a := range attrs {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}

// Attr returns the value of the first a= line of that name.
func (m *Media) Attr(name string) (string, bool) { return find(m.Attrs, name) }

// All returns the values of every a= line of that name.
func (m *Media) All(name string) []string {
	var out []string
	for _, a := range m.Attrs {
		if a.Name == name {
			out = append(out, a.Value)
		}
	}
	return out
}

// Parse reads a description; every line must end in CRLF or LF, v= o= s= t=
// must be there in order (RFC 8866 5).
func Parse(text string) (*Session, error) {
	if len(text) > maxText {
		return nil, errors.New("description over 16 KiB")
	}
	lines := strings.Split(strings.TrimSuffix(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n")
	if len(lines) > maxLines {
		return nil, errors.New("too many lines")
	}
	s, order := &Session{}, ""
	for i, line := range lines {
		if len(line) < 3 || line[1] != '=' {
			return nil, fmt.Errorf("line %d is not <type>=<value>", i+1)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return r < 0x20 && r != '\t' }) {
			return nil, fmt.Errorf("line %d: control character", i+1)
		}
		if len(s.Media) == 0 {
			order += line[:1]
		}
		if err := s.line(line[0], line[2:]); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	if !strings.HasPrefix(order, "vos") || !strings.Contains(order, "t") {
		return nil, errors.New("v=, o=, s=, t= are not all there in order")
	}
	for i := range s.Media {
		m := &s.Media[i]
		if !m.Address.IsValid() {
			m.Address = s.Address
		}
		if !m.Address.IsValid() && m.Port != 0 {
			return nil, errors.New("m-line without a connection address")
		}
	}
	return s, nil
}

func (s *Session) line(kind byte, value string) error {
	var m *Media
	if n := len(s.Media); n > 0 {
		m = &s.Media[n-1]
	}
	switch kind {
	case 'v':
		if value != "0" {
			return errors.New("version is not 0")
		}
	case 'o':
		return s.origin(value)
	case 'c':
		addr, err := connection(value)
		if err != nil {
			return err
		}
		if m != nil {
			m.Address = addr
		} else {
			s.Address = addr
		}
	case 'b':
		name, v, ok := strings.Cut(value, ":")
		if _, err := strconv.Atoi(v); !ok || err != nil {
			return errors.New("bad b=")
		}
		if m != nil {
			m.Bandwidth = append(m.Bandwidth, Attr{name, v})
		}
	case 'a':
		name, v, _ := strings.Cut(value, ":")
		if m != nil {
			m.Attrs = append(m.Attrs, Attr{name, v})
		} else {
			s.Attrs = append(s.Attrs, Attr{name, v})
		}
	case 'm':
		return s.media(value)
	}
	return nil
}

func (s *Session) origin(value string) error {
	f := strings.Fields(value)
	if len(f) != 6 || f[3] != "IN" {
		return errors.New("o= has not six fields")
	}
	var err1, err2 error
	s.SessionID, err1 = strconv.ParseUint(f[1], 10, 64)
	s.Version, err2 = strconv.ParseUint(f[2], 10, 64)
	s.OriginHost = f[5]
	return errors.Join(err1, err2)
}

func connection(value string) (netip.Addr, error) {
	f := strings.Fields(value)
	if len(f) != 3 || f[0] != "IN" {
		return netip.Addr{}, errors.New("bad c=")
	}
	addr, err := netip.ParseAddr(f[2])
	if err != nil || addr.Is4() != (f[1] == "IP4") {
		return netip.Addr{}, errors.New("c= address and type differ")
	}
	return addr, nil
}

func (s *Session) media(value string) error {
	f := strings.Fields(value)
	if len(f) < 4 {
		return errors.New("m= has fewer than four fields")
	}
	if len(s.Media) == maxMedia {
		return errors.New("too many m-lines")
	}
	port, err := strconv.ParseUint(f[1], 10, 16)
	if err != nil {
		return errors.New("bad port in m=")
	}
	s.Media = append(s.Media, Media{Kind: f[0], Port: uint16(port), Proto: f[2], Formats: f[3:]})
	return nil
}

// static payload types of RFC 3551 that may come without an rtpmap.
func static(pt uint64) (name string, clock int) {
	switch pt {
	case 0:
		return "PCMU", 8000
	case 8:
		return "PCMA", 8000
	case 9:
		return "G722", 8000
	}
	return "", 0
}

// Codecs returns the payload types of the m-line in their order of preference.
func (m *Media) Codecs() ([]Codec, error) {
	var out []Codec
	for _, f := range m.Formats {
		pt, err := strconv.ParseUint(f, 10, 7)
		if err != nil {
			return nil, fmt.Errorf("format %.10q is no payload type", f)
		}
		c := Codec{PayloadType: uint8(pt), Channels: 1, FMTP: map[string]string{}}
		c.Name, c.Clock = static(pt)
		for _, v := range m.All("rtpmap") {
			if err := c.rtpmap(v, f); err != nil {
				return nil, err
			}
		}
		if c.Name == "" {
			return nil, fmt.Errorf("payload type %d has no rtpmap", pt)
		}
		for _, v := range m.All("fmtp") {
			c.fmtp(v, f)
		}
		out = append(out, c)
	}
	return out, nil
}

func (c *Codec) rtpmap(value, format string) error {
	id, enc, ok := strings.Cut(value, " ")
	if id != format {
		return nil
	}
	p := strings.Split(strings.TrimSpace(enc), "/")
	if !ok || len(p) < 2 || len(p) > 3 {
		return errors.New("bad rtpmap")
	}
	clock, err := strconv.Atoi(p[1])
	if err != nil || clock <= 0 {
		return errors.New("bad clock in rtpmap")
	}
	c.Name, c.Clock = p[0], clock
	if len(p) == 3 {
		if c.Channels, err = strconv.Atoi(p[2]); err != nil {
			return errors.New("bad channels in rtpmap")
		}
	}
	return nil
}

func (c *Codec) fmtp(value, format string) {
	id, params, _ := strings.Cut(value, " ")
	if id != format {
		return
	}
	c.RawFMTP = params
	for p := range strings.SplitSeq(params, ";") {
		name, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		if name != "" {
			c.FMTP[strings.ToLower(name)] = strings.TrimSpace(v)
		}
	}
}

// Direction returns sendrecv, sendonly, recvonly or inactive: the m-line's, else
// the session's, else sendrecv (RFC 8866 6.7).
func (s *Session) Direction(m *Media) string {
	for _, attrs := range [][]Attr{m.Attrs, s.Attrs} {
		for _, d := range []string{"sendrecv", "sendonly", "recvonly", "inactive"} {
			if _, ok := find(attrs, d); ok {
				return d
			}
		}
	}
	return "sendrecv"
}

// RTCP returns where the peer wants RTCP: a=rtcp (RFC 3605) or the next port.
func (m *Media) RTCP() netip.AddrPort {
	if v, ok := m.Attr("rtcp"); ok {
		f := strings.Fields(v)
		if len(f) == 0 {
			return netip.AddrPort{}
		}
		port, err := strconv.ParseUint(f[0], 10, 16)
		addr := m.Address
		if len(f) == 4 {
			if a, e := netip.ParseAddr(f[3]); e == nil {
				addr = a
			}
		}
		if err == nil {
			return netip.AddrPortFrom(addr, uint16(port))
		}
	}
	return netip.AddrPortFrom(m.Address, m.Port+1)
}

// Audio returns the index of the first audio m-line that is not rejected.
func (s *Session) Audio() (int, *Media) {
	for i := range s.Media {
		if s.Media[i].Kind == "audio" && s.Media[i].Port != 0 {
			return i, &s.Media[i]
		}
	}
	return -1, nil
}

// String writes the description with CRLF line ends.
func (s *Session) String() string {
	var b strings.Builder
	family := func(a netip.Addr) string {
		if a.Is6() {
			return "IP6 " + a.String()
		}
		return "IP4 " + a.String()
	}
	fmt.Fprintf(&b, "v=0\r\no=- %d %d IN %s\r\ns=-\r\nc=IN %s\r\nt=0 0\r\n", s.SessionID, s.Version, family(s.Address), family(s.Address))
	writeAttrs(&b, s.Attrs)
	for i := range s.Media {
		m := &s.Media[i]
		fmt.Fprintf(&b, "m=%s %d %s %s\r\n", m.Kind, m.Port, m.Proto, strings.Join(m.Formats, " "))
		if m.Address.IsValid() && m.Address != s.Address {
			fmt.Fprintf(&b, "c=IN %s\r\n", family(m.Address))
		}
		for _, bw := range m.Bandwidth {
			fmt.Fprintf(&b, "b=%s:%s\r\n", bw.Name, bw.Value)
		}
		writeAttrs(&b, m.Attrs)
	}
	return b.String()
}

func writeAttrs(b *strings.Builder, attrs []Attr) {
	for _, a := range attrs {
		b.WriteString("a=" + a.Name)
		if a.Value != "" {
			b.WriteString(":" + a.Value)
		}
		b.WriteString("\r\n")
	}
}
