package ims

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/call"
	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/hop"
	"causeway/signaling/sip/identity"
	"causeway/signaling/sip/transaction"
	"causeway/signaling/sip/transport"
)

// Registration for a browser (TS 24.229 5.2.2 as P-CSCF; TS 33.203 Annex U TNA, TS 24.371 6.1).
//
//	               200                      600 s before expiry, or half (24.229 5.1.1.4.1)
//	registering ---------> registered -------------------------------------> refreshing
//	   | ^  423: Min-Expires, again        ^                                   |  |  200
//	   | |  305, 5xx, 480, no answer: next | address, then after a back-off    |  +-----> registered
//	   | +---------------------------------+-----------------------------------+
//	   | 401, 403, 404, 420 and the like            expiry without success: RegistrationFailed
//	   v
//	failed (final)                Unbind: REGISTER with Expires 0; NOTIFY of reg-event: Deregistered (regevent.go)
//
// The core is told by integrity-protected="auth-done" that the gateway has authenticated the user itself; a challenge
// in return means that it does not trust us. A user with a password of its own proves it instead: digest.go. One Contact
// user part and one Path token per binding lead MT requests back.

// register starts a round: every address of the core once.
func (b *Binding) register() {
	if b.state == regFailed || b.state == regLeaving {
		return
	}
	if b.current.Load() == nil {
		b.state = regTrying
	}
	b.hops, b.retries = 0, 0
	b.proof.id, b.proof.answer, b.proof.asked = "", nil, 0
	// Without an address, or after a round in which none was any good (TS 24.229 5.2.2.1), names are looked up anew.
	if n, _, _ := b.client.core.State(); n == 0 || b.attempt > 0 {
		if err := b.client.core.Refresh(context.Background()); err != nil && n == 0 {
			b.again(call.Cause{Side: call.Core, Kind: call.CoreUnreachable, Text: "the core cannot be found", Err: err}, 0)
			return
		}
	}
	b.send()
}

// send sends one REGISTER to the core's entry.
func (b *Binding) send() {
	target, n := b.client.core.Entry()
	if n == 0 {
		target, n = b.client.core.Trial()
	}
	if n == 0 {
		b.again(call.Cause{Side: call.Core, Kind: call.CoreUnreachable, Text: "no address of the core answers", Err: hop.ErrDown}, b.client.core.Wait())
		return
	}
	b.seq++
	seq := b.seq
	req, err := b.request(b.ask)
	if err == nil {
		_, err = b.client.tx.Request(req, target, handler{
			response: func(res *sip.Response) {
				if res.StatusCode >= 200 {
					b.q.post(func() { b.answer(seq, target, res) })
				}
			},
			failed: func(err error) { b.q.post(func() { b.failed(seq, target, err) }) },
		})
	}
	if err != nil {
		b.failed(seq, target, err)
	}
}

// request builds the REGISTER (TS 24.229 5.2.2.1 and 5.1.1.2, RFC 3327, RFC 7315).
func (b *Binding) request(expires time.Duration) (*sip.Request, error) {
	c := b.client
	home := c.cfg.HomeDomain
	var uri sip.Uri
	if err := sip.ParseUri("sip:"+home, &uri); err != nil {
		return nil, err
	}
	req := sip.NewRequest(sip.REGISTER, uri)
	add := func(name, value string) { req.AppendHeader(sip.NewHeader(name, value)) }
	add("Max-Forwards", "70")
	add("From", "<"+b.params.Identity.IMPU+">;tag="+b.tag)
	add("To", "<"+b.params.Identity.IMPU+">")
	add("Call-ID", b.callID)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: b.seq, MethodName: sip.REGISTER})
	add("Contact", b.contact())
	add("Expires", strconv.FormatInt(int64(expires/time.Second), 10))
	add("Authorization", b.authorization())
	add("Path", "<"+c.uri("mt-"+b.token)+";lr>")
	add("Require", "path")
	add("Supported", "path, gruu")
	add("P-Visited-Network-ID", `"`+c.cfg.visited()+`"`)
	add("P-Charging-Vector", c.charging(token()))
	if info := c.accessInfo(); info != "" {
		add("P-Access-Network-Info", info)
	}
	req.SetBody(nil)
	return req, nil
}

// mmtel is the service identifier of IMS telephony as a feature tag's value (TS 24.173, RFC 3840).
const mmtel = `+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel"`

// charging is a P-Charging-Vector value (RFC 7315 4.6).
func (c *Client) charging(icid string) string {
	host, _, _ := strings.Cut(c.address(), ":")
	if strings.HasPrefix(c.address(), "[") {
		host = c.address()[:strings.IndexByte(c.address(), ']')+1]
	}
	return `icid-value="` + icid + `";icid-generated-at=` + host
}

