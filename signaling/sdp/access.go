package sdp

import (
	"encoding/hex"
	"slices"
	"strings"
)

const (
	maxCandidates   = 64 // per m-line: what a hostile page can make the ICE agent check is bounded
	maxFingerprints = 8
	profileDTLS     = "UDP/TLS/RTP/SAVPF"
)

// Access is a browser's description: an offer or an answer (JSEP, RFC 8829).
type Access struct {
	SessionID, Version uint64
	Lite               bool     // a=ice-lite: never from a browser, but from a peer under test
	Bundle             []string // mids of the BUNDLE group the audio is in, or of the first group
	Media              []AccessMedia
}

// AccessTransport is how an m-line's packets travel: the m-lines of a BUNDLE group share one.
type AccessTransport struct {
	UFrag, Pwd      string
	Lite            bool `json:",omitempty"` // the other side is ICE-lite (RFC 8839 5.3); no browser is
	Fingerprints    []Fingerprint
	Setup           string // "actpass", "active" or "passive"
	Candidates      []Candidate
	EndOfCandidates bool
	RTCPMux         bool
}

// AccessMedia is one m-line of a browser's description. Transport attributes missing in a bundled m-line
// are those of the group's first one (RFC 8843 7.1.3), and of the session level before that.
type AccessMedia struct {
	Index     int    // position among the m-lines, from 0
	Kind      string // "audio", "video", "application"
	Profile   string // e.g. "UDP/TLS/RTP/SAVPF"
	Formats   []string
	MID       string
	Rejected  bool    // port 0 without bundle-only
	Codecs    []Codec // without telephone-event, in order of preference
	DTMF      []Codec // telephone-event
	Direction Direction
	AccessTransport
	MSID            string
	PTime, MaxPTime int     // milliseconds, 0 when absent
	Repair          []Codec // video: retransmission formats (RFC 4588)
	Feedback        VideoFeedback
	Orientation     uint8 // id of urn:3gpp:video-orientation, 0 for none
	// Video is the picture that was agreed beside this sound, where AccessAnswer or CheckAnswer returned it; nil for none.
	Video *AccessMedia
}

// Audio returns the audio m-line that can be used: the first one that is not rejected.
func (a *Access) Audio() (index int, m *AccessMedia, ok bool) {
	for i := range a.Media {
		if a.Media[i].Kind == "audio" && !a.Media[i].Rejected {
			return i, &a.Media[i], true
		}
	}
	return -1, nil, false
}

// ParseAccess reads a browser's offer or answer. An audio m-line that is not rejected must carry all that
// a secure leg needs: DTLS-SRTP profile, ICE credentials, a strong fingerprint, a=setup and rtcp-mux.
func ParseAccess(text string) (*Access, error) {
	session, blocks, err := split(text)
	if err != nil {
		return nil, err
	}
	a := &Access{Media: make([]AccessMedia, 0, len(blocks))}
	if a.SessionID, a.Version, err = origin(session); err != nil {
		return nil, err
	}
	_, _, a.Lite = session.attr("ice-lite")
	for i, b := range blocks {
		m, err := parseAccessMedia(session, b)
		if err != nil {
			return nil, err
		}
		m.Index = i
		if m.MID != "" && slices.ContainsFunc(a.Media, func(o AccessMedia) bool { return o.MID == m.MID }) {
			return nil, fail(ErrSyntax, b[0].num, "two media lines have the same a=mid (RFC 5888 4)")
		}
		a.Media = append(a.Media, m)
	}
	if err := a.parseBundle(session); err != nil {
		return nil, err
	}
	a.inherit()
	if i, m, ok := a.Audio(); ok {
		return a, m.check(blocks[i][0].num)
	}
	return a, nil
}

