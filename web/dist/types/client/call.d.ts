import type { Diversion, EndReason, Headers, Quality, Remote, TransferProgress, UserToUser, VideoState } from "../protocol/frames";
import type { AnswerOptions, CallEvents } from "./callparts";
import type { CallState } from "./callstate";
import { Emitter } from "./emitter";
/** One telephone call. Made by phone.call() and by the phone's "incoming" event. */
export declare class Call extends Emitter<CallEvents> {
    private readonly host;
    readonly id: string;
    readonly direction: "outgoing" | "incoming";
    /** Which of the user's identities was called; empty for an outgoing call. */
    readonly called: string;
    /** Incoming: whose phone diverted the call here; null when nobody's did. */
    readonly divertedBy: Diversion | null;
    /** Incoming: the call whose place this one has taken, because its far party was put through; null for an ordinary one. */
    readonly replaces: Call | null;
    /** Incoming: the caller wants video; answer({ video }) says what of it the user wants. */
    readonly videoOffered: boolean;
    private muted_;
    private answering;
    private leaving;
    private readonly facts;
    private readonly path;
    private readonly pictures;
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
    /** The transfer of this call that is under way; null when there is none. */
    get transferring(): TransferProgress | null;
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
    /** How video stands with the far party; null before anything is known. */
    get video(): VideoState | null;
    /** The far party's picture, for a video element; null while there is none. The sound is played by the client itself. */
    get remoteVideo(): MediaStream | null;
    /** The camera's picture, for a video element; null while the camera is off. */
    get localVideo(): MediaStream | null;
    get cameraMuted(): boolean;
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
    /**
     * Hands the far party on: to a number, a tel: or a sip: URI, or to the far party of another call. Resolves when its phone has agreed;
     * what becomes of it is told by "transfer". When it is done the call ends ("transferred"), and the other one too; when it fails
     * everything is as before. Hold the call first, and resume() it after a failure.
     */
    transfer(to: string | Call): Promise<void>;
    /** Mutes or unmutes the microphone at once, here in the browser. */
    mute(on?: boolean): void;
    /** Adds video to a running call; resolves when the gateway has it, and "video" tells what the far party makes of it. */
    addVideo(): Promise<void>;
    /** Takes video out of the call and gives the camera back; the sound goes on. */
    removeVideo(): Promise<void>;
    /** Takes the video that the far party offers: with the camera, or only to see. */
    acceptVideo(options?: {
        send?: boolean;
    }): Promise<void>;
    /** Does without the video that the far party offers. */
    declineVideo(): Promise<void>;
    /** Shows the far party black instead of the camera's picture, at once; or goes on. */
    muteCamera(on?: boolean): void;
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
    private end;
    private leave;
    private needTalk;
}
