package ims

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/call"
	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/digest"
	"causeway/signaling/sip/hop"
	"causeway/signaling/sip/identity"
	"causeway/signaling/sip/transport"
)

// Trunk mode: one SIP peer (a PBX, an SBC, a provider) stands where the IMS core would. Nobody is registered one by one; the gateway
// has an account of its own, or is known by its address, and its users are numbers behind it. Calls are plain SIP (RFC 3261): no
// header of 3GPP's, From says who calls (and P-Asserted-Identity, RFC 3325, where the peer wants it).
//
//	                    Register                 not Register
//	account ---REGISTER, digest---> up           up from the start (known by address)
//	   |  ^  no answer, refusal: down, again after a back-off     up: every binding hears Registered
//	   |  '----------------------------------'                    down: RegistrationFailed
//	   '-- refresh at half the time granted; Expires 0 when the gateway stops
//
// A 401 or 407 to any request of a call is answered with the account's password, once for each nonce (RFC 3261 22).

// TrunkConfig is one SIP peer in place of an IMS core. Its address is Config.CoreAddress, its domain Config.HomeDomain.
type TrunkConfig struct {
	// Enabled switches trunk mode on.
	Enabled bool `yaml:"enabled"`
	// Username is the account's name; empty: the peer knows the gateway by its address.
	Username string `yaml:"username"`
	// PasswordFile holds the account's password; a line break at its end does not count.
	PasswordFile string `yaml:"password_file"`
	// Realm is the only realm whose challenge is answered. Empty: any of the peer's.
	Realm string `yaml:"realm"`
	// Register registers the account, so that the peer knows where to send calls; needs Username.
	Register bool `yaml:"register"`
	// Expires is the registration time asked for; 60 s to 24 h.
	Expires time.Duration `yaml:"expires"`
	// Asserted says who calls in P-Asserted-Identity too, and to calls that withhold it (RFC 3325); else in From only.
	Asserted bool `yaml:"asserted"`
	// DefaultCallee is the public identity that takes calls for numbers that nobody has. Empty: such calls get 404.
	DefaultCallee string `yaml:"default_callee"`
}

// validate reports the bad settings of the trunk.
func (c TrunkConfig) validate() (errs []error) {
	if !c.Enabled {
		return nil
	}
	bad := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(c.Username == "" || identity.UserPart(c.Username), "trunk.username: %q is not the user part of a SIP address", c.Username)
	bad((c.Username == "") == (c.PasswordFile == ""), "trunk.username and trunk.password_file: an account needs both")
	bad(!c.Register || c.Username != "", "trunk.register: an account is needed to register: set trunk.username and trunk.password_file")
	bad(len(c.Realm) <= 255 && identity.Quotable(c.Realm), "trunk.realm: must not hold quotes or control characters")
	bad(c.Expires >= time.Minute && c.Expires <= 24*time.Hour, "trunk.expires: %v is not between 1m and 24h", c.Expires)
	bad(c.DefaultCallee == "" || identity.Assertable(c.DefaultCallee), "trunk.default_callee: %q is not a sip or tel address", c.DefaultCallee)
	return errs
}

// trunk is the gateway's account at the peer.
type trunk struct {
	client   *Client
	cfg      TrunkConfig
	password string
	log      *slog.Logger
	q        queue
	down     atomic.Pointer[call.Cause] // why no call can be made; nil: calls can be made

	// what follows belongs to the queue
	seq     uint32
	callID  string
	tag     string
	ask     time.Duration
	raised  bool // a 423 was obeyed in this round
	failed  int  // rounds in a row
	bound   bool // the peer has our contact
	timer   *time.Timer
	leaving func()
}

// newTrunk reads the password. nil when the mode is off.
func newTrunk(c *Client, cfg TrunkConfig) (*trunk, error) {
	if !cfg.Enabled {
		return nil, nil
	}
	t := &trunk{client: c, cfg: cfg, log: c.log.With("trunk", c.cfg.core()), callID: token(), tag: token(), ask: cfg.Expires}
	if cfg.PasswordFile != "" {
		text, err := os.ReadFile(cfg.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("trunk.password_file: %w", err)
		}
		t.password = strings.TrimRight(string(text), "\r\n")
	}
	t.q.work = &c.work
	t.q.broken = func(v any) {
		t.log.Error("registration failed inside", "panic", v)
		t.arm(c.cfg.RegisterRetry)
	}
	if cfg.Register {
		t.down.Store(&call.Cause{Side: call.Gateway, Kind: call.CoreUnreachable, Text: "the gateway is not registered at its SIP peer yet"})
	}
	return t, nil
}

// open begins the registration, if there is to be one.
func (t *trunk) open() {
	if t.cfg.Register {
		t.q.post(t.register)
	}
}

