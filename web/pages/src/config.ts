/** What the gateway tells the page (GET /config.json). */
export interface PageConfig {
  /** Heading of the page. */
  title: string;
  /** The WebSocket; the page's own host when empty. */
  ws: string;
  /** Where a token can be had: GET answers {"token": "..."}; empty when the user has to bring one. */
  tokenUrl: string;
  /** Where the list of contacts is: GET answers [{number, name, description}]; empty for none. */
  handsetsUrl: string;
  /** Users to choose from, given to tokenUrl as ?user=; empty when the page has one user. */
  users: string[];
}

export interface Contact {
  number: string;
  name: string;
  description: string;
}

export async function fetchConfig(): Promise<PageConfig> {
  const answer = await fetch("/config.json", { cache: "no-store" });
  if (!answer.ok) throw new Error(`config.json: ${answer.status}`);
  const c = (await answer.json()) as Partial<PageConfig>;
  return { title: c.title || "Phone", ws: c.ws ?? "", tokenUrl: c.tokenUrl ?? "", handsetsUrl: c.handsetsUrl ?? "", users: c.users ?? [] };
}

/** Gets a token for the user. */
export async function fetchToken(config: PageConfig, user: string): Promise<string> {
  const url = new URL(config.tokenUrl, location.href);
  if (user) url.searchParams.set("user", user);
  const answer = await fetch(url, { cache: "no-store", credentials: url.origin === location.origin ? "same-origin" : "omit" });
  if (!answer.ok) throw new Error(`token: ${answer.status}`);
  const body = (await answer.json()) as { token?: unknown };
  if (typeof body.token !== "string") throw new Error("token: none in the answer");
  return body.token;
}

/** Gets the contacts; at most 200, and only those that have a number. */
export async function fetchContacts(config: PageConfig): Promise<Contact[]> {
  if (!config.handsetsUrl) return [];
  const answer = await fetch(new URL(config.handsetsUrl, location.href), { credentials: "omit" });
  if (!answer.ok) throw new Error(`contacts: ${answer.status}`);
  const list = (await answer.json()) as Partial<Contact>[];
  if (!Array.isArray(list)) return [];
  return list
    .filter((c) => typeof c?.number === "string" && c.number !== "")
    .slice(0, 200)
    .map((c) => ({ number: String(c.number), name: String(c.name ?? c.number), description: String(c.description ?? "") }));
}
