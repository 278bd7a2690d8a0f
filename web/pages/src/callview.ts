import type { Call, Phone, PhoneError, Quality, VideoState } from "../../sdk/src/index";
import { showAlert } from "./alerts";
import { announce, h, icon, show } from "./dom";
import { callStateText, duration, quality, trust, where, who } from "./format";
import { fillPad } from "./pad";
import { noVideo, PicturesView } from "./pictures";
import { TransferView } from "./transferview";

/** The view of one call: who, how long, how good, and what can be done. It is drawn once and then only updated. */
export class CallView {
  private readonly name = h("h2", { class: "remote", tabindex: "-1", "data-testid": "remote" });
  private readonly number = h("p", { class: "number", "data-testid": "remote-number" });
  private readonly note = h("p", { class: "note", "data-testid": "call-note" });
  private readonly state = h("span", { class: "call-state", "data-testid": "call-state" });
  private readonly timer = h("span", { class: "timer", role: "timer", "aria-live": "off", "data-testid": "timer" });
  private readonly microphone = level("You", "meter-mic");
  private readonly far = level("Them", "meter-far");
  private readonly bars = h("span", { class: "bars", "aria-hidden": "true" }, h("i"), h("i"), h("i"), h("i"));
  private readonly word = h("b", { "data-testid": "quality" }, "Measuring");
  private readonly codec = h("span", { "data-testid": "codec" });
  private readonly figures = h("small", { "data-testid": "figures" });
  private readonly qualityLine = h("div", { class: "quality", "data-testid": "quality-line" }, this.bars, h("div", {}, h("div", {}, this.word, " ", this.codec), this.figures));
  private readonly received = h("p", { class: "received", "data-testid": "dtmf-received" });
  private readonly pad = h("div", { class: "pad small-pad", role: "group", "aria-label": "Keypad", "data-testid": "call-pad" });
  private readonly sent = h("p", { class: "sent", "aria-live": "off", "data-testid": "dtmf-sent" });
  private readonly mute = toggle("mute", "Mute", () => this.call.mute(!this.call.muted));
  private readonly hold = toggle("hold", "Hold", () => this.toggleHold());
  private readonly keypad = toggle("keypad", "Keypad", () => this.openPad(this.pad.hidden));
  private readonly hand = toggle("transfer", "Transfer", () => press(this.hand, this.transfer.toggle(), "Transfer"));
  private readonly camera = toggle("camera", "Video", () => this.toggleCamera());
  private readonly pictures: PicturesView;
  private readonly transfer: TransferView;
  private readonly hangup = h("button", { type: "button", class: "stop wide", "data-testid": "hangup", onclick: () => void this.call.hangup() }, icon("hangup"), "Hang up");
  private frame = 0;
  private switching = false; // the camera is being opened or closed
  private readonly tick: ReturnType<typeof setInterval>;
  private readonly offs: (() => void)[];

  constructor(private readonly root: HTMLElement, private readonly phone: Phone, private readonly call: Call, private readonly names: ReadonlyMap<string, string>) {
    this.transfer = new TransferView(phone, call, names);
    this.pictures = new PicturesView(call);
    fillPad(this.pad, "tone", (digit) => this.press(digit));
    this.keypad.setAttribute("aria-expanded", "false");
    show(this.pad, false);
    root.replaceChildren(
      h("div", { class: "who-card" }, this.name, this.number, this.note, h("p", { class: "status-line" }, this.state, this.timer)),
      this.pictures.root,
      h("div", { class: "levels" }, this.microphone, this.far),
      this.qualityLine,
      this.received,
      h("div", { class: "actions" }, this.mute, this.camera, this.hold, this.keypad, this.hand),
      this.transfer.root,
      this.sent,
      this.pad,
      this.hangup,
    );
    this.offs = [
      call.on("state", () => this.draw()),
      call.on("hold", () => this.draw()),
      call.on("mute", () => this.draw()),
      call.on("earlyMedia", () => this.draw()),
      call.on("diverted", () => this.told("The call is being diverted")),
      call.on("waiting", () => this.told("The other party is in another call")),
      call.on("quality", (q) => this.drawQuality(q)),
      call.on("dtmf", (digit) => this.heard(digit)),
      call.on("transfer", () => this.draw()),
      call.on("video", (v) => this.seen(v)),
      call.on("pictures", () => this.draw()),
      call.on("videoOffer", () => this.told("The other party would like video")),
      phone.on("calls", () => this.transfer.draw()),
    ];
    this.tick = setInterval(() => this.drawTimer(), 250);
    this.draw();
    if (call.quality) this.drawQuality(call.quality);
    else show(this.qualityLine, false);
    this.animate();
  }

  focus(): void {
    this.name.focus({ preventScroll: true });
  }

  close(): void {
    for (const off of this.offs) off();
    this.transfer.close();
    this.pictures.close();
    clearInterval(this.tick);
    cancelAnimationFrame(this.frame);
    this.root.classList.remove("keys");
    this.root.replaceChildren();
  }

