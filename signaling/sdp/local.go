package sdp

import (
	"slices"
	"strconv"
	"strings"
)

// Revise gives the text to send when next is to follow previous as our own description of one session
// (RFC 3264 8): the origin stays that of previous, and its version rises by one exactly when any
// other line differs. With an unchanged description previous comes back byte for byte.
func Revise(previous, next string) (string, error) {
	user, version, rest, err := cutOrigin(previous)
	if err != nil {
		return "", err
	}
	_, _, nextRest, err := cutOrigin(next)
	if err != nil {
		return "", err
	}
	if rest == nextRest {
		return previous, nil
	}
	return "v=0\r\n" + user + " " + strconv.FormatUint(version+1, 10) + nextRest, nil
}

// cutOrigin splits a description written by this package around its version number: "o=- 7", 3, " IN IP4 ...".
func cutOrigin(text string) (head string, version uint64, rest string, err error) {
	body, ok := strings.CutPrefix(text, "v=0\r\n")
	f := strings.SplitN(body, " ", 4)
	if !ok || len(f) != 4 || !strings.HasPrefix(body, "o=") {
		return "", 0, "", fail(ErrSyntax, 0, "the text is not one of our own descriptions")
	}
	if version, err = strconv.ParseUint(f[2], 10, 64); err != nil {
		return "", 0, "", fail(ErrSyntax, 2, "the version of our own description is not a number")
	}
	return f[0] + " " + f[1], version, " " + f[3], nil
}

// Redirect makes the re-offer that changes nothing but the direction: hold, resume (see [HoldDirection]).
// text is our own description in force on either leg. Every m-line that is not refused gets the direction;
// the version rises when that changes anything. Addresses and ports stay: c=0.0.0.0 is never written.
func Redirect(text string, d Direction) (string, error) {
	lines := strings.Split(text, "\r\n")
	live := false
	for i, l := range lines {
		switch {
		case strings.HasPrefix(l, "m="):
			f := strings.Fields(l)
			live = len(f) > 1 && f[1] != "0"
		case live && (l == "a=sendrecv" || l == "a=sendonly" || l == "a=recvonly" || l == "a=inactive"):
			lines[i] = "a=" + string(d)
		}
	}
	return Revise(text, strings.Join(lines, "\r\n"))
}

// assign gives every codec and one telephone-event per clock a payload type: the one the same format had
// before (RFC 3264 8.3.2 forbids to reuse a number for something else within a session), else the
// codec's own wish, else the first free dynamic one. dtmfTypes are the wished numbers of the events.
func assign(codecs []Codec, clocks []int, known []Codec, dtmfTypes []uint8) (audio, dtmf []Codec) {
	var used [128]bool
	for _, k := range known {
		used[k.PayloadType&127] = true
	}
	number := func(c Codec) uint8 {
		if i := slices.IndexFunc(known, func(k Codec) bool { return same(k, c) }); i >= 0 {
			return known[i].PayloadType
		}
		pt := c.PayloadType
		static, isStatic := staticCodec(pt)
		if used[pt&127] || pt < 96 && !(isStatic && static.Is(c.Name)) {
			for pt = 96; pt < 127 && used[pt]; {
				pt++
			}
		}
		used[pt&127] = true
		return pt
	}
	for _, c := range codecs {
		if c.Is(nameDTMF) || slices.ContainsFunc(audio, func(a Codec) bool { return same(a, c) }) {
			continue
		}
		c.PayloadType = number(c)
		audio = append(audio, c)
	}
	for i, clock := range clocks {
		c := Codec{Name: nameDTMF, ClockRate: clock, Channels: 1, PayloadType: dtmfTypes[min(i, len(dtmfTypes)-1)], FMTP: "0-15"}
		c.PayloadType = number(c)
		dtmf = append(dtmf, c)
	}
	return audio, dtmf
}
