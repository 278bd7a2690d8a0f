package sipws

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/transaction"
	"causeway/signaling/sip/transport"
	"causeway/signaling/wire"
)

const (
	// maxRefused is how many logins of one connection may be refused.
	maxRefused = 5
	// patience is how long a REGISTER waits for the core; non-INVITE transactions end after 32 s (RFC 3261 17.1.2.2).
	patience = 20 * time.Second
	// expiryGrace is how much later than promised a registration ends that is not refreshed.
	expiryGrace = 30 * time.Second
)

// registration is what an agent knows of its login and its registration.
type registration struct {
	in       bool // the session has let the user in
	digest   bool // by a password
	leaving  bool // our own logout is under way
	session  string
	secret   string
	window   time.Duration // how long the session outlives its connection
	until    time.Time     // end of the token
	state    wire.Registration
	wish     wish                // of the REGISTER that was read last
	as       wish                // as granted; zero before
	contact  *sip.ContactHeader  // as granted; nil before
	tx       *transaction.Server // the REGISTER that waits for its answer
	timer    *time.Timer         // nobody has refreshed
	patience *time.Timer
	question *wire.SessionChallenge // of the network, unanswered
	impi     string
	again    bool // the user agent has answered a question already
	nobody   bool // the network knows nobody by the private identity that was guessed
}

// wish is what a REGISTER asks for.
type wish struct {
	aor      string // the To URI, without parameters
	domain   string
	contact  *sip.ContactHeader
	instance string // UUID
	expires  time.Duration
	outbound bool
	leave    bool
}

// register takes a REGISTER (RFC 3261 10.3, RFC 8898, TS 24.229 5.2.2).
func (a *agent) register(tx *transaction.Server) {
	w, refusal := a.read(tx.Request())
	switch {
	case refusal != nil:
		refuse(tx, refusal.status, refusal.why, refusal.extra...)
	case a.reg.tx != nil: // RFC 3261 10.2: one at a time
		refuse(tx, 500, "The REGISTER before this one has not been answered yet.", retryAfter(time.Second))
	case w.leave:
		a.leave(tx)
	default:
		a.reg.tx, a.reg.wish = tx, w
		a.reg.patience = time.AfterFunc(patience, func() {
			a.post(func() {
				if a.reg.tx == tx {
					a.answerRegister(503, "The telephone network has not answered yet.", retryAfter(10*time.Second))
				}
			})
		})
		a.admit(readCredentials(tx.Request()))
	}
}

// refusal is a status and what explains it.
type refusal struct {
	status int
	why    string
	extra  []dialog.Header
}

// read understands a REGISTER.
func (a *agent) read(req *sip.Request) (wish, *refusal) {
	to := req.To().Address
	if (to.Scheme != "sip" && to.Scheme != "sips") || to.User == "" {
		return wish{}, &refusal{400, "The To URI must be sip:user@domain.", nil}
	}
	if unknown := dialog.Unsupported(req, []string{"outbound", "path", "gruu"}); unknown != "" {
		return wish{}, &refusal{420, "", []dialog.Header{{Name: "Unsupported", Value: unknown}}}
	}
	w := wish{aor: "sip:" + to.User + "@" + strings.ToLower(to.Host), domain: strings.ToLower(to.Host), expires: 10 * time.Minute}
	contacts := req.GetHeaders("Contact")
	value := dialog.First(req, "expires")
	if len(contacts) > 1 {
		return wish{}, &refusal{400, "One Contact at a time: a connection is one user agent's.", nil}
	}
	if len(contacts) == 1 {
		contact, ok := contacts[0].(*sip.ContactHeader)
		if !ok {
			return wish{}, &refusal{400, "The Contact cannot be read.", nil}
		}
		if contact.Address.Wildcard {
			if value != "0" { // RFC 3261 10.2.2
				return wish{}, &refusal{400, "Contact: * needs Expires: 0.", nil}
			}
			w.leave = true
			return w, nil
		}
		if contact.Address.Scheme != "sip" && contact.Address.Scheme != "sips" {
			return wish{}, &refusal{400, "The Contact must be a sip URI.", nil}
		}
		w.contact = contact
		if own, ok := contact.Params.Get("expires"); ok {
			value = own
		}
		instance, _ := contact.Params.Get("+sip.instance")
		w.instance = uuid(instance)
		w.outbound = contact.Params.Has("reg-id") && instance != "" && dialog.HasToken(req, "outbound", "supported", "k")
	}
	return w, w.expire(value, a.server.config)
}

