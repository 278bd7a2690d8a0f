import { Phone, type Call, type ElsewhereCall, type PhoneError } from "../../sdk/src/index";
import { hideAlert, showAlert } from "./alerts";
import { CallAs } from "./callas";
import { CallView } from "./callview";
import { fetchContacts, fetchToken, type Contact, type PageConfig } from "./config";
import { announce, byId, h, icon, show } from "./dom";
import { Elsewhere } from "./elsewhere";
import { callStateText, phoneStateText, who } from "./format";
import { History } from "./history";
import { IncomingView } from "./incoming";
import { Messages } from "./messages";
import { fillPad } from "./pad";
import { ReferView } from "./referview";
import { drawDevices } from "./settings";
import type { ToneSource } from "./tone";

/** The page: one phone at a time, the call in front, and what surrounds it. */
export class App {
  phone: Phone | null = null;

  private readonly names = new Map<string, string>();
  private readonly history = new History(this.names, (target) => this.dial(target));
  private readonly incoming = new IncomingView(this.names, (call, end, video) => void this.answer(call, end, video));
  private readonly number = byId<HTMLInputElement>("number");
  private readonly callAs = new CallAs();
  private readonly refer = new ReferView(this.names, (wish) => void wish.accept());
  private readonly elsewhere = new Elsewhere(this.names, (call) => this.pull(call));
  private readonly messages = new Messages(this.names, () => this.callAs.from);
  private front: Call | null = null;
  private view: CallView | null = null;
  private drawn = "";
  private token = "";

  constructor(private readonly config: PageConfig, private readonly tone: ToneSource | null, private user: string) {}

  async run(): Promise<void> {
    document.title = this.config.title;
    byId("title").textContent = this.config.title;
    this.setUpDialer();
    this.setUpUsers();
    this.setUpLogin();
    if (this.tone) {
      const note = byId("tone-note");
      note.textContent = `This page sends a tone of ${this.tone.hz} Hz in place of the microphone.`;
      show(note, true);
    }
    addEventListener("pageshow", (ev) => {
      if (ev.persisted && this.phone) void this.connect();
    });
    void this.loadContacts();
    if (this.config.tokenUrl) await this.connect();
    else this.askForToken();
  }

  /** Starts a phone for the current user; an earlier one is stopped first. */
  async connect(): Promise<void> {
    const old = this.phone;
    this.phone = null;
    if (old) await old.stop();
    hideAlert();
    const phone = new Phone({
      url: this.config.ws ? new URL(this.config.ws, location.href.replace(/^http/, "ws")).href : undefined,
      ...(this.config.tokenUrl ? { getToken: () => fetchToken(this.config, this.user) } : { token: this.token }),
      client: { name: "phone page", version: "1.0.0" },
      ...(this.tone ? { source: () => (this.tone as ToneSource).stream() } : {}),
    });
    this.phone = phone;
    phone.on("state", () => this.drawState());
    this.messages.follow(phone);
    phone.on("calls", () => this.drawCalls());
    phone.on("elsewhere", () => this.elsewhere.draw(this.phone));
    phone.on("identities", () => this.callAs.draw(phone));
    phone.on("incoming", (call) => announce(`${call.waiting ? "Another" : "Incoming"} call from ${who(call.remote, this.names)}`));
    phone.on("refer", (wish) => this.refer.draw(wish));
    phone.on("following", (_, call) => this.handedOn(call, `Calling ${who(call.remote, this.names)}, as the other party asked`));
    phone.on("replaced", (call) => this.handedOn(call, `You speak with ${who(call.remote, this.names)} now`));
    phone.on("deviceChange", (lost) => {
      void drawDevices(phone);
      if (lost.length > 0) announce("A device was removed; the default one is used now");
    });
    phone.on("warning", (w) => this.warn(phone, w));
    phone.on("error", (e) => this.stopped(phone, e));
    phone.on("tokenExpiring", () => this.warn(phone, { name: "token_expired", message: "The login ends soon.", hint: "Log in again with a new token." }));
    this.drawState();
    try {
      await phone.start();
      if (phone !== this.phone) return;
      announce(`Ready to call as ${phone.user}`);
      void drawDevices(phone);
    } catch (thrown) {
      if (phone === this.phone && phone.state === "closed") this.stopped(phone, thrown as PhoneError);
    }
  }

