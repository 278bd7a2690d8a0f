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
  offered(wanted: { send: boolean; receive: boolean }): boolean;
  shown(): void;
  failed(error: PhoneError): void;
  refuse(): Promise<unknown>;
}

/** The video of one call: how it stands with the far party, and what of it the user wants. */
export class Pictures {
  private state_: VideoState | null = null;
  private muted_ = false;

  constructor(private readonly path: Path, private readonly listener: PicturesListener) {}

  get state(): VideoState | null {
    return this.state_;
  }
  get muted(): boolean {
    return this.muted_;
  }
  /** The far party's picture; null while none is agreed. */
  get remote(): MediaStream | null {
    return this.state_?.state === "on" && this.state_.receive ? this.path.leg.remoteVideo : null;
  }

  /** Changes what the user wants; rejects when the camera or the gateway refuses. */
  want(wish: VideoWish): Promise<void> {
    return this.path.video(wish);
  }

  /** Shows the camera again in a call that was taken up; one that is refused is told and ends nothing. */
  resume(): void {
    this.want("both").catch((thrown) => this.listener.failed(PhoneError.from(thrown, "media_failed")));
  }

  async decline(): Promise<void> {
    await this.listener.refuse();
  }

  mute(on: boolean): void {
    if (this.muted_ === on) return;
    this.muted_ = on;
    this.path.leg.setCameraMuted(on);
    this.listener.shown();
    this.listener.changed();
  }

  /** Takes the gateway's word for it. */
  take(p: Events["call.video"]): void {
    const state: VideoState = { state: p.state, send: p.send, receive: p.receive, ...(p.reason ? { reason: p.reason } : {}) };
    this.state_ = state;
    this.listener.changed();
    this.listener.told(state);
    if (state.state === "off") void this.want("none").catch(() => undefined); // the camera is for nobody
    if (state.state === "offered" && !this.listener.offered({ send: state.send, receive: state.receive })) void this.decline().catch(() => undefined);
  }
}