  private draw(): void {
    const { call } = this;
    this.root.dataset.state = call.state;
    this.name.textContent = who(call.remote, this.names);
    this.number.textContent = where(call.remote, this.names);
    const talking = call.startedAt !== null;
    let note = trust(call.remote);
    if (!talking && call.direction === "outgoing") {
      if (call.waiting) note = "The other party is in another call and hears yours waiting";
      else if (call.divertedTo) note = `Diverted to ${who(call.divertedTo, this.names)}`;
    }
    this.note.textContent = note;
    show(this.note, note !== "");
    let text = callStateText[call.state];
    if (call.state === "held") text = call.localHold ? (call.remoteHold ? "Both on hold" : "You put the call on hold") : "The other party put you on hold";
    this.state.textContent = text;
    for (const b of [this.mute, this.hold, this.keypad]) b.disabled = call.state === "ended" || call.state === "connecting";
    this.hold.disabled = this.hand.disabled = !talking || call.state === "ended";
    this.transfer.draw();
    this.pictures.draw();
    this.camera.disabled = !talking || call.state === "ended" || this.switching;
    press(this.camera, call.localVideo !== null, "Video");
    this.keypad.disabled = call.state === "ended" || call.direction === "incoming" && !talking;
    press(this.mute, call.muted, call.muted ? "Unmute" : "Mute");
    press(this.hold, call.localHold, call.localHold ? "Resume" : "Hold", call.localHold ? "resume" : "hold");
    this.drawTimer();
  }

  private told(text: string): void {
    announce(text);
    this.draw();
  }

  private drawTimer(): void {
    this.timer.textContent = this.call.startedAt ? duration(Date.now() - this.call.startedAt.getTime()) : "";
  }

  private drawQuality(q: Quality): void {
    show(this.qualityLine, true);
    const known = [q.access.mos, q.core.mos].filter((m) => m > 0);
    const { word, bars } = quality(known.length ? Math.min(...known) : 0);
    this.word.textContent = word;
    this.bars.dataset.bars = String(bars);
    this.codec.textContent = q.core.codec ? `${q.access.codec} ${q.access.codec.toLowerCase() === q.core.codec.toLowerCase() ? "=" : "⇄"} ${q.core.codec}` : q.access.codec;
    this.codec.title = q.transcoding ? "The gateway converts between the two audio formats" : "The audio passes unchanged";
    const lost = (leg: Quality["access"]) => (leg.received + leg.lost > 0 ? (100 * leg.lost) / (leg.received + leg.lost) : 0);
    const rtt = q.access.rtt > 0 ? `delay ${Math.round(q.access.rtt / 2)} ms · ` : "";
    this.figures.textContent = `${rtt}jitter ${Math.round(Math.max(q.access.jitter, q.core.jitter))} ms · lost ${Math.max(lost(q.access), lost(q.core)).toFixed(1)}\u00a0%`;
  }

  private heard(digit: string): void {
    this.received.textContent = `${this.received.textContent || "Keys received: "}${digit}`;
    announce(`Key ${digit} received`);
    this.phone.beep(digit);
  }

  private press(digit: string): void {
    if (digit === "+") return;
    this.phone.beep(digit);
    this.sent.textContent += digit;
    this.call.sendDtmf(digit).catch((e: PhoneError) => showAlert(e));
  }

  private openPad(open: boolean): void {
    show(this.pad, open);
    this.root.classList.toggle("keys", open); // the pad takes the meters' place, so that hanging up stays in sight
    press(this.keypad, open, "Keypad");
    this.keypad.setAttribute("aria-expanded", String(open));
    if (open) this.pad.querySelector("button")?.focus();
  }

  /** What the user is told of video, besides what is to be seen. */
  private seen(v: VideoState): void {
    if (v.state === "off") this.told(noVideo(v));
    else this.draw();
  }

  private toggleCamera(): void {
    this.switching = true;
    this.draw();
    const work = this.call.localVideo ? this.call.removeVideo() : this.call.addVideo();
    work.catch((e: PhoneError) => showAlert(e)).finally(() => {
      this.switching = false;
      this.draw();
    });
  }

  private toggleHold(): void {
    this.hold.disabled = true;
    const work = this.call.localHold ? this.call.resume() : this.call.hold();
    work.catch((e: PhoneError) => showAlert(e)).finally(() => this.draw());
  }

  private animate(): void {
    const { microphone, remote } = this.call.levels();
    setLevel(this.microphone, microphone);
    setLevel(this.far, remote);
    this.frame = requestAnimationFrame(() => this.animate());
  }
}

function toggle(id: "mute" | "camera" | "hold" | "keypad" | "transfer", text: string, run: () => void): HTMLButtonElement {
  return h("button", { type: "button", class: "round", "data-testid": id, "aria-pressed": "false", onclick: run }, h("span", { class: "disc" }, icon(id)), h("span", { class: "label" }, text));
}

function press(button: HTMLButtonElement, on: boolean, text: string, picture?: "hold" | "resume"): void {
  button.setAttribute("aria-pressed", String(on));
  const label = button.querySelector(".label");
  if (label) label.textContent = text;
  if (picture) button.querySelector(".disc")?.replaceChildren(icon(picture));
}

function level(text: string, id: string): HTMLElement {
  const bar = h("span", { class: "bar", role: "meter", "aria-label": `${text === "You" ? "Microphone" : "Far party"} level`, "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": "0", "data-testid": id }, h("i"));
  return h("div", { class: "level" }, h("span", { class: "level-name", "aria-hidden": "true" }, text), bar);
}

function setLevel(el: HTMLElement, value: number): void {
  const bar = el.querySelector<HTMLElement>(".bar");
  const now = String(Math.round(value * 100));
  if (!bar || bar.getAttribute("aria-valuenow") === now) return;
  bar.setAttribute("aria-valuenow", now);
  bar.style.setProperty("--level", `${now}%`);
}
