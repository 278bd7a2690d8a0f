package sipws

import (
	"strconv"
	"strings"

	"causeway/signaling/wire"
)

// statuses are the SIP statuses of the error catalogue: of a refused request, and of why a call ended before its answer when
// the network gave no status.
func statusOf(name string) int {
	switch name {
	case wire.NameTokenMissing, wire.NameTokenInvalid, wire.NameTokenExpired, wire.NameTokenAudience, wire.NameLoginRequired:
		return 401
	case wire.NameIdentityRefused, wire.NameRegistrationRefused, wire.NameSchemeRefused, wire.NamePasswordRefused, wire.NameInsecureLogin,
		wire.NameTooManySessions, wire.NameIdentityBarred, wire.NameDigestUnsupported, wire.NameChallengeUnanswered, wire.NameMessageRefused,
		wire.NameMessageEmergency, "forbidden", "policy_rejected":
		return 403
	case "number_unknown":
		return 404
	case "number_invalid":
		return 484
	case wire.NameTransferUnsupported:
		return 405
	case wire.NameMessageTooLong:
		return 413
	case "busy", wire.NameTooManyCalls:
		return 486
	case "cancelled", "hangup", "answered_elsewhere":
		return 487
	case wire.NameSDPInvalid, "media_incompatible":
		return 488
	case wire.NameMessageFailed, wire.NameMessageUndelivered, "no_answer", "unavailable", "session_ended", "deregistered", "redirected":
		return 480
	case "declined", wire.NameTransferRefused:
		return 603
	case "emergency_use_phone":
		return 380
	case "precondition_failed":
		return 580
	case wire.NameParamsInvalid:
		return 400
	case wire.NameCallUnknown:
		return 481
	case wire.NameCallState:
		return 491
	case wire.NameRateLimited, wire.NameDraining, wire.NameCoreUnreachable, wire.NameNotRegistered, "issuer_unreachable", "too_many_attempts",
		wire.NameTransferFailed, "pool_exhausted", "congestion", "policy_released", "media_resources", "media_lost":
		return 503
	}
	return 500
}

// refusalOf is the status an unanswered call of the user agent ends with: the network's own where it is one that a user agent
// can use, else that of the cause. Challenges and redirections are the gateway's business and never passed on.
func refusalOf(c wire.Cause) int {
	switch {
	case c.SIP < 400 || c.SIP == 401 || c.SIP == 407 || c.SIP == 494 || c.SIP > 699:
		return statusOf(c.Name)
	}
	return c.SIP
}

// reasonOf is the Reason of a call's end (RFC 3326): the network's Q.850 cause or status, and the catalogue's name.
func reasonOf(c wire.Cause) string {
	text := `;text="` + strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, c.Name) + `"`
	switch {
	case c.Name == "answered_elsewhere":
		return `SIP;cause=200;text="Call completed elsewhere"`
	case c.Q850 > 0:
		return "Q.850;cause=" + strconv.Itoa(c.Q850) + text
	case c.SIP >= 300:
		return "SIP;cause=" + strconv.Itoa(c.SIP) + text
	}
	return "SIP;cause=" + strconv.Itoa(statusOf(c.Name)) + text
}
