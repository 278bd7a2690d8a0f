package service

import (
	"strings"

	"causeway/signaling/sip/dialog"
)

// Verified is what the network says of the caller's number (the verstat parameter, TS 24.229 7.2A.20).
type Verified string

// The words of Verified; "" means that the network said nothing.
const (
	VerifiedPassed Verified = "passed" // TN-Validation-Passed, with or without its attestation level
	VerifiedFailed Verified = "failed" // TN-Validation-Failed
	VerifiedNot    Verified = "none"   // No-TN-Validation: the network did not check
)

// Verification reads verstat of a name-addr or addr-spec. It is a parameter of the telephone number: of a tel URI, or in the
// user part of a sip URI; some networks write it behind the host.
func Verification(value string) Verified {
	for _, part := range strings.FieldsFunc(dialog.AddrSpec(value), func(r rune) bool { return r == ';' || r == '@' || r == '?' }) {
		key, word, found := strings.Cut(part, "=")
		if !found || !strings.EqualFold(key, "verstat") {
			continue
		}
		switch word = strings.ToLower(word); {
		case strings.HasPrefix(word, "tn-validation-passed"):
			return VerifiedPassed
		case strings.HasPrefix(word, "tn-validation-failed"):
			return VerifiedFailed
		case strings.HasPrefix(word, "no-tn-validation"):
			return VerifiedNot
		}
		return ""
	}
	return ""
}

// WithoutVerification is a URI without its verstat, which is true of one message only: it is not to be shown, kept or dialled.
func WithoutVerification(uri string) string {
	const mark = ";verstat="
	for at := 0; at+len(mark) <= len(uri); at++ {
		if uri[at] != ';' || !strings.EqualFold(uri[at:at+len(mark)], mark) {
			continue
		}
		rest := uri[at+1:]
		if end := strings.IndexAny(rest, ";@?"); end >= 0 {
			return WithoutVerification(uri[:at] + rest[end:])
		}
		return uri[:at]
	}
	return uri
}
