package service

import (
	"errors"
	"strings"

	"causeway/signaling/sip/dialog"
)

// MaxUserData is the largest User-to-User information, bytes; ISDN carries 128 (RFC 7433 3.1).
const MaxUserData = 128

// The encodings of user-to-user information a page may use.
const (
	EncodingHex  = "hex"   // pairs of hexadecimal digits (RFC 7433 4.1)
	EncodingText = "ascii" // printable characters, as many contact centres write it
)

// UserData is user-to-user information (RFC 7433): bytes that the two ends of a call exchange and the network only carries.
type UserData struct {
	Data     string // hexadecimal digits or text; "" means none
	Encoding string // EncodingHex or EncodingText
}

// ErrUserData says what user-to-user information must be.
var ErrUserData = errors.New("user-to-user information must be 1 to 128 bytes: pairs of hexadecimal digits, or printable ASCII text")

// Check reports whether the data may be sent.
func (u UserData) Check() error {
	ok := false
	switch u.Encoding {
	case EncodingHex:
		ok = u.Data != "" && len(u.Data) <= 2*MaxUserData && len(u.Data)%2 == 0 && strings.Trim(u.Data, "0123456789abcdefABCDEF") == ""
	case EncodingText:
		ok = u.Data != "" && len(u.Data) <= MaxUserData && printable(u.Data)
	}
	if !ok {
		return ErrUserData
	}
	return nil
}

// Header is the value of a User-to-User header. The data must have been checked.
func (u UserData) Header() string {
	if u.Encoding == EncodingHex {
		return u.Data + ";encoding=hex"
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(u.Data) + `";encoding=ascii`
}

// ReadUserData reads the first User-to-User header that can be shown to a page; the zero value if there is none.
func ReadUserData(msg dialog.Message) UserData {
	for _, v := range dialog.Values(msg, "user-to-user") {
		encoding, given := dialog.Param(v, "encoding")
		data, quoted := firstValue(v)
		u := UserData{Data: data, Encoding: strings.ToLower(encoding)}
		if !given {
			u.Encoding = EncodingHex // RFC 7433 4.1
			if quoted {
				u.Encoding = EncodingText
			}
		}
		if u.Check() == nil {
			return u
		}
	}
	return UserData{}
}

// firstValue is what stands before the parameters: a token, or a quoted string without its quotes.
func firstValue(v string) (text string, quoted bool) {
	v = strings.TrimSpace(v)
	if !strings.HasPrefix(v, `"`) {
		v, _, _ = strings.Cut(v, ";")
		return strings.TrimSpace(v), false
	}
	var b strings.Builder
	for i := 1; i < len(v); i++ {
		switch v[i] {
		case '"':
			return b.String(), true
		case '\\':
			if i++; i < len(v) {
				b.WriteByte(v[i])
			}
		default:
			b.WriteByte(v[i])
		}
	}
	return "", true // never closed
}

// printable reports ASCII text without control characters.
func printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < 0x20 || r > 0x7e }) < 0
}
