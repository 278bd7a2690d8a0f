import type { PhoneError } from "../protocol/failure";
import type { EndReason, Headers, Quality, Remote, TransferProgress, UserToUser, VideoState } from "../protocol/frames";
import type { Rpc } from "../protocol/rpc";
import type { Platform, Position } from "../transport/platform";
import type { Call } from "./call";
import type { CallState } from "./callstate";
/** Events of a Call, with their arguments. */
export type CallEvents = {
    state: [state: CallState];
    /** The network plays something before the answer (true), or stops to (false). */
    earlyMedia: [on: boolean];
    /** How far a transfer() of this call has come. */
    transfer: [progress: TransferProgress];
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
    /** How video stands with the far party. */
    video: [state: VideoState];
    /** The far party wants video in the running call: acceptVideo() or declineVideo(). Declined when nobody listens. */
    videoOffer: [wanted: {
        send: boolean;
        receive: boolean;
    }];
    /** remoteVideo or localVideo came, went or changed. */
    pictures: [];
    /** Every five seconds while connected and packets come or go. */
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
    /** Calls with video: the camera's picture is offered, and the far party's asked for. */
    video?: boolean;
    /** Where the user is; sent with an emergency call only. Without it the phone asks the browser. */
    position?: Position;
}
/** What an application may add to its answer. */
export type AnswerOptions = Pick<CallOptions, "userToUser" | "headers"> & {
    /** Of a call that comes with video: true shows the camera too, "receive" only the far party's picture. Sound alone when absent. */
    video?: boolean | "receive";
};
/** What a call needs of its phone. */
export interface CallHost {
    readonly platform: Platform;
    readonly rpc: Rpc;
    /** True while the gateway can be reached. */
    readonly up: boolean;
    changed(call: Call): void;
    audioBlocked(): void;
}
