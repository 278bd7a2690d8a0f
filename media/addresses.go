package media

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"causeway/media/access"
)

// PublicAddress is an address browsers are told in place of one of ours, behind a 1:1 NAT. The port stays the same. In text it is
// "203.0.113.5", or "10.0.0.5=203.0.113.5" where there is more than one address of ours it could stand for.
type PublicAddress struct {
	Private netip.Addr // the zero value stands for any of the public one's IP version
	Public  netip.Addr
}

// UnmarshalText reads either form.
func (p *PublicAddress) UnmarshalText(text []byte) error {
	private, public, pair := strings.Cut(string(text), "=")
	if !pair {
		private, public = "", private
	}
	var err error
	if pair {
		if p.Private, err = netip.ParseAddr(strings.TrimSpace(private)); err != nil {
			return fmt.Errorf("public address %q: before the = stands an address of this machine: %w", text, err)
		}
	}
	if p.Public, err = netip.ParseAddr(strings.TrimSpace(public)); err != nil {
		return fmt.Errorf("public address %q: write 203.0.113.5, or 10.0.0.5=203.0.113.5: %w", text, err)
	}
	return nil
}

// MarshalText writes it.
func (p PublicAddress) MarshalText() ([]byte, error) {
	if !p.Private.IsValid() {
		return []byte(p.Public.String()), nil
	}
	return []byte(p.Private.String() + "=" + p.Public.String()), nil
}

// line is one local address browsers' media comes to. Its index is the number the access legs know it by.
type line struct {
	bound netip.AddrPort
	told  []netip.Addr // what browsers are told in its place; never empty
	tcp   uint16       // port of ICE-TCP, 0 for none
}

// told lists the public addresses that stand for addr: those paired with it, else all of its IP version ([::] serves both); addr
// itself where none does.
func (c Config) told(addr netip.Addr) []netip.Addr {
	var paired, any []netip.Addr
	for _, p := range c.PublicAddresses {
		switch {
		case p.Private == addr:
			paired = append(paired, p.Public)
		case !p.Private.IsValid() && (p.Public.Is4() == addr.Is4() || addr == netip.IPv6Unspecified()):
			any = append(any, p.Public)
		}
	}
	switch {
	case len(paired) > 0:
		return paired
	case len(any) > 0:
		return any
	}
	return []netip.Addr{addr}
}

// accessAddresses are all of them, the first one first.
func (c Config) accessAddresses() []netip.AddrPort {
	return append([]netip.AddrPort{c.AccessAddress}, c.ICE.MoreAddresses...)
}

// checkAccess says what is wrong with the access addresses.
func (c Config) checkAccess() (errs []error) {
	seen := map[netip.AddrPort]bool{}
	alike := map[bool]int{} // addresses of each IP version that no pair names
	for i, a := range c.accessAddresses() {
		switch {
		case !a.IsValid() && i == 0:
			errs = append(errs, fmt.Errorf("access_address must be an IP address and a UDP port, such as 192.0.2.1:4478"))
			continue
		case !a.IsValid() || a.Port() == 0 && i > 0:
			errs = append(errs, fmt.Errorf("ice.more_addresses must hold IP addresses with a UDP port, such as [2001:db8::1]:4478"))
			continue
		case a.Addr().IsMulticast():
			errs = append(errs, fmt.Errorf("access address %s is not unicast", a))
		case a.Addr().IsUnspecified() && c.told(a.Addr())[0] == a.Addr():
			errs = append(errs, fmt.Errorf("access address %s names no address browsers could be told: give one, or set public_addresses", a))
		case seen[a]:
			errs = append(errs, fmt.Errorf("access address %s is given twice", a))
		case a.Port() >= c.CorePorts.First && a.Port() <= c.CorePorts.Last && a.Addr() == c.CoreAddress:
			errs = append(errs, fmt.Errorf("access address %s lies inside core_ports", a))
		}
		seen[a] = true
		if !slices.ContainsFunc(c.PublicAddresses, func(p PublicAddress) bool { return p.Private == a.Addr() }) {
			alike[a.Addr().Is4()]++
		}
	}
	if len(seen) > maxLines {
		errs = append(errs, fmt.Errorf("%d access addresses; at most %d are served", len(seen), maxLines))
	}
	if c.ICE.Mode != "lite" && c.ICE.Mode != "full" {
		errs = append(errs, fmt.Errorf("ice.mode is %q; it must be lite or full", c.ICE.Mode))
	}
	for _, s := range c.ICE.STUNServers {
		if !s.IsValid() || s.Port() == 0 || c.ICE.Mode != "full" {
			errs = append(errs, fmt.Errorf("ice.stun_servers must hold addresses such as 192.0.2.9:3478, and is for ice.mode: full"))
		}
	}
	for _, p := range append(slices.Clone(c.ICE.Deny), c.ICE.Allow...) {
		if !p.IsValid() {
			errs = append(errs, fmt.Errorf("ice.deny and ice.allow must hold networks such as 10.0.0.0/8"))
		}
	}
	return append(errs, c.checkPublic(alike)...)
}

