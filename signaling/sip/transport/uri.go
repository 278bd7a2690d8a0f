package transport

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Address is one name-addr or addr-spec with its header parameters (RFC 3261 20.10).
type Address struct {
	Display string // between the quotes, with its backslashes, or the bare words; empty if absent
	URI     sip.Uri
	// Params have lower-case names. A quoted value keeps its quotes unless it holds white space (the SIP library's
	// serialiser adds them then).
	Params sip.HeaderParams
}

// ParseAddresses reads a comma-separated list of addresses as in Service-Route, Path, P-Associated-URI or
// P-Asserted-Identity, at most 64. Every URI is checked as those of the mandatory fields are.
func ParseAddresses(value string) ([]Address, error) {
	parts, err := splitList(value)
	if err != nil {
		return nil, err
	}
	out := make([]Address, len(parts))
	for i, part := range parts {
		if err := parseAddress(part, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ParseURI reads one URI strictly: sip and sips by RFC 3261 25.1 with nothing missing and nothing left over, other
// schemes by their characters only. White space, quotes, angle brackets and control characters are refused.
func ParseURI(s string) (sip.Uri, error) {
	var uri sip.Uri
	err := parseURI(s, &uri)
	return uri, err
}

func parseURI(s string, uri *sip.Uri) error {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || rest == "" || !validScheme(scheme) {
		return fmt.Errorf("URI without a scheme")
	}
	if err := checkURIChars(rest); err != nil {
		return err
	}
	if len(scheme) <= 4 && (strings.EqualFold(scheme, "sip") || strings.EqualFold(scheme, "sips")) {
		uri.Scheme = strings.ToLower(scheme)
		return parseSIPURI(rest, uri)
	}
	// The library keeps the scheme-specific part as it is, but knows no scheme with digits or signs in it.
	if err := sip.ParseUri("x:"+rest, uri); err != nil {
		return err
	}
	uri.Scheme = strings.ToLower(scheme)
	return nil
}

// parseSIPURI reads what follows the scheme: [ user [ ":" password ] "@" ] host [ ":" port ] params [ "?" headers ].
func parseSIPURI(s string, uri *sip.Uri) error {
	if at := strings.IndexByte(s, '@'); at >= 0 {
		uri.User, uri.Password, _ = strings.Cut(s[:at], ":")
		s = s[at+1:]
		if uri.User == "" || strings.ContainsAny(uri.User, "[]") || strings.IndexByte(s, '@') >= 0 {
			return fmt.Errorf("malformed user part")
		}
	}
	end := strings.IndexAny(s, ";?")
	if end < 0 {
		end = len(s)
	}
	host, port, err := splitHostPort(s[:end])
	if err != nil {
		return err
	}
	uri.Host, uri.Port = host, port
	if host[0] != '[' && strings.IndexByte(host, ':') >= 0 {
		return fmt.Errorf("IPv6 address without brackets")
	}
	s = s[end:]
	params, headers, hasHeaders := strings.Cut(s, "?")
	if params != "" {
		if uri.UriParams, err = uriParams(params[1:], ';', true); err != nil {
			return err
		}
	}
	if hasHeaders {
		if uri.Headers, err = uriParams(headers, '&', false); err != nil {
			return err
		}
	}
	return nil
}

// uriParams splits parameters or headers of a URI; names are unique where unique is set (RFC 3261 19.1.1).
func uriParams(s string, sep byte, unique bool) (sip.HeaderParams, error) {
	var out sip.HeaderParams
	for more := true; more; {
		var one string
		if i := strings.IndexByte(s, sep); i >= 0 {
			one, s = s[:i], s[i+1:]
		} else {
			one, more = s, false
		}
		name, value, _ := strings.Cut(one, "=")
		if name == "" || len(out) == maxValues {
			return nil, fmt.Errorf("malformed URI parameters")
		}
		if unique && out.Has(name) {
			return nil, fmt.Errorf("repeated URI parameter")
		}
		out = append(out, sip.HeaderKV{K: name, V: value})
	}
	return out, nil
}

// splitHostPort reads host [":" port]. The host keeps the brackets of an IPv6 literal; port 0 means absent.
func splitHostPort(s string) (host string, port int, err error) {
	host = s
	portText, hasPort := "", false
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", 0, fmt.Errorf("IPv6 address without closing bracket")
		}
		host = s[:end+1]
		addr, err := netip.ParseAddr(s[1:end])
		if err != nil || !addr.Is6() {
			return "", 0, fmt.Errorf("malformed IPv6 address")
		}
		rest := strings.Trim(s[end+1:], " \t")
		if portText, hasPort = strings.CutPrefix(rest, ":"); !hasPort && rest != "" {
			return "", 0, fmt.Errorf("malformed host")
		}
	} else if host, portText, hasPort = strings.Cut(s, ":"); !validHost(strings.TrimRight(host, " \t")) {
		return "", 0, fmt.Errorf("malformed host")
	}
	if hasPort {
		n, ok := number(strings.Trim(portText, " \t"), 65535)
		if !ok || n == 0 {
			return "", 0, fmt.Errorf("malformed port")
		}
		port = int(n)
	}
	return strings.TrimRight(host, " \t"), port, nil
}

// validHost accepts a host name or IPv4 address: letters, digits, hyphen, dot, and the underscore of the field.
func validHost(s string) bool {
	if s == "" || len(s) > 255 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		case c == '.' && i > 0 && s[i-1] != '.':
		default:
			return false
		}
	}
	return true
}

func validScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.')) {
			return false
		}
	}
	return s != ""
}

// checkURIChars allows the characters of RFC 3986 and whole escapes.
func checkURIChars(s string) error {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c <= ' ' || c >= 0x7f || strings.IndexByte("<>\"\\^`{|}", c) >= 0:
			return fmt.Errorf("character not allowed in a URI")
		case c == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2])):
			return fmt.Errorf("malformed escape in a URI")
		}
	}
	return nil
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// parseAddress reads one name-addr or addr-spec with parameters. Without angle brackets the URI may hold neither comma,
// question mark nor semicolon (RFC 3261 20): what follows a semicolon belongs to the header field.
func parseAddress(s string, a *Address) error {
	s = strings.Trim(s, " \t")
	if strings.HasPrefix(s, `"`) {
		end := endOfQuote(s)
		if end < 0 {
			return fmt.Errorf("quote without an end")
		}
		a.Display = s[1:end]
		s = strings.TrimLeft(s[end+1:], " \t")
		if !strings.HasPrefix(s, "<") {
			return fmt.Errorf("display name without an address")
		}
	}
	open := strings.IndexByte(s, '<')
	if semi := strings.IndexAny(s, ";\""); open >= 0 && (semi < 0 || open < semi) {
		if words := strings.Trim(s[:open], " \t"); words != "" {
			if !displayWords(words) {
				return fmt.Errorf("display name needs quotes")
			}
			a.Display = words
		}
		shut := strings.IndexByte(s[open:], '>')
		if shut < 0 {
			return fmt.Errorf("address without closing bracket")
		}
		if err := parseURI(s[open+1:open+shut], &a.URI); err != nil {
			return err
		}
		return parseParams(s[open+shut+1:], &a.Params)
	}
	end := strings.IndexByte(s, ';')
	if end < 0 {
		end = len(s)
	}
	text := strings.TrimRight(s[:end], " \t")
	if strings.ContainsAny(text, ",?") {
		return fmt.Errorf("URI needs angle brackets")
	}
	if err := parseURI(text, &a.URI); err != nil {
		return err
	}
	return parseParams(s[end:], &a.Params)
}

// displayWords accepts *(token LWS), and UTF-8 beyond ASCII, which some cores leave unquoted.
func displayWords(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isTokenChar(c) && !isBlank(c) && c < 0x80 {
			return false
		}
	}
	return true
}

// parseParams reads *( ";" name [ "=" value ] ) with white space around both signs; names become lower-case.
func parseParams(s string, out *sip.HeaderParams) error {
	for {
		s = strings.TrimLeft(s, " \t")
		if s == "" {
			return nil
		}
		if s[0] != ';' || len(*out) == maxValues {
			return fmt.Errorf("malformed parameters")
		}
		s = strings.TrimLeft(s[1:], " \t")
		n := 0
		for n < len(s) && isTokenChar(s[n]) {
			n++
		}
		name := strings.ToLower(s[:n])
		s = strings.TrimLeft(s[n:], " \t")
		if name == "" || out.Has(name) {
			return fmt.Errorf("empty or repeated parameter")
		}
		value := ""
		if strings.HasPrefix(s, "=") {
			var err error
			if value, s, err = paramValue(strings.TrimLeft(s[1:], " \t")); err != nil {
				return err
			}
		}
		*out = append(*out, sip.HeaderKV{K: name, V: value})
	}
}

// paramValue reads a token, a host or a quoted string and returns what follows it.
func paramValue(s string) (value, rest string, err error) {
	if strings.HasPrefix(s, `"`) {
		end := endOfQuote(s)
		if end < 0 {
			return "", "", fmt.Errorf("quote without an end")
		}
		value, rest = s[:end+1], s[end+1:]
		if strings.ContainsAny(value, " \t") {
			value = value[1:end] // the serialiser quotes what holds white space
		}
		return value, rest, nil
	}
	n := 0
	for n < len(s) && s[n] != ';' && !isBlank(s[n]) {
		if strings.IndexByte("\"<>,", s[n]) >= 0 {
			return "", "", fmt.Errorf("malformed parameter value")
		}
		n++
	}
	if n == 0 {
		return "", "", fmt.Errorf("empty parameter value")
	}
	return s[:n], s[n:], nil
}

// endOfQuote returns the index of the quote that ends the quoted string s starts with, or -1.
func endOfQuote(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// splitList splits at commas outside quotes and angle brackets. Empty elements are refused.
func splitList(s string) ([]string, error) {
	if strings.IndexByte(s, ',') < 0 {
		return []string{s}, nil
	}
	var out []string
	start, angle := 0, false
	for i := 0; i <= len(s); i++ {
		switch {
		case i == len(s) || s[i] == ',' && !angle:
			one := strings.Trim(s[start:i], " \t")
			if one == "" || len(out) == maxValues {
				return nil, fmt.Errorf("empty element in a list, or too many")
			}
			out, start = append(out, one), i+1
		case s[i] == '"' && !angle:
			end := endOfQuote(s[i:])
			if end < 0 {
				return nil, fmt.Errorf("quote without an end")
			}
			i += end
		case s[i] == '<':
			angle = true
		case s[i] == '>':
			angle = false
		}
	}
	return out, nil
}
