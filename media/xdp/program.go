package xdp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"
)

// Where things are in a frame.
const (
	etherSize  = 14
	ipv4Size   = 20
	ipv6Size   = 40
	udpSize    = 8
	typeIPv4   = 0x0800
	typeIPv6   = 0x86dd
	protoUDP   = 17
	maxFrame   = 1600 // longer ones are the kernel's: no media packet is
	maxLocals  = 8    // addresses served on one interface: bits of an octet
	portsCount = 1 << 16
)

// Verdicts of a program (linux/bpf.h).
const xdpPass = 2

// filter is one interface's program with its two maps: which ports are ours, and which queue has which socket.
type filter struct {
	program *ebpf.Program
	ports   *ebpf.Map
	queues  *ebpf.Map
	// served has an octet for each port; bit i is set where the port of locals[i] is served. The program reads the same memory.
	served []byte
}

// newFilter loads the program for an interface with this Ethernet address and these addresses of ours.
func newFilter(mac [6]byte, locals []netip.Addr, queues int) (f *filter, err error) {
	f = &filter{}
	defer func() {
		if err != nil {
			f.close()
			f = nil
		}
	}()
	f.ports, err = ebpf.NewMap(&ebpf.MapSpec{Name: "causeway_ports", Type: ebpf.Array, KeySize: 4, ValueSize: portsCount, MaxEntries: 1, Flags: unix.BPF_F_MMAPABLE})
	if err != nil {
		return f, fmt.Errorf("make the map of ports: %w", err)
	}
	if f.served, err = unix.Mmap(f.ports.FD(), 0, portsCount, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		return f, fmt.Errorf("map the map of ports: %w", err)
	}
	f.queues, err = ebpf.NewMap(&ebpf.MapSpec{Name: "causeway_queues", Type: ebpf.XSKMap, KeySize: 4, ValueSize: 4, MaxEntries: uint32(queues)}) //nolint:gosec // at most maxQueues
	if err != nil {
		return f, fmt.Errorf("make the map of queues: %w", err)
	}
	f.program, err = ebpf.NewProgram(&ebpf.ProgramSpec{Name: "causeway_media", Type: ebpf.XDP, License: "GPL", Instructions: instructions(mac, locals, f.ports.FD(), f.queues.FD())})
	if err != nil {
		return f, fmt.Errorf("load the program: %w", err)
	}
	return f, nil
}

func (f *filter) close() {
	if f.program != nil {
		_ = f.program.Close()
	}
	if f.queues != nil {
		_ = f.queues.Close()
	}
	if f.served != nil {
		_ = unix.Munmap(f.served)
		f.served = nil
	}
	if f.ports != nil {
		_ = f.ports.Close()
	}
}

// attach puts a socket into a queue's place.
func (f *filter) attach(queue int, fd int) error {
	if err := f.queues.Put(uint32(queue), uint32(fd)); err != nil { //nolint:gosec // small
		return fmt.Errorf("give queue %d its socket: %w", queue, err)
	}
	return nil
}

// native reads octets as the program's loads give them: in the machine's order.
func native16(b ...byte) int32 { return int32(binary.NativeEndian.Uint16(b)) }
func native32(b []byte) int32  { return int32(binary.NativeEndian.Uint32(b)) } //nolint:gosec // bits, not a number

// Registers of the program.
const (
	data    = asm.R2
	end     = asm.R3
	scratch = asm.R4
	first   = asm.R5 // offset of the UDP payload's first octet, then the octet
	context = asm.R6
	port    = asm.R7
	mask    = asm.R8
)

// instructions write the program. It takes a frame only when everything about it is plain, and leaves all else to the kernel:
//
//	to our Ethernet address, IPv4 without options or fragments or IPv6 without extension headers, UDP, at most maxFrame octets,
//	payload's first octet 128 to 191 (RFC 7983 7), destination port served on the destination address
func instructions(mac [6]byte, locals []netip.Addr, ports, queues int) asm.Instructions {
	prog := asm.Instructions{
		asm.Mov.Reg(context, asm.R1),
		asm.LoadMem(data, asm.R1, 0, asm.Word),
		asm.LoadMem(end, asm.R1, 4, asm.Word),
		// Too long?
		asm.Mov.Reg(scratch, data), asm.Add.Imm(scratch, maxFrame), asm.JGT.Reg(end, scratch, "pass"),
		// Long enough for IPv4, UDP and one octet?
		asm.Mov.Reg(scratch, data), asm.Add.Imm(scratch, etherSize+ipv4Size+udpSize+1), asm.JGT.Reg(scratch, end, "pass"),
		// To us, not to somebody else on a wire that is listened to as a whole?
		asm.LoadMem(scratch, data, 0, asm.Word), asm.JNE.Imm32(scratch, native32(mac[:4]), "pass"),
		asm.LoadMem(scratch, data, 4, asm.Half), asm.JNE.Imm(scratch, native16(mac[4], mac[5]), "pass"),
		asm.LoadMem(scratch, data, 12, asm.Half),
		asm.JEq.Imm(scratch, native16(typeIPv4>>8, typeIPv4&0xff), "ipv4"),
		asm.JNE.Imm(scratch, native16(typeIPv6>>8, typeIPv6&0xff), "pass"),
	}
	prog = append(prog, ipv6(locals, ports)...)
	prog = append(prog, ipv4(locals, ports)...)
	return append(prog,
		asm.LoadMapPtr(asm.R1, queues).WithSymbol("take"),
		asm.LoadMem(asm.R2, context, 16, asm.Word), // rx_queue_index
		asm.Mov.Imm(asm.R3, xdpPass),               // where the queue has no socket
		asm.FnRedirectMap.Call(),
		asm.Return(),
		asm.Mov.Imm(asm.R0, xdpPass).WithSymbol("pass"),
		asm.Return(),
	)
}

