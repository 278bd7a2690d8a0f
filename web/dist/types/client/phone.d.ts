import type { ElsewhereCall, Identity } from "../protocol/frames";
import { Call } from "./call";
import type { CallOptions } from "./callparts";
import { Devices } from "./devices";
import { Emitter } from "./emitter";
import { type PhoneEvents, type PhoneOptions } from "./phoneparts";
import { type MessageOptions, type SentMessage } from "./messages";
import { type PhoneState } from "./phonestate";
/** Version of this SDK, sent to the gateway with the login. */
export declare const VERSION = "1.0.0";
/** A telephone in the page: log in with a token, call and be called. */
export declare class Phone extends Emitter<PhoneEvents> {
    private readonly options;
    /** Microphones, loudspeakers, and which of them to use. */
    readonly devices: Devices;
    private readonly platform;
    private readonly tokens;
    private currentState;
    private readonly relays;
    private session;
    private list;
    private user_;
    private emergency;
    private messaging_;
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
    /** What messages may be: bytes of a text at most (0: none are carried), and whether they may go as short messages. */
    get messaging(): Readonly<{
        bytes: number;
        sms: boolean;
    }>;
    /** Sends a text to a number, a tel: or a sip: URI. Resolves when the network has taken it; whether it arrives, "messageReport" tells. */
    sendMessage(target: string, text: string, options?: MessageOptions): Promise<SentMessage>;
    /** Tells a message's sender that the user has read it, if the sender asked for that. */
    messageDisplayed(id: string): Promise<void>;
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
    /** Answers at once: the user is in this conversation already, only the other end has changed. */
    private takePlace;
    /** The far party asks for a call to somebody else. */
    private referred;
    private follow;
    private add;
    /** Rings, plays ringback, or is silent, as the calls need it: ringback only while nothing comes from the network. */
    private changed;
    private closed;
    private input;
}
