import { PhoneError } from "../protocol/failure";
import type { EndReason, Quality, Remote } from "../protocol/frames";
import type { Rpc } from "../protocol/rpc";
import type { Platform } from "../transport/platform";
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
}
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
    private currentState;
    private currentRemote;
    private hold_;
    private muted_;
    private early;
    private startedAt_;
    private reason;
    private lastQuality;
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
    /** Why it ended; null before. */
    get endReason(): EndReason | null;
    /** The last sample; null before the first. */
    get quality(): Quality | null;
    get remoteStream(): MediaStream | null;
    get localStream(): MediaStream | null;
    private get leg();
    /** Takes an incoming call. When the microphone is refused the call goes on ringing and the promise says why. */
    answer(): Promise<void>;
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
    private leave;
    private needTalk;
    private setHold;
    private setEarly;
    private input;
    private finish;
}