// accessInfo is P-Access-Network-Info as a network node gives it (TS 24.229 7.2A.4).
func (c *Client) accessInfo() string {
	if c.cfg.AccessNetworkInfo == "" {
		return ""
	}
	return c.cfg.AccessNetworkInfo + ";network-provided"
}

// answer takes the final response of a REGISTER.
func (b *Binding) answer(seq uint32, from transport.Target, res *sip.Response) {
	if seq != b.seq {
		return // of an attempt given up
	}
	b.client.core.Outcome(from, res, nil)
	status := res.StatusCode
	switch {
	case b.state == regLeaving:
		b.left(status)
	case status < 300:
		b.granted(from, res)
	case status == 423 && b.raise(res):
		b.send()
	case status == 401 && b.params.Digest != nil:
		b.challenged(res)
	case status == 403 && b.proof.sent: // TS 24.229 5.4.1.2.3: too many wrong answers, or a core that says so at once
		b.refusedProof(call.Cause{Side: call.Core, Kind: call.Forbidden, SIP: status, Text: "the core refuses the user's password"}, AuthRefused)
	case status == 305 || status == 408 || status == 480 || status >= 500 && status < 600:
		b.nextHop(from, refusal(status, res), hop.RetryAfter(res))
	default:
		b.refused(refusal(status, res))
	}
}

// left ends the de-registration; 404 and 481 say that there was nothing to take back.
func (b *Binding) left(status int) {
	b.client.stats.deregistrations.Add(1)
	b.log.Info("de-registered", "status", status)
	if status >= 300 && status != 404 && status != 481 {
		b.gone(refusal(status, nil))
		return
	}
	b.gone(nil)
}

// failed takes a REGISTER without a final response.
func (b *Binding) failed(seq uint32, to transport.Target, err error) {
	if seq != b.seq {
		return
	}
	b.client.core.Outcome(to, nil, err)
	cause := call.Cause{Side: call.Core, Kind: call.CoreUnreachable, Text: "the core does not answer", Err: err}
	if errors.Is(err, transaction.ErrTooMany) {
		b.client.stats.overloads.Add(1)
		cause = call.Cause{Side: call.Gateway, Kind: call.Congestion, Text: "the gateway is busy", Err: err}
	}
	b.nextHop(to, cause, 0)
}

// nextHop tries the core's next address; when all were tried it waits.
func (b *Binding) nextHop(failed transport.Target, cause call.Cause, wait time.Duration) {
	b.client.core.Next(failed)
	b.hops++
	if _, n := b.client.core.Entry(); b.hops < n {
		b.send()
		return
	}
	if b.state == regLeaving {
		b.gone(cause)
		return
	}
	b.again(cause, wait)
}

// again ends a round and plans the next. While the old registration still holds, the user hears nothing.
func (b *Binding) again(cause call.Cause, wait time.Duration) {
	if b.state == regLeaving {
		b.gone(cause)
		return
	}
	c := b.client
	back := c.cfg.RegisterRetryMax
	if b.attempt < 16 {
		back = min(back, c.cfg.RegisterRetry<<b.attempt)
	}
	b.attempt++
	if wait == 0 { // half to one and a half: thousands of browsers must not come back at once
		wait = back/2 + time.Duration(random(int64(back)+1))
	}
	c.stats.failed(cause.Kind)
	r := b.current.Load()
	if r != nil && time.Now().Before(r.until) {
		wait = min(wait, time.Until(r.until)+time.Millisecond)
		b.log.Warn("refreshing the registration failed", "cause", cause.Kind.String(), "status", cause.SIP, "retry", wait)
	} else {
		b.current.Store(nil)
		b.state = regTrying
		b.log.Warn("registration failed", "cause", cause.Kind.String(), "status", cause.SIP, "retry", wait)
		b.params.Notify(RegistrationFailed{Cause: cause, RetryAfter: wait})
	}
	b.arm(wait)
}

// refused ends the registration for good.
func (b *Binding) refused(cause call.Cause) { b.refusedProof(cause, "") }

