import { byId, h, show } from "./dom";

/** What went wrong, and what to do about it. */
export interface Trouble {
  name: string;
  message: string;
  hint: string;
}

/** Shows one message above the phone until it is dismissed or replaced. kind "plain" is no error, e.g. the far party hung up. */
export function showAlert(t: Trouble, kind: "bad" | "plain" = "bad", action?: { text: string; run(): void }): void {
  const el = byId("alert");
  el.dataset.name = t.name;
  el.className = `alert ${kind}`;
  const buttons: HTMLElement[] = [];
  if (action) {
    buttons.push(h("button", { type: "button", class: "ghost small", "data-testid": "error-action", onclick: () => { hideAlert(); action.run(); } }, action.text));
  }
  buttons.push(h("button", { type: "button", class: "ghost small icon close", "aria-label": "Dismiss this message", "data-testid": "error-close", onclick: hideAlert }, "×"));
  el.replaceChildren(
    h("div", { class: "alert-text" }, h("b", { "data-testid": "error-message" }, t.message), h("span", { "data-testid": "error-hint" }, t.hint)),
    h("div", { class: "alert-buttons" }, ...buttons),
  );
  show(el, true);
}

export function hideAlert(): void {
  const el = byId("alert");
  show(el, false);
  el.replaceChildren();
}
