import type { ErrorName } from "../protocol/errors";
import { PhoneError } from "../protocol/failure";
import type { ElsewhereCall, Events, GatewayEvent, ICE, Identity, LoginResult, Registration, Snapshot } from "../protocol/frames";
import { browserPlatform } from "../transport/platform-browser";
import type { Platform } from "../transport/platform";
import { Session } from "../transport/session";
import { TokenSource } from "../transport/token";
import { Call } from "./call";
import type { CallHost, CallOptions } from "./callparts";
import { Devices } from "./devices";
import { Emitter } from "./emitter";
import { Refer } from "./refer";
import { Relays } from "./relays";
import { ownURL, remoteOf, type PhoneEvents, type PhoneOptions } from "./phoneparts";
import { received, reported, send, type MessageOptions, type SentMessage } from "./messages";
import { stepPhone, type PhoneInput, type PhoneState } from "./phonestate";

/** Version of this SDK, sent to the gateway with the login. */
export const VERSION = "1.0.0";

/** How long after a resume the events of lost calls may take to arrive, milliseconds. */
const REPLAY_TIME = 2_000;

/** How long a page that goes away in a call is waited for, milliseconds: a reload takes less. */
const RELOAD_TIME = 10_000;

/** A telephone in the page: log in with a token, call and be called. */
export class Phone extends Emitter<PhoneEvents> {
  /** Microphones, loudspeakers, and which of them to use. */
  readonly devices: Devices;

  private readonly platform: Platform;
  private readonly tokens: TokenSource;
  private currentState: PhoneState = "offline";
  private readonly relays: Relays;
  private session: Session | null = null;
  private list: Call[] = [];
  private user_ = "";
  private emergency: LoginResult["emergency"] = { numbers: ["112", "911"], routed: false }; // until the gateway says which
  private messaging_ = { bytes: 0, sms: false };
  private identities_: Identity[] = [];
  private elsewhere_: ElsewhereCall[] = [];
  private waiting: { resolve(): void; reject(e: PhoneError): void } | null = null;
  private told: ErrorName | "" = ""; // the last refusal of the network that "error" has carried
  private unwatch: (() => void)[] = [];

  constructor(private readonly options: PhoneOptions = {}) {
    super();
    this.platform = options.platform ?? browserPlatform({ iceServers: options.iceServers, iceTransportPolicy: options.iceTransportPolicy, source: options.source });
    this.tokens = new TokenSource(options.token, options.getToken, () => this.platform.timers.now());
    this.devices = new Devices(this.platform.media);
    this.relays = new Relays(this.platform, async () => {
      if (!this.session?.up) throw new PhoneError("connection_lost");
      return this.session.rpc.request<ICE>("session.ice", {});
    });
  }

  get state(): PhoneState {
    return this.currentState;
  }
  /** The calls that have not ended, oldest first. */
  get calls(): readonly Call[] {
    return this.list;
  }
  /** Name of the logged-in user; empty before. */
  get user(): string {
    return this.user_;
  }
  get identities(): readonly Identity[] {
    return this.identities_;
  }
  /** The user's answered calls in other browsers. */
  get elsewhere(): readonly ElsewhereCall[] {
    return this.elsewhere_;
  }

  /**
   * Connects, logs in and registers; resolves when the phone can call and be called. A refusal that waiting cannot cure
   * closes the phone; when only the telephone network is away the promise rejects and the phone goes on trying.
   */
  async start(): Promise<void> {
    if (this.currentState !== "offline" && this.currentState !== "closed") throw new PhoneError("already_logged_in");
    this.platform.media.check();
    this.told = "";
    this.input("start");
    const session = new Session(
      { url: this.options.url ?? ownURL(), client: this.options.client ?? { name: "causeway-sdk", version: VERSION }, reconnect: this.options.autoReconnect ?? true, credentials: this.options.credentials },
      this.platform,
      this.tokens,
      {
        loggedIn: (result) => this.loggedIn(result),
        lost: () => this.input("lost"),
        closed: (error) => this.closed(error),
        event: (event) => this.take(event),
        tokenExpiring: (seconds) => this.emit("tokenExpiring", seconds),
      },
    );
    this.session = session;
    this.unwatch = [
      this.platform.watch((nudge) => {
        if (nudge === "network") this.list.forEach((c) => c.networkChanged());
        if (nudge === "leaving") this.leaving();
      }),
      this.platform.media.watchDevices((lost) => this.emit("deviceChange", lost)),
    ];
    const registered = new Promise<void>((resolve, reject) => (this.waiting = { resolve, reject }));
    registered.catch(() => undefined); // seen through the await below, or through start()'s own rejection
    await session.start();
    await registered;
  }

