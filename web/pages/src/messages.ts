import type { Composing, MessageReport, Phone, PhoneError, TextMessage } from "../../sdk/src/index";
import { hideAlert, showAlert } from "./alerts";
import { Conversation, markOf, type Item } from "./conversation";
import { announce, byId, h, icon, show } from "./dom";
import { where, who } from "./format";

/** Texts with other parties: the list of conversations, and the one that is open. */
export class Messages {
  private readonly box = byId("messages");
  private conversations = new Map<string, Conversation>();
  private open = "";
  private phone: Phone | null = null;
  private drafts = new Map<string, string>();

  constructor(private readonly names: ReadonlyMap<string, string>, private readonly from: () => string | undefined) {
    document.addEventListener("visibilitychange", () => this.read());
  }

  /** Follows a phone; what was said with another user is forgotten. */
  follow(phone: Phone): void {
    this.phone = phone;
    this.conversations = new Map();
    this.drafts = new Map();
    this.open = "";
    phone.on("message", (m) => this.take(m));
    phone.on("messageReport", (r) => this.report(r));
    phone.on("composing", (c) => this.writes(c));
    this.draw();
  }

  /** Opens what is said with a number or address. */
  write(target: string): void {
    const text = target.trim();
    if (text === "") return;
    const number = text.replace(/^tel:/i, "").replace(/[\s().-]/g, "");
    const remote = /^\+?[0-9*#]+$/.test(number) ? { number, anonymous: false } : { uri: /^sips?:/i.test(text) ? text : `sip:${text}`, anonymous: false };
    const key = Conversation.key(remote);
    if (!this.conversations.has(key)) this.conversations.set(key, new Conversation(remote, text));
    this.show(key);
  }

  /** Draws the list or the open conversation; what is being written stays. */
  draw(): void {
    const state = this.phone?.state ?? "offline";
    show(byId("messages-card"), state !== "offline" && (this.phone?.messaging.bytes ?? 0) > 0);
    const one = this.conversations.get(this.open);
    if (one) this.drawThread(one);
    else this.drawList();
  }

  private show(key: string): void {
    this.open = key;
    if (key && byId("alert").dataset.name === "message") hideAlert();
    this.box.replaceChildren();
    this.draw();
    const field = this.box.querySelector<HTMLElement>(key ? "textarea, h3" : "input");
    field?.focus(); // which brings it into view
    this.read();
  }

  private drawList(): void {
    const rows = [...this.conversations].sort((a, b) => (b[1].last?.at.getTime() ?? 0) - (a[1].last?.at.getTime() ?? 0));
    const list = h("ul", { class: "threads", "data-testid": "threads" }, ...rows.map(([key, c]) => this.row(key, c)));
    if (this.box.firstElementChild?.id === "new-message") {
      this.box.querySelector("ul")?.replaceWith(list);
      return;
    }
    const field = h("input", { id: "message-to", "data-testid": "message-to", type: "text", placeholder: "Number or address", autocomplete: "off", spellcheck: "false", maxlength: "256", list: "message-known" });
    const known = h("datalist", { id: "message-known" }, ...[...this.names].map(([number, name]) => h("option", { value: number }, name)));
    const form = h("form", { id: "new-message", class: "write-to", onsubmit: (ev) => { ev.preventDefault(); this.write(field.value); } },
      h("label", { class: "hidden-text", for: "message-to" }, "Write to"), field, known, h("button", { class: "ghost", type: "submit", "data-testid": "message-new" }, "Write"));
    this.box.replaceChildren(form, list);
  }

  private row(key: string, c: Conversation): HTMLElement {
    const name = who(c.remote, this.names);
    const last = c.last;
    const unread = c.unread;
    const body = [
      h("span", { class: "avatar", "aria-hidden": "true" }, name.replace("+", "").slice(0, 1).toUpperCase()),
      h("span", { class: "lines2" }, h("b", {}, name), h("small", {}, last ? (last.mine ? `You: ${last.text}` : last.text) : where(c.remote, this.names))),
      h("span", { class: "thread-end" }, ...(last ? [clock(last.at)] : []), ...(unread > 0 ? [h("span", { class: "badge", "data-testid": "unread" }, String(unread), h("span", { class: "hidden-text" }, " unread"))] : [])),
    ];
    return h("li", {}, h("button", { type: "button", class: "row", "data-testid": "thread", onclick: () => this.show(key) }, ...body));
  }

  private drawThread(c: Conversation): void {
    if (this.box.firstElementChild?.className !== "thread-head") this.box.replaceChildren(...this.frame(c));
    const log = this.box.querySelector<HTMLElement>("ol");
    if (!log) return;
    log.replaceChildren(...c.items.map((item) => this.bubble(c, item)));
    log.scrollTop = log.scrollHeight;
    const writing = this.box.querySelector<HTMLElement>(".writing");
    if (writing) writing.textContent = c.writingUntil > Date.now() ? `${who(c.remote, this.names)} is writing …` : "";
    const send = this.box.querySelector<HTMLButtonElement>("form button");
    if (send) send.disabled = this.phone?.state !== "ready";
  }

  /** What surrounds the messages of a conversation. */
  private frame(c: Conversation): HTMLElement[] {
    const name = who(c.remote, this.names);
    const back = h("button", { type: "button", class: "ghost small icon", "aria-label": "Back to all messages", "data-testid": "message-back", onclick: () => this.show("") });
    back.append(icon("back"));
    const head = h("div", { class: "thread-head" }, back, h("div", { class: "lines2" }, h("h3", { tabindex: "-1", "data-testid": "message-with" }, name), h("small", {}, where(c.remote, this.names))));
    const log = h("ol", { class: "thread", role: "log", "aria-label": `Messages with ${name}`, "data-testid": "thread-log", tabindex: "0" });
    const writing = h("p", { class: "writing note", "aria-live": "polite" });
    if (!c.target) return [head, log, h("p", { class: "note" }, "This sender cannot be answered.")];
    const field = h("textarea", { id: "message-text", "data-testid": "message-text", rows: "2", placeholder: "Message", maxlength: "16384", onkeydown: (ev) => this.key(ev as KeyboardEvent) });
    field.value = this.drafts.get(this.open) ?? "";
    field.addEventListener("input", () => this.drafts.set(this.open, field.value));
    const sms = h("input", { type: "checkbox", "data-testid": "message-sms" });
    sms.checked = c.last?.via === "sms";
    const number = c.remote.number !== undefined;
    const form = h("form", { class: "compose", onsubmit: (ev) => { ev.preventDefault(); this.submit(c, field, sms.checked); } },
      h("label", { class: "hidden-text", for: "message-text" }, `Message to ${name}`), field,
      ...(this.phone?.messaging.sms && number ? [h("label", { class: "switch" }, sms, " As short message (SMS)")] : []),
      h("button", { class: "go", type: "submit", "data-testid": "message-send" }, "Send"));
    return [head, log, writing, form];
  }

  private bubble(c: Conversation, item: Item): HTMLElement {
    const parts: (Node | string)[] = [h("span", { class: "hidden-text" }, item.mine ? "You: " : `${who(c.remote, this.names)}: `), h("p", {}, item.text)];
    const end = [...(item.note ? [item.note] : []), ...(item.via === "sms" ? ["SMS"] : []), ...(item.mine ? [markOf(item)] : [])].join(" · ");
    parts.push(h("small", {}, clock(item.at), h("span", { "data-testid": item.mine ? "mark" : "from" }, end)));
    if (item.error) {
      parts.push(h("div", { class: "bubble-error", "data-testid": "message-error" }, h("b", {}, item.error.message), h("span", {}, item.error.hint),
        h("button", { type: "button", class: "ghost small", "data-testid": "message-again", onclick: () => this.again(c, item) }, "Send again")));
    }
    return h("li", { class: item.mine ? "bubble mine" : "bubble", "data-testid": "bubble", "data-status": item.status }, ...parts);
  }

  /** Enter sends; with Shift it ends a line. */
  private key(ev: KeyboardEvent): void {
    if (ev.key !== "Enter" || ev.shiftKey || ev.isComposing) return;
    ev.preventDefault();
    (ev.target as HTMLTextAreaElement).form?.requestSubmit();
  }

  private submit(c: Conversation, field: HTMLTextAreaElement, sms: boolean): void {
    if (field.value.trim() === "") return field.focus();
    const text = field.value;
    field.value = "";
    this.drafts.delete(this.open);
    void this.send(c, text, sms ? "sms" : "sip");
    field.focus();
  }

  private again(c: Conversation, item: Item): void {
    c.items = c.items.filter((i) => i !== item);
    void this.send(c, item.text, item.via);
  }

  private async send(c: Conversation, text: string, via: "sip" | "sms"): Promise<void> {
    const item: Item = { id: `p${crypto.getRandomValues(new Uint32Array(4)).join("-")}`, text, at: new Date(), mine: true, via, status: "sending", error: null, note: "" };
    c.add(item);
    this.draw();
    try {
      await this.post(c, item);
      if (item.status === "sending") item.status = "sent";
    } catch (thrown) {
      item.status = "failed";
      item.error = thrown as PhoneError;
      announce(item.error.message);
    }
    this.draw();
  }

  /** Asks for reports, but not of a phone that does not take messages with such a wish: it gets the bare text. */
  private async post(c: Conversation, item: Item): Promise<void> {
    const how = { id: item.id, via: item.via, from: this.from() };
    const report = item.via === "sms" ? (["delivery"] as const) : (["delivery", "display"] as const);
    try {
      await this.phone?.sendMessage(c.target, item.text, { ...how, report: c.plain && item.via === "sip" ? undefined : report });
    } catch (thrown) {
      if (c.plain || item.via === "sms" || (thrown as PhoneError).name !== "message_unsupported") throw thrown;
      await this.phone?.sendMessage(c.target, item.text, how);
      c.plain = true;
    }
  }

  private take(m: TextMessage): void {
    const key = Conversation.key(m.remote);
    let c = this.conversations.get(key);
    if (!c) this.conversations.set(key, (c = new Conversation(m.remote, m.remote.anonymous ? "" : m.remote.number ?? m.remote.uri ?? "")));
    c.take(m);
    announce(`Message from ${who(m.remote, this.names)}`);
    if (this.open !== key && byId("alert").hidden) {
      showAlert({ name: "message", message: `Message from ${who(m.remote, this.names)}`, hint: m.text.slice(0, 80) }, "plain", { text: "Read", run: () => this.show(key) });
    }
    this.draw();
    this.read();
  }

  /** What is open and can be seen has been read; the sender is told if it asked. */
  private read(): void {
    const c = this.conversations.get(this.open);
    if (!c || document.hidden) return;
    for (const item of c.items) {
      if (item.status !== "unread") continue;
      item.status = "read";
      this.phone?.messageDisplayed(item.id).catch(() => undefined); // a courtesy: nothing is lost without it
    }
  }

  private report(r: MessageReport): void {
    for (const c of this.conversations.values()) {
      const item = c.items.find((i) => i.mine && i.id === r.id);
      if (!item) continue;
      item.status = r.status;
      item.error = r.error;
      if (r.error && this.conversations.get(this.open) !== c) showAlert(r.error);
    }
    this.draw();
  }

  private writes(w: Composing): void {
    const c = this.conversations.get(Conversation.key(w.remote));
    if (!c) return;
    c.writingUntil = w.active ? Date.now() + w.within : 0;
    if (w.active) setTimeout(() => this.draw(), w.within + 50);
    this.draw();
  }
}

function clock(at: Date): HTMLElement {
  return h("time", { datetime: at.toISOString() }, at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
}
