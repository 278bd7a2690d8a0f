// Package auth turns a bearer token into IMS identities (TS 33.203 Annex X, scenario 2: the web login's token is bound
// to one IMPI and one IMPU).
//
//	token --> size --> signature (pinned algorithms, key by kid) --> iss --> aud --> exp, nbf --> claims --> Identity
//	            |                    |                                                               |
//	            '-- Invalid          '-- Invalid, Unavailable                                        '-- Refused
//
// Keys come from a JWKS URL (fetched when a token names a key that is not known yet) or from PEM files. Nothing here
// remembers a token, and no error text repeats any part of one.
package auth
