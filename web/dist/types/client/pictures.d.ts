import { PhoneError } from "../protocol/failure";
import type { Events, VideoState } from "../protocol/frames";
import type { VideoWish } from "../media/engine";
import type { Path } from "./path";
/** What the video of a call tells its call. */
export interface PicturesListener {
    /** Something that a page shows has changed. */
    changed(): void;
    told(state: VideoState): void;
    /** The far party wants video; false when nobody listens, and it is declined. */
    offered(wanted: {
        send: boolean;
        receive: boolean;
    }): boolean;
    shown(): void;
    failed(error: PhoneError): void;
    refuse(): Promise<unknown>;
}
/** The video of one call: how it stands with the far party, and what of it the user wants. */
export declare class Pictures {
    private readonly path;
    private readonly listener;
    private state_;
    private muted_;
    constructor(path: Path, listener: PicturesListener);
    get state(): VideoState | null;
    get muted(): boolean;
    /** The far party's picture; null while none is agreed. */
    get remote(): MediaStream | null;
    /** Changes what the user wants; rejects when the camera or the gateway refuses. */
    want(wish: VideoWish): Promise<void>;
    /** Shows the camera again in a call that was taken up; one that is refused is told and ends nothing. */
    resume(): void;
    decline(): Promise<void>;
    mute(on: boolean): void;
    /** Takes the gateway's word for it. */
    take(p: Events["call.video"]): void;
}
