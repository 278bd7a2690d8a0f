// Package xdp is the second way of media packets: past the kernel's sockets, by AF_XDP.
//
//	      network card (one queue, or several)
//	         │ program (program.go): is it RTP, RTCP, SRTP or SRTCP by its first octet, to an
//	         │ address and port of ours, a plain IPv4 or IPv6 packet in a plain Ethernet frame?
//	   no ◀──┴──▶ yes
//	   │          │ receive ring (queue.go): the frame lies in memory the program shares
//	kernel:       ▼
//	STUN, DTLS,   media/udp's loop hands the payload to the socket it is for
//	ARP, all      │ handler: decrypt, route, encrypt ... WriteTo
//	else          ▼
//	   ▲          way.Send (way.go): is the next hop known (hops.go)?
//	   └──── no ──┴──▶ yes: header and payload into a frame (frame.go), send ring
//
// The kernel's sockets stay bound to all ports and stay their owners. What the program does not take, and what Send does not take, goes by
// them; when the program ends for whatever reason, the kernel takes the filter off and everything goes by them.
//
// Where a packet leaves, and to which Ethernet address, the kernel knows: hops.go asks it by netlink (netlink.go), a goroutine of its own,
// never the packet thread. Until the answer is there, packets go by the socket, which makes the kernel find the neighbour out. Each
// entry is renewed when the kernel tells of a change, and every ten seconds.
//
// One packet: the loop finds the ring readable, Receive copies the payload into the loop's buffer (172 octets: less than a cache miss) and
// gives the frame back at once; the handler ends in Send, which writes a frame to the send ring; after the turn, Flush tells the kernel
// once for all of them. One thread owns all receive rings; a lock guards each send ring, because transcoders send too.
//
// Not served: loopback, addresses of other than Ethernet interfaces, VLAN tags, fragments, IPv4 options, IPv6 extension headers: their
// packets take the kernel's way.
//
// Linux only, from 5.11 on.
package xdp
