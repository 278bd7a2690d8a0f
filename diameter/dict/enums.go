package dict

import (
	"strconv"

	"github.com/fiorix/go-diameter/v4/diam"
	"github.com/fiorix/go-diameter/v4/diam/datatype"
)

// Numbers assigned by IANA and 3GPP.
const (
	ApplicationRx    = 16777236   // Rx application (TS 29.214 5.1)
	ApplicationRelay = 0xffffffff // advertised by relay agents (RFC 6733 2.4)

	Vendor3GPP = 10415
	VendorETSI = 13019
)

// Command codes (RFC 6733 3.1, RFC 7155 3).
const (
	CommandCapabilitiesExchange = 257
	CommandReAuth               = 258
	CommandAA                   = 265
	CommandAbortSession         = 274
	CommandSessionTermination   = 275
	CommandDeviceWatchdog       = 280
	CommandDisconnectPeer       = 282
)

// Values of Result-Code (RFC 6733 7.1).
const (
	ResultSuccess                = 2001
	ResultCommandUnsupported     = 3001
	ResultUnableToDeliver        = 3002
	ResultTooBusy                = 3004
	ResultApplicationUnsupported = 3007
	ResultUnknownSessionID       = 5002
	ResultMissingAVP             = 5005
	ResultNoCommonApplication    = 5010
	ResultUnableToComply         = 5012
	ResultInvalidAVPLength       = 5014
)

// Values of Experimental-Result-Code with vendor [Vendor3GPP] (TS 29.214 5.5).
const (
	ResultServiceTemporarilyNotAuthorized   = 4261
	ResultInvalidServiceInformation         = 5061
	ResultFilterRestrictions                = 5062
	ResultRequestedServiceNotAuthorized     = 5063
	ResultDuplicatedAFSession               = 5064
	ResultIPCANSessionNotAvailable          = 5065
	ResultUnauthorizedNonEmergencySession   = 5066
	ResultUnauthorizedSponsoredConnectivity = 5067
	ResultTemporaryNetworkFailure           = 5068
)

// MediaType is the kind of a media component (TS 29.214 5.3.19).
type MediaType uint32

// Values of MediaType.
const (
	Audio       MediaType = 0
	Video       MediaType = 1
	Data        MediaType = 2
	Application MediaType = 3
	Control     MediaType = 4
	Text        MediaType = 5
	Message     MediaType = 6
	OtherMedia  MediaType = 0xffffffff
)

// AVP returns the Media-Type AVP.
func (v MediaType) AVP() *diam.AVP { return tgpp(CodeMediaType, datatype.Enumerated(int32(v))) }

// FlowStatus says which directions of a flow the gate lets through (TS 29.214 5.3.11). Its zero value leaves the AVP
// out, because the wire's own zero (uplink only) must never be sent by omission.
type FlowStatus uint8

// Values of FlowStatus.
const (
	FlowStatusOmitted   FlowStatus = iota // the AVP is not sent: the PCRF keeps what it has, or its default
	FlowEnabledUplink                     // from the UE to the gateway only
	FlowEnabledDownlink                   // from the gateway to the UE only
	FlowEnabled                           // both
	FlowDisabled                          // neither; resources stay reserved
	FlowRemoved                           // the flow is gone; resources are released
)

// AVP returns the Flow-Status AVP, nil for [FlowStatusOmitted].
func (v FlowStatus) AVP() *diam.AVP {
	if v == FlowStatusOmitted {
		return nil
	}
	return tgpp(CodeFlowStatus, datatype.Enumerated(int32(v)-1))
}

// FlowUsage says what a flow carries beside media (TS 29.214 5.3.12).
type FlowUsage uint32

// Values of FlowUsage.
const (
	UsageMedia      FlowUsage = 0 // NO_INFORMATION, the default: the AVP is not sent
	UsageRTCP       FlowUsage = 1
	UsageSignalling FlowUsage = 2 // AF_SIGNALLING, sent together with AF-Signalling-Protocol SIP
)

// AVP returns the Flow-Usage AVP.
func (v FlowUsage) AVP() *diam.AVP { return tgpp(CodeFlowUsage, datatype.Enumerated(int32(v))) }

// SpecificAction is an event the PCRF is asked to report, or reports (TS 29.214 5.3.13).
type SpecificAction uint32

// Values of SpecificAction.
const (
	ActionChargingCorrelation    SpecificAction = 1
	ActionLossOfBearer           SpecificAction = 2
	ActionRecoveryOfBearer       SpecificAction = 3
	ActionReleaseOfBearer        SpecificAction = 4
	ActionIPCANChange            SpecificAction = 6
	ActionOutOfCredit            SpecificAction = 7
	ActionSuccessfulResources    SpecificAction = 8
	ActionFailedResources        SpecificAction = 9
	ActionLimitedPCCDeployment   SpecificAction = 10
	ActionUsageReport            SpecificAction = 11
	ActionAccessNetworkInfo      SpecificAction = 12
	ActionRecoveryFromLimitedPCC SpecificAction = 13
	ActionAccessNetworkInfoLost  SpecificAction = 14
	ActionPLMNChange             SpecificAction = 16
)

