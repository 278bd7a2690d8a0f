package sdp

import (
	"net/netip"
	"strconv"
	"strings"
)

// Limits on a description from outside. Real browsers stay under 9 KiB and 4 m-lines, handsets under 3 KiB.
const (
	MaxText  = 16 << 10 // bytes of one description
	MaxMedia = 10       // m-lines of one description

	maxLines   = 1000 // lines of one description
	maxFormats = 64   // payload types of one m-line
	maxPort    = 65535
)

// line is one "x=value" line, trimmed, with its number for error messages.
type line struct {
	num   int
	kind  byte
	value string
}

// block is the session part or one m-line with everything below it.
type block []line

// split cuts a description into its session block and its media blocks (each starts with its m-line).
// It accepts LF for CRLF, blank lines and spaces around a line, because field equipment sends them, and
// refuses control characters everywhere, because what passes here may be quoted in another protocol.
func split(text string) (session block, media []block, err error) {
	if len(text) > MaxText {
		return nil, nil, fail(ErrLimit, 0, "the description is longer than "+strconv.Itoa(MaxText)+" bytes")
	}
	all := make(block, 0, 1+strings.Count(text[:min(len(text), MaxText)], "\n"))
	var starts []int
	for num := 1; text != ""; num++ {
		var raw string
		raw, text, _ = strings.Cut(text, "\n")
		raw = strings.Trim(strings.TrimSuffix(raw, "\r"), " ")
		if num > maxLines {
			return nil, nil, fail(ErrLimit, num, "the description has too many lines")
		}
		if raw == "" {
			continue
		}
		if hasControl(raw) {
			return nil, nil, fail(ErrControl, num, "the line holds a control character")
		}
		if len(raw) < 2 || raw[1] != '=' || raw[0] < 'a' || raw[0] > 'z' {
			return nil, nil, fail(ErrSyntax, num, "the line is not of the form letter=value (RFC 8866 5)")
		}
		if raw[0] == 'm' {
			starts = append(starts, len(all))
		}
		all = append(all, line{num: num, kind: raw[0], value: strings.TrimLeft(raw[2:], " ")})
	}
	if len(all) == 0 || all[0].kind != 'v' || all[0].value != "0" {
		return nil, nil, fail(ErrSyntax, 1, "a description starts with v=0 (RFC 8866 5.1)")
	}
	if len(starts) > MaxMedia {
		return nil, nil, fail(ErrLimit, all[starts[MaxMedia]].num, "the description has more than "+strconv.Itoa(MaxMedia)+" media lines")
	}
	end := len(all)
	media = make([]block, len(starts))
	for i := len(starts) - 1; i >= 0; i-- {
		media[i] = all[starts[i]:end]
		end = starts[i]
	}
	return all[:end], media, nil
}

// hasControl reports a C0 control or DEL.
func hasControl(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == 0x7f {
			return true
		}
	}
	return false
}

// attrs calls f with the value of every a=name line, in order ("" for a bare flag). f returns false to stop.
func (b block) attrs(name string, f func(value string, num int) bool) {
	for _, l := range b {
		if l.kind != 'a' {
			continue
		}
		key, value, _ := strings.Cut(l.value, ":")
		if strings.TrimRight(key, " ") == name && !f(strings.TrimLeft(value, " "), l.num) {
			return
		}
	}
}

// attr returns the first a=name line's value.
func (b block) attr(name string) (value string, num int, ok bool) {
	b.attrs(name, func(v string, n int) bool {
		value, num, ok = v, n, true
		return false
	})
	return value, num, ok
}

// first returns the first line of a kind.
func (b block) first(kind byte) (line, bool) {
	for _, l := range b {
		if l.kind == kind {
			return l, true
		}
	}
	return line{}, false
}

// direction returns the block's direction attribute; the last one wins when a sender repeats itself.
func (b block) direction() (d Direction, ok bool) {
	for _, l := range b {
		if l.kind != 'a' {
			continue
		}
		switch v := Direction(strings.ToLower(l.value)); v {
		case SendRecv, SendOnly, RecvOnly, Inactive:
			d, ok = v, true
		}
	}
	return d, ok
}

// bandwidth returns the value of b=<kind>:n, or -1. AS is in kbit/s, RS and RR in bit/s (RFC 8866 5.8, RFC 3556 2).
func (b block) bandwidth(kind string) int {
	for _, l := range b {
		if l.kind != 'b' {
			continue
		}
		key, value, _ := strings.Cut(l.value, ":")
		if strings.TrimSpace(key) != kind {
			continue
		}
		if n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31); err == nil {
			return int(n)
		}
	}
	return -1
}

