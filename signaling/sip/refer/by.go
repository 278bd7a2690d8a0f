package refer

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"unicode/utf8"

	"causeway/signaling/sip/dialog"
)

// By is who asked for a transfer (Referred-By, RFC 3892).
type By struct {
	Value string // the header's value as it came: whoever follows a REFER passes it on unchanged (RFC 3892 2.2); at most 512 bytes
	URI   string // sip, sips or tel URI in it
	Name  string // display name in it
	CID   string // Content-ID of its proof in the REFER's body, without brackets; "" for none
}

// maxBy bounds a Referred-By, bytes.
const maxBy = 512

// errBy says what a Referred-By has to look like.
var errBy = errors.New("referred-by: not one name and address")

// ParseBy reads the value of a Referred-By header.
func ParseBy(value string) (By, error) {
	value = strings.TrimSpace(value)
	uri := dialog.AddrSpec(value)
	scheme, rest, found := strings.Cut(uri, ":")
	scheme = strings.ToLower(scheme)
	if len(value) > maxBy || !line(value) || len(dialog.SplitList(value)) != 1 || !found || rest == "" || !printable(uri) ||
		scheme != "sip" && scheme != "sips" && scheme != "tel" {
		return By{}, errBy
	}
	b := By{Value: value, URI: uri, Name: dialog.DisplayName(value)}
	if cid, ok := dialog.Param(value, "cid"); ok {
		if !contentID(cid) {
			return By{}, errBy
		}
		b.CID = cid
	}
	return b, nil
}

// line reports valid text of one line.
func line(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 && r != '\t' || r == 0x7f })
}

// contentID checks a Content-ID without brackets.
func contentID(s string) bool {
	return s != "" && len(s) <= 255 && printable(s) && strings.Count(s, "@") <= 1
}

// Token is the proof of a Referred-By: a signed part of the REFER's body, opaque to whoever passes it on (RFC 3892 2.3).
type Token struct {
	ID   string // Content-ID without brackets
	Type string // media type, as it came; at most 512 bytes
	Body string // at most 8192 bytes
}

// Bounds of a Token, and how many parts of a body are looked at.
const (
	maxToken = 8 << 10
	maxType  = 512
	maxParts = 8
)

// FindToken finds the part of a body that a Referred-By points to; false if it is not there or cannot be passed on.
func FindToken(contentType string, body []byte, cid string) (Token, bool) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.HasPrefix(kind, "multipart/") || params["boundary"] == "" || cid == "" {
		return Token{}, false
	}
	r := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for range maxParts {
		part, err := r.NextRawPart() // its bytes are signed: nothing is decoded
		if err != nil {
			return Token{}, false
		}
		if strings.Trim(strings.TrimSpace(part.Header.Get("Content-ID")), "<>") != cid {
			continue
		}
		text, err := io.ReadAll(io.LimitReader(part, maxToken+1))
		t := Token{ID: cid, Type: part.Header.Get("Content-Type"), Body: string(text)}
		ok := err == nil && len(t.Body) <= maxToken && t.Type != "" && len(t.Type) <= maxType && line(t.Type) && contentID(cid)
		return t, ok
	}
	return Token{}, false
}
