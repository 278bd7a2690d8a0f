// Small helpers over the DOM. Text is always set as text, never as HTML.

/** The element of that id; a missing one is a fault of index.html and shows at once. */
export function byId<T extends HTMLElement>(id: string): T {
  const el = document.getElementById(id);
  if (!el) throw new Error(`no element #${id}`);
  return el as T;
}

type Attrs = Record<string, string | boolean | ((ev: Event) => void)>;

/** Makes an element: on... attributes are listeners, true gives an empty attribute, false none. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attrs: Attrs = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs)) {
    if (typeof value === "function") el.addEventListener(name.slice(2), value);
    else if (value === true) el.setAttribute(name, "");
    else if (value !== false) el.setAttribute(name, value);
  }
  el.append(...children);
  return el;
}

const SVG = "http://www.w3.org/2000/svg";

/** Outlines of 24 by 24, drawn with the text's colour. */
const icons = {
  phone: "M6.6 3.5 9 3l2 5-2.3 1.6a11 11 0 0 0 5.7 5.7L16 13l5 2-.5 2.4a3 3 0 0 1-3 2.4A14.3 14.3 0 0 1 4.2 6.5a3 3 0 0 1 2.4-3z",
  hangup: "M3 14.5c5-5 13-5 18 0l-1.2 2.8-4.3-1v-2.6a11 11 0 0 0-7 0v2.6l-4.3 1z",
  mute: "M9 5.5a3 3 0 0 1 6 0V11M9 9v2.5a3 3 0 0 0 4.5 2.6M5.5 11.5a6.5 6.5 0 0 0 10 5.4M18.5 11.5a6.5 6.5 0 0 1-.4 2.2M12 18v3M4 4l16 16",
  hold: "M9 5v14M15 5v14",
  resume: "M8 5l11 7-11 7z",
  keypad: "M6 6h.01M12 6h.01M18 6h.01M6 12h.01M12 12h.01M18 12h.01M6 18h.01M12 18h.01M18 18h.01",
  transfer: "M4 8h13M13 4l4 4-4 4M20 16H7M11 12l-4 4 4 4",
  camera: "M4 7h10v10H4zM14 11l6-3.5v9L14 13z",
  erase: "M9 6h11v12H9l-6-6zM12 9.5l5 5M17 9.5l-5 5",
  out: "M7 17 17 7M9 7h8v8",
  in: "M17 7 7 17M15 17H7V9",
  missed: "M17 7 7 17M15 17H7V9M14 14l6 6M20 14l-6 6",
  back: "M15 5l-7 7 7 7",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2",
} as const;

export type IconName = keyof typeof icons;

export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "svg");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", icons[name]);
  svg.append(path);
  return svg;
}

/** Tells a screen reader something, politely. */
export function announce(text: string): void {
  byId("live").textContent = text;
}

export function show(el: HTMLElement, on: boolean): void {
  el.hidden = !on;
}
