package wire

// SessionChallenge is the event session.challenge: the telephone network asks for the password's digest (RFC 7616). The
// page answers with session.prove.
type SessionChallenge struct {
	ID        string `json:"id"`
	Username  string `json:"username"` // the private identity
	Realm     string `json:"realm"`
	Nonce     string `json:"nonce"`
	Algorithm string `json:"algorithm"`     // MD5 or SHA-256
	QOP       string `json:"qop,omitempty"` // auth, or absent: the old form without cnonce
	Method    string `json:"method"`        // of the request that is signed: REGISTER
	URI       string `json:"uri"`           // its Request-URI
	Stale     bool   `json:"stale"`         // the digest before was right, only late
	Within    Millis `json:"within"`        // how long the page has
}
