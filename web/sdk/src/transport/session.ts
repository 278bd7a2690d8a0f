import { closes } from "../protocol/errors";
import { PhoneError } from "../protocol/failure";
import { SUBPROTOCOL, type Challenge, type GatewayEvent, type LoginResult } from "../protocol/frames";
import { Rpc } from "../protocol/rpc";
import { Backoff } from "./backoff";
import type { Nudge, Platform, SocketLike, TimerHandle } from "./platform";
import { prove, type Credentials } from "./digest";
import { TOKEN_MARGIN, TokenSource } from "./token";

/** How long opening a socket may take, milliseconds. */
const OPEN_TIMEOUT = 10_000;
/** A silent socket is asked after this time, and given up when the answer does not come, milliseconds. */
const PING_AFTER = 20_000;
const PING_TIMEOUT = 6_000;
/** A login with a password waits for the network, which asks and answers, milliseconds. */
const PROVE_TIMEOUT = 30_000;

/** What a session tells the phone. */
export interface SessionListener {
  /** A login succeeded: the first one, or one after the socket was lost (resumed says whether calls are still there). */
  loggedIn(result: LoginResult): void;
  /** The socket is gone; the session tries to come back. */
  lost(): void;
  /** It is over for good; null when the page wanted it. */
  closed(error: PhoneError | null): void;
  event(event: GatewayEvent): void;
  /** The token ends in so many seconds and the page gave no way to renew it. */
  tokenExpiring(seconds: number): void;
}

export interface SessionOptions {
  url: string;
  client: { name: string; version: string };
  reconnect: boolean;
  /** Log in with the network's password instead of a token. */
  credentials?: Credentials;
}

/**
 * One login with the gateway that outlives its sockets.
 *
 *    start ──► opening ──► login ──► up ──► (socket lost) ──► waiting ──► opening ...
 *                 │          │        │                          ▲
 *                 └──────────┴────────┴── refused for good ──► closed
 *
 * `turn` numbers the attempts: whatever arrives late from an earlier one is dropped.
 */
export class Session {
  readonly rpc: Rpc;

  private socket: SocketLike | null = null;
  private login: LoginResult | null = null;
  private turn = 0;
  private over = false;
  private parting: PhoneError | null = null; // why the gateway said that it would end the session
  private fresh = false; // the next attempt needs a new token
  private renewed = false; // a new token was already tried since the last login
  private atLeast = 0; // the wait the gateway asked for, milliseconds
  private wait: TimerHandle = null;
  private heard = 0; // when the last frame came
  private heartbeat: TimerHandle = null;
  private renewal: TimerHandle = null;
  private first: { resolve(r: LoginResult): void; reject(e: PhoneError): void } | null = null;
  private readonly backoff: Backoff;
  private readonly unwatch: () => void;

  constructor(
    private readonly options: SessionOptions,
    private readonly platform: Platform,
    private readonly tokens: TokenSource,
    private readonly listener: SessionListener,
  ) {
    this.backoff = new Backoff(() => platform.random());
    this.rpc = new Rpc((frame) => this.transmit(frame), (event) => this.onEvent(event), platform.timers, platform.uuid().slice(-12));
    this.unwatch = platform.watch((nudge) => this.nudge(nudge));
  }

  /** True while a logged-in socket is there. */
  get up(): boolean {
    return this.socket !== null && this.login !== null;
  }

  /** Says that the page is about to go and comes back within this time, or not at all; a reloaded page finds its calls again. */
  leave(within: number): void {
    this.save(); // some browsers close the socket before they say that the page goes
    if (this.up) void this.rpc.request("session.away", { within }).catch(() => undefined);
  }

  /** Connects and logs in. The first attempt's outcome is the promise's; later losses are repaired silently. */
  start(): Promise<LoginResult> {
    return new Promise((resolve, reject) => {
      this.first = { resolve, reject };
      this.restore();
      void this.attempt();
    });
  }

  /** Logs out and closes. Safe to call twice. */
  async stop(logout: boolean): Promise<void> {
    if (this.over) return;
    if (logout && this.up) {
      await this.rpc.request("session.logout", {}, 3000).catch(() => undefined);
    }
    this.finish(null);
  }

  /** Gives the gateway a new token for the running session. */
  async renew(token: string): Promise<void> {
    this.tokens.update(token);
    if (this.up) await this.rpc.request("session.token", { token });
    this.scheduleRenewal();
  }

  private async attempt(): Promise<void> {
    const turn = ++this.turn;
    this.platform.timers.clear(this.wait);
    this.wait = null;
    let refused: PhoneError;
    try {
      const token = this.options.credentials ? "" : await this.tokens.get(this.fresh);
      if (turn !== this.turn) return;
      this.fresh = false;
      await this.open(turn);
      if (turn !== this.turn) return;
      await this.logIn(token, turn);
      return;
    } catch (thrown) {
      refused = PhoneError.from(thrown, "connection_lost");
    }
    if (turn === this.turn && !this.over) this.refused(refused);
  }

