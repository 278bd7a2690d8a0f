package transport

import (
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// maxEcho is the longest header value repeated in a stateless answer.
const maxEcho = 1024

// refuse answers a malformed request statelessly (RFC 3261 8.2.7 without its transaction) or drops the message: a
// response, an ACK, and a request whose top Via does not say who is to match the answer.
func (l *Layer) refuse(h *head, bad *malformed, src Source) {
	l.log.Debug("malformed sip message", "network", src.Network, "problem", bad.reason)
	res := refusal(h, bad, &src)
	if res == nil {
		l.stats.malformed.Add(1)
		return
	}
	l.stats.refused.Add(1)
	l.Post(res, src.Reply(), nil)
}

// refusal builds the answer, nil if there is to be none, and completes src with where it goes. Only values without
// control characters are repeated.
func refusal(h *head, bad *malformed, src *Source) *sip.Response {
	if !h.isRequest() || h.method() == "ACK" {
		return nil
	}
	res := sip.NewResponse(bad.status, bad.reason)
	if !echoVias(h, res) {
		return nil
	}
	src.reply = receive(res.Via(), src.Network, src.Remote)
	for _, name := range []string{"From", "To", "Call-ID", "CSeq"} {
		value, ok := h.get(name)
		if !ok || !echoable(value) {
			continue
		}
		if name == "To" {
			value = tagged(value, h.start)
		}
		res.AppendHeader(sip.NewHeader(name, value))
	}
	res.SetBody(nil)
	return res
}

// echoVias copies the Via values. A top value with broken parameters is repeated without them.
func echoVias(h *head, res *sip.Response) bool {
	for _, f := range h.fields {
		if f.name != "Via" || !echoable(f.value) {
			continue
		}
		if parts, err := splitList(f.value); err == nil {
			for _, part := range parts {
				if via, ok := parseVia(part); ok {
					res.AppendHeader(via)
				}
			}
		}
		if res.Via() == nil {
			bare, _, _ := strings.Cut(f.value, ";")
			via, ok := parseVia(bare)
			if !ok {
				return false
			}
			res.AppendHeader(via)
		}
	}
	return res.Via() != nil
}

func echoable(value string) bool {
	if value == "" || len(value) > maxEcho {
		return false
	}
	for i := 0; i < len(value); i++ {
		if value[i] < ' ' || value[i] == 0x7f {
			return false
		}
	}
	return true
}

// tagged adds a To tag, the same for every copy of the request (RFC 3261 8.2.7), unless there is one.
func tagged(to, start string) string {
	var a Address
	if parseAddress(to, &a) != nil || a.Params.Has("tag") {
		return to
	}
	sum := fnv.New64a()
	sum.Write([]byte(start))
	sum.Write([]byte(to))
	return to + ";tag=" + strconv.FormatUint(sum.Sum64(), 36)
}
