package rx

import (
	"errors"
	"net/netip"
	"strconv"
	"time"

	"causeway/diameter/dict"
	"causeway/diameter/peer"

	"github.com/fiorix/go-diameter/v4/diam"
)

// Outcome is what became of an authorisation.
type Outcome uint8

// The outcomes.
const (
	Unreachable  Outcome = iota // no peer, no answer in time, or an error that is no decision (3002, 3004, 5012, ...)
	Granted                     // 2001
	Rejected                    // the PCRF decided against the service
	NotAvailable                // 5065: no IP-CAN session for this address; normal off the operator's own access
)

// String returns the outcome as metrics name it.
func (o Outcome) String() string {
	return [...]string{"unreachable", "granted", "rejected", "not_available", "invalid"}[min(o, 4)]
}

// Result is the answer to an authorisation.
type Result struct {
	Outcome Outcome
	Code    uint32 // Result-Code, or Experimental-Result-Code of 3GPP; 0 without an answer
	Text    string // a sentence for people; nothing of it comes from the wire
	// Acceptable says what bandwidths the PCRF would have granted (Acceptable-Service-Info, with 5063).
	Acceptable []MediaComponent
	RetryAfter time.Duration // when to ask again (Retry-Interval, with 4261); 0 for not said
	Access     Access
}

// Access is what the PCRF tells of the access network, in an answer or a RAR. Absent values are zero, nil or false.
type Access struct {
	IPCANType, RATType       uint32 // TS 29.212 5.3.27, 5.3.31
	HasIPCANType, HasRATType bool
	Gateways                 []netip.Addr // AN-GW-Address
	ChargingAddress          []netip.Addr // Access-Network-Charging-Address
	ChargingIDs              []string     // Access-Network-Charging-Identifier-Value, raw octets
	UserLocation             string       // 3GPP-User-Location-Info, raw octets (TS 29.061 16.4.7.2)
	TimeZone                 string       // 3GPP-MS-TimeZone, raw octets
	PLMN                     string       // 3GPP-SGSN-MCC-MNC, decimal digits
}

