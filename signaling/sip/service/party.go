package service

import (
	"strings"

	"causeway/signaling/sip/dialog"
	"causeway/signaling/sip/identity"
)

// Party is whom the core says we speak with. Everything is empty for an anonymous party.
type Party struct {
	URI       string // asserted sip or tel URI
	Number    string // telephone number in it, "+15550101"
	Name      string // display name, control characters removed, at most 128 bytes
	Anonymous bool   // the party asked for privacy (RFC 3323, 3325)
	// Verified is what the network says of the number: "passed", "failed", "none" (not checked), "" (nothing said).
	Verified string
}

// Named is a party of a diversion; one that is withheld or cannot be shown is anonymous.
func Named(uri, name string) Party {
	if !identity.Assertable(uri) {
		return Party{Anonymous: true}
	}
	return Party{URI: uri, Number: identity.Number(uri), Name: identity.Text(name)}
}

// Withheld reports that the sender asked for privacy (RFC 3323, 3325).
func Withheld(msg dialog.Message) bool {
	for _, v := range dialog.Values(msg, "privacy") {
		for p := range strings.SplitSeq(strings.ToLower(v), ";") {
			if p = strings.TrimSpace(p); p == "id" || p == "user" || p == "header" {
				return true
			}
		}
	}
	return false
}

// PartyOf reads who the far end is: the asserted identities unless it asked for privacy (RFC 3323, 3325), else From. The name in From
// is what the caller's phone says: it counts only where From names the asserted identity (TS 24.607 4.5.2.9).
func PartyOf(msg dialog.Message, from string) Party {
	if Withheld(msg) {
		return Party{Anonymous: true}
	}
	values := dialog.Values(msg, "p-asserted-identity")
	if len(values) == 0 && from != "" {
		values = []string{from}
	}
	var out Party
	for _, v := range values {
		if out.Verified == "" {
			out.Verified = string(Verification(v))
		}
		uri := WithoutVerification(dialog.AddrSpec(v))
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
		return Party{Anonymous: true}
	}
	own := WithoutVerification(dialog.AddrSpec(from))
	if own != out.URI && (out.Number == "" || identity.Number(own) != out.Number) {
		return out
	}
	if out.Verified == "" {
		out.Verified = string(Verification(from))
	}
	if name := identity.Text(dialog.DisplayName(from)); out.Name == "" && !strings.EqualFold(name, "anonymous") {
		out.Name = name
	}
	return out
}