  /** Ends all calls, leaves the network and closes the connection. */
  async stop(): Promise<void> {
    await this.session?.stop(true);
  }

  /** The page goes: with calls it is waited for a moment, since it may only be reloaded; without, the phone leaves. */
  private leaving(): void {
    if (this.list.length > 0) this.session?.leave(RELOAD_TIME);
    else void this.stop();
  }

  /** Takes a call over from another browser of the user; the far party notices nothing. What becomes of it is told by its events. */
  pull(from: ElsewhereCall): Call {
    const call = new Call(this.host(), { id: this.platform.uuid(), direction: from.direction, remote: from.remote, running: "active" });
    this.add(call);
    void call.takeUp("call.pull", { session: from.session, from: from.call }, null, from.video);
    return call;
  }

  /** Gives a new token for the running session and for later reconnections. */
  async updateToken(token: string): Promise<void> {
    if (this.session) await this.session.renew(token);
    else this.tokens.update(token);
  }

  /** Calls a number, a tel: or a sip: URI. Returns at once; what becomes of it is told by the call's events. */
  call(target: string, options: CallOptions = {}): Call {
    const call = new Call(this.host(), { id: this.platform.uuid(), direction: "outgoing", remote: remoteOf(target) });
    this.add(call);
    const emergency = this.isEmergency(target);
    if (emergency && this.session?.up) void this.help(call, target.trim(), options);
    else if (emergency) queueMicrotask(() => call.finishLocally(new PhoneError("emergency_use_phone"), "local"));
    else if (this.currentState === "ready") void call.dial({ target: target.trim() }, options);
    else queueMicrotask(() => call.finishLocally(new PhoneError("not_registered"), "local"));
    return call;
  }

  /** Tells whether a number is an emergency number here. */
  isEmergency(target: string): boolean {
    const text = target.trim().toLowerCase();
    return text.startsWith("urn:service:sos") || this.emergency.numbers.includes(text.replace(/^tel:/, "").replace(/[\s().-]/g, ""));
  }

  /** False: the gateway refuses emergency calls, and the user has to take a telephone. */
  get emergencyRouted(): boolean {
    return this.emergency.routed;
  }

  /** An emergency call goes out whether the phone is registered or not, with the place if it can be told. */
  private async help(call: Call, target: string, options: CallOptions): Promise<void> {
    const position = options.position ?? (this.emergency.routed ? await this.platform.position() : null);
    await call.dial({ target }, position ? { ...options, position } : options);
  }

  /** What messages may be: bytes of a text at most (0: none are carried), and whether they may go as short messages. */
  get messaging(): Readonly<{ bytes: number; sms: boolean }> {
    return this.messaging_;
  }
  /** Sends a text to a number, a tel: or a sip: URI. Resolves when the network has taken it; whether it arrives, "messageReport" tells. */
  async sendMessage(target: string, text: string, options: MessageOptions = {}): Promise<SentMessage> {
    if (!this.session || this.currentState !== "ready") throw new PhoneError("not_registered");
    return send(this.session.rpc, options.id ?? this.platform.uuid(), target, text, options);
  }

  /** Tells a message's sender that the user has read it, if the sender asked for that. */
  async messageDisplayed(id: string): Promise<void> {
    await this.session?.rpc.request("message.displayed", { message: id });
  }

  /** Starts sound that the browser blocked; call it from a click after an "audio_blocked" warning. */
  unlockAudio(): Promise<void> {
    return this.platform.media.unlock();
  }

