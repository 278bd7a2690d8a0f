package ims

import (
	"causeway/signaling/call"
	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/identity"
	"causeway/signaling/sip/service"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// What supplementary services add to a call's messages, in both directions: user-to-user information (RFC 7433), headers of
// applications, diversions (TS 24.604).

// UserData is user-to-user information.
type UserData = service.UserData

// CustomHeader is one header of an application.
type CustomHeader = service.Header

// Extras go from an application at one end of a call to one at the other.
type Extras struct {
	UserToUser UserData
	Headers    []CustomHeader
}

// Diversion says that a call was diverted.
type Diversion struct {
	By     RemoteParty // whose phone diverted it; nothing is known of it where it is anonymous
	To     RemoteParty // where it went
	Reason string      // "unconditional", "busy", "noAnswer", "unreachable", "deflected", "unknown"
}

// extras reads what a message of the core brings.
func (c *Client) extras(msg dialog.Message) Extras {
	e := Extras{Headers: service.ReadCustom(msg, c.cfg.Calls.CustomHeaders)}
	if c.cfg.Calls.UserToUser {
		e.UserToUser = service.ReadUserData(msg)
	}
	return e
}

// CheckExtras reports whether a page may send these. An error is a *call.Cause: UserDataRefused, HeaderRefused.
func (b *Binding) CheckExtras(e Extras) error {
	_, err := b.client.headers(e)
	return err
}

// headers checks what a page wants to send and writes it. An error is a *call.Cause: UserDataRefused, HeaderRefused.
func (c *Client) headers(e Extras) ([]dialog.Header, error) {
	var out []dialog.Header
	if e.UserToUser != (UserData{}) {
		if !c.cfg.Calls.UserToUser {
			return nil, &call.Cause{Side: call.Gateway, Kind: call.UserDataRefused, Text: "this gateway does not carry user-to-user information"}
		}
		if err := e.UserToUser.Check(); err != nil {
			return nil, &call.Cause{Side: call.Browser, Kind: call.UserDataRefused, Text: err.Error()}
		}
		out = append(out, dialog.Header{Name: "User-to-User", Value: e.UserToUser.Header()})
	}
	list, err := service.Choose(c.cfg.Calls.CustomHeaders, e.Headers)
	if err != nil {
		return nil, &call.Cause{Side: call.Browser, Kind: call.HeaderRefused, Text: err.Error()}
	}
	for _, h := range list {
		out = append(out, dialog.Header{Name: h.Name, Value: h.Value})
	}
	return out, nil
}

// diverted reads the newest diversion of a message, nil if there is none.
func diverted(msg dialog.Message) *Diversion {
	d, ok := service.LastDiversion(msg)
	if !ok {
		return nil
	}
	return &Diversion{By: named(d.By, d.ByName), To: named(d.To, d.ToName), Reason: d.Reason}
}

// named is a party of a diversion; one that is withheld or cannot be shown is anonymous.
func named(uri, name string) RemoteParty {
	if !identity.Assertable(uri) {
		return RemoteParty{Anonymous: true}
	}
	return RemoteParty{URI: uri, Number: identity.Number(uri), Name: identity.Text(name)}
}

// party reads who the far end is: the asserted identities unless it asked for privacy (RFC 3323, 3325), else From. The name in From
// is what the caller's phone says: it counts only where From names the asserted identity (TS 24.607 4.5.2.9).
func party(msg interface{ GetHeaders(string) []sip.Header }, from string) RemoteParty {
	for _, v := range dialog.Values(msg, "privacy") {
		for p := range strings.SplitSeq(strings.ToLower(v), ";") {
			if p = strings.TrimSpace(p); p == "id" || p == "user" || p == "header" {
				return RemoteParty{Anonymous: true}
			}
		}
	}
	values := dialog.Values(msg, "p-asserted-identity")
	if len(values) == 0 && from != "" {
		values = []string{from}
	}
	var out RemoteParty
	for _, v := range values {
		if out.Verified == "" {
			out.Verified = string(service.Verification(v))
		}
		uri := service.WithoutVerification(dialog.AddrSpec(v))
		if !identity.Assertable(uri) || strings.Contains(strings.ToLower(uri), "anonymous.invalid") {
			continue
		}
		if out.URI == "" {
			out.URI = uri
		}
		if n := identity.Number(uri); n != "" && (out.Number == "" || strings.HasPrefix(uri, "tel:")) {
			out.Number = n
		}
		if out.Name == "" {
			out.Name = identity.Text(dialog.DisplayName(v))
		}
	}
	if out.URI == "" {
		return RemoteParty{Anonymous: true}
	}
	own := service.WithoutVerification(dialog.AddrSpec(from))
	if own != out.URI && (out.Number == "" || identity.Number(own) != out.Number) {
		return out
	}
	if out.Verified == "" {
		out.Verified = string(service.Verification(from))
	}
	if name := identity.Text(dialog.DisplayName(from)); out.Name == "" && !strings.EqualFold(name, "anonymous") {
		out.Name = name
	}
	return out
}

// mask hides all but the last two digits or letters of an identity, for logs.
func mask(uri string) string {
	scheme, rest, _ := strings.Cut(uri, ":")
	user, _, _ := strings.Cut(rest, "@")
	user, _, _ = strings.Cut(user, ";")
	if len(user) <= 2 {
		return scheme + ":..."
	}
	return scheme + ":..." + user[len(user)-2:]
}
