// Package issuer is the lab's token issuer: enough of OpenID Connect discovery
// and a token endpoint to log a page in, plus every kind of bad token a gateway
// has to refuse.
//
//	page ── GET /token?user=alice ──► JWT{iss, aud, sub, impi, impu, exp} (RS256 or ES256)
//	gateway ── GET /.well-known/openid-configuration ──► jwks_uri
//	        ── GET /.well-known/jwks.json ──► public keys by kid
//
// The keys are made at the start and live in memory only. Whoever reaches the
// port gets a token: it is a laboratory, and listens on loopback by default.
package issuer
