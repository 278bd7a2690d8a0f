import { isErrorName } from "../protocol/failure";
import { catalogue } from "../protocol/errors";
import type { EndReason, Events, Headers, Quality, Remote, Snapshot, TransferProgress, UserToUser } from "../protocol/frames";
import type { CallEvents, CallInit } from "./callparts";
import { step, type CallInput, type CallState } from "./callstate";

/** Whom a call's facts are told to. */
export interface FactsListener {
  /** Something that a page shows has changed. */
  changed(): void;
  tell<K extends keyof CallEvents>(name: K, ...args: CallEvents[K]): void;
}

/** The state of a call that is taken up, by the gateway's word for it. */
const taken: Record<Snapshot["state"], CallState> = {
  trying: "dialing",
  diverted: "dialing",
  ringing: "ringing",
  early: "early",
  incoming: "incoming",
  connecting: "connecting",
  active: "reconnecting",
};

/** What is known of one call: how far it has come, with whom, since when. Each change is told once. */
export class Facts {
  state: CallState;
  remote: Remote;
  startedAt: Date | null = null;
  hold = { local: false, remote: false };
  early = false;
  waiting: boolean;
  divertedTo: Remote | null = null;
  transfer: TransferProgress | null = null;
  quality: Quality | null = null;
  reason: EndReason | null = null;
  /** What the far party's application sent. */
  far: { userToUser: UserToUser | null; headers: Headers };

  constructor(init: CallInit, private readonly listener: FactsListener) {
    this.state = init.running ? taken[init.running] : init.direction === "outgoing" ? "dialing" : "incoming";
    this.remote = init.remote;
    this.waiting = init.waiting ?? false;
    this.far = { userToUser: init.userToUser ?? null, headers: init.headers ?? {} };
  }

  get ended(): boolean {
    return this.state === "ended";
  }
  /** Both sides have begun to talk, and it is not over. */
  get talking(): boolean {
    return this.startedAt !== null && !this.ended;
  }

  input(input: CallInput): void {
    const next = step(this.state, input);
    if (next === this.state) return;
    this.state = next;
    this.listener.changed();
    this.listener.tell("state", next);
  }

  progress(p: Events["call.progress"]): void {
    this.setEarly(p.earlyMedia);
    if (p.divertedTo) this.divertedTo = p.divertedTo.anonymous ? null : p.divertedTo;
    if (p.waiting && !this.waiting) {
      this.waiting = true;
      this.listener.tell("waiting");
    }
    if (p.state === "diverted") {
      this.listener.changed();
      this.listener.tell("diverted", this.divertedTo);
    } else if (p.state !== "trying") this.input(p.state);
  }

  /** An incoming call's data came with it; an outgoing one's comes now. */
  accepted(p: Events["call.accepted"], outgoing: boolean): void {
    this.remote = p.remote ?? this.remote;
    this.startedAt ??= new Date(p.startedAt);
    if (outgoing) this.far = { userToUser: p.userToUser ?? null, headers: p.headers ?? {} };
    this.setEarly(false);
    this.input("accepted");
  }

  /** Takes over how the call stands; now is for a gateway that does not say since when both talk. */
  catchUp(s: Snapshot, now: number): void {
    this.setHold(s.localHold, s.remoteHold);
    if (s.state === "active") {
      this.startedAt ??= s.startedAt ? new Date(s.startedAt) : new Date(now);
      this.input("accepted");
    }
  }

  setHold(local: boolean, remote: boolean): void {
    if (this.hold.local === local && this.hold.remote === remote) return;
    this.hold = { local, remote };
    this.input(local || remote ? "hold" : "unhold");
    this.listener.tell("hold", { local, remote });
  }

  /** The audio is back. */
  restored(): void {
    this.input(this.hold.local || this.hold.remote ? "restoredHeld" : "restored");
  }

  transferring({ call: _, ...progress }: Events["call.transferring"]): void {
    this.setTransfer(progress.state === "failed" ? null : progress);
    this.listener.tell("transfer", progress);
  }

  setTransfer(progress: TransferProgress | null): void {
    this.transfer = progress;
    this.listener.changed();
  }

  sampled({ access, core, transcoding, video }: Events["call.quality"]): void {
    this.quality = { access, core, transcoding, ...(video ? { video } : {}) };
    this.listener.tell("quality", this.quality);
  }

  /** Ends the call; last is done after the reason is known and before anybody hears. */
  end(reason: EndReason, last: () => void): void {
    if (this.ended) return;
    const name = isErrorName(reason.name) ? reason.name : "hangup";
    this.reason = { ...reason, name, message: reason.message || catalogue[name].message, hint: reason.hint || catalogue[name].hint };
    last();
    this.input("end");
    this.listener.tell("ended", this.reason);
  }

  private setEarly(on: boolean): void {
    if (this.early === on) return;
    this.early = on;
    this.listener.changed();
    this.listener.tell("earlyMedia", on);
  }
}
