import { PhoneError } from "../protocol/failure";
import type { ErrorName } from "../protocol/errors";
import type { Diversion, EndReason, GatewayEvent, Headers, Quality, Remote, Snapshot, TransferProgress, UserToUser, VideoState } from "../protocol/frames";
import type { MediaLeg } from "../media/engine";
import type { AnswerOptions, CallEvents, CallHost, CallInit, CallOptions } from "./callparts";
import type { CallState } from "./callstate";
import { Emitter } from "./emitter";
import { Facts } from "./facts";
import { Path } from "./path";
import { Pictures } from "./pictures";

/** How long the gateway may take to confirm a hang-up before the call ends here, milliseconds. */
const HANGUP_TIMEOUT = 5_000;

/** How long the far phone may take to agree to a transfer, milliseconds: its network gives up after 32 s. */
const TRANSFER_TIMEOUT = 40_000;

/** One telephone call. Made by phone.call() and by the phone's "incoming" event. */
export class Call extends Emitter<CallEvents> {
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

  private muted_ = false;
  private answering = false;
  private leaving = false;
  private readonly facts: Facts;
  private readonly path: Path;
  private readonly pictures: Pictures;

  /** @internal */
  constructor(private readonly host: CallHost, init: CallInit) {
    super();
    this.id = init.id;
    this.direction = init.direction;
    this.called = init.called ?? "";
    this.divertedBy = init.divertedBy ?? null;
    this.replaces = init.replaces ?? null;
    this.videoOffered = init.video ?? false;
    this.facts = new Facts(init, { changed: () => host.changed(this), tell: (name, ...args) => this.emit(name, ...args) });
    this.path = new Path(this.id, host, init.offer ?? null, {
      up: () => this.facts.restored(),
      down: () => this.facts.input("lost"),
      pictures: () => {
        host.changed(this);
        this.emit("pictures");
      },
      blocked: () => {
        this.emit("warning", new PhoneError("audio_blocked"));
        host.audioBlocked();
      },
    });
    this.pictures = new Pictures(this.path, {
      changed: () => host.changed(this),
      told: (state) => this.emit("video", state),
      offered: (wanted) => this.heard("videoOffer") && (this.emit("videoOffer", wanted), true),
      shown: () => this.emit("pictures"),
      failed: (error) => this.emit("warning", error),
      refuse: () => host.rpc.request("call.refuseVideo", { call: this.id }),
    });
  }

  get state(): CallState {
    return this.facts.state;
  }
  get remote(): Remote {
    return this.facts.remote;
  }
  /** When both sides began to talk; null before. */
  get startedAt(): Date | null {
    return this.facts.startedAt;
  }
  get localHold(): boolean {
    return this.facts.hold.local;
  }
  get remoteHold(): boolean {
    return this.facts.hold.remote;
  }
  get muted(): boolean {
    return this.muted_;
  }
  get earlyMedia(): boolean {
    return this.facts.early;
  }
  /** Incoming: the user was in another call when it came. Outgoing: the called user is. */
  get waiting(): boolean {
    return this.facts.waiting;
  }
  /** Outgoing: where the call has been diverted to; null when it was not, or that is withheld. */
  get divertedTo(): Remote | null {
    return this.facts.divertedTo;
  }
  /** The transfer of this call that is under way; null when there is none. */
  get transferring(): TransferProgress | null {
    return this.facts.transfer;
  }
  /** What the far party's application sent: with its call, or with its answer. */
  get userToUser(): UserToUser | null {
    return this.facts.far.userToUser;
  }
  /** Headers of the far party's application, of the operator's list. */
  get headers(): Headers {
    return this.facts.far.headers;
  }
  /** Why it ended; null before. */
  get endReason(): EndReason | null {
    return this.facts.reason;
  }
  /** The last sample; null before the first. */
  get quality(): Quality | null {
    return this.facts.quality;
  }
  get remoteStream(): MediaStream | null {
    return this.leg.remoteStream;
  }
  get localStream(): MediaStream | null {
    return this.leg.localStream;
  }
  /** How video stands with the far party; null before anything is known. */
  get video(): VideoState | null {
    return this.pictures.state;
  }
  /** The far party's picture, for a video element; null while there is none. The sound is played by the client itself. */
  get remoteVideo(): MediaStream | null {
    return this.pictures.remote;
  }
  /** The camera's picture, for a video element; null while the camera is off. */
  get localVideo(): MediaStream | null {
    return this.leg.localVideo;
  }
  get cameraMuted(): boolean {
    return this.pictures.muted;
  }
  private get leg(): MediaLeg {
    return this.path.leg;
  }

