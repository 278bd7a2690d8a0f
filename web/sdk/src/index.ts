// The public surface of the SDK. Everything else may change.

export { Phone, VERSION } from "./client/phone";
export type { PhoneOptions, PhoneEvents } from "./client/phoneparts";
export type { Call } from "./client/call";
export type { AnswerOptions, CallEvents, CallOptions } from "./client/callparts";
export type { Refer } from "./client/refer";
export type { Composing, MessageOptions, MessageReport, SentMessage, TextMessage } from "./client/messages";
export type { CallState } from "./client/callstate";
export type { PhoneState } from "./client/phonestate";
export type { Devices } from "./client/devices";
export type { Device, DeviceKind } from "./media/engine";
export { PhoneError } from "./protocol/failure";
export type { Credentials } from "./transport/digest";
export { catalogue } from "./protocol/errors";
export type { ErrorName } from "./protocol/errors";
export type { Diversion, ElsewhereCall, EndReason, Headers, Identity, LegQuality, MessageStatus, Quality, Remote, TransferProgress, UserToUser, VideoState } from "./protocol/frames";