// media asks whether the payload begins as media does, and reads what is served on the destination port.
func media(at int16, ports int) asm.Instructions {
	return asm.Instructions{
		asm.LoadMem(first, data, at+udpSize, asm.Byte),
		asm.And.Imm(first, 0xc0), asm.JNE.Imm(first, 0x80, "pass"),
		asm.LoadMem(port, data, at+2, asm.Half), asm.HostTo(asm.BE, port, asm.Half),
		asm.LoadMapValue(mask, ports, 0), asm.Add.Reg(mask, port),
		asm.LoadMem(mask, mask, 0, asm.Byte),
		asm.JEq.Imm(mask, 0, "pass"),
	}
}

func ipv4(locals []netip.Addr, ports int) asm.Instructions {
	const ip = etherSize
	prog := asm.Instructions{
		asm.LoadMem(scratch, data, ip, asm.Byte).WithSymbol("ipv4"), asm.JNE.Imm(scratch, 0x45, "pass"),
		asm.LoadMem(scratch, data, ip+9, asm.Byte), asm.JNE.Imm(scratch, protoUDP, "pass"),
		asm.LoadMem(scratch, data, ip+6, asm.Half), asm.And.Imm(scratch, native16(0x3f, 0xff)), asm.JNE.Imm(scratch, 0, "pass"), // more fragments, offset
	}
	prog = append(prog, media(ip+ipv4Size, ports)...)
	prog = append(prog, asm.LoadMem(scratch, data, ip+16, asm.Word))
	for i, a := range locals {
		if a.Is4() {
			next := fmt.Sprint("ipv4 ", i)
			b := a.As4()
			prog = append(prog,
				asm.JNE.Imm32(scratch, native32(b[:]), next),
				asm.Mov.Reg(asm.R0, mask), asm.And.Imm(asm.R0, 1<<i), asm.JNE.Imm(asm.R0, 0, "take"),
				asm.Mov.Imm(asm.R0, 0).WithSymbol(next))
		}
	}
	return append(prog, asm.Ja.Label("pass"))
}

func ipv6(locals []netip.Addr, ports int) asm.Instructions {
	const ip = etherSize
	prog := asm.Instructions{
		asm.Mov.Reg(scratch, data), asm.Add.Imm(scratch, etherSize+ipv6Size+udpSize+1), asm.JGT.Reg(scratch, end, "pass"),
		asm.LoadMem(scratch, data, ip+6, asm.Byte), asm.JNE.Imm(scratch, protoUDP, "pass"),
	}
	prog = append(prog, media(ip+ipv6Size, ports)...)
	for i, a := range locals {
		if a.Is6() {
			next := fmt.Sprint("ipv6 ", i)
			b := a.As16()
			for word := range 4 {
				prog = append(prog, asm.LoadMem(scratch, data, int16(ip+24+4*word), asm.Word), asm.JNE.Imm32(scratch, native32(b[4*word:]), next)) //nolint:gosec // below 54
			}
			prog = append(prog,
				asm.Mov.Reg(asm.R0, mask), asm.And.Imm(asm.R0, 1<<i), asm.JNE.Imm(asm.R0, 0, "take"),
				asm.Mov.Imm(asm.R0, 0).WithSymbol(next))
		}
	}
	return append(prog, asm.Ja.Label("pass"))
}

// plain says in a few words why the system refused, for one log line.
func plain(err error) error {
	var verifier *ebpf.VerifierError
	switch {
	case errors.As(err, &verifier):
		return fmt.Errorf("the kernel's verifier refuses the program: %w", verifier.Cause)
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("%w (CAP_BPF, CAP_NET_ADMIN and CAP_NET_RAW are needed)", err)
	case errors.Is(err, unix.ENOBUFS):
		return fmt.Errorf("%w (locked memory: raise LimitMEMLOCK, or give CAP_IPC_LOCK)", err)
	case errors.Is(err, unix.EBUSY), errors.Is(err, unix.EEXIST):
		return fmt.Errorf("%w (another program is there already)", err)
	}
	return err
}
