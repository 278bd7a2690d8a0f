package ims

import (
	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/identity"
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/transport"
)

// regState is where a binding stands.
type regState uint8

const (
	regIdle regState = iota
	regTrying
	regRegistered
	regFailed  // final
	regLeaving // Unbind
)

// registration is what the core granted; it is replaced, never changed, so any goroutine may read it.
type registration struct {
	identities []AssociatedIdentity
	routes     []string // Service-Route, in order (RFC 3608)
	expires    time.Duration
	until      time.Time
	entry      transport.Target // the hop that answered
	public     string           // GRUU, "" if none (gruu.go)
	temporary  string
}

// Binding is one browser's registration. Its methods are safe for concurrent use.
type Binding struct {
	client *Client
	params BindParams
	token  string // user part of our Contact; Path's is "mt-" + token
	log    *slog.Logger
	q      queue

	current atomic.Pointer[registration] // nil: not registered

	// what follows belongs to the queue
	state   regState
	callID  string
	tag     string
	seq     uint32
	attempt int           // failed rounds in a row
	hops    int           // addresses tried in this round
	ask     time.Duration // Expires to ask for
	retries int           // 423s obeyed in this round
	timer   *time.Timer   // refresh or retry
	proof   proof
	sub     subscription
	leaving []chan error // Unbinds that wait

	order uint64   // when it was bound: later ones have higher numbers
	gruus []string // keys in the client's table; guarded by the client's mu
}

// Errors of Bind and Unbind.
var (
	ErrNotRunning = errors.New("the SIP side is not running")
	ErrIdentity   = errors.New("the identity cannot be used in SIP")
	// ErrNoPasswords: in trunk mode no registrar stands behind that could take a user's password.
	ErrNoPasswords = errors.New("trunk mode knows no passwords of users")
)

// Bind registers an identity and keeps it registered until Unbind, a final failure or the network's word. It returns at
// once; the outcome comes by Notify.
func (c *Client) Bind(p BindParams) (*Binding, error) {
	if err := checkIdentity(p); err != nil {
		return nil, err
	}
	if c.trunk != nil && p.Digest != nil {
		return nil, ErrNoPasswords
	}
	b := &Binding{client: c, params: p, token: token(), callID: token(), tag: token(), ask: c.cfg.RegisterExpires}
	b.q.work = &c.work
	b.log = c.log.With("binding", b.token)
	b.q.broken = func(v any) { // the next round starts afresh
		b.log.Error("registration failed inside", "panic", v, "stack", string(debug.Stack()))
		b.arm(c.cfg.RegisterRetry)
	}
	c.mu.Lock()
	if c.closed || c.host == "" {
		c.mu.Unlock()
		return nil, ErrNotRunning
	}
	c.bound++
	b.order = c.bound
	c.bindings[b.token] = b
	c.mu.Unlock()
	if c.trunk != nil {
		b.q.post(b.attach)
	} else {
		b.q.post(b.register)
	}
	return b, nil
}

// checkIdentity refuses what could not be written into a message as it is.
func checkIdentity(p BindParams) error {
	user, host, found := strings.Cut(p.Identity.IMPI, "@")
	if !found || !identity.UserPart(user) || !identity.Domain(host) || len(p.Identity.IMPI) > 255 {
		return ErrIdentity
	}
	rest, found := strings.CutPrefix(p.Identity.IMPU, "sip:")
	user, host, at := strings.Cut(rest, "@")
	if !found || !at || !identity.UserPart(user) || !identity.Domain(host) {
		return ErrIdentity
	}
	uuid, found := strings.CutPrefix(p.Instance, "urn:uuid:")
	if !found || len(uuid) != 36 || strings.Trim(strings.ToLower(uuid), "0123456789abcdef-") != "" {
		return ErrIdentity
	}
	if p.Digest != nil && p.Digest.Within <= 0 {
		return errors.New("bind: no time for the answer to a challenge")
	}
	if p.Notify == nil {
		return errors.New("bind: no Notify")
	}
	return nil
}

// Identities are the identities the user may call with, the default first; nil while not registered.
func (b *Binding) Identities() []AssociatedIdentity {
	if r := b.current.Load(); r != nil {
		return slices.Clone(r.identities)
	}
	return nil
}

// Unbind de-registers and forgets the binding. It waits for the core's answer or the end of ctx; the binding is gone
// either way. Calls in progress are not touched: end them first.
func (b *Binding) Unbind(ctx context.Context) error {
	done := make(chan error, 1)
	if !b.q.post(func() { b.leave(done) }) {
		return ErrNotRunning
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		b.q.post(func() { b.gone(ctx.Err()) })
		return ctx.Err()
	}
}

// leave starts the de-registration.
func (b *Binding) leave(done chan error) {
	b.stopTimer()
	b.leaving = append(b.leaving, done)
	if b.state == regLeaving {
		return
	}
	was := b.state
	b.state = regLeaving
	if b.current.Swap(nil) == nil && was != regTrying || b.client.trunk != nil {
		b.gone(nil) // nothing to take back
		return
	}
	if b.params.Digest != nil && !b.proof.bound {
		b.gone(nil) // the core would ask for a proof that nobody gives any more; what it holds ends by itself
		return
	}
	b.hops, b.ask = 0, 0
	b.send()
}

// gone forgets the binding.
func (b *Binding) gone(err error) {
	b.stopTimer()
	b.sub.stop()
	b.current.Store(nil)
	b.client.forget(b)
	for _, done := range b.leaving {
		done <- err
	}
	b.leaving = nil
	b.q.close()
}

