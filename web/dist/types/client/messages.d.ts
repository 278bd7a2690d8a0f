import { PhoneError } from "../protocol/failure";
import type { MessageStatus, Remote } from "../protocol/frames";
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
