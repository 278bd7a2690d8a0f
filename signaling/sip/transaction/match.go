package transaction

import (
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// magicCookie marks a branch that is unique in itself (RFC 3261 8.1.1.7).
const magicCookie = "z9hG4bK"

// clientKey finds the client transaction of a response (RFC 3261 17.1.3). That the sent-by is ours the transport checks.
type clientKey struct {
	branch string
	method sip.RequestMethod
}

func keyOfResponse(res *sip.Response) clientKey {
	branch, _ := res.Via().Params.Get("branch")
	return clientKey{branch, res.CSeq().MethodName}
}

// serverKey finds the server transaction of a request (RFC 3261 17.2.3). ACK and CANCEL are looked up with the method
// INVITE. For a request of RFC 2543 branch holds everything that clause compares instead; the To tag is left out, so
// that the ACK, which carries ours, is found with the same key.
type serverKey struct {
	branch, host string
	port         int
	method       sip.RequestMethod
}

func keyOfRequest(req *sip.Request, method sip.RequestMethod) serverKey {
	via := req.Via()
	branch, _ := via.Params.Get("branch")
	if len(branch) < len(magicCookie) || !strings.EqualFold(branch[:len(magicCookie)], magicCookie) {
		tag, _ := req.From().Params.Get("tag")
		branch = strings.Join([]string{
			"2543", branch, string(*req.CallID()), tag, strconv.FormatUint(uint64(req.CSeq().SeqNo), 10), req.Recipient.String(),
		}, "\x00")
	}
	return serverKey{branch, strings.ToLower(via.Host), via.Port, method}
}

// mergeKey recognises one request that arrives twice on different paths (RFC 3261 8.2.2.2). The Request-URI belongs to
// it: this gateway is many user agents, and a core that forks to two of them sends two requests that differ only there.
type mergeKey struct {
	callID, tag, uri string
	cseq             uint32
	method           sip.RequestMethod
}

// mergeable returns the key for a request outside a dialog; ok is false inside one.
func mergeable(req *sip.Request) (mergeKey, bool) {
	tag, tagged := req.From().Params.Get("tag")
	if !tagged || inDialog(req) {
		return mergeKey{}, false
	}
	return mergeKey{string(*req.CallID()), tag, req.Recipient.String(), req.CSeq().SeqNo, req.Method}, true
}

func inDialog(req *sip.Request) bool { return req.To().Params.Has("tag") }