  /** Opens the socket; resolves when it is open, rejects when it closes before. */
  private open(turn: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let socket: SocketLike;
      try {
        socket = this.platform.socket(this.options.url, SUBPROTOCOL);
      } catch {
        return reject(new PhoneError("connection_lost", { message: "The gateway's address is not valid.", retryable: false }));
      }
      this.drop();
      this.socket = socket;
      const timer = this.platform.timers.set(() => {
        reject(new PhoneError("connection_lost"));
        socket.close();
      }, OPEN_TIMEOUT);
      socket.onopen = () => {
        this.platform.timers.clear(timer);
        resolve();
      };
      socket.onmessage = (ev) => {
        if (turn !== this.turn || socket !== this.socket) return;
        this.heard = this.platform.timers.now();
        this.rpc.receive(String(ev.data));
      };
      socket.onclose = (ev) => {
        this.platform.timers.clear(timer);
        reject(new PhoneError("connection_lost"));
        if (turn === this.turn && socket === this.socket) this.closed(ev.code);
      };
    });
  }

  private async logIn(token: string, turn: number): Promise<void> {
    const before = this.login;
    const { credentials } = this.options;
    const who = credentials ? { scheme: "digest", impi: credentials.impi, impu: credentials.impu } : { token };
    const params: Record<string, unknown> = { ...who, instance: this.instance(), client: this.options.client };
    if (before) params.resume = { session: before.session, secret: before.secret, after: this.rpc.lastSeq };
    else this.rpc.lastSeq = 0; // a new session counts from 1, and may ask for the password before its login is answered
    this.login = null; // not logged in on this socket yet
    let result: LoginResult;
    try {
      result = await this.rpc.request<LoginResult>("session.login", params, credentials ? PROVE_TIMEOUT : OPEN_TIMEOUT);
    } catch (thrown) {
      if (turn === this.turn) this.login = before;
      throw thrown;
    }
    if (turn !== this.turn) return;
    if (!result.resumed) {
      this.rpc.abandon(new PhoneError("connection_lost"));
      this.rpc.lastSeq = result.lastSeq;
    }
    this.login = result;
    this.renewed = false;
    this.backoff.reset();
    this.listener.loggedIn(result);
    if (result.resumed) this.rpc.resend();
    this.first?.resolve(result);
    this.first = null;
    this.startHeartbeat();
    this.scheduleRenewal();
  }

  /** An attempt failed with a reason: fatal, curable by a fresh token, curable without resume, or by waiting. */
  private refused(error: PhoneError): void {
    const stale = error.name === "token_expired" || error.name === "token_invalid";
    if (stale && this.tokens.renewable && !this.renewed) {
      this.fresh = this.renewed = true;
      return this.retry(0);
    }
    if (error.name === "resume_unknown" && this.login) {
      this.login = null;
      return this.retry(0);
    }
    if (this.first || !error.retryable || !this.options.reconnect) return this.finish(error);
    this.retry(this.backoff.next(error.retryAfter));
  }

  /** The socket of a running session closed. */
  private closed(code: number): void {
    const running = this.login !== null && this.first === null;
    this.drop();
    // What was asked of this very socket is not asked again on the next one.
    this.rpc.abandon(new PhoneError("connection_lost"), "session.login");
    this.rpc.abandon(new PhoneError("connection_lost"), "session.ping");
    if (!running) return; // the attempt's own promise tells
    const row = closes.find((c) => c.code === code);
    if (code === 4401 && this.tokens.renewable && !this.options.credentials) this.fresh = true;
    else if (row && !row.reconnect) return this.finish(code === 1000 ? null : (this.parting ?? closeError(code)));
    if (!this.options.reconnect) return this.finish(new PhoneError("connection_lost"));
    this.listener.lost();
    this.retry(this.backoff.next(this.atLeast));
    this.atLeast = 0;
  }

  private retry(ms: number): void {
    this.turn++;
    this.drop();
    this.platform.timers.clear(this.wait);
    this.wait = this.platform.timers.set(() => void this.attempt(), ms);
  }

  private nudge(what: Nudge): void {
    if (this.over || what === "leaving") return;
    if (this.wait !== null && what !== "network") return void this.attempt();
    if (this.up) this.ping(); // the socket may be dead without knowing it
  }

  private onEvent(event: GatewayEvent): void {
    if (event.method === "session.challenge") return void this.prove(event.params);
    if (event.method === "session.closing") {
      if (event.params.reason === "tokenExpired") this.fresh = true;
      if (event.params.reason === "refused") this.parting = new PhoneError("password_refused");
      if (event.params.reason === "deregistered") this.parting = new PhoneError("deregistered");
      this.atLeast = event.params.retryAfter ?? 0;
    }
    this.listener.event(event);
  }

  /** Answers the network's challenge; an answer that cannot be made or comes too late is the gateway's to tell. */
  private async prove(challenge: Challenge): Promise<void> {
    const { credentials } = this.options;
    if (!credentials) return;
    const turn = this.turn;
    try {
      const answer = await prove(credentials, challenge);
      if (turn === this.turn) await this.rpc.request("session.prove", answer, challenge.within);
    } catch (thrown) {
      const error = PhoneError.from(thrown, "internal");
      if (error.name === "digest_unsupported" || error.name === "browser_unsupported") this.finish(error);
    }
  }

  private transmit(frame: string): boolean {
    const loginFrame = frame.includes('"method":"session.login"') || frame.includes('"method":"session.prove"');
    if (!this.socket || (!this.login && !loginFrame)) return false; // sent again after the resume
    try {
      this.socket.send(frame);
      return true;
    } catch {
      return false;
    }
  }

  private startHeartbeat(): void {
    this.platform.timers.clear(this.heartbeat);
    this.heard = this.platform.timers.now();
    const beat = () => {
      if (this.platform.timers.now() - this.heard >= PING_AFTER) this.ping();
      this.heartbeat = this.platform.timers.set(beat, PING_AFTER / 2);
    };
    this.heartbeat = this.platform.timers.set(beat, PING_AFTER / 2);
  }

  private ping(): void {
    const socket = this.socket;
    if (!this.up) return;
    this.rpc.request("session.ping", {}, PING_TIMEOUT).catch((e: PhoneError) => {
      if (e.name === "timeout" && socket === this.socket && this.up) this.closed(1006);
    });
  }

  private scheduleRenewal(): void {
    const { timers } = this.platform;
    timers.clear(this.renewal);
    const end = this.options.credentials ? null : this.tokens.expiresAt();
    if (end === null || this.over) return;
    const left = end - timers.now();
    this.renewal = timers.set(() => void this.renewNow(), Math.min(Math.max(0, left - TOKEN_MARGIN), 2 ** 31 - 1));
  }

  private async renewNow(): Promise<void> {
    const end = this.tokens.expiresAt() ?? 0;
    const left = end - this.platform.timers.now();
    if (left > TOKEN_MARGIN + 1000) return this.scheduleRenewal(); // a timer can hold 24 days only
    if (!this.tokens.renewable) return this.listener.tokenExpiring(Math.max(0, Math.round(left / 1000)));
    try {
      const token = await this.tokens.get(true);
      if (this.up) await this.rpc.request("session.token", { token });
      const next = this.tokens.expiresAt();
      if (next !== null && next > end) this.scheduleRenewal();
    } catch {
      this.listener.tokenExpiring(Math.max(0, Math.round(left / 1000)));
      this.renewal = this.platform.timers.set(() => void this.renewNow(), 10_000);
    }
  }

  /** The UUID of this browser profile (RFC 5626 4.1): no secret, the same for every login. */
  private instance(): string {
    let id = this.platform.recall("causeway.instance");
    if (!id) {
      id = this.platform.uuid();
      this.platform.remember("causeway.instance", id);
    }
    return id;
  }

  /** Leaves what a reloaded page needs to come back to this session. A page may have several phones: each leaves one entry. */
  private save(): void {
    if (!this.login) return;
    const { session, secret } = this.login;
    this.platform.keep(this.key, JSON.stringify([...this.saved(), { session, secret, seq: this.rpc.lastSeq }]));
  }

  /** Takes up the session that this tab had before it was reloaded, if there is one; nobody else takes it up again. */
  private restore(): void {
    const [first, ...rest] = this.saved();
    if (!first) return;
    this.platform.keep(this.key, rest.length > 0 ? JSON.stringify(rest) : null);
    this.login = { session: first.session, secret: first.secret } as LoginResult;
    this.rpc.lastSeq = Number(first.seq) || 0;
  }

  private saved(): { session: string; secret: string; seq: number }[] {
    try {
      const list = JSON.parse(this.platform.kept(this.key) ?? "[]");
      return Array.isArray(list) ? list.filter((s) => typeof s?.session === "string" && typeof s.secret === "string").slice(0, 16) : [];
    } catch {
      return []; // somebody else's: log in anew
    }
  }

  private get key(): string {
    return `causeway.session ${this.options.url}`;
  }

  /** Lets go of the socket without listening to it any more. */
  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    this.platform.timers.clear(this.heartbeat);
    if (!socket) return;
    socket.onmessage = socket.onclose = socket.onopen = null;
    socket.close();
  }

  private finish(error: PhoneError | null): void {
    if (this.over) return;
    this.over = true;
    this.turn++;
    this.unwatch();
    this.drop();
    this.platform.timers.clear(this.wait);
    this.platform.timers.clear(this.renewal);
    this.rpc.abandon(error ?? new PhoneError("session_ended"));
    const first = this.first;
    this.first = null;
    this.listener.closed(error);
    first?.reject(error ?? new PhoneError("session_ended"));
  }
}

/** The error that goes with a close code after which connecting again is no use. */
function closeError(code: number): PhoneError {
  switch (code) {
    case 4401:
      return new PhoneError("token_expired");
    case 4403:
      return new PhoneError("identity_refused");
    case 4409:
      return new PhoneError("session_ended", { message: "The phone was opened in another place with the same session.", retryable: false });
    default:
      return new PhoneError("invalid_request");
  }
}
