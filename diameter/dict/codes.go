package dict

// AVP codes of the base protocol (RFC 6733 4.5). They carry no vendor.
const (
	CodeUserName                    = 1   // User-Name
	CodeClass                       = 25  // Class
	CodeSessionTimeout              = 27  // Session-Timeout
	CodeProxyState                  = 33  // Proxy-State
	CodeEventTimestamp              = 55  // Event-Timestamp
	CodeHostIPAddress               = 257 // Host-IP-Address
	CodeAuthApplicationID           = 258 // Auth-Application-Id
	CodeAcctApplicationID           = 259 // Acct-Application-Id
	CodeVendorSpecificApplicationID = 260 // Vendor-Specific-Application-Id
	CodeRedirectHostUsage           = 261 // Redirect-Host-Usage
	CodeRedirectMaxCacheTime        = 262 // Redirect-Max-Cache-Time
	CodeSessionID                   = 263 // Session-Id
	CodeOriginHost                  = 264 // Origin-Host
	CodeSupportedVendorID           = 265 // Supported-Vendor-Id
	CodeVendorID                    = 266 // Vendor-Id
	CodeFirmwareRevision            = 267 // Firmware-Revision
	CodeResultCode                  = 268 // Result-Code
	CodeProductName                 = 269 // Product-Name
	CodeSessionBinding              = 270 // Session-Binding
	CodeSessionServerFailover       = 271 // Session-Server-Failover
	CodeDisconnectCause             = 273 // Disconnect-Cause
	CodeAuthRequestType             = 274 // Auth-Request-Type
	CodeAuthGracePeriod             = 276 // Auth-Grace-Period
	CodeAuthSessionState            = 277 // Auth-Session-State
	CodeOriginStateID               = 278 // Origin-State-Id
	CodeFailedAVP                   = 279 // Failed-AVP
	CodeProxyHost                   = 280 // Proxy-Host
	CodeErrorMessage                = 281 // Error-Message
	CodeRouteRecord                 = 282 // Route-Record
	CodeDestinationRealm            = 283 // Destination-Realm
	CodeProxyInfo                   = 284 // Proxy-Info
	CodeReAuthRequestType           = 285 // Re-Auth-Request-Type
	CodeAuthorizationLifetime       = 291 // Authorization-Lifetime
	CodeRedirectHost                = 292 // Redirect-Host
	CodeDestinationHost             = 293 // Destination-Host
	CodeErrorReportingHost          = 294 // Error-Reporting-Host
	CodeTerminationCause            = 295 // Termination-Cause
	CodeOriginRealm                 = 296 // Origin-Realm
	CodeExperimentalResult          = 297 // Experimental-Result
	CodeExperimentalResultCode      = 298 // Experimental-Result-Code
	CodeInbandSecurityID            = 299 // Inband-Security-Id
)

// AVP codes used by Rx without a vendor (RFC 7155, RFC 8506).
const (
	CodeFramedIPAddress    = 8   // Framed-IP-Address
	CodeCalledStationID    = 30  // Called-Station-Id
	CodeFramedIPv6Prefix   = 97  // Framed-IPv6-Prefix
	CodeSubscriptionID     = 443 // Subscription-Id
	CodeSubscriptionIDData = 444 // Subscription-Id-Data
	CodeSubscriptionIDType = 450 // Subscription-Id-Type
)

// AVP code of vendor [VendorETSI] (TS 183 017). Some dictionaries list it under 3GPP, which is wrong.
const CodeReservationPriority = 458

// AVP codes of vendor [Vendor3GPP] (TS 29.214 5.3, TS 29.229 6.3, TS 29.061 16.4.7, TS 29.212 5.3).
const (
	CodeTGPPSGSNMCCMNC                       = 18   // 3GPP-SGSN-MCC-MNC
	CodeTGPPUserLocationInfo                 = 22   // 3GPP-User-Location-Info
	CodeTGPPMSTimeZone                       = 23   // 3GPP-MS-TimeZone
	CodeAbortCause                           = 500  // Abort-Cause
	CodeAccessNetworkChargingAddress         = 501  // Access-Network-Charging-Address
	CodeAccessNetworkChargingIdentifier      = 502  // Access-Network-Charging-Identifier
	CodeAccessNetworkChargingIdentifierValue = 503  // Access-Network-Charging-Identifier-Value
	CodeAFApplicationIdentifier              = 504  // AF-Application-Identifier
	CodeAFChargingIdentifier                 = 505  // AF-Charging-Identifier
	CodeFlowDescription                      = 507  // Flow-Description
	CodeFlowNumber                           = 509  // Flow-Number
	CodeFlows                                = 510  // Flows
	CodeFlowStatus                           = 511  // Flow-Status
	CodeFlowUsage                            = 512  // Flow-Usage
	CodeSpecificAction                       = 513  // Specific-Action
	CodeMaxRequestedBandwidthDL              = 515  // Max-Requested-Bandwidth-DL
	CodeMaxRequestedBandwidthUL              = 516  // Max-Requested-Bandwidth-UL
	CodeMediaComponentDescription            = 517  // Media-Component-Description
	CodeMediaComponentNumber                 = 518  // Media-Component-Number
	CodeMediaSubComponent                    = 519  // Media-Sub-Component
	CodeMediaType                            = 520  // Media-Type
	CodeRRBandwidth                          = 521  // RR-Bandwidth
	CodeRSBandwidth                          = 522  // RS-Bandwidth
	CodeSIPForkingIndication                 = 523  // SIP-Forking-Indication
	CodeCodecData                            = 524  // Codec-Data
	CodeServiceURN                           = 525  // Service-URN
	CodeAcceptableServiceInfo                = 526  // Acceptable-Service-Info
	CodeServiceInfoStatus                    = 527  // Service-Info-Status
	CodeMPSIdentifier                        = 528  // MPS-Identifier
	CodeAFSignallingProtocol                 = 529  // AF-Signalling-Protocol
	CodeSponsoredConnectivityData            = 530  // Sponsored-Connectivity-Data
	CodeSponsorIdentity                      = 531  // Sponsor-Identity
	CodeApplicationServiceProviderIdentity   = 532  // Application-Service-Provider-Identity
	CodeRxRequestType                        = 533  // Rx-Request-Type
	CodeMinRequestedBandwidthDL              = 534  // Min-Requested-Bandwidth-DL
	CodeMinRequestedBandwidthUL              = 535  // Min-Requested-Bandwidth-UL
	CodeRequiredAccessInfo                   = 536  // Required-Access-Info
	CodeIPDomainID                           = 537  // IP-Domain-Id
	CodeGCSIdentifier                        = 538  // GCS-Identifier
	CodeSharingKeyDL                         = 539  // Sharing-Key-DL
	CodeSharingKeyUL                         = 540  // Sharing-Key-UL
	CodeRetryInterval                        = 541  // Retry-Interval
	CodeSupportedFeatures                    = 628  // Supported-Features
	CodeFeatureListID                        = 629  // Feature-List-ID
	CodeFeatureList                          = 630  // Feature-List
	CodeIPCANType                            = 1027 // IP-CAN-Type
	CodeRATType                              = 1032 // RAT-Type
	CodeANGWAddress                          = 1050 // AN-GW-Address
	CodeNetLocAccessSupport                  = 2824 // NetLoc-Access-Support
)
