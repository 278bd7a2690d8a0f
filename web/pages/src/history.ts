import type { Call } from "../../sdk/src/index";
import { byId, h, icon, show, type IconName } from "./dom";
import { duration, where, who } from "./format";

const LIMIT = 20;

interface Item {
  name: string;
  target: string;
  icon: IconName;
  text: string;
  at: Date;
}

/** The calls of this tab, newest first. It is kept in memory only: nothing of it outlives the tab. */
export class History {
  private items: Item[] = [];

  constructor(private readonly names: ReadonlyMap<string, string>, private readonly redial: (target: string) => void) {}

  add(call: Call): void {
    const reason = call.endReason;
    if (!reason) return;
    const missed = call.direction === "incoming" && call.startedAt === null && reason.name !== "answered_elsewhere" && reason.by !== "local";
    const spoken = call.startedAt ? duration(Date.now() - call.startedAt.getTime()) : missed ? "Missed" : reason.message;
    this.items = [
      {
        name: who(call.remote, this.names),
        target: call.remote.anonymous ? "" : call.remote.number ?? call.remote.uri ?? "",
        icon: (missed ? "missed" : call.direction === "incoming" ? "in" : "out") as IconName,
        text: [where(call.remote, this.names), spoken].filter(Boolean).join(" · "),
        at: new Date(),
      },
      ...this.items,
    ].slice(0, LIMIT);
    this.draw();
  }

  private draw(): void {
    show(byId("history-card"), this.items.length > 0);
    byId("history").replaceChildren(
      ...this.items.map((item) => {
        const time = item.at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
        const body = [
          h("span", { class: `dir ${item.icon}` }, icon(item.icon)),
          h("span", { class: "lines2" }, h("b", {}, item.name), h("small", {}, item.text)),
          h("time", { datetime: item.at.toISOString() }, time),
        ];
        if (!item.target) return h("li", {}, h("div", { class: "row" }, ...body));
        return h("li", {}, h("button", { type: "button", class: "row", "aria-label": `Call ${item.name} again. ${item.text}, ${time}`, onclick: () => this.redial(item.target) }, ...body));
      }),
    );
  }
}