// forget takes a binding out of the tables.
func (c *Client) forget(b *Binding) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.bindings, b.token)
	delete(c.subs, b.sub.callID)
	b.unaddress()
}

// contact is the binding's Contact value, the same in REGISTER and in calls.
func (b *Binding) contact() string {
	if b.client.trunk != nil {
		return "<" + b.client.uri(b.token) + ">"
	}
	out := "<" + b.client.uri(b.token) + `>;+sip.instance="<` + b.params.Instance + `>";` + mmtel + ";audio"
	if b.client.cfg.Messaging.SMS.Enabled {
		out += ";+g.3gpp.smsip" // TS 24.341 5.3.2.2
	}
	return out
}

// queue runs functions one at a time, in the order posted. A goroutine exists only while there is something to run, so
// an idle registration or a quiet call costs none. Nobody waits on it from inside.
type queue struct {
	work *sync.WaitGroup // of the owner, who waits for all goroutines

	broken func(v any) // called on the queue after one of its functions panicked

	mu      sync.Mutex // guards the following
	items   []func()
	running bool
	closed  bool
}

// maxQueue bounds what may wait: a party that sends faster than we can follow loses messages, not our memory.
const maxQueue = 512

// post adds a function; false if the queue is full or closed.
func (q *queue) post(f func()) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(q.items) >= maxQueue {
		return false
	}
	q.items = append(q.items, f)
	if !q.running {
		q.running = true
		q.work.Add(1)
		go q.run()
	}
	return true
}

// run drains the queue.
func (q *queue) run() {
	defer q.work.Done()
	for {
		q.mu.Lock()
		if len(q.items) == 0 || q.closed {
			q.items, q.running = nil, false
			q.mu.Unlock()
			return
		}
		batch := q.items
		q.items = nil
		q.mu.Unlock()
		for _, f := range batch {
			q.guard(f)
		}
	}
}

// guard runs one function; a panic in it stays with this queue's owner.
func (q *queue) guard(f func()) {
	defer func() {
		if v := recover(); v != nil && q.broken != nil {
			q.broken(v)
		} else if v != nil {
			panic(v)
		}
	}()
	f()
}

// close drops what waits and takes nothing more.
func (q *queue) close() {
	q.mu.Lock()
	q.closed, q.items = true, nil
	q.mu.Unlock()
}

// Addresses of one browser of a user (GRUU, RFC 5627; TS 24.229 5.1.1.2.1, 5.4.7A): REGISTER says Supported: gruu, the
// registrar gives our Contact a public and a temporary one, and calls carry them as Contact. Whoever calls or transfers to
// that address reaches this browser and no other of the user's. An anonymous call carries the temporary one, which says
// nothing of the user; a core that gives none leaves the plain Contact, which is a random word at the gateway's address.

// maxGRUU bounds an address, bytes.
const maxGRUU = 512

// gruus takes the addresses out of a 200 to REGISTER; "" for what is not given or cannot be written into a Contact.
func gruus(res *sip.Response, token string) (public, temporary string) {
	for _, v := range dialog.Values(res, "contact", "m") {
		if !strings.Contains(dialog.AddrSpec(v), ":"+token+"@") {
			continue
		}
		p, _ := dialog.Param(v, "pub-gruu")
		t, _ := dialog.Param(v, "temp-gruu")
		return cleanGRUU(p), cleanGRUU(t)
	}
	return "", ""
}

// cleanGRUU returns a sip URI with a gr parameter, or "".
func cleanGRUU(uri string) string {
	if len(uri) > maxGRUU || !strings.HasPrefix(uri, "sip:") || !identity.ASCII(uri) || strings.ContainsAny(uri, " <>\"\\?,") || gruuKey(uri) == "" {
		return ""
	}
	return uri
}

// gruuKey is what two spellings of a GRUU have in common (RFC 5627 5.2 compares user, host and gr); "" for other URIs.
func gruuKey(uri string) string {
	var u sip.Uri
	if err := sip.ParseUri(uri, &u); err != nil {
		return ""
	}
	return gruuKeyOf(u)
}

func gruuKeyOf(u sip.Uri) string {
	gr, ok := u.UriParams.Get("gr")
	if !ok || u.User == "" || u.Host == "" {
		return ""
	}
	return u.User + "@" + strings.ToLower(u.Host) + ";gr=" + strings.ToLower(gr)
}

// address enters a binding's present addresses in the table of incoming requests. Older temporary ones stay valid, but the
// registrar turns them into our Contact and Path itself.
func (b *Binding) address(r *registration) {
	c := b.client
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bindings[b.token] != b {
		return
	}
	b.unaddress()
	for _, uri := range []string{r.public, r.temporary} {
		if uri != "" {
			b.gruus = append(b.gruus, gruuKey(uri))
			c.gruus[gruuKey(uri)] = b
		}
	}
}

// unaddress takes them out. The caller holds the client's mu.
func (b *Binding) unaddress() {
	for _, key := range b.gruus {
		if b.client.gruus[key] == b {
			delete(b.client.gruus, key)
		}
	}
	b.gruus = nil
}

// contactFor is the Contact of a call.
func (b *Binding) contactFor(r *registration, anonymous bool) string {
	uri := r.public
	if anonymous {
		uri = r.temporary
	}
	if uri == "" {
		return b.contact()
	}
	return "<" + uri + ">;" + mmtel + ";audio"
}
