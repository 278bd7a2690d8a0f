package service

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"causeway/signaling/sip/dialog"
)

// Bounds of custom headers in one message.
const (
	MaxCustom      = 16  // headers of one call
	MaxCustomName  = 64  // bytes
	MaxCustomValue = 256 // bytes
)

// reserved are the P- headers with a meaning in the core (RFC 3325, 5009, 5002, 5503, 6050, 7315, 8496, 8497; TS 24.229), in lower case. No
// page may write one and no page is shown one this way.
func reserved() []string {
	return []string{
		"p-access-network-info", "p-answer-state", "p-asserted-identity", "p-asserted-service", "p-associated-uri", "p-called-party-id",
		"p-charge-info", "p-charging-function-addresses", "p-charging-vector", "p-dcs-billing-info", "p-dcs-laes", "p-dcs-osps", "p-dcs-redirect",
		"p-dcs-trace-party-id", "p-early-media", "p-media-authorization", "p-preferred-identity", "p-preferred-service", "p-private-network-indication",
		"p-profile-key", "p-refused-uri-list", "p-served-user", "p-user-database", "p-visited-network-id",
	}
}

// Header is one header of an application.
type Header struct{ Name, Value string }

// CheckName reports why a header may not be on the operator's list: only X- and P- names without a meaning in the core may.
func CheckName(name string) error {
	low := strings.ToLower(name)
	switch {
	case len(name) < 3 || len(name) > MaxCustomName || strings.Trim(low, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return fmt.Errorf("%q is not a header name of at most %d letters, digits and hyphens", name, MaxCustomName)
	case !strings.HasPrefix(low, "x-") && !strings.HasPrefix(low, "p-"):
		return fmt.Errorf("%q does not begin with X- or P-", name)
	case slices.Contains(reserved(), low):
		return fmt.Errorf("%q has a meaning in the core: no page may write it", name)
	}
	return nil
}

// ErrCustom is why a page's header is not sent.
var ErrCustom = errors.New("this header may not be sent")

// Choose checks a page's headers against the operator's list and returns them under the list's spelling, in its order.
func Choose(allowed []string, given []Header) ([]Header, error) {
	if len(given) > MaxCustom {
		return nil, fmt.Errorf("%w: at most %d headers", ErrCustom, MaxCustom)
	}
	var out []Header
	for _, name := range allowed {
		for _, h := range given {
			if strings.EqualFold(h.Name, name) && CheckName(name) == nil {
				out = append(out, Header{Name: name, Value: strings.TrimSpace(h.Value)})
				break // a second one is not counted, and so refused
			}
		}
	}
	if len(out) != len(given) {
		return nil, fmt.Errorf("%w: it is not on the operator's list, or there twice", ErrCustom)
	}
	for _, h := range out {
		if h.Value == "" || len(h.Value) > MaxCustomValue || !printable(h.Value) || strings.Count(h.Value, `"`)%2 != 0 {
			return nil, fmt.Errorf("%w: a value is 1 to %d printable ASCII characters with balanced quotes", ErrCustom, MaxCustomValue)
		}
	}
	return out, nil
}

// ReadCustom takes the headers of the operator's list out of a message, the first of each name, in the list's order. A value
// that could not be sent is left out.
func ReadCustom(msg dialog.Message, allowed []string) []Header {
	var out []Header
	for _, name := range allowed {
		headers := msg.GetHeaders(strings.ToLower(name))
		if len(headers) == 0 || len(out) == MaxCustom {
			continue
		}
		if one, err := Choose([]string{name}, []Header{{name, headers[0].Value()}}); err == nil {
			out = append(out, one...)
		}
	}
	return out
}