  /** Calls the number; a call in progress is put on hold. */
  dial(target: string): void {
    const phone = this.phone;
    if (!phone || target.trim() === "") return this.number.focus();
    hideAlert();
    this.holdOthers(null);
    this.number.value = "";
    const call = phone.call(target, { from: this.callAs.from, anonymous: byId<HTMLInputElement>("anonymous").checked, video: byId<HTMLInputElement>("with-video").checked });
    this.front = call;
    this.watch(call, target);
    this.drawCalls();
    this.view?.focus();
  }

  /** Answers a call; those in progress are put on hold, or ended. */
  private async answer(call: Call, end: boolean, video = false): Promise<void> {
    hideAlert();
    const phone = this.phone;
    if (!phone) return;
    if (end) for (const other of phone.calls) if (other !== call && other.state !== "incoming") void other.hangup();
    this.front = call;
    this.watch(call, call.remote.anonymous ? "" : call.remote.number ?? call.remote.uri ?? "");
    try {
      if (end || video) await call.answer({ video });
      else await phone.switchTo(call);
      this.view?.focus();
      if (this.phone) void drawDevices(this.phone);
    } catch (thrown) {
      showAlert(thrown as PhoneError);
      this.drawCalls();
    }
  }

  private readonly watched = new WeakSet<Call>();

  /** Follows a call to its end. */
  private watch(call: Call, target: string): void {
    if (this.watched.has(call)) return;
    this.watched.add(call);
    call.on("state", (state) => announce(state === "active" ? `Connected with ${who(call.remote, this.names)}` : callStateText[state]));
    call.on("ended", (reason) => {
      const usual = ["hangup", "cancelled", "answered_elsewhere", "moved", "transferred", "replaced"].includes(reason.name);
      if (reason.by === "local" && (reason.name === "hangup" || reason.name === "cancelled")) return;
      const again = call.direction === "outgoing" && target !== "" ? { text: "Call again", run: () => this.dial(target) } : undefined;
      showAlert(reason, usual ? "plain" : "bad", usual ? undefined : again);
    });
  }

  /** The conversation goes on in another call: the far party has handed the user on. */
  private handedOn(call: Call, text: string): void {
    this.refer.draw(null);
    this.front = call;
    this.watch(call, call.remote.number ?? call.remote.uri ?? "");
    announce(text);
    this.drawCalls();
    this.view?.focus();
  }

  /** Takes a call over from another browser of the user; a call in progress is put on hold. */
  private pull(from: ElsewhereCall): void {
    const phone = this.phone;
    if (!phone) return;
    hideAlert();
    this.holdOthers(null);
    const call = phone.pull(from);
    this.front = call;
    this.watch(call, "");
    this.drawCalls();
    this.view?.focus();
  }

  private holdOthers(except: Call | null): void {
    for (const call of this.phone?.calls ?? []) {
      if (call !== except && call.startedAt && !call.localHold) call.hold().catch((e: PhoneError) => showAlert(e));
    }
  }

  private warn(phone: Phone, w: { name: string; message: string; hint: string }): void {
    if (phone !== this.phone) return;
    showAlert(w, "bad", w.name === "audio_blocked" ? { text: "Play sound", run: () => void phone.unlockAudio() } : undefined);
  }

  private stopped(phone: Phone, e: PhoneError): void {
    if (phone !== this.phone) return;
    const login = !this.config.tokenUrl && e.code >= 1001 && e.code <= 1005;
    showAlert(e, "bad", login ? undefined : { text: "Connect again", run: () => void this.connect() });
    if (login) this.askForToken();
    this.drawState();
  }

  private drawState(): void {
    const state = this.phone?.state ?? "offline";
    this.elsewhere.draw(this.phone);
    const el = byId("state");
    el.dataset.state = state;
    el.textContent = phoneStateText[state];
    el.title = this.phone?.identities.map((i) => i.uri).join(", ") ?? "";
    show(byId("connect"), state === "closed" && byId("login").hidden);
    this.drawDial();
    this.messages.draw();
    document.querySelectorAll<HTMLButtonElement>("#contacts button").forEach((b) => (b.disabled = state !== "ready"));
    this.drawDialer();
    if (state === "reconnecting") announce("Connection lost, reconnecting");
  }

  /** Ordinary calls need a phone that is ready; a call for help is never held back by a grey button. */
  private drawDial(): void {
    byId<HTMLButtonElement>("dial").disabled = this.phone?.state !== "ready" && !this.phone?.isEmergency(this.number.value);
  }

