package rx

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

// The far end of these tests writes and reads octets by RFC 6733 3 and 4.1 and shares no code with what is tested.

// raw is a message as octets.
type raw []byte

func (r raw) request() bool   { return r[4]&0x80 != 0 }
func (r raw) repeated() bool  { return r[4]&0x10 != 0 }
func (r raw) command() uint32 { return binary.BigEndian.Uint32(r[4:]) & 0xffffff }
func (r raw) hop() uint32     { return binary.BigEndian.Uint32(r[12:]) }
func (r raw) end() uint32     { return binary.BigEndian.Uint32(r[16:]) }

// avp finds a top-level AVP's value, nil when there is none.
func (r raw) avp(code uint32) []byte {
	for b := r[20:]; len(b) >= 8; {
		n, head := int(binary.BigEndian.Uint32(b[4:])&0xffffff), 8
		if b[4]&0x80 != 0 {
			head = 12
		}
		if binary.BigEndian.Uint32(b) == code {
			return b[head:n]
		}
		b = b[min((n+3)&^3, len(b)):]
	}
	return nil
}

func u32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }

// avp writes one AVP without a vendor.
func avp(code uint32, value []byte) []byte {
	b := append(u32(code), 0x40, 0, byte((8+len(value))>>8), byte(8+len(value)))
	b = append(b, value...)
	return append(b, make([]byte, (4-len(b)%4)%4)...)
}

// tgpp writes one AVP of 3GPP's, with the V and M bits.
func tgpp(code uint32, value []byte) []byte {
	b := append(u32(code), 0xc0, 0, byte((12+len(value))>>8), byte(12+len(value)))
	b = append(append(b, u32(10415)...), value...)
	return append(b, make([]byte, (4-len(b)%4)%4)...)
}

// message writes a message.
func message(flags byte, command, app, hop, end uint32, avps ...[]byte) raw {
	body := bytes.Join(avps, nil)
	b := append(u32(1<<24|uint32(20+len(body))), u32(uint32(flags)<<24|command)...)
	b = append(append(append(b, u32(app)...), u32(hop)...), u32(end)...)
	return append(b, body...)
}

// answer writes an answer with a result and the far end's origin, after the AVPs given.
func answer(r raw, result uint32, avps ...[]byte) raw {
	flags := r[4] & 0x40
	if result/1000 == 3 {
		flags |= 0x20
	}
	avps = append(avps, avp(268, u32(result)), avp(264, []byte("far.example")), avp(296, []byte("example")))
	return message(flags, r.command(), binary.BigEndian.Uint32(r[8:]), r.hop(), r.end(), avps...)
}

// readRaw reads one message.
func readRaw(c net.Conn) (raw, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(c, head); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint32(head)&0xffffff)
	copy(b, head)
	_, err := io.ReadFull(c, b[4:])
	return b, err
}

// far is a peer whose behaviour a test replaces: on answers a request with any octets, or nil for silence.
type far struct {
	t    *testing.T
	mu   sync.Mutex
	on   func(f *far, r raw) []byte
	down bool // connections are refused
	conn net.Conn
	seen []raw
	made int // connections
}

func (f *far) set(change func(*far)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

// count returns how many messages of the command arrived.
func (f *far) count(command uint32, request bool) (n int) {
	f.set(func(f *far) {
		for _, r := range f.seen {
			if r.command() == command && r.request() == request {
				n++
			}
		}
	})
	return n
}

// last returns the last message of the command.
func (f *far) last(command uint32) (last raw) {
	f.set(func(f *far) {
		for _, r := range f.seen {
			if r.command() == command {
				last = r
			}
		}
	})
	return last
}

// write sends octets on the present connection.
func (f *far) write(b []byte) {
	var c net.Conn
	f.set(func(f *far) { c = f.conn })
	if _, err := c.Write(b); err != nil {
		f.t.Logf("far end cannot write: %v", err)
	}
}

// cut closes the present connection.
func (f *far) cut() {
	f.set(func(f *far) {
		if f.conn != nil {
			_ = f.conn.Close()
		}
	})
}

// local gives a pipe the address of a host.
type local struct{ net.Conn }

func (local) LocalAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 40000} }

// dial is the far end's side of Deps.Dial.
func (f *far) dial(context.Context, string) (net.Conn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return nil, errors.New("connection refused")
	}
	near, conn := net.Pipe()
	f.conn = conn
	f.made++
	out := make(chan []byte, 4096) // it reads on while its answers wait to be taken
	go func() {
		for b := range out {
			if _, err := conn.Write(b); err != nil {
				return
			}
		}
	}()
	go func() {
		defer conn.Close()
		defer close(out)
		for {
			r, err := readRaw(conn)
			if err != nil {
				return
			}
			var on func(*far, raw) []byte
			f.set(func(f *far) { f.seen = append(f.seen, r); on = f.on })
			if b := on(f, r); b != nil {
				out <- b
			}
		}
	}()
	return local{near}, nil
}

// behave is a peer as it should be.
func behave(_ *far, r raw) []byte {
	switch {
	case !r.request():
		return nil
	case r.command() == 257:
		return answer(r, 2001, avp(258, u32(16777236)))
	case r.command() == 280, r.command() == 282:
		return answer(r, 2001)
	default:
		return answer(r, 2001, avp(263, r.avp(263)))
	}
}
