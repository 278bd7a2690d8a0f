import { PhoneError } from "../protocol/failure";
import type { ElsewhereCall, Identity } from "../protocol/frames";
import type { DeviceKind } from "../media/engine";
import type { Credentials } from "../transport/digest";
import { Call, type CallOptions } from "./call";
import { Devices } from "./devices";
import { Emitter } from "./emitter";
import { type PhoneState } from "./phonestate";
/** Version of this SDK, sent to the gateway with the login. */
export declare const VERSION = "1.0.0";
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
    /** STUN and TURN servers; seldom needed, the gateway is reachable itself. */
    iceServers?: RTCIceServer[];
    /** Another source of sound than the microphone. The stream is asked for at every call; its tracks are not stopped. */
    source?: () => Promise<MediaStream> | MediaStream;
    /** What to tell the gateway about this page, for its log. */
    client?: {
        name: string;
        version: string;
    };
}
/** Events of a Phone, with their arguments. */
export type PhoneEvents = {
    state: [state: PhoneState];
    /** Somebody calls: answer(), reject() or let it ring. */
    incoming: [call: Call];
    /** Any call changed or went; for a page that draws phone.calls. */
    calls: [calls: readonly Call[]];
    /** The user talks in other browsers: pull(one) takes a call over. Told whenever that changes. */
    elsewhere: [calls: readonly ElsewhereCall[]];
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
/** A telephone in the page: log in with a token, call and be called. */
export declare class Phone extends Emitter<PhoneEvents> {
    private readonly options;
    /** Microphones, loudspeakers, and which of them to use. */
    readonly devices: Devices;
    private readonly platform;
    private readonly tokens;
    private currentState;
    private session;
    private list;
    private user_;
    private emergency;
    private identities_;
    private elsewhere_;
    private waiting;
    private told;
    private unwatch;
    constructor(options?: PhoneOptions);
    get state(): PhoneState;
    /** The calls that have not ended, oldest first. */
    get calls(): readonly Call[];
    /** Name of the logged-in user; empty before. */
    get user(): string;
    get identities(): readonly Identity[];
    /** The user's answered calls in other browsers. */
    get elsewhere(): readonly ElsewhereCall[];
    /**
     * Connects, logs in and registers; resolves when the phone can call and be called. A refusal that waiting cannot cure
     * closes the phone; when only the telephone network is away the promise rejects and the phone goes on trying.
     */
    start(): Promise<void>;
    /** Ends all calls, leaves the network and closes the connection. */
    stop(): Promise<void>;
    /** The page goes: with calls it is waited for a moment, since it may only be reloaded; without, the phone leaves. */
    private leaving;
    /** Takes a call over from another browser of the user; the far party notices nothing. What becomes of it is told by its events. */
    pull(from: ElsewhereCall): Call;
    /** Gives a new token for the running session and for later reconnections. */
    updateToken(token: string): Promise<void>;
    /** Calls a number, a tel: or a sip: URI. Returns at once; what becomes of it is told by the call's events. */
    call(target: string, options?: CallOptions): Call;
    /** Tells whether a number is an emergency number here. */
    isEmergency(target: string): boolean;
    /** False: the gateway refuses emergency calls, and the user has to take a telephone. */
    get emergencyRouted(): boolean;
    /** An emergency call goes out whether the phone is registered or not, with the place if it can be told. */
    private help;
    /** Starts sound that the browser blocked; call it from a click after an "audio_blocked" warning. */
    unlockAudio(): Promise<void>;
    /** Plays a keypad tone to the user (not to the far party). */
    beep(digit: string): void;
    private host;
    private loggedIn;
    /** Goes on with a call of this page before it was reloaded. */
    private takeUp;
    private registration;
    private take;
    /**
     * Brings a call to the front: answers it when it rings, or takes it back from hold, and holds the others that talk. All of it
     * begins at once, so that a far party that is slow to agree to its hold keeps nobody waiting; the promise says what failed.
     */
    switchTo(call: Call): Promise<void>;
    private incoming;
    private add;
    /** Rings, plays ringback, or is silent, as the calls need it: ringback only while nothing comes from the network. */
    private changed;
    private closed;
    private input;
}