  /** Brings the call in front, the waiting lines and the incoming screen up to phone.calls. */
  private drawCalls(): void {
    const calls = this.phone?.calls ?? [];
    for (const call of calls) {
      if (!this.logged.has(call)) this.follow(call);
      if (call.state === "reconnecting") this.watch(call, call.remote.number ?? call.remote.uri ?? ""); // found again after a reload
    }
    const ringing = calls.find((c) => c.state === "incoming") ?? null;
    const others = calls.filter((c) => c.state !== "incoming");
    if (!this.front || !others.includes(this.front)) this.front = others[others.length - 1] ?? null;
    this.incoming.draw(ringing, others.length > 0);
    if (this.front?.id !== this.drawn) {
      const hadFocus = byId("call").contains(document.activeElement);
      this.view?.close();
      this.view = this.front && this.phone ? new CallView(byId("call"), this.phone, this.front, this.names) : null;
      this.drawn = this.front?.id ?? "";
      if (hadFocus && !ringing) this.view ? this.view.focus() : this.number.focus({ preventScroll: true });
    }
    show(byId("call"), this.front !== null);
    this.drawDialer();
    this.drawLines(others.filter((c) => c !== this.front));
  }

  /** The dial pad gives way to the login, to a call and to a ringing one. */
  private drawDialer(): void {
    show(byId("dialer"), byId("login").hidden && byId("incoming").hidden && this.front === null);
  }

  private readonly logged = new WeakSet<Call>();

  private follow(call: Call): void {
    this.logged.add(call);
    call.once("ended", () => this.history.add(call));
  }

  private drawLines(lines: readonly Call[]): void {
    const el = byId("lines");
    show(el, lines.length > 0);
    el.replaceChildren(
      ...lines.map((call) =>
        h("button", { type: "button", class: "line", "data-testid": "switch", onclick: () => this.switchTo(call) }, h("b", {}, who(call.remote, this.names)), h("span", {}, callStateText[call.state]), h("u", {}, "Switch"))),
    );
  }

  private switchTo(call: Call): void {
    this.front = call;
    this.phone?.switchTo(call).catch((e: PhoneError) => showAlert(e));
    this.drawCalls();
    this.view?.focus();
  }

  private setUpDialer(): void {
    byId("erase").append(icon("erase"));
    byId("theme").append(icon("sun"));
    byId("dial").prepend(icon("phone"));
    fillPad(byId("pad"), "key", (digit) => {
      this.number.value += digit;
      this.drawDial();
      this.phone?.beep(digit);
    });
    byId("erase").addEventListener("click", () => {
      this.number.value = this.number.value.slice(0, -1);
      this.number.focus();
    });
    byId("dialer").addEventListener("submit", (ev) => {
      ev.preventDefault();
      this.dial(this.number.value);
    });
    byId("connect").addEventListener("click", () => void this.connect());
    this.number.addEventListener("input", () => this.drawDial());
    this.number.addEventListener("keydown", (ev) => {
      if (ev.key === "Escape") this.number.value = "";
    });
  }

  private setUpUsers(): void {
    const select = byId<HTMLSelectElement>("user");
    if (this.config.users.length === 0 || !this.config.tokenUrl) return;
    if (!this.config.users.includes(this.user)) this.user = this.config.users[0] ?? "";
    select.replaceChildren(...this.config.users.map((u) => h("option", { value: u }, u)));
    select.value = this.user;
    show(select, true);
    byId("user-label").className = "hidden-text";
    show(byId("user-label"), true);
    select.addEventListener("change", () => {
      this.user = select.value;
      void this.connect();
    });
  }

  private setUpLogin(): void {
    byId("login").addEventListener("submit", (ev) => {
      ev.preventDefault();
      const field = byId<HTMLTextAreaElement>("token");
      this.token = field.value.trim();
      field.value = ""; // the token lives in memory only
      show(byId("login"), false);
      void this.connect();
    });
  }

  private askForToken(): void {
    show(byId("login"), true);
    this.drawState();
    byId("token").focus();
  }

  private async loadContacts(): Promise<void> {
    let list: Contact[] = [];
    try {
      list = await fetchContacts(this.config);
    } catch {
      announce("The contacts could not be loaded");
    }
    for (const c of list) this.names.set(c.number, c.name);
    show(byId("contacts-card"), list.length > 0);
    byId("contacts").replaceChildren(
      ...list.map((c) =>
        h("li", {}, h("button", { type: "button", class: "row", "data-testid": `contact-${c.number}`, onclick: () => this.dial(c.number) },
          h("span", { class: "avatar", "aria-hidden": "true" }, c.name.slice(0, 1).toUpperCase()),
          h("span", { class: "lines2" }, h("b", {}, c.name), h("span", { class: "num" }, c.number), h("small", {}, c.description))))),
    );
    this.drawState();
  }
}
