//go:build interop

package sipp

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"causeway/test/interop/scenario"
	"causeway/test/load/client"
)

// Calls of each kind in TestOrder, by as many pages, each with so many calls at a time.
const (
	orderCalls = 1000
	orderPages = 4
	orderDepth = 10
)

// TestOrder: messages sent back to back, a thousand times each, by UDP and TCP: none is lost, and every one reaches the other side in
// its order.
func TestOrder(t *testing.T) {
	inTurn(t)
	for i, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			b := newBed(t, network, 30800+1000*i, "CAUSEWAY_SESSION_MAX_CALLS=100")
			t.Run("183 180 486", func(t *testing.T) {
				b.flood(t, "mo-order", trying, "progress early 183 heard", "progress early 180 heard", "ended busy by remote sip=486")
			})
			t.Run("183 183 200", func(t *testing.T) {
				b.flood(t, "mo-order-answered", trying, "progress trying 183", "progress early 183 heard", answered, hungUs)
			})
			t.Run("PRACK UPDATE BYE", func(t *testing.T) {
				b.pelt(t, "incoming|incoming waiting", "ended cancelled by remote q850=16")
			})
		})
	}
}

// many runs a function n times, some at a time, and stops at the first error.
func many(t *testing.T, n, depth int, f func(i int) error) {
	t.Helper()
	next := make(chan int, n)
	for i := range n {
		next <- i
	}
	close(next)
	var wg sync.WaitGroup
	for range depth {
		wg.Go(func() {
			for i := range next {
				if err := f(i); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// flood has pages call a SIPp that sends its responses back to back.
func (b *bed) flood(t *testing.T, file string, story ...string) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	var pages []*actor
	for range orderPages {
		a := &actor{t: t, ctx: ctx, bed: b, port: b.first + int(b.taken.Add(1)) - 1}
		text := &scenario.Script{Dir: "testdata", Host: gatewayIP, Network: b.network, User: number(a.port), Gateway: b.SIP.String(), RTP: []int{40000}}
		a.sipp = b.sipp(t, text.Render(t, file), a.port, "", "-m", fmt.Sprint(orderCalls/orderPages))
		a.login()
		pages = append(pages, a)
	}
	many(t, orderCalls, orderPages*orderDepth, func(i int) error {
		c, err := pages[i%orderPages].browser.Call(ctx, "+15550101", client.Silent{})
		if err == nil {
			err = told(ctx, c, story)
		}
		return err
	})
	for _, a := range pages {
		a.must(a.sipp.wait(ctx))
	}
}

// told waits for a call's end and compares its whole story.
func told(ctx context.Context, c *client.Call, story []string) error {
	if err := c.Hears(ctx, "ended"); err != nil {
		return err
	}
	if got := c.Story(); !fits(got, story) {
		return fmt.Errorf("the page was told %q, not %q", got, story)
	}
	return nil
}

// pelt calls pages, and sends three requests in the early dialog before the first is answered: the answers have to come in that order,
// and the INVITE's after them.
func (b *bed) pelt(t *testing.T, story ...string) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	w := b.dialWire(t, b.network, gatewayIP)
	a := &actor{t: t, ctx: ctx, bed: b, port: b.first + int(b.taken.Add(1)) - 1}
	a.login()
	token := b.token(t, a.port)
	var wg sync.WaitGroup
	wg.Go(func() {
		many(t, orderCalls, orderDepth, func(int) error {
			select {
			case c := <-a.browser.Incoming:
				if err := c.Do(ctx, "call.ringing"); err != nil {
					return err
				}
				return told(ctx, c, story)
			case <-ctx.Done():
				return fmt.Errorf("no call came: %w", ctx.Err())
			}
		})
	})
	many(t, orderCalls, orderDepth, func(i int) error {
		d := w.dialogue(b, fmt.Sprintf("pelt%d", i), number(a.port), token)
		defer d.over()
		return d.pelted(ctx)
	})
	wg.Wait()
}

// pelted is one call of pelt.
func (d *dialogue) pelted(ctx context.Context) error {
	if err := d.send("INVITE", 0, offer, "Supported: 100rel"); err != nil {
		return err
	}
	what, text, err := d.next(ctx)
	if err != nil || what != "180 INVITE" {
		return fmt.Errorf("heard %q in place of 180 (%v)", what, err)
	}
	ringing := header(text, "RSeq")
	// One write each; on TCP all in one, as a busy peer's buffer would hold them.
	requests := []string{d.text("PRACK", 0, "", "RAck: "+ringing+" 1 INVITE"), d.text("UPDATE", 0, ""),
		d.text("BYE", 0, "", "Reason: Q.850;cause=16")}
	if d.w.network == "tcp" {
		requests = []string{requests[0] + requests[1] + requests[2]}
	}
	for _, r := range requests {
		if _, err := d.w.conn.Write([]byte(r)); err != nil {
			return err
		}
	}
	for _, want := range []string{"200 PRACK", "200 UPDATE", "200 BYE", "487 INVITE"} {
		what, text, err = d.next(ctx)
		for err == nil && what == "180 INVITE" && header(text, "RSeq") == ringing { // said again before our PRACK came (RFC 3262 3)
			what, text, err = d.next(ctx)
		}
		if err != nil || what != want {
			return fmt.Errorf("heard %q in place of %s (%v)\n%s", what, want, err, text)
		}
	}
	return d.send("ACK", 1, "", "same-branch")
}