// close takes the registration back and waits for the peer's word, at most for wait.
func (t *trunk) close(wait time.Duration) {
	done := make(chan struct{})
	ok := t.q.post(func() {
		t.stop()
		if !t.bound {
			close(done)
			return
		}
		t.leaving = func() { close(done) }
		t.ask = 0
		t.register()
	})
	if ok {
		select {
		case <-done:
		case <-time.After(wait):
		}
	}
	t.q.close()
}

func (t *trunk) stop() {
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
}

func (t *trunk) arm(wait time.Duration) {
	t.stop()
	t.timer = time.AfterFunc(wait, func() { t.q.post(t.register) })
}

// register begins a round.
func (t *trunk) register() {
	t.raised = false
	t.send(dialog.Header{})
}

// send sends one REGISTER (RFC 3261 10.2) with credentials, if they have a name.
func (t *trunk) send(credentials dialog.Header) {
	core := t.client.core
	target, n := core.Entry()
	if n == 0 {
		target, n = core.Trial()
	}
	if n == 0 {
		t.refused(call.Cause{Side: call.Core, Kind: call.CoreUnreachable, Text: "the SIP peer does not answer", Err: hop.ErrDown}, core.Wait())
		return
	}
	t.seq++
	seq := t.seq
	req, err := t.request(credentials)
	if err == nil {
		_, err = t.client.tx.Request(req, target, handler{
			response: func(res *sip.Response) {
				if res.StatusCode >= 200 {
					t.q.post(func() { t.answer(seq, target, req, res) })
				}
			},
			failed: func(err error) { t.q.post(func() { t.silent(seq, target, err) }) },
		})
	}
	if err != nil {
		t.silent(seq, target, err)
	}
}

// request builds the REGISTER.
func (t *trunk) request(credentials dialog.Header) (*sip.Request, error) {
	home := t.client.cfg.HomeDomain
	var uri sip.Uri
	if err := sip.ParseUri("sip:"+home, &uri); err != nil {
		return nil, err
	}
	own := "<sip:" + t.cfg.Username + "@" + home + ">"
	req := sip.NewRequest(sip.REGISTER, uri)
	for _, h := range []dialog.Header{
		{Name: "Max-Forwards", Value: "70"}, {Name: "From", Value: own + ";tag=" + t.tag}, {Name: "To", Value: own}, {Name: "Call-ID", Value: t.callID},
		{Name: "CSeq", Value: strconv.FormatUint(uint64(t.seq), 10) + " REGISTER"},
		{Name: "Contact", Value: "<" + t.client.uri(t.cfg.Username) + ">"}, {Name: "Expires", Value: strconv.FormatInt(int64(t.ask/time.Second), 10)},
		credentials,
	} {
		if h.Name != "" {
			req.AppendHeader(sip.NewHeader(h.Name, h.Value))
		}
	}
	req.SetBody(nil)
	return req, nil
}

// answer takes the peer's word.
func (t *trunk) answer(seq uint32, from transport.Target, req *sip.Request, res *sip.Response) {
	if seq != t.seq {
		return
	}
	t.client.core.Outcome(from, res, nil)
	status := res.StatusCode
	switch {
	case status == 401 || status == 407:
		if credentials, err := t.credentials(req, res); err == nil {
			t.send(credentials)
		} else {
			t.refused(call.Cause{Side: call.Core, Kind: call.Forbidden, SIP: status, Text: "the SIP peer asks for a password, and " + err.Error()}, 0)
		}
	case t.leaving != nil:
		t.leaving()
	case status < 300:
		t.granted(res)
	case status == 423 && !t.raised && t.raise(res):
		t.send(dialog.Header{})
	case status == 403:
		t.refused(call.Cause{Side: call.Core, Kind: call.Forbidden, SIP: status, Text: "the SIP peer refuses the account: look at trunk.username and trunk.password_file"}, 0)
	default:
		t.client.core.Next(from)
		t.refused(call.Cause{Side: call.Core, Kind: call.CoreUnreachable, SIP: status, Text: "the SIP peer does not register the gateway"}, hop.RetryAfter(res))
	}
}

// raise obeys a 423 (RFC 3261 10.2.8).
func (t *trunk) raise(res *sip.Response) bool {
	n, err := strconv.ParseUint(dialog.First(res, "min-expires"), 10, 31)
	if err != nil || time.Duration(n)*time.Second <= t.ask {
		return false
	}
	t.raised, t.ask = true, time.Duration(n)*time.Second
	return true
}

func (t *trunk) silent(seq uint32, to transport.Target, err error) {
	if seq != t.seq {
		return
	}
	t.client.core.Outcome(to, nil, err)
	t.client.core.Next(to)
	t.refused(call.Cause{Side: call.Core, Kind: call.CoreUnreachable, Text: "the SIP peer does not answer", Err: err}, 0)
}

