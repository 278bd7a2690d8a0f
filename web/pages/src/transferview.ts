import type { Call, Phone, PhoneError, TransferProgress } from "../../sdk/src/index";
import { showAlert } from "./alerts";
import { announce, h, show } from "./dom";
import { who } from "./format";

const words: Readonly<Record<TransferProgress["state"], string>> = {
  asked: "Asking the other party's phone",
  trying: "Handing on: calling",
  ringing: "Handing on: ringing there",
  accepted: "Handed on",
  failed: "",
};

/** Hands a call on: to a number, or to the other party of a second call. */
export class TransferView {
  readonly root = h("div", { class: "transfer", "data-testid": "transfer-panel" });

  private readonly progress = h("p", { class: "note", role: "status", "data-testid": "transfer-state" });
  private readonly number = h("input", { type: "tel", inputmode: "tel", placeholder: "Number or address", autocomplete: "off", spellcheck: "false", maxlength: "256", "aria-label": "Number to hand the call on to", "data-testid": "transfer-number" });
  private readonly go = h("button", { type: "submit", class: "go", "data-testid": "transfer-go" }, "Hand on");
  private readonly form = h("form", { class: "transfer-form", autocomplete: "off", onsubmit: (ev: Event) => { ev.preventDefault(); void this.hand(this.number.value); } }, this.number, this.go);
  private readonly join = h("button", { type: "button", class: "ghost wide", "data-testid": "transfer-join", onclick: () => void this.put() });
  private readonly off: () => void;
  private open = false;

  constructor(private readonly phone: Phone, private readonly call: Call, private readonly names: ReadonlyMap<string, string>) {
    this.root.append(this.progress, this.form, this.join);
    this.off = call.on("transfer", (p) => this.told(p));
    this.draw();
  }

  /** Shows or hides the field; returns whether it is shown. */
  toggle(): boolean {
    this.open = !this.open;
    this.draw();
    if (this.open && !this.form.hidden) this.number.focus();
    return this.open;
  }

  draw(): void {
    const other = this.other();
    const state = (this.call.transferring ?? other?.transferring)?.state;
    this.progress.textContent = state ? words[state] : "";
    show(this.progress, state !== undefined);
    show(this.form, this.open && !state);
    show(this.join, this.open && !state && other !== null);
    this.join.textContent = other ? `Put through to ${who(other.remote, this.names)}` : "";
    show(this.root, this.open || state !== undefined);
  }

  close(): void {
    this.off();
  }

  /** The second call, if its party can be put through. */
  private other(): Call | null {
    return this.phone.calls.find((c) => c !== this.call && c.startedAt !== null && c.state !== "ended") ?? null;
  }

  /** The far party waits while its phone calls somebody else. */
  private async hand(target: string): Promise<void> {
    if (target.trim() === "") return this.number.focus();
    this.number.value = "";
    try {
      if (!this.call.localHold) await this.call.hold();
      await this.call.transfer(target);
    } catch (thrown) {
      this.failed(thrown as PhoneError);
    }
    this.draw();
  }

  /** The party that waits longer is asked to take the user's place in the other call. */
  private async put(): Promise<void> {
    const other = this.other();
    if (!other) return;
    const [first, second] = other.localHold || !this.call.localHold ? [other, this.call] : [this.call, other];
    this.join.disabled = true;
    if (first !== this.call) first.once("ended", first.on("transfer", (p) => this.told(p)));
    try {
      await first.transfer(second);
    } catch (thrown) {
      this.failed(thrown as PhoneError);
    }
    this.join.disabled = false;
    this.draw();
  }

  private told(p: TransferProgress): void {
    if (p.state === "failed") {
      this.failed({ name: p.cause?.name ?? "transfer_failed", message: `Not handed on: ${p.cause?.message ?? "the transfer did not succeed."}`, hint: "The call goes on." });
    } else announce(words[p.state]);
    this.draw();
  }

  private failed(e: { name: string; message: string; hint: string }): void {
    showAlert(e, "bad", this.call.localHold ? { text: "Resume the call", run: () => void this.call.resume().catch((r: PhoneError) => showAlert(r)) } : undefined);
  }
}
