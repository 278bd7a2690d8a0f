import type { Call } from "../../sdk/src/index";
import { byId, h, icon, show } from "./dom";
import { diverted, trust, where, who } from "./format";

/** The screen of a ringing call. */
export class IncomingView {
  private readonly root = byId("incoming");
  private call: Call | null = null;
  private busy = false;

  constructor(private readonly names: ReadonlyMap<string, string>, private readonly answer: (call: Call, end: boolean, video?: boolean) => void) {}

  /** Shows the call, or nothing; busy says that the user is in another call. A second caller waits behind the first. */
  draw(call: Call | null, busy: boolean): void {
    if (call === this.call && busy === this.busy) return;
    this.call = call;
    this.busy = busy;
    show(this.root, call !== null);
    this.root.replaceChildren();
    if (!call) return;
    const answer = h("button", { type: "button", class: "go", "data-testid": "answer", onclick: () => this.answer(call, false) }, icon("phone"), busy ? "Hold and answer" : "Answer");
    const refuse = (reason: "declined" | "busy") => void call.reject(reason).catch(() => undefined);
    this.root.setAttribute("role", "alertdialog");
    this.root.setAttribute("aria-labelledby", "incoming-title");
    this.root.replaceChildren(
      h("div", { class: "pulse", "aria-hidden": "true" }, icon("phone")),
      h("div", { id: "incoming-title" },
        h("p", { class: "eyebrow", "data-testid": "incoming-kind" }, busy ? "Another call is waiting" : call.videoOffered ? "Incoming video call" : "Incoming call"),
        h("h2", { class: "remote", "data-testid": "incoming-remote" }, who(call.remote, this.names)),
        h("p", { class: "number" }, where(call.remote, this.names)),
        ...[trust(call.remote), diverted(call.divertedBy, this.names)].filter((text) => text !== "").map((text) => h("p", { class: "note", "data-testid": "incoming-note" }, text))),
      ...(call.videoOffered && !busy ? [h("button", { type: "button", class: "go wide", "data-testid": "answer-video", onclick: () => this.answer(call, false, true) }, icon("camera"), "Answer with video")] : []),
      h("div", { class: "pair" },
        h("button", { type: "button", class: "stop", "data-testid": "reject", onclick: () => refuse("declined") }, icon("hangup"), "Decline"),
        answer),
      ...(busy ? [h("button", { type: "button", class: "link", "data-testid": "end-answer", onclick: () => this.answer(call, true) }, "End the other call and answer")] : []),
      h("button", { type: "button", class: "link", "data-testid": "reject-busy", onclick: () => refuse("busy") }, "Answer as busy"),
    );
    answer.focus();
  }
}
