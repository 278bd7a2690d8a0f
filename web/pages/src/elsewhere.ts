import type { ElsewhereCall, Phone } from "../../sdk/src/index";
import { announce, byId, h, show } from "./dom";
import { who } from "./format";

/** The user's calls in other browsers, each with a button that takes it over. */
export class Elsewhere {
  private readonly box = byId("elsewhere");

  constructor(private readonly names: ReadonlyMap<string, string>, private readonly pull: (call: ElsewhereCall) => void) {}

  draw(phone: Phone | null): void {
    const calls = phone?.elsewhere ?? [];
    if (calls.length > 0 && this.box.hidden) announce(`You are in a call with ${who(calls[0]!.remote, this.names)} in another browser`);
    show(this.box, calls.length > 0);
    this.box.replaceChildren(
      ...calls.map((call) =>
        h("button", { type: "button", class: "line", "data-testid": "pull", onclick: () => this.pull(call) }, h("b", {}, who(call.remote, this.names)), h("span", {}, "In another browser"), h("u", {}, "Take it here")),
      ),
    );
  }
}