  /** Takes an incoming call. When the microphone is refused the call goes on ringing and the promise says why. */
  async answer(options: AnswerOptions = {}): Promise<void> {
    if (this.facts.state !== "incoming" || this.answering) throw new PhoneError("call_state");
    this.answering = true;
    this.facts.input("answering");
    const { video, ...more } = options;
    try {
      if (video && this.videoOffered) await this.pictures.want(video === "receive" ? "receive" : "both");
      await this.path.answer(more);
    } catch (thrown) {
      const error = PhoneError.from(thrown, "media_failed");
      this.facts.input("refused");
      throw error;
    } finally {
      this.answering = false;
    }
  }

  /** Refuses an incoming call. */
  async reject(reason: "busy" | "declined" | "unavailable" = "declined"): Promise<void> {
    if (this.facts.state !== "incoming") throw new PhoneError("call_state");
    await this.leave("call.reject", { call: this.id, reason }, reason);
  }

  /** Ends the call in whatever state it is. Safe to call twice. */
  async hangup(): Promise<void> {
    if (this.facts.ended || this.leaving) return;
    await this.leave("call.hangup", { call: this.id }, this.facts.startedAt ? "hangup" : "cancelled");
  }

  /** Puts the far party on hold; resolves when it has agreed. */
  async hold(): Promise<void> {
    this.needTalk();
    await this.host.rpc.request("call.hold", { call: this.id });
  }

  /** Takes the far party back from hold. */
  async resume(): Promise<void> {
    this.needTalk();
    await this.host.rpc.request("call.resume", { call: this.id });
  }

  /**
   * Hands the far party on: to a number, a tel: or a sip: URI, or to the far party of another call. Resolves when its phone has agreed;
   * what becomes of it is told by "transfer". When it is done the call ends ("transferred"), and the other one too; when it fails
   * everything is as before. Hold the call first, and resume() it after a failure.
   */
  async transfer(to: string | Call): Promise<void> {
    this.needTalk();
    const params = typeof to === "string" ? { target: to.trim() } : { with: to.id };
    this.facts.setTransfer({ state: "asked" });
    try {
      await this.host.rpc.request("call.transfer", { call: this.id, ...params }, TRANSFER_TIMEOUT);
    } catch (thrown) {
      if (this.facts.transfer?.state === "asked") this.facts.setTransfer(null);
      throw thrown;
    }
  }

  /** Mutes or unmutes the microphone at once, here in the browser. */
  mute(on = true): void {
    if (this.muted_ === on || this.facts.ended) return;
    this.muted_ = on;
    this.leg.setMuted(on);
    this.emit("mute", on);
  }

  /** Adds video to a running call; resolves when the gateway has it, and "video" tells what the far party makes of it. */
  async addVideo(): Promise<void> {
    this.needTalk();
    await this.pictures.want("both");
  }

  /** Takes video out of the call and gives the camera back; the sound goes on. */
  async removeVideo(): Promise<void> {
    if (this.facts.ended) throw new PhoneError("call_state");
    await this.pictures.want("none");
  }

  /** Takes the video that the far party offers: with the camera, or only to see. */
  async acceptVideo(options: { send?: boolean } = {}): Promise<void> {
    this.needTalk();
    await this.pictures.want(options.send === false ? "receive" : "both");
  }

  /** Does without the video that the far party offers. */
  async declineVideo(): Promise<void> {
    await this.pictures.decline();
  }

  /** Shows the far party black instead of the camera's picture, at once; or goes on. */
  muteCamera(on = true): void {
    if (!this.facts.ended) this.pictures.mute(on);
  }

