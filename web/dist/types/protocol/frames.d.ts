import type { ErrorName } from "./errors";
/** The WebSocket subprotocol. */
export declare const SUBPROTOCOL = "causeway.v1";
/** The far party as the telephone network vouches for it. */
export interface Remote {
    uri?: string;
    /** E.164 with a leading +, when the party has a number. */
    number?: string;
    name?: string;
    /** True when the party withholds its identity. */
    anonymous: boolean;
    /** What the network says of the number: checked, probably false, or not checked. Absent when it says nothing. */
    verified?: "passed" | "failed" | "none";
}
/** Whose phone diverted a call, and why. */
export interface Diversion extends Remote {
    reason: "unconditional" | "busy" | "noAnswer" | "unreachable" | "deflected" | "unknown";
}
/** Information that the two ends of a call exchange (RFC 7433): 1 to 128 bytes. */
export interface UserToUser {
    /** Pairs of hexadecimal digits, or printable ASCII text. */
    data: string;
    encoding: "hex" | "ascii";
}
/** Headers of an application, by the operator's list. */
export type Headers = Readonly<Record<string, string>>;
/** One public identity of the logged-in user. */
export interface Identity {
    uri: string;
    display?: string;
    default: boolean;
}
/** An error as it stands inside an event. */
export interface WireError {
    code: number;
    name: string;
    message: string;
    hint: string;
    retryable: boolean;
    retryAfter?: number;
}
export interface Registration {
    state: "registering" | "registered" | "failed" | "ended";
    identities: Identity[];
    /** RFC 3339, UTC. */
    expires?: string;
    error?: WireError;
}
export interface Snapshot {
    call: string;
    direction: "outgoing" | "incoming";
    state: "trying" | "diverted" | "ringing" | "early" | "incoming" | "connecting" | "active";
    remote: Remote;
    localHold: boolean;
    remoteHold: boolean;
    startedAt?: string;
    /** The gateway's offer, while an incoming call waits for its answer. */
    sdp?: string;
    /** What the page had of video; absent without. */
    video?: "both" | "receive";
}
/** An answered call in another browser of the user. */
export interface ElsewhereCall {
    session: string;
    call: string;
    direction: "outgoing" | "incoming";
    remote: Remote;
    startedAt: string;
    /** The call has video: that browser shows its camera, too, or only sees. Absent without. */
    video?: "both" | "receive";
}
/** TURN servers with a credential that ends; running calls go on. */
export interface ICE {
    servers: {
        urls: string[];
        username: string;
        credential: string;
    }[];
    expires?: string;
}
export interface LoginResult {
    session: string;
    secret: string;
    user: string;
    resumed: boolean;
    lastSeq: number;
    /** How long the session outlives its socket, milliseconds. */
    resumeWindow: number;
    limits: {
        frame: number;
        calls: number;
    };
    registration: Registration;
    calls: Snapshot[];
    /** Which numbers are emergency numbers here, and whether calls to them are carried. */
    emergency: {
        numbers: string[];
        routed: boolean;
    };
    /** What messages may be: bytes of a text at most, and whether short messages are sent. Absent with gateways that carry none. */
    messages?: {
        bytes: number;
        sms: boolean;
    };
    /** Servers that relay to the gateway for networks that let little out. Absent with gateways that know none. */
    ice?: ICE;
}
/** Figures of one side of the call, counted by the gateway since the call began. */
export interface LegQuality {
    codec: string;
    sent: number;
    received: number;
    lost: number;
    /** Milliseconds. */
    jitter: number;
    /** Round trip, milliseconds; 0 when not known. */
    rtt: number;
    /** Estimated quality, 1 (bad) to 4.5; 0 when not known. */
    mos: number;
}
export interface Quality {
    /** Browser to gateway. */
    access: LegQuality;
    /** Gateway to the telephone network. */
    core: LegQuality;
    transcoding: boolean;
    /** The same of the call's video; absent without one. The MOS of video is 0. */
    video?: {
        access: LegQuality;
        core: LegQuality;
        transcoding: boolean;
    };
}
/** How video stands with the far party. */
export interface VideoState {
    /** The far party wants video; it is agreed; there is none. */
    state: "offered" | "on" | "off";
    /** This user's picture goes to the far party (of "offered": is wanted there). */
    send: boolean;
    /** The far party's picture comes. */
    receive: boolean;
    /** Of "off": the far party did not take it; somebody took it away; the gateway has none; it has none free now, try again later. */
    reason?: "refused" | "removed" | "unavailable" | "busy";
}
/** Why a call ended. */
export interface EndReason {
    code: number;
    name: ErrorName;
    message: string;
    hint: string;
    /** SIP status received from the network. */
    sip?: number;
    /** Q.850 cause received from the network. */
    q850?: number;
    /** What the network or the far phone wrote, in its own words; show it as text only. */
    reason?: string;
    /** When the network wants to be tried again, milliseconds. */
    retryAfter?: number;
    /** Who ended it: this page, the far party, or the gateway. */
    by: "local" | "remote" | "gateway";
}
/** How far a transfer of a call has come. */
export interface TransferProgress {
    /** Asked for; the far phone calls; the phone it calls rings; it was answered and the call ends; it failed and the call goes on. */
    state: "asked" | "trying" | "ringing" | "accepted" | "failed";
    /** SIP status that the far phone reported. */
    sip?: number;
    /** Why it failed. */
    cause?: EndReason;
}
/** The telephone network asks for the password's digest; answered with session.prove. */
export interface Challenge {
    id: string;
    username: string;
    realm: string;
    nonce: string;
    algorithm: "MD5" | "SHA-256";
    /** "auth", or absent: the old form without cnonce. */
    qop?: "auth";
    method: string;
    uri: string;
    /** True when the digest before was right, only late. */
    stale: boolean;
    /** How long the page has, milliseconds. */
    within: number;
}
/** A message that came for the user, as the gateway tells it. */
export interface ReceivedMessage {
    message: string;
    remote: Remote;
    called: string;
    text: string;
    contentType: "text/plain";
    at: string;
    via: "sip" | "sms";
    subject?: string;
    display: boolean;
    incomplete?: boolean;
}
/** What has become of a message that was sent. */
export type MessageStatus = "accepted" | "stored" | "delivered" | "displayed" | "failed";
/** The events of the gateway, by method, without seq. */
export interface Events {
    "session.registration": Registration;
    "session.closing": {
        reason: "drain" | "replaced" | "tokenExpired" | "deregistered" | "slow" | "refused";
        text: string;
        retryAfter?: number;
    };
    "session.challenge": Challenge;
    "session.elsewhere": {
        calls: ElsewhereCall[];
    };
    "call.incoming": {
        call: string;
        remote: Remote;
        called: string;
        sdp: string;
        waiting: boolean;
        divertedBy?: Diversion;
        userToUser?: UserToUser;
        headers?: Headers;
        replaces?: string;
        video?: boolean;
    };
    "call.progress": {
        call: string;
        state: "trying" | "diverted" | "ringing" | "early";
        earlyMedia: boolean;
        sip: number;
        waiting?: boolean;
        divertedTo?: Remote;
    };
    "call.accepted": {
        call: string;
        remote: Remote;
        startedAt: string;
        userToUser?: UserToUser;
        headers?: Headers;
    };
    "call.hold": {
        call: string;
        local: boolean;
        remote: boolean;
    };
    "call.dtmf": {
        call: string;
        digit: string;
        duration: number;
    };
    "call.media": {
        call: string;
        state: "connecting" | "connected" | "lost" | "restored" | "renegotiate";
    };
    "call.video": {
        call: string;
    } & VideoState;
    "call.quality": {
        call: string;
    } & Quality;
    "call.transferring": {
        call: string;
    } & TransferProgress;
    "call.refer": {
        call: string;
        refer: string;
        target: Remote;
        referredBy?: Remote;
        replaces: boolean;
        follow: boolean;
        within: number;
    };
    "message.received": ReceivedMessage;
    "message.report": {
        message: string;
        status: MessageStatus;
        at: string;
        error?: WireError;
    };
    "message.composing": {
        remote: Remote;
        called: string;
        active: boolean;
        within: number;
    };
    "call.ended": {
        call: string;
        cause: EndReason;
        duration: number;
    };
}
/** One event with its name, for a switch over it. */
export type GatewayEvent = {
    [M in keyof Events]: {
        method: M;
        params: Events[M];
    };
}[keyof Events];
