package rx

import (
	"causeway/diameter/dict"

	"github.com/fiorix/go-diameter/v4/diam"
)

// aar makes the AA-Request (TS 29.214 5.6.1), its AVPs in the order of the command's grammar. The caller holds mu.
func (s *Session) aar(v Service) *diam.Message {
	cfg, p := s.client.cfg, s.params
	m := s.request(dict.CommandAA)
	if cfg.IPDomain != "" && !s.granted {
		m.AddAVP(dict.IPDomainID(cfg.IPDomain))
	}
	if cfg.AFApplication != "" {
		m.AddAVP(dict.AFApplicationIdentifier(cfg.AFApplication))
	}
	for _, c := range v.Components {
		m.AddAVP(c.AVP())
	}
	m.AddAVP(v.Status.AVP())
	if p.AFChargingID != "" {
		m.AddAVP(dict.AFChargingIdentifier(p.AFChargingID))
	}
	if v.Forking || s.forked {
		m.AddAVP(dict.ForkingIndication(v.Forking)) // absent means single, so it is said only to take it back
	}
	if !s.granted {
		s.initial(m)
	}
	if len(v.AccessInfo) > 0 {
		m.AddAVP(dict.ActionAccessNetworkInfo.AVP()) // one-time: asked for in any AAR (TS 29.214 4.4.6.7)
	}
	kind := dict.RequestInitial
	if s.granted {
		kind = dict.RequestUpdate
	}
	m.AddAVP(kind.AVP())
	for _, i := range v.AccessInfo {
		m.AddAVP(i.AVP())
	}
	m.AddAVP(dict.OriginStateID(s.client.deps.OriginStateID))
	return m
}

// initial adds what only the first AAR of a session carries: who it is for and what is to be reported.
func (s *Session) initial(m *diam.Message) {
	p := s.params
	actions := p.Actions
	if actions == nil {
		actions = callActions()
	}
	for _, a := range actions {
		m.AddAVP(a.AVP())
	}
	for _, id := range p.Subscription {
		m.AddAVP(id.AVP())
	}
	if f := s.client.cfg.Features; f != 0 {
		m.AddAVP(dict.SupportedFeatures(f))
	}
	if p.Priority != 0 {
		m.AddAVP(dict.ReservationPriority(p.Priority))
	}
	m.AddAVP(dict.FramedIP(p.UE))
	if p.ServiceURN != "" {
		m.AddAVP(dict.ServiceURN(p.ServiceURN))
	}
}

// callActions are the events a call can act on.
func callActions() []SpecificAction {
	return []SpecificAction{
		ActionChargingCorrelation, ActionLossOfBearer, ActionRecoveryOfBearer, ActionReleaseOfBearer,
		ActionIPCANChange, ActionOutOfCredit, ActionFailedResources,
	}
}

// request begins a request of the session: Session-Id, application, origin, destination. The caller holds mu.
func (s *Session) request(command uint32) *diam.Message {
	cfg := s.client.cfg
	m := s.client.peers.NewRequest(command)
	m.AddAVP(dict.SessionID(s.id))
	if command == dict.CommandAA {
		m.AddAVP(dict.AuthApplicationID(dict.ApplicationRx))
	}
	m.AddAVP(dict.OriginHost(cfg.OriginHost))
	m.AddAVP(dict.OriginRealm(cfg.OriginRealm))
	m.AddAVP(dict.DestinationRealm(cfg.DestinationRealm))
	if command != dict.CommandAA {
		m.AddAVP(dict.AuthApplicationID(dict.ApplicationRx)) // STR: {Termination-Cause} follows (RFC 6733 8.4.1)
	}
	host := s.host
	if host == "" {
		host = cfg.DestinationHost
	}
	if host != "" {
		m.AddAVP(dict.DestinationHost(host))
	}
	return m
}