// number returns a small positive attribute value such as a=ptime, or 0.
func (b block) number(name string) int {
	v, _, _ := b.attr(name)
	n, err := strconv.ParseFloat(v, 64) // RFC 4566 implementations wrote a=ptime:20.0
	if err != nil || !(n >= 1 && n <= 1000) {
		return 0
	}
	return int(n)
}

// mline is a parsed m= line (RFC 8866 5.14).
type mline struct {
	num     int
	kind    string // lower case
	port    uint16
	proto   string // upper case when it is an RTP profile
	formats []string
}

// parseMLine reads the m-line that starts a media block.
func parseMLine(b block) (mline, error) {
	l := b[0]
	f := strings.Fields(l.value)
	if len(f) < 4 {
		return mline{}, fail(ErrSyntax, l.num, "the media line lacks a field (RFC 8866 5.14)")
	}
	if len(f)-3 > maxFormats {
		return mline{}, fail(ErrLimit, l.num, "the media line lists too many formats")
	}
	for _, s := range f {
		if !printable(s) {
			return mline{}, fail(ErrSyntax, l.num, "the media line holds characters outside ASCII")
		}
	}
	port, _, _ := strings.Cut(f[1], "/")
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return mline{}, fail(ErrSyntax, l.num, "the media port is not a number from 0 to "+strconv.Itoa(maxPort))
	}
	proto := f[2]
	if up := strings.ToUpper(proto); strings.Contains(up, "RTP/") {
		proto = up // "rtp/avp" has been seen; other transports are only ever echoed
	}
	return mline{num: l.num, kind: strings.ToLower(f[0]), port: uint16(n), proto: proto, formats: f[3:]}, nil
}

// origin reads o= (RFC 8866 5.2). Numbers beyond 64 bits, seen from equipment that writes time stamps
// with fractions removed, are kept by their last 64 bits' worth of digits so that a change still shows.
func origin(session block) (id, version uint64, err error) {
	l, ok := session.first('o')
	if !ok {
		return 0, 0, fail(ErrSyntax, 0, "the description has no o= line")
	}
	f := strings.Fields(l.value)
	if len(f) < 6 || !digits(f[1]) || !digits(f[2]) {
		return 0, 0, fail(ErrSyntax, l.num, "the o= line is not of the form RFC 8866 5.2 gives")
	}
	return lastDigits(f[1]), lastDigits(f[2]), nil
}

// lastDigits reads the last 19 digits of a decimal number, which always fit in 64 bits.
func lastDigits(s string) uint64 {
	if len(s) > 19 {
		s = s[len(s)-19:]
	}
	n, _ := strconv.ParseUint(s, 10, 64) // digits only, 19 at most: cannot fail
	return n
}

// connection reads the c= address of a block. A name ending in ".invalid" is the IPv6 way to say "hold"
// (RFC 3264 8.4, RFC 6157) and comes back as the unspecified address.
func (b block) connection() (netip.Addr, bool, error) {
	l, ok := b.first('c')
	if !ok {
		return netip.Addr{}, false, nil
	}
	f := strings.Fields(l.value)
	if len(f) != 3 || !strings.EqualFold(f[0], "IN") {
		return netip.Addr{}, false, fail(ErrSyntax, l.num, "the c= line is not of the form RFC 8866 5.7 gives")
	}
	a, err := parseAddress(f[2], l.num)
	return a, err == nil, err
}

// parseAddress reads an address of a c= or a=rtcp line.
func parseAddress(s string, num int) (netip.Addr, error) {
	if strings.HasSuffix(strings.ToLower(s), ".invalid") {
		return netip.IPv6Unspecified(), nil
	}
	s, _, _ = strings.Cut(s, "/")
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Addr{}, fail(ErrAddress, num, "the address is not an IP address; names are not looked up")
	}
	a = a.Unmap()
	if a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return netip.Addr{}, fail(ErrAddress, num, "media is never sent to a multicast or broadcast address")
	}
	return a, nil
}

// digits reports a non-empty string of decimal digits.
func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// printable reports a non-empty string of printable ASCII.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return s != ""
}

// token reports an RFC 8866 token of at most n bytes.
func token(s string, n int) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c > '~' || strings.IndexByte(`"(),/:;<=>?@[\]`, c) >= 0 {
			return false
		}
	}
	return s != "" && len(s) <= n
}
