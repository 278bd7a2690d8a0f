import type { Call } from "../../sdk/src/index";
import { byId, h, icon, show } from "./dom";
import { where, who } from "./format";

/** The screen of a ringing call. */
export class IncomingView {
  private readonly root = byId("incoming");
  private call: Call | null = null;

  constructor(private readonly names: ReadonlyMap<string, string>, private readonly answer: (call: Call) => void) {}

  /** Shows the call, or nothing. A second caller waits behind the first. */
  draw(call: Call | null): void {
    if (call === this.call) return;
    this.call = call;
    show(this.root, call !== null);
    this.root.replaceChildren();
    if (!call) return;
    const answer = h("button", { type: "button", class: "go", "data-testid": "answer", onclick: () => this.answer(call) }, icon("phone"), "Answer");
    const refuse = (reason: "declined" | "busy") => void call.reject(reason).catch(() => undefined);
    this.root.setAttribute("role", "alertdialog");
    this.root.setAttribute("aria-labelledby", "incoming-title");
    this.root.replaceChildren(
      h("div", { class: "pulse", "aria-hidden": "true" }, icon("phone")),
      h("div", { id: "incoming-title" },
        h("p", { class: "eyebrow" }, "Incoming call"),
        h("h2", { class: "remote", "data-testid": "incoming-remote" }, who(call.remote, this.names)),
        h("p", { class: "number" }, where(call.remote, this.names))),
      h("div", { class: "pair" },
        h("button", { type: "button", class: "stop", "data-testid": "reject", onclick: () => refuse("declined") }, icon("hangup"), "Decline"),
        answer),
      h("button", { type: "button", class: "link", "data-testid": "reject-busy", onclick: () => refuse("busy") }, "Answer as busy"),
    );
    answer.focus();
  }
}
