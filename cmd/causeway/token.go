package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// maxTTL bounds a token made by hand.
const maxTTL = 24 * time.Hour

// tokenCommand signs a token with an EC P-256 key (PEM, SEC 1 or PKCS 8). It is for tests and first steps; a real
// deployment's tokens come from its login service.
func tokenCommand(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("causeway token", flag.ContinueOnError)
	flags.SetOutput(stderr)
	key := flags.String("key", "", "private EC P-256 key, PEM; its public half goes into auth.key_files")
	issuer := flags.String("issuer", "", "iss, as in auth.issuer")
	audience := flags.String("audience", "causeway", "aud, as in auth.audience")
	impi := flags.String("impi", "", "private identity, user@domain")
	impu := flags.String("impu", "", "public identity, sip:user@domain")
	name := flags.String("name", "", "display name")
	ttl := flags.Duration("ttl", time.Hour, "how long the token is good, at most 24h")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := nothingMore(flags); err != nil {
		return err
	}
	switch {
	case *key == "" || *issuer == "" || *impi == "" || *impu == "":
		return errors.New("token needs -key, -issuer, -impi and -impu")
	case *ttl <= 0 || *ttl > maxTTL:
		return fmt.Errorf("-ttl %v is not between 1s and %v", *ttl, maxTTL)
	}
	private, err := readPrivateKey(*key)
	if err != nil {
		return err
	}
	now := time.Now()
	claims := jwt.MapClaims{"iss": *issuer, "aud": *audience, "sub": *impi, "iat": now.Unix(), "exp": now.Add(*ttl).Unix(), "impi": *impi, "impu": *impu}
	if *name != "" {
		claims["name"] = *name
	}
	text, err := jwt.NewWithClaims(jwt.SigningMethodES256, claims).SignedString(private)
	if err != nil {
		return fmt.Errorf("sign token: %w", err)
	}
	_, err = fmt.Fprintln(stdout, text)
	return err
}

func readPrivateKey(name string) (*ecdsa.PrivateKey, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	block, rest := pem.Decode(text)
	if block != nil && block.Type == "EC PARAMETERS" { // openssl writes the curve first unless told -noout
		block, _ = pem.Decode(rest)
	}
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block; make a key with: openssl ecparam -name prime256v1 -genkey -noout -out %s", name, name)
	}
	var key any
	if key, err = x509.ParseECPrivateKey(block.Bytes); err != nil {
		if key, err = x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
			return nil, fmt.Errorf("%s holds no EC private key", name)
		}
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s holds a %T; an EC P-256 key is needed", name, key)
	}
	if ec.Curve != elliptic.P256() { // RFC 7518 3.4: ES256 is P-256
		return nil, fmt.Errorf("%s holds a key on %s; an EC P-256 key is needed", name, ec.Curve.Params().Name)
	}
	return ec, nil
}