// maxLines bounds the candidates every browser is told.
const maxLines = 8

func (c Config) checkPublic(alike map[bool]int) (errs []error) {
	for _, p := range c.PublicAddresses {
		switch a := p.Public; {
		case !a.IsValid() || a.IsUnspecified() || a.IsMulticast():
			errs = append(errs, fmt.Errorf("public_addresses holds %s, which no browser can send to", a))
		case p.Private.IsValid() && !slices.ContainsFunc(c.accessAddresses(), func(m netip.AddrPort) bool { return m.Addr() == p.Private }):
			errs = append(errs, fmt.Errorf("public_addresses: %s=%s: %s is no access address", p.Private, a, p.Private))
		case p.Private.IsValid() && p.Private.Is4() != a.Is4() && !p.Private.IsUnspecified():
			errs = append(errs, fmt.Errorf("public_addresses: %s=%s: both must be of one IP version", p.Private, a))
		case !p.Private.IsValid() && alike[a.Is4()] > 1:
			errs = append(errs, fmt.Errorf("public_addresses: %s could stand for several access addresses: write the pair, such as 10.0.0.5=%s", a, a))
		}
	}
	return errs
}

// Type preferences (RFC 8445 5.1.2.2). TCP stands behind all kinds of UDP (RFC 6544 4.2).
const (
	preferHost    = 126
	preferHostTCP = 90
	passive       = 4 << 13 // direction preference of a passive host candidate, in the local preference (RFC 6544 4.2)
)

// candidates lists what browsers are told of lines: host candidates, those of the first line first. Among the addresses IPv6 and
// IPv4 take turns in priority, IPv6 first (RFC 8421 4), so that one version that does not work costs little time.
func candidates(lines []line) []Candidate {
	type place struct{ line, told int }
	var six, four, order []place
	for i, l := range lines {
		for j, a := range l.told {
			if a.Is4() {
				four = append(four, place{i, j})
			} else {
				six = append(six, place{i, j})
			}
		}
	}
	for i := range max(len(six), len(four)) {
		order = append(order, six[min(i, len(six)):min(i+1, len(six))]...)
		order = append(order, four[min(i, len(four)):min(i+1, len(four))]...)
	}
	list := make([]Candidate, 0, len(order))
	for rank, p := range order {
		l := lines[p.line]
		list = append(list, Candidate{
			Foundation: fmt.Sprint(p.line*maxLines + p.told + 1), Transport: "udp", Component: 1, Type: "host",
			Priority: preferHost<<24 | uint32(65535-rank)<<8 | 255, //nolint:gosec // a handful of addresses
			Address:  netip.AddrPortFrom(l.told[p.told], l.bound.Port()),
		})
	}
	// The first one listed is also that of the m= and c= lines: the first line's, whatever its rank.
	first := slices.IndexFunc(list, func(c Candidate) bool {
		return c.Address == netip.AddrPortFrom(lines[0].told[0], lines[0].bound.Port())
	})
	slices.SortStableFunc(list, func(a, b Candidate) int { return cmp.Compare(b.Priority, a.Priority) })
	chosen := list[first]
	list = slices.Insert(slices.Delete(list, first, first+1), 0, chosen)
	for rank, p := range order {
		if l := lines[p.line]; l.tcp != 0 {
			list = append(list, Candidate{
				Foundation: fmt.Sprint((maxLines+p.line)*maxLines + p.told + 1), Transport: "tcp", Component: 1, Type: "host",
				Priority: preferHostTCP<<24 | uint32(passive+8191-rank)<<8 | 255, //nolint:gosec // a handful of addresses
				Address:  netip.AddrPortFrom(l.told[p.told], l.tcp),
			})
		}
	}
	return list
}

// advertised is the address a browser knows a line by, number as access gives it: the first told one of the remote address's IP
// version.
func advertised(lines []line, number uint8, remote netip.AddrPort) netip.AddrPort {
	l := lines[number&^(access.StreamLine|access.RelayLine)]
	port := l.bound.Port()
	if number&access.StreamLine != 0 {
		port = l.tcp
	}
	told := l.told[0]
	for _, a := range l.told {
		if a.Is4() == remote.Addr().Is4() {
			told = a
			break
		}
	}
	return netip.AddrPortFrom(told, port)
}