// AVP returns the Specific-Action AVP.
func (v SpecificAction) AVP() *diam.AVP {
	return tgpp(CodeSpecificAction, datatype.Enumerated(int32(v)))
}

// String returns the action in the words of TS 29.214, in lower case.
func (v SpecificAction) String() string {
	names := map[SpecificAction]string{
		ActionChargingCorrelation: "charging correlation", ActionLossOfBearer: "loss of bearer",
		ActionRecoveryOfBearer: "recovery of bearer", ActionReleaseOfBearer: "release of bearer",
		ActionIPCANChange: "ip-can change", ActionOutOfCredit: "out of credit",
		ActionSuccessfulResources: "successful resources allocation", ActionFailedResources: "failed resources allocation",
		ActionLimitedPCCDeployment: "limited pcc deployment", ActionUsageReport: "usage report",
		ActionAccessNetworkInfo: "access network info", ActionRecoveryFromLimitedPCC: "recovery from limited pcc deployment",
		ActionAccessNetworkInfoLost: "access network info failed", ActionPLMNChange: "plmn change",
	}
	if s, ok := names[v]; ok {
		return s
	}
	return "action " + strconv.FormatUint(uint64(v), 10)
}

// ServiceInfoStatus says how final the service information is (TS 29.214 5.3.28).
type ServiceInfoStatus uint32

// Values of ServiceInfoStatus.
const (
	StatusFinal       ServiceInfoStatus = 0
	StatusPreliminary ServiceInfoStatus = 1
)

// AVP returns the Service-Info-Status AVP.
func (v ServiceInfoStatus) AVP() *diam.AVP {
	return tgpp(CodeServiceInfoStatus, datatype.Enumerated(int32(v)))
}

// RxRequestType tells an initial AAR from an update (TS 29.214 5.3.31). It is sent without the M bit.
type RxRequestType uint32

// Values of RxRequestType.
const (
	RequestInitial RxRequestType = 0
	RequestUpdate  RxRequestType = 1
)

// AVP returns the Rx-Request-Type AVP.
func (v RxRequestType) AVP() *diam.AVP {
	return tgppOptional(CodeRxRequestType, datatype.Enumerated(int32(v)))
}

// RequiredAccessInfo is a piece of access network information the PCRF is asked for (TS 29.214 5.3.35).
type RequiredAccessInfo uint32

// Values of RequiredAccessInfo.
const (
	AccessUserLocation RequiredAccessInfo = 0
	AccessTimeZone     RequiredAccessInfo = 1
)

// AVP returns the Required-Access-Info AVP.
func (v RequiredAccessInfo) AVP() *diam.AVP {
	return tgppOptional(CodeRequiredAccessInfo, datatype.Enumerated(int32(v)))
}

// SubscriptionIDType is the kind of a subscriber's identity (RFC 8506 8.47).
type SubscriptionIDType uint32

// Values of SubscriptionIDType.
const (
	SubscriptionE164    SubscriptionIDType = 0
	SubscriptionIMSI    SubscriptionIDType = 1
	SubscriptionSIPURI  SubscriptionIDType = 2
	SubscriptionNAI     SubscriptionIDType = 3
	SubscriptionPrivate SubscriptionIDType = 4
)

// TerminationCause is why a session ended (RFC 6733 8.15).
type TerminationCause uint32

// Values of TerminationCause.
const (
	CauseLogout             TerminationCause = 1
	CauseServiceNotProvided TerminationCause = 2
	CauseBadAnswer          TerminationCause = 3
	CauseAdministrative     TerminationCause = 4
	CauseLinkBroken         TerminationCause = 5
)

// AVP returns the Termination-Cause AVP.
func (v TerminationCause) AVP() *diam.AVP {
	return base(CodeTerminationCause, datatype.Enumerated(int32(v)))
}

// AbortCause is why the PCRF aborts a session (TS 29.214 5.3.1).
type AbortCause uint32

// Values of AbortCause.
const (
	AbortBearerReleased              AbortCause = 0
	AbortInsufficientServerResources AbortCause = 1
	AbortInsufficientBearerResources AbortCause = 2
	AbortPSToCSHandover              AbortCause = 3
	AbortSponsoredConnectivity       AbortCause = 4
)

// DisconnectCause is why a peer ends a connection (RFC 6733 5.4.3).
type DisconnectCause uint32

// Values of DisconnectCause.
const (
	DisconnectRebooting       DisconnectCause = 0
	DisconnectBusy            DisconnectCause = 1
	DisconnectDoNotWantToTalk DisconnectCause = 2
)

// AVP returns the Disconnect-Cause AVP.
func (v DisconnectCause) AVP() *diam.AVP {
	return base(CodeDisconnectCause, datatype.Enumerated(int32(v)))
}
