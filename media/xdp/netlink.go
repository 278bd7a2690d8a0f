package xdp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// What is read of rtnetlink(7): the route to a destination and the table of neighbours.

var errNetlink = errors.New("malformed netlink message")

// neighbour is an entry of the kernel's table (ARP, RFC 826; neighbour discovery, RFC 4861).
type neighbour struct {
	key   neighbourKey
	mac   [6]byte
	known bool // mac may be used
	fresh bool // and was confirmed, or is being so
}

type neighbourKey struct {
	ifindex int
	addr    netip.Addr
}

// path is where packets to a destination leave.
type path struct {
	ifindex int
	next    netip.Addr // gateway, or the destination itself
	mtu     int        // 0: the interface's
	plain   bool       // unicast, without tunnels
}

// attributes calls each with type and value.
func attributes(b []byte, each func(kind uint16, value []byte)) error {
	for len(b) >= 4 {
		size := int(binary.NativeEndian.Uint16(b))
		if size < 4 || size > len(b) {
			return errNetlink
		}
		each(binary.NativeEndian.Uint16(b[2:])&^uint16(unix.NLA_F_NESTED|unix.NLA_F_NET_BYTEORDER), b[4:size])
		b = b[min((size+3)&^3, len(b)):]
	}
	return nil
}

// parseNeighbour reads the body of RTM_NEWNEIGH or RTM_DELNEIGH (struct ndmsg).
func parseNeighbour(b []byte, deleted bool) (n neighbour, err error) {
	if len(b) < unix.SizeofNdMsg {
		return n, errNetlink
	}
	n.key.ifindex = int(int32(binary.NativeEndian.Uint32(b[4:]))) //nolint:gosec // an int32 it is
	state := binary.NativeEndian.Uint16(b[8:])
	mac := false
	err = attributes(b[unix.SizeofNdMsg:], func(kind uint16, value []byte) {
		switch kind {
		case unix.NDA_DST:
			if a, ok := netip.AddrFromSlice(value); ok {
				n.key.addr = a
			}
		case unix.NDA_LLADDR:
			if mac = len(value) == 6; mac {
				copy(n.mac[:], value)
			}
		}
	})
	if err == nil && !n.key.addr.IsValid() {
		err = errNetlink
	}
	const usable = unix.NUD_REACHABLE | unix.NUD_STALE | unix.NUD_DELAY | unix.NUD_PROBE | unix.NUD_PERMANENT
	n.known = !deleted && mac && state&usable != 0
	n.fresh = n.known && state&unix.NUD_STALE == 0
	return n, err
}

// parseRoute reads the body of RTM_NEWROUTE (struct rtmsg).
func parseRoute(b []byte, to netip.Addr) (p path, err error) {
	if len(b) < unix.SizeofRtMsg {
		return p, errNetlink
	}
	p.plain, p.next = b[7] == unix.RTN_UNICAST, to
	err = attributes(b[unix.SizeofRtMsg:], func(kind uint16, value []byte) {
		switch kind {
		case unix.RTA_OIF:
			if len(value) == 4 {
				p.ifindex = int(int32(binary.NativeEndian.Uint32(value))) //nolint:gosec // an int32 it is
			}
		case unix.RTA_GATEWAY:
			if a, ok := netip.AddrFromSlice(value); ok {
				p.next = a
			}
		case unix.RTA_VIA: // a family and an address
			if len(value) > 2 {
				if a, ok := netip.AddrFromSlice(value[2:]); ok {
					p.next = a
				}
			}
		case unix.RTA_ENCAP, unix.RTA_MULTIPATH:
			p.plain = false
		case unix.RTA_METRICS:
			_ = attributes(value, func(kind uint16, value []byte) {
				if kind == unix.RTAX_MTU && len(value) == 4 {
					p.mtu = int(binary.NativeEndian.Uint32(value) & 0xffff)
				}
			})
		}
	})
	return p, err
}

// messages calls each with type and body of every message in a datagram.
func messages(b []byte, each func(kind uint16, body []byte)) error {
	for len(b) >= unix.NLMSG_HDRLEN {
		size := int(binary.NativeEndian.Uint32(b))
		if size < unix.NLMSG_HDRLEN || size > len(b) {
			return errNetlink
		}
		each(binary.NativeEndian.Uint16(b[4:]), b[unix.NLMSG_HDRLEN:size])
		b = b[min((size+3)&^3, len(b)):]
	}
	return nil
}