// parseAccessMedia reads one m-line; a missing ICE or DTLS attribute is taken from the session level.
func parseAccessMedia(session, b block) (AccessMedia, error) {
	line, err := parseMLine(b)
	if err != nil {
		return AccessMedia{}, err
	}
	m := AccessMedia{Kind: line.kind, Profile: line.proto, Formats: line.formats, Direction: SendRecv, PTime: b.number("ptime"), MaxPTime: b.number("maxptime")}
	_, _, bundleOnly := b.attr("bundle-only")
	m.Rejected = line.port == 0 && !bundleOnly
	m.Codecs, m.DTMF = parseCodecs(b, line)
	if m.Kind == "video" {
		m.Codecs, m.Repair = repairs(m.Codecs)
		m.Feedback, m.Orientation = parseFeedback(b), parseOrientation(b)
	}
	if d, ok := b.direction(); ok {
		m.Direction = d
	} else if d, ok := session.direction(); ok {
		m.Direction = d
	}
	var num int
	if m.MID, num, _ = b.attr("mid"); m.MID != "" && !token(m.MID, 64) {
		return m, fail(ErrSyntax, num, "a=mid is not a short token (RFC 5888 4)")
	}
	if m.MSID, _, _ = b.attr("msid"); len(m.MSID) > 256 || !printable(m.MSID) {
		m.MSID = ""
	}
	_, _, m.RTCPMux = b.attr("rtcp-mux")
	_, _, m.EndOfCandidates = b.attr("end-of-candidates")
	return m, parseTransport(&m, session, b)
}

// parseTransport fills the ICE and DTLS part of an m-line.
func parseTransport(m *AccessMedia, session, b block) error {
	var num int
	_, _, m.Lite = session.attr("ice-lite")
	if m.UFrag, num, _ = either(b, session, "ice-ufrag"); m.UFrag != "" && !iceChars(m.UFrag, 4) {
		return fail(ErrICE, num, "a=ice-ufrag must be 4 to 256 letters, digits, + or / (RFC 8839 5.4)")
	}
	if m.Pwd, num, _ = either(b, session, "ice-pwd"); m.Pwd != "" && !iceChars(m.Pwd, 22) {
		return fail(ErrICE, num, "a=ice-pwd must be 22 to 256 letters, digits, + or / (RFC 8839 5.4)")
	}
	if m.Setup, num, _ = either(b, session, "setup"); m.Setup != "" && m.Setup != "actpass" && m.Setup != "active" && m.Setup != "passive" {
		return fail(ErrSetup, num, "a=setup must be actpass, active or passive (RFC 8842 5.2)")
	}
	var err error
	from := b
	if _, _, ok := b.attr("fingerprint"); !ok {
		from = session
	}
	weak := 0
	from.attrs("fingerprint", func(v string, n int) bool {
		var f Fingerprint
		var strong bool
		if f, strong, err = parseFingerprint(v, n); err != nil {
			return false
		}
		if !strong {
			weak = n
		} else if !slices.Contains(m.Fingerprints, f) {
			m.Fingerprints = append(m.Fingerprints, f)
		}
		if len(m.Fingerprints) > maxFingerprints {
			err = fail(ErrLimit, n, "too many fingerprints")
		}
		return err == nil
	})
	if err == nil && weak > 0 && len(m.Fingerprints) == 0 {
		err = fail(ErrFingerprint, weak, "only weak certificate hashes are given; sha-256 or better is needed (RFC 8122 5)")
	}
	if err != nil {
		return err
	}
	b.attrs("candidate", func(v string, n int) bool {
		// A candidate that cannot be read is left out: others may work, and ICE checks decide in the end.
		if c, ok, err := ParseCandidate(v); err == nil && ok && len(m.Candidates) < maxCandidates {
			m.Candidates = append(m.Candidates, c)
		}
		return true
	})
	return nil
}

// either returns a media-level attribute or, failing that, the session-level one.
func either(b, session block, name string) (string, int, bool) {
	if v, n, ok := b.attr(name); ok {
		return v, n, true
	}
	return session.attr(name)
}

// iceChars reports an ICE credential of min to 256 ice-chars.
func iceChars(s string, minimum int) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '+' && c != '/' {
			return false
		}
	}
	return len(s) >= minimum && len(s) <= 256
}

