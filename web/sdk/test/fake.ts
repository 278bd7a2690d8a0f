// A browser made of plain values: a clock that moves when told, sockets that record, audio that does as told.

import type { Device, DeviceKind, LegListener, MediaEngine, MediaLeg, Sound, VideoWish } from "../src/media/engine";
import type { Nudge, Platform, SocketLike } from "../src/transport/platform";

export class Clock {
  time = 1_000_000;
  private next = 1;
  private readonly timers = new Map<number, { at: number; fn: () => void }>();

  set = (fn: () => void, ms: number): unknown => {
    const id = this.next++;
    this.timers.set(id, { at: this.time + ms, fn });
    return id;
  };
  clear = (handle: unknown): void => {
    this.timers.delete(handle as number);
  };
  now = (): number => this.time;

  /** Moves the clock, running what falls due in order, and lets promises settle in between. */
  async run(ms: number): Promise<void> {
    const end = this.time + ms;
    await settle();
    for (;;) {
      const due = [...this.timers].filter(([, t]) => t.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.time = Math.max(this.time, due[1].at);
      due[1].fn();
      await settle();
    }
    this.time = end;
    await settle();
  }
}

/** Lets every promise that can settle do so. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve();
}

export class FakeSocket implements SocketLike {
  onopen: ((ev: any) => any) | null = null;
  onmessage: ((ev: any) => any) | null = null;
  onclose: ((ev: any) => any) | null = null;
  sent: any[] = [];
  closed = false;

  constructor(readonly url: string, readonly protocol: string) {}
  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }
  close(): void {
    this.closed = true;
  }

  /** What the gateway does. */
  open(): void {
    this.onopen?.({});
  }
  drop(code = 1006): void {
    this.onclose?.({ code, reason: "" });
  }
  frame(value: unknown): void {
    this.onmessage?.({ data: JSON.stringify(value) });
  }
  /** The last request of that method. */
  last(method: string): any {
    return [...this.sent].reverse().find((r) => r.method === method);
  }
  all(method: string): any[] {
    return this.sent.filter((r) => r.method === method);
  }
  answer(method: string, result: unknown = {}): void {
    this.frame({ jsonrpc: "2.0", id: this.last(method).id, result });
  }
  refuse(method: string, code: number, name: string, more: object = {}): void {
    this.frame({ jsonrpc: "2.0", id: this.last(method).id, error: { code, message: "no", data: { name, hint: "h", retryable: false, ...more } } });
  }
}

export class FakeLeg implements MediaLeg {
  offers = 0;
  restarts = 0;
  accepted: string[] = [];
  answered: string[] = [];
  muted = false;
  closed = 0;
  remoteStream = null;
  localStream = null;
  fails: unknown = null;

  constructor(readonly listener: LegListener) {}
  async offer(): Promise<string> {
    if (this.fails) throw this.fails;
    return `offer ${++this.offers}`;
  }
  async reoffer(restart: boolean): Promise<string> {
    return restart ? `restart ${++this.restarts}` : "codecs";
  }
  async accept(sdp: string): Promise<void> {
    this.accepted.push(sdp);
  }
  async answer(sdp: string): Promise<string> {
    if (this.fails) throw this.fails;
    this.answered.push(sdp);
    return "answer";
  }
  wishes: VideoWish[] = [];
  remoteVideo = null;
  localVideo = null;
  cameraMuted = false;
  cameraFails: unknown = null;
  async video(wish: VideoWish): Promise<boolean> {
    if (wish === "both" && this.cameraFails) throw this.cameraFails;
    const before = this.wishes[this.wishes.length - 1] ?? "none";
    this.wishes.push(wish);
    return wish !== before;
  }
  setCameraMuted(muted: boolean): void {
    this.cameraMuted = muted;
  }
  setMuted(muted: boolean): void {
    this.muted = muted;
  }
  levels() {
    return { microphone: 0, remote: 0 };
  }
  async stats() {
    return null;
  }
  close(): void {
    this.closed++;
  }
}

export class FakeMedia implements MediaEngine {
  legs: FakeLeg[] = [];
  sound: Sound = "none";
  sounds: Sound[] = [];
  nextFails: unknown = null;
  chosen: Record<DeviceKind, string> = { input: "", output: "", ring: "" };

  check(): void {}
  leg(listener: LegListener): MediaLeg {
    const leg = new FakeLeg(listener);
    leg.fails = this.nextFails;
    this.legs.push(leg);
    return leg;
  }
  async devices(): Promise<{ inputs: Device[]; outputs: Device[] }> {
    return { inputs: [], outputs: [] };
  }
  async select(kind: DeviceKind, id: string): Promise<void> {
    this.chosen[kind] = id;
  }
  selected(kind: DeviceKind): string {
    return this.chosen[kind];
  }
  servers: RTCIceServer[] = [];
  useServers(servers: RTCIceServer[]): void {
    this.servers = servers;
  }
  watchDevices(): () => void {
    return () => undefined;
  }
  play(sound: Sound): void {
    if (sound !== this.sound) this.sounds.push(sound);
    this.sound = sound;
  }
  beep(): void {}
  async unlock(): Promise<void> {}
  close(): void {}
}

export class FakePlatform implements Platform {
  timers = new Clock();
  media = new FakeMedia();
  sockets: FakeSocket[] = [];
  watchers = new Set<(n: Nudge) => void>();
  memory = new Map<string, string>();
  private ids = 0;

  socket = (url: string, protocol: string): SocketLike => {
    const s = new FakeSocket(url, protocol);
    this.sockets.push(s);
    return s;
  };
  random = (): number => 0.5;
  uuid = (): string => `00000000-0000-4000-8000-${String(++this.ids).padStart(12, "0")}`;
  watch = (fn: (n: Nudge) => void): (() => void) => {
    this.watchers.add(fn);
    return () => this.watchers.delete(fn);
  };
  recall = (key: string): string | null => this.memory.get(key) ?? null;
  remember = (key: string, value: string): void => void this.memory.set(key, value);
  tab = new Map<string, string>();
  kept = (key: string): string | null => this.tab.get(key) ?? null;
  keep = (key: string, value: string | null): void => void (value === null ? this.tab.delete(key) : this.tab.set(key, value));
  place: { latitude: number; longitude: number } | null = null;
  position = (): Promise<{ latitude: number; longitude: number } | null> => Promise.resolve(this.place);

  nudge(n: Nudge): void {
    for (const fn of [...this.watchers]) fn(n);
  }
  get last(): FakeSocket {
    return this.sockets[this.sockets.length - 1]!;
  }
}

/** A JWT that ends in so many milliseconds; its signature is nobody's business here. */
export function token(now: number, ms: number, name = "t"): string {
  const part = (v: unknown) => Buffer.from(JSON.stringify(v)).toString("base64url");
  return `${part({ alg: "none" })}.${part({ exp: Math.floor((now + ms) / 1000), name })}.x`;
}

export const loginResult = {
  session: "s1",
  secret: "x1",
  user: "alice",
  resumed: false,
  lastSeq: 0,
  emergency: { numbers: ["112", "911"], routed: true },
  resumeWindow: 30000,
  limits: { frame: 65536, calls: 4 },
  registration: { state: "registered", identities: [{ uri: "sip:a@x", default: true }] },
  calls: [] as unknown[],
};
