// What a phone is given and what it tells: the types around Phone.

import type { Composing, MessageReport, TextMessage } from "./messages";
import type { PhoneError } from "../protocol/failure";
import type { ElsewhereCall, Identity, Remote } from "../protocol/frames";
import type { DeviceKind } from "../media/engine";
import type { Credentials } from "../transport/digest";
import type { Platform } from "../transport/platform";
import type { Call } from "./call";
import type { PhoneState } from "./phonestate";
import type { Refer } from "./refer";

/** Settings of a Phone. */
export interface PhoneOptions {
  /** The gateway's WebSocket, wss://.../ws; the page's own host when absent. */
  url?: string;
  /** A token to log in with ... */
  token?: string;
  /** ... or, better, a function that gets one; it is called again whenever a fresh one is needed. */
  getToken?: () => Promise<string> | string;
  /** Instead of a token: the telephone network's own user name and password, where the operator allows it (SIP digest). */
  credentials?: Credentials;
  /** Ring on incoming calls and play ringback while dialing (true when absent). */
  sounds?: boolean;
  /** Come back by itself after the connection was lost (true when absent). */
  autoReconnect?: boolean;
  /** STUN and TURN servers besides those the gateway tells; seldom needed. */
  iceServers?: RTCIceServer[];
  /** "relay" lets media take no way but a TURN server. */
  iceTransportPolicy?: RTCIceTransportPolicy;
  /**
   * What becomes of a far phone's wish that the user call somebody else: "ask" tells by "refer" (and says no when nobody listens),
   * "accept" follows by itself, "refuse" says no. What the operator wants to be followed without asking is followed with "ask" too.
   * "ask" when absent.
   */
  transfers?: "ask" | "accept" | "refuse";
  /** Another source of sound than the microphone. The stream is asked for at every call; its tracks are not stopped. */
  source?: () => Promise<MediaStream> | MediaStream;
  /** What to tell the gateway about this page, for its log. */
  client?: { name: string; version: string };
  /** @internal Replaces the browser in tests. */
  platform?: Platform;
}

/** Events of a Phone, with their arguments. */
export type PhoneEvents = {
  state: [state: PhoneState];
  /** Somebody calls: answer(), reject() or let it ring. */
  incoming: [call: Call];
  /** The far party of a call asks the user to call somebody else: accept() or refuse() it, within a minute. */
  refer: [refer: Refer];
  /** A wish of the far party is followed: next has been started by accept() or by itself. */
  following: [refer: Refer, next: Call];
  /** The far party of a call was put through: next has taken its place, and is being answered. */
  replaced: [next: Call, old: Call];
  /** Any call changed or went; for a page that draws phone.calls. */
  calls: [calls: readonly Call[]];
  /** The user talks in other browsers: pull(one) takes a call over. Told whenever that changes. */
  elsewhere: [calls: readonly ElsewhereCall[]];
  /** Somebody has written. */
  message: [message: TextMessage];
  /** What has become of a message that was sent with report, or as a short message. */
  messageReport: [report: MessageReport];
  /** Somebody is writing, or has stopped. */
  composing: [composing: Composing];
  /** The user's telephone identities are known or have changed. */
  identities: [identities: readonly Identity[]];
  /** The token ends in so many seconds: call updateToken(). Only without getToken, or when that failed. */
  tokenExpiring: [seconds: number];
  /** Something is wrong and the phone goes on. */
  warning: [warning: PhoneError];
  /** The phone stopped, or the network refused it. */
  error: [error: PhoneError];
  /** Devices came or went; lost names the selected ones that are gone and were replaced by the default. */
  deviceChange: [lost: readonly DeviceKind[]];
};

/** The far party as far as the dialled text tells. */
export function remoteOf(target: string): Remote {
  const text = target.trim();
  const number = text.replace(/^tel:/i, "").replace(/[\s().-]/g, "");
  if (/^\+?[0-9*#]+$/.test(number)) return { number, anonymous: false };
  return { uri: text, anonymous: false };
}

/** /ws on the host the page came from. */
export function ownURL(): string {
  const url = new URL("/ws", location.href);
  url.protocol = url.protocol === "http:" ? "ws:" : "wss:";
  return url.href;
}
