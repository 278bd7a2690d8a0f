import { PhoneError } from "../protocol/failure";
import type { MediaLeg, VideoWish } from "../media/engine";
import type { Rpc } from "../protocol/rpc";
import type { Platform, TimerHandle } from "../transport/platform";

/** How long a silent connection may come back by itself before ICE is restarted, milliseconds. */
const PATIENCE = 2_000;
/** Between two restarts, milliseconds. */
const RESTART_PAUSE = 3_000;

interface PathHost {
  readonly platform: Platform;
  readonly rpc: Rpc;
  readonly up: boolean;
}

interface PathListener {
  up(): void;
  down(): void;
  pictures(): void;
  blocked(): void;
}

/**
 * The audio path of one call between browser and gateway: offer and answer, candidates, and repair by ICE restart.
 * The telephone network notices nothing of what happens here.
 */
export class Path {
  readonly leg: MediaLeg;

  /** True once the gateway has been told of the call, or has told us. */
  known: boolean;

  private agreed = false; // the first offer and answer are exchanged
  private closed = false;
  private connected = false;
  private restarting = false;
  private stale = false; // the gateway asked for a new offer, and none has been sent since
  private busy: Promise<void> = Promise.resolve();
  private queue: { candidate: string; sdpMid: string }[] = [];
  private flush: TimerHandle = null;
  private timer: TimerHandle = null;

  constructor(
    private readonly call: string,
    private readonly host: PathHost,
    private readonly offered: string | null,
    private readonly listener: PathListener,
  ) {
    this.known = offered !== null;
    this.leg = host.platform.media.leg({
      candidate: (c) => this.candidate(c ?? { candidate: "", sdpMid: "0" }),
      connection: (state) => this.connection(state),
      pictures: () => listener.pictures(),
      blocked: () => listener.blocked(),
    });
  }

  /** Offers and starts the call; the gateway's answer comes at once, long before anybody answers the telephone. */
  async dial(params: { call: string; target: string } | { call: string; refer: string }): Promise<void> {
    await this.connect("call.start", params);
  }

  /** Makes a connection for a call that exists: after a reload of the page, or when it comes from another browser. */
  async connect<R extends { sdp: string }>(method: "call.start" | "call.update" | "call.pull", params: object): Promise<R | null> {
    const sdp = await this.leg.offer();
    if (this.closed) return null;
    this.known = true;
    const result = await this.host.rpc.request<R>(method, { ...params, sdp });
    if (this.closed) return null;
    await this.leg.accept(result.sdp);
    this.agree();
    return result;
  }

  /** Answers the gateway's offer. */
  async answer(more: object = {}): Promise<void> {
    const sdp = await this.leg.answer(this.offered ?? "");
    if (this.closed) throw new PhoneError("cancelled");
    await this.host.rpc.request("call.answer", { call: this.call, ...more, sdp });
    this.agree();
  }

  /** The socket is back: send what waited, and mend what broke meanwhile. */
  reconnected(): void {
    this.sendCandidates();
    if (this.agreed && !this.connected) this.repair();
    this.freshen();
  }

  /** Restarts ICE now, or as soon as the gateway can be reached. */
  repair(): void {
    if (!this.agreed || this.closed || this.restarting || !this.host.up) return;
    this.restarting = true;
    this.host.platform.timers.clear(this.timer);
    this.busy = this.update(true).finally(() => {
      this.done(); // candidates of the new credentials go out, now that the gateway knows them
      if (!this.connected) this.later(RESTART_PAUSE);
    });
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.host.platform.timers.clear(this.timer);
    this.host.platform.timers.clear(this.flush);
    this.leg.close();
  }

  /**
   * Offers the codecs anew, now or when what is under way is done: the gateway's answer puts first what need not be transcoded. A restart
   * does the same.
   */
  renegotiate(): void {
    this.stale = true;
    this.freshen();
  }

  private freshen(): void {
    if (!this.stale || !this.agreed || this.closed || this.restarting || !this.host.up) return;
    this.restarting = true;
    this.busy = this.update(false).finally(() => this.done());
  }

  /** The end of an exchange: what waited for it goes on. */
  private done(): void {
    this.restarting = false;
    this.sendCandidates();
    this.freshen();
  }

  /**
   * Changes what is wanted of video, after what is under way. Rejects when the camera or the gateway refuses; the sound goes on in any
   * case.
   */
  async video(wish: VideoWish): Promise<void> {
    while (this.restarting) await this.busy;
    if (this.closed) throw new PhoneError("call_state");
    const changed = await this.leg.video(wish);
    if (!changed || !this.agreed || this.closed) return;
    while (this.restarting) await this.busy;
    this.restarting = true;
    const work = this.exchange(false);
    this.busy = work.catch(() => undefined).finally(() => this.done());
    await work;
  }

  private async update(restart: boolean): Promise<void> {
    try {
      await this.exchange(restart);
    } catch {
      // Tried again after a pause; the gateway ends the call when its own patience is over.
    }
  }

  private async exchange(restart: boolean): Promise<void> {
    this.stale = false; // what the gateway asks for from now on comes after this offer
    const offer = await this.leg.reoffer(restart);
    if (this.closed) return;
    const result = await this.host.rpc.request<{ sdp: string }>("call.update", { call: this.call, sdp: offer });
    if (!this.closed) await this.leg.accept(result.sdp);
  }

  private agree(): void {
    this.agreed = true;
    this.sendCandidates();
    this.freshen();
  }

  private connection(state: "connected" | "disconnected" | "failed"): void {
    if (this.closed) return;
    if (state === "connected") {
      this.connected = true;
      this.host.platform.timers.clear(this.timer);
      return this.listener.up();
    }
    this.connected = false;
    if (!this.agreed) return;
    if (state === "failed") {
      this.listener.down();
      this.repair();
    } else {
      this.later(PATIENCE);
    }
  }

  private later(ms: number): void {
    if (this.closed) return;
    const { timers } = this.host.platform;
    timers.clear(this.timer);
    this.timer = timers.set(() => {
      if (this.closed || this.connected) return;
      this.listener.down();
      this.repair();
    }, ms);
  }

  /** Candidates found within 50 ms travel in one request; none before the gateway knows the call. */
  private candidate(c: { candidate: string; sdpMid: string }): void {
    if (this.closed) return;
    this.queue.push(c);
    if (this.queue.length === 1) this.flush = this.host.platform.timers.set(() => this.sendCandidates(), 50);
  }

  private sendCandidates(): void {
    if (!this.agreed || this.restarting || this.closed || this.queue.length === 0) return;
    const candidates = this.queue.splice(0, 64);
    this.host.rpc.request("call.candidates", { call: this.call, candidates }).catch(() => undefined);
    if (this.queue.length > 0) this.sendCandidates();
  }
}
