import { PhoneError } from "../protocol/failure";
import type { Events, MessageStatus, Remote } from "../protocol/frames";
import type { Rpc } from "../protocol/rpc";

/** How long the network may take to take a message, milliseconds: SIP gives up after 32 s. */
const SEND_TIMEOUT = 40_000;

/** How a message is sent. */
export interface MessageOptions {
  /** What to be told of it by "messageReport" events: that it has reached the other phone or will not, that it has been read. */
  report?: readonly ("delivery" | "display")[];
  /** One of the phone's identities to send from; the default one when absent. */
  from?: string;
  /** Asks the network to withhold the number; not together with report. */
  anonymous?: boolean;
  /** "sms" sends short messages where the gateway can (phone.messaging.sms); to telephone numbers only. */
  via?: "sip" | "sms";
  /** An id of your own, 1 to 64 of A-Z a-z 0-9 _ -; a random one when absent. */
  id?: string;
}

/** A message that the network has taken. */
export interface SentMessage {
  id: string;
  via: "sip" | "sms";
  /** How many short messages it became; 1 for others. */
  parts: number;
}

/** A message for the user. Show text as text, never as HTML: somebody else wrote it. */
export interface TextMessage {
  id: string;
  /** Who sent it, as the network vouches for it. A short message's sender may be a name without a number. */
  remote: Remote;
  /** Which of the user's identities it is for. */
  called: string;
  text: string;
  /** When it was sent, as far as is known. */
  at: Date;
  via: "sip" | "sms";
  subject: string;
  /** Its sender wants to know when it has been read: call phone.messageDisplayed(id) then. */
  display: boolean;
  /** Parts of a long short message never came. */
  incomplete: boolean;
}

/** What has become of a sent message. */
export interface MessageReport {
  id: string;
  status: MessageStatus;
  at: Date;
  /** Why it failed; null otherwise. */
  error: PhoneError | null;
}

/** Somebody is writing to the user, or has stopped. */
export interface Composing {
  remote: Remote;
  active: boolean;
  /** How long that holds unless it is told again, milliseconds. */
  within: number;
}

/** @internal Sends a message. */
export function send(rpc: Rpc, id: string, target: string, text: string, o: MessageOptions): Promise<SentMessage> {
  const params = { message: id, target: target.trim(), text, report: o.report?.length ? o.report : undefined, from: o.from || undefined, anonymous: o.anonymous || undefined, via: o.via };
  return rpc.request<{ message: string; via: "sip" | "sms"; parts: number }>("message.send", params, SEND_TIMEOUT).then((r) => ({ id: r.message, via: r.via, parts: r.parts }));
}

/** @internal */
export function received(m: Events["message.received"]): TextMessage {
  return { id: m.message, remote: m.remote, called: m.called, text: m.text, at: new Date(m.at), via: m.via, subject: m.subject ?? "", display: m.display, incomplete: m.incomplete ?? false };
}

/** @internal */
export function reported(r: Events["message.report"]): MessageReport {
  return { id: r.message, status: r.status, at: new Date(r.at), error: r.error ? PhoneError.fromWire(r.error) : null };
}
