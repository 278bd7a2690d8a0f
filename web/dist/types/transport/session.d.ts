import { PhoneError } from "../protocol/failure";
import { type GatewayEvent, type LoginResult } from "../protocol/frames";
import { Rpc } from "../protocol/rpc";
import type { Platform } from "./platform";
import { type Credentials } from "./digest";
import { TokenSource } from "./token";
/** What a session tells the phone. */
export interface SessionListener {
    /** A login succeeded: the first one, or one after the socket was lost (resumed says whether calls are still there). */
    loggedIn(result: LoginResult): void;
    /** The socket is gone; the session tries to come back. */
    lost(): void;
    /** It is over for good; null when the page wanted it. */
    closed(error: PhoneError | null): void;
    event(event: GatewayEvent): void;
    /** The token ends in so many seconds and the page gave no way to renew it. */
    tokenExpiring(seconds: number): void;
}
export interface SessionOptions {
    url: string;
    client: {
        name: string;
        version: string;
    };
    reconnect: boolean;
    /** Log in with the network's password instead of a token. */
    credentials?: Credentials;
}
/**
 * One login with the gateway that outlives its sockets.
 *
 *    start ──► opening ──► login ──► up ──► (socket lost) ──► waiting ──► opening ...
 *                 │          │        │                          ▲
 *                 └──────────┴────────┴── refused for good ──► closed
 *
 * `turn` numbers the attempts: whatever arrives late from an earlier one is dropped.
 */
export declare class Session {
    private readonly options;
    private readonly platform;
    private readonly tokens;
    private readonly listener;
    readonly rpc: Rpc;
    private socket;
    private login;
    private turn;
    private over;
    private parting;
    private fresh;
    private renewed;
    private atLeast;
    private wait;
    private heard;
    private heartbeat;
    private renewal;
    private first;
    private readonly backoff;
    private readonly unwatch;
    constructor(options: SessionOptions, platform: Platform, tokens: TokenSource, listener: SessionListener);
    /** True while a logged-in socket is there. */
    get up(): boolean;
    /** Says that the page is about to go and comes back within this time, or not at all; a reloaded page finds its calls again. */
    leave(within: number): void;
    /** Connects and logs in. The first attempt's outcome is the promise's; later losses are repaired silently. */
    start(): Promise<LoginResult>;
    /** Logs out and closes. Safe to call twice. */
    stop(logout: boolean): Promise<void>;
    /** Gives the gateway a new token for the running session. */
    renew(token: string): Promise<void>;
    private attempt;
    /** Opens the socket; resolves when it is open, rejects when it closes before. */
    private open;
    private logIn;
    /** An attempt failed with a reason: fatal, curable by a fresh token, curable without resume, or by waiting. */
    private refused;
    /** The socket of a running session closed. */
    private closed;
    private retry;
    private nudge;
    private onEvent;
    /** Answers the network's challenge; an answer that cannot be made or comes too late is the gateway's to tell. */
    private prove;
    private transmit;
    private startHeartbeat;
    private ping;
    private scheduleRenewal;
    private renewNow;
    /** The UUID of this browser profile (RFC 5626 4.1): no secret, the same for every login. */
    private instance;
    /** Leaves what a reloaded page needs to come back to this session. A page may have several phones: each leaves one entry. */
    private save;
    /** Takes up the session that this tab had before it was reloaded, if there is one; nobody else takes it up again. */
    private restore;
    private saved;
    private get key();
    /** Lets go of the socket without listening to it any more. */
    private drop;
    private finish;
}
