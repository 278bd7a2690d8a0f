package identity

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Global reports "+" and 3 to 15 digits (E.164).
func Global(s string) bool {
	return len(s) >= 4 && len(s) <= 16 && s[0] == '+' && strings.Trim(s[1:], "0123456789") == ""
}

// Number extracts the number of a tel URI or of a sip URI whose user part is one, "" if there is none.
func Number(uri string) string {
	scheme, rest, _ := strings.Cut(uri, ":")
	switch strings.ToLower(scheme) {
	case "tel":
		rest, _, _ = strings.Cut(rest, ";")
	case "sip", "sips":
		user, _, found := strings.Cut(rest, "@")
		if !found {
			return ""
		}
		rest, _, _ = strings.Cut(user, ";")
	default:
		return ""
	}
	digits := WithoutSeparators(rest)
	if digits == "" || len(digits) > 20 || strings.Trim(strings.TrimPrefix(digits, "+"), "0123456789*") != "" {
		return ""
	}
	return digits
}

// UserPart checks the user part of a SIP URI (RFC 3261 25.1: unreserved, escaped, user-unreserved), at most 128 bytes.
func UserPart(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-_.!~*'()&=+$,;?/", c) >= 0:
		case c == '%' && i+2 < len(s) && hexDigit(s[i+1]) && hexDigit(s[i+2]) && !control(s[i+1], s[i+2]):
			i += 2
		default:
			return false
		}
	}
	return s != "" && len(s) <= 128
}

func hexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// control reports an escape of a control character: %00 to %1F and %7F.
func control(hi, lo byte) bool {
	return hi == '0' || hi == '1' || hi == '7' && (lo == 'f' || lo == 'F')
}

// HostPort checks host or host:port of a SIP URI; an IPv6 address stands in brackets (RFC 3261 25.1).
func HostPort(s string) bool {
	if Domain(s) {
		return true
	}
	if strings.Contains(s, "%") || strings.HasPrefix(s, "[") != strings.Contains(s, "]") || strings.Count(s, ":") > 1 && s[0] != '[' {
		return false
	}
	_, _, err := SplitHost(s)
	return err == nil
}

// Domain checks a domain name (RFC 1035 2.3.4 sizes), a trailing dot excluded.
func Domain(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := 0; i < len(label); i++ {
			c := label[i]
			if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
				return false
			}
		}
	}
	return true
}

// ASCII reports printable ASCII without control characters.
func ASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// Plain reports text without control characters.
func Plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

// Quotable reports text that may stand between quotes as it is.
func Quotable(s string) bool { return Plain(s) && !strings.ContainsAny(s, `"\`) }

// Assertable reports a sip or tel URI that can be asserted and written between angle brackets as it is.
func Assertable(uri string) bool {
	if len(uri) > 255 || !ASCII(uri) || strings.ContainsAny(uri, " <>\"") {
		return false
	}
	if rest, ok := strings.CutPrefix(uri, "tel:"); ok {
		number, _, _ := strings.Cut(rest, ";")
		return number != "" && strings.Trim(number, "0123456789+-.()*#") == ""
	}
	rest, ok := strings.CutPrefix(uri, "sip:")
	if !ok {
		return false
	}
	user, host, found := strings.Cut(rest, "@")
	host, _, _ = strings.Cut(host, ";")
	return found && UserPart(user) && HostPort(host)
}

// Text makes text of the far end fit for a page and a log: no control characters, valid UTF-8, at most 128 bytes.
func Text(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || r >= 0x202a && r <= 0x202e {
			return -1
		}
		return r
	}, s)
	for len(s) > 128 {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return strings.TrimSpace(s)
}

// SplitHost takes "host", "host:port", "[v6]:port" or an address apart; port 0 means none was given.
func SplitHost(s string) (host string, port int, err error) {
	if addr, perr := netip.ParseAddr(strings.Trim(s, "[]")); perr == nil {
		return addr.String(), 0, nil
	}
	if Domain(s) {
		return s, 0, nil
	}
	host, p, err := net.SplitHostPort(s)
	if err != nil {
		return "", 0, fmt.Errorf("%q is neither a domain nor host:port", s)
	}
	n, err := strconv.ParseUint(p, 10, 16)
	if _, aerr := netip.ParseAddr(host); err != nil || n == 0 || (aerr != nil && !Domain(host)) {
		return "", 0, fmt.Errorf("%q is neither a domain nor host:port", s)
	}
	return host, int(n), nil
}

// WithoutSeparators drops what RFC 3966 3 calls visual separators.
func WithoutSeparators(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("-.()", r) {
			return -1
		}
		return r
	}, s)
}

// SameUser compares the user parts of two addresses; numbers with and without "+" are the same.
func SameUser(a, b string) bool {
	if x, y := Number(a), Number(b); x != "" && y != "" {
		return strings.TrimPrefix(x, "+") == strings.TrimPrefix(y, "+")
	}
	return userOf(a) != "" && strings.EqualFold(userOf(a), userOf(b))
}

func userOf(uri string) string {
	_, rest, _ := strings.Cut(uri, ":")
	user, _, found := strings.Cut(rest, "@")
	if !found {
		return ""
	}
	user, _, _ = strings.Cut(user, ";")
	return user
}
