import type { EndReason, Events, Headers, Quality, Remote, Snapshot, TransferProgress, UserToUser } from "../protocol/frames";
import type { CallEvents, CallInit } from "./callparts";
import { type CallInput, type CallState } from "./callstate";
/** Whom a call's facts are told to. */
export interface FactsListener {
    /** Something that a page shows has changed. */
    changed(): void;
    tell<K extends keyof CallEvents>(name: K, ...args: CallEvents[K]): void;
}
/** What is known of one call: how far it has come, with whom, since when. Each change is told once. */
export declare class Facts {
    private readonly listener;
    state: CallState;
    remote: Remote;
    startedAt: Date | null;
    hold: {
        local: boolean;
        remote: boolean;
    };
    early: boolean;
    waiting: boolean;
    divertedTo: Remote | null;
    transfer: TransferProgress | null;
    quality: Quality | null;
    reason: EndReason | null;
    /** What the far party's application sent. */
    far: {
        userToUser: UserToUser | null;
        headers: Headers;
    };
    constructor(init: CallInit, listener: FactsListener);
    get ended(): boolean;
    /** Both sides have begun to talk, and it is not over. */
    get talking(): boolean;
    input(input: CallInput): void;
    progress(p: Events["call.progress"]): void;
    /** An incoming call's data came with it; an outgoing one's comes now. */
    accepted(p: Events["call.accepted"], outgoing: boolean): void;
    /** Takes over how the call stands; now is for a gateway that does not say since when both talk. */
    catchUp(s: Snapshot, now: number): void;
    setHold(local: boolean, remote: boolean): void;
    /** The audio is back. */
    restored(): void;
    transferring({ call: _, ...progress }: Events["call.transferring"]): void;
    setTransfer(progress: TransferProgress | null): void;
    sampled({ access, core, transcoding, video }: Events["call.quality"]): void;
    /** Ends the call; last is done after the reason is known and before anybody hears. */
    end(reason: EndReason, last: () => void): void;
    private setEarly;
}