  /** Plays a keypad tone to the user (not to the far party). */
  beep(digit: string): void {
    this.platform.media.beep(digit);
  }

  private host(): CallHost {
    const phone = this;
    return {
      platform: this.platform,
      get rpc() {
        return (phone.session as Session).rpc;
      },
      get up() {
        return phone.session?.up ?? false;
      },
      changed: () => this.changed(),
      audioBlocked: () => this.emit("warning", new PhoneError("audio_blocked")),
    };
  }

  private loggedIn(result: LoginResult): void {
    this.user_ = result.user;
    this.emergency = result.emergency ?? this.emergency;
    this.messaging_ = result.messages ?? this.messaging_;
    this.relays.take(result.ice);
    if (this.currentState === "connecting" || this.currentState === "reconnecting") this.input("registering");
    this.registration(result.registration);
    const known = new Map(result.calls.map((c) => [c.call, c]));
    for (const call of [...this.list]) {
      const snapshot = known.get(call.id);
      if (snapshot) call.reconcile(snapshot);
      else if (result.resumed) this.platform.timers.set(() => call.finishLocally(new PhoneError("session_ended"), "gateway"), REPLAY_TIME);
      else call.finishLocally(new PhoneError("session_ended"), "gateway");
    }
    for (const shot of result.calls) if (!this.list.some((c) => c.id === shot.call)) this.takeUp(shot);
  }

  /** Goes on with a call of this page before it was reloaded. */
  private takeUp(shot: Snapshot): void {
    if (shot.state === "incoming" && shot.sdp) return this.incoming({ call: shot.call, remote: shot.remote, called: "", sdp: shot.sdp, waiting: false });
    const call = new Call(this.host(), { id: shot.call, direction: shot.direction, remote: shot.remote, running: shot.state });
    this.add(call);
    void call.takeUp("call.update", {}, shot, shot.video);
  }

  private registration(r: Registration): void {
    if (r.identities.length > 0 || r.state === "ended") {
      this.identities_ = r.identities;
      this.emit("identities", r.identities);
    }
    const error = r.error ? PhoneError.fromWire(r.error) : null;
    switch (r.state) {
      case "registered":
        this.input("registered");
        this.waiting?.resolve();
        this.waiting = null;
        return;
      case "registering":
        return this.input("unregistered");
      case "failed":
      case "ended": {
        this.input("unregistered");
        const told = error ?? new PhoneError(r.state === "ended" ? "deregistered" : "registration_refused");
        this.waiting?.reject(told);
        this.waiting = null;
        this.told = told.retryable ? "" : told.name;
        this.emit(told.retryable ? "warning" : "error", told);
      }
    }
  }

  private take(event: GatewayEvent): void {
    switch (event.method) {
      case "session.registration":
        return this.registration(event.params);
      case "session.closing":
        if (event.params.reason === "drain") this.emit("warning", new PhoneError("draining"));
        return;
      case "session.challenge":
        return; // answered by the session
      case "session.elsewhere":
        this.elsewhere_ = event.params.calls;
        return this.emit("elsewhere", this.elsewhere_);
      case "message.received":
        return this.emit("message", received(event.params));
      case "message.report":
        return this.emit("messageReport", reported(event.params));
      case "message.composing":
        return this.emit("composing", event.params);
      case "call.incoming":
        return this.incoming(event.params);
      case "call.refer":
        return this.referred(event.params);
      default:
        this.list.find((c) => c.id === event.params.call)?.take(event);
    }
  }

  /**
   * Brings a call to the front: answers it when it rings, or takes it back from hold, and holds the others that talk. All of it
   * begins at once, so that a far party that is slow to agree to its hold keeps nobody waiting; the promise says what failed.
   */
  async switchTo(call: Call): Promise<void> {
    const work = this.list.filter((c) => c !== call && c.startedAt && !c.localHold).map((c) => c.hold());
    if (call.state === "incoming") work.unshift(call.answer());
    else if (call.localHold) work.unshift(call.resume());
    for (const result of await Promise.allSettled(work)) if (result.status === "rejected") throw result.reason;
  }

