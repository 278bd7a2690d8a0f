import type { Refer } from "../../sdk/src/index";
import { announce, byId, h, icon, show } from "./dom";
import { where, who } from "./format";

/** The far party asks the user to call somebody else. */
export class ReferView {
  private readonly root = byId("refer");
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly names: ReadonlyMap<string, string>, private readonly follow: (refer: Refer) => void) {}

  /** Shows the question; null takes it away. */
  draw(refer: Refer | null): void {
    clearTimeout(this.timer);
    show(this.root, refer !== null);
    this.root.replaceChildren();
    if (!refer) return;
    this.timer = setTimeout(() => this.draw(null), refer.within);
    const by = refer.call?.remote ?? refer.by;
    const asker = by ? who(by, this.names) : "The other party";
    const accept = h("button", { type: "button", class: "go", "data-testid": "refer-accept", onclick: () => { this.draw(null); this.follow(refer); } }, icon("phone"), "Call");
    this.root.setAttribute("role", "alertdialog");
    this.root.setAttribute("aria-labelledby", "refer-title");
    this.root.replaceChildren(
      h("div", { id: "refer-title" },
        h("p", { class: "eyebrow" }, refer.replaces ? `${asker} puts you through to` : `${asker} hands you on to`),
        h("h2", { class: "remote", "data-testid": "refer-target" }, who(refer.target, this.names)),
        h("p", { class: "number" }, where(refer.target, this.names))),
      h("div", { class: "pair" },
        h("button", { type: "button", class: "stop", "data-testid": "refer-refuse", onclick: () => { this.draw(null); void refer.refuse().catch(() => undefined); } }, "Stay here"),
        accept),
    );
    announce(`${asker} wants to hand you on to ${who(refer.target, this.names)}`);
    accept.focus();
  }
}
