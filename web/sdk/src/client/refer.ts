import type { Events, Remote } from "../protocol/frames";
import type { Call } from "./call";
import type { CallOptions } from "./callparts";

/** What a Refer needs of its phone. */
export interface ReferHost {
  follow(refer: Refer, options: CallOptions): Call;
  refuse(refer: Refer): Promise<void>;
}

/** The far party of a call asks the user to call somebody: a transfer by the other end. Answer it with accept() or refuse(). */
export class Refer {
  /** @internal */
  readonly id: string;
  /** Whom the user is asked to call. */
  readonly target: Remote;
  /** Who asks, as the far phone says; null when it does not. */
  readonly by: Remote | null;
  /** The target is in a call already, whose place the new one takes: both parties know of it. */
  readonly replaces: boolean;
  /** How long it can be answered, milliseconds from the event on. */
  readonly within: number;

  private done = false;

  /** @internal call is the one it came in; it may end before the wish is answered. */
  constructor(private readonly host: ReferHost, params: Events["call.refer"], readonly call: Call | null) {
    this.id = params.refer;
    this.target = params.target;
    this.by = params.referredBy ?? null;
    this.replaces = params.replaces;
    this.within = params.within;
  }

  /** True once accept() or refuse() was called. */
  get answered(): boolean {
    return this.done;
  }

  /** Calls the target. The far phone is told by itself what becomes of it, and usually ends the old call then. */
  accept(options: CallOptions = {}): Call {
    this.done = true;
    return this.host.follow(this, options);
  }

  /** Says no; the old call goes on. */
  async refuse(): Promise<void> {
    if (this.done) return;
    this.done = true;
    await this.host.refuse(this);
  }
}