  private incoming(params: Events["call.incoming"]): void {
    const session = this.session;
    if (!session || this.list.some((c) => c.id === params.call)) return;
    const { call: id, sdp: offer, replaces: place, ...rest } = params;
    const replaces = this.list.find((c) => c.id === place) ?? null;
    const call = new Call(this.host(), { ...rest, id, offer, replaces, direction: "incoming" });
    if (replaces) return this.takePlace(call, replaces);
    this.add(call);
    void session.rpc.request("call.ringing", { call: call.id }).catch(() => undefined);
    this.emit("incoming", call);
  }

  /** Answers at once: the user is in this conversation already, only the other end has changed. */
  private takePlace(call: Call, old: Call): void {
    const seen = old.video?.state === "on" && (old.localVideo ? true : "receive");
    const answered = call.answer({ video: seen });
    this.add(call);
    if (old.muted) call.mute();
    this.emit("replaced", call, old);
    answered.catch((thrown: PhoneError) => {
      if (call.state === "incoming") this.emit("incoming", call); // no microphone: the user may try again
      this.emit("warning", thrown);
    });
  }

  /** The far party asks for a call to somebody else. */
  private referred(params: Events["call.refer"]): void {
    const call = this.list.find((c) => c.id === params.call) ?? null;
    const refer = new Refer(
      {
        follow: (wish, options) => this.follow(wish, options),
        refuse: async (wish) => void (await this.session?.rpc.request("call.refuseRefer", { refer: wish.id })),
      },
      params,
      call,
    );
    const policy = this.options.transfers ?? "ask";
    if (policy === "accept" || (policy === "ask" && params.follow)) refer.accept();
    else if (policy === "ask" && this.heard("refer")) this.emit("refer", refer);
    else void refer.refuse().catch(() => undefined);
  }

  private follow(refer: Refer, options: CallOptions): Call {
    const next = new Call(this.host(), { id: this.platform.uuid(), direction: "outgoing", remote: refer.target });
    const old = refer.call;
    if (old?.startedAt && old.state !== "ended" && !old.localHold && !old.remoteHold) {
      void old.hold().catch(() => undefined);
      next.once("ended", () => {
        if (!next.startedAt && old.localHold && old.state !== "ended") void old.resume().catch(() => undefined); // nobody took the user
      });
    }
    this.add(next);
    void next.dial({ refer: refer.id }, { video: old?.localVideo != null, ...options }); // with the camera where it was on
    this.emit("following", refer, next);
    return next;
  }

  private add(call: Call): void {
    this.list = [...this.list, call];
    call.once("ended", () => {
      this.list = this.list.filter((c) => c !== call);
      this.changed();
    });
    this.changed();
  }

  /** Rings, plays ringback, or is silent, as the calls need it: ringback only while nothing comes from the network. */
  private changed(): void {
    if (this.options.sounds ?? true) {
      const talking = this.list.some((c) => c.startedAt !== null);
      const rings = this.list.some((c) => c.state === "incoming");
      const alerts = this.list.some((c) => c.state === "ringing" && !c.earlyMedia);
      this.platform.media.play(rings ? (talking ? "waiting" : "ring") : alerts ? "ringback" : "none");
    }
    this.emit("calls", this.list);
  }

  private closed(error: PhoneError | null): void {
    for (const off of this.unwatch.splice(0)) off();
    this.session = null;
    this.relays.stop();
    this.elsewhere_ = [];
    for (const call of [...this.list]) call.finishLocally(error ?? new PhoneError("session_ended"), error ? "gateway" : "local");
    this.platform.media.close();
    this.input("close");
    const told = error ?? new PhoneError("session_ended");
    this.waiting?.reject(told);
    this.waiting = null;
    if (error && error.name !== this.told) this.emit("error", error); // once, even if the network's refusal came first
  }

  private input(input: PhoneInput): void {
    const next = stepPhone(this.currentState, input);
    if (next === this.currentState) return;
    this.currentState = next;
    this.emit("state", next);
  }
}
