package wire

// The names of the catalogue. A test holds them and errors.json together.
const (
	NameParseError          = "parse_error"          // -32700
	NameInvalidRequest      = "invalid_request"      // -32600
	NameMethodUnknown       = "method_unknown"       // -32601
	NameParamsInvalid       = "params_invalid"       // -32602
	NameInternal            = "internal"             // -32603
	NameTokenMissing        = "token_missing"        // 1001
	NameTokenInvalid        = "token_invalid"        // 1002
	NameTokenExpired        = "token_expired"        // 1003
	NameTokenAudience       = "token_audience"       // 1004
	NameIdentityRefused     = "identity_refused"     // 1005
	NameResumeUnknown       = "resume_unknown"       // 1006
	NameLoginRequired       = "login_required"       // 1007
	NameRateLimited         = "rate_limited"         // 1008
	NameTooManySessions     = "too_many_sessions"    // 1009
	NameDraining            = "draining"             // 1010
	NameRegistrationRefused = "registration_refused" // 1011
	NameCoreUnreachable     = "core_unreachable"     // 1012
	NameNotRegistered       = "not_registered"       // 1013
	NameAlreadyLoggedIn     = "already_logged_in"    // 1014
	NameIssuerUnreachable   = "issuer_unreachable"   // 1015
	NameSchemeRefused       = "scheme_refused"       // 1016
	NamePasswordRefused     = "password_refused"     // 1017
	NameTooManyAttempts     = "too_many_attempts"    // 1018
	NameChallengeUnanswered = "challenge_unanswered" // 1019
	NameDigestUnsupported   = "digest_unsupported"   // 1020
	NamePoolExhausted       = "pool_exhausted"       // 1021
	NameInsecureLogin       = "insecure_login"       // 1022
	NameIdentityBarred      = "identity_barred"      // 1023
	NameCallUnknown         = "call_unknown"         // 2001
	NameCallState           = "call_state"           // 2002
	NameNumberInvalid       = "number_invalid"       // 2003
	NameNumberUnknown       = "number_unknown"       // 2004
	NameBusy                = "busy"                 // 2005
	NameNoAnswer            = "no_answer"            // 2006
	NameDeclined            = "declined"             // 2007
	NameForbidden           = "forbidden"            // 2008
	NameUnavailable         = "unavailable"          // 2009
	NameCongestion          = "congestion"           // 2010
	NameTooManyCalls        = "too_many_calls"       // 2011
	NameCancelled           = "cancelled"            // 2012
	NameHangup              = "hangup"               // 2013
	NameAnsweredElsewhere   = "answered_elsewhere"   // 2014
	NamePolicyRejected      = "policy_rejected"      // 2015
	NamePolicyReleased      = "policy_released"      // 2016
	NameEmergencyUsePhone   = "emergency_use_phone"  // 2017
	NameSessionEnded        = "session_ended"        // 2018
	NameDeregistered        = "deregistered"         // 2019
	NameCallExists          = "call_exists"          // 2020
	NameRedirected          = "redirected"           // 2030
	NamePreconditionFailed  = "precondition_failed"  // 2031
	NameHeaderRefused       = "header_refused"       // 2032
	NameUserToUserRefused   = "user_to_user_refused" // 2033
	NameMoved               = "moved"                // 2040
	NameTransferred         = "transferred"          // 2045
	NameReplaced            = "replaced"             // 2046
	NameTransferUnsupported = "transfer_unsupported" // 2047
	NameTransferRefused     = "transfer_refused"     // 2048
	NameTransferFailed      = "transfer_failed"      // 2049
	NameReferUnknown        = "refer_unknown"        // 2050
	NameSDPInvalid          = "sdp_invalid"          // 3001
	NameMediaIncompatible   = "media_incompatible"   // 3002
	NameMediaFailed         = "media_failed"         // 3003
	NameMediaLost           = "media_lost"           // 3004
	NameMediaResources      = "media_resources"      // 3005
	NameDTMFUnavailable     = "dtmf_unavailable"     // 3006
	NameMicrophoneDenied    = "microphone_denied"    // 4001
	NameMicrophoneMissing   = "microphone_missing"   // 4002
	NameConnectionLost      = "connection_lost"      // 4003
	NameBrowserUnsupported  = "browser_unsupported"  // 4004
	NameAudioBlocked        = "audio_blocked"        // 4005
	NameTimeout             = "timeout"              // 4006
	NameMicrophoneBusy      = "microphone_busy"      // 4007
)

// The WebSocket close codes the gateway uses (RFC 6455 7.4.2 leaves 4000 to 4999 to applications).
const (
	CloseLogout       = 1000 // The user logged out.
	CloseGoingAway    = 1001 // The gateway is stopping.
	CloseNotText      = 1003 // A frame was not text.
	CloseTooBig       = 1009 // A frame was larger than 65536 bytes.
	CloseTryAgain     = 1013 // The gateway is draining, or the page read its events too slowly.
	CloseBadFrames    = 4400 // Too many frames that are no requests.
	CloseToken        = 4401 // The token is missing, invalid or expired.
	CloseIdentity     = 4403 // The token's user has no telephone identity here.
	CloseLoginTimeout = 4408 // No login within ten seconds.
	CloseReplaced     = 4409 // The session was taken over by another connection.
	CloseRate         = 4429 // Too many requests.
)