// parseFingerprint reads a=fingerprint. strong is false for hashes that are refused (md5, sha-1, sha-224 and unknown ones).
func parseFingerprint(value string, num int) (f Fingerprint, strong bool, err error) {
	parts := strings.Fields(value)
	if len(parts) != 2 {
		return f, false, fail(ErrFingerprint, num, "a=fingerprint is not of the form RFC 8122 5 gives")
	}
	f = Fingerprint{Hash: strings.ToLower(parts[0]), Value: strings.ToUpper(parts[1])}
	size := 0
	switch f.Hash {
	case "sha-256":
		size = 32
	case "sha-384":
		size = 48
	case "sha-512":
		size = 64
	default:
		return f, false, nil
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(f.Value, ":", ""))
	if err != nil || len(raw) != size || len(f.Value) != 3*size-1 {
		return f, false, fail(ErrFingerprint, num, "the fingerprint's length or hex digits do not fit its hash (RFC 8122 5)")
	}
	return f, true, nil
}

// parseBundle reads the BUNDLE groups (RFC 8843 7) and keeps the one the audio is in.
func (a *Access) parseBundle(session block) (err error) {
	_, audio, hasAudio := a.Audio()
	session.attrs("group", func(v string, num int) bool {
		f := strings.Fields(v)
		if len(f) == 0 || f[0] != "BUNDLE" {
			return true
		}
		if len(f)-1 > MaxMedia {
			err = fail(ErrLimit, num, "the BUNDLE group is too long")
			return false
		}
		for _, mid := range f[1:] {
			if !slices.ContainsFunc(a.Media, func(m AccessMedia) bool { return m.MID == mid }) {
				err = fail(ErrSyntax, num, "the BUNDLE group names a media line that does not exist (RFC 8843 7)")
				return false
			}
		}
		if a.Bundle == nil || hasAudio && slices.Contains(f[1:], audio.MID) {
			a.Bundle = f[1:]
		}
		return true
	})
	return err
}

// inherit fills transport attributes of bundled m-lines from the group's first m-line.
func (a *Access) inherit() {
	if len(a.Bundle) == 0 {
		return
	}
	tag := slices.IndexFunc(a.Media, func(m AccessMedia) bool { return m.MID == a.Bundle[0] })
	from := a.Media[tag]
	for i := range a.Media {
		m := &a.Media[i]
		if i == tag || m.MID == "" || !slices.Contains(a.Bundle, m.MID) {
			continue
		}
		if m.UFrag == "" && m.Pwd == "" {
			m.UFrag, m.Pwd = from.UFrag, from.Pwd
		}
		if m.UFrag == from.UFrag && len(m.Candidates) == 0 {
			m.Candidates, m.EndOfCandidates = from.Candidates, from.EndOfCandidates // max-bundle: one transport, listed once
		}
		if len(m.Fingerprints) == 0 {
			m.Fingerprints = from.Fingerprints
		}
		if m.Setup == "" {
			m.Setup = from.Setup
		}
		m.RTCPMux = m.RTCPMux || from.RTCPMux
	}
}

// check refuses an audio m-line that cannot become a secure leg.
func (m *AccessMedia) check(num int) error {
	switch {
	case m.Profile != profileDTLS && m.Profile != "TCP/TLS/RTP/SAVPF" && m.Profile != "RTP/SAVPF":
		// The last one is the pre-standard spelling of the first. Plain RTP is never accepted from a browser.
		return fail(ErrProfile, num, "the audio is not "+profileDTLS+"; unprotected media is refused (RFC 8827 6.5)")
	case m.UFrag == "" || m.Pwd == "":
		return fail(ErrICE, num, "the audio has no ICE user name or password (RFC 8839 5.4)")
	case len(m.Fingerprints) == 0:
		return fail(ErrFingerprint, num, "the audio has no certificate fingerprint (RFC 8122 5)")
	case m.Setup == "":
		return fail(ErrSetup, num, "the audio has no a=setup (RFC 8842 5.2)")
	case !m.RTCPMux:
		return fail(ErrMux, num, "the audio has no a=rtcp-mux, which this gateway needs (RFC 8834 4.5)")
	}
	return nil
}
