import { PhoneError } from "../protocol/failure";

/** How long before its end a token is renewed, milliseconds. */
export const TOKEN_MARGIN = 60_000;

/** Holds the current token in memory, and fetches a fresh one when the page gave a way to. */
export class TokenSource {
  constructor(
    private token: string | undefined,
    private readonly fetchToken: (() => Promise<string> | string) | undefined,
    private readonly now: () => number,
  ) {}

  /** True when a fresh token can be had without the page's help. */
  get renewable(): boolean {
    return this.fetchToken !== undefined;
  }

  /** The token to log in with; fresh forces a new one. */
  async get(fresh: boolean): Promise<string> {
    const end = this.expiresAt();
    const stale = this.token === undefined || (end !== null && end - this.now() < TOKEN_MARGIN);
    if (this.fetchToken && (fresh || stale)) {
      let token: string;
      try {
        token = await this.fetchToken();
      } catch (thrown) {
        if (thrown instanceof PhoneError) throw thrown;
        throw new PhoneError("token_missing", { message: "The page could not get a token.", retryable: true });
      }
      this.token = token;
    }
    if (!this.token) throw new PhoneError("token_missing");
    return this.token;
  }

  update(token: string): void {
    this.token = token;
  }

  /** When the token ends by its own words (RFC 7519 4.1.4 exp), milliseconds since the epoch; null when it does not say. */
  expiresAt(): number | null {
    const body = this.token?.split(".")[1];
    if (!body) return null;
    try {
      const claims = JSON.parse(atob(body.replace(/-/g, "+").replace(/_/g, "/")));
      return typeof claims.exp === "number" ? claims.exp * 1000 : null;
    } catch {
      return null;
    }
  }
}
