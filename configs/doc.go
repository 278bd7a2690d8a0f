// Package configs reads the gateway's one YAML file.
//
//	causeway.yaml --> strict decode --> environment --> Validate (every room its own part) --> Config, a value
//	   |                  |                 |                 |
//	   |                  '- line number    '- CAUSEWAY_*     '- all faults at once, each with its key
//	   '- absent: what is missing and where the sample is
//
// Each room owns its settings, their defaults and their checks; this package only gathers them. The shipped sample,
// configs/causeway.yaml, explains every key and is held equal to the defaults by a test.
//
// An environment variable overrides one scalar: CAUSEWAY_IMS_SIP_MAX_MESSAGE stands for ims.sip.max_message. Lists are
// written as YAML: CAUSEWAY_WEBSOCKET_ORIGINS='["https://phone.example"]'.
package configs
