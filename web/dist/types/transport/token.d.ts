/** How long before its end a token is renewed, milliseconds. */
export declare const TOKEN_MARGIN = 60000;
/** Holds the current token in memory, and fetches a fresh one when the page gave a way to. */
export declare class TokenSource {
    private token;
    private readonly fetchToken;
    private readonly now;
    constructor(token: string | undefined, fetchToken: (() => Promise<string> | string) | undefined, now: () => number);
    /** True when a fresh token can be had without the page's help. */
    get renewable(): boolean;
    /** The token to log in with; fresh forces a new one. */
    get(fresh: boolean): Promise<string>;
    update(token: string): void;
    /** When the token ends by its own words (RFC 7519 4.1.4 exp), milliseconds since the epoch; null when it does not say. */
    expiresAt(): number | null;
}
