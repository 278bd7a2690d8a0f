import { PhoneError } from "../protocol/failure";
import type { Diversion, EndReason, Headers, Quality, Remote, UserToUser } from "../protocol/frames";
import type { Rpc } from "../protocol/rpc";
import type { Platform, Position } from "../transport/platform";
import { type CallState } from "./callstate";
import { Emitter } from "./emitter";
/** Events of a Call, with their arguments. */
export type CallEvents = {
    state: [state: CallState];
    /** The network plays something before the answer (true), or stops to (false). */
    earlyMedia: [on: boolean];
    /** Somebody holds or resumes. */
    hold: [hold: {
        local: boolean;
        remote: boolean;
    }];
    mute: [muted: boolean];
    /** The called phone sends the call to another one; to is null when where is withheld or not said. */
    diverted: [to: Remote | null];
    /** The called user is in another call and has been told of this one. */
    waiting: [];
    /** The far party pressed a key. */
    dtmf: [digit: string, durationMs: number];
    /** Every two seconds while connected. */
    quality: [sample: Quality];
    /** Something is wrong and the call goes on. */
    warning: [warning: PhoneError];
    /** The last event of every call, exactly once. */
    ended: [reason: EndReason];
};
export interface CallOptions {
    /** One of the phone's identities to call from; the default one when absent. */
    from?: string;
    /** Asks the network to withhold the number. */
    anonymous?: boolean;
    /** Information for the far party's application. */
    userToUser?: UserToUser;
    /** Headers for the far party's application: names of the operator's list. */
    headers?: Headers;
    /** Where the user is; sent with an emergency call only. Without it the phone asks the browser. */
    position?: Position;
}
/** What an application may add to its answer. */
export type AnswerOptions = Pick<CallOptions, "userToUser" | "headers">;
/** What a call needs of its phone. */
export interface CallHost {
    readonly platform: Platform;
    readonly rpc: Rpc;
    /** True while the gateway can be reached. */
    readonly up: boolean;
    changed(call: Call): void;
    audioBlocked(): void;
}
/** One telephone call. Made by phone.call() and by the phone's "incoming" event. */
export declare class Call extends Emitter<CallEvents> {
    private readonly host;
    readonly id: string;
    readonly direction: "outgoing" | "incoming";
    /** Which of the user's identities was called; empty for an outgoing call. */
    readonly called: string;
    /** Incoming: whose phone diverted the call here; null when nobody's did. */
    readonly divertedBy: Diversion | null;
    private currentState;
    private currentRemote;
    private hold_;
    private muted_;
    private early;
    private startedAt_;
    private reason;
    private lastQuality;
    private waiting_;
    private divertedTo_;
    private far;
    private answering;
    private leaving;
    private readonly path;
    get state(): CallState;
    get remote(): Remote;
    /** When both sides began to talk; null before. */
    get startedAt(): Date | null;
    get localHold(): boolean;
    get remoteHold(): boolean;
    get muted(): boolean;
    get earlyMedia(): boolean;
    /** Incoming: the user was in another call when it came. Outgoing: the called user is. */
    get waiting(): boolean;
    /** Outgoing: where the call has been diverted to; null when it was not, or that is withheld. */
    get divertedTo(): Remote | null;
    /** What the far party's application sent: with its call, or with its answer. */
    get userToUser(): UserToUser | null;
    /** Headers of the far party's application, of the operator's list. */
    get headers(): Headers;
    /** Why it ended; null before. */
    get endReason(): EndReason | null;
    /** The last sample; null before the first. */
    get quality(): Quality | null;
    get remoteStream(): MediaStream | null;
    get localStream(): MediaStream | null;
    private get leg();
    /** Takes an incoming call. When the microphone is refused the call goes on ringing and the promise says why. */
    answer(options?: AnswerOptions): Promise<void>;
    /** Refuses an incoming call. */
    reject(reason?: "busy" | "declined" | "unavailable"): Promise<void>;
    /** Ends the call in whatever state it is. Safe to call twice. */
    hangup(): Promise<void>;
    /** Puts the far party on hold; resolves when it has agreed. */
    hold(): Promise<void>;
    /** Takes the far party back from hold. */
    resume(): Promise<void>;
    /** Mutes or unmutes the microphone at once, here in the browser. */
    mute(on?: boolean): void;
    /** Sends keypad tones: 0-9 A-D * # and the comma for a pause; durations in milliseconds. */
    sendDtmf(digits: string, options?: {
        duration?: number;
        gap?: number;
    }): Promise<void>;
    /** Microphone and far sound from 0 to 1, for meters. */
    levels(): {
        microphone: number;
        remote: number;
    };
    /** The browser's own statistics of the connection. */
    getStats(): Promise<RTCStatsReport | null>;
    private catchUp;
    private leave;
    private needTalk;
    private setHold;
    private progress;
    private setEarly;
    private input;
    private finish;
}
