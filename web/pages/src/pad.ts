import { h } from "./dom";

const KEYS: readonly (readonly [string, string])[] = [
  ["1", ""], ["2", "ABC"], ["3", "DEF"],
  ["4", "GHI"], ["5", "JKL"], ["6", "MNO"],
  ["7", "PQRS"], ["8", "TUV"], ["9", "WXYZ"],
  ["*", ""], ["0", "+"], ["#", ""],
];
const SPOKEN: Readonly<Record<string, string>> = { "*": "star", "#": "pound" };

/** Fills el with the twelve keys. A long press on 0 gives +. */
export function fillPad(el: HTMLElement, prefix: string, press: (digit: string) => void): void {
  el.replaceChildren(
    ...KEYS.map(([digit, letters]) => {
      const key = h("button", { type: "button", class: "key", "data-testid": `${prefix}-${digit}`, "aria-label": SPOKEN[digit] ?? digit }, h("b", {}, digit), h("small", { "aria-hidden": "true" }, letters));
      let long: ReturnType<typeof setTimeout> | undefined;
      let done = false;
      key.addEventListener("pointerdown", () => {
        done = false;
        if (digit === "0" && letters === "+") {
          long = setTimeout(() => {
            done = true;
            press("+");
          }, 500);
        }
      });
      for (const name of ["pointerup", "pointerleave", "pointercancel"]) key.addEventListener(name, () => clearTimeout(long));
      key.addEventListener("click", () => {
        if (!done) press(digit);
        done = false;
      });
      return key;
    }),
  );
}