  /** Sends keypad tones: 0-9 A-D * # and the comma for a pause; durations in milliseconds. */
  async sendDtmf(digits: string, options: { duration?: number; gap?: number } = {}): Promise<void> {
    if (this.facts.ended) throw new PhoneError("call_state");
    await this.host.rpc.request("call.dtmf", { call: this.id, digits: digits.toUpperCase(), ...options });
  }

  /** Microphone and far sound from 0 to 1, for meters. */
  levels(): { microphone: number; remote: number } {
    return this.leg.levels();
  }

  /** The browser's own statistics of the connection. */
  getStats(): Promise<RTCStatsReport | null> {
    return this.leg.stats();
  }

  /** @internal Dials, or fulfils a wish of another call's far party; every failure ends the call with its reason. */
  async dial(target: { target: string } | { refer: string }, options: CallOptions): Promise<void> {
    const { video, ...more } = options;
    try {
      if (video) await this.pictures.want("both");
      await this.path.dial({ call: this.id, ...target, ...more });
    } catch (thrown) {
      this.finishLocally(PhoneError.from(thrown, "media_failed"), "local");
    }
  }

  /** @internal Takes up a call that exists, with the video it had; every failure ends it here with its reason. */
  async takeUp(method: "call.update" | "call.pull", from: object, shot: Snapshot | null, video?: Snapshot["video"]): Promise<void> {
    if (shot) this.catchUp(shot);
    try {
      if (video) await this.pictures.want("receive"); // the sound does not wait for the camera
      const result = await this.path.connect<Snapshot & { sdp: string }>(method, { call: this.id, ...from });
      if (result?.state) this.catchUp(result);
      if (result && video === "both") this.pictures.resume();
    } catch (thrown) {
      const error = PhoneError.from(thrown, "media_failed");
      if (method === "call.update") await this.hangup(); // nobody would hear it any more
      this.finishLocally(error, "local");
    }
  }

  /** @internal Takes one event of the gateway. */
  take(event: GatewayEvent): void {
    switch (event.method) {
      case "call.progress":
        this.facts.progress(event.params);
        break;
      case "call.accepted":
        this.facts.accepted(event.params, this.direction === "outgoing");
        break;
      case "call.hold":
        this.facts.setHold(event.params.local, event.params.remote);
        break;
      case "call.transferring":
        this.facts.transferring(event.params);
        break;
      case "call.dtmf":
        this.emit("dtmf", event.params.digit, event.params.duration);
        break;
      case "call.media":
        if (event.params.state === "lost") this.path.repair();
        if (event.params.state === "renegotiate") this.path.renegotiate();
        break;
      case "call.video":
        this.pictures.take(event.params);
        break;
      case "call.quality":
        this.facts.sampled(event.params);
        break;
      case "call.ended":
        this.end(event.params.cause);
    }
  }

  /** @internal Brings the call up to what the gateway says after a resume, and its audio with it. */
  reconcile(s: Snapshot): void {
    this.catchUp(s);
    this.path.reconnected();
  }

  private catchUp(s: Snapshot): void {
    this.facts.catchUp(s, this.host.platform.timers.now());
  }

  /** @internal The network interface changed under a running call. */
  networkChanged(): void {
    if (this.facts.startedAt) this.path.repair();
  }

  /** @internal Ends the call without the gateway. */
  finishLocally(error: PhoneError, by: EndReason["by"]): void {
    this.end({ code: error.code, name: error.name, message: error.message, hint: error.hint, by });
  }

  private end(reason: EndReason): void {
    this.facts.end(reason, () => this.path.close());
  }

  private async leave(method: string, params: object, name: ErrorName): Promise<void> {
    this.leaving = true;
    const { timers } = this.host.platform;
    const end = () => this.finishLocally(new PhoneError(name), "local");
    if (!this.path.known) return end(); // the gateway has not heard of it
    const timer = timers.set(end, HANGUP_TIMEOUT);
    this.once("ended", () => timers.clear(timer));
    this.leg.setMuted(true);
    try {
      await this.host.rpc.request(method, params, HANGUP_TIMEOUT);
    } catch {
      end(); // whatever the gateway thinks, the user has left
    }
  }

  private needTalk(): void {
    if (!this.facts.talking) throw new PhoneError("call_state");
  }
}