// parseAccess reads what there is.
func parseAccess(list dict.AVPs) Access {
	var a Access
	a.IPCANType, a.HasIPCANType = list.U32(dict.CodeIPCANType, dict.Vendor3GPP)
	a.RATType, a.HasRATType = list.U32(dict.CodeRATType, dict.Vendor3GPP)
	a.Gateways = list.Addresses(dict.CodeANGWAddress, dict.Vendor3GPP)
	a.ChargingAddress = list.Addresses(dict.CodeAccessNetworkChargingAddress, dict.Vendor3GPP)
	for g := range list.Groups(dict.CodeAccessNetworkChargingIdentifier, dict.Vendor3GPP) {
		if id, ok := g.Text(dict.CodeAccessNetworkChargingIdentifierValue, dict.Vendor3GPP); ok && len(a.ChargingIDs) < 16 {
			a.ChargingIDs = append(a.ChargingIDs, id)
		}
	}
	a.UserLocation, _ = list.Text(dict.CodeTGPPUserLocationInfo, dict.Vendor3GPP)
	a.TimeZone, _ = list.Text(dict.CodeTGPPMSTimeZone, dict.Vendor3GPP)
	if plmn, ok := list.Text(dict.CodeTGPPSGSNMCCMNC, dict.Vendor3GPP); ok && len(plmn) <= 6 && digits(plmn) {
		a.PLMN = plmn
	}
	return a
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// decision is what one code of a PCRF means.
type decision struct {
	outcome Outcome
	text    string
}

// decisions maps 3GPP's experimental results (TS 29.214 5.5). A code that is not here is no decision.
func decisions(code uint32) (decision, bool) {
	switch code {
	case dict.ResultServiceTemporarilyNotAuthorized:
		return decision{Rejected, "the network does not allow this service at the moment"}, true
	case dict.ResultInvalidServiceInformation:
		return decision{Rejected, "the network found the description of the media invalid or insufficient"}, true
	case dict.ResultFilterRestrictions:
		return decision{Rejected, "the network cannot handle the addresses and ports of the media"}, true
	case dict.ResultRequestedServiceNotAuthorized:
		return decision{Rejected, "the subscription does not allow this service or bandwidth"}, true
	case dict.ResultDuplicatedAFSession:
		return decision{Rejected, "the network already has a session for this service"}, true
	case dict.ResultIPCANSessionNotAvailable:
		return decision{NotAvailable, "the network knows no connection of this address: the browser is not on the operator's own access"}, true
	case dict.ResultUnauthorizedNonEmergencySession:
		return decision{Rejected, "the connection is for emergency calls only"}, true
	case dict.ResultUnauthorizedSponsoredConnectivity:
		return decision{Rejected, "the sponsored connection is not authorised"}, true
	case dict.ResultTemporaryNetworkFailure:
		return decision{Unreachable, "the access network does not answer the PCRF"}, true
	default:
		return decision{}, false
	}
}

// classify reads an AAA.
func classify(msg *diam.Message) Result {
	list := dict.AVPs(msg.AVP)
	r := Result{Access: parseAccess(list)}
	if g, ok := list.Group(dict.CodeExperimentalResult, 0); ok {
		vendor, _ := g.U32(dict.CodeVendorID, 0)
		r.Code, _ = g.U32(dict.CodeExperimentalResultCode, 0)
		d, known := decisions(r.Code)
		switch {
		case vendor == dict.Vendor3GPP && known:
			r.Outcome, r.Text = d.outcome, d.text
		case r.Code >= 2000 && r.Code < 3000:
			r.Outcome, r.Text = Granted, "granted"
		default:
			r.Outcome, r.Text = Unreachable, "the PCRF answered with an error it has not explained: "+strconv.Itoa(int(r.Code))
		}
		r.acceptable(list)
		return r
	}
	code, ok := list.U32(dict.CodeResultCode, 0)
	r.Code = code
	switch {
	case !ok:
		r.Text = "the PCRF answered without a result"
	case code >= 2000 && code < 3000:
		r.Outcome, r.Text = Granted, "granted"
	case code == 5003: // DIAMETER_AUTHORIZATION_REJECTED (RFC 6733 7.1.5) is the one decision among the base codes
		r.Outcome, r.Text = Rejected, "the network does not authorise the service"
	case code == dict.ResultUnableToDeliver:
		r.Text = "the Diameter network cannot reach the PCRF"
	case code == dict.ResultTooBusy:
		r.Text = "the PCRF is too busy"
	default:
		r.Text = "the PCRF answered with error " + strconv.FormatUint(uint64(code), 10)
	}
	return r
}

// acceptable reads what comes with a rejection.
func (r *Result) acceptable(list dict.AVPs) {
	if g, ok := list.Group(dict.CodeAcceptableServiceInfo, dict.Vendor3GPP); ok {
		for c := range g.Groups(dict.CodeMediaComponentDescription, dict.Vendor3GPP) {
			if len(r.Acceptable) < maxComponents {
				r.Acceptable = append(r.Acceptable, dict.ParseMediaComponent(c))
			}
		}
	}
	if s, ok := list.U32(dict.CodeRetryInterval, dict.Vendor3GPP); ok {
		r.RetryAfter = time.Duration(s) * time.Second
	}
}

// unreachable makes the result of a request without an answer.
func unreachable(err error) Result {
	switch {
	case errors.Is(err, peer.ErrTimeout):
		return Result{Text: "the PCRF did not answer in time"}
	case errors.Is(err, peer.ErrBusy):
		return Result{Text: "too many requests to the PCRF are unanswered"}
	case errors.Is(err, peer.ErrStopped):
		return Result{Text: "the gateway is stopping"}
	default:
		return Result{Text: "no PCRF is connected"}
	}
}
