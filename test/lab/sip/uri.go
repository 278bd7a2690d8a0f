package sip

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Param is one ;name or ;name=value, the quotes of a quoted value taken off.
type Param struct{ Name, Value string }

// Params is an ordered parameter list.
type Params []Param

// Get finds a parameter by its name, case-insensitively.
func (p Params) Get(name string) (string, bool) {
	for _, x := range p {
		if strings.EqualFold(x.Name, name) {
			return x.Value, true
		}
	}
	return "", false
}

// URI is a sip:, sips: or tel: URI. For tel: User is the number.
type URI struct {
	Scheme, User, Host string
	Port               uint16 // 0 = absent
	Params             Params
}

// Address is a name-addr or addr-spec with its header parameters.
type Address struct {
	Display string
	URI     URI
	Raw     string // the URI as it was written, without angle brackets
	Params  Params
}

// Via is one Via value (RFC 3261 20.42).
type Via struct {
	Transport, Host string
	Port            uint16 // 0 = absent
	Params          Params
}

// ParseURI reads a SIP or tel URI.
func ParseURI(s string) (URI, error) {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || rest == "" || strings.ContainsAny(s, " <>\"") {
		return URI{}, fmt.Errorf("not a URI: %.80q", s)
	}
	u := URI{Scheme: strings.ToLower(scheme)}
	switch u.Scheme {
	case "tel":
		number, params, _ := strings.Cut(rest, ";")
		u.User, u.Params = strings.NewReplacer("-", "", ".", "", "(", "", ")", "").Replace(number), parseParams(params)
		return u, nil
	case "sip", "sips":
	default:
		return URI{}, fmt.Errorf("scheme %.20q", u.Scheme)
	}
	if user, host, ok := strings.Cut(rest, "@"); ok {
		u.User, _, _ = strings.Cut(user, ":")
		u.User, _, _ = strings.Cut(u.User, ";") // tel parameters inside the user part, RFC 3261 19.1.6
		rest = host
	}
	rest, _, _ = strings.Cut(rest, "?")
	hostPort, params, _ := strings.Cut(rest, ";")
	u.Params = parseParams(params)
	var err error
	u.Host, u.Port, err = splitHostPort(hostPort)
	return u, err
}

func splitHostPort(s string) (string, uint16, error) {
	host, port := s, ""
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		host, port = s[:i], s[i+1:]
	}
	host = strings.Trim(host, "[]")
	if host == "" {
		return "", 0, errors.New("no host")
	}
	if port == "" {
		return host, 0, nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("port %.10q", port)
	}
	return host, uint16(n), nil
}

// ParseAddress reads one element of From, To, Contact, Route and their like.
func ParseAddress(s string) (Address, error) {
	var a Address
	if i := strings.IndexByte(s, '<'); i >= 0 && !insideQuotes(s, i) || strings.HasPrefix(s, `"`) {
		i = openAngle(s)
		if i < 0 || !strings.Contains(s[i:], ">") {
			return a, errors.New("unbalanced angle brackets")
		}
		j := i + strings.IndexByte(s[i:], '>')
		a.Display, a.Raw = strings.Trim(strings.TrimSpace(s[:i]), `"`), s[i+1:j]
		a.Params = parseParams(strings.TrimPrefix(strings.TrimSpace(s[j+1:]), ";"))
	} else {
		// without brackets everything behind the semicolon belongs to the header, RFC 3261 20.10
		uri, params, _ := strings.Cut(s, ";")
		a.Raw, a.Params = strings.TrimSpace(uri), parseParams(params)
	}
	var err error
	a.URI, err = ParseURI(a.Raw)
	return a, err
}

func openAngle(s string) int {
	for i := range len(s) {
		if s[i] == '<' && !insideQuotes(s, i) {
			return i
		}
	}
	return -1
}

func insideQuotes(s string, at int) bool {
	in := false
	for i := 0; i < at; i++ {
		switch {
		case in && s[i] == '\\':
			i++
		case s[i] == '"':
			in = !in
		}
	}
	return in
}

// ParseParams reads ;-separated parameters (without the leading semicolon).
func parseParams(s string) Params {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	var out Params
	for _, item := range split(s, ';') {
		name, value, _ := strings.Cut(item, "=")
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		value = strings.TrimSpace(value)
		if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
			value = value[1 : len(value)-1]
		}
		out = append(out, Param{name, value})
	}
	return out
}

// HeaderParams reads a header made of parameters only, such as
// P-Charging-Vector, or behind a first token, such as Session-Expires.
func HeaderParams(s string) Params { return parseParams(s) }

// AuthParams reads the comma-separated parameters of an Authorization header
// and its scheme.
func AuthParams(s string) (scheme string, params Params) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(s), " ")
	for _, item := range SplitList(rest) {
		params = append(params, parseParams(item)...)
	}
	return scheme, params
}

// ParseVia reads one Via value.
func ParseVia(s string) (Via, error) {
	proto, rest, ok := strings.Cut(strings.TrimSpace(s), " ")
	parts := strings.Split(proto, "/")
	if !ok || len(parts) != 3 || parts[0] != "SIP" || parts[1] != "2.0" || parts[2] == "" {
		return Via{}, errors.New("bad Via")
	}
	v := Via{Transport: strings.ToUpper(parts[2])}
	sentBy, params, _ := strings.Cut(rest, ";")
	v.Params = parseParams(params)
	var err error
	v.Host, v.Port, err = splitHostPort(strings.TrimSpace(sentBy))
	if err != nil {
		return Via{}, fmt.Errorf("bad Via: %w", err)
	}
	return v, nil
}

// HostPort formats a host and port for a URI or Via.
func HostPort(host string, port uint16) string {
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}
