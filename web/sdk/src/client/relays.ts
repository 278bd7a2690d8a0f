import type { ICE } from "../protocol/frames";
import type { Platform, TimerHandle } from "../transport/platform";

/** A credential is asked for anew when this share of its life is left, and after a failure in so many milliseconds. */
const LEFT = 1 / 3;
const RETRY = 30_000;

/** The gateway's TURN servers: kept fresh, so that a call that starts or repairs itself finds a credential that holds. */
export class Relays {
  private timer: TimerHandle = null;

  constructor(
    private readonly platform: Platform,
    private readonly ask: () => Promise<ICE>,
  ) {}

  /** Takes what the gateway told. */
  take(ice: ICE | undefined): void {
    this.platform.media.useServers(ice?.servers ?? []);
    this.stop();
    if (!ice?.expires || ice.servers.length === 0) return;
    const life = Date.parse(ice.expires) - this.platform.timers.now();
    if (Number.isFinite(life)) this.later(Math.max(life * (1 - LEFT), RETRY));
  }

  stop(): void {
    this.platform.timers.clear(this.timer);
    this.timer = null;
  }

  private later(ms: number): void {
    this.timer = this.platform.timers.set(() => void this.renew(), Math.min(ms, 2 ** 31 - 1));
  }

  private async renew(): Promise<void> {
    const timer = this.timer;
    try {
      const ice = await this.ask();
      if (timer === this.timer) this.take(ice);
    } catch {
      if (timer === this.timer) this.later(RETRY); // the next login brings them too
    }
  }
}
