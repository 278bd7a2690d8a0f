package b2bua

import (
	"context"
	"errors"
	"net/netip"
	"strings"

	"causeway/diameter/rx"
	"causeway/signaling/call"
	"causeway/signaling/sdp"
)

// askPolicy asks the PCRF for the flows of the access leg (TS 29.214 A.1) in a goroutine of its own; the answer comes
// back as an input with its attempt number. The policed leg is the browser's: its address is the nominated one, or
// before ICE is done the socket's with any port.
func (c *Call) askPolicy(a call.AskPolicy) {
	gateway, ue, ok := c.stream.AccessPeer()
	if ok {
		c.asked = rxPeer{ue: ue, gateway: gateway, tcp: c.stream.AccessTCP()}
	} else {
		ue, gateway = c.expectedPeer()
	}
	address := ue.Addr()
	if !address.IsValid() {
		address = c.socketAddress()
	}
	if c.policy == nil {
		c.policy = c.agent.deps.Policy.Open(rx.SessionParams{
			UE:           address,
			Subscription: subscription(c.host.IMPU()),
			AFChargingID: c.icid(),
			Notify:       func(e rx.Event) { c.post(func() { c.policyEvent(e) }) },
		})
	}
	service := rx.Service{Components: c.components(ue, gateway), Status: rx.StatusFinal}
	policy := c.policy
	ctx := c.agent.ctx
	c.agent.questions.Go(func() {
		result, err := policy.Authorize(ctx, service)
		c.post(func() { c.policyAnswer(a.Attempt, result, err) })
	})
}

func (c *Call) policyAnswer(attempt int, result rx.Result, err error) {
	answer := call.PolicyAnswer{Attempt: attempt, Verdict: call.Unreachable}
	switch {
	case err != nil && !errors.Is(err, rx.ErrEnded) && !errors.Is(err, context.Canceled):
		c.log.Warn("policy not asked", "err", err)
	case err != nil:
	case result.Outcome == rx.Granted:
		answer.Verdict = call.Granted
	case result.Outcome == rx.Rejected:
		answer.Verdict, answer.Text = call.Refused, result.Text
	case result.Outcome == rx.NotAvailable:
		answer.Verdict, answer.Text = call.NotAvailable, result.Text
	}
	if err == nil && result.Outcome != rx.Granted {
		c.log.Info("policy did not grant", "outcome", result.Outcome.String(), "code", result.Code, "text", result.Text, "mode", string(c.fsm.Mode))
	}
	c.input(answer)
}

func (c *Call) policyEvent(e rx.Event) {
	if _, ok := e.(rx.Aborted); ok {
		c.log.Warn("policy aborted the call")
		c.input(call.PolicyAborted{})
	}
}

// closePolicy ends the Rx session; rx sends the STR in any case and waits for nobody.
func (c *Call) closePolicy(a call.ClosePolicy) {
	if c.policy == nil {
		return
	}
	cause := rx.CauseLogout
	if a.Aborted {
		cause = rx.CauseAdministrative
	}
	c.policy.Terminate(cause)
}

// components describes the access leg's flows in rx's words.
func (c *Call) components(ue, gateway netip.AddrPort) []rx.MediaComponent {
	var local sdp.AccessMedia
	own, err := sdp.ParseAccess(c.access.local)
	if err == nil {
		if _, audio, ok := own.Audio(); ok {
			local = *audio
		}
	}
	flows := sdp.Flows(c.access.chosen, ue, gateway, sdp.FlowOptions{Local: local, BrowserOffered: c.access.offered == nil})
	flows = append(flows, c.videoFlows(own, ue, gateway)...)
	out := make([]rx.MediaComponent, 0, len(flows))
	for _, f := range flows {
		m := rx.MediaComponent{Number: f.Number, Type: rx.MediaType(f.Type), UplinkBps: f.UplinkBps, DownlinkBps: f.DownlinkBps,
			Status: flowStatus(f.Status), CodecData: f.CodecData}
		for _, one := range f.Flows {
			m.Flows = append(m.Flows, rx.Flow{Number: one.Number, UE: one.UE, Gateway: one.Gateway, TCP: c.asked.tcp,
				Usage: rx.FlowUsage(one.Usage), Status: flowStatus(one.Status)})
		}
		out = append(out, m)
	}
	return out
}

// flowStatus is a gate in rx's words, whose values are not the wire's: there zero is a status (TS 29.214 5.3.11), here it is none.
func flowStatus(s sdp.FlowStatus) rx.FlowStatus {
	switch s {
	case sdp.FlowEnabledUplink:
		return rx.FlowEnabledUplink
	case sdp.FlowEnabledDownlink:
		return rx.FlowEnabledDownlink
	case sdp.FlowDisabled:
		return rx.FlowDisabled
	case sdp.FlowRemoved:
		return rx.FlowRemoved
	default:
		return rx.FlowEnabled
	}
}

// videoFlows are those of the picture, beside the sound on the same transport (TS 29.214 5.3.16: one component per m-line); one that was
// granted and is gone is taken back.
func (c *Call) videoFlows(own *sdp.Access, ue, gateway netip.AddrPort) []sdp.MediaComponent {
	v, chosen := &c.video, c.access.chosen.Video
	if chosen == nil || v.wish == "" || v.agreed == nil || own == nil {
		if !v.policed {
			return nil
		}
		v.policed = false
		return []sdp.MediaComponent{{Number: uint32(v.line) + 1, Type: sdp.MediaVideo, Status: sdp.FlowRemoved}} //nolint:gosec // below sdp.MaxMedia
	}
	v.policed = true
	opt := sdp.FlowOptions{BrowserOffered: c.access.offered == nil, VideoKbps: v.agreed.BandwidthAS}
	if _, m, ok := own.Bundled(); ok {
		opt.Local = *m
	}
	return sdp.Flows(*chosen, ue, gateway, opt)
}

func (c *Call) icid() string {
	if c.dialog == nil {
		return ""
	}
	return c.dialog.ICID()
}

// expectedPeer is the access leg before ICE is done: from the socket's address, any port. Where the socket and media do
// not share an address family nothing is known yet, and the flow goes out without its ends.
func (c *Call) expectedPeer() (ue, gateway netip.AddrPort) {
	address, gateway := c.socketAddress(), c.accessLocal().Address
	if address.IsUnspecified() || address.Is4() != gateway.Addr().Unmap().Is4() {
		return netip.AddrPort{}, netip.AddrPort{}
	}
	return netip.AddrPortFrom(address, 0), gateway
}

func (c *Call) socketAddress() netip.Addr {
	address, ok := c.host.Browser()
	if !ok {
		return netip.IPv4Unspecified()
	}
	return address
}

// subscription names the user to the PCRF (TS 29.214 5.6.2: Subscription-Id), as SIP URI and, if it is one, as number.
func subscription(impu string) []rx.SubscriptionID {
	ids := []rx.SubscriptionID{{Type: rx.SubscriptionSIPURI, Data: impu}}
	user, _, _ := strings.Cut(strings.TrimPrefix(impu, "sip:"), "@")
	if number, ok := strings.CutPrefix(user, "+"); ok {
		ids = append(ids, rx.SubscriptionID{Type: rx.SubscriptionE164, Data: number})
	}
	return ids
}