// refusal makes a cause of a REGISTER's failure, in words that tell an operator what to look at.
func refusal(status int, res *sip.Response) call.Cause {
	cause := call.Cause{Side: call.Core, SIP: status, Kind: call.Unavailable}
	switch {
	case status == 401 || status == 407:
		cause.Kind, cause.Text = call.Forbidden, "the core asks for a password: it does not trust this gateway's word for its users; make the gateway a trusted node of the I-CSCF and the S-CSCF (TS 33.203 U.2)"
	case status == 403:
		cause.Kind, cause.Text = call.Forbidden, "the core does not admit this user, or not from this visited network"
	case status == 404:
		cause.Kind, cause.Text = call.Forbidden, "the core does not know this user"
	case status == 420 || status == 421:
		cause.Kind, cause.Text = call.Internal, "the core lacks an extension that registration needs"
		if res != nil && dialog.HasToken(res, "path", "unsupported") {
			cause.Text = "the core does not take Path: the configured core address is not that of an I-CSCF"
		}
	case status == 423:
		cause.Kind, cause.Text = call.Internal, "the core wants a registration time that cannot be granted"
	case status == 503:
		cause.Kind, cause.Text = call.Congestion, "the core is overloaded"
	case status >= 500 && status < 600 || status == 408 || status == 480 || status == 305:
		cause.Kind, cause.Text = call.Unavailable, "the core cannot register anybody now"
	default:
		cause.Kind, cause.Text = call.Forbidden, "the core refused the registration"
	}
	return cause
}

// raise obeys a 423 (RFC 3261 10.2.8).
func (b *Binding) raise(res *sip.Response) bool {
	n, err := strconv.ParseUint(dialog.First(res, "min-expires"), 10, 31)
	least := time.Duration(n) * time.Second
	if err != nil || least <= b.ask || b.retries >= 2 {
		return false
	}
	b.retries++
	b.ask = least
	return true
}

// arm starts the timer of the next round.
func (b *Binding) arm(wait time.Duration) {
	b.stopTimer()
	b.timer = time.AfterFunc(wait, func() { b.q.post(b.register) })
}

func (b *Binding) stopTimer() {
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
}

// granted takes a 200.
func (b *Binding) granted(entry transport.Target, res *sip.Response) {
	r := &registration{routes: cleanURIs(dialog.Values(res, "service-route")), entry: entry}
	for _, v := range dialog.Values(res, "p-associated-uri") {
		uri := dialog.AddrSpec(v)
		if !identity.Assertable(uri) {
			continue
		}
		r.identities = append(r.identities, AssociatedIdentity{URI: uri, Display: identity.Text(dialog.DisplayName(v)), Default: len(r.identities) == 0})
	}
	if len(r.identities) == 0 { // TS 24.229 5.2.2.1: without P-Associated-URI nothing may be asserted
		b.refused(call.Cause{Side: call.Core, Kind: call.Forbidden, SIP: res.StatusCode, Text: "the core gave the user no public identity"})
		return
	}
	r.expires = grantedTime(res, ":"+b.token+"@", b.ask)
	r.until = time.Now().Add(r.expires)
	r.public, r.temporary = gruus(res, b.token)
	b.address(r)
	old := b.current.Swap(r)
	b.state, b.attempt = regRegistered, 0
	b.proof = proof{bound: true}
	b.arm(refreshAfter(r.expires))
	if old != nil {
		b.client.stats.refreshes.Add(1)
	} else {
		b.client.stats.registrations.Add(1)
		b.log.Info("registered", "identities", len(r.identities), "expires", r.expires.String())
	}
	if old == nil || !slices.Equal(old.identities, r.identities) {
		b.params.Notify(Registered{Identities: slices.Clone(r.identities), Expires: r.expires})
	}
	b.subscribe()
}

// grantedTime is the expiry of our Contact, which contains own, else of the message, else what we asked for (RFC 3261 10.2.4).
func grantedTime(res *sip.Response, own string, asked time.Duration) time.Duration {
	value := dialog.First(res, "expires")
	for _, v := range dialog.Values(res, "contact", "m") {
		if e, ok := dialog.Param(v, "expires"); ok && strings.Contains(dialog.AddrSpec(v), own) {
			value = e
			break
		}
	}
	n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
	if err != nil || n == 0 {
		return asked
	}
	return time.Duration(n) * time.Second
}

// refreshAfter is when to register again: 600 s before the expiry, or at half of a short one (TS 24.229 5.1.1.4.1).
func refreshAfter(expires time.Duration) time.Duration {
	if expires > 1200*time.Second {
		return expires - 600*time.Second
	}
	return expires / 2
}

// cleanURIs keeps the route values that can be written as they are (name-addr with a sip URI).
func cleanURIs(values []string) []string {
	var out []string
	for _, v := range values {
		uri := dialog.AddrSpec(v)
		if len(uri) <= 512 && identity.ASCII(uri) && !strings.ContainsAny(uri, " <>\"") && strings.HasPrefix(strings.ToLower(uri), "sip") {
			out = append(out, "<"+uri+">")
		}
	}
	return out
}
