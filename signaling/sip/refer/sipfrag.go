package refer

import (
	"bytes"
	"strconv"
	"strings"
)

// Sipfrag is the media type of a report (RFC 3420 4).
const Sipfrag = "message/sipfrag;version=2.0"

// maxFrag bounds a report that is looked at, bytes.
const maxFrag = 8 << 10

// Report writes how far the call has come that was asked for: the status line alone, for more would tell what is nobody's business
// (RFC 3515 5). status is 100 to 699.
func Report(status int, phrase string) string {
	return "SIP/2.0 " + strconv.Itoa(status) + " " + phrase + "\r\n"
}

// Status reads the status line of a report; false if there is none.
func Status(contentType string, body []byte) (int, bool) {
	kind, _, _ := strings.Cut(contentType, ";")
	if !strings.EqualFold(strings.TrimSpace(kind), "message/sipfrag") || len(body) > maxFrag {
		return 0, false
	}
	first, _, _ := bytes.Cut(body, []byte("\n"))
	version, rest, _ := strings.Cut(strings.TrimSpace(string(first)), " ")
	code, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, err := strconv.Atoi(code)
	if !strings.EqualFold(version, "SIP/2.0") || len(code) != 3 || err != nil || n < 100 || n > 699 {
		return 0, false
	}
	return n, true
}
