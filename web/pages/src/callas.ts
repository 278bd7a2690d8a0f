import type { Identity, Phone } from "../../sdk/src/index";
import { byId, h, show } from "./dom";

/** The number in an identity, or the address without its scheme. */
function short(uri: string): string {
  const user = uri.replace(/^(sip|sips|tel):/, "");
  const number = user.split(/[@;]/)[0] ?? "";
  return /^\+[0-9]+$/.test(number) ? number : user;
}

/** The identities a person would tell apart: tel: and sip: of one number are one, the default one first. */
export function choices(identities: readonly Identity[]): { uri: string; text: string }[] {
  const seen = new Map<string, Identity>();
  for (const i of [...identities].sort((a, b) => Number(b.default) - Number(a.default))) {
    const key = short(i.uri);
    const known = seen.get(key);
    if (!known || (!known.display && i.display)) seen.set(key, i);
  }
  return [...seen].map(([key, i]) => ({ uri: i.uri, text: i.display ? `${i.display} (${key})` : key }));
}

/** The select of the identity to call with; there is nothing to see while the user has only one. */
export class CallAs {
  private readonly select = byId<HTMLSelectElement>("call-as");

  /** Draws the identities; a choice that still exists stays. */
  draw(phone: Phone): void {
    const list = choices(phone.identities);
    const before = this.select.value;
    this.select.replaceChildren(...list.map((c) => h("option", { value: c.uri }, c.text)));
    if (list.some((c) => c.uri === before)) this.select.value = before;
    show(byId("call-as-row"), list.length > 1);
  }

  /** The identity for the next call; undefined leaves it to the gateway. */
  get from(): string | undefined {
    return this.select.options.length > 1 ? this.select.value : undefined;
  }
}
