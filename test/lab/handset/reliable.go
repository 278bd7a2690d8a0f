package handset

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"causeway/test/lab/sip"
)

// reliable is the sending side of RFC 3262 in one dialog: one provisional
// response at a time, repeated until its PRACK.
type reliable struct {
	seq       uint32
	pending   *sip.Message
	described bool // our answer went out reliably: the 2xx needs none
	then      func()
	timer     *sip.Timer
	limit     *sip.Timer
}

// provisional sends a 1xx, reliably when the caller can (or demands it) and
// want says so; then runs after the PRACK, or at once without one.
func (c *Call) provisional(res *sip.Message, want bool, then func()) {
	req := c.invite.Request
	if !req.HasToken("Require", "100rel") && (!want || !req.HasToken("Supported", "100rel")) {
		c.invite.Respond(res)
		then()
		return
	}
	if c.rel.seq == 0 {
		c.rel.seq = rand.Uint32N(100000) + 1 // RFC 3262 3: 1 to 2^31-1
	}
	c.rel.seq++
	res.Add("Require", "100rel")
	res.Add("RSeq", strconv.FormatUint(uint64(c.rel.seq), 10))
	c.rel.pending, c.rel.then = res, then
	if len(res.Body) > 0 {
		c.rel.described = true
	}
	c.invite.Respond(res)
	c.repeatProvisional(c.farm.stack.T1())
	c.rel.limit = c.farm.stack.After(64*c.farm.stack.T1(), func() {
		c.fault("no_prack", "no PRACK for %d", res.Status)
		c.invite.Reply(504, "Server Time-out", c.dialog.localTag)
		c.end("no PRACK")
	})
}

// repeatProvisional doubles without the T2 cap (RFC 3262 3).
func (c *Call) repeatProvisional(wait time.Duration) {
	c.rel.timer = c.farm.stack.After(wait, func() {
		if c.rel.pending != nil && !c.invite.Final() {
			c.invite.Respond(c.rel.pending)
			c.repeatProvisional(2 * wait)
		}
	})
}

// prack takes a PRACK (RFC 3262 3): RAck must name the pending response.
func (c *Call) prack(tx *sip.ServerTx) {
	m := tx.Request
	number := uint32(0)
	if c.invite != nil {
		number, _ = c.invite.Request.CSeq()
	}
	want := fmt.Sprintf("%d %d INVITE", c.rel.seq, number)
	if c.rel.pending == nil || strings.Join(strings.Fields(m.Get("RAck")), " ") != want {
		c.fault("prack", "RAck %q, wanted %q", m.Get("RAck"), want)
		tx.Reply(481, "Call/Transaction Does Not Exist", "")
		return
	}
	body := ""
	if len(m.Body) > 0 {
		var err error
		if body, err = c.takeOffer(m.Body, nil, false); err != nil {
			tx.Reply(488, "Not Acceptable Here", "")
			return
		}
	}
	c.rel.pending = nil
	c.rel.timer.Stop()
	c.rel.limit.Stop()
	tx.Respond(c.response(m, 200, "OK", body))
	then := c.rel.then
	c.rel.then = nil
	if then != nil {
		then()
	}
}
