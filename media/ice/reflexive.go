package ice

import (
	"crypto/rand"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/stun/v3"
)

// asking is how often a STUN server is asked: often enough to keep a NAT's mapping (RFC 8445 11).
const asking = 25 * time.Second

// Reflexive learns from a STUN server the address that a line has behind a NAT (RFC 8445 5.1.1.2). Safe for concurrent use.
type Reflexive struct {
	server netip.AddrPort

	mu     sync.Mutex // guards the following
	id     [12]byte
	next   time.Time
	mapped netip.AddrPort
	misses int
}

// NewReflexive asks server, which has to be of the line's IP version.
func NewReflexive(server netip.AddrPort) *Reflexive { return &Reflexive{server: server} }

// Next is the request to send now and where to, ok false for none. Its transaction id begins with four zeros: no agent's tag.
func (r *Reflexive) Next(now time.Time) (b []byte, to netip.AddrPort, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Before(r.next) {
		return nil, to, false
	}
	r.next = now.Add(asking)
	if r.mapped == (netip.AddrPort{}) {
		r.next = now.Add(time.Second << min(r.misses, 5))
	}
	if r.misses++; r.misses > 3 {
		r.mapped = netip.AddrPort{} // the server is gone, and with it what is known
	}
	_, _ = rand.Read(r.id[4:]) // never fails
	msg, err := stun.Build(stun.NewTransactionIDSetter(r.id), stun.BindingRequest, stun.Fingerprint)
	return msg.Raw, r.server, err == nil
}

// Answer takes an answer that came to the line; false when it is none of the server's to us.
func (r *Reflexive) Answer(msg *stun.Message, from netip.AddrPort, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	var x stun.XORMappedAddress
	if from != r.server || msg.TransactionID != r.id || msg.Type != stun.BindingSuccess || x.GetFrom(msg) != nil {
		return false
	}
	ip, ok := netip.AddrFromSlice(x.IP)
	if !ok || x.Port == 0 {
		return false
	}
	r.misses, r.next = 0, now.Add(asking)
	r.mapped = netip.AddrPortFrom(ip.Unmap(), uint16(x.Port)) //nolint:gosec // of two octets
	return true
}

// Mapped is what is known, the zero value for nothing.
func (r *Reflexive) Mapped() netip.AddrPort {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mapped
}
