package rx

import (
	"errors"
	"fmt"
	"strings"

	"causeway/diameter/dict"
)

// The values a service is described with. They live in diameter/dict, where they become AVPs.
type (
	MediaComponent     = dict.MediaComponent
	Flow               = dict.Flow
	MediaType          = dict.MediaType
	FlowStatus         = dict.FlowStatus
	FlowUsage          = dict.FlowUsage
	SubscriptionID     = dict.Subscription
	SpecificAction     = dict.SpecificAction
	ServiceInfoStatus  = dict.ServiceInfoStatus
	RequiredAccessInfo = dict.RequiredAccessInfo
	TerminationCause   = dict.TerminationCause
	AbortCause         = dict.AbortCause
)

// Values of those types, so that a caller needs no other package.
const (
	Audio       = dict.Audio
	Video       = dict.Video
	Data        = dict.Data
	Application = dict.Application
	Text        = dict.Text
	Message     = dict.Message

	FlowStatusOmitted   = dict.FlowStatusOmitted
	FlowEnabledUplink   = dict.FlowEnabledUplink
	FlowEnabledDownlink = dict.FlowEnabledDownlink
	FlowEnabled         = dict.FlowEnabled
	FlowDisabled        = dict.FlowDisabled
	FlowRemoved         = dict.FlowRemoved

	UsageMedia      = dict.UsageMedia
	UsageRTCP       = dict.UsageRTCP
	UsageSignalling = dict.UsageSignalling

	SubscriptionE164   = dict.SubscriptionE164
	SubscriptionIMSI   = dict.SubscriptionIMSI
	SubscriptionSIPURI = dict.SubscriptionSIPURI

	ActionChargingCorrelation = dict.ActionChargingCorrelation
	ActionLossOfBearer        = dict.ActionLossOfBearer
	ActionRecoveryOfBearer    = dict.ActionRecoveryOfBearer
	ActionReleaseOfBearer     = dict.ActionReleaseOfBearer
	ActionIPCANChange         = dict.ActionIPCANChange
	ActionOutOfCredit         = dict.ActionOutOfCredit
	ActionSuccessfulResources = dict.ActionSuccessfulResources
	ActionFailedResources     = dict.ActionFailedResources
	ActionAccessNetworkInfo   = dict.ActionAccessNetworkInfo
	ActionPLMNChange          = dict.ActionPLMNChange

	StatusFinal       = dict.StatusFinal
	StatusPreliminary = dict.StatusPreliminary

	AccessUserLocation = dict.AccessUserLocation
	AccessTimeZone     = dict.AccessTimeZone

	CauseLogout         = dict.CauseLogout         // the call ended
	CauseAdministrative = dict.CauseAdministrative // after an ASR
	CauseLinkBroken     = dict.CauseLinkBroken     // the browser is gone
)

// Service is what one AAR asks for (TS 29.214 4.4.1, 4.4.2).
type Service struct {
	Components []MediaComponent  // 1 to 10
	Status     ServiceInfoStatus // StatusPreliminary for an SDP offer without its answer
	Forking    bool              // a second early dialog exists: the PCRF keeps the larger of both (TS 29.214 A.3.1)
	// AccessInfo asks the PCRF for a report of where the UE is, as a Changed event or in the answer.
	AccessInfo []RequiredAccessInfo
}

// ErrInvalid says that the caller's values cannot be put in an AAR. Nothing was sent.
var ErrInvalid = errors.New("rx: invalid service")

// Limits on what is sent. Most of it comes from a browser's SDP.
const (
	maxComponents = 10
	maxFlows      = 16
	maxCodecData  = 4 << 10 // octets of one Codec-Data
	maxText       = 255     // octets of an identifier
)

// check refuses what no AAR may carry: more than its limits, control characters, ends that are no hosts.
func (s Service) check() error {
	if n := len(s.Components); n < 1 || n > maxComponents {
		return fmt.Errorf("%w: %d media components, want 1 to %d", ErrInvalid, n, maxComponents)
	}
	if len(s.AccessInfo) > 8 || s.Status > StatusPreliminary {
		return fmt.Errorf("%w: access information or status out of range", ErrInvalid)
	}
	seen := make(map[uint32]bool)
	for _, c := range s.Components {
		if seen[c.Number] {
			return fmt.Errorf("%w: component %d is listed twice", ErrInvalid, c.Number)
		}
		seen[c.Number] = true
		if err := checkComponent(c); err != nil {
			return err
		}
	}
	return nil
}

// checkComponent checks one component.
func checkComponent(c MediaComponent) error {
	if len(c.Flows) > maxFlows || len(c.CodecData) > 2 || c.Status > FlowRemoved {
		return fmt.Errorf("%w: component %d: too many flows or codec data, or an unknown status", ErrInvalid, c.Number)
	}
	for _, d := range c.CodecData {
		if len(d) > maxCodecData || strings.IndexFunc(d, notSDP) >= 0 {
			return fmt.Errorf("%w: component %d: codec data too long or with control characters", ErrInvalid, c.Number)
		}
		if !strings.HasPrefix(d, "uplink\n") && !strings.HasPrefix(d, "downlink\n") {
			return fmt.Errorf("%w: component %d: codec data without its direction", ErrInvalid, c.Number)
		}
	}
	numbers := make(map[uint32]bool)
	for _, f := range c.Flows {
		if numbers[f.Number] || f.Status > FlowRemoved || f.Usage > UsageSignalling {
			return fmt.Errorf("%w: component %d: flow %d is listed twice or out of range", ErrInvalid, c.Number, f.Number)
		}
		numbers[f.Number] = true
		if f.Number == 0 && f.Usage != UsageSignalling {
			return fmt.Errorf("%w: component %d: flows count from 1", ErrInvalid, c.Number)
		}
		if err := checkFlow(f); err != nil {
			return fmt.Errorf("%w: component %d, flow %d: %s", ErrInvalid, c.Number, f.Number, err)
		}
	}
	return nil
}

// checkFlow checks the ends of one flow: both or none, of one family, and hosts. The UE's may differ from the signalling's: another interface, IPv6 beside IPv4, a relay.
func checkFlow(f Flow) error {
	switch {
	case !f.UE.IsValid() && !f.Gateway.IsValid():
		return nil
	case !f.UE.IsValid() || !f.Gateway.IsValid() || f.Gateway.Port() == 0:
		return errors.New("one end is missing")
	}
	u, g := f.UE.Addr().Unmap(), f.Gateway.Addr().Unmap()
	switch {
	case u.Is4() != g.Is4():
		return errors.New("the ends are of different address families")
	case u.IsUnspecified() || g.IsUnspecified() || u.IsMulticast() || g.IsMulticast():
		return errors.New("an end is not the address of a host")
	}
	return nil
}

// notSDP says whether a character has no place in lines of SDP.
func notSDP(r rune) bool { return (r < ' ' && r != '\n' && r != '\r' && r != '\t') || r == 0x7f }