// request makes one message; its answers bear its sequence number.
func request(kind uint16, flags uint16, sequence uint32, body []byte) []byte {
	b := make([]byte, unix.NLMSG_HDRLEN, unix.NLMSG_HDRLEN+len(body))
	binary.NativeEndian.PutUint32(b, uint32(unix.NLMSG_HDRLEN+len(body))) //nolint:gosec // below 100
	binary.NativeEndian.PutUint16(b[4:], kind)
	binary.NativeEndian.PutUint16(b[6:], unix.NLM_F_REQUEST|flags)
	binary.NativeEndian.PutUint32(b[8:], sequence)
	return append(b, body...)
}

// routeRequest asks how to reach to from from.
func routeRequest(sequence uint32, from, to netip.Addr) []byte {
	family := byte(unix.AF_INET)
	if to.Is6() {
		family = unix.AF_INET6
	}
	bits := byte(to.BitLen()) //nolint:gosec // 32 or 128
	body := []byte{family, bits, bits, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	for _, a := range []struct {
		kind uint16
		addr netip.Addr
	}{{unix.RTA_DST, to}, {unix.RTA_SRC, from}} {
		value := a.addr.AsSlice()
		body = binary.NativeEndian.AppendUint16(body, uint16(4+len(value))) //nolint:gosec // at most 20
		body = binary.NativeEndian.AppendUint16(body, a.kind)
		body = append(body, value...)
	}
	return request(unix.RTM_GETROUTE, 0, sequence, body)
}

// netlink is a pair of sockets: one for questions, one that hears of changes.
type netlink struct {
	ask    int
	events *os.File

	// Used by the resolver's goroutine alone.
	buf      []byte
	sequence uint32 // of the newest question
}

func openNetlink() (*netlink, error) {
	ask, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open netlink socket: %w", err)
	}
	_ = unix.SetsockoptTimeval(ask, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 1})
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err == nil {
		groups := uint32(unix.RTMGRP_LINK | unix.RTMGRP_NEIGH | unix.RTMGRP_IPV4_ROUTE | unix.RTMGRP_IPV6_ROUTE)
		if err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
			_ = unix.Close(fd)
		}
	}
	if err != nil {
		_ = unix.Close(ask)
		return nil, fmt.Errorf("hear of route and neighbour changes: %w", err)
	}
	return &netlink{ask: ask, events: os.NewFile(uintptr(fd), "netlink"), buf: make([]byte, 1<<16)}, nil
}

func (n *netlink) close() {
	_ = n.events.Close()
	_ = unix.Close(n.ask)
}

// answer reads the next datagram that answers the newest question. What is left of an earlier one, given up half way, is passed over: taken
// for this one's answer it would send packets to somebody else.
func (n *netlink) answer() ([]byte, error) {
	for {
		size, _, err := unix.Recvfrom(n.ask, n.buf, 0)
		if err != nil {
			return nil, err
		}
		if b := n.buf[:size]; size < unix.NLMSG_HDRLEN || binary.NativeEndian.Uint32(b[8:]) == n.sequence {
			return b, nil
		}
	}
}

// route asks the kernel. Only the resolver's goroutine calls it.
func (n *netlink) route(from, to netip.Addr) (p path, err error) {
	n.sequence++
	if err := unix.Sendto(n.ask, routeRequest(n.sequence, from, to), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return p, fmt.Errorf("ask for a route: %w", err)
	}
	b, err := n.answer()
	if err != nil {
		return p, fmt.Errorf("read a route: %w", err)
	}
	err = messages(b, func(kind uint16, body []byte) {
		if kind == unix.RTM_NEWROUTE {
			if q, err := parseRoute(body, to); err == nil {
				p = q
			}
		}
	})
	return p, err // an error message leaves p empty: no route
}

// neighbours asks for the whole table.
func (n *netlink) neighbours(each func(neighbour)) error {
	n.sequence++
	body := make([]byte, unix.SizeofNdMsg)
	if err := unix.Sendto(n.ask, request(unix.RTM_GETNEIGH, unix.NLM_F_DUMP, n.sequence, body), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("ask for the neighbours: %w", err)
	}
	for done := false; !done; {
		b, err := n.answer()
		if err != nil {
			return fmt.Errorf("read the neighbours: %w", err)
		}
		err = messages(b, func(kind uint16, body []byte) {
			switch kind {
			case unix.RTM_NEWNEIGH:
				if nb, err := parseNeighbour(body, false); err == nil {
					each(nb)
				}
			case unix.NLMSG_DONE, unix.NLMSG_ERROR:
				done = true
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