// expire reads how long the registration is to last; 0 ends it.
func (w *wish) expire(value string, c Config) *refusal {
	if value != "" {
		n, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			return &refusal{400, "Expires is not a number of seconds.", nil}
		}
		w.expires = time.Duration(n) * time.Second
	}
	switch {
	case w.expires == 0:
		w.leave = true
	case w.expires < c.MinExpires:
		return &refusal{423, "", []dialog.Header{{Name: "Min-Expires", Value: seconds(c.MinExpires)}}}
	}
	w.expires = min(w.expires, c.MaxExpires)
	return nil
}

func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }

// admit logs the user in, renews its token, or asks for either.
func (a *agent) admit(c credentials) {
	r := &a.reg
	switch {
	case c.token != "" && r.in:
		a.ask(wire.MethodToken, params{"token": c.token}, a.renewed)
	case c.token != "":
		a.resumable(func(r *resumption) { a.login(c.token, r) })
	case !a.server.deps.Digest:
		a.challenge("")
	case r.in && r.digest && r.question == nil: // the network trusts the connection it proved (tls-yes)
		a.settle()
	case r.question != nil && c.response != "":
		a.prove(c)
	case r.question != nil:
		a.challenge("")
	case r.in:
		a.challenge("") // a token has to be renewed by a token
	default:
		a.knock(c)
	}
}

// login begins a session with a token, or takes up again the one that r, if it is not nil, tells of.
func (a *agent) login(token string, r *resumption) {
	if a.reg.tx == nil { // the connection was lost meanwhile
		return
	}
	p := params{"token": token, "instance": a.reg.wish.instance, "client": params{"name": "SIP"}}
	if r != nil {
		p["resume"] = params{"session": r.session, "secret": r.secret, "after": r.seq}
	}
	a.sit()
	a.ask(wire.MethodLogin, p, func(got answer) {
		if r != nil && got.Fault != nil && got.Fault.Data.Name == wire.NameResumeUnknown { // over, or never this user's
			a.log.Info("SIP user agent not resumed", "error", got.Fault.Data.Name)
			a.login(token, nil)
			return
		}
		if !a.loggedIn(got) {
			return
		}
		if r != nil {
			a.log.Info("SIP user agent resumed")
			a.seq = max(a.seq, r.seq)
			a.reg.as, a.reg.contact = a.reg.wish, a.reg.wish.contact // as it was granted before
			r.moveTo(a)
		}
		a.ask(wire.MethodToken, params{"token": token}, a.renewed) // tells when the token ends
	})
}

// loggedIn takes the login's answer.
func (a *agent) loggedIn(r answer) bool {
	if r.Fault != nil {
		a.refused++
		a.faulted(r.Fault)
		return false
	}
	var result struct {
		Session      string            `json:"session"`
		Secret       string            `json:"secret"`
		ResumeWindow wire.Millis       `json:"resumeWindow"`
		LastSeq      uint64            `json:"lastSeq"`
		Resumed      bool              `json:"resumed"`
		Registration wire.Registration `json:"registration"`
	}
	if err := json.Unmarshal(r.Result, &result); err != nil {
		a.log.Error("frame of the session not read", "err", err)
		a.answerRegister(500, "")
		return false
	}
	a.reg.in, a.reg.session, a.reg.secret, a.reg.window = true, result.Session, result.Secret, time.Duration(result.ResumeWindow)
	a.reg.state = result.Registration
	return true
}

// renewed takes the answer to session.token.
func (a *agent) renewed(r answer) {
	if r.Fault != nil {
		a.faulted(r.Fault)
		return
	}
	var result struct {
		Expires time.Time `json:"expires"`
	}
	_ = json.Unmarshal(r.Result, &result) // a token without an end has a zero one
	a.reg.until = result.Expires
	a.settle()
}

// registered takes what the core says of the registration.
func (a *agent) registered(e wire.Registration) {
	a.reg.state = e
	if a.reg.in {
		a.settle()
	}
}

// settle answers the REGISTER that waits, when it is clear what became of it.
func (a *agent) settle() {
	r := &a.reg
	if r.tx == nil {
		return
	}
	switch r.state.State {
	case wire.Registered:
		if !r.owns(r.wish.aor) {
			a.answerRegister(403, "The token is not for this address of record.")
			if r.as.aor == "" { // else what was granted goes on
				a.logout()
			}
			return
		}
		a.granted()
	case wire.RegistrationFails:
		f := failure(wire.NameCoreUnreachable).Fault
		if e := r.state.Error; e != nil {
			f.Message, f.Data.Name, f.Data.RetryAfter = e.Message, e.Name, e.RetryAfter
		}
		a.expireAfter(a.server.config.MaxExpires)
		a.faulted(f)
	case wire.RegistrationEnded:
		a.answerRegister(403, "The telephone network has ended the registration.")
	}
}