// granted takes a 200 to REGISTER.
func (t *trunk) granted(res *sip.Response) {
	expires := grantedTime(res, ":"+t.cfg.Username+"@", t.ask)
	t.failed, t.bound = 0, true
	t.arm(refreshAfter(expires))
	if t.down.Swap(nil) != nil {
		t.log.Info("registered at the SIP peer", "expires", expires.String())
		t.tell()
	}
}

// refused ends a round: calls cannot be made until a later one succeeds.
func (t *trunk) refused(cause call.Cause, wait time.Duration) {
	if t.leaving != nil {
		t.leaving()
		return
	}
	c := t.client
	back := c.cfg.RegisterRetryMax
	if t.failed < 16 {
		back = min(back, c.cfg.RegisterRetry<<t.failed)
	}
	t.failed++
	t.bound = false
	if wait == 0 {
		wait = back
	}
	c.stats.failed(cause.Kind)
	t.log.Warn("not registered at the SIP peer", "cause", cause.Kind.String(), "status", cause.SIP, "text", cause.Text, "retry", wait)
	t.down.Store(&cause)
	t.arm(wait)
	t.tell()
}

// tell lets every binding look at where the trunk stands.
func (t *trunk) tell() {
	t.client.mu.Lock()
	defer t.client.mu.Unlock()
	for _, b := range t.client.bindings {
		b.q.post(b.attach)
	}
}

var (
	errNoAccount = errors.New("none is configured: set trunk.username and trunk.password_file")
	errTaken     = errors.New("it does not take the password of trunk.password_file for trunk.username")
)

// credentials answer the challenge of a response to req (RFC 3261 22.2, 22.3).
func (t *trunk) credentials(req *sip.Request, res *sip.Response) (dialog.Header, error) {
	if t.cfg.Username == "" {
		return dialog.Header{}, errNoAccount
	}
	asks, name := "www-authenticate", "Authorization"
	if res.StatusCode == 407 {
		asks, name = "proxy-authenticate", "Proxy-Authorization"
	}
	var values []string
	for _, h := range res.GetHeaders(asks) { // commas separate parameters here, too
		values = append(values, h.Value())
	}
	c, err := digest.Choose(values)
	switch {
	case err != nil:
		return dialog.Header{}, err
	case t.cfg.Realm != "" && c.Realm != t.cfg.Realm:
		return dialog.Header{}, fmt.Errorf("its realm %q is not trunk.realm", c.Realm)
	case dialog.First(req, name) != "" && !c.Stale:
		return dialog.Header{}, errTaken
	}
	uri := req.Recipient.String()
	answer := c.Prove(t.cfg.Username, t.password, string(req.Method), uri, token())
	return dialog.Header{Name: name, Value: c.Authorization(t.cfg.Username, uri, answer, "")}, nil
}

// attach gives a binding the standing its trunk has now.
func (b *Binding) attach() {
	if b.state == regLeaving {
		return
	}
	if cause := b.client.trunk.down.Load(); cause != nil {
		if b.current.Swap(nil) != nil || b.state != regTrying {
			b.state = regTrying
			b.params.Notify(RegistrationFailed{Cause: *cause})
		}
		return
	}
	if b.current.Load() != nil {
		return
	}
	uri := b.params.Identity.IMPU
	b.current.Store(&registration{identities: []AssociatedIdentity{{URI: uri, Default: true}}})
	b.state = regRegistered
	b.client.stats.registrations.Add(1)
	b.params.Notify(Registered{Identities: b.Identities()})
}

// trunkHeaders are those of a call to the peer.
func (c *Client) trunkHeaders(id AssociatedIdentity, anonymous bool) []dialog.Header {
	var out []dialog.Header
	if c.trunk.cfg.Asserted {
		out = append(out, dialog.Header{Name: "P-Asserted-Identity", Value: "<" + id.URI + ">"})
	}
	if anonymous {
		out = append(out, dialog.Header{Name: "Privacy", Value: "id"})
	}
	return append(out, dialog.Header{Name: "Accept", Value: "application/sdp"})
}

// maxArms bounds the browsers of one user that ring at once.
const maxArms = 16

// calledUser finds the browsers that a call of the peer is for: by the Request-URI, by P-Called-Party-ID, by To (a peer that calls
// its account says there which number was dialled), else the default callee's. The newest come first.
func (c *Client) calledUser(req *sip.Request) []*Binding {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, uri := range []string{req.Recipient.String(), dialog.AddrSpec(dialog.First(req, "p-called-party-id")), dialog.AddrSpec(dialog.First(req, "to", "t")), c.trunk.cfg.DefaultCallee} {
		if uri == "" {
			continue
		}
		var found []*Binding
		for _, b := range c.bindings {
			if identity.SameUser(uri, b.params.Identity.IMPU) {
				found = append(found, b)
			}
		}
		if len(found) > 0 {
			slices.SortFunc(found, func(a, b *Binding) int { return cmp.Compare(b.order, a.order) })
			return found[:min(len(found), maxArms)]
		}
	}
	return nil
}