// owns reports whether an address of record is one of the user's identities: as it stands, or as its number.
func (r *registration) owns(aor string) bool {
	for _, id := range r.state.Identities {
		if bare(id.URI) == bare(aor) {
			return true
		}
	}
	return false
}

// bare is a URI without scheme and parameters, a telephone number's without its domain too.
func bare(uri string) string {
	_, rest, _ := strings.Cut(uri, ":")
	rest, _, _ = strings.Cut(rest, ";")
	user, domain, _ := strings.Cut(rest, "@")
	if strings.HasPrefix(user, "+") && strings.Trim(user[1:], "0123456789") == "" {
		return user
	}
	return user + "@" + strings.ToLower(domain)
}

// granted answers 200 (RFC 3261 10.3, RFC 5626 6, TS 24.229 5.2.2.1).
func (a *agent) granted() {
	r := &a.reg
	expires := r.wish.expires
	if !r.until.IsZero() {
		expires = max(min(expires, time.Until(r.until)), time.Second)
	}
	a.expireAfter(expires + expiryGrace)
	if r.as.key() != r.wish.key() {
		a.server.park.forget(r.as.key(), a)
	}
	r.as = r.wish
	a.server.park.keep(r.as.key(), a)
	var extra []dialog.Header
	if r.wish.contact != nil {
		r.contact = r.wish.contact
	}
	if c := r.contact; c != nil {
		params := slices.Clone(c.Params)
		params.Remove("expires")
		params.Add("expires", seconds(expires))
		extra = append(extra, dialog.Header{Name: "Contact", Value: "<" + c.Address.String() + ">;" + params.ToString(';')})
	}
	for _, id := range r.state.Identities {
		if _, err := transport.ParseURI(id.URI); err == nil {
			extra = append(extra, dialog.Header{Name: "P-Associated-URI", Value: named(id.Display, id.URI)})
		}
	}
	extra = append(extra, dialog.Header{Name: "Service-Route", Value: "<sip:orig@" + host + ";transport=ws;lr>"})
	if r.wish.outbound {
		extra = append(extra, dialog.Header{Name: "Require", Value: "outbound"})
	}
	a.log.Info("SIP user agent registered", "expires", expires.Round(time.Second).String())
	a.answerRegister(200, "", append(extra, dialog.Header{Name: "Supported", Value: "path, outbound"})...)
}

// expireAfter ends a registration that nobody refreshes.
func (a *agent) expireAfter(d time.Duration) {
	stop(a.reg.timer)
	a.reg.timer = time.AfterFunc(d, func() {
		a.post(func() {
			if a.reg.in && a.reg.tx == nil {
				a.log.Info("SIP registration not refreshed")
				a.logout()
			}
		})
	})
}

// answerRegister answers the REGISTER that waits.
func (a *agent) answerRegister(status int, why string, extra ...dialog.Header) {
	tx := a.reg.tx
	if tx == nil {
		return
	}
	stop(a.reg.patience)
	a.reg.tx = nil
	refuse(tx, status, why, extra...)
}

// faulted answers the REGISTER that waits with what the session said against it.
func (a *agent) faulted(f *fault) {
	switch status := statusOf(f.Data.Name); {
	case status == 401 && !a.reg.digest:
		a.challenge("invalid_token")
	case f.Data.Name == wire.NameSessionEnded:
		a.answerRegister(503, f.Message, retryAfter(5*time.Second))
	case f.Data.RetryAfter > 0 || status == 503:
		a.answerRegister(status, f.Message, retryAfter(max(time.Duration(f.Data.RetryAfter), 5*time.Second)))
	default:
		a.answerRegister(status, f.Message)
	}
}

// leave ends the registration of this connection; where there is none there is nothing to end.
func (a *agent) leave(tx *transaction.Server) {
	refuse(tx, 200, "")
	a.logout()
}

// logout ends the session: its calls, its registration in the core.
func (a *agent) logout() {
	if !a.reg.in || a.reg.leaving {
		return
	}
	stop(a.reg.timer)
	a.reg.leaving = true
	a.insist(wire.MethodLogout, params{})
}
